//! Sources that speak XML and SOAP: what they are sent, and what becomes of what they answer.

use std::collections::BTreeSet;

use crate::source::Source;
use crate::support::{CPR, OTHER_CPR, ask, connector_set, request, request_from};
use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use overblik_connectors::{ConnectorError, ConnectorSet, Fetched};
use overblik_widgets::{PaymentStatus, SectionState, Widget};

/// A contract of a source that speaks SOAP 1.1.
pub(crate) const CONTRACT: &str = include_str!("benefits.yaml");

const BENEFITS: &str = "\
    <y:ydelser><!-- en side -->\
      <y:ydelse><y:navn>Boligstøtte på Ærø &amp; omegn</y:navn><y:beløb valuta='DKK'> 1.234,50 </y:beløb>\
        <y:status>kommende</y:status><y:dato>2026-12-01</y:dato><y:kreditor>7</y:kreditor></y:ydelse>\
    </y:ydelser>";

fn xml(content_type: &'static str, status: u16, body: impl Into<Body>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response::builder().status(status).header(header::CONTENT_TYPE, content_type).body(body.into()).expect("an answer")
}

fn envelope(inner: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='utf-8'?><e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/' \
         xmlns:y='urn:birkerup:ydelser'><e:Body>{inner}</e:Body></e:Envelope>"
    )
}

fn about(cpr: &str, inner: &str) -> String {
    envelope(&format!("<y:svar cpr='{cpr}'>{inner}</y:svar>"))
}

fn answer(source: &Source, content_type: &'static str, status: u16, body: String) {
    source.on("/soap", move |_| xml(content_type, status, body.clone()));
}

async fn world() -> (Source, ConnectorSet) {
    world_of(CONTRACT).await
}

async fn world_of(contract: &str) -> (Source, ConnectorSet) {
    let source = Source::start().await;
    answer(&source, "text/xml; charset=utf-8", 200, about(CPR, BENEFITS));
    source.on("/payers", |_| xml("application/xml", 200, "<svar><kreditor id='7'>Udbetaling</kreditor></svar>"));
    let set = connector_set(contract, &source.url);
    (source, set)
}

async fn fetch(set: &ConnectorSet) -> Result<Fetched, ConnectorError> {
    ask(set, request_from(Some("0901"))).await
}

#[tokio::test]
async fn an_answer_in_xml_becomes_widgets() {
    let (_source, set) = world().await;
    let fetched = fetch(&set).await.expect("an answer");
    assert_eq!(fetched.state(), SectionState::Ready, "{fetched:?}");
    let [Widget::Payment(payment)] = fetched.widgets.as_slice() else { panic!("one payment: {fetched:?}") };
    assert_eq!(payment.title, "Boligstøtte på Ærø & omegn");
    assert_eq!((payment.amount.minor, payment.status), (123_450, Some(PaymentStatus::Coming)));
    assert_eq!(payment.creditor.as_deref(), Some("Udbetaling"));
}

#[tokio::test]
async fn a_list_that_is_there_and_empty_is_nothing_and_an_absent_one_is_not() {
    let (source, set) = world().await;
    answer(&source, "text/xml", 200, about(CPR, "<y:ydelser/>"));
    assert_eq!(fetch(&set).await.map(|fetched| fetched.state()), Ok(SectionState::Empty));
    for absent in ["", "<y:Ydelser/>", "<y:ydelser xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'/>"]
    {
        answer(&source, "text/xml", 200, about(CPR, absent));
        assert_eq!(fetch(&set).await, Err(ConnectorError::ContractBroken), "{absent}");
    }
}

