//! Why an answer is not shown: told to the author of a contract with its place in the contract, and to nobody else.

use axum::{body::Body, response::Response};
use overblik_connectors::{
    Reason,
    kit::{self, Case},
};
use overblik_widgets::SectionState;

use crate::{
    kit::{Copy, live},
    source::Source,
    support::CPR,
};

const PAYMENTS: &str = "public-payments/payments";
const DEADLINES: &str = "licence-agency/deadlines";

async fn tried(copy: &Copy, case: &str) -> (SectionState, Vec<Reason>) {
    let contract = copy.contract();
    let case = Case::read(&contract.examples().join(case)).expect("a case");
    let (result, _) = kit::replay(&contract, &case).await.expect("a result");
    (result.state, result.reasons)
}

/// One mistake in a contract or a recording, and what its author reads.
struct Mistake {
    source: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    state: SectionState,
    path: &'static str,
    expected: &'static str,
    found: &'static str,
}

const ANSWER: &str = "examples/family/overview.json";
const XML_ANSWER: &str = "examples/family/overview.xml";

#[expect(clippy::too_many_lines, reason = "a row for each mistake")]
fn mistakes() -> Vec<Mistake> {
    use SectionState::{Failed, Invalid, Partial, Ready};
    let of = |source, file, from, to, state, path, expected, found| Mistake {
        source,
        file,
        from,
        to,
        state,
        path,
        expected,
        found,
    };
    let payments =
        |from, to, state, path, expected, found| of(PAYMENTS, "connector.yaml", from, to, state, path, expected, found);
    let answer = |from, to, state, path, expected, found| of(PAYMENTS, ANSWER, from, to, state, path, expected, found);
    let xml =
        |file, from, to, state, path, expected, found| of(DEADLINES, file, from, to, state, path, expected, found);
    vec![
        payments(
            "$['CPR-nr']",
            "$['CPR-number']",
            Invalid,
            "spec.requests.overview.identity.path",
            "the number of the citizen",
            "nothing; $ is an object with CPR-nr, antal, betalinger, opgjortTidspunkt",
        ),
        payments(
            "$.betalinger",
            "$.betaling",
            Invalid,
            "spec.widgets[0].each",
            "a list",
            "nothing; $ is an object with CPR-nr, antal, betalinger, opgjortTidspunkt",
        ),
        payments(
            "formats: [\"yyyy-MM-ddTHH:mm:ss\"]",
            "formats: [\"dd-MM-yyyy HH:mm\"]",
            Partial,
            "spec.requests.overview.asOf.path",
            "a time as dd-MM-yyyy HH:mm",
            "the text \"2026-11-22T10:00:00\"",
        ),
        payments(
            "$.forfaldsdato\", as: date, formats: [iso]",
            "$.forfaldsdato\", as: date, formats: [\"dd.MM.yyyy\"]",
            Partial,
            "spec.widgets[0].fields.due_on.path",
            "a date as dd.MM.yyyy",
            "the text \"2026-12-01\"",
        ),
        payments(
            "$.titel",
            "$.title",
            Invalid,
            "spec.widgets[0].fields.title.path",
            "a value, without which the item is left out: a text",
            "nothing; $ is an object with beloebOere,",
        ),
        payments(
            "\"1\": coming\n",
            "\"9\": coming\n",
            Ready,
            "spec.widgets[0].fields.status.list",
            "a code of the list",
            "the text \"1\"",
        ),
        payments("limit: 100", "limit: 1", Partial, "spec.widgets[0].limit", "at most 1 items", "2"),
        answer(
            "\"6103880002\"",
            "\"6201010002\"",
            Failed,
            "spec.requests.overview.identity.path",
            "the number of the citizen",
            "another one",
        ),
        answer(
            "\"antal\": 2,",
            "\"antal\": 2",
            Invalid,
            "spec.requests.overview.format",
            "JSON",
            "no JSON: expected `,`",
        ),
        xml(
            "connector.yaml",
            "Body.HentOversigtSvar.CPRNummer",
            "Body.HentOversigt.CPRNummer",
            Invalid,
            "spec.requests.overview.identity.path",
            "the number of the citizen",
            "nothing; $.Envelope.Body is an object with HentOversigtSvar",
        ),
        xml(
            "connector.yaml",
            "      format: xml\n      xml: { repeated: [Poster/Post] }\n",
            "",
            Invalid,
            "spec.requests.overview.format",
            "JSON",
            "this is XML; add \"format: xml\"",
        ),
        xml(
            "connector.yaml",
            "Poster/Post",
            "Poster/Poste",
            Invalid,
            "spec.requests.overview.format",
            "XML of one reading",
            "an element that stands several times, Poster/Post; if they are a list, write Poster/Post in \"repeated\"",
        ),
        xml(
            "connector.yaml",
            "in: [FRIST]",
            "in: [FRISTER]",
            Partial,
            "spec.widgets[0].where.in",
            "a code that a mapping of this list names",
            "the text \"FRIST\"",
        ),
        xml(
            XML_ANSWER,
            "?>",
            "?><!DOCTYPE x>",
            Invalid,
            "spec.requests.overview.format",
            "XML of one reading",
            "no XML that is read here, at byte ",
        ),
    ]
}

