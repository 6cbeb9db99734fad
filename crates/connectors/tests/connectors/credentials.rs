//! What sources are shown, what they never see, and what follows when they refuse it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use futures::future::join_all;
use overblik_connectors::{
    AddressPolicy, ConnectorError, Endpoint, Fetched, LoadOptions, Pseudonym, Registry, Secret, SessionMemory, Signer,
};
use serde_json::{Map, Value, json};

use crate::{
    source::{Seen, Source},
    support::{CONTRACT, CPR, Folder, request},
};

/// The token of a citizen's login, as a test can find it again.
const LOGIN_TOKEN: &str = "the-login-token-itself";

const EXCHANGE: &str =
    "tokenExchange: { tokenUrl: https://login.birkerup.example/exchange, audience: urn:permits, scope: permits.read }";
const CLIENT: &str =
    "clientCredentials: { tokenUrl: https://login.birkerup.example/token, scope: read, audience: urn:permits }";
const ASSERTION: &str = "citizenAssertion: { audience: urn:permits }";
const IDWS: &str = "mutualTls: {}, idws: { exchangeUrl: https://login.birkerup.example/exchange, audience: urn:permits, tokenUrl: https://byg.birkerup.example/token }";
const SESSION: &str = "sessionKey: { login: { method: POST, path: /login, body: { user: '{deployment.user}', secret: ['{deployment.password}'] } }, key: $.session.key, header: X-Session }";

/// Signs without keys: a test sees what was to be signed.
#[derive(Debug, Default)]
struct TestSigner(AtomicUsize);

impl Signer for TestSigner {
    fn issuer(&self) -> &'static str {
        "https://overblik.example/"
    }

    fn sign(&self, kind: &str, mut claims: Map<String, Value>, life_s: u32) -> Option<Secret> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        claims.insert("exp".into(), life_s.into());
        claims.insert("jti".into(), self.0.fetch_add(1, Ordering::SeqCst).into());
        Some(Secret::new(format!("{}.{}.s", part(&json!({ "typ": kind })), part(&Value::Object(claims)))))
    }

    fn name_for(&self, citizen: &Pseudonym, audience: &str) -> String {
        format!("{citizen}@{audience}")
    }
}

/// Header and claims of what the test's signer signed.
fn signed(token: &str) -> (Value, Value) {
    let part = |index: usize| {
        let part = token.split('.').nth(index).expect("a part");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
    };
    (part(0), part(1))
}

/// A contract with one request and this under `auth`, for a source of this name.
fn contract(slug: &str, auth: &str) -> String {
    let start = |name: &str| CONTRACT.find(name).expect("a part");
    let (before, requests, rest) = (
        &CONTRACT[..start("    cases:\n")],
        &CONTRACT[start("    archive:\n")..start("  lookups:\n")],
        &CONTRACT[start("    - kind: payment\n      from: archive")..],
    );
    let last = slug.bytes().map(u32::from).sum::<u32>() % 90 + 10;
    format!("{before}{requests}  widgets:\n{rest}")
        .replace("apiKey: { header: X-Api-Key }", auth)
        .replace("  name: permits", &format!("  name: {slug}"))
        .replace("5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a42", &format!("5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a{last}"))
}

/// What a deployment sets for a source at one address whose tokens are to be had at another.
fn endpoint(source: &Source, issuer: &Source) -> Endpoint {
    let at = |path: &str| Some(issuer.url.join(path).expect("a URL"));
    Endpoint {
        base_url: Some(source.url.clone()),
        api_key: Some(Secret::new("test-key".into())),
        token_url: at("/token"),
        exchange_url: at("/exchange"),
        client_id: Some("gateway:1".into()),
        client_secret: Some(Secret::new("s:cret+".into())),
        user: Some("the-user".into()),
        password: Some(Secret::new("the-\"password".into())),
    }
}

