//! Records in this process's memory: the single-machine default. They end with the process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Pseudonym;

use super::{
    master_keys::KeyId,
    section_memory::SectionMemory,
    store::{
        AttemptKey, Creation, End, KeptSections, LOGIN_ATTEMPT_KEPT, LOGOUT_KEPT, Mark, Owner, SealedSection,
        SessionFacts, SessionKey, SessionRecord, SessionStore, StoreError,
    },
};
use crate::{capacity, clock::Clock};

/// Login attempts kept at once. Beyond it the oldest is forgotten, so that a flood of login starts cannot fill memory.
const MOST_ATTEMPTS: usize = 100_000;

/// The store.
#[derive(Debug)]
pub struct MemorySessionStore {
    state: Mutex<State>,
    idle: Duration,
    clock: Clock,
}

#[derive(Debug)]
struct State {
    sessions: HashMap<SessionKey, SessionRecord>,
    /// Only of those sessions.
    sections: SectionMemory,
    attempts: HashMap<AttemptKey, (Timestamp, Vec<u8>)>,
    /// Attempts in the order they were made; may name some that were taken.
    attempt_order: VecDeque<AttemptKey>,
    logouts: HashMap<Owner, Logout>,
    /// What counts once, and until when.
    marks: HashMap<Mark, Timestamp>,
}

/// When an owner was logged out: by the provider's clock, and by ours.
#[derive(Clone, Copy, Debug)]
struct Logout {
    at: Timestamp,
    told: Timestamp,
}

impl Logout {
    /// Whether it ends what came of a token that was issued then.
    fn ends(self, owner: &Owner, issued: Timestamp) -> bool {
        match owner {
            Owner::Citizen(_) => issued <= self.at,
            Owner::ProviderSession(_) => true,
        }
    }
}

impl State {
    /// Takes the sessions out that are meant, with all that is kept of them, and names them.
    fn take_out(&mut self, meant: impl Fn(&SessionFacts) -> bool) -> Vec<SessionKey> {
        let taken: Vec<_> = self.sessions.extract_if(|_, record| meant(&record.facts)).map(|(key, _)| key).collect();
        for key in &taken {
            self.sections.forget(*key);
        }
        taken
    }

    fn is_logged_out(&self, owner: &Owner, issued: Timestamp) -> bool {
        self.logouts.get(owner).is_some_and(|logout| logout.ends(owner, issued))
    }
}

impl MemorySessionStore {
    /// An empty store, whose sessions end after this time without activity, and with room for so many bytes of sections.
    #[must_use]
    pub fn new(idle: Duration, most_bytes_of_sections: usize, clock: Clock) -> Self {
        let state = State {
            sessions: HashMap::new(),
            sections: SectionMemory::new(most_bytes_of_sections),
            attempts: HashMap::new(),
            attempt_order: VecDeque::new(),
            logouts: HashMap::new(),
            marks: HashMap::new(),
        };
        Self { state: Mutex::new(state), idle, clock }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is one map operation; a panic elsewhere cannot leave it half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self, facts: &SessionFacts) -> bool {
        self.clock.now() >= facts.idle_end(self.idle)
    }
}

#[async_trait]
impl SessionStore for MemorySessionStore {
    async fn create(&self, key: SessionKey, record: SessionRecord) -> Result<Creation, StoreError> {
        let mut state = self.lock();
        if state.sessions.contains_key(&key) {
            return Ok(Creation::Exists);
        }
        if record.facts.owners().any(|owner| state.is_logged_out(&owner, record.facts.issued)) {
            return Ok(Creation::LoggedOut);
        }
        state.sessions.insert(key, record);
        Ok(Creation::Kept)
    }

    async fn find(&self, key: SessionKey) -> Result<Option<SessionRecord>, StoreError> {
        Ok(self.lock().sessions.get(&key).filter(|record| !self.is_over(&record.facts)).cloned())
    }

