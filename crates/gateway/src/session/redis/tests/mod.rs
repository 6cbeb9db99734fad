//! The store over real Redis servers.

mod away;
mod lists;
mod meeting;
mod modes;
mod multiplexing;

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::time::{Instant, sleep, timeout};

use super::RedisSessionStore;
use crate::{
    config::{RedisConfig, RedisMode, RedisNode},
    redis_link::redis_server::RedisServer,
    session::{
        StoreError,
        conformance::{Candidate, IDLE, TestClock},
        store::{End, SessionStore},
    },
};

fn config(mode: RedisMode, urls: &[String]) -> RedisConfig {
    let nodes = urls.iter().map(|url| RedisNode::parse(url).expect("an address")).collect();
    RedisConfig { mode, nodes, sentinel_master: Some("overblik".into()), ..RedisConfig::default() }
}

fn store(config: &RedisConfig, time: &TestClock) -> Arc<RedisSessionStore> {
    Arc::new(RedisSessionStore::new(config, IDLE, time.clock()).expect("usable settings"))
}

fn candidate(config: &RedisConfig) -> Candidate {
    let time = TestClock::default();
    // What a store must do does not depend on how busy the machine is.
    let patient = RedisConfig { answer_within_ms: 20_000, ..config.clone() };
    Candidate { store: store(&patient, &time), time, _kept: Box::new(()) }
}

/// Candidates on the same servers, each with names of its own.
fn candidates(config: RedisConfig) -> impl AsyncFnMut() -> Candidate {
    let mut number = 0;
    async move || {
        number += 1;
        candidate(&RedisConfig { prefix: format!("overblik:{number}"), ..config.clone() })
    }
}

fn of(server: &RedisServer) -> RedisConfig {
    config(RedisMode::Standalone, &[server.url()])
}

/// Waits until the store serves, and says how long that took.
async fn until_it_serves(store: &dyn SessionStore) -> Duration {
    let begun = Instant::now();
    while store.ping().await == Err(StoreError) {
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not come back");
        sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

/// What ends is announced again, after a while.
async fn ends_arrive(candidate: &Candidate, ends: &mut (impl StreamExt<Item = End> + Unpin), number: u8) {
    for number in number..number + 20 {
        let key = candidate.begin(number, number, "a").await;
        candidate.store.end(key).await.expect("ended");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            match timeout(Duration::from_secs(1), ends.next()).await {
                Ok(Some(End::Session(ended))) if ended == key => return,
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream has ended"),
                Err(_) => break,
            }
        }
    }
    panic!("nothing is announced any more");
}
