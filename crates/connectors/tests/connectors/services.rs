//! A source whose answers come in pages, of several kinds and from several authorities, for the tests of these.

use crate::{
    source::{Seen, Source},
    support::{CPR, SERVICES, ask, connector_set},
};
use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use overblik_connectors::{ConnectorError, ConnectorSet, FetchRequest, Fetched};
use overblik_widgets::{ProblemType, Widget};
use serde_json::{Value, json};

/// The source of the contract of services, with a good answer to everything, and the set that asks it.
pub(crate) async fn world() -> (Source, ConnectorSet) {
    world_of(SERVICES).await
}

/// The same with a changed contract.
pub(crate) async fn world_of(contract: &str) -> (Source, ConnectorSet) {
    let source = Source::start().await;
    pages(&source, vec![page(&[bill("Vand", 1)], None)]);
    source.json("/family", &[("x-owner", CPR)], json!({ "child": { "state": "NONE" } }));
    source.on("/offices", |seen| {
        let asked: Value = serde_json::from_slice(&seen.body).expect("JSON");
        let offices = asked["ids"].as_array().expect("keys").iter().filter(|id| *id != "9");
        answer(&json!({ "offices": offices.map(|id| json!({ "id": id, "name": format!("Kontor {}", id.as_str().unwrap_or("?")) })).collect::<Vec<_>>() }))
    });
    let set = connector_set(contract, &source.url);
    (source, set)
}

/// Answers with one page after another, by the cursors `first`, `2`, `3` and so on.
pub(crate) fn pages(source: &Source, pages: Vec<Value>) {
    source.on("/bills", move |seen| {
        let cursor = cursor_of(&seen);
        let number = if cursor == "first" { Some(1) } else { cursor.parse::<usize>().ok() };
        match number.and_then(|number| pages.get(number - 1)) {
            Some(page) => answer(page),
            None => Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).expect("an answer"),
        }
    });
}

/// The cursor that a request names.
pub(crate) fn cursor_of(seen: &Seen) -> String {
    let uri: url::Url = format!("http://x{}", seen.uri).parse().expect("a URL");
    let cursors: Vec<String> =
        uri.query_pairs().filter(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.into_owned()).collect();
    assert_eq!(cursors.len(), 1, "{}", seen.uri);
    cursors.concat()
}

/// An answer in JSON.
pub(crate) fn answer(body: &Value) -> Response {
    let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
    response.body(Body::from(body.to_string())).expect("an answer")
}

/// A page about the citizen.
pub(crate) fn page(bills: &[Value], next: Option<Value>) -> Value {
    json!({ "cpr": CPR, "bills": bills, "next": next.unwrap_or_default() })
}

/// A bill that an office sent.
pub(crate) fn bill(text: &str, office: u64) -> Value {
    json!({
        "kind": "bill", "authority": "0901", "text": text, "office": office, "account": "9999 0001234567",
        "lines": [{ "oere": 10_000 }, { "oere": 2_550 }], "due": "2026-12-01",
    })
}

/// A child's place on a waiting list.
pub(crate) fn waiting(child: &str, before: &Value) -> Value {
    json!({ "kind": "list", "authority": "0902", "text": child, "before": before })
}

/// Asks the source.
pub(crate) async fn fetch(set: &ConnectorSet, request: FetchRequest) -> Result<Fetched, ConnectorError> {
    ask(set, request).await
}

/// The titles of the bills that are shown.
pub(crate) fn titles(fetched: &Fetched) -> Vec<&str> {
    let titles = fetched.widgets.iter().filter_map(|widget| match widget {
        Widget::Payment(payment) => Some(payment.title.as_str()),
        _ => None,
    });
    titles.collect()
}

/// What is told as missing.
pub(crate) fn problems(fetched: &Fetched) -> Vec<ProblemType> {
    fetched.problems.iter().map(|problem| problem.problem_type).collect()
}

/// How often a path was asked.
pub(crate) fn asked(source: &Source, path: &str) -> usize {
    source.seen().iter().filter(|seen| seen.uri.starts_with(path)).count()
}
