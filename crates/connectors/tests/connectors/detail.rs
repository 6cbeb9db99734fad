//! More about one item: who is asked by what, and what may be shown of the answer.

use std::future::pending;

use overblik_connectors::{ConnectorError, ConnectorSet, FetchRequest, Fetched, ItemKey};
use overblik_widgets::{SectionState, Widget};
use serde_json::{Value, json};

use crate::{
    source::Source,
    support::{CONTRACT, CPR, OTHER_CPR, ask, connector_set, request},
};

/// [`CONTRACT`], in which a case leads to its steps.
pub(crate) fn contract() -> String {
    let detail = r#"  detail:
    timeoutMs: 300
    requests:
      case:
        method: POST
        path: /case
        body: { cpr: "{citizen.cpr}", case: "{item.key}" }
        identity: { path: "$.owner.cpr" }
        emptyStatus: [404]
    widgets:
      - kind: timeline_entry
        from: case
        each: "$.steps"
        sortBy: { field: happened_on, order: descending }
        limit: 20
        fields:
          title: { path: "$.what", as: text }
          happened_on: { path: "$.day", as: date, formats: [iso] }
  widgets:
"#;
    let with_detail = CONTRACT.replacen("  widgets:\n", detail, 1);
    with_detail.replacen("      limit: 100\n", "      limit: 100\n      item: \"$.id\"\n", 1)
}

async fn world_of(contract: &str) -> (Source, ConnectorSet) {
    let source = Source::start().await;
    let case = |id: Value, title: &str| json!({ "id": id, "title": title, "fee": 100, "state": "open" });
    let cases =
        [case(json!("S-1"), "Carport"), case(json!(17), "Skur"), case(json!(null), "Hegn"), case(json!(CPR), "Tag")];
    source.json("/cases", &[], json!({ "owner": { "cpr": CPR }, "asOf": "2026-11-22T10:00:00", "cases": cases }));
    source.json("/archive", &[("x-owner", CPR)], json!([]));
    source.json("/offices", &[], json!({ "offices": [] }));
    source.json("/case", &[], answer(CPR));
    let set = connector_set(contract, &source.url);
    (source, set)
}

async fn world() -> (Source, ConnectorSet) {
    world_of(&contract()).await
}

fn answer(cpr: &str) -> Value {
    let step = |what: &str, day: &str| json!({ "what": what, "day": day });
    json!({ "owner": { "cpr": cpr }, "steps": [step("Modtaget", "2026-10-01"), step("Afgjort", "2026-11-01")] })
}

fn about(key: &str) -> FetchRequest {
    FetchRequest { item: ItemKey::parse(key), ..request() }
}

fn keys(fetched: &Fetched) -> Vec<Option<&str>> {
    fetched.keys.iter().map(|key| key.as_ref().map(ItemKey::as_str)).collect()
}

fn titles(fetched: &Fetched) -> Vec<&str> {
    let titles = fetched.widgets.iter().map(|widget| match widget {
        Widget::TimelineEntry(entry) => entry.title.as_str(),
        other => panic!("no step: {other:?}"),
    });
    titles.collect()
}

/// The bodies that more was asked with.
fn asked(source: &Source) -> Vec<Value> {
    let seen = source.seen();
    let asked = seen.iter().filter(|seen| seen.uri.starts_with("/case") && !seen.uri.starts_with("/cases"));
    asked.map(|seen| serde_json::from_slice(&seen.body).unwrap_or_default()).collect()
}

#[tokio::test]
async fn widgets_have_the_keys_that_more_may_be_asked_by_and_no_others() {
    let (_source, set) = world().await;
    let fetched = ask(&set, request()).await.expect("an answer");
    // A number is a key as well; nothing is none, and neither is the citizen's own number.
    assert_eq!(keys(&fetched), [Some("S-1"), Some("17"), None, None]);
    let (_source, set) = world_of(CONTRACT).await;
    let fetched = ask(&set, request()).await.expect("an answer");
    assert_eq!(keys(&fetched), Vec::<Option<&str>>::new(), "no detail, no keys");
}

