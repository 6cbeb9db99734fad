//! What stands before a source, seen from outside: a breaker that opens and closes, a service window, an operator's switch.

use std::time::Duration;

use overblik_demo::{Fault, Source};
use overblik_tests::{RawAnswer, Setup, System, raw_get, raw_request, section};
use serde_json::Value;
use url::Url;

const CITIZEN: &str = "family-signe";
const OPERATOR: &str = "x-overblik-operator: 1";

/// With this among the limits of the library's contract, and a listener for operators.
fn with_limits(more: &str) -> Setup {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    Setup::default()
        .contract(Source::Library, "bodyKib: 256", &format!("bodyKib: 256, {more}"))
        .adjust(move |config| config.operations.listen = Some(any_port))
}

fn operations(system: &System) -> Url {
    let address = system.demo.operations.expect("a listener");
    Url::parse(&format!("http://{address}/")).expect("an address")
}

/// How things stand at the library's gate.
async fn standing(system: &System) -> Value {
    let answer = raw_get(&operations(system), "/sources", &[OPERATOR.to_owned()]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let all: Vec<Value> = serde_json::from_str(&answer.body).expect("JSON");
    all.into_iter().find(|one| one["source"] == "library").expect("the library")
}

async fn post(system: &System, path: &str, header_lines: &str) -> RawAnswer {
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n");
    raw_request(&operations(system), format!("{head}{header_lines}\r\n")).await
}

#[tokio::test]
async fn a_source_that_fails_again_and_again_is_left_alone_and_asked_again_when_it_is_well() {
    let system = with_limits("breaker: { openSeconds: 1 }").start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    system.demo.world.order(Source::Library.into(), Some(Fault::Error)).await;
    for _ in 0..5 {
        assert_eq!(section(&browser.overview().await, "library")["state"], "failed");
    }
    let calls = system.calls(Source::Library);
    let overview = browser.overview().await;
    let library = section(&overview, "library");
    assert_eq!(
        (&library["state"], &library["problems"][0]["type"]),
        (&"suspended".into(), &"Circuit-breaker-error".into())
    );
    assert!(library["message"]["da"].as_str().is_some_and(|text| text.contains("tidligst kl. 10:01")), "{library}");
    assert_eq!(overview["counts"]["not_asked"], 1);
    assert_eq!(system.calls(Source::Library), calls, "it is not asked");
    assert_eq!(standing(&system).await["breaker"], "open");
    system.demo.world.order(Source::Library.into(), None).await;
    while standing(&system).await["breaker"] != "probing" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(section(&browser.overview().await, "library")["state"], "ready", "the probe's own answer is shown");
    let after = standing(&system).await;
    assert_eq!((&after["breaker"], &after["limit"], &after["in_use"]), (&"on_probation".into(), &1.into(), &0.into()));
    let log = system.log();
    for event in ["breaker_opened", "breaker_closed"] {
        assert_eq!(log.matches(event).count(), 1, "{event} is told once");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn within_a_service_window_the_section_says_until_when() {
    let window = r#"serviceWindows: [{ weekly: { days: [sunday], from: "08:00", to: "12:30" } }]"#;
    let system = with_limits(window).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let overview = browser.overview().await;
    let library = section(&overview, "library");
    assert_eq!(library["state"], "suspended");
    for (language, words) in [("da", "vedligeholdelse indtil kl. 12:30"), ("en", "maintenance until 12:30")] {
        assert!(library["message"][language].as_str().is_some_and(|text| text.contains(words)), "{library}");
    }
    assert_eq!(system.calls(Source::Library), 0);
    // From 10:00 to 12:30; not so far as to end the session, which is looked at once in between.
    for _ in 0..10 {
        system.pass(Duration::from_mins(15));
        browser.overview().await;
    }
    assert_eq!(section(&browser.overview().await, "library")["state"], "ready");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r33_an_operator_switches_a_source_off_and_on_and_no_web_page_does() {
    let system = with_limits("waiting: 8").start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let origin = "x-overblik-operator: 1\r\norigin: https://elsewhere.example\r\n";
    let site = "x-overblik-operator: 1\r\nsec-fetch-site: cross-site\r\n";
    for headers in ["", "origin: null\r\n", origin, site] {
        assert_eq!(post(&system, "/sources/library/switch-off", headers).await.status, 403, "{headers}");
    }
    assert_eq!(raw_get(&operations(&system), "/sources", &[]).await.status, 403);
    assert_eq!(section(&browser.overview().await, "library")["state"], "ready");
    let operator = format!("{OPERATOR}\r\n");
    assert_eq!(post(&system, "/sources/nothing/switch-off", &operator).await.status, 404);
    let off = post(&system, "/sources/library/switch-off", &operator).await;
    assert!(off.status == 200 && off.body.contains("\"switched_off\":true"), "{}", off.body);
    let overview = browser.overview().await;
    let library = section(&overview, "library");
    assert_eq!((&library["state"], &library["widgets"]), (&"suspended".into(), &Value::Array(vec![])));
    assert!(library["message"]["da"].as_str().is_some_and(|text| text.contains("slået fra")), "{library}");
    assert_eq!(post(&system, "/sources/library/reset", &operator).await.status, 200);
    assert_eq!(standing(&system).await["switched_off"], true, "what an operator switched off stays off");
    assert_eq!(post(&system, "/sources/library/switch-on", &operator).await.status, 200);
    assert_eq!(section(&browser.overview().await, "library")["state"], "ready");
    assert_eq!(raw_get(&system.demo.url, "/sources", &[OPERATOR.to_owned()]).await.status, 404, "not for citizens");
    system.stop(&[&browser]).await;
}
