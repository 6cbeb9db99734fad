//! One list of several kinds of things and lists within lists, in XML: what is shown of them, and that the kit's faults
//! find their way through them.

use std::path::{Path, PathBuf};

use overblik_connectors::kit::{self, Case, Contract, Verdict};
use overblik_widgets::SectionState;
use serde_json::Value;

use crate::{
    generated::assert_current,
    kit::{Copy, failed, of},
};

const SOURCE: &str = "birkelund/recalls";
const ANSWER: &str = "examples/alone/search.xml";

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recalls")
}

fn contract() -> Contract {
    Contract::read(&contracts().join(SOURCE)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[tokio::test]
async fn the_kit_tests_conditions_filters_and_lists_in_lists() {
    let contract = contract();
    for case in Case::read_all(&contract.examples()).0 {
        let (result, _) = kit::replay(&contract, &case).await.expect("a result");
        let golden = serde_json::to_string_pretty(&result.golden()).expect("JSON");
        let file = format!("crates/connectors/tests/recalls/{SOURCE}/examples/{}/widgets.json", case.name);
        assert_current(&file, &format!("{golden}\n"));
    }
    let checks = kit::test(&contract).await;
    let failed: Vec<_> = failed(&checks).into_iter().map(|check| format!("{check:?}")).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for id in [
        "content.empty-list",
        "content.missing-list",
        "content.item-without-required:widgets[1]",
        "content.item-without-required:widgets[3]",
        "content.nulls:widgets[0]",
        "content.unknown-code:widgets[0].state",
    ] {
        assert_eq!(of(&checks, id).verdict, Verdict::Passed, "{id}");
    }
    // What is also of another entry of the list, or tells of which it is, is left as it is.
    for id in ["content.item-without-required:widgets[0]", "content.item-without-required:widgets[2]"] {
        assert_eq!(of(&checks, id).verdict, Verdict::NotApplicable, "{id}");
    }
}

#[tokio::test]
async fn every_recall_is_shown_where_it_belongs() {
    let contract = contract();
    let case = Case::read(&contract.examples().join("family")).expect("a case");
    let (result, _) = kit::replay(&contract, &case).await.expect("a result");
    let widgets = serde_json::to_value(&result.widgets).expect("JSON");
    let titles: Vec<_> =
        widgets.as_array().into_iter().flatten().filter_map(|widget| widget["title"].as_str()).collect();
    let expected = ["Tandlæge", "Tandlæge", "Bestil tid hos tandlægen", "Nørre Allé", "Søren: Østre Skole", "Bo"];
    assert_eq!((titles, result.left_out), (expected.to_vec(), 0));
    assert_eq!(widgets[4]["due_on"], Value::from("2027-01-04"));
}

/// What becomes of a small answer after changes, and what whoever tries the contract is told.
async fn tried(changes: &[(&str, &str, &str)]) -> (SectionState, Vec<String>) {
    let copy = Copy::from(&contracts(), SOURCE);
    for (file, from, to) in changes {
        copy.change(file, from, to);
    }
    let contract = copy.contract();
    let case = Case::read(&contract.examples().join("alone")).expect("a case");
    let (result, _) = kit::replay(&contract, &case).await.expect("a result");
    (result.state, result.reasons.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn whoever_tries_it_is_told_which_condition_and_which_list() {
    let (state, reasons) = tried(&[(ANSWER, "type=\"ordinaer\"", "type=\"ny\"")]).await;
    assert_eq!(state, SectionState::Partial);
    assert!(reasons.iter().any(|reason| reason.contains("spec.widgets[0].where[0].in")), "{reasons:?}");
    let (_, reasons) = tried(&[("connector.yaml", "\"$.Tid\", exists: false", "\"$.Tid\", exists: true")]).await;
    assert!(reasons.iter().any(|reason| reason.contains("spec.widgets[0].where[1].exists")), "{reasons:?}");
    let (_, reasons) = tried(&[("connector.yaml", "      optional: true\n", "")]).await;
    assert!(reasons.iter().any(|reason| reason.contains("spec.widgets[3].each ")), "{reasons:?}");
}

#[tokio::test]
async fn lists_that_may_be_absent_and_are_say_nothing_without_a_word() {
    let limit = "      limit: 50\n";
    let optional = ("connector.yaml", limit, "      limit: 50\n      optional: true\n");
    let once = ("connector.yaml", "      optional: true\n      where: { path", "      where: { path");
    // A list of XML that is declared is there as soon as its parent is.
    let undeclared = ("connector.yaml", "[Indkaldelser/Indkaldelse, ", "[");
    let renamed = [(ANSWER, "<t:Indkaldelse ", "<t:Indkaldt "), (ANSWER, "</t:Indkaldelse>", "</t:Indkaldt>")];
    let (state, reasons) = tried(&[once, optional, undeclared, renamed[0], renamed[1]]).await;
    assert_eq!(state, SectionState::Invalid);
    assert!(reasons.iter().any(|reason| reason.contains("spec.requests.search.emptyWhen")), "{reasons:?}");
}

#[test]
fn what_is_chosen_and_hidden_is_shown_in_words() {
    let words = kit::plain_words(&contract());
    for line in [
        "only items in which $['@type'] is one of: ordinaer, akut",
        "only items with something at $.Tid",
        "only items with nothing at $.Tid",
        "each item of $.Indkaldelser.Boern.Barn[*].Indkaldelse, which may be absent, at most 50",
    ] {
        assert!(words.contains(line), "{line}: {words}");
    }
    let hidden = "ITEMS ARE HIDDEN, and nobody is told, which this path leaves out";
    assert!(!words.contains(hidden), "{words}");
    let copy = Copy::from(&contracts(), SOURCE);
    copy.change("connector.yaml", "Barn[*].Indkaldelse\"", "Barn[*].Indkaldelse[?@.Status == 'B']\"");
    let words = kit::plain_words(&copy.contract());
    assert!(words.contains(hidden), "{words}");
}
