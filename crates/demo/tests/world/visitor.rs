//! Somebody who deals with the demo world over HTTP: the gateway's stand-in.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI64, Ordering},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use jiff::Timestamp;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, JwkSet},
};
use overblik_demo::{
    ClientFiles, DemoCitizen, DemoClient, DemoOptions, DemoWorld, GatewaySignature, LogsIn, Ports, Source,
    token_check::{self, CITIZEN_ASSERTION_TYPE},
};
use serde_json::{Value, json};
use url::Url;

pub(crate) const CALLBACK: &str = "http://localhost:8080/auth/callback";
pub(crate) const AFTER_LOGOUT: &str = "http://localhost:8080/";
pub(crate) const CLIENT_ID: &str = "overblik-gateway";
/// Holds characters that must be encoded, so that a client or provider that forgets it is found out.
pub(crate) const CLIENT_SECRET: &str = "s:cret +%&=";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const API_KEY: &str = "the key";
const GATEWAY_ORIGIN: &str = "http://localhost:8080";
const START: &str = "2026-11-22T09:15:30Z";

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

pub(crate) fn options() -> (DemoOptions, TestClock) {
    let start: Timestamp = START.parse().expect("a timestamp");
    let clock = TestClock(Arc::new(AtomicI64::new(start.as_second())));
    let seconds = clock.0.clone();
    let options = DemoOptions {
        ports: Ports::EPHEMERAL,
        client: DemoClient {
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            redirect_uris: vec![CALLBACK.into()],
            post_logout_redirect_uris: vec![AFTER_LOGOUT.into()],
            api: None,
            logs_in: LogsIn::Citizens,
        },
        sources: Source::ALL.iter().map(|source| (*source, API_KEY.to_owned())).collect(),
        signature: Some(GatewaySignature { issuer: GATEWAY_ORIGIN.into(), keys: gateway_key().1.clone() }),
        clock: Arc::new(move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).expect("a timestamp")),
        faults: Vec::new(),
        on_reset: None,
        portal: None,
        other_clients: Vec::new(),
    };
    (options, clock)
}

pub(crate) async fn world() -> DemoWorld {
    DemoWorld::start(options().0).await.expect("a demo world")
}

/// A client that follows no redirects, as the gateway's does not.
#[expect(clippy::disallowed_methods, reason = "a test's own client towards the demo world")]
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().expect("a client")
}

/// A client that shows the gateway's certificate.
fn certified(files: &ClientFiles) -> reqwest::Client {
    let read = |path: std::path::PathBuf| std::fs::read(path).expect("a file of the gateway's");
    trusting(&read(files.trusted_roots()), Some(&[read(files.certificate()), read(files.key())].concat()))
}

/// A client that trusts one issuer and may show a certificate; both in PEM.
#[expect(clippy::disallowed_methods, reason = "a test's own client towards the demo world")]
pub(crate) fn trusting(roots: &[u8], identity: Option<&[u8]>) -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let builder = builder.tls_certs_only([reqwest::Certificate::from_pem(roots).expect("a certificate")]);
    let builder = match identity {
        Some(identity) => builder.identity(reqwest::Identity::from_pem(identity).expect("an identity")),
        None => builder,
    };
    builder.build().expect("a client")
}

/// A number that no request had before.
fn unused_number() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    format!("request-{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) async fn json_of(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.expect("a body")).expect("JSON")
}