#[tokio::test]
async fn r60_soap_names_the_citizen_in_its_body_and_nowhere_else() {
    let (source, set) = world().await;
    fetch(&set).await.expect("an answer");
    fetch(&set).await.expect("an answer");
    let seen = source.seen();
    let soap: Vec<_> = seen.iter().filter(|seen| seen.uri.starts_with("/soap")).collect();
    let mut ids = BTreeSet::new();
    for seen in &soap {
        assert_eq!(seen.uri, "/soap?sprog=en");
        assert_eq!(seen.headers["soapaction"], "\"urn:birkerup:HentYdelser\"");
        assert_eq!(seen.headers["content-type"], "text/xml; charset=utf-8");
        assert_eq!(seen.headers["accept"], "text/xml");
        let body = std::str::from_utf8(&seen.body).expect("UTF-8");
        let id = seen.headers["x-requestid"].to_str().expect("an id").to_owned();
        assert!(body.contains("kommune=\"0901\"") && body.contains("<y:cpr>610101-0001</y:cpr>"), "{body}");
        assert!(body.contains(&format!("<y:id>{id}</y:id>")), "the same id in header and body: {body}");
        assert!(!body.contains('{'), "{body}");
        ids.insert(id);
    }
    assert_eq!((soap.len(), ids.len()), (2, 2), "another id for every request");
    let payers = seen.iter().find(|seen| seen.uri == "/payers").expect("a lookup");
    assert_eq!(payers.body, "<spørg><id>7</id></spørg>".as_bytes());
    assert_eq!(payers.headers["content-type"], "application/xml; charset=utf-8");
    assert!(!payers.headers.contains_key("soapaction"));
}

#[tokio::test]
async fn soap_1_2_has_its_action_in_the_content_type() {
    let contract =
        CONTRACT.replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope");
    let (source, set) = world_of(&contract).await;
    fetch(&set).await.expect("an answer");
    let seen = source.seen();
    let headers = &seen[0].headers;
    assert_eq!(headers["content-type"], "application/soap+xml; charset=utf-8; action=\"urn:birkerup:HentYdelser\"");
    assert_eq!(headers["accept"], "application/soap+xml");
    assert!(!headers.contains_key("soapaction"));
}

#[tokio::test]
async fn a_citizen_of_no_known_municipality_is_not_asked_about() {
    let (source, set) = world().await;
    let fetched = ask(&set, request()).await;
    assert_eq!(fetched, Err(ConnectorError::MunicipalityUnknown));
    assert!(source.seen().is_empty());
    assert_eq!(ConnectorError::MunicipalityUnknown.consequence().state, SectionState::NotCovered);
}

#[tokio::test]
async fn another_person_in_xml_is_another_person() {
    let (source, set) = world().await;
    answer(&source, "text/xml", 200, about(OTHER_CPR, BENEFITS));
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson));
    assert_eq!(fetch(&set).await, Err(ConnectorError::CutOff));
}

#[tokio::test]
async fn another_person_in_an_element_that_stands_twice_is_another_person() {
    let element = CONTRACT.replace("$.Envelope.Body.svar['@cpr']", "$.Envelope.Body.svar.person.cpr");
    assert_ne!(element, CONTRACT);
    let person = |numbers: &[&str]| format!("<y:person><y:cpr>{}</y:cpr></y:person>", numbers.join("</y:cpr><y:cpr>"));
    for (persons, status, expected) in [
        (person(&[CPR, OTHER_CPR]), 200, ConnectorError::WrongPerson),
        (person(&[CPR, CPR, OTHER_CPR]), 200, ConnectorError::WrongPerson),
        (person(&[CPR]) + &person(&[OTHER_CPR]), 200, ConnectorError::WrongPerson),
        (person(&[CPR]) + &person(&[OTHER_CPR]), 404, ConnectorError::WrongPerson),
        (person(&[CPR, CPR]), 200, ConnectorError::ContractBroken),
        (person(&[CPR]) + &person(&[CPR]), 200, ConnectorError::ContractBroken),
    ] {
        let (source, set) = world_of(&element).await;
        answer(&source, "text/xml", status, envelope(&format!("<y:svar>{persons}{BENEFITS}</y:svar>")));
        assert_eq!(fetch(&set).await, Err(expected), "{status} {persons}");
        let after = fetch(&set).await;
        assert_eq!(after == Err(ConnectorError::CutOff), expected == ConnectorError::WrongPerson, "{persons}");
    }
    let (source, set) = world().await;
    let twice = format!("<y:svar cpr='{CPR}'>{BENEFITS}</y:svar><y:svar cpr='{OTHER_CPR}'/>");
    answer(&source, "text/xml", 200, envelope(&twice));
    assert_eq!(fetch(&set).await, Err(ConnectorError::WrongPerson), "in an attribute");
}

