//! Portals: how much they may ask, who goes first, and how their keys are exchanged (requirements R72, R73 and R69).

use std::time::Duration;

use overblik_demo::{Fault, FaultTarget};
use overblik_gateway::config::Rate;
use overblik_tests::{Setup, SigningKey};
use serde_json::json;

use crate::portal::{ACCESS_TOKEN, ASKERUP, BIRKERUP, ORIGIN, OVERVIEW, Portals, SECTIONS, assert_no_token};

#[tokio::test]
async fn r73_a_portal_that_asks_too_much_waits_and_no_other_does() {
    let portals = Portals::start_with(Setup::default(), |config| {
        config.limits.requests_per_client = Some(Rate { per_minute: 1, at_once: 4 });
    })
    .await;
    // The exchange counts as the portal's and as the citizen's token's.
    let access = portals.access("family-signe", BIRKERUP).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(portals.show(OVERVIEW, &access).await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
    let fields = [("subject_token", access.as_str()), ("subject_token_type", SECTIONS)];
    let answer = portals.exchange(BIRKERUP, &fields).await;
    assert_no_token(&answer, "too often", (429, "temporarily_unavailable", "too-many-requests"));
    assert!(!answer.header("retry-after").is_empty());
    let other = portals.access("family-signe", ASKERUP).await;
    assert_eq!(portals.show(OVERVIEW, &other).await.status, 200);
    portals.pass(Duration::from_mins(1));
    assert_eq!(portals.show(OVERVIEW, &access).await.status, 200, "after a rest");
    portals.stop(&[&access, &other]).await;
}

#[tokio::test]
async fn r72_while_logins_wait_portals_bring_nobody_new_and_show_whoever_is_there() {
    let setup = Setup::default().fault(FaultTarget::Library, Fault::Stall).json_deadline(Duration::from_secs(1));
    let portals = Portals::start_with(setup, |config| config.limits.overviews_in_flight = Some(5)).await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let tokens =
        ["twins-tove", "debt-gert", "nothing-ingrid", "neighbour-nanna"].map(|citizen| portals.apps.token(citizen));
    let mut streams = Vec::new();
    for token in &tokens {
        streams.push(portals.apps.open_stream(token).await);
    }
    let subject = portals.draft("pickup-rasmus", BIRKERUP).signed();
    let fields = [("subject_token", subject.as_str()), ("subject_token_type", ACCESS_TOKEN)];
    let answer = portals.exchange(BIRKERUP, &fields).await;
    assert_no_token(&answer, "somebody new", (503, "temporarily_unavailable", "overloaded"));
    assert_eq!(answer.header("retry-after"), "12");
    let embed = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    assert_eq!(portals.show_to_page(OVERVIEW, &embed, ORIGIN).await.status, 200, "whoever is there is served");
    drop(streams);
    portals.stop(&[&access, &embed]).await;
}

#[tokio::test]
async fn r69_a_portal_s_keys_are_exchanged_by_its_file_without_a_restart() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("askerup.jwks");
    let key = SigningKey::es256("of-the-file");
    std::fs::write(&path, json!({ "keys": [key.public] }).to_string()).expect("written");
    let named = path.clone();
    let portals = Portals::start_with(Setup::default(), move |config| {
        let portal = config.embed.as_mut().expect("portals").portals.get_mut("askerup").expect("a portal");
        (portal.keys, portal.keys_file) = (None, Some(named));
    })
    .await;
    let subject = portals.draft("family-signe", ASKERUP).signed();
    let fields = [("subject_token", subject.as_str()), ("subject_token_type", ACCESS_TOKEN)];
    assert_eq!(portals.exchange(ASKERUP, &fields).await.status, 401, "the key is not in the file yet");
    std::fs::write(&path, json!({ "keys": [key.public, portals.public(ASKERUP)] }).to_string()).expect("written");
    portals
        .apps
        .system
        .until("the keys are exchanged", |_| portals.apps.system.log().contains("keys of a client exchanged"))
        .await;
    assert_eq!(portals.exchange(ASKERUP, &fields).await.status, 200);
    portals.stop(&[]).await;
}
