//! ID tokens that must not open a session, each brought through the real callback by a provider that forges it.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use overblik_tests::{Draft, MORNING, ProviderStandIn, SigningKey, System};
use serde_json::{Value, json};

const SESSION: &str = "__Host-Http-overblik";

/// What is wrong, and how a token is made so.
type Fault = (&'static str, fn(Draft) -> String);

async fn assert_refused(system: &System, what: &str) {
    let (mut browser, answer) = ProviderStandIn::log_in(system).await;
    assert_eq!(answer.status, 502, "{what}: {}", answer.text);
    assert!(answer.text.contains("login-refused"), "{what}: {}", answer.text);
    assert_eq!(browser.cookie(SESSION), None, "{what}: a session came of a refused login");
    assert!(answer.header_all("set-cookie").all(|cookie| !cookie.starts_with(SESSION)), "{what}");
    assert_eq!(browser.get("/api/v1/overview").await.status, 401, "{what}");
}

async fn assert_logged_in(system: &System, what: &str) {
    let (browser, answer) = ProviderStandIn::log_in(system).await;
    assert_eq!(answer.status, 200, "{what}: {}", answer.text);
    assert!(browser.cookie(SESSION).is_some(), "{what}");
}

/// Each fault is refused, and the same provider's tokens without a fault open a session before and after.
async fn assert_all_refused(provider: &ProviderStandIn, system: &System, faults: &[Fault]) {
    provider.forge(|draft| draft.signed());
    assert_logged_in(system, "no fault yet").await;
    for (what, forge) in faults {
        provider.forge(*forge);
        assert_refused(system, what).await;
    }
    provider.forge(|draft| draft.signed());
    assert_logged_in(system, "no fault any more").await;
}

fn header(mut draft: Draft, name: &str, value: Value) -> String {
    draft.header[name] = value;
    draft.signed()
}

fn claim(mut draft: Draft, name: &str, value: Value) -> String {
    draft.claims[name] = value;
    draft.signed()
}

fn now() -> i64 {
    MORNING.parse::<jiff::Timestamp>().expect("a time").as_second()
}

/// Signed by a secret, as HS256 does.
fn by_secret(mut draft: Draft, secret: &[u8]) -> String {
    draft.header["alg"] = json!("HS256");
    let unsigned = draft.unsigned();
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), unsigned.as_bytes());
    format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn unsigned(mut draft: Draft, algorithm: &str) -> String {
    draft.header["alg"] = json!(algorithm);
    format!("{}.", draft.unsigned())
}

async fn es256() -> (ProviderStandIn, System) {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    let system = provider.system().await;
    (provider, system)
}

#[tokio::test]
async fn r9_tokens_that_name_another_algorithm_are_refused() {
    let (provider, system) = es256().await;
    let faults: [Fault; 13] = [
        ("none", |draft| unsigned(draft, "none")),
        ("None", |draft| unsigned(draft, "None")),
        ("NONE", |draft| unsigned(draft, "NONE")),
        ("no algorithm", |mut draft| {
            draft.header = json!({ "kid": "first" });
            draft.signed()
        }),
        ("none, yet signed", |draft| header(draft, "alg", json!("none"))),
        ("signed by nobody", |draft| format!("{}.", draft.unsigned())),
        ("HS256 by an empty secret", |draft| by_secret(draft, b"")),
        ("HS256 by the public key", |draft| {
            let public = draft.key.public.to_string();
            by_secret(draft, public.as_bytes())
        }),
        ("HS256 by the public key's first coordinate", |draft| {
            let x = draft.key.public["x"].as_str().map(|x| URL_SAFE_NO_PAD.decode(x).expect("base64"));
            by_secret(draft, &x.expect("a coordinate"))
        }),
        ("in lower case", |draft| header(draft, "alg", json!("es256"))),
        ("off the list", |draft| header(draft, "alg", json!("ES384"))),
        ("in an array", |draft| header(draft, "alg", json!(["ES256"]))),
        ("as an object", |draft| header(draft, "alg", json!({ "ES256": null }))),
    ];
    assert_all_refused(&provider, &system, &faults).await;
    system.stop(&[]).await;
}

#[tokio::test]
async fn r9_keys_that_a_token_brings_along_or_points_to_are_never_used() {
    let (provider, system) = es256().await;
    assert_logged_in(&system, "no fault yet").await;
    let own = Arc::new(SigningKey::es256("own"));
    for member in ["jwk", "jku", "x5u", "x5c"] {
        for key_id in ["own", "first"] {
            let (own, decoy) = (Arc::clone(&own), format!("{}/decoy", provider.issuer));
            provider.forge(move |mut draft| {
                draft.key = Arc::clone(&own);
                draft.header["kid"] = json!(key_id);
                draft.header[member] = match member {
                    "jwk" => own.public.clone(),
                    "x5c" => json!(["MIIB"]),
                    _ => json!(decoy),
                };
                draft.signed()
            });
            assert_refused(&system, &format!("{member}, {key_id}")).await;
        }
    }
    let decoy = format!("{}/decoy", provider.issuer);
    provider.forge(move |mut draft| {
        draft.header["jku"] = json!(decoy);
        draft.header["x5u"] = json!(decoy);
        draft.signed()
    });
    assert_logged_in(&system, "signed by the right key, the pointers count for nothing").await;
    assert_eq!(provider.requests("/decoy"), 0, "{:?}", provider.requested());
    system.stop(&[]).await;
}

