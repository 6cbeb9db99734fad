//! Sources that speak the national data-source interface: asked, read and checked by it alone.

use crate::{
    services::{answer, asked, fetch, problems},
    source::Source,
    support::{CPR, OTHER_CPR, SERVICES, connector_set, request, request_from},
};
use overblik_connectors::{ConnectorError, ConnectorSet, Fetched};
use overblik_widgets::{Problem, ProblemType, SectionState};
use serde_json::{Value, json};

/// The system of the contract.
const SYSTEM: &str = "5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a42";

/// Where the contract's sources list their cases.
pub(crate) const CASES: &str = "/hentsagsliste/v2.0.1";

/// A contract of these models.
pub(crate) fn contract(models: &str) -> String {
    let (before, _) = SERVICES.split_once("  requests:\n").expect("requests");
    format!("{before}  orkestrering:\n    authorities: [\"0901\", \"0902\"]\n    models: [{models}]\n")
}

/// A model of cases, in a contract.
pub(crate) const CASE_MODEL: &str = "{ name: BorgervendtSag, version: 2.0.1 }";

/// A source of cases with this answer, and the set that asks it.
async fn cases(body: Value) -> (Source, ConnectorSet) {
    let source = Source::start().await;
    source.on(CASES, move |_| answer(&body));
    let set = connector_set(&contract(CASE_MODEL), &source.url);
    (source, set)
}

async fn fetch_cases(body: Value) -> Result<Fetched, ConnectorError> {
    let (_source, set) = cases(body).await;
    fetch(&set, request()).await
}

/// An answer about the citizen.
pub(crate) fn envelope(model: &str, version: &str, objects: &[Value]) -> Value {
    json!({ "datamodel": model, "version": version, "CPR-nr": CPR, "objekter": objects, "fejl": [] })
}

pub(crate) fn object(key: &str, data: &Value) -> Value {
    json!({ "kilde": { "ItSystemID": SYSTEM, "ItSystemnavn": "90000042-SAG", "MyndighedsId": "0901" }, key: data })
}

fn sag(changes: &[(&str, Value)]) -> Value {
    let mut sag = json!({ "CPR-nr": CPR, "titel": "Carport", "sagstatus": 2, "sagsId": "A-17" });
    for (key, value) in changes {
        sag[*key] = value.clone();
    }
    object("sag", &sag)
}

fn one_case(changes: &[(&str, Value)]) -> Value {
    envelope("BorgervendtSag", "2.0.1", &[sag(changes)])
}

/// The widgets as a display client gets them, without what has no value.
pub(crate) fn shown(fetched: &Fetched) -> Vec<Value> {
    fetched.widgets.iter().map(|widget| without_null(serde_json::to_value(widget).expect("JSON"))).collect()
}

fn without_null(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k, without_null(v))).collect()
        }
        other => other,
    }
}

/// The codes of a field in all widgets.
pub(crate) fn codes(fetched: &Fetched, field: &str) -> Vec<String> {
    let codes = shown(fetched).into_iter().filter_map(|widget| widget[field]["code"].as_str().map(str::to_owned));
    codes.collect()
}

// (c) What is sent.

#[tokio::test]
async fn it_is_asked_in_the_interface_s_words_for_the_authorities_and_the_display_client_of_the_agreement() {
    let (source, set) = cases(one_case(&[])).await;
    fetch(&set, request_from(Some("0901"))).await.expect("an answer");
    fetch(&set, request()).await.expect("an answer");
    let seen = source.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].uri.as_str()), ("POST", CASES));
    assert_eq!(seen[0].headers["x-api-key"], "test-key", "credentials are as the contract says");
    let bodies: Vec<Value> = seen.iter().map(|seen| serde_json::from_slice(&seen.body).expect("JSON")).collect();
    let unknown = json!({ "CPR-nr": CPR, "myndighedsliste": ["0901", "0902"], "visningsklientID": "overblik" });
    let mut known = unknown.clone();
    known["kommunenr"] = "0901".into();
    assert_eq!(bodies, [known, unknown], "what is not known is left out");
}

#[tokio::test]
async fn a_display_client_is_named_as_the_source_knows_it_and_a_path_is_the_contract_s() {
    let source = Source::start().await;
    source.on("/sager", |_| answer(&one_case(&[])));
    let id = "6d6f3c1e-8f0b-4b5e-9a53-0f7a5d8d1c11";
    let models = "{ name: BorgervendtSag, version: 2.0.1, path: /sager }";
    let contract = format!("{}    displayClients: {{ overblik: {id} }}\n", contract(models));
    fetch(&connector_set(&contract, &source.url), request()).await.expect("an answer");
    let body: Value = serde_json::from_slice(&source.seen()[0].body).expect("JSON");
    assert_eq!(body["visningsklientID"], id);
}

// (a) Names.

