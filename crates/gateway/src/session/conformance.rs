//! What every session store must do: one list of tests, which each store runs with `list!`.

mod sections;

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use overblik_connectors::Pseudonym;
use tokio::task::JoinSet;

pub(crate) use sections::*;

use super::{
    master_keys::KeyId,
    store::{
        AttemptKey, Creation, LOGOUT_KEPT, Mark, Owner, ProviderSession, SessionFacts, SessionKey, SessionRecord,
        SessionStore,
    },
};
use crate::clock::Clock;

/// The idle limit of the stores under test.
pub(crate) const IDLE: Duration = Duration::from_mins(20);

const IDLE_S: i64 = 20 * 60;
const ABSOLUTE_S: i64 = 8 * 60 * 60;

/// Room for the sections of the stores under test, where it is theirs.
pub(crate) const ROOM: usize = 64 * 1024 * 1024;

/// A clock that the test turns.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000)))
    }
}

impl TestClock {
    pub(crate) fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::new(move || time.now())
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("a time")
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// An empty store under test, whose idle limit is [`IDLE`].
pub(crate) struct Candidate {
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) time: TestClock,
    /// What the store works with, kept for as long as it.
    pub(crate) _kept: Box<dyn Any + Send>,
}

impl Candidate {
    pub(crate) fn record(&self, citizen: u8, sealed_under: &str) -> SessionRecord {
        let now = self.time.now();
        let facts = SessionFacts {
            citizen: Pseudonym::from_keyed_hash([citizen; 16]),
            // Two sessions at the provider, one for odd citizens and one for even ones.
            provider_session: Some(ProviderSession([citizen % 2; 16])),
            sealed_under: KeyId::parse(sealed_under).expect("an id"),
            issued: now,
            started: now,
            ends: Timestamp::from_second(now.as_second() + ABSOLUTE_S).expect("a time"),
            last_active: now,
        };
        SessionRecord { facts, version: 0, sealed: vec![citizen, 0, 255] }
    }

    /// Keeps a session of a citizen under a key of this number.
    pub(crate) async fn begin(&self, number: u8, citizen: u8, sealed_under: &str) -> SessionKey {
        let key = SessionKey([number; 32]);
        assert_eq!(self.store.create(key, self.record(citizen, sealed_under)).await, Ok(Creation::Kept));
        key
    }

    async fn is_there(&self, key: SessionKey) -> bool {
        self.store.find(key).await.expect("an answer").is_some()
    }
}

pub(crate) async fn a_session_is_found_as_it_was_kept(candidate: Candidate) {
    let key = candidate.begin(1, 1, "a").await;
    assert_eq!(candidate.store.find(key).await, Ok(Some(candidate.record(1, "a"))));
    assert_eq!(candidate.store.find(SessionKey([2; 32])).await, Ok(None));
}

pub(crate) async fn a_session_is_never_overwritten(candidate: Candidate) {
    let key = candidate.begin(1, 1, "a").await;
    assert_eq!(candidate.store.create(key, candidate.record(2, "a")).await, Ok(Creation::Exists));
    assert_eq!(candidate.store.find(key).await, Ok(Some(candidate.record(1, "a"))));
}

pub(crate) async fn r21_a_session_ends_when_idle_to_the_second(candidate: Candidate) {
    let key = candidate.begin(1, 1, "a").await;
    candidate.time.pass(IDLE_S - 1);
    assert!(candidate.is_there(key).await, "one second before");
    candidate.store.touch(key).await.expect("touched");
    candidate.time.pass(IDLE_S - 1);
    assert!(candidate.is_there(key).await, "activity starts the idle time again");
    assert!(candidate.is_there(key).await, "to look is no activity");
    candidate.time.pass(1);
    assert!(!candidate.is_there(key).await);
    candidate.store.touch(key).await.expect("an answer");
    assert!(!candidate.is_there(key).await, "what is over stays so");
}

pub(crate) async fn r21_a_session_ends_absolutely_whatever_the_activity(candidate: Candidate) {
    let key = candidate.begin(1, 1, "a").await;
    for _ in 0..ABSOLUTE_S / 600 - 1 {
        candidate.time.pass(600);
        candidate.store.touch(key).await.expect("touched");
    }
    candidate.time.pass(599);
    assert!(candidate.is_there(key).await, "one second before");
    candidate.store.touch(key).await.expect("touched");
    candidate.time.pass(1);
    assert!(!candidate.is_there(key).await);
}

