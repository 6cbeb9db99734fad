//! A source that is asked by a connector in Rust: everything around it is its contract's.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use overblik_connectors::{AddressPolicy, ConnectorError, ConnectorSet};
use overblik_widgets::{SectionState, Widget};

use crate::{
    source::Source,
    support::{CONTRACT, CPR, Folder, OTHER_CPR, ask, connector_set, options, request},
};

/// The contract of `support`, but asked by a connector in Rust.
fn contract() -> String {
    let (before, _) = CONTRACT.split_once("  requests:\n").expect("requests");
    format!("{before}  native: {{ connector: regional-appointments, path: /calendar }}\n")
}

fn calendar(patient: &'static str) -> impl Fn() -> Response {
    move || {
        let event = "BEGIN:VEVENT\r\nSUMMARY:Kontrol\r\nDTSTART:20261201T083000Z\r\nEND:VEVENT\r\n";
        Response::builder()
            .header(header::CONTENT_TYPE, "text/calendar; charset=utf-8")
            .header("x-patient-cpr", patient)
            .body(Body::from(format!("BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n")))
            .expect("an answer")
    }
}

#[tokio::test]
async fn it_asks_with_the_contract_s_credentials_and_answers_with_widgets() {
    let source = Source::start().await;
    source.on("/calendar", |_| calendar(CPR)());
    let set = connector_set(&contract(), &source.url);
    let fetched = ask(&set, request()).await.expect("an answer");
    assert_eq!(fetched.state(), SectionState::Ready);
    assert!(matches!(&fetched.widgets[..], [Widget::Appointment(one)] if one.title == "Kontrol"));
    let seen = &source.seen()[0];
    assert_eq!((seen.method.as_str(), seen.uri.as_str()), ("POST", "/calendar"));
    assert_eq!(seen.headers["x-api-key"], "test-key");
    assert_eq!(seen.headers[header::ACCEPT], "text/calendar");
    assert_eq!(seen.body, format!("{{\"cpr\":\"{CPR}\"}}"));
}

#[tokio::test]
async fn an_answer_about_somebody_else_cuts_it_off_until_it_is_let_in_again() {
    let source = Source::start().await;
    source.on("/calendar", |_| calendar(OTHER_CPR)());
    let set = connector_set(&contract(), &source.url);
    assert_eq!(ask(&set, request()).await, Err(ConnectorError::WrongPerson));
    source.on("/calendar", |_| calendar(CPR)());
    assert_eq!(ask(&set, request()).await, Err(ConnectorError::CutOff));
    assert_eq!(source.seen().len(), 1, "it is not asked any more");
    assert!(set.reset("permits"));
    assert!(ask(&set, request()).await.is_ok());
}

#[tokio::test]
async fn what_is_no_calendar_or_names_nobody_is_no_answer() {
    let source = Source::start().await;
    let set = connector_set(&contract(), &source.url);
    let nameless = || {
        let mut answer = calendar(CPR)();
        answer.headers_mut().remove("x-patient-cpr");
        answer
    };
    source.on("/calendar", move |_| nameless());
    assert_eq!(ask(&set, request()).await, Err(ConnectorError::ContractBroken));
    source.on("/calendar", |_| {
        let mut answer = calendar(CPR)();
        answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
        answer
    });
    assert_eq!(ask(&set, request()).await, Err(ConnectorError::Malformed));
    source.on("/calendar", |_| {
        let mut answer = calendar(CPR)();
        *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        answer
    });
    assert_eq!(ask(&set, request()).await, Err(ConnectorError::Status(503)));
}

#[test]
fn its_mistakes_are_told_like_any_other() {
    let report = |contract: &str| {
        let folder = Folder::with(&[("birkerup/permits", contract)]);
        let loaded = ConnectorSet::load(folder.path(), &options(AddressPolicy::Production, None));
        let file = folder.path().join("birkerup/permits/connector.yaml");
        loaded.err().expect("mistakes").to_string().replace(&format!("{}:", file.display()), "")
    };
    assert_eq!(
        report(&contract().replace("regional-appointments, path: /calendar", "regional-appointment, path: calendar")),
        "30:24: spec.native.connector: no such connector \"regional-appointment\"\n  \
         hint: did you mean \"regional-appointments\"? The connectors are regional-appointments\n\
         30:52: spec.native.path: must start with \"/\""
    );
    let both = format!("{CONTRACT}  native: {{ connector: regional-appointments, path: /calendar }}\n");
    assert!(report(&both).contains("spec.requests: a connector in Rust asks and reads by itself"), "{}", report(&both));
}
