//! The conformance kit: shipped contracts pass it, and each of its checks can fail.

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::{body::Body, response::Response};
use overblik_connectors::{
    AddressPolicy, Endpoint,
    kit::{self, Case, Check, ConnectSettings, Contract, LiveSettings, Verdict},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    source::Source,
    support::{CPR, OTHER_CPR},
};

fn shipped(source: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/authorities").join(source)
}

/// A copy of a source's folder, to be changed.
pub(crate) struct Copy {
    _directory: TempDir,
    pub(crate) folder: PathBuf,
}

impl Copy {
    pub(crate) fn of(source: &str) -> Self {
        let copy = Self::from(&shipped(""), source);
        // Faults that wait for the limit are waited for in every test.
        copy.change("connector.yaml", "timeoutMs: 3000", "timeoutMs: 1500");
        copy
    }

    /// A source's folder among others.
    pub(crate) fn from(contracts: &Path, source: &str) -> Self {
        let directory = TempDir::new().expect("a directory");
        let folder = directory.path().join(source);
        copy(&contracts.join(source), &folder);
        Self { _directory: directory, folder }
    }

    pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(from), "{file} holds no {from}");
        fs::write(&path, text.replace(from, to)).expect("written");
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.folder.join(file)).expect("a file to remove");
    }

    pub(crate) fn contract(&self) -> Contract {
        Contract::read(&self.folder).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    }

    pub(crate) async fn checks(&self) -> Vec<Check> {
        kit::test(&self.contract()).await
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let from = entry.expect("an entry").path();
        let to = to.join(from.file_name().expect("a name"));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copied");
        }
    }
}

pub(crate) fn of<'c>(checks: &'c [Check], id: &str) -> &'c Check {
    let ids: Vec<_> = checks.iter().map(|check| check.id.as_str()).collect();
    checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no {id} among {ids:?}"))
}

pub(crate) fn assert_failed(checks: &[Check], id: &str, reason: &str) {
    let check = of(checks, id);
    assert_eq!(check.verdict, Verdict::Failed, "{check:?}");
    assert!(check.reason.as_ref().is_some_and(|told| told.contains(reason)), "{check:?}");
}

pub(crate) fn failed(checks: &[Check]) -> Vec<&Check> {
    checks.iter().filter(|check| check.verdict == Verdict::Failed).collect()
}

#[tokio::test]
async fn answers_in_xml_are_changed_like_any_others() {
    let copy = Copy::of("licence-agency/deadlines");
    let checks = copy.checks().await;
    assert!(failed(&checks).is_empty(), "{:#?}", failed(&checks));
    for id in [
        "person.another:overview",
        "person.unnamed:overview",
        "content.empty-list",
        "content.missing-list",
        "content.unknown-fields",
        "content.item-without-required:widgets[1]",
        "content.nulls:widgets[0]",
        "content.unknown-code:widgets[1].state",
        "recordings.cover:widgets[0]",
    ] {
        assert_eq!(of(&checks, id).verdict, Verdict::Passed, "{:?}", of(&checks, id));
    }
    let path = "identity: { path: \"$.Envelope.Body.HentOversigtSvar.CPRNummer\" }";
    copy.change("connector.yaml", path, "identity: { none: \"the answers of this system name nobody\" }");
    copy.change("connector.yaml", "$.SidsteDag", "$.Sidstedag");
    let checks = copy.checks().await;
    assert_failed(&checks, "person.another:overview", "let \"identity\" say so");
    assert_failed(&checks, "recording:family", "$.state");
    let cover = of(&checks, "recordings.cover:widgets[0]");
    assert!(cover.reason.as_ref().is_some_and(|reason| reason.contains("due_on")), "{cover:?}");
}

#[tokio::test]
async fn a_later_page_and_a_header_that_only_rust_reads_are_checked_for_their_person_too() {
    for (source, id) in [
        ("birkerup/child-book", "person.another-on-a-later-page:entries"),
        ("region-birkeland/appointments", "person.another:answer"),
        ("region-birkeland/appointments", "person.unnamed:answer"),
    ] {
        let checks = Copy::of(source).checks().await;
        assert_eq!(of(&checks, id).verdict, Verdict::Passed, "{:?}", of(&checks, id));
    }
    // A book of one page says nothing about later ones, and the kit does not claim that it does.
    let copy = Copy::of("birkerup/child-book");
    for page in ["entries.2.json", "entries.3.json"] {
        copy.remove(&format!("examples/three-pages/{page}"));
    }
    let checks = copy.checks().await;
    assert_failed(&checks, "person.another-on-a-later-page:entries", "no recording has a second page");
}

