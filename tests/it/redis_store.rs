//! A gateway whose sessions are in Redis.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use overblik_demo::{Fault, FaultTarget};
use overblik_gateway::config::{Config, RedisNode, SessionStoreKind};
use overblik_tests::{EventStream, Person, ProviderStandIn, RedisServer, Setup, System, spellings};
use serde_json::json;
use tempfile::TempDir;

use crate::{native_app::Apps, session_keys::key};

/// A system whose sessions are in this Redis, and the folder of its master keys.
async fn system_with(server: &RedisServer) -> (System, TempDir) {
    let folder = keys();
    (Setup::default().adjust(in_redis(server, &folder)).start().await, folder)
}

/// The folder of one master key.
pub(crate) fn keys() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("keys"), key("only", 37)).expect("written");
    folder
}

/// Keeps sessions in this Redis, under the keys in a folder.
pub(crate) fn in_redis(server: &RedisServer, keys: &TempDir) -> impl FnOnce(&mut Config) + Send + 'static {
    let (node, file) = (RedisNode::parse(&server.url()).expect("an address"), keys.path().join("keys"));
    move |config| {
        config.session.keys_file = Some(file);
        config.session.store = SessionStoreKind::Redis;
        config.session.redis.nodes = vec![node];
    }
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
pub(crate) const EVERYTHING: &str = "\
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

#[tokio::test]
async fn r20_who_has_read_what_is_in_redis_ends_nobody_s_session_by_a_login_of_their_own() {
    let server = RedisServer::start().await;
    let (system, _folder) = system_with(&server).await;
    let mut victim = system.logged_in("family-signe").await;
    let name = server.cli(&["KEYS", "overblik:session:*"]);
    let hex = name.strip_prefix("overblik:session:{").and_then(|hex| hex.strip_suffix('}')).expect("one session");
    let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("text"));
    let key: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect();
    let mut reader = system.browser();
    reader.set_cookie("__Host-overblik-replaced", &URL_SAFE_NO_PAD.encode(key));
    reader.log_in("debt-gert", "substantial").await;
    assert_eq!(victim.get("/api/v1/session").await.status, StatusCode::OK);
    system.stop(&[&victim, &reader]).await;
}

/// Reads on to a stream's end, and says what its last event was.
async fn last_event(mut stream: EventStream) -> Option<String> {
    let mut last = None;
    while let Some((name, _)) = stream.next_event().await {
        last = Some(name);
    }
    last
}

#[tokio::test]
async fn r31_a_logout_told_to_one_instance_ends_what_is_open_at_another_for_sessions_and_tokens_alike() {
    let (server, keys) = (RedisServer::start().await, keys());
    let stalled = || Setup::default().fault(FaultTarget::Payments, Fault::Stall);
    let told = Apps::start_with(Setup::default(), in_redis(&server, &keys)).await;
    let (issuer, kept_there) = (told.provider.issuer.clone(), in_redis(&server, &keys));
    let other = Apps::start_with(stalled(), move |config| {
        kept_there(config);
        config.login.issuer = issuer;
    });
    let other = other.await;
    for of in
        [json!({ "sid": Person::of("family-signe").session }), json!({ "sub": Person::of("family-signe").subject })]
    {
        told.provider.log_in_next(Person::of("family-signe"));
        if of.get("sub").is_some() {
            // What belonged to the session that ended before opens nothing any more.
            told.provider.log_in_next(Person { session: "another-session".into(), ..Person::of("family-signe") });
            let (_, refused) = ProviderStandIn::log_in(&other.system).await;
            assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{}", refused.text);
        }
        let token = told.token_with("sid", of.get("sid").cloned().unwrap_or_else(|| json!("another-session")));
        let (mut browser, answer) = ProviderStandIn::log_in(&other.system).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let open = [browser.open_stream().await, other.open_stream(&token).await];
        other.system.until("both wait", |demo| demo.app.overviews.fetches().running() == 2).await;
        told.log_out_at_provider(&of).await;
        let ended = futures::future::join_all(open.map(last_event));
        let ended = tokio::time::timeout(Duration::from_secs(5), ended).await.expect("long before the next sweep");
        assert_eq!(ended, [Some("session_over".to_owned()), Some("session_over".to_owned())], "{of}");
    }
    other.stop(&[], &[]).await;
    told.stop(&[], &[]).await;
}

/// Longer than the gateway takes to send its first question to the store, shorter than it waits for the answer.
const A_MOMENT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn r27_a_logout_is_carried_out_though_the_browser_goes_away_meanwhile() {
    let server = RedisServer::start().await;
    let (system, _folder) = system_with(&server).await;
    let mut browser = system.logged_in("family-signe").await;
    server.stand_still(true);
    let logout = tokio::time::timeout(A_MOMENT, browser.post("/auth/logout")).await;
    assert!(logout.is_err(), "the store stood still");
    server.stand_still(false);
    system.until("it is logged out", |_| system.log().contains("logged out")).await;
    assert_eq!(browser.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r30_a_logout_at_the_provider_is_carried_out_though_its_server_does_not_wait_for_the_answer() {
    let (server, keys) = (RedisServer::start().await, keys());
    let apps = Apps::start_with(Setup::default(), in_redis(&server, &keys)).await;
    apps.provider.log_in_next(Person::of("family-signe"));
    let (mut browser, answer) = ProviderStandIn::log_in(&apps.system).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    server.stand_still(true);
    let person = json!({ "sub": Person::of("family-signe").subject });
    let logout = tokio::time::timeout(A_MOMENT, apps.log_out_at_provider(&person)).await;
    assert!(logout.is_err(), "the store stood still");
    server.stand_still(false);
    apps.system.until("it is logged out", |_| apps.system.log().contains("logged out at the identity")).await;
    assert_eq!(browser.get("/api/v1/session").await.status, StatusCode::UNAUTHORIZED);
    apps.stop(&[&browser], &[]).await;
}
