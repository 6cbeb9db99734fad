//! What the gateway makes of its registry when that says what cannot be done here, or no longer.

use std::{fs, time::Duration};

use overblik_demo::Source;
use overblik_gateway::{app::App, clock::Clock, registry_link::RegistryLink};
use overblik_tests::{raw_get, section};
use serde_json::{Value, json};
use url::Url;

use crate::{
    admin::{ANNA, BO, LIBRARIES, bundle, changed, of},
    registry_instances::{Instances, SharedRegistry, renamed},
    telemetry_metrics::{exposed, value},
};

const AUTHORITY: &str = "/admin/v1/authorities/birkerup-libraries";

fn is_ready(library: &Value) -> bool {
    library["state"] == "ready"
}

fn is_suspended(library: &Value) -> bool {
    library["state"] == "suspended"
}

/// Puts other domains on record for the libraries, by two persons.
async fn give_domain(Instances { api, .. }: &Instances, domain: &str) {
    let proposed = api.authority(LIBRARIES, "90000026", domain);
    assert_eq!(api.change(ANNA, "PUT", AUTHORITY, AUTHORITY, Some(&proposed)).await.status, 200);
    let approved = api.change(BO, "POST", &format!("{AUTHORITY}/approve"), AUTHORITY, None).await;
    assert_eq!(approved.status, 200, "{}", approved.body);
}

