//! Calls to sources that run once, may outlive the page that asked, and end when nobody waits for them.
//!
//! - Two views of one session that want the same share one call.
//! - The page deadline ends the waiting, not the call: a view that had to answer leaves its call running, and the next
//!   view of the same session joins it or reads, once, what it brought.
//! - A client that goes away takes its call with it, unless somebody else waits too.
//! - Everything here belongs to one session and is gone with it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use overblik_connectors::{CitizenScope, Connector, FetchRequest, Pseudonym, SessionMemory, TraceContext};
use overblik_widgets::{AssuranceLevel, Language, Section};
use tokio::{sync::oneshot, task::AbortHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    asking::{self, Asked},
    waiting::Waiting,
};
use crate::{
    clock::Clock,
    session::{SessionKey, Viewer},
};

/// How long an answer that came too late for its page waits for a view to read it.
const LATE_ANSWER_KEPT: Duration = Duration::from_mins(1);
/// The same for a failure: long enough to be told, short enough that trying again soon asks again.
const LATE_FAILURE_KEPT: Duration = Duration::from_secs(5);

/// All running calls and late answers, by session.
#[derive(Clone, Debug)]
pub struct Fetches {
    sessions: Arc<Mutex<HashMap<SessionKey, SessionFetches>>>,
    tasks: TaskTracker,
    numbers: Arc<AtomicU64>,
    clock: Clock,
}

#[derive(Debug)]
struct SessionFetches {
    /// Cancelled when the session is over. Every view that is under way holds it too.
    over: Arc<CancellationToken>,
    /// Whose it is.
    viewer: Viewer,
    entries: HashMap<SectionKey, Entry>,
    /// What connectors remember for it, and for whom it was then.
    memories: HashMap<Identified, Arc<SessionMemory>>,
}

/// On whose behalf a source was asked, and how surely that was known: what it gave then, such as a token, is not shown for
/// another, nor at another level (requirements R45 and R58).
type Identified = (Pseudonym, Pseudonym, AssuranceLevel);

impl SessionFetches {
    fn memory_of(&mut self, scope: &CitizenScope) -> Arc<SessionMemory> {
        let identified = (scope.actor().pseudonym.clone(), scope.subject().pseudonym.clone(), scope.level());
        Arc::clone(self.memories.entry(identified).or_default())
    }
}

/// All that a section may depend on. Cannot be built without the request, which holds the citizen's scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SectionKey {
    actor: String,
    subject: String,
    level: AssuranceLevel,
    municipality: Option<String>,
    display_client: String,
    language: Language,
    source: String,
    version: String,
}

impl SectionKey {
    fn new(connector: &dyn Connector, request: &FetchRequest) -> Self {
        let scope = &request.scope;
        Self {
            actor: scope.actor().pseudonym.to_string(),
            subject: scope.subject().pseudonym.to_string(),
            level: scope.level(),
            municipality: scope.municipality().map(|municipality| municipality.code().to_owned()),
            display_client: scope.display_client().to_owned(),
            language: request.language,
            source: connector.source().slug.clone(),
            version: connector.source().version.clone(),
        }
    }
}

/// The deliberate defect of the storm's control run (requirement R57): calls are everybody's.
#[cfg(feature = "negative-control")]
impl SectionKey {
    fn without_citizen(self) -> Self {
        Self { actor: String::new(), subject: String::new(), ..self }
    }
}

#[cfg(feature = "negative-control")]
fn everybody(viewer: &Viewer) -> Viewer {
    Viewer { session: SessionKey([0; 32]), ..viewer.clone() }
}

#[derive(Debug)]
enum Entry {
    Running(Running),
    Late { section: Arc<Section>, until: Instant },
}

impl Entry {
    fn has_lapsed(&self) -> bool {
        matches!(self, Self::Late { until, .. } if *until <= Instant::now())
    }
}

#[derive(Debug)]
struct Running {
    task: AbortHandle,
    /// Tells this call apart from earlier and later ones for the same key: an aborted call may still be in its last
    /// step, and a view may still hold a place at a call that is over.
    call: u64,
    waiting: HashMap<u64, oneshot::Sender<Arc<Section>>>,
    /// Set once a view left this call running; from then on it is not ended for want of waiters.
    outlives_waiters: bool,
}

impl Fetches {
    pub(super) fn new(clock: Clock) -> Self {
        Self { sessions: Arc::default(), tasks: TaskTracker::new(), numbers: Arc::default(), clock }
    }

