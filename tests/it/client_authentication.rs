//! How the gateway proves to the provider who it is.

use std::collections::BTreeSet;

use aws_lc_rs::{
    encoding::AsDer,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use overblik_gateway::{login::Login, telemetry::ProviderMetrics};
use overblik_tests::{ProviderStandIn, Request, SigningKey, verified};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::party;

const ASSERTED_BY: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

fn ec() -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    pem(pair.to_pkcs8v1().expect("a document").as_ref())
}

/// A file with a key of its own.
pub(crate) fn key_file() -> NamedTempFile {
    file(&ec())
}

fn rsa() -> String {
    pem(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key").as_der().expect("a document").as_ref())
}

fn file(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    file
}

/// A provider that takes pushed requests, and a relying party with keys of its own there.
async fn with_keys(keys: &str) -> (ProviderStandIn, Login) {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    provider.offer_pushing();
    let file = file(keys);
    let login = party::at(&provider, &json!({ "client_secret": null, "client_keys_file": file.path() }));
    (provider, login)
}

/// Header and claims of the assertion that a request was made with.
fn assertion(request: &Request, published: &Value) -> [Value; 2] {
    assert_eq!(request.authorization, None);
    assert_eq!((request.field("client_secret"), request.field("client_assertion_type")), ("", ASSERTED_BY));
    assert_eq!(request.form.iter().filter(|(name, _)| name == "client_id").count(), 1);
    assert!(request.query.is_empty(), "nothing of it stands in an address");
    verified(request.field("client_assertion"), published).expect("an assertion that verifies")
}

#[tokio::test]
async fn r6_two_hundred_logins_are_each_pushed_and_redeemed_under_assertions_of_their_own() {
    for keys in [ec(), rsa()] {
        let (provider, login) = with_keys(&keys).await;
        for _ in 0..100 {
            party::log_in(&provider, &login).await.expect("a login");
        }
        let published = login.client_keys().expect("keys");
        let requests = [provider.received("/par"), provider.received("/token")].concat();
        assert_eq!(requests.len(), 200);
        let mut ids = BTreeSet::new();
        for request in &requests {
            let [header, claims] = assertion(request, &published);
            assert_eq!(header["typ"], "client-authentication+jwt");
            assert_eq!(header["kid"], published["keys"][0]["kid"]);
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!("overblik-demo"), &json!("overblik-demo")));
            assert_eq!(claims["aud"], json!(provider.issuer), "the issuer, as one text");
            let life = claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time");
            assert!((1..=60).contains(&life), "{life}");
            ids.insert(claims["jti"].as_str().expect("an id").to_owned());
        }
        assert_eq!(ids.len(), 200, "no id stands twice");
        assert!(ids.iter().all(|id| id.len() == 43), "256 random bits");
    }
}

