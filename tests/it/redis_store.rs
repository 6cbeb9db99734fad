//! A gateway whose sessions are in Redis.

use std::time::Duration;

use http::StatusCode;
use overblik_gateway::config::{RedisNode, SessionStoreKind};
use overblik_tests::{RedisServer, Setup, System, spellings};
use tempfile::TempDir;

use crate::session_keys::key;

/// A system whose sessions are in this Redis, and the folder of its master keys.
async fn system_with(server: &RedisServer) -> (System, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("keys");
    std::fs::write(&file, key("only", 37)).expect("written");
    let node = RedisNode::parse(&server.url()).expect("an address");
    let setup = Setup::default().adjust(move |config| {
        config.session.keys_file = Some(file);
        config.session.store = SessionStoreKind::Redis;
        config.session.redis.nodes = vec![node];
    });
    (setup.start().await, folder)
}

#[tokio::test]
async fn r39_while_redis_is_away_nothing_is_shown_and_nobody_logs_in_and_then_it_goes_on_by_itself() {
    let mut server = RedisServer::start().await;
    let (system, _folder) = system_with(&server).await;
    let mut browser = system.logged_in("family-signe").await;
    browser.overview().await;
    server.stop();
    for path in ["/api/v1/overview", "/api/v1/session", "/", "/auth/login"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {}", answer.text);
        assert!(!answer.text.contains("Signe"), "{path}: {}", answer.text);
    }
    server.start_again().await;
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..200 {
        status = browser.get("/api/v1/overview").await.status;
        if status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(status, StatusCode::UNAUTHORIZED, "a Redis that comes back empty has logged everybody out");
    browser.log_in("family-signe", "substantial").await;
    browser.overview().await;
    system.stop(&[&browser]).await;
}

/// Names and contents of everything that is kept, as `redis-cli` prints them.
const EVERYTHING: &str = "\
local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
    local kind = redis.call('TYPE', key).ok
    local held = kind == 'hash' and redis.call('HGETALL', key) or kind == 'zset' and redis.call('ZRANGE', key, 0, -1) or { redis.call('GET', key) }
    all[#all + 1] = key
    for _, part in ipairs(held) do all[#all + 1] = part end
end
return all";

#[tokio::test]
async fn r19_r61_what_is_in_redis_says_nothing_of_the_citizen_and_opens_nothing() {
    let server = RedisServer::start().await;
    let (system, _folder) = system_with(&server).await;
    let mut browser = system.logged_in("family-signe").await;
    // An attempt that goes no further.
    browser.provider_page("/auth/login?return_to=/").await;
    let kept = server.cli(&["EVAL", EVERYTHING, "0"]);
    for expected in ["overblik:session:{", "overblik:owner:{", "overblik:attempt:{", "sealed", "last_active"] {
        assert!(kept.contains(expected), "the control: {expected} in {kept}");
    }
    let citizen = System::citizen("family-signe");
    let numbers = citizen.cpr.map(spellings).expect("a number");
    let cookie_parts = browser.secrets().into_iter().flat_map(|secret| {
        let (one, other) = secret.split_at(secret.len() / 2);
        [one.to_owned(), other.to_owned()]
    });
    for secret in numbers.into_iter().chain(cookie_parts).chain(["Signe".into()]) {
        assert!(!kept.contains(&secret), "{secret} in {kept}");
    }
    system.stop(&[&browser]).await;
}