#[tokio::test]
async fn a_source_of_data_models_is_tested_like_any_other() {
    let contract = Contract::read(&shipped("birkerup/cases")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let checks = kit::test(&contract).await;
    assert!(failed(&checks).is_empty(), "{:#?}", failed(&checks));
    for id in ["person.another:BorgervendtSag", "authority.another:BorgervendtSag", "fault.status-404"] {
        assert_eq!(of(&checks, id).verdict, Verdict::Passed);
    }
    let words = kit::plain_words(&contract);
    for line in [
        "  BorgervendtSag: POST /hentsagsliste/v2.0.0, version 2.0.1, with the citizen's number in the body",
        "  an answer is dropped unless every MyndighedsId in it is one of 0901, 0902",
        "  case from BorgervendtSag, each item of $.objekter, at most 200:",
    ] {
        assert!(words.contains(line), "{words}");
    }
    let copy = Copy::of("birkerup/cases");
    copy.change("connector.yaml", ", path: /hentsagsliste/v2.0.0", "");
    let checks = copy.checks().await;
    assert!(failed(&checks).is_empty(), "a path of the model's own: {:#?}", failed(&checks));
}

#[tokio::test]
async fn a_contract_that_does_not_look_whom_the_answer_is_about_fails_if_the_answer_says_it() {
    let copy = Copy::of("public-payments/payments");
    let none = "identity: { none: \"the answers of this system name nobody\" }";
    copy.change("connector.yaml", "identity: { path: \"$['CPR-nr']\" }", none);
    let checks = copy.checks().await;
    assert_failed(&checks, "person.another:overview", "at /CPR-nr");
    for case in ["debt", "family", "nothing", "overdue", "partly-overdue"] {
        let file = format!("examples/{case}/overview.json");
        let text = fs::read_to_string(copy.folder.join(&file)).expect("a recording");
        let mut answer: Value = serde_json::from_str(&text).expect("JSON");
        answer.as_object_mut().expect("an object").remove("CPR-nr");
        fs::write(copy.folder.join(&file), answer.to_string()).expect("written");
    }
    let checks = copy.checks().await;
    let check = of(&checks, "person.another:overview");
    assert_eq!(check.verdict, Verdict::NotApplicable);
    assert!(check.reason.as_ref().is_some_and(|reason| reason.contains("name nobody")), "{check:?}");
}

#[tokio::test]
async fn another_result_than_the_golden_one_is_told_at_its_place() {
    let copy = Copy::of("public-payments/payments");
    copy.change("connector.yaml", "\"$.titel\"", "\"$.fordringshaver\"");
    copy.remove("examples/debt/widgets.json");
    let checks = copy.checks().await;
    assert_failed(&checks, "recording:family", "$.widgets[0].title: expected");
    assert_failed(&checks, "recording:debt", "--accept");
}

#[tokio::test]
async fn paths_that_lead_nowhere_are_found() {
    let copy = Copy::of("public-payments/payments");
    copy.change("connector.yaml", "\"$.betalingslink\"", "\"$.linkTilBetaling\"");
    let checks = copy.checks().await;
    let check = of(&checks, "recordings.cover:widgets[0]");
    assert_eq!(check.verdict, Verdict::NotApplicable);
    assert!(check.reason.as_ref().is_some_and(|reason| reason.contains("link")), "{check:?}");
    copy.change("connector.yaml", "each: \"$.betalinger\"", "each: \"$.krav\"");
    let checks = copy.checks().await;
    assert_failed(&checks, "recordings.cover:widgets[0]", "no recording has an item");
    assert_failed(&checks, "content.empty-list", "the section is invalid, not empty");
}

#[tokio::test]
async fn a_person_who_is_only_named_in_items_makes_nothing_unsayable() {
    let copy = Copy::of("public-payments/payments");
    copy.change("connector.yaml", "$['CPR-nr']", "$.betalinger[*].cpr");
    for case in ["debt", "family", "overdue", "partly-overdue"] {
        let number = Case::read(&copy.folder.join("examples").join(case)).expect("a case").citizen().to_owned();
        let named = format!("\"cpr\": \"{number}\", \"titel\":");
        copy.change(&format!("examples/{case}/overview.json"), "\"titel\":", &named);
    }
    let checks = copy.checks().await;
    assert_eq!(of(&checks, "person.another:overview").verdict, Verdict::Passed);
    assert_failed(&checks, "content.empty-list", "not empty");
    assert_failed(&checks, "recording:nothing", "$.state");
}

#[tokio::test]
async fn a_status_that_is_no_longer_nothing_and_a_missing_recording_are_found() {
    let copy = Copy::of("birkerup/daycare");
    copy.change("connector.yaml", "      emptyStatus: [404]\n", "");
    let checks = copy.checks().await;
    assert_failed(&checks, "recording:twins-never-enrolled", "$.state: expected \"ready\", came \"partial\"");
    assert_eq!(of(&checks, "fault.status-404").came, "failed, unexpected status 404");
    let copy = Copy::of("birkerup-libraries/library");
    for case in fs::read_dir(copy.folder.join("examples")).expect("cases") {
        let titles = case.expect("a case").path().join("titles.json");
        if titles.exists() {
            fs::remove_file(titles).expect("removed");
        }
    }
    let checks = copy.checks().await;
    assert_failed(&checks, "part.lookup-fails:titles", "no recording has an answer");
    assert_failed(&checks, "recording:family", "$.");
}

#[tokio::test]
async fn a_number_that_could_be_a_person_s_is_refused_in_recordings() {
    let copy = Copy::of("public-payments/payments");
    let real = ["01", "01019", "001"].concat();
    copy.change("examples/debt/overview.json", "\"titel\":", &format!("\"kontakt\": \"{real}\", \"titel\":"));
    assert_failed(&copy.checks().await, "recordings.fictitious", "debt/overview");
    let exchange = copy.folder.join("examples/debt/exchange.yaml");
    fs::write(exchange, format!("citizen: \"{real}\"\n")).expect("written");
    let checks = copy.checks().await;
    assert_failed(&checks, "recordings.readable", "fictitious");
    assert!(!format!("{checks:?}").contains(&real));
}

#[tokio::test]
async fn a_contract_without_recordings_fails() {
    let copy = Copy::of("public-payments/payments");
    fs::remove_dir_all(copy.folder.join("examples")).expect("removed");
    let checks = copy.checks().await;
    assert_eq!(checks.len(), 1);
    assert_failed(&checks, "recordings.readable", "no case");
}

pub(crate) fn live(source: &Source) -> LiveSettings {
    LiveSettings {
        connect: ConnectSettings {
            endpoint: Endpoint { base_url: Some(source.url.clone()), ..Endpoint::default() },
            shows_credentials: false,
            address_policy: AddressPolicy::LoopbackAllowed,
        },
        citizen: CPR.to_owned(),
        other_citizen: Some(OTHER_CPR.to_owned()),
        citizen_without_data: None,
        municipality: None,
        calls: 3,
    }
}

const OVERVIEW: &str = "/gaeldogbetaling/v1/oversigt";

/// A payments system that answers about whoever it makes of the citizen asked about.
pub(crate) async fn payments_about(whom: impl Fn(&str) -> String + Send + Sync + 'static) -> Source {
    let source = Source::start().await;
    source.on(OVERVIEW, move |seen| {
        let asked: Value = serde_json::from_slice(&seen.body).expect("JSON");
        let number = whom(asked["CPR-nr"].as_str().expect("a number"));
        let payment = json!({ "titel": "Rottebekæmpelse", "beloebOere": 18_250 });
        let answer = json!({ "CPR-nr": number, "opgjortTidspunkt": "2026-11-22T10:00:00", "betalinger": [payment] });
        let response = Response::builder().header("content-type", "application/json");
        response.body(Body::from(answer.to_string())).expect("an answer")
    });
    source
}

#[tokio::test]
async fn a_test_endpoint_is_asked_about_two_citizens_and_measured() {
    let copy = Copy::of("public-payments/payments");
    let source = payments_about(str::to_owned).await;
    let settings = LiveSettings { citizen_without_data: Some("6301010003".to_owned()), ..live(&source) };
    let checks = kit::test_at(&copy.contract(), &settings).await.expect("checks");
    for id in ["live.answers", "live.whole", "live.about-the-citizen", "live.two-citizens-at-once", "live.latency"] {
        assert_eq!(of(&checks, id).verdict, Verdict::Passed, "{:?}", of(&checks, id));
    }
    assert_failed(&checks, "live.nothing", "the section is ready");
    assert_eq!(of(&checks, "live.something").verdict, Verdict::Passed);
    assert!(source.seen().iter().all(|seen| !seen.uri.contains(CPR)));
}

#[tokio::test]
async fn nothing_about_everybody_is_no_test_and_an_answer_that_cannot_be_read_is_not_late() {
    let copy = Copy::of("public-payments/payments");
    let identity = "identity: { path: \"$['CPR-nr']\" }";
    let of_overview = format!("{identity}\n      asOf");
    copy.change("connector.yaml", &of_overview, &format!("{identity}\n      emptyStatus: [404]\n      asOf"));
    copy.change("connector.yaml", "/oversigt", "/overzicht");
    // The source knows no such path, and says 404 to everybody.
    let source = Source::start().await;
    let nowhere = |_| Response::builder().status(404).body(Body::empty()).expect("an answer");
    source.on("/gaeldogbetaling/v1/overzicht", nowhere);
    let checks = kit::test_at(&copy.contract(), &live(&source)).await.expect("checks");
    assert_failed(&checks, "live.something", "nothing about anybody");
    let why = of(&checks, "live.something").reasons.first().expect("a reason").to_string();
    assert!(why.contains("emptyStatus") && why.contains("status 404") && why.contains("mistyped path"), "{why}");

    let copy = Copy::of("public-payments/payments");
    copy.change("connector.yaml", "each: \"$.betalinger\"", "each: \"$.betaling\"");
    let source = payments_about(str::to_owned).await;
    let checks = kit::test_at(&copy.contract(), &live(&source)).await.expect("checks");
    assert_failed(&checks, "live.latency", "cannot be told: a section is invalid");
    assert_failed(&checks, "live.answers", "breaks the contract");
}

#[tokio::test]
async fn a_test_endpoint_that_answers_the_same_about_everybody_fails() {
    let copy = Copy::of("public-payments/payments");
    let source = payments_about(|_| CPR.to_owned()).await;
    let checks = kit::test_at(&copy.contract(), &live(&source)).await.expect("checks");
    assert_eq!(of(&checks, "live.about-the-citizen").verdict, Verdict::Passed);
    assert_failed(&checks, "live.two-citizens-at-once", "about another person");
}

#[tokio::test]
async fn r40_a_test_endpoint_of_this_machine_is_asked_only_when_that_is_allowed() {
    let copy = Copy::of("public-payments/payments");
    let source = payments_about(str::to_owned).await;
    let mut settings = live(&source);
    settings.connect.address_policy = AddressPolicy::Production;
    let refused = kit::test_at(&copy.contract(), &settings).await.expect_err("refused");
    assert!(refused.to_string().contains("must start with https://"), "{refused}");
    assert!(source.seen().is_empty());
}

#[tokio::test]
async fn r50_nobody_real_is_asked_about() {
    let copy = Copy::of("public-payments/payments");
    let source = payments_about(str::to_owned).await;
    let real = ["01", "01010001"].concat();
    let refused =
        kit::ask_at(&copy.contract(), &live(&source).connect, &real, None, None, overblik_widgets::Language::Da)
            .await
            .expect_err("refused")
            .to_string();
    assert!(refused.contains("fictitious") && !refused.contains(&real), "{refused}");
    assert!(source.seen().is_empty());
}

#[tokio::test]
async fn r52_where_a_source_sends_something_back_no_answer_without_it_is_believed() {
    let copy = Copy::of("licence-agency/deadlines");
    copy.change("connector.yaml", "\n  limits:", "\n  echo: { header: X-Correlation-ID }\n  limits:");
    let checks = copy.checks().await;
    assert!(failed(&checks).is_empty(), "{:#?}", failed(&checks));
    for id in ["missing", "missing-404", "of-another", "of-another-404"] {
        assert_eq!(of(&checks, &format!("fault.echo-{id}")).verdict, Verdict::Passed);
    }
}
