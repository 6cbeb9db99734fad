//! The registry in a Redis under guard, under Sentinel, and in a Cluster.

use std::time::Duration;

use overblik_connectors::Secret;
use overblik_registry::{RegistryStore, StoreError, conformance_list, verify};
use tokio::time::{Instant, sleep, timeout};

use super::{KEEPING, append, config, lists::candidate_of, next, store};
use crate::{
    config::{RedisConfig, RedisMode, RedisTlsConfig},
    redis_link::redis_server::{RedisCluster, RedisSentinels, RedisServer},
};

const PASSWORD: &str = "a-password-of-the-test";

fn candidates(config: RedisConfig) -> impl AsyncFnMut() -> overblik_registry::conformance::Candidate {
    let mut number = 0;
    async move || {
        number += 1;
        candidate_of(&config, number)
    }
}

pub(super) fn guarded(server: &RedisServer) -> RedisConfig {
    RedisConfig {
        username: Some("registry".into()),
        password: Some(Secret::new(PASSWORD.to_owned())),
        tls: RedisTlsConfig { ca_file: Some(server.authority()) },
        ..config(RedisMode::Standalone, &[server.url()])
    }
}

/// The user that the documentation tells operators to make.
pub(super) fn documented_user() -> String {
    let document = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/registry-redis.md");
    let document = std::fs::read_to_string(document).expect("docs/registry-redis.md");
    let user = document.lines().find(|line| line.starts_with("user registry ")).expect("a line of an ACL file");
    user.replace(">PASSWORD", &format!(">{PASSWORD}"))
}

pub(super) fn set_to_keep(servers: &[RedisServer]) {
    for server in servers {
        for (name, value) in [("appendfsync", "always"), ("appendonly", "yes")] {
            assert_eq!(server.cli(&["CONFIG", "SET", name, value]), "OK");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_rights_are_enough_and_whoever_may_not_ask_may_not_write() {
    let server = RedisServer::start_guarded(&documented_user()).await;
    let store = store(&guarded(&server));
    let following = next(store.as_ref(), overblik_registry::Head::of_nothing(), String::new()).await;
    let refused = store.append(&following).await;
    assert!(matches!(&refused, Err(StoreError::ReadOnly(told)) if told.contains("appendonly is no")), "{refused:?}");

    let user = documented_user().replace(" +config|get", "");
    let server = RedisServer::start_guarded(&user).await;
    let refused = super::store(&guarded(&server)).append(&following).await;
    assert!(matches!(&refused, Err(StoreError::ReadOnly(told)) if told.contains("+config|get")), "{refused:?}");
    assert_eq!(server.cli(&["LLEN", "overblik:{registry}:history"]), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_documented_rights_over_tls_all_holds() {
    // Each of the list's stores has a prefix of its own.
    let user = documented_user().replace("~overblik:", "~overblik:*:").replace("&overblik:", "&overblik:*:");
    let server = RedisServer::start_guarded_with(&user, &KEEPING).await;
    let mut candidate = candidates(guarded(&server));
    conformance_list!(in turn candidate);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r39_under_sentinel_all_holds_and_another_master_has_every_record() {
    let mut all = RedisSentinels::start().await;
    set_to_keep(&all.servers);
    let config = config(RedisMode::Sentinel, &all.urls());
    let mut candidate = candidates(config.clone());
    conformance_list!(in turn candidate);
    let store = store(&config);
    let records = append(store.as_ref(), 10).await;
    all.servers[0].stop();
    let begun = Instant::now();
    while store.read(0, 100).await.as_ref() != Ok(&records) {
        assert!(begun.elapsed() < Duration::from_secs(30), "no other master takes over with all of it");
        sleep(Duration::from_millis(100)).await;
    }
    assert!(verify(store.as_ref(), Some(records[9].head())).await.is_ok());
    // Alone, it may be lost with all that the other never had.
    let following = next(store.as_ref(), records[9].head(), "# next\n".to_owned()).await;
    let refused = store.append(&following).await;
    assert!(matches!(&refused, Err(StoreError::ReadOnly(told)) if told.contains("no replica follows")), "{refused:?}");
    assert_eq!(store.head().await, Ok(records[9].head()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_replica_does_not_have_is_not_said_to_be_kept_and_not_read_before_it_has_it() {
    let all = RedisSentinels::start().await;
    set_to_keep(&all.servers);
    let config = config(RedisMode::Sentinel, &all.urls());
    let store = store(&config);
    let records = append(store.as_ref(), 3).await;
    let following = next(store.as_ref(), records[2].head(), "# next\n".to_owned()).await;
    all.servers[1].stand_still(true);
    let refused = store.append(&following).await;
    let unread = [store.head().await.map(|_| ()), store.read(0, 10).await.map(|_| ())];
    all.servers[1].stand_still(false);
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(unread.iter().all(|read| matches!(read, Err(StoreError::Unavailable(_)))), "{unread:?}");
    let head = timeout(Duration::from_secs(20), async {
        loop {
            match store.head().await {
                Ok(head) => break head,
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    });
    assert_eq!(head.await.expect("in time"), following.head(), "it has it now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r39_in_a_cluster_all_holds_and_a_replica_has_every_record() {
    let mut cluster = RedisCluster::start().await;
    set_to_keep(&cluster.servers);
    let config = config(RedisMode::Cluster, &cluster.urls());
    let mut candidate = candidates(config.clone());
    conformance_list!(in turn candidate);
    let store = store(&config);
    let records = append(store.as_ref(), 10).await;
    let holds = |server: &RedisServer| server.cli(&["LLEN", "overblik:{registry}:history"]) == "10";
    let master = cluster.servers[..3].iter().position(holds).expect("one of the masters holds it");
    cluster.servers[master].stop();
    let begun = Instant::now();
    while store.read(0, 100).await.as_ref() != Ok(&records) {
        assert!(begun.elapsed() < Duration::from_secs(30), "no replica takes over with all of it");
        sleep(Duration::from_millis(100)).await;
    }
    assert!(verify(store.as_ref(), Some(records[9].head())).await.is_ok());
}
