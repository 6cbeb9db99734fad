//! The demo's other authorities, each by itself: what a citizen gets from the contract as it is shipped.

use overblik_demo::{Fault, Source};
use overblik_tests::{Setup, section};
use serde_json::Value;

/// One source's section in a citizen's overview.
async fn section_of(source: &'static [Source], fault: Option<Fault>, citizen: &str) -> Value {
    let setup = Setup::default().sources(source);
    let name = source[0];
    let setup = match fault {
        Some(fault) => setup.fault(name.into(), fault),
        None => setup,
    };
    let system = setup.start().await;
    let mut browser = system.logged_in(citizen).await;
    let overview = browser.overview().await;
    let section = section(&overview, name.name()).clone();
    system.stop(&[&browser]).await;
    section
}

/// Fails unless every fault becomes the state it must, and a calm source answers those who have something and those
/// who have nothing.
async fn holds_its_ground(source: &'static [Source], somebody: &str) {
    assert_eq!(section_of(source, None, somebody).await["state"], "ready");
    let nothing = section_of(source, None, "nothing-ingrid").await;
    assert_eq!((&nothing["state"], &nothing["widgets"]), (&"empty".into(), &Value::Array(Vec::new())));
    faults_become(source, somebody).await;
}

/// Fails unless every fault becomes the state it must.
async fn faults_become(source: &'static [Source], somebody: &str) {
    for (fault, state) in [
        (Fault::Error, "failed"),
        (Fault::Refused, "failed"),
        (Fault::BadJson, "invalid"),
        (Fault::Huge, "invalid"),
        (Fault::WrongPerson, "failed"),
        (Fault::Unauthorised, "refused"),
    ] {
        let section = section_of(source, Some(fault), somebody).await;
        assert_eq!((&section["state"], &section["widgets"]), (&state.into(), &Value::Array(Vec::new())), "{fault}");
    }
}

#[tokio::test]
async fn appointments_come_from_a_calendar() {
    const APPOINTMENTS: &[Source] = &[Source::Appointments];
    holds_its_ground(APPOINTMENTS, "family-signe").await;
    let signe = section_of(APPOINTMENTS, None, "family-signe").await;
    insta::assert_json_snapshot!("appointments_of_signe", signe["widgets"]);
    for (citizen, state, shown) in [
        ("overdue-laila", "ready", 2),
        ("neighbour-nanna", "partial", 1),
        ("letters-aase", "ready", 6),
        ("undated-dagny", "partial", 1),
        ("many-mogens", "partial", 36),
    ] {
        let section = section_of(APPOINTMENTS, None, citizen).await;
        assert_eq!(section["state"], state, "{citizen}: {section}");
        assert_eq!(section["widgets"].as_array().map(Vec::len), Some(shown), "{citizen}: {section}");
    }
}

#[tokio::test]
async fn a_health_card_comes_for_an_exchanged_token() {
    const HEALTH_CARD: &[Source] = &[Source::HealthCard];
    holds_its_ground(HEALTH_CARD, "family-signe").await;
    let signe = section_of(HEALTH_CARD, None, "family-signe").await;
    insta::assert_json_snapshot!("health_card_of_signe", signe["widgets"]);
    let free = section_of(HEALTH_CARD, None, "pickup-rasmus").await;
    assert_eq!((&free["state"], &free["widgets"][0]["doctor"]), (&"ready".into(), &Value::Null));
}

#[tokio::test]
async fn the_register_takes_what_the_gateway_signs() {
    const MASTER_DATA: &[Source] = &[Source::MasterData];
    let nanna = section_of(MASTER_DATA, None, "neighbour-nanna").await;
    insta::assert_json_snapshot!("master_data_of_nanna", nanna["widgets"]);
    assert_eq!(section_of(MASTER_DATA, None, "nothing-ingrid").await["state"], "ready", "everybody is registered");
    faults_become(MASTER_DATA, "neighbour-nanna").await;
}

