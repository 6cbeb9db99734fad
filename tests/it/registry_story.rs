//! The story of a source, through the doors alone: an authority's program brings its contract to citizens by two persons'
//! approval, a bad version is taken back, the switch stops all asking, a share of citizens sees what comes next, and all of
//! it is on record (requirements R40, R46, R47, R63).

use std::{collections::BTreeSet, fs, time::Instant};

use overblik_demo::{DemoWorld, Source};
use overblik_gateway::{app::App, clock::Clock, config::Config, registry_link::RegistryLink};
use overblik_tests::{Browser, section};
use serde_json::{Value, json};

use crate::{
    admin::{ANNA, BO, LIBRARIES, LIBRARY, VERSIONS, bundle, changed, of, told},
    redis_store,
    registry_instances::{AT_ONCE, Instances, SharedRegistry, renamed},
};

#[tokio::test]
async fn r47_r63_the_story_of_a_source_at_one_instance_with_files() {
    let keys = redis_store::keys();
    let file = keys.path().join("keys");
    let instances = Instances::start(0, move |config| config.session.keys_file = Some(file)).await;
    let history = instances.api.folder.path().join("registry/history.jsonl");
    let tamper = async || {
        let text = fs::read_to_string(&history).expect("a history");
        fs::write(&history, text.replacen("client:bo", "client:ab", 1)).expect("written");
    };
    Box::pin(story(instances, tamper)).await;
}

#[tokio::test]
async fn r47_r63_the_story_of_a_source_at_two_instances_with_redis() {
    let shared = SharedRegistry::start().await;
    let instances = Instances::start(1, shared.settings()).await;
    let tamper = async || shared.change_second_record("client:bo", "client:ab");
    Box::pin(story(instances, tamper)).await;
}

async fn story(instances: Instances, tamper: impl AsyncFnOnce()) {
    let mut browsers = instances.logged_in("family-signe").await;
    nobody_is_listed(&mut browsers).await;
    pushed_with_a_mistake_and_mended(&instances).await;
    approved_and_released_by_others(&instances).await;
    for browser in &mut browsers {
        assert_eq!(browser.overview().await["sections"], json!([]), "without an agreement nobody sees it");
    }
    instances.agree().await;
    let is_ready = |library: &Value| library["state"] == "ready";
    instances.until_everywhere(&mut browsers, "the citizen sees it", is_ready).await;
    let here = instances.shown(LIBRARIES).await["here"].clone();
    assert_eq!(here, json!({ "main": 1, "beside": null, "mistakes": [] }));

    // The kit plays recordings and knows no key; the library's system does.
    let bad = changed(bundle(LIBRARIES, "library"), "header: X-Api-Key", "header: X-Library-Key");
    instances.bring(2, &bad, 100).await;
    let is_failed = |library: &Value| library["state"] != "ready" && library["state"] != "suspended";
    instances.until_everywhere(&mut browsers, "the bad version is asked", is_failed).await;
    instances.library(LIBRARIES, "POST", "rollback", json!({ "from": 2, "to": 1 })).await;
    instances.until_everywhere(&mut browsers, "the former version is asked again", is_ready).await;

    the_switch_stops_all_calls(&instances, &mut browsers).await;
    a_share_sees_the_next_version(&instances).await;
    a_window_says_until_when(&instances, &mut browsers).await;
    let (config, secrets) = (instances.config.clone(), browsers);
    everything_is_on_record(&instances).await;
    tamper().await;
    let verified = of(&instances.api.ask(ANNA, "GET", "/admin/v1/history/verify", &[], None).await);
    assert_eq!(verified["whole"], false, "{verified}");
    let asked = instances.logged_in("childless-bent").await;
    let secrets: Vec<_> = secrets.iter().chain(&asked).collect();
    let _folder = instances.stop(&secrets).await;
    does_not_start(config).await;
}

async fn nobody_is_listed(browsers: &mut [Browser]) {
    for browser in browsers {
        assert_eq!(browser.overview().await["sections"], json!([]));
        let page = browser.get("/").await;
        assert!(page.text.contains("Ingen myndigheder"), "{}", page.text);
    }
}

async fn pushed_with_a_mistake_and_mended(Instances { api, .. }: &Instances) {
    let good = bundle(LIBRARIES, "library");
    let wrong = changed(good.clone(), "level: substantial", "level: substanital");
    let answer = api.ask(LIBRARIES, "POST", VERSIONS, &["if-none-match: *"], Some(&wrong)).await;
    assert_eq!(told(&answer), (422, "contract-mistakes".to_owned()), "{}", answer.body);
    let mistake = &of(&answer)["mistakes"][0];
    assert!(mistake["line"].as_u64() > Some(1) && mistake["column"].as_u64() > Some(1), "{mistake}");
    let seen = format!("if-match: {}", api.etag(LIBRARIES, LIBRARY).await);
    let mended = api.ask(LIBRARIES, "POST", VERSIONS, &[&seen], Some(&good)).await;
    assert_eq!((mended.status, &of(&mended)["state"]), (201, &json!("checked")), "{}", mended.body);
}

