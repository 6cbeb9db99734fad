//! What sources are shown, what they never see, and what follows when they refuse it.

mod kinds;
mod provider_in_disguise;
mod tokens_of_one_source;

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
    AddressPolicy, ConnectorError, ConnectorSet, Endpoint, Fetched, LoadOptions, Pseudonym, Secret, SessionMemory,
    Signer,
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
pub(crate) struct TestSigner(AtomicUsize);

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
        ..Endpoint::default()
    }
}

fn load(contracts: &[(&str, String)], endpoints: BTreeMap<String, Endpoint>, keys: bool) -> ConnectorSet {
    let folders: Vec<_> = contracts.iter().map(|(slug, text)| (format!("birkerup/{slug}"), text.as_str())).collect();
    let folders: Vec<_> = folders.iter().map(|(folder, text)| (folder.as_str(), *text)).collect();
    let folder = Folder::with(&folders);
    let options = LoadOptions {
        endpoints,
        address_policy: AddressPolicy::LoopbackAllowed,
        signer: keys.then(|| Arc::new(TestSigner::default()) as Arc<dyn Signer>),
        ..LoadOptions::default()
    };
    ConnectorSet::load(folder.path(), &options).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// One source, its issuer of tokens, and the set that asks it.
struct World {
    source: Source,
    issuer: Source,
    set: ConnectorSet,
    /// How many tokens were issued.
    count: Arc<AtomicUsize>,
}

async fn world(auth: &str) -> World {
    let (source, issuer) = (Source::start().await, Source::start().await);
    let count = Arc::new(AtomicUsize::new(0));
    issues(
        &issuer,
        "/token",
        &count,
        |number| json!({ "access_token": format!("token-{number}"), "token_type": "Bearer", "expires_in": 300, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token" }),
    );
    let endpoints = BTreeMap::from([("permits".to_owned(), endpoint(&source, &issuer))]);
    let set = load(&[("permits", contract("permits", auth))], endpoints, false);
    source.on("/archive", |_| permits());
    World { source, issuer, set, count }
}

/// Issues tokens at a path, numbered from 1, each after a moment.
fn issues(issuer: &Source, path: &str, count: &Arc<AtomicUsize>, answer: fn(usize) -> Value) {
    let count = count.clone();
    issuer.later(path, move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
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

async fn fetch_in(set: &ConnectorSet, slug: &str, memory: &Arc<SessionMemory>) -> Result<Fetched, ConnectorError> {
    let login_token = Some(Secret::new(LOGIN_TOKEN.into()));
    let request = overblik_connectors::FetchRequest { memory: memory.clone(), login_token, ..request() };
    set.get(slug).expect("the source").main.fetch(request).await
}

async fn fetch(world: &World) -> Result<Fetched, ConnectorError> {
    fetch_in(&world.set, "permits", &Arc::default()).await
}

impl World {
    fn issued(&self) -> usize {
        self.count.load(Ordering::SeqCst)
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
