//! Redis under guard, under Sentinel, and as a Cluster.

use std::{fs, path::Path, time::Duration};

use futures::StreamExt;
use overblik_connectors::Secret;
use tokio::time::{Instant, sleep, timeout};

use super::{away::fails_at_once, candidates, config, ends_arrive, store, until_it_serves};
use crate::{
    config::{RedisConfig, RedisMode, RedisTlsConfig},
    redis_link::redis_server::{RedisCluster, RedisSentinels, RedisServer},
    session::{
        StoreError,
        conformance::{self, TestClock},
        store::{End, SessionStore},
    },
};

const PASSWORD: &str = "a-password-of-the-test";

/// The user that the documentation tells operators to make.
fn documented_user() -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/redis.md");
    let document = fs::read_to_string(document).expect("docs/redis.md");
    let user = document.lines().find(|line| line.starts_with("user overblik ")).expect("a line of an ACL file");
    user.replace(">PASSWORD", &format!(">{PASSWORD}"))
}

fn guarded(server: &RedisServer) -> RedisConfig {
    RedisConfig {
        username: Some("overblik".into()),
        password: Some(Secret::new(PASSWORD.to_owned())),
        tls: RedisTlsConfig { ca_file: Some(server.authority()) },
        ..config(RedisMode::Standalone, &[server.url()])
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_rights_are_enough_and_tls_is_checked() {
    let server = RedisServer::start_guarded(&documented_user()).await;
    let mut candidate = candidates(guarded(&server));
    conformance::list!(in turn candidate);
    let listener = candidate().await;
    let mut ends = listener.store.ends();
    assert_eq!(timeout(Duration::from_secs(5), ends.next()).await, Ok(Some(End::Missed)));
    let key = listener.begin(1, 1, "a").await;
    listener.store.end(key).await.expect("ended");
    assert_eq!(timeout(Duration::from_secs(1), ends.next()).await, Ok(Some(End::Session(key))));
    assert!(server.cli(&["CONFIG", "GET", "*"]).contains("NOPERM"), "the control");
}

#[tokio::test]
async fn a_server_that_the_authority_does_not_vouch_for_gets_no_password() {
    let user = documented_user();
    let (server, other) = (RedisServer::start_guarded(&user).await, RedisServer::start_guarded(&user).await);
    let foreign = RedisConfig { tls: RedisTlsConfig { ca_file: Some(other.authority()) }, ..guarded(&server) };
    let by_system = RedisConfig { tls: RedisTlsConfig::default(), ..guarded(&server) };
    let password = Some(Secret::new("another-password-of-the-test".to_owned()));
    let wrong_password = RedisConfig { password, ..guarded(&server) };
    for refused in [foreign, by_system, wrong_password] {
        assert_eq!(store(&refused, &TestClock::default()).ping().await, Err(StoreError));
    }
    assert_eq!(store(&guarded(&server), &TestClock::default()).ping().await, Ok(()), "the control");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_speaks_tls_is_trusted_by_the_same_certificates() {
    let cluster = RedisCluster::start_with_tls().await;
    let tls = RedisTlsConfig { ca_file: Some(cluster.authority()) };
    let config = RedisConfig { tls, ..config(RedisMode::Cluster, &cluster.urls()) };
    let mut candidate = candidates(config.clone());
    conformance::list!(in turn candidate);
    let candidate = candidate().await;
    let mut ends = candidate.store.ends();
    ends_arrive(&candidate, &mut ends, 1).await;
    let by_system = RedisConfig { tls: RedisTlsConfig::default(), ..config };
    assert_eq!(store(&by_system, &TestClock::default()).ping().await, Err(StoreError));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r39_in_a_cluster_a_master_that_stands_still_takes_no_other_session_along() {
    let cluster = RedisCluster::start().await;
    for server in &cluster.servers {
        assert_eq!(server.cli(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]), "OK");
    }
    let candidate = super::candidate(&config(RedisMode::Cluster, &cluster.urls()));
    let keys_of = |server: &RedisServer| server.cli(&["DBSIZE"]).parse::<u32>().expect("a number");
    let (mut at_the_first, mut elsewhere) = (Vec::new(), Vec::new());
    for number in 0..30 {
        let before = keys_of(&cluster.servers[0]);
        let key = candidate.begin(number, 100 + number, "a").await;
        let is_there = keys_of(&cluster.servers[0]) > before;
        if is_there { at_the_first.push(key) } else { elsewhere.push(key) }
    }
    // Where a session's owner lies is another slot: those alone of which nothing lies at the first server are safe.
    assert!(elsewhere.len() >= 5 && !at_the_first.is_empty(), "{} and {}", elsewhere.len(), at_the_first.len());
    cluster.servers[0].stand_still(true);
    let begun = Instant::now();
    let mut failed_there = false;
    loop {
        for key in &elsewhere {
            let found = candidate.store.find(*key).await;
            assert!(matches!(found, Ok(Some(_))), "after {:?}: {:?}", begun.elapsed(), found.err());
        }
        let mut all_found = true;
        for key in &at_the_first {
            all_found &= candidate.store.find(*key).await.is_ok_and(|found| found.is_some());
        }
        failed_there |= !all_found;
        if all_found && failed_there {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "the replica's sessions are not found");
    }
    cluster.servers[0].stand_still(false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r39_a_cluster_serves_on_without_the_node_that_is_named() {
    let mut cluster = RedisCluster::start().await;
    for server in &cluster.servers {
        assert_eq!(server.cli(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]), "OK");
    }
    let named = cluster.servers[0].url();
    let candidate = super::candidate(&config(RedisMode::Cluster, &[named]));
    let mut keys = Vec::new();
    for number in 0..30 {
        keys.push(candidate.begin(number, 100 + number, "a").await);
    }
    cluster.servers[0].stop();
    let begun = Instant::now();
    loop {
        let mut found = 0;
        for key in &keys {
            found += usize::from(candidate.store.find(*key).await.is_ok_and(|found| found.is_some()));
        }
        assert!(found >= 5, "after {:?}: {found} of those that other nodes hold", begun.elapsed());
        if found == keys.len() && begun.elapsed() > Duration::from_secs(5) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{found} are found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r39_under_sentinel_all_holds_and_another_master_takes_over() {
    let mut all = RedisSentinels::start().await;
    let config = config(RedisMode::Sentinel, &all.urls());
    let mut candidate = candidates(config.clone());
    conformance::list!(in turn candidate);
    let candidate = super::candidate(&config);
    let key = candidate.begin(1, 1, "a").await;
    let mut ends = candidate.store.ends();
    assert_eq!(timeout(Duration::from_secs(5), ends.next()).await, Ok(Some(End::Missed)));
    sleep(Duration::from_millis(300)).await;
    all.servers[0].stop();
    let begun = Instant::now();
    assert_eq!(candidate.store.ping().await, Err(StoreError));
    assert!(begun.elapsed() < Duration::from_millis(2500));
    until_it_serves(&*candidate.store).await;
    assert!(candidate.store.find(key).await.is_ok_and(|found| found.is_some()), "the replica had it");
    ends_arrive(&candidate, &mut ends, 2).await;
    // The former master comes back as a replica, which takes no writes.
    all.servers[0].start_again().await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(candidate.store.ping().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r39_in_a_cluster_all_holds_and_a_replica_takes_over() {
    let mut cluster = RedisCluster::start().await;
    let config = config(RedisMode::Cluster, &cluster.urls());
    let mut candidate = candidates(config.clone());
    conformance::list!(in turn candidate);
    let candidate = super::candidate(&config);
    let mut keys = Vec::new();
    for number in 0..30 {
        keys.push(candidate.begin(number, number, if number % 3 == 0 { "old" } else { "new" }).await);
    }
    let old = crate::session::master_keys::KeyId::parse("old").expect("an id");
    assert_eq!(candidate.store.end_sealed_under(&old).await.expect("ended").len(), 10, "found on every node");
    let mut ends = candidate.store.ends();
    assert_eq!(timeout(Duration::from_secs(5), ends.next()).await, Ok(Some(End::Missed)));
    sleep(Duration::from_millis(300)).await;
    cluster.servers[0].stop();
    let begun = Instant::now();
    loop {
        let mut all_found = true;
        for (number, key) in keys.iter().enumerate() {
            let asked = Instant::now();
            match candidate.store.find(*key).await {
                Ok(found) => assert_eq!(found.is_some(), number % 3 != 0, "nothing is lost, and nothing mixed up"),
                Err(StoreError) => all_found = false,
            }
            assert!(asked.elapsed() < Duration::from_millis(2500), "{:?}", asked.elapsed());
        }
        if all_found {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "the cluster does not serve again");
        sleep(Duration::from_millis(100)).await;
    }
    ends_arrive(&candidate, &mut ends, 100).await;
    for server in &mut cluster.servers {
        server.stop();
    }
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(candidate.store.ping().await, Err(StoreError));
    }
    sleep(Duration::from_secs(3)).await;
    fails_at_once(&*candidate.store).await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    for server in &mut cluster.servers {
        server.start_again().await;
    }
    until_it_serves(&*candidate.store).await;
}
