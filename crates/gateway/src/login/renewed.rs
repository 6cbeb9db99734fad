//! Something that the provider publishes: fetched when first needed, renewed when it grows old, kept when renewing
//! fails.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::provider::ProviderCallError;
use crate::api_error::ApiError;

/// Age after which it is fetched anew.
pub(super) const RENEW_AFTER: Duration = Duration::from_mins(10);
/// Age up to which it serves when fetching it anew fails.
pub(super) const SERVE_AT_MOST: Duration = Duration::from_hours(24);
/// How long the provider is left alone after a failure.
pub(super) const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// A published value. At most one request at a time fetches it.
pub(super) struct Renewed<T> {
    /// What it is, for our log.
    what: &'static str,
    state: Mutex<State<T>>,
    /// Held by whoever fetches.
    fetching: tokio::sync::Mutex<()>,
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

impl<T> Renewed<T> {
    /// Nothing yet.
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, state: Mutex::new(State { held: None, failed: None }), fetching: tokio::sync::Mutex::default() }
    }

    /// The value: fetched by one request at a time when it is old. Meanwhile, and for a while after a failure, the old
    /// one serves for up to a day; where there is none, requests wait for the one that fetches.
    pub(super) async fn get<F>(&self, fetch: impl FnOnce() -> F) -> Result<Arc<T>, ApiError>
    where
        F: Future<Output = Result<T, ProviderCallError>>,
    {
        if let Some(answer) = self.lock().ready() {
            return answer;
        }
        let old = self.lock().younger_than(SERVE_AT_MOST);
        let _fetching = match (self.fetching.try_lock(), old) {
            (Ok(fetching), _) => fetching,
            (Err(_), Some(old)) => return Ok(old),
            (Err(_), None) => self.fetching.lock().await,
        };
        // Somebody else may have fetched it while we waited.
        if let Some(answer) = self.lock().ready() {
            return answer;
        }
        match self.keep(fetch().await) {
            Some(new) => Ok(new),
            None => self.lock().younger_than(SERVE_AT_MOST).ok_or(ApiError::ProviderAway),
        }
    }

    /// Fetches it at once, however young it is; `None` when that fails or somebody is already fetching.
    pub(super) async fn renew<F>(&self, fetch: impl FnOnce() -> F) -> Option<Arc<T>>
    where
        F: Future<Output = Result<T, ProviderCallError>>,
    {
        let _fetching = self.fetching.try_lock().ok()?;
        self.keep(fetch().await)
    }

    /// What was last fetched, however old.
    pub(super) fn held(&self) -> Option<Arc<T>> {
        self.lock().younger_than(Duration::MAX)
    }

    fn keep(&self, fetched: Result<T, ProviderCallError>) -> Option<Arc<T>> {
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

    fn good(value: u8) -> Ready<Result<u8, ProviderCallError>> {
        ready(Ok(value))
    }

    async fn bad() -> Result<u8, ProviderCallError> {
        Err(ProviderCallError::Unreachable)
    }

    async fn unneeded() -> Result<u8, ProviderCallError> {
        panic!("fetched without need")
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_value_is_renewed_when_old_and_survives_failures_for_a_day() {
        let value = Renewed::new("test");
        assert_eq!(value.get(|| good(1)).await.as_deref(), Ok(&1));
        tokio::time::advance(RENEW_AFTER.saturating_sub(Duration::from_secs(1))).await;
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&1));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(value.get(bad).await.as_deref(), Ok(&1));
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&1), "the provider is left alone after a failure");
        tokio::time::advance(REST_AFTER_FAILURE).await;
        assert_eq!(value.get(|| good(2)).await.as_deref(), Ok(&2));
        tokio::time::advance(SERVE_AT_MOST.saturating_sub(Duration::from_secs(1))).await;
        assert_eq!(value.get(bad).await.as_deref(), Ok(&2));
        tokio::time::advance(REST_AFTER_FAILURE).await;
        assert_eq!(value.get(bad).await.err(), Some(ApiError::ProviderAway), "the hard age has passed");
        assert_eq!(value.get(unneeded).await.err(), Some(ApiError::ProviderAway));
        tokio::time::advance(REST_AFTER_FAILURE).await;
        assert_eq!(value.get(|| good(3)).await.as_deref(), Ok(&3));
    }

    #[tokio::test(start_paused = true)]
    async fn r13_one_fetches_while_the_old_serves_and_without_one_all_wait() {
        let value = Renewed::new("test");
        let fetched = AtomicUsize::new(0);
        let slow = || async {
            fetched.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(7)
        };
        let all = futures::future::join_all((0..50).map(|_| value.get(slow))).await;
        assert!(all.iter().all(|one| one.as_deref() == Ok(&7)));
        assert_eq!(fetched.load(Ordering::SeqCst), 1);
        tokio::time::advance(RENEW_AFTER).await;
        let (_, others) = futures::join!(value.get(slow), async {
            let started = Instant::now();
            let others = futures::future::join_all((0..50).map(|_| value.get(unneeded))).await;
            (others.len(), started.elapsed())
        });
        assert_eq!(others, (50, Duration::ZERO), "nobody waits while the old serves");
        tokio::time::advance(SERVE_AT_MOST).await;
        let renewing = value.renew(|| async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            bad().await
        });
        let (renewed, got) = futures::join!(renewing, value.get(unneeded));
        assert!(renewed.is_none() && got.is_err(), "beyond the hard age the old does not serve during a fetch either");
    }

    #[tokio::test(start_paused = true)]
    async fn r13_a_forced_renewal_does_not_queue_and_keeps_the_old_on_failure() {
        let value = Renewed::new("test");
        assert_eq!(value.get(|| good(1)).await.as_deref(), Ok(&1));
        assert_eq!(value.renew(bad).await, None);
        assert_eq!(value.get(unneeded).await.as_deref(), Ok(&1));
        let slow = || async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(2)
        };
        let (first, second) = futures::join!(value.renew(slow), value.renew(unneeded));
        assert_eq!((first.as_deref(), second), (Some(&2), None));
        assert_eq!(value.held().as_deref(), Some(&2));
    }
}
