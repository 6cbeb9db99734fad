//! Calls to sources that run once, may outlive the page that asked, and end when nobody waits for them.
//!
//! - Two views of one session that want the same share one call.
//! - The page deadline ends the waiting, not the call: a view that had to answer leaves its call running, and the next
//!   view of the same session joins it or finds what it brought.
//! - What a call brings is handed out and then kept, by the call's own task, so that it holds up nobody (`arrivals`).
//! - A client that goes away takes its call with it, unless somebody else waits too.
//! - Everything here belongs to one session and is gone with it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use overblik_connectors::{
    CitizenScope, Explanation, FetchRequest, ItemKey, Pseudonym, Revision, SessionMemory, TraceContext,
};
use overblik_widgets::{AssuranceLevel, Language};
use tokio::{sync::oneshot, task::AbortHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    arrivals::Call,
    asking,
    declared::Declared,
    kept::{Doubts, Freshness},
    outcome::Outcome,
    section_key::{SectionKey, ViewKey},
    waiting::Waiting,
};
use crate::{
    audit::{Trail, entry::Purpose},
    capacity,
    clock::Clock,
    lateness::Lateness,
    session::{SectionCache, SessionKey, Standing, Viewer},
    telemetry::{OpenSpan, Reference, Traces},
};

/// All running calls, by session.
#[derive(Clone, Debug)]
pub struct Fetches {
    sessions: Arc<Mutex<HashMap<SessionKey, SessionFetches>>>,
    tasks: TaskTracker,
    numbers: Arc<AtomicU64>,
    cache: SectionCache,
    doubts: Doubts,
    lateness: Arc<Lateness>,
    audit: Trail,
    traces: Traces,
    pub(super) clock: Clock,
}

#[derive(Debug)]
pub(super) struct SessionFetches {
    /// Cancelled when the session is over. Every view that is under way holds it too, and every call.
    over: Arc<CancellationToken>,
    /// Whose it is.
    viewer: Viewer,
    pub(super) entries: HashMap<SectionKey, Entry>,
    /// Whether an answer may be kept for it.
    pub(super) keeps: bool,
    /// What connectors remember for it, and for whom it was then.
    memories: HashMap<Identified, Arc<SessionMemory>>,
}

/// On whose behalf a source was asked, how surely that was known, and by which contract: what it gave then, such as a token, is
/// not shown for another, nor at another level (requirements R45 and R58), and another version may mean something else by it.
type Identified = (Pseudonym, Pseudonym, AssuranceLevel, Revision);

impl SessionFetches {
    fn memory_of(&mut self, scope: &CitizenScope, revision: Revision) -> Arc<SessionMemory> {
        let identified = (scope.actor().pseudonym.clone(), scope.subject().pseudonym.clone(), scope.level(), revision);
        Arc::clone(self.memories.entry(identified).or_default())
    }

    /// Whether somebody must be able to find it: what is kept for a token in this process ends with the token.
    fn is_needed(&self) -> bool {
        let keeps_here = self.keeps && matches!(self.viewer.standing, Standing::Token { .. });
        keeps_here || !self.memories.is_empty() || !self.entries.is_empty() || Arc::strong_count(&self.over) > 1
    }
}

/// The session that calls belong to.
#[cfg(not(feature = "negative-control"))]
fn owner(viewer: &Viewer, key: SectionKey) -> (Viewer, SectionKey) {
    (viewer.clone(), key)
}

/// The deliberate defect of the storm's control run (requirement R57): calls are everybody's.
#[cfg(feature = "negative-control")]
fn owner(viewer: &Viewer, key: SectionKey) -> (Viewer, SectionKey) {
    (Viewer { session: super::section_key::everybody(), ..viewer.clone() }, key.without_citizen())
}

#[derive(Debug)]
pub(super) enum Entry {
    Running(Running),
    /// What a call brought. The number tells it apart from others for the same key.
    Arrived {
        outcome: Outcome,
        until: Instant,
        number: u64,
    },
}

impl Entry {
    fn has_lapsed(&self) -> bool {
        matches!(self, Self::Arrived { until, .. } if *until <= Instant::now())
    }
}

#[derive(Debug)]
pub(super) struct Running {
    task: AbortHandle,
    /// Tells this call apart from earlier and later ones for the same key: an aborted call may still be in its last
    /// step, and a view may still hold a place at a call that is over.
    pub(super) call: u64,
    pub(super) waiting: HashMap<u64, oneshot::Sender<Outcome>>,
    /// Set once a view left this call running; from then on it is not ended for want of waiters.
    outlives_waiters: bool,
}