pub(crate) async fn only_sessions_that_are_over_are_removed(candidate: Candidate) {
    let old = candidate.begin(1, 1, "a").await;
    candidate.time.pass(IDLE_S);
    let young = candidate.begin(2, 1, "a").await;
    let seen = candidate.store.remove_expired().await.expect("removed");
    assert!(seen <= 1, "one is over, and a store that removes it by itself sees none");
    assert!(!candidate.is_there(old).await);
    assert!(candidate.is_there(young).await);
}

pub(crate) async fn r24_of_all_who_replace_a_version_one_succeeds(candidate: Candidate) {
    let key = candidate.begin(1, 1, "a").await;
    for version in 0..20 {
        let mut replacers = JoinSet::new();
        for number in 0..16 {
            let store = Arc::clone(&candidate.store);
            replacers
                .spawn(async move { (store.replace(key, version, vec![number]).await.expect("an answer"), number) });
        }
        let replaced: Vec<_> = replacers.join_all().await.into_iter().filter(|(replaced, _)| *replaced).collect();
        assert_eq!(replaced.len(), 1);
        let record = candidate.store.find(key).await.expect("an answer").expect("a record");
        assert_eq!((record.version, record.sealed), (version + 1, vec![replaced[0].1]));
        assert_eq!(record.facts, candidate.record(1, "a").facts, "the facts stay as they are");
    }
    assert_eq!(candidate.store.replace(key, 0, vec![]).await, Ok(false), "an old version");
    assert_eq!(candidate.store.replace(SessionKey([9; 32]), 0, vec![]).await, Ok(false), "no session");
    candidate.store.end(key).await.expect("ended");
    assert_eq!(candidate.store.replace(key, 20, vec![]).await, Ok(false));
    assert!(!candidate.is_there(key).await, "nothing brings an ended session back");
    let idle = candidate.begin(2, 1, "a").await;
    candidate.time.pass(IDLE_S);
    assert_eq!(candidate.store.replace(idle, 0, vec![]).await, Ok(false), "one that is over");
}

pub(crate) async fn an_ended_session_is_gone_and_no_activity_brings_it_back(candidate: Candidate) {
    let (key, other) = (candidate.begin(1, 1, "a").await, candidate.begin(2, 1, "a").await);
    candidate.store.end(key).await.expect("ended");
    candidate.store.end(key).await.expect("to end it twice is no error");
    candidate.store.touch(key).await.expect("an answer");
    assert!(!candidate.is_there(key).await);
    assert!(candidate.is_there(other).await);
}

pub(crate) async fn r23_a_citizen_s_sessions_are_listed_and_end_together(candidate: Candidate) {
    let lapsed = candidate.begin(9, 1, "a").await;
    candidate.time.pass(IDLE_S);
    let mut own = vec![candidate.begin(1, 1, "a").await, candidate.begin(2, 1, "b").await];
    let foreign = candidate.begin(3, 2, "a").await;
    let citizen = Pseudonym::from_keyed_hash([1; 16]);
    let mut listed = candidate.store.of_citizen(&citizen).await.expect("a list");
    listed.sort_by_key(|(key, _)| key.0);
    let expected = [(own[0], candidate.record(1, "a").facts), (own[1], candidate.record(1, "b").facts)];
    assert_eq!(listed, expected, "only those that are not over");
    let owner = Owner::Citizen(citizen.clone());
    let mut ended = candidate.store.end_of(&owner, candidate.time.now()).await.expect("ended");
    ended.retain(|key| *key != lapsed);
    ended.sort_by_key(|key| key.0);
    own.sort_by_key(|key| key.0);
    assert_eq!(ended, own);
    assert_eq!(candidate.store.of_citizen(&citizen).await, Ok(vec![]));
    assert!(!candidate.is_there(own[0]).await && !candidate.is_there(own[1]).await);
    assert!(candidate.is_there(foreign).await, "another citizen's stays");
}

pub(crate) async fn r30_a_session_at_the_provider_ends_what_it_gave_rise_to(candidate: Candidate) {
    let (odd, also_odd) = (candidate.begin(1, 1, "a").await, candidate.begin(2, 3, "b").await);
    let even = candidate.begin(3, 2, "a").await;
    let owner = Owner::ProviderSession(ProviderSession([1; 16]));
    let mut ended = candidate.store.end_of(&owner, candidate.time.now()).await.expect("ended");
    ended.sort_by_key(|key| key.0);
    assert_eq!(ended, [odd, also_odd]);
    assert!(!candidate.is_there(odd).await && !candidate.is_there(also_odd).await);
    assert!(candidate.is_there(even).await);
    let citizen = Pseudonym::from_keyed_hash([1; 16]);
    assert_eq!(candidate.store.of_citizen(&citizen).await, Ok(vec![]));
}