#[tokio::test]
async fn r40_what_is_no_longer_its_authority_s_is_not_asked_from_then_on() {
    let instances = Instances::start(0, |_| {}).await;
    instances.bring_library().await;
    let mut browsers = instances.logged_in("family-signe").await;
    instances.until_everywhere(&mut browsers, "it is asked", is_ready).await;
    give_domain(&instances, "elsewhere.example").await;
    instances.until_everywhere(&mut browsers, "it is stopped", is_suspended).await;
    let calls = instances.system().calls(Source::Library);
    let seen = instances.shown(LIBRARIES).await;
    let said = seen["here"]["mistakes"].to_string();
    assert!(said.contains("connector.yaml:") && said.contains("is not in a domain of the authority"), "{seen}");
    for browser in &mut browsers {
        assert!(is_suspended(section(&browser.overview().await, "library")));
    }
    assert_eq!(instances.system().calls(Source::Library), calls, "nobody asks");
    give_domain(&instances, "bibliotek.birkerup.example").await;
    instances.until_everywhere(&mut browsers, "it is asked again", is_ready).await;
    assert_eq!(instances.shown(LIBRARIES).await["here"]["mistakes"], json!([]));
    instances.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_version_that_cannot_be_asked_here_leaves_the_former_one_and_is_told() {
    let instances = Instances::start(0, |config| {
        // No stream waits so long that a slower source could be told to be slow.
        config.overview.stream_deadline_ms = 5_000;
        config.overview.json_deadline_ms = 5_000;
        config.operations.listen = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await;
    let number_refused = async || value(&exposed(instances.system()).await, "overblik_registry_sources_refused");
    instances.bring_library().await;
    let mut browsers = instances.logged_in("family-signe").await;
    instances.until_everywhere(&mut browsers, "it is asked", is_ready).await;
    let slower = changed(bundle(LIBRARIES, "library"), "timeoutMs: 3000", "timeoutMs: 6000");
    instances.bring(2, &slower, 100).await;
    let mut here = Value::Null;
    for _ in 0..100 {
        here = instances.shown(BO).await["here"].clone();
        if here["mistakes"] != json!([]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(here["main"], 1, "{here}");
    assert!(here["mistakes"].to_string().contains("overview.stream_deadline_ms"), "{here}");
    // What the alert `OverblikVersionRefused` looks at.
    assert!(number_refused().await > 0.5);
    let told = instances.shown(LIBRARIES).await["here"]["mistakes"].clone();
    assert_eq!(told, json!(["this deployment cannot ask it; its operators see why"]));
    assert!(is_ready(section(&browsers[0].overview().await, "library")), "as before");
    instances.bring(3, &renamed("Biblioteket"), 100).await;
    let is_third = |library: &Value| is_ready(library) && library["title"]["da"] == "Biblioteket";
    instances.until_everywhere(&mut browsers, "what can be asked is", is_third).await;
    assert_eq!(instances.shown(BO).await["here"], json!({ "main": 3, "beside": null, "mistakes": [] }));
    assert!(number_refused().await < 0.5);
    instances.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn an_agreement_says_who_sees_a_source_and_its_end_that_nobody_does() {
    let instances = Instances::start(0, |_| {}).await;
    instances.bring_library().await;
    let mut browsers = instances.logged_in("family-signe").await;
    instances.until_everywhere(&mut browsers, "it is asked", is_ready).await;
    let narrower = json!({ "municipalities": { "these": ["0902"] } });
    instances.library(LIBRARIES, "PUT", "agreements/overblik", narrower).await;
    assert!(is_ready(section(&browsers[0].overview().await, "library")), "a proposal is none yet");
    instances.library(BO, "POST", "agreements/overblik/approve", Value::Null).await;
    let not_covered = |library: &Value| library["state"] == "not_covered";
    instances.until_everywhere(&mut browsers, "it is of no concern in 0901", not_covered).await;
    let reason = json!({ "reason": "Aftalen er opsagt" });
    instances.library(LIBRARIES, "POST", "agreements/overblik/end", reason).await;
    instances.until_everywhere(&mut browsers, "it does not exist", Value::is_null).await;
    instances.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_suspension_that_says_until_when_ends_by_itself() {
    let instances = Instances::start(0, |_| {}).await;
    instances.bring_library().await;
    let mut browsers = instances.logged_in("family-signe").await;
    instances.until_everywhere(&mut browsers, "it is asked", is_ready).await;
    let until = json!({ "reason": "Nedbrud", "until": "2026-11-22T09:05:00Z" });
    instances.library(BO, "POST", "suspend", until).await;
    instances.until_everywhere(&mut browsers, "it is stopped", is_suspended).await;
    instances.api.pass(Duration::from_mins(5));
    instances.until_everywhere(&mut browsers, "it is asked again", is_ready).await;
    let history = of(&instances.api.ask(BO, "GET", "/admin/v1/sources/library/history", &[], None).await);
    let last = history["records"].as_array().and_then(|records| records.last()).expect("a record");
    assert_eq!(last["change"]["kind"], "suspended", "nobody did anything");
    instances.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn what_was_live_is_asked_from_the_start_and_a_damaged_file_keeps_nobody_from_starting() {
    let instances = Instances::start(0, |_| {}).await;
    instances.bring_library().await;
    let config = instances.config.clone();
    let digest = instances.shown(BO).await["versions"][0]["bundle"].as_str().expect("a digest").to_owned();
    let folder = instances.stop(&[]).await;
    let config = config.checked().expect("a configuration");
    let sources = async || {
        let app = App::build(&config, Clock::system(), None).expect("a gateway");
        let link = RegistryLink::open(&config, &app).await.expect("the registry");
        let sources = app.connectors().sources().len();
        // The other part of the registry lets go of its lock when nobody holds it any more.
        drop((link, app));
        sources
    };
    assert_eq!(sources().await, 1);
    let blob = folder.path().join("registry/blobs").join(&digest);
    let text = fs::read_to_string(&blob).expect("a blob");
    fs::write(&blob, text.replacen("substantial", "low", 1)).expect("written");
    assert_eq!(sources().await, 0, "what is not what was approved is not asked");
    fs::write(&blob, text).expect("written");
    assert_eq!(sources().await, 1);
}

#[tokio::test]
async fn r39_while_the_registry_is_away_everything_is_asked_as_before_and_then_it_goes_on() {
    let mut shared = SharedRegistry::start().await;
    let (settings, any_port) = (shared.settings(), "127.0.0.1:0".parse().expect("an address"));
    let instances = Instances::start(1, move |config| {
        settings(config);
        config.operations.listen = Some(any_port);
    })
    .await;
    instances.bring_library().await;
    let mut browsers = instances.logged_in("family-signe").await;
    instances.until_everywhere(&mut browsers, "it is asked", is_ready).await;
    let told = |event: &str| instances.system().log().matches(event).count();
    shared.registry.stop();
    let address = instances.system().demo.operations.expect("a listener");
    let operations = Url::parse(&format!("http://{address}/")).expect("an address");
    // Longer than instances wait before they look again.
    for _ in 0..4 {
        for browser in &mut browsers {
            assert!(is_ready(section(&browser.overview().await, "library")));
        }
        assert_eq!(raw_get(&operations, "/health/ready", &[]).await.status, 200);
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    shared.registry.start_again().await;
    instances.system().until("both instances say that it is there again", |_| told("registry_back") == 2).await;
    assert_eq!(told("registry_away"), 2, "once each");
    instances.library(BO, "POST", "suspend", json!({ "reason": "Fejl" })).await;
    instances.until_everywhere(&mut browsers, "it is stopped", is_suspended).await;
    instances.stop(&browsers.iter().collect::<Vec<_>>()).await;
}
