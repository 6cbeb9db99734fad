//! The answers against the contracts: whatever a contract reads is there, in the form in which it is read.

use std::{collections::BTreeSet, path::Path};

use http::StatusCode;
use jiff::civil::Date;
use overblik_demo::{DemoWorld, Source};
use overblik_widgets::{Link, Money, WidgetKind};
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::visitor::*;

fn contract(source: Source) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/authorities");
    let authorities = std::fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = authorities.map(|authority| authority.join(source.name()).join("connector.yaml"));
    let text = files.into_iter().find_map(|file| std::fs::read_to_string(file).ok()).expect("a contract");
    serde_saphyr::from_str(&text).expect("YAML")
}

fn query<'a>(path: &str, value: &'a Value) -> Vec<&'a Value> {
    let found = JsonPath::parse(path).expect("a path").query(value).all();
    found.into_iter().filter(|value| !value.is_null()).collect()
}

/// Required fields that one item lacks, on purpose.
const LACKING: [(&str, &str); 4] =
    [("loan", "due_on"), ("benefit", "title"), ("child_book_entry", "written_on"), ("mailbox", "unread")];

/// Codes that some items have, on purpose, though no contract knows them.
const UNKNOWN_CODES: [&str; 5] = ["GENBEREGNES", "14D", "SCREENING", "9", "X"];

fn is_unknown_code(value: &Value) -> bool {
    value.as_str().is_some_and(|code| UNKNOWN_CODES.contains(&code))
}

/// What the visitor calls a request of a contract.
fn request_of(source: Source, request: &str) -> &str {
    if matches!(source, Source::ChildBook | Source::HealthCard | Source::MasterData) { "overview" } else { request }
}

/// Whether the contract says that a request's answers are in XML.
fn is_xml(contract: &Value, request: &str) -> bool {
    contract["spec"]["requests"][request]["format"] == "xml"
}

/// All answers that citizens get to one request of a contract.
async fn answers(world: &DemoWorld, source: Source, request: &str) -> Vec<Value> {
    let mut answers = Vec::new();
    for cpr in DemoWorld::citizens().iter().filter_map(|citizen| citizen.cpr) {
        let response = admitted_call(world, source, request_of(source, request), cpr).await.send().await;
        let response = response.expect("an answer");
        assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&response.status()));
        let body = response.bytes().await.expect("a body");
        if !body.is_empty() {
            answers.push(serde_json::from_slice(&body).expect("JSON"));
        }
    }
    answers
}

/// Checks that a value has the form in which the contract reads it.
fn assert_readable(value: &Value, rule: &Value, spec: &Value) {
    let text = value.as_str().unwrap_or_default();
    // Parts that are joined are texts.
    let readable = match rule["as"].as_str().unwrap_or("text") {
        "text" => !text.is_empty(),
        "integer" => value.is_i64(),
        "flag" => {
            let says = |words: &Value| words.as_array().is_some_and(|words| words.contains(value));
            value.is_boolean() || says(&rule["true"]) || says(&rule["false"])
        }
        "date" => rule["formats"].as_array().expect("formats").iter().any(|format| match format.as_str() {
            Some("iso") => Date::strptime("%Y-%m-%d", text).is_ok(),
            Some("dd.MM.yyyy") => Date::strptime("%d.%m.%Y", text).is_ok(),
            Some("yyyy-MM-dd HH:mm:ssZ") => jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S%z", text).is_ok(),
            other => panic!("a format this test does not know: {other:?}"),
        }),
        "datetime" => text.parse::<jiff::Timestamp>().is_ok(),
        "money" => match rule["format"].as_str() {
            Some("decimal") => value.is_f64() && Money::from_decimal(&value.to_string()).is_ok(),
            Some("danish") => text.contains(',') && Money::from_danish(text).is_ok(),
            Some("oere") => value.is_i64(),
            other => panic!("a format this test does not know: {other:?}"),
        },
        "code" => {
            let list = &spec["codes"][rule["list"].as_str().expect("a list")];
            [&list["texts"], &list["values"]].iter().any(|codes| codes.get(text).is_some())
        }
        "url" => {
            let hosts = spec["source"]["linkHosts"].as_array().expect("hosts");
            let hosts: Vec<_> = hosts.iter().filter_map(Value::as_str).collect();
            Link::checked(text, &hosts).is_ok()
        }
        other => panic!("a type this test does not know: {other}"),
    };
    assert!(readable, "{value} is not readable by {rule}");
}

