//! What the provider publishes: metadata that do not fit, and keys that change, fail or never come.

use std::{sync::Arc, time::Instant};

use futures::future::join_all;
use http::StatusCode;
use overblik_tests::{Draft, Person, ProviderStandIn, SigningKey, System};
use serde_json::{Value, json};

use crate::party;

const SESSION: &str = "__Host-Http-overblik";

/// The status of a login, which has opened a session exactly when it is 200.
async fn status(system: &System) -> u16 {
    let (browser, answer) = ProviderStandIn::log_in(system).await;
    assert_eq!(browser.cookie(SESSION).is_some(), answer.status == 200, "{}", answer.text);
    answer.status.as_u16()
}

async fn start() -> ProviderStandIn {
    ProviderStandIn::start(SigningKey::es256("first")).await
}

#[tokio::test]
async fn r5_metadata_that_do_not_fit_the_configuration_are_not_used() {
    let provider = start().await;
    let issuer = provider.issuer.clone();
    let elsewhere = issuer.replace("127.0.0.1", "localhost");
    let changed = |name: &str, value: Value| {
        let mut metadata = provider.metadata();
        metadata[name] = value;
        (StatusCode::OK, None, metadata.to_string())
    };
    let large = json!({ "x": "x".repeat(256 * 1024) });
    let good = provider.metadata().to_string();
    let documents = [
        ("another issuer", changed("issuer", json!("https://login.example"))),
        ("the issuer with a slash", changed("issuer", json!(format!("{issuer}/")))),
        ("login elsewhere", changed("authorization_endpoint", json!(format!("{elsewhere}/authorize")))),
        ("tokens elsewhere", changed("token_endpoint", json!(format!("{elsewhere}/token")))),
        ("keys elsewhere", changed("jwks_uri", json!(format!("{elsewhere}/jwks")))),
        ("pushing elsewhere", changed("pushed_authorization_request_endpoint", json!(format!("{elsewhere}/par")))),
        ("logout elsewhere", changed("end_session_endpoint", json!("http://login.example/logout"))),
        ("too large", changed("more", large)),
        ("not JSON", (StatusCode::OK, None, "<html>".to_owned())),
        ("led elsewhere", (StatusCode::FOUND, Some(format!("{issuer}/decoy")), good.clone())),
        ("an error", (StatusCode::INTERNAL_SERVER_ERROR, None, good)),
    ];
    for (what, (status, location, body)) in documents {
        provider.describe(status, location, body);
        let system = provider.system().await;
        let mut browser = system.browser();
        let answer = browser.get("/auth/login").await;
        assert_eq!(answer.status, 503, "{what}: {}", answer.text);
        assert!(answer.text.contains("login-unavailable"), "{what}: {}", answer.text);
        system.stop(&[&browser]).await;
    }
    let asked = provider.requested();
    assert!(asked.iter().all(|path| path == "/.well-known/openid-configuration"), "{asked:?}");
    provider.describe(StatusCode::OK, None, provider.metadata().to_string());
    let system = provider.system().await;
    assert_eq!(status(&system).await, 200, "the metadata as they should be");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r5_an_endpoint_on_a_host_that_the_configuration_names_is_used() {
    let provider = start().await;
    let mut metadata = provider.metadata();
    metadata["jwks_uri"] = json!(format!("{}/jwks", provider.issuer.replace("127.0.0.1", "localhost")));
    provider.describe(StatusCode::OK, None, metadata.to_string());
    let issuer = provider.issuer.clone();
    let setup = overblik_tests::Setup::default().adjust(move |config| {
        config.login.issuer = issuer;
        config.login.endpoint_hosts = vec!["localhost".to_owned()];
    });
    let system = setup.start().await;
    assert_eq!(status(&system).await, 200);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r13_keys_are_fetched_once_for_many_logins() {
    let provider = start().await;
    let system = provider.system().await;
    let statuses = join_all((0..20).map(|_| status(&system))).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(provider.requests("/jwks"), 1);
    assert_eq!(provider.requests("/.well-known/openid-configuration"), 1);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r13_two_hundred_unknown_key_ids_cause_two_requests_at_most() {
    let provider = start().await;
    let system = provider.system().await;
    assert_eq!(status(&system).await, 200);
    let counter = std::sync::atomic::AtomicUsize::new(0);
    provider.forge(move |mut draft: Draft| {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        draft.header["kid"] = json!(format!("unknown-{number}"));
        draft.signed()
    });
    let begun = Instant::now();
    for _ in 0..10 {
        let statuses = join_all((0..20).map(|_| status(&system))).await;
        assert!(statuses.iter().all(|status| *status == 502), "{statuses:?}");
    }
    assert_eq!(provider.requests("/token"), 201, "every one of them was brought a token");
    // Once at first, once for the first unknown one, and once more for each half-minute that a busy machine takes.
    let most = 2 + begun.elapsed().as_secs() / 30;
    let asked = provider.requests("/jwks");
    assert!(asked >= 2 && u64::try_from(asked).is_ok_and(|asked| asked <= most), "{asked} requests, {most} at most");
    provider.forge(|draft| draft.signed());
    assert_eq!(status(&system).await, 200, "known keys serve throughout");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r13_keys_that_change_abruptly_are_found_and_the_withdrawn_one_counts_no_more() {
    let provider = start().await;
    let system = provider.system().await;
    assert_eq!(status(&system).await, 200);
    let (old, new) = (provider.key(), Arc::new(SigningKey::ps256("second")));
    provider.publish(std::slice::from_ref(&new.public));
    provider.sign_by(Arc::clone(&new));
    let statuses = join_all((0..10).map(|_| status(&system))).await;
    assert!(statuses.iter().all(|status| *status == 200), "all wait for the one renewal: {statuses:?}");
    assert_eq!(provider.requests("/jwks"), 2);
    provider.sign_by(old);
    assert_eq!(status(&system).await, 502);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r13_no_stranger_s_token_keeps_a_login_from_a_new_key() {
    let provider = start().await;
    let system = provider.system().await;
    assert_eq!(status(&system).await, 200);
    let new = Arc::new(SigningKey::es256("second"));
    let mut strange = provider.logout_of_session(&Person::default());
    strange.header["kid"] = json!("unknown");
    assert_eq!(system.bring_logout(&strange.signed()).await.status, 400);
    assert_eq!(provider.requests("/jwks"), 2, "a stranger made us ask");
    provider.publish(std::slice::from_ref(&new.public));
    provider.sign_by(new);
    assert_eq!(status(&system).await, 200);
    assert_eq!(system.bring_logout(&strange.signed()).await.status, 400);
    assert_eq!(provider.requests("/jwks"), 3, "and may not again so soon");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r13_a_key_that_changed_under_its_id_or_under_none_is_found() {
    for names_key in [true, false] {
        let provider = start().await;
        provider.forge(move |mut draft: Draft| {
            if !names_key {
                draft.header = json!({ "alg": draft.key.algorithm });
            }
            draft.signed()
        });
        let login = party::at(&provider, &json!({}));
        assert!(party::log_in(&provider, &login).await.is_ok());
        let new = Arc::new(SigningKey::es256("first"));
        provider.publish(std::slice::from_ref(&new.public));
        provider.sign_by(Arc::clone(&new));
        let outcomes = join_all((0..20).map(|_| party::log_in(&provider, &login))).await;
        assert!(outcomes.iter().all(Result::is_ok), "all wait for the one renewal");
        assert_eq!(provider.requests("/jwks"), 2);
        // A token that nobody's key verifies makes us ask no more than once in a while.
        let own = Arc::new(SigningKey::es256("first"));
        provider.sign_by(own);
        let outcomes = join_all((0..20).map(|_| party::log_in(&provider, &login))).await;
        assert!(outcomes.iter().all(Result::is_err));
        assert_eq!(provider.requests("/jwks"), 2);
    }
}

#[tokio::test]
async fn r13_keys_that_change_gracefully_refuse_nobody() {
    let provider = start().await;
    let (old, new) = (provider.key(), Arc::new(SigningKey::es256("second")));
    provider.publish(&[old.public.clone(), new.public.clone()]);
    let system = provider.system().await;
    for key in [&old, &new, &old, &new] {
        provider.sign_by(Arc::clone(key));
        assert_eq!(status(&system).await, 200);
    }
    assert_eq!(provider.requests("/jwks"), 1, "the new key was published before it signed");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r13_key_sets_that_fail_open_nothing_and_keep_the_old_ones() {
    let provider = start().await;
    let good = json!({ "keys": [provider.key().public] }).to_string();
    let many = json!({ "keys": vec![provider.key().public.clone(); 101] }).to_string();
    let large = json!({ "keys": [provider.key().published_with(&json!({ "x5c": "x".repeat(256 * 1024) }))] });
    let decoy = format!("{}/decoy", provider.issuer);
    let failures = [
        ("an error", (StatusCode::INTERNAL_SERVER_ERROR, None, good.clone())),
        ("led elsewhere", (StatusCode::FOUND, Some(decoy), good.clone())),
        ("too many keys", (StatusCode::OK, None, many)),
        ("too large", (StatusCode::OK, None, large.to_string())),
        ("not JSON", (StatusCode::OK, None, "<html>".to_owned())),
        ("no keys", (StatusCode::OK, None, "{}".to_owned())),
    ];
    for (what, (code, location, body)) in failures {
        provider.publish_document(code, location.clone(), body.clone());
        let cold = provider.system().await;
        assert_eq!(status(&cold).await, 503, "{what}");
        cold.stop(&[]).await;

        provider.publish_document(StatusCode::OK, None, good.clone());
        let warm = provider.system().await;
        assert_eq!(status(&warm).await, 200, "{what}");
        provider.publish_document(code, location, body);
        provider.forge(|mut draft| {
            draft.header["kid"] = json!("unknown");
            draft.signed()
        });
        let asked = provider.requests("/jwks");
        assert_eq!(status(&warm).await, 502, "{what}");
        assert_eq!(provider.requests("/jwks"), asked + 1, "{what}: the provider was asked");
        provider.forge(|draft| draft.signed());
        assert_eq!(status(&warm).await, 200, "{what}: the old keys serve");
        warm.stop(&[]).await;
    }
    assert_eq!(provider.requests("/decoy"), 0);
}
