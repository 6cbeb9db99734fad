//! Something that the provider publishes: fetched when first needed, renewed when it grows old, kept when renewing
//! fails.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::provider::ProviderCallError;
use crate::{
    api_error::ApiError,
    telemetry::{Fetch, Reference},
};

/// Age after which it is fetched anew.
pub(super) const RENEW_AFTER: Duration = Duration::from_mins(10);
/// Age up to which it serves when fetching it anew fails.
pub(super) const SERVE_AT_MOST: Duration = Duration::from_hours(24);
/// How long the provider is left alone after a failure.
pub(super) const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// A published value. It is fetched once at a time, in a task of its own: a caller that goes away loses nothing for the
/// others.
pub(super) struct Renewed<T> {
    shared: Arc<Shared<T>>,
    /// Held by the task that fetches.
    fetching: Arc<tokio::sync::Mutex<()>>,
    tasks: TaskTracker,
}

struct Shared<T> {
    /// What it is, for our log.
    what: &'static str,
    counted: Fetch,
    state: Mutex<State<T>>,
}

struct State<T> {
    held: Option<(Arc<T>, Instant)>,
    /// When fetching last failed, if it has not succeeded since.
    failed: Option<Instant>,
}

impl<T> State<T> {
    fn younger_than(&self, age: Duration) -> Option<Arc<T>> {
        self.held.as_ref().filter(|(_, since)| since.elapsed() < age).map(|(value, _)| Arc::clone(value))
    }

    /// The answer that needs no fetching, if there is one.
    fn ready(&self) -> Option<Result<Arc<T>, ApiError>> {
        let is_resting = self.failed.is_some_and(|failed| failed.elapsed() < REST_AFTER_FAILURE);
        match self.younger_than(RENEW_AFTER) {
            Some(fresh) => Some(Ok(fresh)),
            None if is_resting => Some(self.younger_than(SERVE_AT_MOST).ok_or(ApiError::ProviderAway)),
            None => None,
        }
    }
}

impl<T: Send + Sync + 'static> Renewed<T> {
    /// Nothing yet.
    pub(super) fn new(what: &'static str, counted: Fetch) -> Self {
        let state = Mutex::new(State { held: None, failed: None });
        Self { shared: Arc::new(Shared { what, counted, state }), fetching: Arc::default(), tasks: TaskTracker::new() }
    }

    /// The value. When it is old, fetching it anew is begun, and the old one serves meanwhile, and for up to a day if
    /// that fails: nobody waits as long as there is something to serve. Where there is nothing, all wait for the one
    /// fetching.
    pub(super) async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<Arc<T>, ApiError>
    where
        F: Future<Output = Result<T, ProviderCallError>> + Send + 'static,
    {
        let (ready, old) = {
            let state = self.shared.lock();
            (state.ready(), state.younger_than(SERVE_AT_MOST))
        };
        if let Some(answer) = ready {
            return answer;
        }
        let turn = match (self.turn(), &old) {
            (Some(turn), _) => turn,
            (None, Some(old)) => return Ok(Arc::clone(old)),
            (None, None) => self.wait_for_turn().await,
        };
        // Somebody else may have fetched it before we had our turn.
        let ready = self.shared.lock().ready();
        if let Some(answer) = ready {
            return answer;
        }
        let fetched = self.fetch(turn, fetch());
        match old {
            Some(old) => Ok(old),
            None => fetched.await.ok_or(ApiError::ProviderAway),
        }
    }

    /// The right to fetch; `None` while somebody is fetching.
    pub(super) fn turn(&self) -> Option<Turn> {
        Arc::clone(&self.fetching).try_lock_owned().ok().map(Turn)
    }

    /// The right to fetch, once nobody else is fetching.
    pub(super) async fn wait_for_turn(&self) -> Turn {
        Turn(Arc::clone(&self.fetching).lock_owned().await)
    }

    /// Fetches it at once, however young it is. The fetching goes on whether or not anybody waits for it.
    pub(super) fn fetch<F>(&self, turn: Turn, fetch: F) -> impl Future<Output = Option<Arc<T>>> + Send + use<T, F>
    where
        F: Future<Output = Result<T, ProviderCallError>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let task = self.tasks.spawn(Reference::kept(async move {
            let kept = shared.keep(fetch.await);
            drop(turn);
            kept
        }));
        async move { task.await.ok().flatten() }
    }

    /// What was last fetched, however old.
    pub(super) fn held(&self) -> Option<Arc<T>> {
        self.shared.lock().younger_than(Duration::MAX)
    }
}

