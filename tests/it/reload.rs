//! The configuration taken anew while citizens read (decision 53).

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures::future::join_all;
use overblik_tests::{
    GatewayBinary,
    crowd::{Crowd, Look, Mischief},
    fleet::{Fleet, SOURCE_SECRET},
    raw_get,
};
use serde_json::Value;

/// A change is in force after this long at the latest: two looks that agree, two seconds apart, and reading. Longer on a
/// machine that does other things.
const IN_FORCE_WITHIN: Duration = Duration::from_secs(20);

/// What operators are told of the configuration.
pub(crate) async fn standing(fleet: &Fleet) -> Value {
    let answer = raw_get(&fleet.operations(0), "/config", &["x-overblik-operator: 1".to_owned()]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

/// Waits until the configuration was taken once more, or refused.
pub(crate) async fn until(fleet: &Fleet, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let told = standing(fleet).await;
        if holds(&told) {
            return told;
        }
        assert!(began.elapsed() < IN_FORCE_WITHIN, "{what}: {told}\n{}", fleet.written()[0]);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) fn mistakes(told: &Value) -> String {
    told["refused"]["mistakes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Writes the configuration anew with a text replaced, and waits until it was taken.
pub(crate) async fn change(fleet: &Fleet, from: &str, to: &str) {
    let before = standing(fleet).await;
    let times = before["times_taken"].as_u64().expect("a number");
    replace(fleet, from, to);
    let is_refused = |told: &Value| !told["refused"].is_null() && told["refused"] != before["refused"];
    let told = until(fleet, to, |told| told["times_taken"] == times + 1 || is_refused(told)).await;
    assert!(told["refused"].is_null(), "{to}: {}", mistakes(&told));
}

pub(crate) fn replace(fleet: &Fleet, from: &str, to: &str) {
    let written = fs::read_to_string(fleet.configuration_file(0)).expect("a configuration");
    assert!(written.contains(from), "{from} is missing in {written}");
    fs::write(fleet.configuration_file(0), written.replace(from, to)).expect("written");
}

/// Changes the configuration so that it must be refused, sees that nothing changed, and puts it back.
pub(crate) async fn refused(fleet: &Fleet, from: &str, to: &str, told: &[&str]) {
    let before = standing(fleet).await;
    replace(fleet, from, to);
    let after = until(fleet, to, |told| !told["refused"].is_null()).await;
    for told in told {
        assert!(mistakes(&after).contains(told), "{told} is missing in {}", mistakes(&after));
    }
    for same in ["digest", "since", "times_taken"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert!(fleet.written()[0].contains("configuration_refused"));
    change(fleet, to, from).await;
}

#[tokio::test]
async fn what_is_changed_under_load_holds_within_seconds_and_no_request_fails() {
    let crowd = Crowd::gather(4, 1, Mischief::NONE).await;
    let fleet = crowd.fleet(1, GatewayBinary::Overblik, "info", None).await;
    let door = &fleet.doors()[0];
    let readers: Vec<_> = (0..4).map(|_| crowd.browser()).collect();
    for (person, browser) in readers.iter().enumerate() {
        assert_eq!(browser.log_in([door, door], person, "", None).await.status(), 200);
    }
    let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    let reading = join_all(readers.iter().map(async |browser| {
        for look in Look::ALL.into_iter().cycle() {
            if stop.load(Ordering::SeqCst) {
                return;
            }
            let outcome = browser.look(door, look, None).await;
            assert_eq!(outcome.status(), 200, "{look:?}: {outcome:?}");
            answers.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }));
    let changing = async {
        assert_eq!(standing(&fleet).await["times_taken"], 1);
        // A limit: logins of the one address that there is.
        change(&fleet, "logins_per_address: null", "logins_per_address: { per_minute: 1, at_once: 1 }").await;
        let statuses = [crowd.browser(), crowd.browser()];
        let statuses =
            [statuses[0].probe(door, "/auth/login", &[]).await, statuses[1].probe(door, "/auth/login", &[]).await];
        assert_eq!(statuses[1], 429, "{statuses:?}");
        change(&fleet, "logins_per_address: { per_minute: 1, at_once: 1 }", "logins_per_address: null").await;
        assert_ne!(crowd.browser().probe(door, "/auth/login", &[]).await, 429);

        // A contract: its text is what citizens read.
        let contract = fleet.contract("birkerup-libraries/library");
        let written = fs::read_to_string(&contract).expect("a contract");
        assert!(
            !page(&fleet, &readers[0].session_cookie().expect("a session")).await.contains("Books from everywhere")
        );
        let title = "en: Library }";
        assert!(written.contains(title));
        let times = standing(&fleet).await["times_taken"].as_u64().expect("a number");
        fs::write(&contract, written.replace(title, "en: Books from everywhere }")).expect("written");
        until(&fleet, "the contract", |told| told["times_taken"] == times + 1).await;
        let overview = page(&fleet, &readers[0].session_cookie().expect("a session")).await;
        assert!(overview.contains("Books from everywhere"), "{overview}");
        // A mistake in it is told with its place, and changes nothing.
        fs::write(&contract, written.replace("kind: Connector", "kind: Conector")).expect("written");
        let told = until(&fleet, "the broken contract", |told| !told["refused"].is_null()).await;
        assert!(mistakes(&told).contains("connector.yaml:"), "{}", mistakes(&told));
        assert!(page(&fleet, &readers[0].session_cookie().expect("a session")).await.contains("Books from everywhere"));
        fs::write(&contract, &written).expect("written");
        until(&fleet, "the contract as it was", |told| told["refused"].is_null()).await;

        // A source's settings and its secret.
        let secret = format!("api_key: {SOURCE_SECRET} }}, payments");
        change(&fleet, &secret, "api_key: a-new-secret-0123456789 }, payments").await;
        assert!(!fleet.written()[0].contains("a-new-secret"), "a secret was logged");

        // The log filter.
        change(&fleet, "log: { filter: \"info\"", "log: { filter: \"error\"").await;
        let lines = fleet.written()[0].lines().count();
        let seen = answers.load(Ordering::SeqCst);
        while answers.load(Ordering::SeqCst) < seen + 8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // What was under way when it was exchanged may have written before.
        assert!(fleet.written()[0].lines().count() <= lines + 8, "{}", fleet.written()[0]);
        change(&fleet, "log: { filter: \"error\"", "log: { filter: \"info\"").await;

        // The relying party: another one, which has to ask the provider for everything anew.
        change(&fleet, "client_id: ", "max_age_s: 1234, client_id: ").await;
        assert!(fleet.written()[0].contains("login.max_age_s"), "{}", fleet.written()[0]);
        let newcomer = crowd.browser();
        assert_eq!(newcomer.log_in([door, door], 0, "", None).await.status(), 200);
        stop.store(true, Ordering::SeqCst);
    };
    futures::join!(reading, changing);
    assert!(answers.load(Ordering::SeqCst) > 20);
    assert_eq!(crowd.inspection.found(), 0, "{:?}", crowd.inspection.findings());
}

/// The overview as a program reads it, with every source asked anew.
async fn page(fleet: &Fleet, cookie: &str) -> String {
    let lines = [
        format!("cookie: __Host-Http-overblik={cookie}"),
        "x-overblik-csrf: 1".to_owned(),
        "accept: application/json".to_owned(),
        "cache-control: no-cache".to_owned(),
    ];
    raw_get(&fleet.doors()[0], "/api/v1/overview", &lines).await.body
}

#[tokio::test]
async fn what_cannot_be_taken_is_told_and_changes_nothing() {
    let crowd = Crowd::gather(1, 1, Mischief::NONE).await;
    let fleet = crowd.fleet(1, GatewayBinary::Overblik, "info", None).await;
    let door = fleet.doors().remove(0);
    let browser = crowd.browser();
    assert_eq!(browser.log_in([&door, &door], 0, "", None).await.status(), 200);
    for (from, to, told) in [
        // No YAML, with the place; a setting that there is not; a contradiction.
        ("limits: {", "limits: [", &["overblik-0.yaml:"][..]),
        ("limits: {", "limits: { conections: 1,", &["conections", "overblik-0.yaml:"]),
        ("json_deadline_ms: 300", "json_deadline_ms: 30000", &["overview.json_deadline_ms"]),
        // What takes a restart is named, and what could be taken beside it is not.
        (
            "heartbeat_s: 1 }",
            "heartbeat_s: 2 }\npage: { }\nstatistics: { store: memory }",
            &["statistics.store: has changed, and takes a restart", "hint"],
        ),
        ("log: { filter: \"info\"", "log: { filter: \"overblik=loud\"", &["log.filter"]),
        // A provider that is not there: nobody could log in.
        ("issuer: \"http://", "issuer: \"http://127.0.0.2:1/", &["login.issuer", "cannot be had"]),
        // What no contract declares.
        ("sources: { library", "sources: { libary", &["libary"]),
    ] {
        refused(&fleet, from, to, told).await;
        assert_eq!(browser.look(&door, Look::Json, None).await.status(), 200, "{to}");
    }
    assert_eq!(raw_get(&fleet.operations(0), "/config", &[]).await.status, 403, "for operators' programs alone");
    assert_eq!(raw_get(&door, "/config", &["x-overblik-operator: 1".to_owned()]).await.status, 404);
    // Whoever cannot wait for two seconds says so.
    let times = standing(&fleet).await["times_taken"].as_u64().expect("a number");
    fleet.signal(0, "HUP");
    until(&fleet, "SIGHUP", |told| told["times_taken"] == times + 1).await;
    assert_eq!(browser.look(&door, Look::Json, None).await.status(), 200);
}
