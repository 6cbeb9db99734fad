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