/// The right to fetch. One at a time.
pub(super) struct Turn(#[expect(dead_code, reason = "held, not read")] tokio::sync::OwnedMutexGuard<()>);

impl<T> Shared<T> {
    fn keep(&self, fetched: Result<T, ProviderCallError>) -> Option<Arc<T>> {
        self.counted.came_to(fetched.is_ok());
        let mut state = self.lock();
        match fetched {
            Ok(value) => {
                let value = Arc::new(value);
                *state = State { held: Some((Arc::clone(&value), Instant::now())), failed: None };
                Some(value)
            }
            Err(error) => {
                tracing::warn!(what = self.what, %error, "the identity provider's publication cannot be fetched");
                state.failed = Some(Instant::now());
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Only whole values are put in; a panic elsewhere cannot leave one half-made.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::{Ready, ready},
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    fn renewed() -> Renewed<u8> {
        Renewed::new("test", crate::telemetry::ProviderMetrics::default().keys())
    }

    fn good(value: u8) -> Ready<Result<u8, ProviderCallError>> {
        ready(Ok(value))
    }

    fn bad() -> Ready<Result<u8, ProviderCallError>> {
        ready(Err(ProviderCallError::Unreachable))
    }

    fn unneeded() -> Ready<Result<u8, ProviderCallError>> {
        panic!("fetched without need")
    }

    async fn slow(value: u8) -> Result<u8, ProviderCallError> {
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(value)
    }

    /// Lets what was begun in other tasks come to its end.
    async fn settle(value: &Renewed<u8>) {
        drop(value.fetching.lock().await);
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_value_is_renewed_when_old_and_survives_failures_for_a_day() {
        let value = renewed();
        assert_eq!(value.get(|| good(1)).await.as_deref(), Ok(&1));
        tokio::time::advance(RENEW_AFTER.saturating_sub(Duration::from_secs(1))).await;
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(value.get(bad).await.as_deref(), Ok(&1));
        settle(&value).await;
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&1), "the provider is left alone after a failure");
        tokio::time::advance(REST_AFTER_FAILURE).await;
        assert_eq!(value.get(|| good(2)).await.as_deref(), Ok(&1), "the old one serves while the new one is fetched");
        settle(&value).await;
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&2));
        tokio::time::advance(SERVE_AT_MOST.saturating_sub(Duration::from_secs(1))).await;
        assert_eq!(value.get(bad).await.as_deref(), Ok(&2));
        settle(&value).await;
        tokio::time::advance(REST_AFTER_FAILURE).await;
        assert_eq!(value.get(bad).await.err(), Some(ApiError::ProviderAway), "the hard age has passed");
        assert_eq!(value.get(unneeded).await.err(), Some(ApiError::ProviderAway));
        tokio::time::advance(REST_AFTER_FAILURE).await;
        assert_eq!(value.get(|| good(3)).await.as_deref(), Ok(&3));
    }

    #[tokio::test(start_paused = true)]
    async fn r5_nobody_waits_while_there_is_something_to_serve_and_without_it_all_wait_for_one() {
        let (value, fetched) = (renewed(), Arc::new(AtomicUsize::new(0)));
        let counted = || {
            let fetched = Arc::clone(&fetched);
            async move {
                fetched.fetch_add(1, Ordering::SeqCst);
                slow(7).await
            }
        };
        let all = futures::future::join_all((0..50).map(|_| value.get(counted))).await;
        assert!(all.iter().all(|one| one.as_deref() == Ok(&7)));
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
        tokio::time::advance(RENEW_AFTER).await;
        let started = Instant::now();
        let all = futures::future::join_all((0..50).map(|_| value.get(counted))).await;
        assert!(all.iter().all(|one| one.as_deref() == Ok(&7)));
        assert_eq!(started.elapsed(), Duration::ZERO, "not even the one that begins the fetching waits");
        settle(&value).await;
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
        tokio::time::advance(SERVE_AT_MOST).await;
        let failing = value.fetch(value.turn().expect("a turn"), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Err(ProviderCallError::Unreachable)
        });
        let (renewed, got) = futures::join!(failing, value.get(unneeded));
        assert!(renewed.is_none() && got.is_err(), "beyond the hard age the old does not serve during a fetch either");
    }

    #[tokio::test(start_paused = true)]
    async fn r13_what_a_caller_began_is_kept_when_the_caller_goes_away() {
        let value = renewed();
        let second = Duration::from_secs(1);
        assert!(tokio::time::timeout(second, value.get(|| slow(1))).await.is_err(), "the caller went away");
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&1), "and the next one waits for what it began");
        let turn = value.turn().expect("a turn");
        assert!(tokio::time::timeout(second, value.fetch(turn, slow(2))).await.is_err());
        settle(&value).await;
        assert_eq!(value.held().as_deref(), Some(&2));
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_forced_renewal_does_not_queue_and_keeps_the_old_on_failure() {
        let value = renewed();
        assert_eq!(value.get(|| good(1)).await.as_deref(), Ok(&1));
        assert_eq!(value.fetch(value.turn().expect("a turn"), bad()).await, None);
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&1));
        let first = value.fetch(value.turn().expect("a turn"), slow(2));
        assert!(value.turn().is_none());
        assert_eq!(first.await.as_deref(), Some(&2));
        assert!(value.turn().is_some());
        assert_eq!(value.held().as_deref(), Some(&2));
    }
}