pub(crate) async fn r29_a_logout_that_arrives_late_or_twice_ends_nothing_that_began_after_it(candidate: Candidate) {
    let owner = Owner::Citizen(Pseudonym::from_keyed_hash([1; 16]));
    let before = candidate.begin(1, 1, "a").await;
    let told_at = candidate.time.now();
    candidate.time.pass(1);
    let after = candidate.begin(2, 1, "a").await;
    assert_eq!(candidate.store.end_of(&owner, told_at).await, Ok(vec![before]), "late");
    assert_eq!(candidate.store.end_of(&owner, told_at).await, Ok(vec![]), "twice");
    assert!(!candidate.is_there(before).await && candidate.is_there(after).await);
    assert_eq!(candidate.store.end_of(&owner, candidate.time.now()).await, Ok(vec![after]), "its own logout ends it");
    assert_eq!(candidate.store.end_of(&owner, told_at).await, Ok(vec![]), "an older one takes nothing back");
    let record = candidate.record(1, "a");
    assert_eq!(candidate.store.create(SessionKey([3; 32]), record).await, Ok(Creation::LoggedOut));
}

pub(crate) async fn r30_a_logout_that_overtakes_a_login_wins(candidate: Candidate) {
    let store = &candidate.store;
    let record = candidate.record(1, "a");
    let citizen = Owner::Citizen(record.facts.citizen.clone());
    assert_eq!(store.end_of(&citizen, candidate.time.now()).await, Ok(vec![]));
    let key = SessionKey([1; 32]);
    assert_eq!(store.create(key, record.clone()).await, Ok(Creation::LoggedOut), "issued in the second of the logout");
    assert!(!candidate.is_there(key).await);
    assert_eq!(store.of_citizen(&record.facts.citizen).await, Ok(vec![]));
    assert_eq!(store.logged_out(std::slice::from_ref(&citizen), record.facts.issued).await, Ok(true));
    candidate.time.pass(1);
    assert_eq!(store.create(key, candidate.record(1, "a")).await, Ok(Creation::Kept), "issued after the logout");
    assert_eq!(store.logged_out(&[citizen], candidate.time.now()).await, Ok(false));

    let at_provider = Owner::ProviderSession(ProviderSession([0; 16]));
    assert_eq!(store.end_of(&at_provider, candidate.time.now()).await, Ok(vec![]));
    candidate.time.pass(1);
    let later = candidate.record(2, "a");
    assert_eq!(
        store.create(SessionKey([2; 32]), later.clone()).await,
        Ok(Creation::LoggedOut),
        "that session has ended"
    );
    let other = Owner::ProviderSession(ProviderSession([1; 16]));
    assert_eq!(store.logged_out(&[other.clone(), at_provider.clone()], later.facts.issued).await, Ok(true));
    assert_eq!(store.logged_out(&[other], later.facts.issued).await, Ok(false));
    candidate.time.pass(i64::try_from(LOGOUT_KEPT.as_secs()).expect("seconds") - 2);
    store.remove_expired().await.expect("removed");
    assert_eq!(store.logged_out(&[at_provider], later.facts.issued).await, Ok(true), "no session lasts longer");
}

pub(crate) async fn r30_of_a_login_and_a_logout_that_meet_no_session_is_left(candidate: Candidate) {
    for round in 0..100 {
        let (store, key) = (Arc::clone(&candidate.store), SessionKey([round; 32]));
        let record = candidate.record(round, "a");
        let owner = Owner::Citizen(record.facts.citizen.clone());
        let (creating, ending) = (Arc::clone(&store), Arc::clone(&store));
        let now = candidate.time.now();
        let mut both = JoinSet::new();
        both.spawn(async move { creating.create(key, record).await.map(drop) });
        both.spawn(async move { ending.end_of(&owner, now).await.map(drop) });
        assert!(both.join_all().await.iter().all(Result::is_ok));
        assert!(!candidate.is_there(key).await, "round {round}");
    }
}

