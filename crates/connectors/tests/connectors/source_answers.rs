//! What becomes of every way in which a source can answer.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use crate::source::Source;
use crate::support::{CONTRACT, CPR, OTHER_CPR, ask, connector_set, request};
use axum::{
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::Response,
};
use futures::{StreamExt, stream};
use overblik_connectors::{ConnectorError, ConnectorSet, Fetched};
use overblik_widgets::{PaymentStatus, ProblemType, SectionState, Widget};
use serde_json::{Value, json};

/// A source with a good answer to every request of the contract, and the set that asks it.
async fn world() -> (Source, ConnectorSet) {
    let source = Source::start().await;
    source.json("/cases", &[], cases(CPR));
    source.json("/archive", &[("x-owner", "610101-0001")], json!([{ "text": "Carport", "paid": "1.234,50" }]));
    source.json("/offices", &[], json!({ "offices": [{ "id": 7, "name": "Byg" }, { "id": 8, "name": "Vej" }] }));
    // Short, so that the tests of slowness are not slow themselves.
    let set = connector_set(&CONTRACT.replace("timeoutMs: 2000", "timeoutMs: 400"), &source.url);
    (source, set)
}

fn cases(cpr: &str) -> Value {
    json!({
        "owner": { "cpr": cpr },
        "asOf": "2026-11-22T10:15:30",
        "cases": [
            { "title": "Tagterrasse", "fee": 50_000, "state": "closed", "due": null, "officeId": 7 },
            { "title": "Skur på Ærø", "fee": 12_050, "state": "open", "due": "01.12.2026", "officeId": 8 },
            { "title": "Skilt", "fee": 100, "state": "lost", "due": "2026-11-30", "creditor": "Kommunen", "officeId": 7 },
        ],
    })
}

async fn fetch(set: &ConnectorSet) -> Result<Fetched, ConnectorError> {
    ask(set, request()).await
}

fn titles(fetched: &Fetched) -> Vec<(&str, Option<&str>)> {
    let payments = fetched.widgets.iter().map(|widget| match widget {
        Widget::Payment(payment) => (payment.title.as_str(), payment.creditor.as_deref()),
        other => panic!("not a payment: {other:?}"),
    });
    payments.collect()
}

fn problems(fetched: &Fetched) -> Vec<ProblemType> {
    fetched.problems.iter().map(|problem| problem.problem_type).collect()
}

fn with_type(content_type: &'static str, body: impl Into<Body>) -> Response {
    Response::builder().header(header::CONTENT_TYPE, content_type).body(body.into()).expect("an answer")
}

type MakeAnswer = fn() -> Response;

/// Orders the same answer to every request about the citizen.
fn answer_all(source: &Source, answer: MakeAnswer) {
    for path in ["/cases", "/archive"] {
        source.on(path, move |_| answer());
    }
}

#[tokio::test]
async fn the_source_is_told_the_time_that_is_left_for_each_of_its_answers() {
    let (source, set) = world().await;
    source.later("/cases", |_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            with_type("application/json", cases(CPR).to_string())
        })
    });
    fetch(&set).await.expect("an answer");
    let left = |path: &str| {
        let seen = source.seen().into_iter().find(|seen| seen.uri.starts_with(path)).expect("asked");
        seen.headers["overblik-timeout-ms"].to_str().expect("a text").parse::<u64>().expect("a number")
    };
    assert!((200..=400).contains(&left("/cases")), "{}", left("/cases"));
    assert!(left("/offices") <= 250, "a look-up has what is left: {}", left("/offices"));
}

#[tokio::test]
async fn a_good_answer_becomes_widgets() {
    use PaymentStatus::{Coming, Paid, Unknown};
    let (_source, set) = world().await;
    let fetched = fetch(&set).await.expect("an answer");
    assert_eq!(fetched.state(), SectionState::Ready);
    assert_eq!(fetched.as_of.map(|moment| moment.to_string()).as_deref(), Some("2026-11-22T10:15:30+01:00"));
    let expected =
        [("Skilt", Some("Kommunen")), ("Skur på Ærø", Some("Vej")), ("Tagterrasse", Some("Byg")), ("Carport", None)];
    assert_eq!(titles(&fetched), expected, "by due date, without one last, then the other mapping");
    let statuses: Vec<Option<PaymentStatus>> = fetched
        .widgets
        .iter()
        .filter_map(|widget| if let Widget::Payment(payment) = widget { Some(payment.status) } else { None })
        .collect();
    assert_eq!(statuses, [Some(Unknown), Some(Coming), Some(Paid), None]);
}