#[tokio::test]
async fn a_soap_fault_is_told_by_its_code_whatever_its_status_and_is_never_data() {
    use ConnectorError::{ContractBroken, CredentialsRefused, Status};
    let eleven = |code: &str| {
        envelope(&format!("<e:Fault><faultcode>{code}</faultcode><faultstring>{CPR}</faultstring></e:Fault>"))
    };
    let twelve = |code: &str| {
        let code = format!(
            "<s:Code><s:Value>{code}</s:Value></s:Code><s:Reason><s:Text>a</s:Text><s:Text>b</s:Text></s:Reason>"
        );
        format!(
            "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><s:Fault>{code}</s:Fault></s:Body></s:Envelope>"
        )
    };
    let table = [
        (200, "text/xml", eleven("e:Server"), Status(500)),
        (500, "text/xml", eleven("e:Server"), Status(500)),
        (500, "text/xml", eleven("e:Client"), ContractBroken),
        (500, "text/xml", eleven("wsse:FailedAuthentication"), CredentialsRefused(500)),
        (200, "text/xml", eleven("wsse:InvalidSecurityToken"), CredentialsRefused(200)),
        (500, "application/soap+xml", twelve("s:Receiver"), Status(500)),
        (400, "application/soap+xml; charset=utf-8", twelve("s:Sender"), ContractBroken),
        (404, "text/xml", eleven("e:Server"), Status(500)),
        (403, "text/xml", eleven("e:Server"), CredentialsRefused(403)),
        (503, "text/html", "<html>Fault</html>".to_owned(), Status(503)),
        (500, "text/xml", "<broken>Fault".to_owned(), Status(500)),
    ];
    for (status, content_type, body, expected) in table {
        let (source, set) = world().await;
        answer(&source, content_type, status, body.clone());
        let failed = fetch(&set).await;
        assert_eq!(failed, Err(expected), "{status} {body}");
        assert!(!format!("{failed:?} {expected}").contains(CPR), "nothing of its text");
    }
    let (source, set) = world().await;
    source.status("/soap", 404);
    assert_eq!(fetch(&set).await.map(|fetched| fetched.state()), Ok(SectionState::Empty), "a status without fault");
}

#[tokio::test]
async fn a_western_character_set_is_read_as_declared() {
    let (source, set) = world().await;
    let text = about(CPR, BENEFITS).replace("utf-8", "ISO-8859-1");
    // Every character of it is one of Unicode's first 256, which are those of ISO-8859-1.
    let bytes: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("a letter")).collect();
    source.on("/soap", move |_| xml("text/xml", 200, bytes.clone()));
    let fetched = fetch(&set).await.expect("an answer");
    let [Widget::Payment(payment)] = fetched.widgets.as_slice() else { panic!("one payment: {fetched:?}") };
    assert_eq!(payment.title, "Boligstøtte på Ærø & omegn");
}

#[tokio::test]
async fn r43_xml_that_costs_or_means_too_much_is_refused() {
    use ConnectorError::{ContractBroken, Malformed, TooLarge};
    let entities = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    let table = [
        ("no XML", "application/json", "{}".to_owned(), Malformed),
        ("XML called a page", "text/html", about(CPR, BENEFITS), Malformed),
        ("entities", "text/xml", format!("{entities}<a>&b;</a>"), Malformed),
        ("another file", "text/xml", "<!DOCTYPE a SYSTEM 'file:///etc/hostname'><a/>".to_owned(), Malformed),
        ("an instruction", "text/xml", about(CPR, "<?php?>"), Malformed),
        ("two lists", "text/xml", about(CPR, &BENEFITS.repeat(2)), ContractBroken),
        ("two persons", "text/xml", about(CPR, "<y:cpr>1</y:cpr><y:cpr>2</y:cpr>"), ContractBroken),
        ("too deep", "text/xml", about(CPR, &"<a>".repeat(5_000)), TooLarge),
        ("too many", "text/xml", about(CPR, &format!("<ydelser>{}</ydelser>", "<ydelse/>".repeat(10_001))), TooLarge),
    ];
    for (name, content_type, body, expected) in table {
        let (source, set) = world_of(&CONTRACT.replace("bodyKib: 64", "bodyKib: 256")).await;
        answer(&source, content_type, 200, body);
        assert_eq!(fetch(&set).await, Err(expected), "{name}");
    }
}