#[tokio::test]
async fn r6_a_refresh_and_a_revocation_are_asserted_too() {
    let (provider, login) = with_keys(&ec()).await;
    let user = party::log_in(&provider, &login).await.expect("a login");
    let cpr = overblik_connectors::Cpr::parse(&user.cpr, overblik_connectors::AcceptedPersons::FictitiousToo);
    let identity = overblik_gateway::login::KnownIdentity {
        subject: &user.subject,
        cpr: &cpr.expect("a number"),
        level: None,
        authenticated: None,
        provider_session: None,
    };
    let token = user.tokens.refresh.expect("a refresh token");
    let refreshed = login.refresh(token.reveal(), &identity).await.expect("tokens");
    assert!(login.revoke(refreshed.refresh.expect("a refresh token").reveal()).await);
    let published = login.client_keys().expect("keys");
    let requests = [provider.received("/token"), provider.received("/revoke")].concat();
    let ids: BTreeSet<_> =
        requests.iter().map(|request| assertion(request, &published)[1]["jti"].to_string()).collect();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn r6_keys_are_exchanged_without_a_restart_and_every_assertion_verifies_with_what_is_published() {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    provider.offer_pushing();
    let (old, new) = (ec(), rsa());
    let file = file(&old);
    let path = file.path().to_owned();
    let system = provider
        .system_with(move |config| {
            config.login.client_secret = None;
            config.login.client_keys_file = Some(path);
        })
        .await;
    let mut browser = system.browser();
    let mut seen = Vec::new();
    for (text, algorithms) in [
        (old.clone(), vec!["ES256"]),
        // Published before it signs, then signing while the former one is still published.
        (format!("{old}{new}"), vec!["ES256", "PS256"]),
        (format!("{new}{old}"), vec!["PS256", "ES256"]),
        (new, vec!["PS256"]),
    ] {
        std::fs::write(file.path(), text).expect("written");
        let mut published = Value::Null;
        for _ in 0..1000 {
            let answer = browser.get("/jwks.json").await;
            assert_eq!(answer.header("cache-control"), "public, max-age=300");
            assert_eq!(answer.header("content-type"), "application/jwk-set+json");
            assert_eq!(answer.header_all("set-cookie").count(), 0);
            assert!(!answer.text.contains(r#""d""#));
            published = answer.json();
            let keys = published["keys"].as_array().expect("keys");
            if keys.iter().map(|key| &key["alg"]).eq(&algorithms) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let (_, landed) = ProviderStandIn::log_in(&system).await;
        assert_eq!(landed.status, 200, "{}", landed.text);
        let request = provider.received("/token").pop().expect("a request");
        let [header, _] = assertion(&request, &published);
        assert_eq!(header["alg"], algorithms[0]);
        seen.push(header["kid"].clone());
    }
    assert!(seen[0] == seen[1] && seen[1] != seen[2] && seen[2] == seen[3], "{seen:?}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r6_without_keys_the_secret_goes_as_the_provider_takes_it_and_no_keys_are_published() {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    let login = party::at(&provider, &json!({}));
    assert!(party::log_in(&provider, &login).await.is_ok());
    let request = provider.received("/token").pop().expect("a request");
    // Both form-encoded, then joined by a colon (RFC 6749 section 2.3.1).
    let basic = format!("Basic {}", STANDARD.encode("overblik-demo:s3cr3t+s3cr3t+%26+%25"));
    assert_eq!((request.authorization.as_deref(), request.field("client_secret")), (Some(basic.as_str()), ""));
    provider.describe_with(&json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }));
    let login = party::at(&provider, &json!({}));
    assert!(party::log_in(&provider, &login).await.is_ok());
    let request = provider.received("/token").pop().expect("a request");
    assert_eq!(request.authorization, None);
    assert_eq!((request.field("client_id"), request.field("client_secret")), ("overblik-demo", "s3cr3t s3cr3t & %"));
    let system = provider.system_with(|config| config.login.client_keys = None).await;
    let mut browser = system.browser();
    assert_eq!(browser.get("/jwks.json").await.status, 404);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r75_keys_that_cannot_be_used_stop_the_start() {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    for (text, expected) in [("", "holds no key"), ("-----BEGIN RSA PRIVATE KEY-----", ":1: is not the beginning")] {
        let file = file(text);
        let config =
            party::configuration(&provider, &json!({ "client_secret": null, "client_keys_file": file.path() }));
        let clock = overblik_gateway::clock::Clock::system();
        let error = Login::new(&config, clock, ProviderMetrics::default()).err().expect("a mistake").to_string();
        assert!(error.starts_with("login.client_keys_file: ") && error.contains(expected), "{error}");
    }
    let file = file(&ec());
    let both = party::configuration(&provider, &json!({ "client_keys_file": file.path() }));
    let mistakes = both.checked().expect_err("two credentials").to_string();
    assert!(mistakes.contains("login.client_keys_file: is set, and login.client_secret too"), "{mistakes}");
    let none = party::configuration(&provider, &json!({ "client_secret": null }));
    assert!(none.checked().expect_err("no credential").to_string().contains("login.client_secret_file: is missing"));
}