#[tokio::test]
async fn r60_the_citizen_is_named_in_body_and_header_and_nowhere_else() {
    let (source, set) = world().await;
    fetch(&set).await.expect("an answer");
    let seen = source.seen();
    let of = |path: &str| seen.iter().find(|seen| seen.uri.starts_with(path)).expect("a request");
    let cases = of("/cases");
    assert_eq!((cases.method.as_str(), cases.uri.as_str()), ("POST", "/cases?open=true"));
    let body: Value = serde_json::from_slice(&cases.body).expect("JSON");
    assert_eq!(body, json!({ "cpr": CPR, "list": [1, true] }));
    assert_eq!(cases.headers["x-trace"], "fixed");
    assert_eq!(cases.headers["content-type"], "application/json");
    let archive = of("/archive");
    assert_eq!((archive.method.as_str(), &archive.headers["x-cpr"]), ("GET", &CPR.parse().expect("a value")));
    let offices = of("/offices");
    assert_eq!(offices.body, Bytes::from_static(br#"{"ids":["7","8"]}"#), "each key once");
    assert!(!format!("{offices:?}").contains(CPR), "a lookup is about nobody");
    for seen in &seen {
        assert_eq!(seen.headers["x-api-key"], "test-key");
        assert_eq!(seen.headers["accept-language"], "en");
        assert_eq!(seen.headers["accept"], "application/json");
        assert_eq!(seen.headers["user-agent"], concat!("overblik/", env!("CARGO_PKG_VERSION")));
        assert!(!seen.uri.contains(CPR));
        for absent in ["cookie", "referer", "authorization", "accept-encoding"] {
            assert!(!seen.headers.contains_key(absent), "{absent}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_told_by_its_cause() {
    use ConnectorError as E;
    let table: [(&str, MakeAnswer, ConnectorError); 16] = [
        ("failure", || status(500), E::Status(500)),
        ("overload", || status(503), E::Status(503)),
        ("throttling", || status(429), E::Status(429)),
        ("not modified", || status(304), E::Status(304)),
        ("no key", || status(401), E::CredentialsRefused(401)),
        ("no right", || status(403), E::CredentialsRefused(403)),
        ("empty body", || with_type("application/json", ""), E::Malformed),
        ("no content", || status(204), E::Malformed),
        ("no type", || Response::new(Body::from("[]")), E::Malformed),
        ("page of a proxy", || with_type("text/html", "<html>"), E::Malformed),
        ("page called JSON", || with_type("application/json", "<html>"), E::Malformed),
        ("half an answer", || with_type("application/json", "{\"owner\":"), E::Malformed),
        ("announced too large", || with_type("application/json", "x".repeat(64 * 1024 + 1)), E::TooLarge),
        ("too large without saying", || with_type("application/json", endless(Duration::ZERO)), E::TooLarge),
        ("too deep", || with_type("application/json", "[".repeat(5_000)), E::TooLarge),
        ("nobody named", || with_type("application/json", "{}"), E::ContractBroken),
    ];
    for (name, answer, expected) in table {
        let (source, set) = world().await;
        answer_all(&source, answer);
        assert_eq!(fetch(&set).await, Err(expected), "{name}");
    }
}

fn status(status: u16) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response::builder().status(status).body(Body::empty()).expect("an answer")
}

/// A body that never ends, in chunks of 1 KiB with a pause between.
fn endless(pause: Duration) -> Body {
    let chunks = stream::repeat(()).then(move |()| async move {
        // Even a pause of no length waits for the timer's next tick, and sixty of those can outlast a busy machine's patience.
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        Ok::<_, std::io::Error>(Bytes::from(" ".repeat(1024)))
    });
    Body::from_stream(chunks)
}

#[tokio::test]
async fn r42_a_redirect_is_not_followed() {
    let (source, set) = world().await;
    source.json("/elsewhere", &[("x-owner", CPR)], cases(CPR));
    answer_all(&source, || {
        let moved = Response::builder().status(StatusCode::TEMPORARY_REDIRECT).header(header::LOCATION, "/elsewhere");
        moved.body(Body::empty()).expect("an answer")
    });
    assert_eq!(fetch(&set).await, Err(ConnectorError::Status(307)));
    assert!(source.seen().iter().all(|seen| !seen.uri.contains("elsewhere")));
}

#[tokio::test]
async fn the_time_limit_holds_for_the_whole_answer() {
    let slow: [(&str, MakeAnswer); 2] = [
        ("stalled body", || {
            with_type("application/json", Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>()))
        }),
        ("dripping body", || with_type("application/json", endless(Duration::from_millis(50)))),
    ];
    for (name, answer) in slow {
        let (source, set) = world().await;
        answer_all(&source, answer);
        let started = Instant::now();
        assert_eq!(fetch(&set).await, Err(ConnectorError::TimedOut), "{name}");
        assert!((400..1_500).contains(&started.elapsed().as_millis()), "{name}: {:?}", started.elapsed());
    }
    let (source, set) = world().await;
    for path in ["/cases", "/archive"] {
        source.later(path, |_| Box::pin(pending()));
    }
    assert_eq!(fetch(&set).await, Err(ConnectorError::TimedOut), "no answer at all");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let url = {
        let (source, _) = world().await;
        source.url.clone()
    };
    assert_eq!(fetch(&connector_set(CONTRACT, &url)).await, Err(ConnectorError::Unreachable));
}

#[tokio::test]
async fn a_part_that_fails_leaves_the_others_and_says_so() {
    let (source, set) = world().await;
    source.later("/archive", |_| Box::pin(pending()));
    let fetched = fetch(&set).await.expect("a part");
    assert_eq!(fetched.state(), SectionState::Partial);
    assert_eq!(problems(&fetched), [ProblemType::SourceTimeout]);
    assert_eq!(fetched.widgets.len(), 3, "the other request's");
}

#[tokio::test]
async fn a_status_of_nothing_is_a_positive_answer_where_the_contract_says_so() {
    let (source, set) = world().await;
    source.status("/cases", 404);
    source.json("/archive", &[("x-owner", CPR)], json!([]));
    let fetched = fetch(&set).await.expect("an answer");
    assert_eq!(fetched.state(), SectionState::Empty);
    source.status("/archive", 404);
    let fetched = fetch(&set).await.expect("a part");
    assert_eq!((fetched.state(), problems(&fetched)), (SectionState::Partial, vec![ProblemType::SourceError]));
    source.status("/cases", 500);
    assert_eq!(fetch(&set).await, Err(ConnectorError::Status(404)));
}

#[tokio::test]
async fn an_absent_list_is_not_an_empty_one() {
    let (source, set) = world().await;
    source.json("/archive", &[("x-owner", CPR)], json!([]));
    for list in [json!(null), json!({}), json!("none")] {
        let mut body = cases(CPR);
        body["cases"] = list;
        source.json("/cases", &[], body.clone());
        let fetched = fetch(&set).await.expect("a part");
        assert_eq!(
            (fetched.state(), problems(&fetched)),
            (SectionState::Partial, vec![ProblemType::DataValidation]),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_answer_about_another_person_ends_everything_until_an_operator_lets_the_source_in_again() {
    let (source, set) = world().await;
    source.json("/cases", &[], cases(OTHER_CPR));
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson));
    source.json("/cases", &[], cases(CPR));
    let before = source.seen().len();
    assert_eq!(fetch(&set).await, Err(ConnectorError::CutOff));
    assert_eq!(source.seen().len(), before, "a source that is cut off is not called");
    assert!(set.reset("permits"));
    assert!(!set.reset("permits"), "it is in already");
    assert!(!set.reset("nothing"));
    assert!(fetch(&set).await.is_ok());
}

#[tokio::test]
async fn one_wrong_part_is_enough_whatever_the_others_say() {
    let (source, set) = world().await;
    source.json("/archive", &[("x-owner", OTHER_CPR)], json!([]));
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson), "the other answered well");

    let (source, set) = world().await;
    source.on("/archive", |_| {
        let other = Response::builder().header("x-owner", OTHER_CPR);
        other.body(Body::from("not JSON")).expect("an answer")
    });
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson), "it cannot even be read");

    let (source, set) = world().await;
    source.json("/archive", &[("x-owner", OTHER_CPR)], json!([]));
    source.status("/cases", 500);
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson), "the other failed");

    let (source, set) = world().await;
    source.json("/archive", &[("x-owner", OTHER_CPR)], json!([]));
    source.later("/cases", |_| Box::pin(pending()));
    let started = Instant::now();
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson), "the other is slow");
    assert!(started.elapsed() < Duration::from_millis(300), "and is not waited for");
}

