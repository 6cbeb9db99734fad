//! Answers against the schema that a contract gives for them.

use std::{fs, net::TcpListener};

use crate::source::Source;
use crate::support::{CONTRACT, CPR, Folder, options, request};
use overblik_connectors::{AddressPolicy, ConnectorError, ConnectorSet, ContractMistakes};
use overblik_widgets::SectionState;
use serde_json::json;
use url::Url;

/// Loads the contract with a schema for the answers of `archive`.
fn load(path: &str, schema: Option<&str>, url: Option<Url>) -> Result<ConnectorSet, ContractMistakes> {
    let place = "      path: /archive\n";
    assert_eq!(CONTRACT.matches(place).count(), 1);
    let contract = CONTRACT.replace(place, &format!("{place}      schema: {path}\n"));
    let folder = Folder::with(&[("birkerup/permits", &contract)]);
    let source = folder.path().join("birkerup/permits");
    fs::write(folder.path().join("outside.json"), "true").expect("a file");
    fs::create_dir(source.join("schemas")).expect("a folder");
    #[cfg(unix)]
    std::os::unix::fs::symlink("../../../outside.json", source.join("schemas/link.json")).expect("a link");
    if let Some(schema) = schema {
        fs::write(source.join("schemas/answer.json"), schema).expect("a file");
    }
    ConnectorSet::load(folder.path(), &options(AddressPolicy::LoopbackAllowed, url))
}

fn told(path: &str, schema: Option<&str>) -> String {
    let report = load(path, schema, None).err().expect("mistakes").to_string();
    report.split_once("connector.yaml:").expect("a place").1.to_owned()
}

#[tokio::test]
async fn an_answer_that_is_not_as_its_schema_says_breaks_the_contract() {
    let schema = json!({ "type": "array", "items": { "type": "object", "required": ["text"], "additionalProperties": {
        "type": "string", "maxLength": 20,
    } } });
    let source = Source::start().await;
    source.status("/cases", 404);
    let set = load("schemas/answer.json", Some(&schema.to_string()), Some(source.url.clone())).expect("a set");
    let fetch = async || set.get("permits").expect("the source").main.fetch(request()).await;
    let owner = [("x-owner", CPR)];
    source.json("/archive", &owner, json!([{ "text": "Carport", "paid": "1.234,50" }]));
    assert_eq!(fetch().await.map(|fetched| fetched.state()), Ok(SectionState::Ready));
    for broken in [
        json!([{ "text": "Carport", "paid": 1 }]),
        json!([{ "paid": "1" }]),
        json!({}),
        json!([{ "text": "x".repeat(21) }]),
    ] {
        source.json("/archive", &owner, broken.clone());
        let fetched = fetch().await.expect("the other part");
        assert_eq!(
            (fetched.widgets.len(), fetched.problems),
            (0, vec![ConnectorError::ContractBroken.problem()]),
            "{broken}"
        );
    }
    source.json("/archive", &[("x-owner", "620101-0002")], json!({}));
    assert_eq!(fetch().await, Err(ConnectorError::WrongPerson), "whom it is about is seen first");
}

#[test]
fn a_schema_is_a_file_in_the_contract_s_folder() {
    let place = "43:15: spec.requests.archive.schema: ";
    let wrong = "must be the path of a file in the contract's folder, like \"schemas/answer.json\"";
    for path in [
        "../answer.json",
        "/etc/hostname",
        "schemas/../../outside.json",
        "./a.json",
        "a//b.json",
        "https://a.example/b.json",
        "\"a\\\\b\"",
    ] {
        assert_eq!(told(path, None), format!("{place}{wrong}"), "{path}");
    }
    assert!(told("schemas/answer.json", None).starts_with(&format!("{place}cannot be read: ")));
    for outside in ["schemas/link.json", "schemas"] {
        assert_eq!(
            told(outside, None),
            format!("{place}cannot be read: not a file in the contract's folder"),
            "{outside}"
        );
    }
}

#[test]
fn r48_a_schema_that_costs_too_much_or_leads_outside_is_refused_at_load_and_nobody_is_called() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let remote = format!("http://{}/s.json", listener.local_addr().expect("an address"));
    for (schema, expected) in [
        (format!("{{\"description\":\"{}\"}}", "x".repeat(64 * 1024)), "larger than 64 KiB"),
        (
            json!({ "$ref": "#" }).to_string(),
            "references and combinations go round in a circle, or more than 16 in a row",
        ),
        (json!({ "$ref": remote }).to_string(), "at #/$ref: a reference stays within the schema and starts with \"#\""),
        (json!({ "requried": [] }).to_string(), "at #/requried: the keyword is not one of those that are used here"),
        ("<schema/>".to_owned(), "not JSON, or a key twice"),
    ] {
        assert_eq!(
            told("schemas/answer.json", Some(&schema)),
            format!("43:15: spec.requests.archive.schema: {expected}")
        );
    }
    let backtracking = told("schemas/answer.json", Some(r#"{ "pattern": "(a+)\\1" }"#));
    assert!(
        backtracking.starts_with("43:15: spec.requests.archive.schema: no JSON Schema 2020-12: "),
        "{backtracking}"
    );
    assert!(listener.accept().is_err(), "nobody came");
}
