//! Redis goes away and comes back (requirement R39), and what ended is announced meanwhile and afterwards (R31).

use std::time::Duration;

use futures::StreamExt;
use overblik_connectors::Pseudonym;
use tokio::time::{Instant, timeout};

use super::{candidate, config, ends_arrive, of, store, until_it_serves};
use crate::{
    config::RedisMode,
    redis_link::redis_server::RedisServer,
    session::{
        StoreError,
        conformance::TestClock,
        store::{End, Owner, ProviderSession, SessionKey, SessionStore},
    },
};

/// The first question may wait this long for a Redis that went away; the machine may be busy.
const SOON: Duration = Duration::from_millis(2500);

async fn fails_within(store: &dyn SessionStore, limit: Duration) {
    let begun = Instant::now();
    assert_eq!(store.find(SessionKey([1; 32])).await, Err(StoreError));
    assert!(begun.elapsed() < limit, "{:?}", begun.elapsed());
}

/// Twenty questions are refused in the time that waiting for two or three would take.
pub(super) async fn fails_at_once(store: &dyn SessionStore) {
    let begun = Instant::now();
    for _ in 0..20 {
        fails_within(store, SOON).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn r39_a_redis_that_is_gone_fails_fast_and_one_that_is_back_serves_by_itself() {
    let mut server = RedisServer::start().await;
    let store = store(&of(&server), &TestClock::default());
    assert_eq!(store.find(SessionKey([1; 32])).await, Ok(None));
    for _ in 0..2 {
        server.stop();
        fails_within(&*store, SOON).await;
        fails_at_once(&*store).await;
        server.start_again().await;
        assert!(until_it_serves(&*store).await < Duration::from_secs(3));
        assert_eq!(store.find(SessionKey([1; 32])).await, Ok(None));
    }
}

#[tokio::test]
async fn r39_a_redis_that_stands_still_is_soon_known_to_be_away() {
    let server = RedisServer::start().await;
    let store = store(&of(&server), &TestClock::default());
    assert_eq!(store.ping().await, Ok(()));
    server.stand_still(true);
    fails_within(&*store, SOON).await;
    // While it is not yet sure that the server does not come back at once, a question may wait for it.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        assert_eq!(store.ping().await, Err(StoreError));
    }
    fails_at_once(&*store).await;
    server.stand_still(false);
    assert!(until_it_serves(&*store).await < Duration::from_secs(4));
}

#[tokio::test]
async fn r39_a_connection_that_was_cut_is_replaced_without_an_error() {
    let server = RedisServer::start().await;
    let candidate = candidate(&of(&server));
    let key = candidate.begin(1, 1, "a").await;
    for _ in 0..10 {
        server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        assert!(candidate.store.find(key).await.is_ok_and(|found| found.is_some()));
    }
}

#[test]
fn a_store_is_made_without_a_server_and_outside_of_any_runtime() {
    let config = config(RedisMode::Cluster, &["redis://127.0.0.1:1".to_owned()]);
    store(&config, &TestClock::default());
}

#[tokio::test]
async fn a_redis_that_is_not_there_yet_keeps_nobody_from_starting() {
    let mut server = RedisServer::start().await;
    server.stop();
    let store = store(&of(&server), &TestClock::default());
    fails_within(&*store, SOON).await;
    server.start_again().await;
    assert!(until_it_serves(&*store).await < Duration::from_secs(3));
}

async fn next(ends: &mut (impl StreamExt<Item = End> + Unpin), limit: Duration) -> End {
    timeout(limit, ends.next()).await.expect("in time").expect("an end")
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn r31_what_ends_at_one_instance_is_told_at_another_within_a_second() {
    let server = RedisServer::start().await;
    let here = candidate(&of(&server));
    let there = store(&of(&server), &TestClock::default());
    let mut ends = there.ends();
    assert_eq!(next(&mut ends, Duration::from_secs(5)).await, End::Missed, "it listens from now on");
    let keys = [here.begin(1, 1, "a").await, here.begin(2, 2, "a").await, here.begin(3, 3, "b").await];
    here.store.end(keys[0]).await.expect("ended");
    assert_eq!(next(&mut ends, SECOND).await, End::Session(keys[0]));
    here.store.end(keys[0]).await.expect("no error");
    let owner = Owner::ProviderSession(ProviderSession([0; 16]));
    here.store.end_of(&owner, here.time.now()).await.expect("ended");
    assert_eq!(next(&mut ends, SECOND).await, End::Owner(owner), "for what is open and is of no session");
    assert_eq!(next(&mut ends, SECOND).await, End::Session(keys[1]), "and nothing of what had ended before");
    let citizen = Owner::Citizen(Pseudonym::from_keyed_hash([9; 16]));
    here.store.end_of(&citizen, here.time.now()).await.expect("ended");
    assert_eq!(next(&mut ends, SECOND).await, End::Owner(citizen), "though they have no session");
    let key = crate::session::master_keys::KeyId::parse("b").expect("an id");
    here.store.end_sealed_under(&key).await.expect("ended");
    assert_eq!(next(&mut ends, SECOND).await, End::Session(keys[2]));
}

#[tokio::test]
async fn r31_a_lost_subscription_comes_back_and_says_what_it_may_have_missed() {
    let mut server = RedisServer::start().await;
    let candidate = candidate(&of(&server));
    let mut ends = candidate.store.ends();
    assert_eq!(next(&mut ends, Duration::from_secs(5)).await, End::Missed);
    server.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    assert_eq!(next(&mut ends, SECOND * 3).await, End::Missed, "subscribed again");
    let key = candidate.begin(1, 1, "a").await;
    candidate.store.end(key).await.expect("ended");
    assert_eq!(next(&mut ends, SECOND).await, End::Session(key));
    server.cli(&["PUBLISH", "overblik:ended", "nothing of ours"]);
    assert_eq!(next(&mut ends, SECOND).await, End::Missed, "what cannot be read may have been an end");
    server.stop();
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(next(&mut ends, SECOND * 3).await, End::Missed, "once a second while nothing is heard");
        assert!(begun.elapsed() > SECOND / 2, "and no more often");
    }
    server.start_again().await;
    until_it_serves(&*candidate.store).await;
    ends_arrive(&candidate, &mut ends, 2).await;
}

#[tokio::test]
async fn r31_a_subscription_that_stands_still_is_not_trusted() {
    let server = RedisServer::start().await;
    let candidate = candidate(&of(&server));
    let mut ends = candidate.store.ends();
    assert_eq!(next(&mut ends, Duration::from_secs(5)).await, End::Missed);
    server.stand_still(true);
    assert_eq!(next(&mut ends, SECOND * 4).await, End::Missed);
    server.stand_still(false);
}