#[tokio::test]
async fn names_are_read_in_every_spelling_and_by_their_other_names() {
    let plain = fetch_cases(one_case(&[("senestOpdateret", json!("2026-11-02T10:00:00"))])).await.expect("an answer");
    let respelled = json!({
        "Datamodel": "BorgervendtSag", "VERSION": "2.0.1", "CprNr": CPR,
        "Objekter": [{
            "Kilde": { "it_system_id": SYSTEM, "Myndigheds-Id": "0901" },
            "Sag": { "Cpr_Nr": CPR, "Sagstitel": "Carport", "SagStatus": 2, "Sagsnummer": "A-17", "SenesteOpdatering": "2026-11-02T10:00:00" },
        }],
    });
    let respelled = fetch_cases(respelled).await.expect("an answer");
    assert_eq!((respelled.state(), shown(&respelled)), (SectionState::Ready, shown(&plain)));
    assert_eq!(shown(&plain)[0]["updated_at"], "2026-11-02T10:00:00+01:00");
}

#[tokio::test]
async fn a_name_in_two_spellings_breaks_the_contract() {
    for name in ["Titel", "TI_TEL", "sagstitel"] {
        assert_eq!(fetch_cases(one_case(&[(name, json!("x"))])).await, Err(ConnectorError::ContractBroken), "{name}");
    }
    let mut body = one_case(&[]);
    body["Fejl"] = json!([]);
    assert_eq!(fetch_cases(body).await, Err(ConnectorError::ContractBroken), "also at the top");
}

// (b) Versions.

#[tokio::test]
async fn another_version_or_model_than_declared_is_no_readable_answer() {
    for (model, version) in
        [("BorgervendtSag", "2.1.0"), ("BorgervendtSag", "0.8"), ("BorgervendtSag", ""), ("BorgervendtYdelse", "2.0.1")]
    {
        let failed = fetch_cases(envelope(model, version, &[sag(&[])])).await.expect_err("a failure");
        assert_eq!(failed, ConnectorError::Malformed, "{model} {version}");
        assert_eq!(failed.problem(), Problem::new(ProblemType::SourceFormat));
    }
    assert!(fetch_cases(envelope("BorgervendtSag", "2.0.7", &[sag(&[])])).await.is_ok());
    let mut unstated = one_case(&[]);
    unstated.as_object_mut().expect("an object").remove("version");
    assert_eq!(fetch_cases(unstated).await, Err(ConnectorError::Malformed));
}

#[tokio::test]
async fn sources_of_two_versions_of_a_model_are_shown_alike() {
    let new = fetch_cases(one_case(&[("oprettet", json!("2026-11-01"))])).await.expect("an answer");
    let source = Source::start().await;
    let draft = json!({ "CPR-nr": CPR, "sagstitel": "Carport", "status": "Behandles", "sagsnummer": "A-17", "oprettelsesdato": "2026-11-01" });
    let body = envelope("BorgervendtSag", "0.8", &[object("sag", &draft)]);
    source.on("/hentsagsliste/v0.8.0", move |_| answer(&body));
    let set = connector_set(&contract("{ name: BorgervendtSag, version: 0.8.0 }"), &source.url);
    let old = fetch(&set, request()).await.expect("an answer");
    assert_eq!(shown(&old), shown(&new));
}

// (d) Errors inside an answer.

#[tokio::test]
async fn errors_that_the_answer_reports_make_the_section_partial() {
    let mut body = one_case(&[]);
    let error = |name: &str, status: u16| json!({ "type": name, "title": "x", "status": status, "detail": "private", "ItSystemID": "another", "ItSystemnavn": "x" });
    body["fejl"] = json!([error("Data-source-timeout-error", 408), error("Data-source-error", 503)]);
    let fetched = fetch_cases(body).await.expect("an answer");
    assert_eq!((fetched.state(), fetched.widgets.len()), (SectionState::Partial, 1));
    let expected = [Problem::new(ProblemType::SourceTimeout), Problem::new(ProblemType::SourceError).with_status(503)];
    assert_eq!(fetched.problems, expected);

    let mut nothing_else = envelope("BorgervendtSag", "2.0.1", &[]);
    assert_eq!(fetch_cases(nothing_else.clone()).await.map(|fetched| fetched.state()), Ok(SectionState::Empty));
    nothing_else["fejl"] = json!([error("Circuit-breaker-error", 502)]);
    let fetched = fetch_cases(nothing_else).await.expect("an answer");
    assert_eq!((fetched.state(), problems(&fetched)), (SectionState::Partial, vec![ProblemType::CircuitBreaker]));
}

// (e) Enumerations.

#[tokio::test]
async fn enumerations_are_read_by_number_and_by_text_and_unknown_values_are_flagged() {
    let values = [json!(1), json!("2"), json!("Afgjort"), json!("4"), json!(5), json!(9), json!("Sovende")];
    let objects: Vec<Value> = values.into_iter().map(|status| sag(&[("sagstatus", status)])).collect();
    let fetched = fetch_cases(envelope("BorgervendtSag", "2.0.1", &objects)).await.expect("an answer");
    assert_eq!(fetched.state(), SectionState::Ready);
    let expected = ["created", "in_progress", "decided", "closed", "rejected", "unknown", "unknown"];
    assert_eq!(codes(&fetched, "status"), expected);
}