/// What a view wants of a source.
#[derive(Clone)]
pub(super) struct Wanted<'w> {
    pub(super) declared: &'w Arc<Declared>,
    pub(super) view: &'w Arc<ViewKey>,
    pub(super) language: Language,
    pub(super) trace: TraceContext,
    pub(super) freshness: Freshness,
    /// The item that more is wanted about; none if the whole source is asked.
    pub(super) item: Option<ItemKey>,
    /// What for, as the audit trail calls it.
    pub(super) purpose: Purpose,
}

impl Fetches {
    pub(super) fn new(cache: SectionCache, audit: Trail, lateness: Arc<Lateness>, clock: Clock) -> Self {
        Self {
            sessions: Arc::default(),
            tasks: TaskTracker::new(),
            numbers: Arc::default(),
            cache,
            doubts: Doubts::default(),
            lateness,
            audit,
            traces: Traces::default(),
            clock,
        }
    }

    pub(super) fn keep_traces(&mut self, traces: Traces) {
        self.traces = traces;
    }

    /// Where answers are kept.
    #[must_use]
    pub fn cache(&self) -> &SectionCache {
        &self.cache
    }

    pub(super) fn doubts(&self) -> &Doubts {
        &self.doubts
    }

    /// Finds what has just arrived, joins the running call, or starts one; whether it did the last.
    pub(super) fn join_or_start(&self, viewer: &Viewer, wanted: Wanted<'_>) -> (Waiting, bool) {
        let Wanted { declared, view, language, trace, freshness, item, purpose } = wanted;
        let (connector, source) = (&declared.connector, declared.source());
        let (owner, key) = owner(viewer, SectionKey::new(view, source, item));
        let mut sessions = self.lock();
        // What connectors remember is the viewer's own in any case.
        let memory = of_viewer(&mut sessions, viewer).memory_of(&viewer.scope, source.revision);
        let SessionFetches { entries, over, .. } = of_viewer(&mut sessions, &owner);
        let is_of_no_use = |entry: &Entry| match entry {
            Entry::Running(_) => false,
            Entry::Arrived { .. } => freshness == Freshness::Anew || entry.has_lapsed(),
        };
        if entries.get(&key).is_some_and(is_of_no_use) {
            entries.remove(&key);
        }
        let has_started = !entries.contains_key(&key);
        let entry = entries.entry(key.clone()).or_insert_with(|| {
            // A view that joins a call has no part in its trace: one call is asked for by one.
            let (trace, span) = self.traces.ask(trace, source, self.clock.now());
            let request = FetchRequest {
                scope: viewer.scope.clone(),
                language,
                memory,
                item: key.item.clone(),
                // Who exchanges no token is not lent it.
                login_token: viewer.login_token.clone().filter(|_| connector.exchanges_login_token()),
                trace,
                may_ask_twice: !self.lateness.is_too_much(Instant::now()),
                deadline: Instant::now() + source.timeout,
                explanation: Explanation::default(),
            };
            let call = Call {
                number: self.number(),
                key: key.clone(),
                session: owner.session,
                over: Arc::clone(over),
                viewer: viewer.clone(),
                view: Arc::clone(view),
            };
            let number = call.number;
            let task = self.start(call, Arc::clone(declared), (request, span), purpose);
            Entry::Running(Running { task, call: number, waiting: HashMap::new(), outlives_waiters: false })
        });
        let running = match entry {
            Entry::Arrived { outcome, number, .. } => {
                let (outcome, number) = (outcome.clone(), *number);
                // What is returned takes this lock when it is read or dropped.
                drop(sessions);
                return (Waiting::for_arrived(self.clone(), owner.session, key, number, outcome), false);
            }
            Entry::Running(running) => running,
        };
        let (sender, receiver) = oneshot::channel();
        let waiter = self.number();
        running.waiting.insert(waiter, sender);
        drop(sessions);
        (Waiting::for_call(self.clone(), owner.session, key, waiter, receiver), has_started)
    }

    /// A token that is cancelled when the session is over.
    pub(super) fn session_over(&self, viewer: &Viewer) -> Arc<CancellationToken> {
        Arc::clone(&of_viewer(&mut self.lock(), viewer).over)
    }