/// The rules of a field: its own, the alternatives, or the parts.
fn rules(field: &Value) -> Vec<&Value> {
    let several = field["firstOf"].as_array().or(field["concat"].as_array());
    several.map_or_else(|| vec![field], |rules| rules.iter().collect())
}

#[tokio::test]
async fn whatever_a_contract_reads_is_there() {
    let world = world().await;
    for &source in Source::ALL {
        let contract = contract(source);
        let spec = &contract["spec"];
        // Other sources than these are asked by more than what their contracts say; they have tests of their own.
        for widget in spec["widgets"].as_array().into_iter().flatten() {
            let kind = WidgetKind::from_tag(widget["kind"].as_str().expect("a kind")).expect("a known kind");
            let request = widget["from"].as_str().expect("a request");
            if is_xml(&contract, request) {
                continue;
            }
            let answers = answers(&world, source, request).await;
            let each = match (widget["each"].as_str(), widget["one"].as_str()) {
                // The contract's `$` stands for an answer that is a list itself.
                (Some("$"), _) => "$[*]".to_owned(),
                (Some(path), _) => format!("{path}[*]"),
                (None, one) => one.expect("a path").to_owned(),
            };
            let empty = &contract["spec"]["requests"][request]["emptyWhen"];
            let is_empty = |answer: &&Value| {
                let said = empty["path"].as_str().map(|path| query(path, answer)).unwrap_or_default();
                said.iter().any(|said| empty["in"].as_array().is_some_and(|words| words.contains(said)))
            };
            let answers: Vec<_> = answers.iter().filter(|answer| !is_empty(answer)).collect();
            let items: Vec<_> = answers.into_iter().flat_map(|answer| query(&each, answer)).collect();
            assert!(!items.is_empty(), "{source}: no {}", kind.tag());
            for (name, field) in widget["fields"].as_object().expect("fields") {
                for rule in rules(field) {
                    let path = rule["key"].as_str().or(rule["path"].as_str()).expect("a path");
                    let values: Vec<_> = items.iter().flat_map(|item| query(path, item)).collect();
                    // No citizen's unpaid fee is paid, and paid ones are not asked for.
                    let never_there = (source, name.as_str()) == (Source::Library, "paid_on");
                    assert_eq!(values.is_empty(), never_there, "{source}: {name}");
                    if rule.get("key").is_none() {
                        for value in values.iter().filter(|value| !is_unknown_code(value)) {
                            assert_readable(value, rule, spec);
                        }
                    }
                    let required = kind.fields().iter().any(|spec| spec.name == name && spec.required);
                    let missing = items.len() - values.len();
                    let expected = usize::from(LACKING.contains(&(kind.tag(), name)));
                    assert!(!required || missing == expected, "{source}: {missing} lack {name}");
                }
            }
        }
    }
    world.shutdown().await;
}

#[tokio::test]
async fn the_catalogue_answers_what_the_contract_looks_up() {
    let world = world().await;
    let contract = contract(Source::Library);
    let lookup = &contract["spec"]["lookups"]["titles"];
    let mut keys = BTreeSet::new();
    for key in lookup["keys"].as_array().expect("keys") {
        for answer in answers(&world, Source::Library, key["from"].as_str().expect("a request")).await {
            let found = query(key["path"].as_str().expect("a path"), &answer);
            keys.extend(found.into_iter().map(|key| key.as_str().expect("text").to_owned()));
        }
    }
    let asked: Vec<_> = keys.iter().map(String::as_str).collect();
    let answer = json_of(titles(&world, &asked).send().await.expect("an answer")).await;
    let entries = format!("{}[*]", lookup["entries"].as_str().expect("a path"));
    let entries = query(&entries, &answer);
    assert!(entries.iter().all(|entry| query("$.title", entry).len() == 1));
    assert!(entries.iter().any(|entry| query("$.creators[0]", entry).len() == 1));
    let known: BTreeSet<_> = entries
        .iter()
        .flat_map(|entry| query(lookup["match"].as_str().expect("a path"), entry))
        .filter_map(Value::as_str)
        .collect();
    let unknown: Vec<_> = asked.into_iter().filter(|key| !known.contains(key)).collect();
    assert_eq!(unknown, ["99999905", "99999913"], "one deleted record, one of another library");
    world.shutdown().await;
}

