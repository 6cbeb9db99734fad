//! Sessions in this process's memory: the single-machine default. They end with the process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{LOGIN_ATTEMPT_KEPT, LoginAttempt, Session, SessionKey, SessionLimits, SessionStore, StoreError};
use crate::clock::Clock;

/// Login attempts kept at once. Beyond it the oldest is forgotten, so that a flood of login starts cannot fill memory.
const MOST_ATTEMPTS: usize = 100_000;

/// The store.
#[derive(Debug)]
pub struct MemorySessionStore {
    state: Mutex<State>,
    limits: SessionLimits,
    clock: Clock,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<SessionKey, Session>,
    attempts: HashMap<[u8; 32], (Timestamp, LoginAttempt)>,
    /// Attempts in the order they were made; may name some that were taken.
    attempt_order: VecDeque<[u8; 32]>,
}

impl MemorySessionStore {
    /// An empty store.
    #[must_use]
    pub fn new(limits: SessionLimits, clock: Clock) -> Self {
        Self { state: Mutex::default(), limits, clock }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is one map operation; a panic elsewhere cannot leave it half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for MemorySessionStore {
    async fn create(&self, key: SessionKey, session: Session) -> Result<(), StoreError> {
        self.lock().sessions.insert(key, session);
        Ok(())
    }

    async fn active(&self, key: SessionKey) -> Result<Option<Session>, StoreError> {
        let now = self.clock.now();
        let mut state = self.lock();
        let Some(session) = state.sessions.get_mut(&key) else { return Ok(None) };
        if self.limits.is_over(session, now) {
            // Left for `remove_expired`, which also tells that its fetches must end.
            return Ok(None);
        }
        session.last_active = now;
        Ok(Some(session.clone()))
    }

    async fn end(&self, key: SessionKey) -> Result<(), StoreError> {
        self.lock().sessions.remove(&key);
        Ok(())
    }

    async fn remove_expired(&self) -> Result<Vec<SessionKey>, StoreError> {
        let now = self.clock.now();
        let mut state = self.lock();
        let over: Vec<SessionKey> = state
            .sessions
            .iter()
            .filter(|(_, session)| self.limits.is_over(session, now))
            .map(|(key, _)| *key)
            .collect();
        for key in &over {
            state.sessions.remove(key);
        }
        state.attempts.retain(|_, (begun, _)| attempt_is_live(*begun, now));
        let State { attempts, attempt_order, .. } = &mut *state;
        attempt_order.retain(|hash| attempts.contains_key(hash));
        Ok(over)
    }

    async fn save_attempt(&self, hash: [u8; 32], attempt: LoginAttempt) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut state = self.lock();
        while state.attempt_order.len() >= MOST_ATTEMPTS {
            if let Some(oldest) = state.attempt_order.pop_front() {
                state.attempts.remove(&oldest);
            }
        }
        state.attempts.insert(hash, (now, attempt));
        state.attempt_order.push_back(hash);
        Ok(())
    }

    async fn take_attempt(&self, hash: [u8; 32], browser: [u8; 32]) -> Result<Option<LoginAttempt>, StoreError> {
        let mut state = self.lock();
        let Some((_, attempt)) = state.attempts.get(&hash) else { return Ok(None) };
        if attempt.browser != browser {
            return Ok(None);
        }
        let taken = state.attempts.remove(&hash);
        Ok(taken.filter(|(begun, _)| attempt_is_live(*begun, self.clock.now())).map(|(_, attempt)| attempt))
    }
}

fn attempt_is_live(begun: Timestamp, now: Timestamp) -> bool {
    SignedDuration::try_from(LOGIN_ATTEMPT_KEPT).is_ok_and(|kept| now.duration_since(begun) < kept)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicI64, Ordering},
        },
        time::Duration,
    };

    use overblik_connectors::{AcceptedPersons, Authentication, Citizen, Cpr, Pseudonym};
    use overblik_widgets::AssuranceLevel;

    use super::*;
    use crate::session::SessionId;

    struct World {
        store: MemorySessionStore,
        seconds: Arc<AtomicI64>,
        clock: Clock,
    }

    fn world() -> World {
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let clock = Clock::new({
            let seconds = Arc::clone(&seconds);
            move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).expect("a time")
        });
        let limits = SessionLimits { idle: Duration::from_mins(20), absolute: Duration::from_hours(8) };
        World { store: MemorySessionStore::new(limits, clock.clone()), seconds, clock }
    }

    impl World {
        fn pass(&self, seconds: i64) {
            self.seconds.fetch_add(seconds, Ordering::SeqCst);
        }

        async fn log_in(&self) -> SessionKey {
            let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
            let citizen = Citizen { cpr, pseudonym: Pseudonym::from_keyed_hash([1; 16]) };
            let authentication = Authentication {
                actor: citizen.clone(),
                subject: citizen,
                level: AssuranceLevel::Substantial,
                municipality: None,
                display_client: "overblik".into(),
            };
            let key = SessionId::random().key();
            self.store.create(key, Session::begin(authentication, None, self.clock.now())).await.expect("stored");
            key
        }

        async fn is_active(&self, key: SessionKey) -> bool {
            self.store.active(key).await.expect("an answer").is_some()
        }
    }

    const BROWSER: [u8; 32] = [7; 32];

    fn attempt() -> LoginAttempt {
        LoginAttempt {
            browser: BROWSER,
            nonce: "n".into(),
            verifier: "v".into(),
            level: AssuranceLevel::Low,
            return_to: "/".into(),
            replaces: None,
        }
    }

    #[tokio::test]
    async fn r21_a_session_ends_when_idle_to_the_second() {
        let world = world();
        let key = world.log_in().await;
        world.pass(1199);
        assert!(world.is_active(key).await);
        world.pass(1199);
        assert!(world.is_active(key).await, "activity starts the idle time again");
        world.pass(1200);
        assert!(!world.is_active(key).await);
    }

    #[tokio::test]
    async fn r21_a_session_ends_absolutely_whatever_the_activity() {
        let world = world();
        let key = world.log_in().await;
        for _ in 0..28 {
            world.pass(1000);
            assert!(world.is_active(key).await);
        }
        world.pass(799);
        assert!(world.is_active(key).await);
        world.pass(1);
        assert!(!world.is_active(key).await);
        assert_eq!(world.store.remove_expired().await, Ok(vec![key]));
    }

    #[tokio::test]
    async fn an_ended_session_is_gone() {
        let world = world();
        let key = world.log_in().await;
        world.store.end(key).await.expect("ended");
        assert!(!world.is_active(key).await);
    }

    #[tokio::test]
    async fn r3_a_login_attempt_is_taken_once() {
        let world = world();
        world.store.save_attempt([1; 32], attempt()).await.expect("saved");
        assert!(world.store.take_attempt([1; 32], BROWSER).await.expect("an answer").is_some());
        assert!(world.store.take_attempt([1; 32], BROWSER).await.expect("an answer").is_none());
    }

    #[tokio::test]
    async fn another_browser_neither_takes_nor_spoils_an_attempt() {
        let world = world();
        world.store.save_attempt([1; 32], attempt()).await.expect("saved");
        assert!(world.store.take_attempt([1; 32], [9; 32]).await.expect("an answer").is_none());
        assert!(world.store.take_attempt([1; 32], BROWSER).await.expect("an answer").is_some());
    }

    #[tokio::test]
    async fn a_login_attempt_lapses_after_ten_minutes() {
        let world = world();
        world.store.save_attempt([1; 32], attempt()).await.expect("saved");
        world.store.save_attempt([2; 32], attempt()).await.expect("saved");
        world.pass(599);
        assert!(world.store.take_attempt([1; 32], BROWSER).await.expect("an answer").is_some());
        world.pass(1);
        assert!(world.store.take_attempt([2; 32], BROWSER).await.expect("an answer").is_none());
    }

    #[tokio::test]
    async fn a_flood_of_login_starts_forgets_the_oldest() {
        let world = world();
        let hash = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            hash
        };
        for number in 0..=MOST_ATTEMPTS {
            world.store.save_attempt(hash(number), attempt()).await.expect("saved");
        }
        assert!(world.store.take_attempt(hash(0), BROWSER).await.expect("an answer").is_none());
        assert!(world.store.take_attempt(hash(MOST_ATTEMPTS), BROWSER).await.expect("an answer").is_some());
    }
}