#[tokio::test]
async fn an_author_reads_where_the_answer_is_not_what_the_contract_says() {
    for Mistake { source, file, from, to, state, path, expected, found } in mistakes() {
        let copy = Copy::of(source);
        copy.change(file, from, to);
        let (result, reasons) = tried(&copy, "family").await;
        assert_eq!(result, state, "{from} -> {to}: {reasons:#?}");
        let reason = reasons.iter().find(|reason| reason.path == path);
        let reason = reason.unwrap_or_else(|| panic!("{from} -> {to}: no {path} in {reasons:#?}"));
        assert_eq!(reason.call, "overview");
        assert!(reason.expected.starts_with(expected), "{from} -> {to}: {reason:#?}");
        assert!(reason.found.contains(found), "{from} -> {to}: {reason:#?}");
        assert!(reason.line.is_some_and(|line| line > 20), "{reason:#?}");
    }
}

#[tokio::test]
async fn an_answer_as_the_contract_says_has_no_reasons() {
    for source in [PAYMENTS, DEADLINES, "birkerup-libraries/library"] {
        let (state, reasons) = tried(&Copy::of(source), "family").await;
        assert_eq!((state, reasons), (SectionState::Ready, Vec::new()), "{source}");
    }
}

#[tokio::test]
async fn items_that_are_left_out_are_told_with_their_place_in_the_list() {
    let copy = Copy::of(PAYMENTS);
    copy.change(ANSWER, "\"beloebOere\": 409800,\n      \"betalingslink\": null", "\"betalingslink\": null");
    let (state, reasons) = tried(&copy, "family").await;
    assert_eq!(state, SectionState::Partial);
    let [reason] = reasons.as_slice() else { panic!("{reasons:#?}") };
    assert_eq!((reason.path.as_str(), reason.items.as_slice()), ("spec.widgets[0].fields.amount.path", &[1][..]));
    assert_eq!(reason.written.as_deref(), Some("$.beloebOere"));
    let told = reason.to_string();
    assert!(told.contains(", answer to overview, item 1: expected a value, without which"), "{told}");
}

#[tokio::test]
async fn r61_what_a_test_endpoint_holds_is_told_by_its_shape_and_no_number_of_a_person_is() {
    let copy = Copy::of(PAYMENTS);
    let source = Source::start().await;
    source.on("/gaeldogbetaling/v1/oversigt", |_| {
        let body = format!(
            "{{\"CPR-nr\": \"{CPR}\", \"opgjortTidspunkt\": \"Hemmelig 7\", \"betalinger\": [{{\"titel\": [\"{CPR}\"]}}]}}"
        );
        Response::builder().header("content-type", "application/json").body(Body::from(body)).expect("an answer")
    });
    let settings = live(&source);
    let result = kit::ask_at(&copy.contract(), &settings.connect, CPR, None, None, overblik_widgets::Language::Da)
        .await
        .expect("a result");
    assert_eq!(result.state, SectionState::Invalid);
    let told: Vec<_> = result.reasons.iter().map(Reason::to_string).collect();
    let told = told.join("\n");
    assert!(told.contains("a text like \"Aaaaaaaa 9\""), "{told}");
    assert!(!told.contains("Hemmelig") && !told.contains(CPR), "{told}");
}

#[tokio::test]
async fn a_citizen_who_lives_elsewhere_is_not_asked_about() {
    let copy = Copy::of(PAYMENTS);
    copy.change("connector.yaml", "coverage: everywhere", "coverage: { municipalities: [\"0901\"] }");
    let source = Source::start().await;
    let municipality = overblik_connectors::Municipality::parse("0903");
    let result =
        kit::ask_at(&copy.contract(), &live(&source).connect, CPR, municipality, None, overblik_widgets::Language::Da)
            .await
            .expect("a result");
    assert_eq!(result.state, SectionState::NotCovered);
    assert_eq!(result.reasons.first().map(|reason| reason.path.as_str()), Some("spec.source.coverage"));
    assert!(source.seen().is_empty());
}

#[tokio::test]
async fn a_source_that_is_not_there_is_told_as_that() {
    let copy = Copy::of(PAYMENTS);
    let source = Source::start().await;
    let mut settings = live(&source);
    settings.connect.endpoint.base_url = Some("http://127.0.0.1:9".parse().expect("an address"));
    let result = kit::ask_at(&copy.contract(), &settings.connect, CPR, None, None, overblik_widgets::Language::Da)
        .await
        .expect("a result");
    let told = result.reasons.first().map(Reason::to_string).unwrap_or_default();
    assert!(told.contains("is the source running, is the address right"), "{told}");
}