#[tokio::test]
async fn r9_headers_that_are_ambiguous_or_must_be_understood_are_refused() {
    let (provider, system) = es256().await;
    let faults: [Fault; 9] = [
        ("unknown crit", |mut draft| {
            draft.header["must"] = json!(true);
            header(draft, "crit", json!(["must"]))
        }),
        ("empty crit", |draft| header(draft, "crit", json!([]))),
        ("null crit", |draft| header(draft, "crit", json!(null))),
        ("b64", |draft| header(draft, "b64", json!(true))),
        ("another key id", |draft| header(draft, "kid", json!("second"))),
        ("key id not a text", |draft| header(draft, "kid", json!(["first"]))),
        ("a member twice", |mut draft| {
            draft.raw[0] = Some(r#"{"alg":"none","alg":"ES256","kid":"first"}"#.to_owned());
            draft.signed()
        }),
        ("an array", |mut draft| {
            draft.raw[0] = Some(r#"[{"alg":"ES256","kid":"first"}]"#.to_owned());
            draft.signed()
        }),
        ("changed after signing", |mut draft| {
            let signed = draft.signed();
            draft.claims["sub"] = json!("another-subject");
            format!("{}.{}", draft.unsigned(), signed.rsplit('.').next().expect("a signature"))
        }),
    ];
    assert_all_refused(&provider, &system, &faults).await;
    system.stop(&[]).await;
}

#[tokio::test]
async fn r9_keys_that_are_not_for_verifying_verify_nothing_though_the_signature_is_right() {
    let key = SigningKey::es256("first");
    let wrong = [
        json!({ "use": "enc" }),
        json!({ "use": ["sig"] }),
        json!({ "key_ops": ["encrypt"] }),
        json!({ "key_ops": ["sign"] }),
        json!({ "key_ops": [] }),
        json!({ "alg": "ES384" }),
        json!({ "alg": "ECDH-ES" }),
        json!({ "crv": "P-384" }),
        json!({ "crv": "secp256k1" }),
        json!({ "kty": "OKP" }),
    ];
    let provider = ProviderStandIn::start(key).await;
    let key = provider.key();
    for members in wrong {
        let system = provider.system().await;
        provider.publish(&[key.published_with(&members)]);
        assert_refused(&system, &members.to_string()).await;
        system.stop(&[]).await;
    }
    let system = provider.system().await;
    provider.publish(&[key.published_with(&json!({ "use": "sig", "key_ops": ["verify"], "alg": "ES256" }))]);
    assert_logged_in(&system, "the same key for verifying").await;
    system.stop(&[]).await;
}

#[tokio::test]
async fn r9_without_a_key_id_only_a_key_without_rival_serves() {
    let (provider, system) = es256().await;
    let without = |mut draft: Draft| {
        draft.header = json!({ "alg": draft.key.algorithm });
        draft.signed()
    };
    provider.forge(without);
    assert_logged_in(&system, "only one key could be meant").await;
    system.stop(&[]).await;
    let (key, rival) = (provider.key(), SigningKey::es256("second"));
    provider.publish(&[key.public.clone(), rival.public]);
    let system = provider.system().await;
    assert_refused(&system, "two keys could be meant").await;
    system.stop(&[]).await;
}

#[tokio::test]
async fn r10_tokens_of_other_types_are_no_id_tokens() {
    let (provider, system) = es256().await;
    let faults: [Fault; 7] = [
        ("access token", |draft| header(draft, "typ", json!("at+jwt"))),
        ("access token, written in full", |draft| header(draft, "typ", json!("application/at+jwt"))),
        ("logout token", |draft| header(draft, "typ", json!("logout+jwt"))),
        ("proof of possession", |draft| header(draft, "typ", json!("dpop+jwt"))),
        ("no text", |draft| header(draft, "typ", json!(["JWT"]))),
        ("null", |draft| header(draft, "typ", json!(null))),
        ("empty", |draft| header(draft, "typ", json!(""))),
    ];
    assert_all_refused(&provider, &system, &faults).await;
    provider.forge(|draft| header(draft, "typ", json!("jwt")));
    assert_logged_in(&system, "JWT in lower case").await;
    system.stop(&[]).await;
}

#[tokio::test]
async fn r11_claims_that_are_missing_mistyped_or_another_s_are_refused() {
    let (provider, system) = es256().await;
    assert_logged_in(&system, "no fault yet").await;
    for name in ["iss", "sub", "aud", "exp", "iat", "nonce", "acr"] {
        let wrong = [None, Some(json!(null)), Some(json!({})), Some(json!([])), Some(json!("x")), Some(json!(true))];
        for value in wrong {
            let what = format!("{name}: {value:?}");
            if (name, &value) == ("sub", &Some(json!("x"))) {
                continue; // A subject may be any text.
            }
            provider.forge(move |mut draft| {
                let claims = draft.claims.as_object_mut().expect("claims");
                match &value {
                    None => drop(claims.remove(name)),
                    Some(value) => drop(claims.insert(name.to_owned(), value.clone())),
                }
                draft.signed()
            });
            assert_refused(&system, &what).await;
        }
    }
    let faults: [Fault; 14] = [
        ("issuer in an array", |draft| {
            let issuer = draft.claims["iss"].clone();
            claim(draft, "iss", json!([issuer]))
        }),
        ("issuer with a slash", |draft| {
            let issuer = format!("{}/", draft.claims["iss"].as_str().expect("an issuer"));
            claim(draft, "iss", json!(issuer))
        }),
        ("two audiences", |draft| claim(draft, "aud", json!(["overblik-demo", "other"]))),
        ("ourselves twice", |draft| claim(draft, "aud", json!(["overblik-demo", "overblik-demo"]))),
        ("another authorised party", |draft| claim(draft, "azp", json!("other"))),
        ("empty subject", |draft| claim(draft, "sub", json!(""))),
        ("expired", |draft| claim(draft, "exp", json!(now() - 60))),
        ("expiry no whole number", |draft| claim(draft, "exp", json!(4e9 + 0.5))),
        ("from the future", |draft| claim(draft, "iat", json!(now() + 61))),
        ("older than a session", |draft| claim(draft, "iat", json!(now() - 8 * 3600 - 61))),
        ("not valid yet", |draft| claim(draft, "nbf", json!(now() + 61))),
        ("not valid yet, mistyped", |draft| claim(draft, "nbf", json!("0"))),
        ("another access token's hash", |draft| claim(draft, "at_hash", json!(URL_SAFE_NO_PAD.encode([0; 16])))),
        ("a claim twice", |mut draft| {
            let claims = draft.claims.to_string();
            let rest = claims.strip_prefix('{').expect("an object");
            draft.raw[1] = Some(format!(r#"{{"sub":"another-subject",{rest}"#));
            draft.signed()
        }),
    ];
    assert_all_refused(&provider, &system, &faults).await;
    for (name, value) in [("exp", now() - 59), ("iat", now() + 60), ("nbf", now() + 60), ("iat", now() - 8 * 3600)] {
        provider.forge(move |draft| claim(draft, name, json!(value)));
        assert_logged_in(&system, &format!("clocks may differ: {name}")).await;
    }
    system.stop(&[]).await;
}

#[tokio::test]
async fn r12_tokens_of_another_form_or_too_large_are_refused() {
    let (provider, system) = es256().await;
    let faults: [Fault; 9] = [
        ("five parts", |draft| format!("{}.a.b", draft.signed())),
        ("four parts", |draft| format!("{}.", draft.signed())),
        ("two parts", |draft| draft.unsigned()),
        ("one part", |_| "token".to_owned()),
        ("nothing", |_| String::new()),
        ("padded", |draft| format!("{}==", draft.signed())),
        ("followed by a space", |draft| format!("{} ", draft.signed())),
        ("a large header", |draft| header(draft, "x", json!("x".repeat(2048)))),
        ("a large token", |draft| claim(draft, "x", json!("x".repeat(12 * 1024)))),
    ];
    assert_all_refused(&provider, &system, &faults).await;
    provider.forge(|draft| claim(draft, "x", json!("x".repeat(8 * 1024))));
    assert_logged_in(&system, "a token that is large but not too large").await;
    provider.forge(|draft| claim(draft, "x", json!("x".repeat(256 * 1024))));
    let (browser, answer) = ProviderStandIn::log_in(&system).await;
    assert_eq!((answer.status.as_u16(), browser.cookie(SESSION)), (503, None), "an answer that is not read to its end");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r14_odd_and_weak_keys_in_the_set_verify_nothing_and_spoil_nothing() {
    let provider = ProviderStandIn::start(SigningKey::ps256("strong")).await;
    let key = provider.key();
    let weak = json!({ "kty": "RSA", "kid": "weak", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB" });
    let secret = json!({ "kty": "oct", "kid": "secret", "k": URL_SAFE_NO_PAD.encode(b"a-published-secret") });
    let odd = [weak, secret, json!({ "kty": "new", "kid": "strong" }), json!(null), json!(1), json!({})];
    let set: Vec<_> = odd.into_iter().chain([key.public.clone()]).collect();
    provider.publish(&set);
    let system = provider.system().await;
    let faults: [Fault; 3] = [
        ("by the weak key", |draft| header(draft, "kid", json!("weak"))),
        ("by the published secret", |mut draft| {
            draft.header["kid"] = json!("secret");
            by_secret(draft, b"a-published-secret")
        }),
        ("an RSA key for an elliptic algorithm", |draft| header(draft, "alg", json!("ES256"))),
    ];
    assert_all_refused(&provider, &system, &faults).await;
    system.stop(&[]).await;
}