pub(crate) async fn r29_what_counts_once_counts_once(candidate: Candidate) {
    let keep = Duration::from_mins(2);
    for round in 0..20 {
        let mut takers = JoinSet::new();
        for _ in 0..16 {
            let store = Arc::clone(&candidate.store);
            takers.spawn(async move { store.remember(Mark([round; 32]), keep).await.expect("an answer") });
        }
        assert_eq!(takers.join_all().await.into_iter().filter(|is_new| *is_new).count(), 1);
    }
    assert_eq!(candidate.store.remember(Mark([99; 32]), keep).await, Ok(true));
    candidate.time.pass(119);
    assert_eq!(candidate.store.remember(Mark([99; 32]), keep).await, Ok(false));
}

pub(crate) async fn r39_a_store_that_is_there_answers(candidate: Candidate) {
    assert_eq!(candidate.store.ping().await, Ok(()));
}

pub(crate) async fn r22_sessions_end_with_the_key_that_sealed_them(candidate: Candidate) {
    let (old, new) = (candidate.begin(1, 1, "old").await, candidate.begin(2, 1, "new").await);
    assert_eq!(candidate.store.end_sealed_under(&KeyId::parse("old").expect("an id")).await, Ok(vec![old]));
    assert!(!candidate.is_there(old).await);
    assert!(candidate.is_there(new).await);
}

pub(crate) async fn r3_of_all_who_take_a_login_attempt_one_gets_it(candidate: Candidate) {
    for round in 0..20 {
        let key = AttemptKey([round; 32]);
        candidate.store.save_attempt(key, vec![round]).await.expect("saved");
        let mut takers = JoinSet::new();
        for _ in 0..16 {
            let store = Arc::clone(&candidate.store);
            takers.spawn(async move { store.take_attempt(key).await.expect("an answer") });
        }
        let taken: Vec<_> = takers.join_all().await.into_iter().flatten().collect();
        assert_eq!(taken, [vec![round]]);
    }
}

pub(crate) async fn r3_a_login_attempt_lapses_after_ten_minutes(candidate: Candidate) {
    let keys = [AttemptKey([1; 32]), AttemptKey([2; 32])];
    for key in keys {
        candidate.store.save_attempt(key, vec![1]).await.expect("saved");
    }
    candidate.time.pass(599);
    assert_eq!(candidate.store.take_attempt(keys[0]).await, Ok(Some(vec![1])));
    candidate.time.pass(1);
    assert_eq!(candidate.store.take_attempt(keys[1]).await, Ok(None));
}

/// Runs the whole list with an async function that makes a [`Candidate`]: as tests of their own, or `in turn` in the
/// midst of one.
macro_rules! list {
    (in turn $candidate:expr) => {
        $crate::session::conformance::list!(@list in_turn $candidate);
    };
    (@list $how:ident $candidate:expr) => {
        $crate::session::conformance::list!(@$how $candidate;
            a_session_is_found_as_it_was_kept
            a_session_is_never_overwritten
            r21_a_session_ends_when_idle_to_the_second
            r21_a_session_ends_absolutely_whatever_the_activity
            only_sessions_that_are_over_are_removed
            r24_of_all_who_replace_a_version_one_succeeds
            an_ended_session_is_gone_and_no_activity_brings_it_back
            r23_a_citizen_s_sessions_are_listed_and_end_together
            r22_sessions_end_with_the_key_that_sealed_them
            r29_what_counts_once_counts_once
            r29_a_logout_that_arrives_late_or_twice_ends_nothing_that_began_after_it
            r30_a_session_at_the_provider_ends_what_it_gave_rise_to
            r30_a_logout_that_overtakes_a_login_wins
            r30_of_a_login_and_a_logout_that_meet_no_session_is_left
            r39_a_store_that_is_there_answers
            r3_of_all_who_take_a_login_attempt_one_gets_it
            r3_a_login_attempt_lapses_after_ten_minutes
            sections_are_found_with_their_session_and_with_no_other
            r31_sections_go_with_their_session_however_it_ends
            r31_of_an_answer_and_a_logout_that_meet_nothing_is_left
            of_one_session_a_bounded_amount_is_kept
        );
    };
    (@each $candidate:expr; $($rule:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                $crate::session::conformance::$rule($candidate().await).await;
            }
        )*
    };
    (@in_turn $candidate:expr; $($rule:ident)*) => {
        $( $crate::session::conformance::$rule($candidate().await).await; )*
    };
    ($candidate:expr) => {
        $crate::session::conformance::list!(@list each $candidate);
    };
}
pub(crate) use list;
