//! What the examples of the reference make of answers: an example that loads and fits no answer teaches a mistake.

use std::{collections::BTreeMap, fs, path::Path};

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use overblik_connectors::{AddressPolicy, ConnectorSet, Endpoint, FetchRequest, ItemKey, LoadOptions, Secret};
use serde_json::{Value, json};

use crate::{
    language::{examples, value, whole},
    source::Source,
    support::{Folder, request},
};

/// The answers that an example is run against, each with what comes of it.
fn answers_to(example: &str) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/language/answers/{example}.yaml"));
    let answers = value(&fs::read_to_string(path).ok()?);
    Some(answers.as_array().expect("a list").clone())
}

fn load(contract: &Value, source: &Source) -> ConnectorSet {
    let folder = Folder::with(&[("skovby/parking", &contract.to_string())]);
    let schemas = folder.path().join("skovby/parking/schemas");
    fs::create_dir(&schemas).expect("a folder");
    fs::write(schemas.join("answer.json"), r#"{ "type": "object" }"#).expect("a file");
    let endpoint = Endpoint {
        base_url: Some(source.url.clone()),
        api_key: Some(Secret::new("test-secret".into())),
        ..Endpoint::default()
    };
    let options = LoadOptions {
        endpoints: BTreeMap::from([("parking".to_owned(), endpoint)]),
        address_policy: AddressPolicy::LoopbackAllowed,
        ..LoadOptions::default()
    };
    ConnectorSet::load(folder.path(), &options).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// An answer in JSON, or a text in XML.
fn answer(body: &Value) -> Response {
    let (kind, body) = match body {
        Value::String(xml) => ("text/xml", xml.clone()),
        json => ("application/json", json.to_string()),
    };
    let response = Response::builder().status(StatusCode::OK).header(header::CONTENT_TYPE, kind);
    response.body(Body::from(body)).expect("an answer")
}

/// What comes of asking, as far as an example says something about it.
async fn came(set: &ConnectorSet, item: Option<&str>) -> Value {
    let source = &set.get("parking").expect("the source").main;
    let request = FetchRequest { item: item.and_then(ItemKey::parse), ..request() };
    let result = if item.is_some() { source.detail(request).await } else { source.fetch(request).await };
    match result {
        Ok(fetched) => {
            let keys: Vec<_> = fetched.keys.iter().map(|key| key.as_ref().map(ItemKey::as_str)).collect();
            let (state, left_out, widgets) = (fetched.state(), fetched.left_out, &fetched.widgets);
            json!({ "state": state, "leftOut": left_out, "widgets": widgets, "keys": keys })
        }
        Err(error) => json!({ "state": error.consequence().state, "leftOut": 0, "widgets": [] }),
    }
}

/// Whether a value holds all that is expected of it, and lists no more.
fn holds(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(members), Value::Object(expected)) => {
            expected.iter().all(|(key, expected)| members.get(key).is_some_and(|member| holds(member, expected)))
        }
        (Value::Array(items), Value::Array(expected)) => {
            items.len() == expected.len() && items.iter().zip(expected).all(|(item, expected)| holds(item, expected))
        }
        (value, expected) => value == expected,
    }
}

#[tokio::test]
async fn every_example_that_maps_something_makes_of_answers_what_is_said_beside_it() {
    let mut ran = 0;
    for (name, yaml) in examples() {
        let example = value(&yaml);
        let maps = example["spec"].get("widgets").is_some();
        let Some(answers) = answers_to(&name) else {
            assert!(!maps, "{name} maps something: what comes of answers belongs into language/answers");
            continue;
        };
        for told in answers {
            let source = Source::start().await;
            for (path, body) in told["answers"].as_object().expect("answers by path") {
                let body = body.clone();
                source.on(path, move |_| answer(&body));
            }
            let item = told.get("item").and_then(Value::as_str);
            let came = came(&load(&whole(&example), &source), item).await;
            let mut expected = json!({
                "state": told["state"],
                "leftOut": told.get("leftOut").unwrap_or(&json!(0)),
                "widgets": told.get("widgets").unwrap_or(&json!([])),
            });
            if let Some(keys) = told.get("keys") {
                expected["keys"] = keys.clone();
            }
            assert!(holds(&came, &expected), "{name}, {}: {came:#}, and not {expected:#}", told["says"]);
            ran += 1;
        }
    }
    assert!(ran > 30, "only {ran} answers");
}