async fn approved_and_released_by_others(instances: &Instances) {
    let tested = instances.step(LIBRARIES, 1, "test", json!({})).await;
    assert_eq!(tested["tally"]["failed"], 0, "{tested}");
    instances.step(LIBRARIES, 1, "submit", json!({})).await;
    let own = instances.api.change(LIBRARIES, "POST", &format!("{VERSIONS}/1/approve"), LIBRARY, None).await;
    assert_eq!(told(&own), (403, "not-allowed".to_owned()));
    instances.step(ANNA, 1, "approve", Value::Null).await;
    instances.step(BO, 1, "release", json!({ "share": 100 })).await;
}

async fn the_switch_stops_all_calls(instances: &Instances, browsers: &mut [Browser]) {
    let calls = || instances.system().calls(Source::Library);
    let (before, began) = (calls(), Instant::now());
    instances.library(BO, "POST", "suspend", json!({ "reason": "Fejl i svar" })).await;
    let is_suspended = |library: &Value| library["state"] == "suspended";
    instances.until_everywhere(browsers, "it is stopped", is_suspended).await;
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    let stopped = calls();
    for browser in &mut *browsers {
        for _ in 0..3 {
            assert_eq!(section(&browser.overview().await, "library")["state"], "suspended");
        }
    }
    assert_eq!(calls(), stopped, "nobody asks any more");
    assert!(stopped >= before);
    instances.library(ANNA, "POST", "resume", Value::Null).await;
    instances.until_everywhere(browsers, "it is asked again", |library| library["state"] == "ready").await;
    assert!(calls() > stopped);
}

async fn a_share_sees_the_next_version(instances: &Instances) {
    let mut everybody = Vec::new();
    for citizen in DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some()) {
        everybody.push(instances.logged_in(citizen.slug).await);
    }
    instances.bring(3, &renamed("Biblioteket"), 30).await;
    let instance = async |at: usize| {
        let mut seen = Vec::new();
        for browsers in everybody.clone() {
            let mut browser = browsers.into_iter().nth(at).expect("an instance");
            // Never both: of two sections of a source this would complain.
            seen.push(section(&browser.overview().await, "library")["title"]["da"].clone());
        }
        seen
    };
    let count = everybody.first().map_or(0, Vec::len);
    let mut at_all = BTreeSet::new();
    for at in 0..count {
        let began = Instant::now();
        // Which citizens they are, the keys of the sessions say.
        while !instance(at).await.contains(&json!("Biblioteket")) {
            assert!(began.elapsed() < AT_ONCE, "some see it within two seconds");
        }
        let seen = instance(at).await;
        assert!(seen.contains(&json!("Bibliotek")), "not all of them: {seen:?}");
        assert_eq!(seen, instance(at).await, "each the same again");
        at_all.insert(Value::Array(seen).to_string());
    }
    assert_eq!(at_all.len(), 1, "and the same at every instance");
    assert_eq!(instances.shown(ANNA).await["here"], json!({ "main": 1, "beside": 3, "mistakes": [] }));
    instances.library(LIBRARIES, "POST", "rollback", json!({ "from": 3, "to": 1 })).await;
}

async fn a_window_says_until_when(instances: &Instances, browsers: &mut [Browser]) {
    let text = json!({ "da": "Vi flytter.", "en": "We are moving." });
    let window = json!({ "from": "2026-11-22T08:00:00Z", "to": "2026-11-22T11:30:00Z", "text": text });
    instances.library(LIBRARIES, "PUT", "windows", json!({ "windows": [window] })).await;
    let says_so = |library: &Value| {
        let words = library["message"]["da"].as_str().unwrap_or_default();
        library["state"] == "suspended" && words.contains("indtil kl. 12:30") && words.ends_with("Vi flytter.")
    };
    instances.until_everywhere(browsers, "it says until when", says_so).await;
    instances.library(LIBRARIES, "PUT", "windows", json!({ "windows": [] })).await;
    instances.until_everywhere(browsers, "it is open again", |library| library["state"] == "ready").await;
}

async fn everything_is_on_record(Instances { api, .. }: &Instances) {
    let history = of(&api.ask(LIBRARIES, "GET", &format!("{LIBRARY}/history"), &[], None).await);
    let records = history["records"].as_array().expect("records").iter();
    let done: Vec<_> = records
        .map(|one| (one["change"]["kind"].as_str().expect("a kind"), one["actor"]["id"].as_str().expect("an id")))
        .collect();
    let (own, anna, bo) = ("client:birkerup-libraries/ci", "client:anna", "client:bo");
    let brought = [("pushed", own), ("tested", own), ("submitted", own), ("approved", anna), ("released", bo)];
    let mut expected = vec![("pushed", own)];
    expected.extend(brought);
    expected.extend([("agreement_proposed", own), ("agreement_approved", anna)]);
    expected.extend(brought);
    expected.extend([("rolled_back", own), ("suspended", bo), ("resumed", anna)]);
    expected.extend(brought);
    expected.extend([("rolled_back", own), ("windows_set", own), ("windows_set", own)]);
    assert_eq!(done, expected);
    let verified = of(&api.ask(ANNA, "GET", "/admin/v1/history/verify", &[], None).await);
    assert_eq!(verified["whole"], true, "{verified}");
}

/// Nobody is served by what was not decided.
async fn does_not_start(config: Config) {
    let config = config.checked().expect("a configuration");
    let app = App::build(&config, Clock::system(), None).expect("a gateway");
    let refused = RegistryLink::open(&config, &app).await.expect_err("a changed history").to_string();
    assert!(refused.starts_with("registry:") && refused.contains("record 2"), "{refused}");
}