    async fn find_with_sections(&self, key: SessionKey) -> Result<Option<(SessionRecord, KeptSections)>, StoreError> {
        let mut state = self.lock();
        let found = state.sessions.get(&key).filter(|record| !self.is_over(&record.facts)).cloned();
        Ok(found.map(|record| (record, state.sections.read(key))))
    }

    async fn keep_section(&self, key: SessionKey, section: SealedSection) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.sessions.get(&key).is_some_and(|record| !self.is_over(&record.facts)) {
            state.sections.keep(key, section);
        }
        Ok(())
    }

    fn drop_sections_here(&self, source: &str) {
        self.lock().sections.forget_source(source);
    }

    async fn touch(&self, key: SessionKey) -> Result<(), StoreError> {
        if let Some(record) = self.lock().sessions.get_mut(&key)
            && !self.is_over(&record.facts)
        {
            record.facts.last_active = self.clock.now();
        }
        Ok(())
    }

    async fn replace(&self, key: SessionKey, version: u64, sealed: Vec<u8>) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let Some(record) = state.sessions.get_mut(&key) else { return Ok(false) };
        if record.version != version || self.is_over(&record.facts) {
            return Ok(false);
        }
        record.version += 1;
        record.sealed = sealed;
        Ok(true)
    }

    async fn end(&self, key: SessionKey) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.sessions.remove(&key);
        state.sections.forget(key);
        Ok(())
    }

    async fn of_citizen(&self, citizen: &Pseudonym) -> Result<Vec<(SessionKey, SessionFacts)>, StoreError> {
        let state = self.lock();
        let live = state.sessions.iter().filter(|(_, record)| !self.is_over(&record.facts));
        let of_citizen = live.filter(|(_, record)| record.facts.citizen == *citizen);
        Ok(of_citizen.map(|(key, record)| (*key, record.facts.clone())).collect())
    }

    async fn end_of(&self, owner: &Owner, at: Timestamp) -> Result<Vec<SessionKey>, StoreError> {
        let mut state = self.lock();
        let told = self.clock.now();
        let logout = state.logouts.entry(owner.clone()).or_insert(Logout { at, told });
        *logout = Logout { at: logout.at.max(at), told };
        let logout = *logout;
        Ok(state.take_out(|facts| logout.ends(owner, facts.issued) && facts.owners().any(|own| own == *owner)))
    }

    async fn logged_out(&self, owners: &[Owner], issued: Timestamp) -> Result<bool, StoreError> {
        let state = self.lock();
        Ok(owners.iter().any(|owner| state.is_logged_out(owner, issued)))
    }

    async fn end_sealed_under(&self, key: &KeyId) -> Result<Vec<SessionKey>, StoreError> {
        Ok(self.lock().take_out(|facts| facts.sealed_under == *key))
    }

    async fn remove_expired(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut state = self.lock();
        let over = state.take_out(|facts| self.is_over(facts)).len();
        state.logouts.retain(|_, logout| is_within(logout.told, LOGOUT_KEPT, now));
        state.marks.retain(|_, until| now < *until);
        state.attempts.retain(|_, (begun, _)| attempt_is_live(*begun, now));
        let State { sessions, sections, attempts, attempt_order, logouts, marks } = &mut *state;
        attempt_order.retain(|key| attempts.contains_key(key));
        attempt_order.shrink_to(2 * attempt_order.len());
        capacity::fit(sessions);
        sections.fit();
        capacity::fit(attempts);
        capacity::fit(logouts);
        capacity::fit(marks);
        Ok(over)
    }

    async fn remember(&self, mark: Mark, keep: Duration) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
        let until = now.checked_add(keep).unwrap_or(Timestamp::MAX);
        let mut state = self.lock();
        let is_new = state.marks.get(&mark).is_none_or(|until| now >= *until);
        if is_new {
            state.marks.insert(mark, until);
        }
        Ok(is_new)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn ends(&self) -> BoxStream<'static, End> {
        stream::pending().boxed()
    }

    async fn save_attempt(&self, key: AttemptKey, sealed: Vec<u8>) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut state = self.lock();
        while state.attempt_order.len() >= MOST_ATTEMPTS {
            if let Some(oldest) = state.attempt_order.pop_front() {
                state.attempts.remove(&oldest);
            }
        }
        state.attempts.insert(key, (now, sealed));
        state.attempt_order.push_back(key);
        Ok(())
    }

    async fn take_attempt(&self, key: AttemptKey) -> Result<Option<Vec<u8>>, StoreError> {
        let taken = self.lock().attempts.remove(&key);
        Ok(taken.filter(|(begun, _)| attempt_is_live(*begun, self.clock.now())).map(|(_, sealed)| sealed))
    }
}