// (f) Whose the answer is.

#[tokio::test]
async fn one_number_of_somebody_else_anywhere_cuts_the_source_off() {
    let mut at_the_top = one_case(&[]);
    at_the_top["CPR-nr"] = OTHER_CPR.into();
    let mut in_the_origin = one_case(&[]);
    in_the_origin["objekter"][0]["kilde"]["cprnr"] = OTHER_CPR.into();
    let mut second_spelling = one_case(&[]);
    second_spelling["cpr_nr"] = OTHER_CPR.into();
    let mut of_another_model = one_case(&[("Personnummer", json!(OTHER_CPR))]);
    of_another_model["datamodel"] = "BorgervendtYdelse".into();
    let mut among_errors = one_case(&[]);
    among_errors["fejl"] = json!([{ "type": "x", "CPRnr": OTHER_CPR }]);
    let in_the_case = one_case(&[("CPR-nr", json!(OTHER_CPR))]);
    for body in [at_the_top, in_the_origin, second_spelling, of_another_model, among_errors, in_the_case] {
        let (source, set) = cases(body.clone()).await;
        assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongPerson), "{body}");
        assert_eq!(fetch(&set, request()).await, Err(ConnectorError::CutOff));
        assert_eq!(asked(&source, CASES), 1, "it is not asked any more");
    }
}

#[tokio::test]
async fn an_answer_that_names_nobody_is_not_shown() {
    let mut body = one_case(&[]);
    body.as_object_mut().expect("an object").remove("CPR-nr");
    body["objekter"][0]["sag"].as_object_mut().expect("an object").remove("CPR-nr");
    assert_eq!(fetch_cases(body).await, Err(ConnectorError::ContractBroken));
}

#[tokio::test]
async fn data_of_an_authority_without_an_agreement_cut_the_source_off() {
    let mut body = envelope("BorgervendtSag", "2.0.1", &[sag(&[]), sag(&[])]);
    body["objekter"][1]["kilde"]["MyndighedsId"] = "0101".into();
    let (_source, set) = cases(body).await;
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongAuthority));
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::CutOff));
    let mut unstated = one_case(&[]);
    unstated["objekter"][0]["kilde"].as_object_mut().expect("an object").remove("MyndighedsId");
    assert_eq!(fetch_cases(unstated).await, Err(ConnectorError::ContractBroken), "objects that say nobody's");
}

#[tokio::test]
async fn an_answer_of_another_system_is_not_shown() {
    let mut body = one_case(&[]);
    body["objekter"][0]["kilde"]["ItSystemID"] = "0f52fab1-6c18-448e-99c3-6f68e343d52b".into();
    assert_eq!(fetch_cases(body).await, Err(ConnectorError::ContractBroken));
    let mut unstated = one_case(&[]);
    unstated["objekter"][0]["kilde"].as_object_mut().expect("an object").remove("ItSystemID");
    assert!(fetch_cases(unstated).await.is_ok());
}

#[tokio::test]
async fn several_models_are_one_section_and_one_that_fails_makes_it_partial() {
    let source = Source::start().await;
    source.on(CASES, |_| answer(&one_case(&[])));
    let credential = object("akkreditiv", &json!({ "type": "Kørekort" }));
    source.on("/hentakkreditivliste/v0.1.0", move |_| {
        answer(&envelope("BorgervendtAkkreditiv", "0.1.0", std::slice::from_ref(&credential)))
    });
    let models = format!("{CASE_MODEL}, {{ name: BorgervendtAkkreditiv, version: 0.1.0 }}");
    let set = connector_set(&contract(&models), &source.url);
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!((fetched.state(), fetched.widgets.len()), (SectionState::Ready, 2));
    source.status("/hentakkreditivliste/v0.1.0", 503);
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!(
        (fetched.state(), fetched.widgets.len(), problems(&fetched)),
        (SectionState::Partial, 1, vec![ProblemType::SourceError])
    );
}

#[tokio::test]
async fn the_oldest_object_tells_how_old_the_answer_is() {
    let mut body = envelope("BorgervendtSag", "2.0.1", &[sag(&[]), sag(&[]), sag(&[])]);
    body["objekter"][0]["kilde"]["hentet"] = "2026-11-22T10:00:00".into();
    body["objekter"][1]["kilde"]["hentet"] = "2026-11-22T09:00:00".into();
    let as_of = fetch_cases(body).await.expect("an answer").as_of.expect("a time");
    assert_eq!(serde_json::to_value(as_of).expect("JSON"), "2026-11-22T09:00:00+01:00");
}
