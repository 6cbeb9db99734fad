//! A collector of traces that wants to know who asks, shows a certificate of its own issuer, or takes a part of what it is sent.

use std::time::Duration;

use overblik_gateway::config::TracesConfig;
use overblik_tests::{Certificates, SOURCES, Setup, System, raw_get, section};
use tempfile::NamedTempFile;
use url::Url;

use crate::collector::Collector;

const CITIZEN: &str = "family-signe";

fn to(settings: TracesConfig) -> Setup {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    Setup::default().adjust(move |config| {
        config.operations.listen = Some(any_port);
        config.traces = Some(settings);
    })
}

/// How many spans came to this end so far.
async fn counted(system: &System, end: &str) -> usize {
    let operations = system.demo.operations.expect("a listener");
    let operations = Url::parse(&format!("http://{operations}/")).expect("an address");
    let exposed = raw_get(&operations, "/metrics", &[]).await.body;
    let series = format!("overblik_trace_spans_total{{end=\"{end}\"}} ");
    let line = exposed.lines().find_map(|line| line.strip_prefix(&series)).expect("counted");
    line.parse().expect("a number")
}

/// Waits until so many spans were sent or dropped, or more.
async fn until_counted(system: &System, end: &str, wanted: usize) {
    for _ in 0..200 {
        if counted(system, end).await >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{wanted} {end}: {}", counted(system, end).await);
}

/// Waits until so many spans came to an end, and says how many were dropped.
async fn until_all(system: &System, wanted: usize) -> usize {
    let mut dropped = 0;
    for _ in 0..200 {
        dropped = counted(system, "dropped").await;
        let all = dropped + counted(system, "sent").await;
        assert!(all <= wanted, "no span counts twice: {all} of {wanted}");
        if all == wanted {
            return dropped;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{wanted} spans: {dropped} dropped, {} sent", counted(system, "sent").await);
}

#[tokio::test]
async fn r75_a_collector_is_shown_headers_out_of_a_file_that_is_followed_and_nobody_else_is() {
    let (collector, file) = (Collector::start().await, NamedTempFile::new().expect("a file"));
    let write = |text: &str| std::fs::write(file.path(), text).expect("written");
    write("# Of the test's collector.\nauthorization: Bearer not-a-real-first\nx-tenant: birkerup\n");
    let settings = TracesConfig { headers_file: Some(file.path().to_owned()), ..collector.settings(1.0) };
    let system = to(settings).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    until_counted(&system, "sent", 3).await;
    let seen = collector.headers();
    assert!(seen.iter().all(|one| one["authorization"] == "Bearer not-a-real-first" && one["x-tenant"] == "birkerup"));

    write("not-a-real-second\n");
    system.until("the mistake was told", |_| system.log().contains("the former ones stay")).await;
    assert!(system.log().contains(":1: is not NAME: VALUE"), "{}", system.log());
    write("authorization: Bearer not-a-real-third\n");
    system
        .until("they were exchanged", |_| system.log().contains("headers for the collector of traces exchanged"))
        .await;
    let before = collector.headers().len();
    browser.overview().await;
    system.until("another call", |_| collector.headers().len() > before).await;
    let last = collector.headers().pop().expect("a call");
    assert_eq!(
        (&last["authorization"], last.get("x-tenant")),
        (&"Bearer not-a-real-third".parse().expect("one"), None)
    );
    assert!(!system.log().contains("not-a-real"), "no line of the file is in the log");
    for body in collector.bodies() {
        assert!(!body.windows(10).any(|part| part == b"not-a-real"));
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r74_a_collector_s_issuer_is_trusted_where_it_is_named_and_only_there() {
    let certificates = Certificates::new();
    let collector = Collector::start_secured(&certificates).await;
    let settings = TracesConfig { ca_file: Some(certificates.issuer_file()), ..collector.settings(1.0) };
    let system = to(settings).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    browser.overview().await;
    system.stop(&[&browser]).await;
    assert_eq!(collector.named("overview").len(), 1);

    let before = collector.bodies().len();
    let another = Certificates::new();
    for ca_file in [None, Some(another.issuer_file())] {
        let system = to(TracesConfig { ca_file, ..collector.settings(1.0) }).start().await;
        let browser = system.logged_in(CITIZEN).await;
        until_counted(&system, "dropped", 3).await;
        assert_eq!(counted(&system, "sent").await, 0);
        let log = system.log();
        assert!(log.contains("the collector of traces takes no spans") && log.contains("unreachable"), "{log}");
        system.stop(&[&browser]).await;
    }
    assert_eq!(collector.bodies().len(), before, "nothing is told to whom we do not trust");
}

/// Two steps, and what they ask the provider for; and an overview of all sources.
const OF_A_LOGIN: usize = 6;
const OF_AN_OVERVIEW: usize = 1 + SOURCES.len();

#[tokio::test]
async fn what_a_collector_refuses_within_a_good_answer_is_lost_and_told_without_its_words() {
    let collector = Collector::start().await;
    let why = "not-ours: too many\nspans of {\"level\":\"ERROR\"}";
    collector.refuse(1, why);
    let system = to(collector.settings(1.0)).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    browser.overview().await;
    let mut all = OF_A_LOGIN + OF_AN_OVERVIEW;
    let dropped = until_all(&system, all).await;
    assert_eq!(dropped, collector.bodies().len(), "one of each call");
    let partly = "the collector of traces takes only a part of the spans";
    system.until("it was told", |_| system.log().contains(partly)).await;

    // More than were sent are all of them.
    collector.refuse(1_000_000, why);
    assert_eq!(section(&browser.overview().await, "payments")["state"], "ready");
    all += OF_AN_OVERVIEW;
    assert_eq!(until_all(&system, all).await, dropped + OF_AN_OVERVIEW);
    let none = "the collector of traces takes no spans";
    system.until("it was told", |_| system.log().contains(none)).await;

    // Words alone, and what nobody can read, refuse nothing.
    for (refused, body) in [(0, None), (-1, None), (0, Some(vec![0xff; 8])), (0, Some(vec![0x0a; 100_000]))] {
        collector.refuse(refused, why);
        if let Some(body) = body {
            collector.answer_with(body);
        }
        browser.overview().await;
        all += OF_AN_OVERVIEW;
        assert_eq!(until_all(&system, all).await, dropped + OF_AN_OVERVIEW, "{refused}");
    }
    assert!(!system.log().contains("not-ours"), "a collector's words are not ours to log");
    system.stop(&[&browser]).await;
}