#[tokio::test]
async fn every_status_of_a_payment_and_of_a_reservation_occurs() {
    let world = world().await;
    for (source, request, path, expected) in [
        (Source::Payments, "overview", "$.betalinger[*].status", &["1", "2", "3", "4", "5", "6", "7"][..]),
        (
            Source::Library,
            "reservations",
            "$[*].state",
            &["inTransit", "interLibraryReservation", "readyForPickup", "reserved"],
        ),
    ] {
        let answers = answers(&world, source, request).await;
        let statuses: BTreeSet<_> =
            answers.iter().flat_map(|answer| query(path, answer)).filter_map(Value::as_str).collect();
        assert!(statuses.iter().eq(expected), "{statuses:?}");
    }
    world.shutdown().await;
}

#[tokio::test]
async fn the_awkward_answers_are_awkward() {
    let world = world().await;
    let body = |source, request, slug| {
        let call = call(&world, source, request, cpr(slug));
        async move {
            let response = call.send().await.expect("an answer");
            (response.status(), response.text().await.expect("text"))
        }
    };
    assert_eq!(body(Source::Library, "reservations", "emptybody-emil").await, (StatusCode::OK, String::new()));
    assert_eq!(body(Source::Library, "loans", "nothing-ingrid").await, (StatusCode::OK, "[]".into()));
    assert_eq!(body(Source::Daycare, "enrolments", "twins-tove").await.0, StatusCode::NOT_FOUND);
    let (status, lists) = body(Source::Daycare, "waitingLists", "childless-bent").await;
    assert!(status == StatusCode::OK && lists.contains("\"venteliste\":[]"), "{lists}");
    let loans: Value = serde_json::from_str(&body(Source::Library, "loans", "many-mogens").await.1).expect("JSON");
    assert_eq!(loans.as_array().map(Vec::len), Some(40));
    let loans: Value = serde_json::from_str(&body(Source::Library, "loans", "childless-bent").await.1).expect("JSON");
    let contradiction = query("$[?@.isRenewable == true && @.renewalStatusList[0] == 'deniedReserved']", &loans);
    assert_eq!(contradiction.len(), 1);
    assert_eq!(query("$[0].loanDetails.loanDate", &loans)[0], "2026-11-14 09:13:55+0100");
    let (_, blocked) = body(Source::Library, "patron", "overdue-laila").await;
    assert!(blocked.contains("\"blockedReason\":\"E\""), "{blocked}");
    world.shutdown().await;
}

#[tokio::test]
async fn somebody_unknown_has_nothing_and_a_malformed_number_is_a_mistake() {
    let world = world().await;
    // The replacement form, and nobody of the demo.
    let unknown = "9112990000";
    let overview = call(&world, Source::Payments, "overview", unknown).send().await.expect("an answer");
    let overview = json_of(overview).await;
    assert_eq!(
        (overview["CPR-nr"].as_str(), overview["betalinger"].as_array().map(Vec::len)),
        (Some(unknown), Some(0))
    );
    let loans = call(&world, Source::Library, "loans", unknown).send().await.expect("an answer");
    assert_eq!(loans.headers()["x-patron-cpr"], unknown);
    assert_eq!(loans.text().await.expect("text"), "[]");
    for (source, request) in
        [(Source::Library, "loans"), (Source::Daycare, "waitingLists"), (Source::Payments, "overview")]
    {
        let response = call(&world, source, request, "not-a-number").send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(!response.text().await.expect("text").contains("not-a-number"), "an error repeats no input");
    }
    world.shutdown().await;
}

#[tokio::test]
async fn every_answer_names_its_citizen_where_the_contract_looks() {
    let world = world().await;
    for &source in Source::ALL {
        let contract = contract(source);
        for (name, request) in contract["spec"]["requests"].as_object().into_iter().flatten() {
            for asked in DemoWorld::citizens().iter().filter_map(|citizen| citizen.cpr) {
                let call = admitted_call(&world, source, request_of(source, name), asked).await;
                let response = call.send().await.expect("an answer");
                let status = u64::from(response.status().as_u16());
                let identity = &request["identity"];
                if let Some(header) = identity["header"].as_str() {
                    assert_eq!(response.headers()[header], asked, "{name}");
                } else if request["emptyStatus"].as_array().is_some_and(|empty| empty.contains(&status.into())) {
                    assert_eq!(status, 404, "nothing to name");
                } else if !is_xml(&contract, name) {
                    let body = json_of(response).await;
                    assert_eq!(query(identity["path"].as_str().expect("a path"), &body), [asked], "{name}");
                    if let Some(path) = request["asOf"]["path"].as_str() {
                        // The clock of these tests stands at 10:15:30 in Denmark.
                        assert_eq!(query(path, &body), ["2026-11-22T10:00:00"]);
                    }
                }
            }
        }
    }
    world.shutdown().await;
}