/// The calls of the contracts, by source and the contract's name for the request.
pub(crate) fn call(world: &DemoWorld, source: Source, request: &str, cpr: &str) -> reqwest::RequestBuilder {
    // Several contracts call a request `overview`.
    let named = if source == Source::Payments { request } else { source.name() };
    let (method, path, body) = match if request == "overview" { named } else { request } {
        "loans" => (Method::GET, "/external/agencyid/patrons/patronid/loans/v2", None),
        "reservations" => (Method::GET, "/external/v1/agencyid/patrons/patronid/reservations/v2", None),
        "fees" => {
            (Method::GET, "/external/agencyid/patron/patronid/fees/v2?includepaid=false&includenonpayable=true", None)
        }
        "patron" => (Method::GET, "/external/agencyid/patrons/patronid/v4", None),
        "waitingLists" => (Method::POST, "/minside/venteliste/hent", Some(json!({ "cprnr": cpr }))),
        "enrolments" => (Method::POST, "/minside/indmeldelser/hent", Some(json!({ "cprnr": cpr }))),
        "overview" => (Method::POST, "/gaeldogbetaling/v1/oversigt", Some(json!({ "CPR-nr": cpr, "sprog": "da" }))),
        "benefits" => (Method::POST, "/ydelser/v2/borger", Some(json!({ "civilRegistrationIdentifier": cpr }))),
        "appointments" => (Method::POST, "/aftaler/v1/kalender", Some(json!({ "cpr": cpr }))),
        "cases" => (Method::POST, "/hentsagsliste/v2.0.0", Some(case_list(cpr))),
        "child-book" => (Method::POST, "/barnetsbog/v1/opslag", Some(json!({ "foraelderCpr": cpr }))),
        "deadlines" => (Method::POST, "/ws/OversigtService", Some(Value::String(envelope(cpr)))),
        "health-card" => (Method::GET, "/sundhedskort/v1/mit-kort", None),
        "master-data" => (Method::GET, "/persondata/v1/mig", None),
        "mailbox" => (Method::POST, "/postkasse/v1/overblik", Some(json!({ "cpr": cpr }))),
        other => panic!("no such request: {other}"),
    };
    let client = world.client_files().filter(|_| source.asks_for_certificate()).map_or_else(client, certified);
    let call = client.request(method, format!("{}{path}", world.source_url(source))).header("x-api-key", API_KEY);
    let call = match source {
        Source::Library => call.header("x-cpr", cpr),
        Source::Benefits => call.header("x-request-id", unused_number()),
        Source::Deadlines => call.header("soapaction", "\"urn:tilladelser.example:oversigt:v1:HentOversigt\""),
        _ => call,
    };
    match body {
        Some(Value::String(xml)) => call.header("content-type", "text/xml; charset=utf-8").body(xml),
        Some(body) => call.header("content-type", "application/json").body(body.to_string()),
        None => call,
    }
}

/// What a data source of the orchestrator is asked.
pub(crate) fn case_list(cpr: &str) -> Value {
    json!({
        "CPR-nr": cpr,
        "kommunenr": "0901",
        "myndighedsliste": ["0901", "0902"],
        "visningsklientID": "overblik",
        "Token": "",
    })
}

/// What the service that speaks SOAP is asked.
pub(crate) fn envelope(cpr: &str) -> String {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <HentOversigt xmlns=\"urn:tilladelser.example:oversigt:v1\"><CPRNummer>{cpr}</CPRNummer></HentOversigt>\
         </soap:Body></soap:Envelope>"
    )
}

/// As [`call`], with whatever the source gives to those who log in there first.
pub(crate) async fn admitted_call(
    world: &DemoWorld,
    source: Source,
    request: &str,
    cpr: &str,
) -> reqwest::RequestBuilder {
    let call = call(world, source, request, cpr);
    match source {
        Source::ChildBook => call.header("x-session", session_key(world).await),
        Source::Mailbox => call.bearer_auth(mailbox_token(world).await),
        Source::HealthCard => call.bearer_auth(exchanged_token(world, source, cpr).await.unwrap_or_default()),
        Source::MasterData => call.bearer_auth(signed_about(&token_check::audience(source), cpr, options_now())),
        _ => call,
    }
}

/// A token about a citizen that was exchanged for one source; `None` about somebody who cannot log in.
pub(crate) async fn exchanged_token(world: &DemoWorld, source: Source, cpr: &str) -> Option<String> {
    let citizen = DemoWorld::citizens().iter().find(|citizen| citizen.cpr == Some(cpr))?;
    let code = code(world, citizen.slug, "substantial").await;
    let (_, tokens) = exchange(world, &token_request(&code)).await;
    let access_token = "urn:ietf:params:oauth:token-type:access_token";
    let pairs = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", tokens["access_token"].as_str().expect("a token")),
        ("subject_token_type", access_token),
        ("requested_token_type", access_token),
        ("audience", &token_check::audience(source)),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    Some(exchange(world, &pairs).await.1["access_token"].as_str().expect("a token").to_owned())
}

/// The gateway's key, and its public half.
fn gateway_key() -> &'static (EncodingKey, JwkSet) {
    static KEY: OnceLock<(EncodingKey, JwkSet)> = OnceLock::new();
    KEY.get_or_init(|| {
        let random = aws_lc_rs::rand::SystemRandom::new();
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let private = EncodingKey::from_ec_der(pair.as_ref());
        let mut public = Jwk::from_encoding_key(&private, Algorithm::ES256).expect("a key");
        public.common.key_id = Some("gateway".into());
        (private, JwkSet { keys: vec![public] })
    })
}

/// The moment at which the visitor's worlds stand still.
pub(crate) fn options_now() -> i64 {
    START.parse::<Timestamp>().expect("a timestamp").as_second()
}