    /// Everybody for whom something runs, is shown or is kept in this process.
    #[must_use]
    pub fn viewers(&self) -> Vec<Viewer> {
        self.lock().values().map(|session| session.viewer.clone()).collect()
    }

    /// Ends every call of a session, tells everybody who waits that it is over, and forgets what they brought.
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
        self.cache.forget(session);
    }

    /// Forgets what waited long enough.
    pub fn drop_lapsed(&self) {
        let mut sessions = self.lock();
        sessions.retain(|_, session| {
            session.entries.retain(|_, entry| !entry.has_lapsed());
            // One that a call has may be about to be filled.
            session.memories.retain(|_, memory| memory.drop_lapsed() || Arc::strong_count(memory) > 1);
            session.is_needed()
        });
        capacity::fit(&mut sessions);
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

    /// Whether nothing runs and nothing waits to be read.
    #[cfg(test)]
    pub(super) fn holds_nothing(&self) -> bool {
        self.lock().values().all(|session| session.entries.is_empty())
    }

    fn start(
        &self,
        call: Call,
        declared: Arc<Declared>,
        request: (FetchRequest, Option<OpenSpan>),
        purpose: Purpose,
    ) -> AbortHandle {
        let fetches = self.clone();
        let task = async move {
            let source = Arc::clone(declared.source());
            let outcome =
                asking::ask(&declared, request, &call.viewer, purpose, (&fetches.audit, &fetches.clock)).await;
            fetches.deliver(&call, &source, outcome).await;
        };
        self.tasks.spawn(Reference::kept(task)).abort_handle()
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

    /// A view has read what had arrived; the next one finds it where it is kept, or asks anew.
    pub(super) fn read(&self, session: SessionKey, key: &SectionKey, arrival: u64) {
        let mut sessions = self.lock();
        let Some(SessionFetches { entries, .. }) = sessions.get_mut(&session) else { return };
        if matches!(entries.get(key), Some(Entry::Arrived { number, .. }) if *number == arrival) {
            entries.remove(key);
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, SessionFetches>> {
        // No code panics while holding the lock in a way that leaves the map half-changed.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_viewer<'s>(sessions: &'s mut HashMap<SessionKey, SessionFetches>, viewer: &Viewer) -> &'s mut SessionFetches {
    sessions.entry(viewer.session).or_insert_with(|| SessionFetches {
        over: Arc::default(),
        viewer: viewer.clone(),
        entries: HashMap::new(),
        keeps: false,
        memories: HashMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::stage::{cache, viewer, viewer_with},
        *,
    };

    #[test]
    fn r45_what_is_remembered_is_for_one_session_one_citizen_one_level_and_one_contract() {
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
        let first = Revision::of_text("1");
        let mut memory =
            |viewer: &Viewer, revision| of_viewer(&mut sessions, viewer).memory_of(&viewer.scope, revision);
        let others = [viewer(), higher, for_another, by_another];
        let mut all = vec![memory(&own, first), memory(&own, Revision::of_text("2"))];
        all.extend(others.iter().map(|viewer| memory(viewer, first)));
        for (index, one) in all.iter().enumerate() {
            assert!(all[index + 1..].iter().all(|other| !Arc::ptr_eq(one, other)), "{index}");
        }
        assert!(Arc::ptr_eq(&memory(&own, first), &all[0]), "the same again for the same");
    }

    #[test]
    fn an_empty_memory_stays_for_as_long_as_a_call_has_it() {
        let (fetches, viewer) = (Fetches::new(cache(), Trail::none(), Arc::default(), Clock::system()), viewer());
        let revision = Revision::of_text("1");
        let memory = of_viewer(&mut fetches.lock(), &viewer).memory_of(&viewer.scope, revision);
        fetches.drop_lapsed();
        assert!(Arc::ptr_eq(&of_viewer(&mut fetches.lock(), &viewer).memory_of(&viewer.scope, revision), &memory));
        drop(memory);
        fetches.drop_lapsed();
        assert!(fetches.viewers().is_empty());
    }

    #[test]
    fn a_crowd_that_has_left_takes_no_room() {
        let fetches = Fetches::new(cache(), Trail::none(), Arc::default(), Clock::system());
        let crowd: Vec<_> = (0..1_000).map(|_| fetches.session_over(&viewer())).collect();
        assert!(fetches.lock().capacity() >= crowd.len());
        drop(crowd);
        fetches.drop_lapsed();
        assert!(fetches.lock().capacity() < 100);
    }
}