#[tokio::test]
async fn the_mailbox_tells_its_figures_and_nothing_of_those_who_are_exempt() {
    const MAILBOX: &[Source] = &[Source::Mailbox];
    holds_its_ground(MAILBOX, "family-signe").await;
    let signe = section_of(MAILBOX, None, "family-signe").await;
    insta::assert_json_snapshot!("mailbox_of_signe", signe["widgets"]);
    assert_eq!(section_of(MAILBOX, None, "partly-poul").await["widgets"][0]["unread"], 0);
    // A mailbox without its number is not taken for an empty one.
    assert_eq!(section_of(MAILBOX, None, "undated-dagny").await["state"], "invalid");
}

#[tokio::test]
async fn the_child_book_is_read_page_by_page_with_a_key_that_expires() {
    const CHILD_BOOK: &[Source] = &[Source::ChildBook];
    holds_its_ground(CHILD_BOOK, "family-signe").await;
    let setup = Setup::default().sources(CHILD_BOOK);
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    // Eight calls use a key up, and each look takes three.
    for look in 0..5 {
        system.pass(std::time::Duration::from_mins(1));
        let overview = browser.overview().await;
        let book = section(&overview, "child-book");
        assert_eq!(book["state"], "ready", "look {look}: {book}");
        assert_eq!(book["widgets"].as_array().map(Vec::len), Some(12), "look {look}");
    }
    system.stop(&[&browser]).await;
    let nanna = section_of(CHILD_BOOK, None, "neighbour-nanna").await;
    assert_eq!((&nanna["state"], nanna["widgets"].as_array().map(Vec::len)), (&"partial".into(), Some(2)));
    insta::assert_json_snapshot!("child_book_of_nanna", nanna["widgets"]);
}

#[tokio::test]
async fn deadlines_and_licences_come_from_one_list_over_soap() {
    const DEADLINES: &[Source] = &[Source::Deadlines];
    holds_its_ground(DEADLINES, "family-signe").await;
    let signe = section_of(DEADLINES, None, "family-signe").await;
    let kinds: Vec<_> = signe["widgets"].as_array().into_iter().flatten().map(|widget| &widget["kind"]).collect();
    assert_eq!(kinds, ["deadline", "credential"]);
    assert_eq!(signe["widgets"][0]["due_on"], "2026-12-04");
    let shown = signe["widgets"][1]["number"].as_str().unwrap_or_default();
    assert!(!shown.is_empty() && !shown.contains("900412"), "the number is masked: {shown}");
    let dagny = section_of(DEADLINES, None, "undated-dagny").await;
    assert_eq!((&dagny["state"], dagny["widgets"].as_array().map(Vec::len)), (&"partial".into(), Some(1)));
    let aase = section_of(DEADLINES, None, "letters-aase").await;
    assert_eq!(aase["widgets"][0]["title"], "Forny løsøreerklæring <ældre & ørkesløs>");
}

#[tokio::test]
async fn benefits_come_over_mutual_tls() {
    const BENEFITS: &[Source] = &[Source::Benefits];
    holds_its_ground(BENEFITS, "family-signe").await;
    let poul = section_of(BENEFITS, None, "partly-poul").await;
    // A state that nobody told us of is shown as unknown, not guessed.
    assert_eq!((&poul["state"], &poul["widgets"][0]["state"]["code"]), (&"ready".into(), &"unknown".into()));
}

#[tokio::test]
async fn cases_come_over_the_national_interface() {
    const CASES: &[Source] = &[Source::Cases];
    holds_its_ground(CASES, "family-signe").await;
    let signe = section_of(CASES, None, "family-signe").await;
    insta::assert_json_snapshot!("cases_of_signe", signe["widgets"]);
    // Spelled as the XML schema has it, and from the other municipality of the agreement.
    let nanna = section_of(CASES, None, "neighbour-nanna").await;
    assert_eq!((&nanna["state"], &nanna["widgets"][0]["title"]), (&"ready".into(), &"Økonomisk friplads".into()));
    let poul = section_of(CASES, None, "partly-poul").await;
    assert_eq!((&poul["state"], &poul["widgets"][0]["status"]["code"]), (&"ready".into(), &"unknown".into()));
    let dagny = section_of(CASES, None, "undated-dagny").await;
    assert_eq!((&dagny["state"], dagny["widgets"].as_array().map(Vec::len)), (&"partial".into(), Some(1)));
    let mogens = section_of(CASES, None, "many-mogens").await;
    assert_eq!((&mogens["state"], mogens["widgets"].as_array().map(Vec::len)), (&"ready".into(), Some(24)));
}