    /// Finds a late answer, joins the running call, or starts one.
    pub(super) fn join_or_start(
        &self,
        viewer: &Viewer,
        connector: Arc<dyn Connector>,
        language: Language,
        trace: TraceContext,
    ) -> Waiting {
        let request = FetchRequest {
            scope: viewer.scope.clone(),
            language,
            memory: of_viewer(&mut self.lock(), viewer).memory_of(&viewer.scope),
            // Who exchanges no token is not lent it.
            login_token: viewer.login_token.clone().filter(|_| connector.exchanges_login_token()),
            trace,
            deadline: Instant::now() + connector.source().timeout,
        };
        let key = SectionKey::new(connector.as_ref(), &request);
        #[cfg(feature = "negative-control")]
        let (viewer, key) = (&everybody(viewer), key.without_citizen());
        let mut sessions = self.lock();
        let entries = &mut of_viewer(&mut sessions, viewer).entries;
        entries.retain(|_, entry| !entry.has_lapsed());
        let entry = entries.entry(key.clone()).or_insert_with(|| {
            let call = self.number();
            let task = self.start(viewer.session, key.clone(), call, connector, request);
            Entry::Running(Running { task, call, waiting: HashMap::new(), outlives_waiters: false })
        });
        let running = match entry {
            Entry::Late { section, .. } => {
                let section = Arc::clone(section);
                // What is returned takes this lock when it is read or dropped.
                drop(sessions);
                return Waiting::for_late_answer(self.clone(), viewer.session, key, section);
            }
            Entry::Running(running) => running,
        };
        let (sender, receiver) = oneshot::channel();
        let waiter = self.number();
        running.waiting.insert(waiter, sender);
        drop(sessions);
        Waiting::for_call(self.clone(), viewer.session, key, waiter, receiver)
    }

    /// A token that is cancelled when the session is over.
    pub(super) fn session_over(&self, viewer: &Viewer) -> Arc<CancellationToken> {
        Arc::clone(&of_viewer(&mut self.lock(), viewer).over)
    }

    /// Everybody for whom something runs, is shown or is kept.
    #[must_use]
    pub fn viewers(&self) -> Vec<Viewer> {
        self.lock().values().map(|session| session.viewer.clone()).collect()
    }

    /// Ends every call of a session, tells everybody who waits that it is over, and forgets its late answers.
    pub fn forget(&self, session: SessionKey) {
        let forgotten = self.lock().remove(&session);
        if let Some(SessionFetches { over, entries, .. }) = forgotten {
            over.cancel();
            for entry in entries.into_values() {
                if let Entry::Running(running) = entry {
                    running.task.abort();
                }
            }
        }
    }

    /// Forgets what was kept long enough.
    pub fn drop_late_answers(&self) {
        self.lock().retain(|_, session| {
            session.entries.retain(|_, entry| !entry.has_lapsed());
            // One that a call has may be about to be filled.
            session.memories.retain(|_, memory| memory.drop_lapsed() || Arc::strong_count(memory) > 1);
            !session.memories.is_empty() || !session.entries.is_empty() || Arc::strong_count(&session.over) > 1
        });
    }

    /// How many calls are running.
    #[must_use]
    pub fn running(&self) -> usize {
        self.tasks.len()
    }