#[tokio::test]
async fn an_answer_that_was_under_way_when_the_source_was_cut_off_is_not_kept() {
    let (source, set) = world().await;
    source.later("/archive", |_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Response::builder()
                .header(header::CONTENT_TYPE, "application/json")
                .header("x-owner", CPR)
                .body(Body::from("[]"))
                .expect("an answer")
        })
    });
    let mut early = Box::pin(fetch(&set));
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut early).await.is_err(), "under way");
    source.json("/cases", &[], cases(OTHER_CPR));
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson));
    assert_eq!(early.await, Err(ConnectorError::CutOff));
}

#[tokio::test]
async fn what_a_lookup_does_not_know_is_told_as_missing() {
    let (source, set) = world().await;
    source.json("/offices", &[], json!({ "offices": [{ "id": "7", "name": "Byg" }] }));
    let fetched = fetch(&set).await.expect("an answer");
    assert_eq!((fetched.state(), fetched.left_out), (SectionState::Partial, 0));
    assert_eq!(problems(&fetched), [ProblemType::DataValidation], "once");
    assert_eq!(titles(&fetched)[1], ("Skur på Ærø", None));
    assert_eq!(titles(&fetched)[2], ("Tagterrasse", Some("Byg")));
}

#[tokio::test]
async fn a_lookup_that_fails_costs_only_what_it_gives() {
    let (source, set) = world().await;
    source.status("/offices", 503);
    let fetched = fetch(&set).await.expect("an answer");
    assert_eq!((fetched.state(), problems(&fetched)), (SectionState::Partial, vec![ProblemType::SourceError]));
    assert_eq!(titles(&fetched)[1], ("Skur på Ærø", None));
    assert_eq!(fetched.widgets.len(), 4);
}

