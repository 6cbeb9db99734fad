//! Logout tokens that must end nothing, each brought through the real door by the provider that forged it.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use overblik_tests::{
    Answer, Browser, Draft, LOGOUT_DOOR, LOGOUT_EVENT, MORNING, Person, ProviderStandIn, SigningKey, System,
};
use serde_json::{Value, json};

/// What is wrong, and how a token is made so.
type Fault = (&'static str, fn(Draft) -> String);

/// Somebody who is logged in, and the provider at which they are.
struct Scene {
    provider: ProviderStandIn,
    system: System,
    browser: Browser,
    person: Person,
}

impl Scene {
    async fn of(key: SigningKey) -> Self {
        let provider = ProviderStandIn::start(key).await;
        let system = provider.system().await;
        let (browser, answer) = ProviderStandIn::log_in(&system).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Self { provider, system, browser, person: Person::default() }
    }

    async fn begin() -> Self {
        Self::of(SigningKey::es256("first")).await
    }

    fn draft(&self) -> Draft {
        self.provider.logout_of_session(&self.person)
    }

    async fn is_logged_in(&mut self) -> bool {
        self.browser.get("/api/v1/session").await.status == 200
    }

    async fn assert_refused(&mut self, what: &str, answer: &Answer) {
        assert_eq!(answer.status, 400, "{what}: {}", answer.text);
        assert_eq!(answer.json()["code"], "logout-token-refused", "{what}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        assert!(self.is_logged_in().await, "{what}: the session ended");
    }

    /// Each fault ends nothing; the same token without a fault then ends the session.
    async fn assert_all_refused(mut self, faults: &[Fault]) {
        for (what, forge) in faults {
            let answer = self.system.bring_logout(&forge(self.draft())).await;
            self.assert_refused(what, &answer).await;
        }
        self.assert_ends().await;
    }

    async fn assert_ends(mut self) {
        let answer = self.system.bring_logout(&self.draft().signed()).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
        assert!(!self.is_logged_in().await, "no fault any more, and it ends nothing");
        self.system.stop(&[&self.browser]).await;
    }
}

fn header(mut draft: Draft, name: &str, value: Value) -> String {
    draft.header[name] = value;
    draft.signed()
}

fn claim(mut draft: Draft, name: &str, value: Value) -> String {
    draft.claims[name] = value;
    draft.signed()
}

fn without(mut draft: Draft, names: &[&str]) -> String {
    let claims = draft.claims.as_object_mut().expect("claims");
    claims.retain(|name, _| !names.contains(&name.as_str()));
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

#[tokio::test]
async fn r28_claims_that_are_missing_or_wrong_end_nothing() {
    let scene = Scene::begin().await;
    let faults: [Fault; 40] = [
        ("no issuer", |draft| without(draft, &["iss"])),
        ("another issuer", |draft| claim(draft, "iss", json!("https://evil.example"))),
        ("issuer with a slash", |draft| {
            let issuer = format!("{}/", draft.claims["iss"].as_str().expect("an issuer"));
            claim(draft, "iss", json!(issuer))
        }),
        ("issuers in an array", |draft| {
            let issuer = draft.claims["iss"].clone();
            claim(draft, "iss", json!([issuer, "https://evil.example"]))
        }),
        ("no audience", |draft| without(draft, &["aud"])),
        ("another client's", |draft| claim(draft, "aud", json!("other"))),
        ("ours and another client's", |draft| claim(draft, "aud", json!(["overblik-demo", "other"]))),
        ("no issue", |draft| without(draft, &["iat"])),
        ("issued too early", |draft| claim(draft, "iat", json!(now() - 121))),
        ("issued too late", |draft| claim(draft, "iat", json!(now() + 121))),
        ("issue as a text", |draft| claim(draft, "iat", json!(now().to_string()))),
        ("no expiry", |draft| without(draft, &["exp"])),
        ("expired", |draft| claim(draft, "exp", json!(now() - 60))),
        ("expiry as a text", |draft| claim(draft, "exp", json!((now() + 120).to_string()))),
        ("expiry with a fraction", |draft| claim(draft, "exp", json!(4e9 + 0.5))),
        ("not valid yet", |draft| claim(draft, "nbf", json!(now() + 61))),
        ("no id", |draft| without(draft, &["jti"])),
        ("empty id", |draft| claim(draft, "jti", json!(""))),
        ("id as a number", |draft| claim(draft, "jti", json!(1))),
        ("no events", |draft| without(draft, &["events"])),
        ("null events", |draft| claim(draft, "events", json!(null))),
        ("events as a text", |draft| claim(draft, "events", json!(LOGOUT_EVENT))),
        ("events in an array", |draft| claim(draft, "events", json!([{ LOGOUT_EVENT: {} }]))),
        ("no event", |draft| claim(draft, "events", json!({}))),
        ("another event", |draft| claim(draft, "events", json!({ "https://example.org/event": {} }))),
        ("null event", |draft| claim(draft, "events", json!({ LOGOUT_EVENT: null }))),
        ("event as a text", |draft| claim(draft, "events", json!({ LOGOUT_EVENT: "" }))),
        ("event as an array", |draft| claim(draft, "events", json!({ LOGOUT_EVENT: [] }))),
        ("nonce", |draft| claim(draft, "nonce", json!("n"))),
        ("null nonce", |draft| claim(draft, "nonce", json!(null))),
        ("neither subject nor session", |draft| without(draft, &["sub", "sid"])),
        ("empty subject", |draft| claim(draft, "sub", json!(""))),
        ("subject as a number", |draft| claim(draft, "sub", json!(1))),
        ("subjects in an array", |draft| claim(draft, "sub", json!(["the-subject"]))),
        ("null subject", |draft| claim(draft, "sub", json!(null))),
        ("empty session", |draft| claim(draft, "sid", json!(""))),
        ("sessions in an array", |draft| claim(draft, "sid", json!(["the-session"]))),
        ("null session", |draft| claim(draft, "sid", json!(null))),
        ("a claim twice", |mut draft| {
            let claims = draft.claims.to_string();
            let rest = claims.strip_prefix('{').expect("an object");
            draft.raw[1] = Some(format!(r#"{{"sid":"another-session",{rest}"#));
            draft.signed()
        }),
        ("claims in an array", |mut draft| {
            draft.raw[1] = Some(format!("[{}]", draft.claims));
            draft.signed()
        }),
    ];
    scene.assert_all_refused(&faults).await;
}

#[tokio::test]
async fn r28_clocks_may_differ_within_the_allowance() {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    let cases =
        [("iat", now() - 120), ("iat", now() + 120), ("exp", now() - 59), ("nbf", now() + 60), ("exp", now() + 86400)];
    for (name, value) in cases {
        let system = provider.system().await;
        let (mut browser, _) = ProviderStandIn::log_in(&system).await;
        let token = claim(provider.logout_of_session(&Person::default()), name, json!(value));
        assert_eq!(system.bring_logout(&token).await.status, 200, "{name} {}", value - now());
        assert_eq!(browser.get("/api/v1/overview").await.status, 401, "{name} {}", value - now());
        system.stop(&[&browser]).await;
    }
}

#[tokio::test]
async fn r9_r28_only_the_provider_s_own_signature_counts() {
    let scene = Scene::begin().await;
    let faults: [Fault; 14] = [
        ("none", |mut draft| {
            draft.header["alg"] = json!("none");
            format!("{}.", draft.unsigned())
        }),
        ("None", |draft| header(draft, "alg", json!("None"))),
        ("signed by nobody", |draft| format!("{}.", draft.unsigned())),
        ("HS256 by an empty secret", |draft| by_secret(draft, b"")),
        ("HS256 by the public key", |draft| {
            let public = draft.key.public.to_string();
            by_secret(draft, public.as_bytes())
        }),
        ("in lower case", |draft| header(draft, "alg", json!("es256"))),
        ("off the list", |draft| header(draft, "alg", json!("RS256"))),
        ("another's key under the same id", |mut draft| {
            draft.key = Arc::new(SigningKey::es256("first"));
            draft.signed()
        }),
        ("a key that came along", |mut draft| {
            let own = SigningKey::es256("first");
            draft.header["jwk"] = own.public.clone();
            draft.key = Arc::new(own);
            draft.signed()
        }),
        ("an unknown key id", |draft| header(draft, "kid", json!("second"))),
        ("crit", |mut draft| {
            draft.header["must"] = json!(true);
            header(draft, "crit", json!(["must"]))
        }),
        ("b64", |draft| header(draft, "b64", json!(false))),
        ("algorithm twice", |mut draft| {
            draft.raw[0] = Some(r#"{"alg":"none","alg":"ES256","kid":"first","typ":"logout+jwt"}"#.to_owned());
            draft.signed()
        }),
        ("changed after signing", |mut draft| {
            let signed = draft.signed();
            draft.claims["sid"] = json!("another-session");
            format!("{}.{}", draft.unsigned(), signed.rsplit('.').next().expect("a signature"))
        }),
    ];
    scene.assert_all_refused(&faults).await;
}

#[tokio::test]
async fn r9_addresses_of_keys_in_a_logout_token_are_never_visited() {
    let mut scene = Scene::begin().await;
    let decoy = format!("{}/decoy", scene.provider.issuer);
    for member in ["jku", "x5u"] {
        let mut draft = scene.draft();
        draft.key = Arc::new(SigningKey::es256("first"));
        let answer = scene.system.bring_logout(&header(draft, member, json!(decoy))).await;
        scene.assert_refused(member, &answer).await;
    }
    assert_eq!(scene.provider.requests("/decoy"), 0, "{:?}", scene.provider.requested());
    scene.assert_ends().await;
}

#[tokio::test]
async fn r9_r14_keys_that_are_weak_or_not_for_verifying_end_nothing() {
    for members in [
        json!({ "use": "enc" }),
        json!({ "key_ops": ["sign"] }),
        json!({ "alg": "ES384" }),
        json!({ "kty": "oct", "k": "c2VjcmV0" }),
    ] {
        let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
        provider.publish(&[provider.key().published_with(&members)]);
        let system = provider.system().await;
        let answer = system.bring_logout(&provider.logout_of_all(&Person::default()).signed()).await;
        assert_eq!(answer.status, 400, "{members}");
        system.stop(&[]).await;
    }
    let provider = ProviderStandIn::start(SigningKey::ps256("strong")).await;
    let weak = json!({ "kty": "RSA", "kid": "weak", "n": URL_SAFE_NO_PAD.encode([0xff; 128]), "e": "AQAB" });
    let secret = json!({ "kty": "oct", "kid": "secret", "k": URL_SAFE_NO_PAD.encode(b"a-published-secret") });
    provider.publish(&[weak, secret, provider.key().public.clone()]);
    let system = provider.system().await;
    let draft = || provider.logout_of_all(&Person::default());
    assert_eq!(system.bring_logout(&header(draft(), "kid", json!("weak"))).await.status, 400);
    let mut by_published_secret = draft();
    by_published_secret.header["kid"] = json!("secret");
    let token = by_secret(by_published_secret, b"a-published-secret");
    assert_eq!(system.bring_logout(&token).await.status, 400);
    assert_eq!(system.bring_logout(&draft().signed()).await.status, 200, "the strong key of the same set");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r10_tokens_of_other_types_end_nothing() {
    let scene = Scene::begin().await;
    let faults: [Fault; 9] = [
        ("no type", |mut draft| {
            drop(draft.header.as_object_mut().expect("a header").remove("typ"));
            draft.signed()
        }),
        ("ID token", |draft| header(draft, "typ", json!("JWT"))),
        ("access token", |draft| header(draft, "typ", json!("at+jwt"))),
        ("access token, written in full", |draft| header(draft, "typ", json!("application/at+jwt"))),
        ("security event", |draft| header(draft, "typ", json!("secevent+jwt"))),
        ("null", |draft| header(draft, "typ", json!(null))),
        ("empty", |draft| header(draft, "typ", json!(""))),
        ("in an array", |draft| header(draft, "typ", json!(["logout+jwt"]))),
        ("followed by a space", |draft| header(draft, "typ", json!("logout+jwt "))),
    ];
    scene.assert_all_refused(&faults).await;
}

#[tokio::test]
async fn r10_the_id_token_of_the_login_ends_nothing_and_a_logout_token_opens_nothing() {
    let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
    let system = provider.system().await;
    let kept = Arc::new(std::sync::Mutex::new(String::new()));
    provider.forge({
        let kept = Arc::clone(&kept);
        move |draft| {
            let token = draft.signed();
            kept.lock().expect("a lock").clone_from(&token);
            token
        }
    });
    let (mut browser, _) = ProviderStandIn::log_in(&system).await;
    let id_token = kept.lock().expect("a lock").clone();
    assert_eq!(system.bring_logout(&id_token).await.status, 400);
    assert_eq!(browser.get("/api/v1/overview").await.status, 200);

    // All that an ID token must say, in a token that says that it is a logout token.
    provider.forge(|draft| header(draft, "typ", json!("logout+jwt")));
    let (stranger, answer) = ProviderStandIn::log_in(&system).await;
    assert_eq!((answer.status.as_u16(), stranger.cookie("__Host-Http-overblik")), (502, None));
    system.stop(&[&browser, &stranger]).await;
}

#[tokio::test]
async fn r12_tokens_of_another_form_or_too_large_end_nothing() {
    let mut scene = Scene::begin().await;
    let signed = scene.draft().signed();
    let large_header = header(scene.draft(), "x", json!("x".repeat(2048)));
    let large = claim(scene.draft(), "x", json!("x".repeat(11 * 1024)));
    for (what, token) in [
        ("five parts", format!("{signed}.a.b")),
        ("four parts", format!("{signed}.")),
        ("one part", "token".to_owned()),
        ("nothing", String::new()),
        ("padded", format!("{signed}==")),
        ("followed by a space", format!("{signed} ")),
        ("a large header", large_header),
    ] {
        let answer = scene.system.bring_logout(&token).await;
        scene.assert_refused(what, &answer).await;
    }
    assert!(large.len() < 16 * 1024);
    let huge = scene.system.bring_logout(&"x".repeat(64 * 1024)).await;
    assert_eq!((huge.status.as_u16(), &huge.json()["code"]), (413, &json!("body-too-large")));
    assert!(scene.is_logged_in().await);
    assert_eq!(scene.system.bring_logout(&large).await.status, 200, "large but not too large");
    assert!(!scene.is_logged_in().await);
    scene.system.stop(&[&scene.browser]).await;
}

#[tokio::test]
async fn r28_only_a_form_with_one_token_counts() {
    let mut scene = Scene::begin().await;
    let token = scene.draft().signed();
    let mut server = scene.system.browser();
    let door = server.at(LOGOUT_DOOR);
    let field = |name: &str| (name.to_owned(), token.clone());
    let forms: [&[(String, String)]; 4] = [
        &[],
        &[field("logout_token"), field("logout_token")],
        &[field("id_token")],
        &[field("token"), field("Logout_Token")],
    ];
    for form in forms {
        let answer = server.send(Method::POST, &door, &[], Some(form)).await;
        scene.assert_refused("another form", &answer).await;
    }
    let json = server.send(Method::POST, &door, &[("content-type", "application/json")], None).await;
    scene.assert_refused("no form", &json).await;
    let mut in_query = door.clone();
    in_query.query_pairs_mut().append_pair("logout_token", &token);
    let answer = server.send(Method::POST, &in_query, &[], Some(&[])).await;
    scene.assert_refused("in the query", &answer).await;
    let more = [field("logout_token"), ("unknown".to_owned(), "x".to_owned())];
    assert_eq!(server.send(Method::POST, &door, &[], Some(&more)).await.status, 200, "other fields count for nothing");
    assert!(!scene.is_logged_in().await);
    scene.system.stop(&[&scene.browser]).await;
}
