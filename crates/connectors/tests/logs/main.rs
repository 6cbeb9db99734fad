//! What operators read about a source that failed, and what they never read. Alone in its process, because whether a
//! log line is written at all is decided once per process for each place in the code.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "shares its source with other tests; what it needs and does not find is its failure"
)]

#[path = "../connectors/source.rs"]
mod source;
#[path = "../connectors/support.rs"]
mod support;

use std::{
    io,
    sync::{Arc, Mutex},
};

use crate::source::Source;
use crate::support::{CONTRACT, CPR, Folder, OTHER_CPR, connector_set, request};
use base64::{Engine, engine::general_purpose::STANDARD};
use overblik_connectors::{AddressPolicy, ConnectorError, ConnectorSet, Endpoint, FetchRequest, LoadOptions, Secret};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

/// Log lines kept in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the lines").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// The source of a contract that is asked with tokens of an exchange, which is at the same address.
fn exchanging(url: &url::Url) -> ConnectorSet {
    let exchange = "tokenExchange: { tokenUrl: https://login.birkerup.example/token, audience: urn:permits }";
    let contract = CONTRACT.replace("apiKey: { header: X-Api-Key }", exchange);
    let folder = Folder::with(&[("birkerup/permits", &contract)]);
    let endpoint = Endpoint {
        base_url: Some(url.clone()),
        token_url: url.join("/token").ok(),
        client_id: Some("gateway".into()),
        client_secret: Some(Secret::new("s3cr3t".into())),
        ..Endpoint::default()
    };
    let options = LoadOptions {
        endpoints: [("permits".to_owned(), endpoint)].into(),
        address_policy: AddressPolicy::LoopbackAllowed,
        ..LoadOptions::default()
    };
    ConnectorSet::load(folder.path(), &options).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[tokio::test]
async fn r45_r60_the_log_names_the_source_and_the_cause_and_no_person_and_no_token() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(writer).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let source = Source::start().await;
    source.json("/archive", &[("x-owner", "620101-0002")], json!([]));
    source.status("/cases", 500);
    let one = connector_set(CONTRACT, &source.url);
    let outcome = one.get("permits").expect("the source").main.fetch(request()).await;
    assert_eq!(outcome, Err(ConnectorError::WrongPerson));
    source.json("/archive", &[("x-owner", "610101-0001")], json!("a private answer"));
    source.json("/cases", &[], json!({ "owner": { "cpr": CPR }, "cases": "another private answer" }));
    let other = connector_set(CONTRACT, &source.url);
    let outcome = other.get("permits").expect("the source").main.fetch(request()).await;
    assert_eq!(outcome, Err(ConnectorError::ContractBroken));
    source.json("/cases", &[], json!({ "owner": { "cpr": CPR, "of": "a private authority" }, "cases": [] }));
    let bound = CONTRACT.replace("emptyStatus: [404]", "authority: { path: \"$.owner.of\", in: [\"0901\"] }");
    let outcome = connector_set(&bound, &source.url).get("permits").expect("the source").main.fetch(request()).await;
    assert_eq!(outcome, Err(ConnectorError::WrongAuthority));

    for (path, answer) in [
        (
            "/token",
            json!({
                "access_token": "an-exchanged-token", "token_type": "Bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }),
        ),
        ("/cases", json!({ "owner": { "cpr": CPR }, "cases": [] })),
        ("/archive", json!([])),
    ] {
        source.json(path, &[("x-owner", CPR)], answer);
    }
    let exchanging = exchanging(&source.url);
    let ask = || {
        let login_token = Some(Secret::new("a-login-token".into()));
        let request = FetchRequest { login_token, ..request() };
        exchanging.get("permits").expect("the source").main.fetch(request)
    };
    assert!(ask().await.is_ok());
    source.on("/token", |_| {
        let refusal = r#"{"error":"invalid_target","error_description":"for a-login-token"}"#;
        axum::response::Response::builder().status(400).body(refusal.into()).expect("an answer")
    });
    assert_eq!(ask().await, Err(ConnectorError::CredentialsRefused(400)));

    let log = String::from_utf8(lines.0.lock().expect("the lines").clone()).expect("text");
    let line = |part: &str| log.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part} in {log}"));
    let wrong_person = line("event=\"wrong_person\"");
    assert!(wrong_person.contains("ERROR") && wrong_person.contains("source cut off for its answer"), "{wrong_person}");
    assert!(wrong_person.contains("source.id=\"permits\" request=\"archive\""), "{wrong_person}");
    let wrong_authority = line("event=\"wrong_authority\"");
    assert!(wrong_authority.contains("ERROR") && wrong_authority.contains("source cut off for its answer"), "{log}");
    assert!(wrong_authority.contains("source.id=\"permits\" request=\"cases\""), "{wrong_authority}");
    let broken = line("error=\"contract_broken\"");
    assert!(broken.contains("ERROR") && broken.contains("source.id=\"permits\""), "{broken}");
    let refused = line("a token endpoint refused");
    assert!(refused.contains("said=\"invalid_target\""), "{refused}");
    let basic = STANDARD.encode("gateway:s3cr3t");
    for secret in ["a-login-token", "an-exchanged-token", "s3cr3t", &basic] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    for secret in [CPR, OTHER_CPR, "610101-0001", "620101-0002", "test-key", "private answer", "private authority"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
