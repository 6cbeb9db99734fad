//! Calls to sources that run once, may outlive the page that asked, and end when nobody waits for them.
//!
//! - Two views of one session that want the same share one call.
//! - The page deadline ends the waiting, not the call: a view that had to answer leaves its call running, and the next
//!   view of the same session joins it or finds its late answer.
//! - A client that goes away takes its call with it, unless somebody else waits too.
//! - Everything here belongs to one session and is gone with it.

use std::{
    collections::HashMap,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures::FutureExt;
use overblik_connectors::{Connector, ConnectorError, FetchRequest, LogLevel};
use overblik_widgets::{AssuranceLevel, Language, Section};
use tokio::{sync::oneshot, task::AbortHandle, time::Instant};
use tokio_util::task::TaskTracker;

use super::outcome;
use crate::{
    clock::Clock,
    session::{SessionKey, Viewer},
};

/// How long a late answer is kept for the next view.
const LATE_ANSWER_KEPT: Duration = Duration::from_mins(1);

/// All running calls and late answers, by session.
#[derive(Clone, Debug)]
pub struct Fetches {
    sessions: Arc<Mutex<HashMap<SessionKey, HashMap<SectionKey, Entry>>>>,
    tasks: TaskTracker,
    clock: Clock,
}

/// All that a section may depend on. Cannot be built without the request, which holds the citizen's scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SectionKey {
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

#[derive(Debug)]
enum Entry {
    Running(Running),
    Late { section: Box<Section>, arrived: Instant },
}

#[derive(Debug)]
struct Running {
    task: AbortHandle,
    waiting: Vec<(u64, oneshot::Sender<Section>)>,
    next_waiter: u64,
    /// Set once a view left this call running; from then on it is not ended for want of waiters.
    outlives_waiters: bool,
}

impl Fetches {
    pub(super) fn new(clock: Clock) -> Self {
        Self { sessions: Arc::default(), tasks: TaskTracker::new(), clock }
    }

    /// Takes a late answer, joins the running call, or starts one.
    pub(super) fn join_or_start(
        &self,
        viewer: &Viewer,
        connector: Arc<dyn Connector>,
        request: FetchRequest,
    ) -> Waiting {
        let key = SectionKey::new(connector.as_ref(), &request);
        let mut sessions = self.lock();
        let entries = sessions.entry(viewer.session).or_default();
        entries.retain(|_, entry| match entry {
            Entry::Late { arrived, .. } => arrived.elapsed() < LATE_ANSWER_KEPT,
            Entry::Running(_) => true,
        });
        if matches!(entries.get(&key), Some(Entry::Late { .. }))
            && let Some(Entry::Late { section, .. }) = entries.remove(&key)
        {
            return Waiting { inner: WaitingFor::Known(Some(section)) };
        }
        let entry = entries.entry(key.clone()).or_insert_with(|| {
            Entry::Running(Running {
                task: self.start(viewer.session, key.clone(), connector, request),
                waiting: Vec::new(),
                next_waiter: 0,
                outlives_waiters: false,
            })
        });
        let Entry::Running(running) = entry else {
            // The late answer was taken out above, under this same lock.
            return Waiting { inner: WaitingFor::Known(None) };
        };
        let (sender, receiver) = oneshot::channel();
        let waiter = running.next_waiter;
        running.next_waiter += 1;
        running.waiting.push((waiter, sender));
        let place = Place { fetches: self.clone(), session: viewer.session, key, waiter, leave_running: false };
        Waiting { inner: WaitingFor::Call { receiver, place: Box::new(place) } }
    }

    /// Ends every call of a session and forgets its late answers.
    pub fn forget(&self, session: SessionKey) {
        let entries = self.lock().remove(&session);
        for entry in entries.into_iter().flat_map(HashMap::into_values) {
            if let Entry::Running(running) = entry {
                running.task.abort();
            }
        }
    }

    /// Forgets late answers that were kept long enough.
    pub fn drop_late_answers(&self) {
        self.lock().retain(|_, entries| {
            entries.retain(|_, entry| match entry {
                Entry::Late { arrived, .. } => arrived.elapsed() < LATE_ANSWER_KEPT,
                Entry::Running(_) => true,
            });
            !entries.is_empty()
        });
    }

    /// How many calls are running.
    #[must_use]
    pub fn running(&self) -> usize {
        self.tasks.len()
    }

    /// Whether nothing runs and nothing is kept.
    #[cfg(test)]
    pub(super) fn holds_nothing(&self) -> bool {
        self.lock().is_empty()
    }

    fn start(
        &self,
        session: SessionKey,
        key: SectionKey,
        connector: Arc<dyn Connector>,
        request: FetchRequest,
    ) -> AbortHandle {
        let fetches = self.clone();
        let task = async move {
            let section = fetch(connector.as_ref(), request, &fetches.clock).await;
            fetches.deliver(session, &key, section);
        };
        self.tasks.spawn(task).abort_handle()
    }

    fn deliver(&self, session: SessionKey, key: &SectionKey, section: Section) {
        let mut sessions = self.lock();
        // A session that was forgotten meanwhile has no entry: the answer is dropped.
        let Some(entries) = sessions.get_mut(&session) else { return };
        let Some(Entry::Running(running)) = entries.remove(key) else { return };
        let mut reached_somebody = false;
        for (_, sender) in running.waiting {
            reached_somebody |= sender.send(section.clone()).is_ok();
        }
        if !reached_somebody && section.state.was_answered() {
            entries.insert(key.clone(), Entry::Late { section: Box::new(section), arrived: Instant::now() });
        } else if entries.is_empty() {
            sessions.remove(&session);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionKey, HashMap<SectionKey, Entry>>> {
        // No code panics while holding the lock in a way that leaves the map half-changed.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a source's connector has, beyond its limit, to hand over the parts that did arrive before it is dropped.
const HANDOVER: Duration = Duration::from_millis(250);

/// Asks one source, which keeps its own time limit and is dropped soon after it if it does not. A panic in a connector becomes a state like any other failure.
async fn fetch(connector: &dyn Connector, request: FetchRequest, clock: &Clock) -> Section {
    let source = connector.source();
    let citizen = request.scope.subject().pseudonym.clone();
    let started = Instant::now();
    let call = AssertUnwindSafe(connector.fetch(request)).catch_unwind();
    let result = match tokio::time::timeout(source.timeout + HANDOVER, call).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(ConnectorError::Panicked),
        Err(_elapsed) => Err(ConnectorError::TimedOut),
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match &result {
        Ok(fetched) => {
            let left_out = fetched.left_out;
            tracing::info!(source.id = %source.slug, outcome = "answered", left_out, duration_ms, %citizen, "source asked");
        }
        Err(error) => {
            let consequence = error.consequence();
            match consequence.log {
                LogLevel::Warn => {
                    tracing::warn!(source.id = %source.slug, outcome = consequence.name, %error, duration_ms, %citizen, "source asked");
                }
                LogLevel::Error => {
                    tracing::error!(source.id = %source.slug, outcome = consequence.name, %error, duration_ms, %citizen, "source asked");
                }
            }
        }
    }
    outcome::of_fetch(source, result, clock.moment())
}

/// Waiting for one section. Dropping it gives up waiting; if nobody else waits, the call ends.
#[derive(Debug)]
pub(super) struct Waiting {
    inner: WaitingFor,
}

#[derive(Debug)]
enum WaitingFor {
    Known(Option<Box<Section>>),
    Call { receiver: oneshot::Receiver<Section>, place: Box<Place> },
}

impl Waiting {
    /// Gives up waiting but lets the call go on, for the next view.
    pub(super) fn leave_running(mut self) {
        if let WaitingFor::Call { place, .. } = &mut self.inner {
            place.leave_running = true;
        }
    }
}

impl Future for Waiting {
    /// `None` when the call was ended from outside, as at logout.
    type Output = Option<Section>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().inner {
            WaitingFor::Known(section) => Poll::Ready(section.take().map(|section| *section)),
            WaitingFor::Call { receiver, .. } => receiver.poll_unpin(context).map(Result::ok),
        }
    }
}

/// A place among those who wait for a call.
#[derive(Debug)]
struct Place {
    fetches: Fetches,
    session: SessionKey,
    key: SectionKey,
    waiter: u64,
    leave_running: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut sessions = self.fetches.lock();
        let Some(entries) = sessions.get_mut(&self.session) else { return };
        let Some(Entry::Running(running)) = entries.get_mut(&self.key) else { return };
        running.waiting.retain(|(waiter, _)| *waiter != self.waiter);
        running.outlives_waiters |= self.leave_running;
        if running.waiting.is_empty() && !running.outlives_waiters {
            running.task.abort();
            entries.remove(&self.key);
            if entries.is_empty() {
                sessions.remove(&self.session);
            }
        }
    }
}