fn load(contracts: &[(&str, String)], endpoints: BTreeMap<String, Endpoint>, keys: bool) -> Registry {
    let folders: Vec<_> = contracts.iter().map(|(slug, text)| (format!("birkerup/{slug}"), text.as_str())).collect();
    let folders: Vec<_> = folders.iter().map(|(folder, text)| (folder.as_str(), *text)).collect();
    let folder = Folder::with(&folders);
    let options = LoadOptions {
        endpoints,
        address_policy: AddressPolicy::LoopbackAllowed,
        signer: keys.then(|| Arc::new(TestSigner::default()) as Arc<dyn Signer>),
        ..LoadOptions::default()
    };
    Registry::load(folder.path(), &options).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// One source, its issuer of tokens, and the registry that asks it.
struct World {
    source: Source,
    issuer: Source,
    registry: Registry,
    /// How many tokens were issued.
    issued: Arc<AtomicUsize>,
}

async fn world(auth: &str) -> World {
    let (source, issuer) = (Source::start().await, Source::start().await);
    let issued = Arc::new(AtomicUsize::new(0));
    issues(
        &issuer,
        "/token",
        &issued,
        |number| json!({ "access_token": format!("token-{number}"), "token_type": "Bearer", "expires_in": 300, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token" }),
    );
    let endpoints = BTreeMap::from([("permits".to_owned(), endpoint(&source, &issuer))]);
    let registry = load(&[("permits", contract("permits", auth))], endpoints, false);
    source.on("/archive", |_| permits());
    World { source, issuer, registry, issued }
}

/// Issues tokens at a path, numbered from 1, each after a moment.
fn issues(issuer: &Source, path: &str, issued: &Arc<AtomicUsize>, answer: fn(usize) -> Value) {
    let issued = issued.clone();
    issuer.later(path, move |_| {
        let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            body(200, &answer(number).to_string())
        })
    });
}

fn body(status: u16, text: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    response.body(Body::from(text.to_owned())).expect("an answer")
}

fn permits() -> Response {
    let mut response = body(200, r#"[{"text":"Carport","paid":"1,00"}]"#);
    response.headers_mut().insert("x-owner", CPR.parse().expect("a value"));
    response
}

/// Takes a value of a header, and refuses every other with 401.
fn takes(source: &Source, name: &'static str, good: impl Fn(&str) -> bool + Send + Sync + 'static) {
    source.on("/archive", move |seen| {
        let shown = seen.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        if shown.is_some_and(|shown| good(&shown)) { permits() } else { refusal() }
    });
}

fn refusal() -> Response {
    let mut response = body(401, "{}");
    let challenge = "Bearer realm=\"permits\", error=\"invalid_token\"".parse().expect("a value");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

async fn fetch_in(registry: &Registry, slug: &str, memory: &Arc<SessionMemory>) -> Result<Fetched, ConnectorError> {
    let login_token = Some(Secret::new(LOGIN_TOKEN.into()));
    let request = overblik_connectors::FetchRequest { memory: memory.clone(), login_token, ..request() };
    registry.get(slug).expect("the source").fetch(request).await
}

async fn fetch(world: &World) -> Result<Fetched, ConnectorError> {
    fetch_in(&world.registry, "permits", &Arc::default()).await
}

impl World {
    fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    /// The values of a header that the source saw.
    fn shown(&self, name: &str) -> Vec<String> {
        shown(&self.source, name)
    }
}

fn shown(source: &Source, name: &str) -> Vec<String> {
    let value = |headers: &HeaderMap| headers[name].to_str().expect("text").to_owned();
    source.seen().iter().filter(|seen| seen.uri == "/archive").map(|seen| value(&seen.headers)).collect()
}

fn form(seen: &Seen) -> BTreeMap<String, String> {
    assert_eq!(seen.headers["content-type"], "application/x-www-form-urlencoded;charset=UTF-8");
    url::form_urlencoded::parse(&seen.body).into_owned().collect()
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_token_for_the_gateway_is_obtained_once_for_all_citizens() {
    let world = world(CLIENT).await;
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!((world.issued(), world.shown("authorization")), (1, vec!["Bearer token-1".to_owned(); 50]));
    let asked = &world.issuer.seen()[0];
    let expected = fields(&[("grant_type", "client_credentials"), ("scope", "read"), ("audience", "urn:permits")]);
    assert_eq!(form(asked), expected);
    let basic = STANDARD.encode("gateway%3A1:s%3Acret%2B");
    assert_eq!(asked.headers["authorization"], format!("Basic {basic}").as_str());
    assert!(!asked.headers.contains_key("x-api-key"));
}

#[tokio::test]
async fn r45_fifty_simultaneous_refusals_cost_one_renewal_and_each_call_is_sent_twice_at_most() {
    let world = world(CLIENT).await;
    takes(&world.source, "authorization", |shown| shown == "Bearer token-2");
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(world.issued(), 2);
    let calls = world.shown("authorization");
    assert!(calls.len() <= 100, "{}", calls.len());
    takes(&world.source, "authorization", |_| false);
    let before = calls.len();
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Err(ConnectorError::CredentialsRefused(401))));
    assert!(world.issued() <= 3 && world.shown("authorization").len() - before <= 100);
}

#[tokio::test]
async fn a_source_that_refuses_everything_is_asked_twice_and_then_refused() {
    for auth in [CLIENT, EXCHANGE] {
        let world = world(auth).await;
        takes(&world.source, "authorization", |_| false);
        assert_eq!(fetch(&world).await, Err(ConnectorError::CredentialsRefused(401)));
        assert_eq!(world.shown("authorization"), ["Bearer token-1", "Bearer token-2"]);
    }
    let world = world("apiKey: { header: X-Api-Key }").await;
    world.source.on("/archive", |_| refusal());
    assert_eq!(fetch(&world).await, Err(ConnectorError::CredentialsRefused(401)));
    assert_eq!(world.shown("x-api-key").len(), 1, "a key is not renewed");
}

#[tokio::test]
async fn obtaining_and_asking_twice_stay_within_the_source_s_time_limit() {
    let world = world(&CLIENT.replace("/token", "/slow")).await;
    world.issuer.later("/token", |_| Box::pin(std::future::pending()));
    let began = std::time::Instant::now();
    assert_eq!(fetch(&world).await, Err(ConnectorError::TimedOut));
    assert!(began.elapsed() < Duration::from_secs(3), "the contract says two seconds");
    assert!(world.source.seen().is_empty());
}

#[tokio::test]
async fn with_keys_the_gateway_signs_who_it_is_for_that_endpoint_alone() {
    let (source, issuer) = (Source::start().await, Source::start().await);
    let issued = Arc::default();
    issues(&issuer, "/token", &issued, |_| json!({ "access_token": "t", "token_type": "bearer" }));
    source.on("/archive", |_| permits());
    let endpoint = Endpoint { client_secret: None, ..endpoint(&source, &issuer) };
    let endpoints = BTreeMap::from([("permits".to_owned(), endpoint)]);
    let registry = load(&[("permits", contract("permits", CLIENT))], endpoints, true);
    fetch_in(&registry, "permits", &Arc::default()).await.expect("an answer");
    let asked = &issuer.seen()[0];
    assert!(!asked.headers.contains_key("authorization"));
    let form = form(asked);
    assert_eq!(form["client_id"], "gateway:1");
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let (header, claims) = signed(&form["client_assertion"]);
    assert_eq!(header["typ"], "client-authentication+jwt");
    assert_eq!(claims["aud"], issuer.url.join("/token").expect("a URL").as_str());
    assert_eq!(
        (&claims["iss"], &claims["sub"], &claims["exp"]),
        (&json!("gateway:1"), &json!("gateway:1"), &json!(60))
    );
}

#[tokio::test]
async fn r45_the_login_s_token_is_exchanged_for_one_that_only_this_source_takes() {
    let world = world(EXCHANGE).await;
    let memory = Arc::default();
    let in_session = |memory| fetch_in(&world.registry, "permits", memory);
    assert!(join_all((0..50).map(|_| in_session(&memory))).await.iter().all(Result::is_ok));
    assert_eq!(world.issued(), 1, "one exchange for a session and a source");
    let other = Arc::default();
    in_session(&other).await.expect("an answer");
    assert_eq!(world.issued(), 2, "another session's token is its own");
    let asked = form(&world.issuer.seen()[0]);
    let expected = fields(&[
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", LOGIN_TOKEN),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("audience", "urn:permits"),
        ("scope", "permits.read"),
    ]);
    assert_eq!(asked, expected);
    takes(&world.source, "authorization", |shown| shown == "Bearer token-3");
    in_session(&memory).await.expect("an answer after one more exchange");
    assert_eq!(world.issued(), 3);
}

#[tokio::test]
async fn r45_a_login_s_own_token_never_reaches_a_source() {
    for auth in [EXCHANGE, CLIENT, IDWS, SESSION, "apiKey: { header: X-Api-Key }"] {
        let world = world(auth).await;
        issues(&world.issuer, "/exchange", &world.issued, |_| {
            json!({
                "access_token": URL_SAFE_NO_PAD.encode("<Assertion/>"), "token_type": "N_A",
                "issued_token_type": "urn:ietf:params:oauth:token-type:saml2",
            })
        });
        world.source.json("/login", &[], json!({ "session": { "key": "k" } }));
        fetch(&world).await.unwrap_or_else(|error| panic!("{auth}: {error}"));
        let received = format!("{:?}", world.source.seen());
        let bodies: Vec<u8> = world.source.seen().iter().flat_map(|seen| seen.body.to_vec()).collect();
        for form in [LOGIN_TOKEN.to_owned(), STANDARD.encode(LOGIN_TOKEN), URL_SAFE_NO_PAD.encode(LOGIN_TOKEN)] {
            assert!(!received.contains(&form), "{auth}");
            assert!(!String::from_utf8_lossy(&bodies).contains(&form), "{auth}");
        }
        assert!(!world.source.seen().is_empty());
    }
    // An exchange that gives the login's own token back is not believed.
    let world = world(EXCHANGE).await;
    world.issuer.json(
        "/token",
        &[],
        json!({
            "access_token": LOGIN_TOKEN, "token_type": "Bearer",
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        }),
    );
    assert_eq!(fetch(&world).await, Err(ConnectorError::Malformed));
    assert!(world.source.seen().is_empty());
}

#[tokio::test]
async fn r45_what_is_no_bearer_token_of_the_right_kind_is_not_shown() {
    let world = world(EXCHANGE).await;
    let token =
        |kind: Value, issued: Value| json!({ "access_token": "t", "token_type": kind, "issued_token_type": issued });
    let access = json!("urn:ietf:params:oauth:token-type:access_token");
    for answer in [
        token(json!("DPoP"), access.clone()),
        token(json!("N_A"), access.clone()),
        token(json!("Bearer"), json!(null)),
        token(json!("Bearer"), json!("urn:ietf:params:oauth:token-type:refresh_token")),
        token(json!("Bearer"), json!("urn:ietf:params:oauth:token-type:id_token")),
        json!({ "access_token": "t\r\nx: y", "token_type": "Bearer", "issued_token_type": access }),
    ] {
        world.issuer.json("/token", &[], answer.clone());
        assert_eq!(fetch(&world).await, Err(ConnectorError::Malformed), "{answer}");
    }
    assert!(world.source.seen().is_empty());
}

#[tokio::test]
async fn r45_a_citizen_whose_login_has_no_token_is_told_so_and_nobody_is_asked() {
    for auth in [EXCHANGE, IDWS] {
        let world = world(auth).await;
        let outcome = world.registry.get("permits").expect("the source").fetch(request()).await;
        assert_eq!(outcome, Err(ConnectorError::NoLoginToken));
        assert!(world.source.seen().is_empty() && world.issuer.seen().is_empty());
        assert!(world.registry.exchanges_login_token());
    }
    assert!(!world(CLIENT).await.registry.exchanges_login_token(), "nobody needs to keep it");
}

/// Two sources, each with an audience of its own, and the exchange that knows both.
async fn two_sources() -> ([Source; 3], Registry) {
    let (first, second, issuer) = (Source::start().await, Source::start().await, Source::start().await);
    issuer.on("/token", |seen| {
        let form = form(&seen);
        // A token of a source is nobody's login.
        if form["subject_token"] != LOGIN_TOKEN {
            return body(400, r#"{"error":"invalid_grant"}"#);
        }
        let token = format!("for-{}", form["audience"].trim_start_matches("urn:"));
        body(200, &json!({ "access_token": token, "token_type": "Bearer", "issued_token_type": "urn:ietf:params:oauth:token-type:jwt" }).to_string())
    });
    takes(&first, "authorization", |shown| shown == "Bearer for-first");
    takes(&second, "authorization", |shown| shown == "Bearer for-second");
    let contract = |slug: &str| contract(slug, &EXCHANGE.replace("urn:permits", &format!("urn:{slug}")));
    let endpoints = BTreeMap::from([
        ("first".to_owned(), endpoint(&first, &issuer)),
        ("second".to_owned(), endpoint(&second, &issuer)),
    ]);
    let registry = load(&[("first", contract("first")), ("second", contract("second"))], endpoints, false);
    ([first, second, issuer], registry)
}

#[tokio::test]
async fn r45_a_token_of_one_source_opens_no_other_and_buys_no_other() {
    let ([first, second, _issuer], registry) = two_sources().await;
    let memory = Arc::default();
    for slug in ["first", "second"] {
        fetch_in(&registry, slug, &memory).await.expect("an answer");
    }
    let captured = shown(&first, "authorization");
    assert_eq!(
        (captured.as_slice(), shown(&second, "authorization").as_slice()),
        (["Bearer for-first".to_owned()].as_slice(), ["Bearer for-second".to_owned()].as_slice())
    );
    // Brought to the exchange as if it were a login's.
    let login_token = Some(Secret::new(captured[0].trim_start_matches("Bearer ").to_owned()));
    let stolen = overblik_connectors::FetchRequest { login_token, ..request() };
    let outcome = registry.get("second").expect("the source").fetch(stolen).await;
    assert_eq!(outcome, Err(ConnectorError::CredentialsRefused(400)));
    assert_eq!(second.seen().len(), 1, "the source was not asked");
}

#[tokio::test]
async fn r46_what_one_contract_has_is_never_shown_to_the_source_of_another() {
    let (first, second) = (Source::start().await, Source::start().await);
    let set = |source: &Source, name: &str| Endpoint {
        api_key: Some(Secret::new(format!("key-of-{name}"))),
        client_secret: Some(Secret::new(format!("secret-of-{name}"))),
        password: Some(Secret::new(format!("password-of-{name}"))),
        ..endpoint(source, source)
    };
    let endpoints =
        BTreeMap::from([("first".to_owned(), set(&first, "first")), ("second".to_owned(), set(&second, "second"))]);
    for auth in [CLIENT, EXCHANGE, SESSION, "apiKey: { header: X-Api-Key }"] {
        let auth = |slug: &str| {
            format!(
                "{}{}",
                if auth.contains("apiKey") { "" } else { "apiKey: { header: X-Key }, " },
                auth.replace("urn:permits", &format!("urn:{slug}"))
            )
        };
        let contracts = ["first", "second"].map(|slug| (slug, contract(slug, &auth(slug))));
        let registry = load(&contracts, endpoints.clone(), false);
        for (source, name) in [(&first, "first"), (&second, "second")] {
            source.on("/archive", |_| permits());
            source.json("/login", &[], json!({ "session": { "key": format!("session-of-{name}") } }));
            source.json(
                "/token",
                &[],
                json!({
                    "access_token": format!("token-of-{name}"), "token_type": "Bearer",
                    "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
                }),
            );
        }
        let memory = Arc::default();
        for slug in ["first", "second"] {
            fetch_in(&registry, slug, &memory).await.expect("an answer");
        }
    }
    for (source, other) in [(&first, "of-second"), (&second, "of-first")] {
        for seen in source.seen() {
            let basic = seen.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
            let basic = STANDARD.decode(basic.trim_start_matches("Basic ")).unwrap_or_default();
            let text = format!("{seen:?} {} {}", String::from_utf8_lossy(&seen.body), String::from_utf8_lossy(&basic));
            assert!(!text.contains(other), "{text}");
        }
    }
}

#[tokio::test]
async fn r45_the_gateway_s_own_word_on_a_citizen_is_for_one_source_one_minute_and_one_call() {
    let (source, issuer) = (Source::start().await, Source::start().await);
    source.on("/archive", |_| permits());
    for (auth, header, scheme) in [
        (ASSERTION.to_owned(), "authorization", "Bearer "),
        (ASSERTION.replace(" }", ", header: X-Borger }"), "x-borger", ""),
    ] {
        let endpoints = BTreeMap::from([("permits".to_owned(), endpoint(&source, &issuer))]);
        let registry = load(&[("permits", contract("permits", &auth))], endpoints, true);
        let before = source.seen().len();
        for _ in 0..2 {
            fetch_in(&registry, "permits", &Arc::default()).await.expect("an answer");
        }
        let seen = source.seen();
        let shown: Vec<_> =
            seen[before..].iter().map(|seen| seen.headers[header].to_str().expect("text").to_owned()).collect();
        assert_ne!(shown[0], shown[1], "made anew");
        let (kind, claims) = signed(shown[0].strip_prefix(scheme).expect("the scheme"));
        assert_eq!(kind["typ"], "citizen-assertion+jwt");
        assert_eq!(
            claims,
            json!({
                "iss": "https://overblik.example/", "aud": "urn:permits", "cpr": CPR, "loa": "Substantial",
                "sub": "01010101010101010101010101010101@urn:permits", "client_id": "overblik", "exp": 60, "jti": 0,
            })
        );
        assert!(!registry.exchanges_login_token());
    }
    assert!(issuer.seen().is_empty());
}

#[tokio::test]
async fn idws_leads_from_the_login_over_an_assertion_to_a_token_of_the_source() {
    let world = world(IDWS).await;
    let assertion = "<Assertion>>>???</Assertion>";
    let exchanges = Arc::default();
    issues(&world.issuer, "/exchange", &exchanges, |_| {
        json!({
            "access_token": URL_SAFE_NO_PAD.encode("<Assertion>>>???</Assertion>"), "token_type": "N_A",
            "issued_token_type": "urn:ietf:params:oauth:token-type:saml2", "expires_in": 300,
        })
    });
    issues(&world.issuer, "/token", &world.issued, |number| {
        json!({
            "access_token": format!("opaque-{number}"), "token_type": "holder-of-key", "expires_in": 3600,
        })
    });
    let memory = Arc::default();
    let in_session = || fetch_in(&world.registry, "permits", &memory);
    assert!(join_all((0..10).map(|_| in_session())).await.iter().all(Result::is_ok));
    assert_eq!(world.shown("authorization"), vec!["Holder-of-key opaque-1".to_owned(); 10]);
    let asked = world.issuer.seen();
    let of = |path: &str| form(asked.iter().find(|seen| seen.uri == path).expect("a request"));
    assert_eq!(of("/exchange")["requested_token_type"], "urn:ietf:params:oauth:token-type:saml2");
    assert_eq!(of("/exchange")["audience"], "urn:permits");
    assert_eq!(of("/token"), fields(&[("saml-token", &STANDARD.encode(assertion))]));
    let at_source = asked.iter().find(|seen| seen.uri == "/token").expect("a request");
    assert!(!at_source.headers.contains_key("authorization"), "the certificate says who asks");
    assert_eq!(asked.len(), 2);
    // Only the profile's own word makes it anew.
    world.source.status("/archive", 401);
    assert_eq!(in_session().await, Err(ConnectorError::CredentialsRefused(401)));
    assert_eq!(world.issued(), 1);
    takes(&world.source, "authorization", |shown| shown == "Holder-of-key opaque-2");
    in_session().await.expect("an answer");
    assert_eq!(world.issued(), 2);
}

#[tokio::test]
async fn a_back_end_is_logged_in_to_once_and_once_more_when_its_key_has_lapsed() {
    let world = world(&format!("apiKey: {{ header: X-Api-Key }}, {SESSION}")).await;
    let logins = Arc::new(AtomicUsize::new(0));
    issues(&world.source, "/login", &logins, |number| json!({ "session": { "key": format!("key-{number}") } }));
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(world.shown("x-session"), vec!["key-1".to_owned(); 50]);
    let seen = world.source.seen();
    let login = seen.iter().find(|seen| seen.uri == "/login").expect("a log-in");
    let sent: Value = serde_json::from_slice(&login.body).expect("JSON");
    assert_eq!(sent, json!({ "user": "the-user", "secret": ["the-\"password"] }));
    assert_eq!((login.method.as_str(), &login.headers["x-api-key"]), ("POST", &"test-key".parse().expect("a value")));
    takes(&world.source, "x-session", |shown| shown == "key-2");
    let outcomes = join_all((0..50).map(|_| fetch(&world))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(logins.load(Ordering::SeqCst), 2, "fifty refusals, one log-in");
    world.source.json("/login", &[], json!({ "session": {} }));
    takes(&world.source, "x-session", |_| false);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(fetch(&world).await.is_err());
}