    /// Ends every call of everybody, and waits until they have ended.
    pub async fn stop(&self) {
        self.viewers().into_iter().for_each(|viewer| self.forget(viewer.session));
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Whether nothing runs and nothing is kept.
    #[cfg(test)]
    pub(super) fn holds_nothing(&self) -> bool {
        self.lock().values().all(|session| session.entries.is_empty())
    }

    fn start(
        &self,
        session: SessionKey,
        key: SectionKey,
        call: u64,
        connector: Arc<dyn Connector>,
        request: FetchRequest,
    ) -> AbortHandle {
        let fetches = self.clone();
        let task = async move {
            let asked = asking::ask(connector.as_ref(), request, &fetches.clock).await;
            fetches.deliver(session, &key, call, asked);
        };
        self.tasks.spawn(task).abort_handle()
    }

    fn deliver(&self, session: SessionKey, key: &SectionKey, call: u64, asked: Asked) {
        let section = Arc::new(asked.section);
        let mut sessions = self.lock();
        if asked.distrusts_source {
            // What the source said to others before it mixed up two persons cannot be trusted either.
            for other in sessions.values_mut() {
                other.entries.retain(|kept, entry| kept.source != key.source || matches!(entry, Entry::Running(_)));
            }
        }
        // A session that was forgotten meanwhile has no entry, and an aborted call may find its successor's.
        let Some(SessionFetches { entries, .. }) = sessions.get_mut(&session) else { return };
        if !matches!(entries.get(key), Some(Entry::Running(running)) if running.call == call) {
            return;
        }
        let Some(Entry::Running(running)) = entries.remove(key) else { return };
        let mut reached_somebody = false;
        for sender in running.waiting.into_values() {
            reached_somebody |= sender.send(Arc::clone(&section)).is_ok();
        }
        if !reached_somebody {
            let kept = if section.state.was_answered() { LATE_ANSWER_KEPT } else { LATE_FAILURE_KEPT };
            entries.insert(key.clone(), Entry::Late { section, until: Instant::now() + kept });
        }
    }

    /// A view gives its place at a call up. A call that nobody waits for any more ends, unless a view left it running.
    pub(super) fn leave(&self, session: SessionKey, key: &SectionKey, waiter: u64, leave_running: bool) {
        let mut sessions = self.lock();
        let Some(SessionFetches { entries, .. }) = sessions.get_mut(&session) else { return };
        let Some(Entry::Running(running)) = entries.get_mut(key) else { return };
        if running.waiting.remove(&waiter).is_none() {
            // The call that this place was at is over; this is another one.
            return;
        }
        running.outlives_waiters |= leave_running;
        if running.waiting.is_empty() && !running.outlives_waiters {
            running.task.abort();
            entries.remove(key);
        }
    }

    /// A view has read a late answer; the next one asks anew.
    pub(super) fn read(&self, session: SessionKey, key: &SectionKey, section: &Arc<Section>) {
        let mut sessions = self.lock();
        let Some(SessionFetches { entries, .. }) = sessions.get_mut(&session) else { return };
        if matches!(entries.get(key), Some(Entry::Late { section: late, .. }) if Arc::ptr_eq(late, section)) {
            entries.remove(key);
        }
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, SessionFetches>> {
        // No code panics while holding the lock in a way that leaves the map half-changed.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_viewer<'s>(sessions: &'s mut HashMap<SessionKey, SessionFetches>, viewer: &Viewer) -> &'s mut SessionFetches {
    sessions.entry(viewer.session).or_insert_with(|| SessionFetches {
        over: Arc::default(),
        viewer: viewer.clone(),
        entries: HashMap::new(),
        memories: HashMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{viewer, viewer_with},
        *,
    };

    #[test]
    fn r45_what_is_remembered_is_for_one_session_one_citizen_and_one_level() {
        let own = viewer();
        let in_the_session = |change: fn(&mut overblik_connectors::Authentication)| {
            let mut viewer = viewer_with(change);
            viewer.session = own.session;
            viewer
        };
        let higher = in_the_session(|authentication| authentication.level = AssuranceLevel::High);
        let for_another = in_the_session(|authentication| {
            authentication.subject.pseudonym = Pseudonym::from_keyed_hash([2; 16]);
        });
        let by_another = in_the_session(|authentication| {
            authentication.actor.pseudonym = Pseudonym::from_keyed_hash([2; 16]);
        });
        let mut sessions = HashMap::new();
        let mut memory = |viewer: &Viewer| of_viewer(&mut sessions, viewer).memory_of(&viewer.scope);
        let all = [own.clone(), viewer(), higher, for_another, by_another].each_ref().map(&mut memory);
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| !Arc::ptr_eq(one, other)), "{index}");
        }
        assert!(Arc::ptr_eq(&memory(&own), &all[0]), "the same again for the same");
    }

    #[test]
    fn an_empty_memory_stays_for_as_long_as_a_call_has_it() {
        let (fetches, viewer) = (Fetches::new(Clock::system()), viewer());
        let memory = of_viewer(&mut fetches.lock(), &viewer).memory_of(&viewer.scope);
        fetches.drop_late_answers();
        assert!(Arc::ptr_eq(&of_viewer(&mut fetches.lock(), &viewer).memory_of(&viewer.scope), &memory));
        drop(memory);
        fetches.drop_late_answers();
        assert!(fetches.viewers().is_empty());
    }
}