fn attempt_is_live(begun: Timestamp, now: Timestamp) -> bool {
    is_within(begun, LOGIN_ATTEMPT_KEPT, now)
}

fn is_within(since: Timestamp, kept: Duration, now: Timestamp) -> bool {
    SignedDuration::try_from(kept).is_ok_and(|kept| now.duration_since(since) < kept)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::session::conformance::{self, Candidate, IDLE, ROOM, TestClock};
    use crate::session::section_seal::SectionName;

    fn candidate() -> std::future::Ready<Candidate> {
        let time = TestClock::default();
        let store = std::sync::Arc::new(MemorySessionStore::new(IDLE, ROOM, time.clock()));
        std::future::ready(Candidate { store, time, _kept: Box::new(()) })
    }

    conformance::list!(candidate);

    #[tokio::test]
    async fn what_is_over_is_counted_once() {
        let candidate = candidate().await;
        candidate.begin(1, 1, "a").await;
        candidate.begin(2, 1, "b").await;
        let idle_s = i64::try_from(IDLE.as_secs()).expect("seconds");
        candidate.time.pass(idle_s - 1);
        assert_eq!(candidate.store.remove_expired().await, Ok(0));
        candidate.time.pass(1);
        assert_eq!(candidate.store.remove_expired().await, Ok(2));
        assert_eq!(candidate.store.remove_expired().await, Ok(0));
    }

    #[tokio::test]
    async fn a_crowd_that_has_left_takes_no_room() {
        let time = TestClock::default();
        let store = std::sync::Arc::new(MemorySessionStore::new(IDLE, 10_000_000, time.clock()));
        let candidate = Candidate { store: store.clone(), time, _kept: Box::new(()) };
        let of = |number: u16| {
            let mut key = [0; 32];
            key[..2].copy_from_slice(&number.to_be_bytes());
            key
        };
        for number in 0..1_000 {
            let (key, sealed) = (SessionKey(of(number)), Bytes::from_static(b"kept"));
            assert_eq!(store.create(key, candidate.record(1, "a")).await, Ok(Creation::Kept));
            let section = SealedSection { name: SectionName(of(number)), source: "library".into(), sealed };
            store.keep_section(key, section).await.expect("kept");
            store.save_attempt(AttemptKey(of(number)), vec![]).await.expect("saved");
            assert_eq!(store.remember(Mark(of(number)), Duration::from_secs(1)).await, Ok(true));
        }
        let room = || {
            let State { sessions, sections, attempts, attempt_order, marks, .. } = &*store.lock();
            [sessions.capacity(), sections.room(), attempts.capacity(), attempt_order.capacity(), marks.capacity()]
        };
        assert!(room().iter().all(|room| *room >= 1_000), "{:?}", room());
        candidate.time.pass(86_400);
        assert_eq!(store.remove_expired().await, Ok(1_000));
        assert!(room().iter().all(|room| *room < 100), "{:?}", room());
    }

    #[tokio::test]
    async fn a_flood_of_login_starts_forgets_the_oldest() {
        let store = candidate().await.store;
        let key = |number: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            AttemptKey(key)
        };
        for number in 0..=MOST_ATTEMPTS {
            store.save_attempt(key(number), vec![]).await.expect("saved");
        }
        assert_eq!(store.take_attempt(key(0)).await, Ok(None));
        assert_eq!(store.take_attempt(key(MOST_ATTEMPTS)).await, Ok(Some(vec![])));
    }
}