/// What the gateway signs about a citizen, for an audience, at a moment.
pub(crate) fn signed_about(audience: &str, cpr: &str, now: i64) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some(CITIZEN_ASSERTION_TYPE.into());
    header.kid = Some("gateway".into());
    let claims = json!({
        "iss": GATEWAY_ORIGIN, "aud": audience, "sub": "a name", "client_id": "overblik",
        "iat": now, "exp": now + 60, "jti": "an id", "cpr": cpr, "loa": "Substantial",
    });
    jsonwebtoken::encode(&header, &claims, &gateway_key().0).expect("signed")
}

/// A key of the children's book.
pub(crate) async fn session_key(world: &DemoWorld) -> String {
    let url = format!("{}/barnetsbog/v1/login", world.source_url(Source::ChildBook));
    let body = json!({ "bruger": "overblik", "adgangskode": API_KEY }).to_string();
    let answer = json_of(client().post(url).body(body).send().await.expect("an answer")).await;
    answer["sessionKey"].as_str().unwrap_or_default().to_owned()
}

/// A token of the mailbox.
pub(crate) async fn mailbox_token(world: &DemoWorld) -> String {
    let answer = json_of(token_of_mailbox(world, API_KEY, &[("grant_type", "client_credentials")]).await).await;
    answer["access_token"].as_str().unwrap_or_default().to_owned()
}

/// Asks the mailbox's token endpoint.
pub(crate) async fn token_of_mailbox(world: &DemoWorld, secret: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let url = format!("{}/oauth/token", world.source_url(Source::Mailbox));
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("overblik:{encoded}"));
    let call = client().post(url).header("authorization", format!("Basic {basic}"));
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    call.body(form(fields)).send().await.expect("an answer")
}

/// The catalogue's call.
pub(crate) fn titles(world: &DemoWorld, faust: &[&str]) -> reqwest::RequestBuilder {
    client()
        .post(format!("{}/catalogue/v1/titles", world.source_url(Source::Library)))
        .header("x-api-key", API_KEY)
        .header("content-type", "application/json")
        .body(json!({ "faust": faust }).to_string())
}

pub(crate) fn citizen(slug: &str) -> &'static DemoCitizen {
    DemoWorld::citizens().iter().find(|citizen| citizen.slug == slug).expect("a citizen")
}

pub(crate) fn cpr(slug: &str) -> &'static str {
    citizen(slug).cpr.expect("a number")
}

/// A complete authorization request.
pub(crate) fn authorization_request() -> Vec<(&'static str, String)> {
    vec![
        ("client_id", CLIENT_ID.into()),
        ("redirect_uri", CALLBACK.into()),
        ("response_type", "code".into()),
        ("scope", "openid".into()),
        ("state", "a state".into()),
        ("nonce", "a nonce".into()),
        ("code_challenge", URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))),
        ("code_challenge_method", "S256".into()),
    ]
}

/// Opens the login page.
pub(crate) async fn authorize(world: &DemoWorld, parameters: &[(&str, String)]) -> reqwest::Response {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client().get(format!("{}/authorize?{}", world.issuer(), form(&pairs))).send().await.expect("an answer")
}

/// The value of the login page's hidden field.
pub(crate) fn transaction(page: &str) -> &str {
    let (_, rest) = page.split_once("name=\"transaction\" value=\"").expect("a transaction");
    rest.split_once('"').expect("a closed attribute").0
}

pub(crate) async fn post_form(url: String, pairs: &[(&str, &str)]) -> reqwest::Response {
    let call = client().post(url).header("content-type", "application/x-www-form-urlencoded");
    call.body(form(pairs)).send().await.expect("an answer")
}

/// Submits the login page's form.
pub(crate) async fn submit(world: &DemoWorld, pairs: &[(&str, &str)]) -> reqwest::Response {
    post_form(format!("{}/authorize/login", world.issuer()), pairs).await
}

/// The parameters with which the browser is sent back.
pub(crate) fn returned(response: &reqwest::Response) -> Vec<(String, String)> {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().expect("text");
    assert!(location.starts_with(&format!("{CALLBACK}?")), "{location}");
    Url::parse(location).expect("a URL").query_pairs().into_owned().collect()
}

pub(crate) fn value_of<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Logs in up to the code.
pub(crate) async fn code(world: &DemoWorld, slug: &str, level: &str) -> String {
    let page = authorize(world, &authorization_request()).await.text().await.expect("a page");
    let answer = submit(world, &[("transaction", transaction(&page)), ("citizen", slug), ("level", level)]).await;
    value_of(&returned(&answer), "code").expect("a code").to_owned()
}

/// A complete token request with `client_secret_post`.
pub(crate) fn token_request(code: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ]
}

pub(crate) async fn exchange(world: &DemoWorld, pairs: &[(&str, &str)]) -> (StatusCode, Value) {
    let response = post_form(format!("{}/token", world.issuer()), pairs).await;
    (response.status(), json_of(response).await)
}