#[tokio::test]
async fn a_lookup_asks_in_a_few_requests_of_as_many_keys_as_each_may_have_and_not_at_all_without() {
    let (source, set) = world().await;
    let mut body = cases(CPR);
    let many: Vec<Value> = (1..=14).map(|office| json!({ "title": "Skur", "fee": 1, "officeId": office })).collect();
    body["cases"] = many.into();
    source.json("/cases", &[], body);
    let known: Vec<Value> = (1..=14).map(|id| json!({ "id": id, "name": "Byg" })).collect();
    source.json("/offices", &[], json!({ "offices": known }));
    let fetched = fetch(&set).await.expect("an answer");
    let seen = source.seen();
    let mut bodies: Vec<&[u8]> =
        seen.iter().filter(|seen| seen.uri == "/offices").map(|seen| seen.body.as_ref()).collect();
    bodies.sort_unstable();
    let expected: [&[u8]; 4] = [
        br#"{"ids":["1","2","3"]}"#,
        br#"{"ids":["10","11","12"]}"#,
        br#"{"ids":["4","5","6"]}"#,
        br#"{"ids":["7","8","9"]}"#,
    ];
    assert_eq!(bodies, expected);
    let named = titles(&fetched).into_iter().filter(|(_, creditor)| creditor.is_some()).count();
    assert_eq!((fetched.state(), named), (SectionState::Partial, 12), "two offices are not told");

    let (source, set) = world().await;
    source.status("/cases", 404);
    fetch(&set).await.expect("an answer");
    assert!(source.seen().iter().all(|seen| seen.uri != "/offices"));
}

#[tokio::test]
async fn dropping_a_fetch_ends_its_requests() {
    let (source, set) = world().await;
    for path in ["/cases", "/archive"] {
        source.later(path, |_| Box::pin(pending()));
    }
    let waited = tokio::time::timeout(Duration::from_millis(150), fetch(&set)).await;
    assert!(waited.is_err(), "still waiting");
    tokio::time::timeout(Duration::from_secs(2), async {
        while source.open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the source sees its connections closed");
    assert_eq!(source.seen().len(), 2, "both were asked");
}
