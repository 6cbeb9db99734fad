//! The overview as an event stream: sections as they arrive.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use overblik_demo::{Fault, FaultTarget, Outcome, Party, Source};
use overblik_tests::{EventStream, Setup, Streamed, System, hide_items, section, shipped_limit_ms};
use serde_json::Value;

type Events = Vec<(String, Value)>;

fn sources(events: &Events) -> Vec<&str> {
    events.iter().filter(|(name, _)| name == "section").filter_map(|(_, data)| data["source"].as_str()).collect()
}

fn end(events: &Events) -> &Value {
    match events.last() {
        Some((name, data)) if name == "end" => data,
        other => panic!("the stream ended without an end event: {other:?}"),
    }
}

#[tokio::test]
async fn every_source_comes_once_as_a_section_and_the_end_adds_up() {
    let system = System::start().await;
    let mut browser = system.logged_in("overdue-laila").await;
    let stream = browser.open_stream().await;
    assert_eq!(stream.headers()["cache-control"], "no-store");
    let events = stream.events().await;
    let sources = sources(&events);
    assert_eq!(sources.len(), 3);
    assert_eq!(sources.iter().copied().collect::<BTreeSet<_>>(), ["daycare", "library", "payments"].into());
    assert_eq!(
        events.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["section", "section", "section", "end"]
    );
    // The same result as in the JSON document, in another order.
    let document = browser.overview().await;
    for (_, data) in events.iter().filter(|(name, _)| name == "section") {
        let mut data = data.clone();
        hide_items(&mut data);
        assert_eq!(&data, section(&document, data["source"].as_str().expect("a source")));
    }
    let end = end(&events);
    for name in ["generated_at", "deadline_met", "complete", "counts", "attention"] {
        assert_eq!(end[name], document[name], "{name}");
    }
    assert_eq!(end["counts"]["answered"], 3);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r21_every_event_has_an_id_so_that_a_broken_stream_comes_back_as_no_doing_of_the_citizen() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let text = browser.get_with("/api/v1/overview", &[("accept", "text/event-stream")]).await.text;
    let events: Vec<&str> = text.split("\n\n").filter(|event| event.contains("event: ")).collect();
    assert!(events.len() > 2, "{text}");
    for event in events {
        assert!(event.lines().any(|line| line == "id: section" || line == "id: end"), "{event}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_slow_source_comes_last_though_it_stands_first_in_the_document() {
    let system = Setup::default().fault(FaultTarget::Daycare, Fault::Slow).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let events = browser.open_stream().await.events().await;
    assert_eq!(sources(&events).last(), Some(&"daycare"));
    assert!(events.iter().take(3).all(|(_, data)| data["state"] == "ready"), "{events:#?}");
    assert_eq!(browser.overview().await["sections"][0]["source"], "daycare");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_source_that_stalls_after_its_headers_is_pending_as_json_and_timed_out_over_the_stream() {
    // The acceptance of the whole design, with every time limit as it is shipped.
    let system = Setup::limits_as_shipped().fault(FaultTarget::Library, Fault::Stall).start().await;
    let own_limit = Duration::from_millis(shipped_limit_ms(Source::Library));
    let mut browser = system.logged_in("family-signe").await;

    let began = Instant::now();
    let document = browser.overview().await;
    let waited = began.elapsed();
    assert!(waited >= Duration::from_secs(2), "answered before the page deadline: {waited:?}");
    assert_eq!(section(&document, "library")["state"], "pending");
    assert_eq!(section(&document, "daycare")["state"], "ready");
    assert_eq!(section(&document, "payments")["state"], "ready");
    assert_eq!((&document["deadline_met"], &document["complete"]), (&false.into(), &false.into()));

    // A second session, so that its call is its own and its limit can be timed.
    let mut other = system.logged_in("family-signe").await;
    let began = Instant::now();
    let events = other.open_stream().await.events().await;
    let waited = began.elapsed();
    assert!(waited >= own_limit, "ended before the source's own limit: {waited:?}");
    let (name, last) = &events[2];
    assert_eq!((name.as_str(), &last["source"], &last["state"]), ("section", &"library".into(), &"timed_out".into()));
    assert_eq!(last["problems"][0]["type"], "Data-source-timeout-error");
    assert_eq!(last["problems"][0]["status"], 408);
    assert_eq!(end(&events)["counts"]["failed"], 1);
    assert_eq!(end(&events)["deadline_met"], true);
    system.stop(&[&browser, &other]).await;
}

#[tokio::test]
async fn heartbeats_come_while_nothing_else_does() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Stall);
    let setup = setup.limit(Source::Payments, Duration::from_millis(2500));
    let system = setup.adjust(|config| config.overview.heartbeat_s = 1).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let mut stream = browser.open_stream().await;
    let mut heartbeats = 0;
    let last = loop {
        match stream.next().await.expect("the stalled source's section") {
            Streamed::Comment(_) => heartbeats += 1,
            Streamed::Event { data, .. } if data.contains("\"source\":\"payments\"") => break data,
            Streamed::Event { .. } => {}
        }
    };
    assert!(heartbeats >= 1, "none in the two and a half seconds before {last}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_late_answer_is_there_at_the_next_view_without_asking_again() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let system = setup.json_deadline(Duration::from_secs(1)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let first = browser.overview().await;
    assert_eq!(section(&first, "payments")["state"], "pending");
    let answered = |calls: &[overblik_demo::Received]| calls.iter().all(|call| call.outcome == Outcome::Answered);
    system.demo.world.received_when(Party::Source(Source::Payments), answered).await;
    system.until("the late answer has been kept", |demo| demo.app.overviews.fetches().running() == 0).await;
    let second = browser.overview().await;
    assert_eq!(section(&second, "payments")["state"], "ready");
    assert_eq!(system.calls(Source::Payments), 1, "the late answer counts; nobody is asked twice for it");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_view_that_comes_while_a_call_runs_joins_it() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let system = setup.json_deadline(Duration::from_millis(500)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "pending");
    let events = browser.open_stream().await.events().await;
    let payments = events.iter().find(|(_, data)| data["source"] == "payments").map(|(_, data)| &data["state"]);
    assert_eq!(payments, Some(&"ready".into()));
    assert_eq!(system.calls(Source::Payments), 1);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn without_a_session_there_is_no_stream() {
    let system = System::start().await;
    let mut browser = system.browser();
    let answer = browser.get_with("/api/v1/overview", &[("accept", "text/event-stream")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (401, "application/problem+json"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_client_that_prefers_json_gets_json_though_it_also_takes_events() {
    let system = System::start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    let url = browser.at("/api/v1/overview");
    for (accept, content_type) in [
        ("application/json, text/event-stream;q=0.5", "application/json"),
        ("text/event-stream;q=0, application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/event-stream, application/json;q=0.5", "text/event-stream"),
    ] {
        let response = browser.start(http::Method::GET, &url, &[("accept", accept)], None).await;
        assert_eq!(response.headers()["content-type"], content_type, "{accept}");
        if content_type == "text/event-stream" {
            assert_eq!(EventStream::of(response).events().await.len(), 4);
        }
    }
    system.stop(&[&browser]).await;
}