#[tokio::test]
async fn more_is_asked_for_the_citizen_about_the_item_and_mapped_like_any_answer() {
    let (source, set) = world().await;
    let fetched = ask(&set, about("S-1")).await.expect("an answer");
    assert_eq!((titles(&fetched), fetched.state()), (vec!["Afgjort", "Modtaget"], SectionState::Ready));
    assert_eq!(asked(&source), [json!({ "cpr": CPR, "case": "S-1" })]);
    assert_eq!(source.seen().len(), 1, "and nothing else is asked");
}

#[tokio::test]
async fn r50_more_about_another_person_cuts_the_source_off_whatever_its_status() {
    for status in [200, 404, 500] {
        let (source, set) = world().await;
        source.on("/case", move |_| {
            let body = axum::body::Body::from(answer(OTHER_CPR).to_string());
            let response =
                axum::response::Response::builder().status(status).header("content-type", "application/json");
            response.body(body).expect("an answer")
        });
        assert_eq!(ask(&set, about("S-1")).await, Err(ConnectorError::WrongPerson), "{status}");
        assert_eq!(ask(&set, request()).await, Err(ConnectorError::CutOff), "the whole source, {status}");
    }
}

#[tokio::test]
async fn more_that_names_nobody_is_not_used() {
    let (source, set) = world().await;
    source.json("/case", &[], json!({ "steps": [{ "what": "Modtaget", "day": "2026-10-01" }] }));
    assert_eq!(ask(&set, about("S-1")).await, Err(ConnectorError::ContractBroken));
}

#[tokio::test]
async fn an_item_that_is_no_longer_there_is_so_by_the_source_s_own_word_alone() {
    let (source, set) = world().await;
    source.status("/case", 404);
    let fetched = ask(&set, about("S-1")).await.expect("an answer");
    assert_eq!((fetched.state(), fetched.widgets.len()), (SectionState::Empty, 0));
    for (status, error) in [(410, ConnectorError::Status(410)), (403, ConnectorError::CredentialsRefused(403))] {
        source.status("/case", status);
        assert_eq!(ask(&set, about("S-1")).await, Err(error));
    }
}

#[tokio::test]
async fn more_has_limits_of_its_own_within_the_source_s() {
    let (source, set) = world().await;
    source.later("/case", |_| Box::pin(pending()));
    let started = std::time::Instant::now();
    assert_eq!(ask(&set, about("S-1")).await, Err(ConnectorError::TimedOut));
    let took = started.elapsed();
    assert!(took.as_millis() >= 300 && took.as_millis() < 1_500, "{took:?}");
    let (source, set) = world_of(&contract().replace("timeoutMs: 300", "bodyKib: 1")).await;
    let long = json!({ "owner": { "cpr": CPR }, "steps": [], "more": "x".repeat(2_000) });
    source.json("/case", &[], long);
    assert_eq!(ask(&set, about("S-1")).await, Err(ConnectorError::TooLarge));
    assert!(ask(&set, request()).await.is_ok(), "the source's own answers may be longer");
}

#[tokio::test]
async fn r60_the_citizen_s_number_is_no_key_and_nobody_s_gets_into_an_address() {
    let in_path = contract()
        .replace("method: POST\n        path: /case\n", "method: GET\n        path: /case/{item.key}/steps\n")
        .replace("body: { cpr: \"{citizen.cpr}\", case: \"{item.key}\" }", "headers: { X-Cpr: \"{citizen.cpr}\" }");
    let (source, set) = world_of(&in_path).await;
    source.json("/case/S%2F1/steps", &[], answer(CPR));
    assert_eq!(titles(&ask(&set, about("S/1")).await.expect("an answer")).len(), 2);
    for key in [CPR, "610101-0001", OTHER_CPR, ".."] {
        assert_eq!(ask(&set, about(key)).await, Err(ConnectorError::NotOffered), "{key}");
    }
    assert_eq!(asked(&source).len(), 1, "nothing was asked by those");
}

#[tokio::test]
async fn what_offers_no_detail_is_asked_nothing() {
    let (source, set) = world_of(CONTRACT).await;
    assert_eq!(ask(&set, about("S-1")).await, Err(ConnectorError::NotOffered));
    assert_eq!(source.seen().len(), 0);
    assert!(!set.get("permits").expect("the source").main.source().offers_detail);
}
