//! What a collector of traces is told of an overview, and what it never is.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use opentelemetry_proto::tonic::trace::v1::Span;
use overblik_demo::{DemoWorld, Fault, Party, Source};
use overblik_gateway::{
    config::TracesConfig,
    telemetry::catalogue::{TRACE_RESOURCE, TRACE_SPANS},
};
use overblik_tests::{LeakSearch, SOURCES, Setup, System, raw_get, section};
use url::Url;

use crate::collector::{Collector, hex, names, words};

const CITIZEN: &str = "family-signe";

/// Two steps, and what they ask the provider for: metadata, parameters, keys, tokens.
const OF_A_LOGIN: usize = 6;

fn sending(setup: Setup, collector: &Collector, share: f64) -> Setup {
    let settings = collector.settings(share);
    setup.adjust(move |config| config.traces = Some(settings))
}

/// The parents that sources were told.
fn told(system: &System) -> Vec<(Source, String)> {
    let of = |source: &Source| {
        let received = system.demo.world.received(Party::Source(*source));
        received.into_iter().flat_map(|request| request.trace).map(|parent| (*source, parent)).collect::<Vec<_>>()
    };
    SOURCES.iter().flat_map(of).collect()
}

#[tokio::test]
async fn r44_an_overview_is_one_trace_that_sources_the_log_and_the_collector_agree_on() {
    let collector = Collector::start().await;
    let setup = Setup::default()
        .fault(Source::Library.into(), Fault::Error)
        .fault(Source::Daycare.into(), Fault::Stall)
        .limit(Source::Daycare, Duration::from_secs(9))
        .json_deadline(Duration::from_secs(6));
    let system = sending(setup, &collector, 1.0).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let chosen = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{chosen}-00f067aa0ba902b7-01");
    let headers = [("accept", "application/json"), ("traceparent", parent.as_str())];
    assert_eq!(browser.get_with("/api/v1/overview", &headers).await.status, 200);
    // A call that outlives its overview is told when it ends.
    let is_told =
        || collector.spans().iter().any(|span| words(&span.attributes).values().any(|word| word == "timed_out"));
    system.until("the late call was told", |_| is_told()).await;
    let (told, log) = (told(&system), system.log());
    system.stop(&[&browser]).await;

    let spans = collector.spans();
    let of = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let (roots, asks) = (of("overview"), of("ask"));
    let [root] = roots[..] else { panic!("one root: {roots:?}") };
    let of_trace = |span: &&Span| span.trace_id == root.trace_id;
    assert_eq!(spans.iter().filter(of_trace).count(), 1 + asks.len());
    assert!(root.parent_span_id.is_empty() && root.links.is_empty());
    let trace = hex(&root.trace_id);
    assert_ne!(trace, chosen, "a browser chooses no trace");
    assert!(log.contains(&format!("\"trace\":\"{trace}\"")), "the line of the overview names it");
    let root_words = words(&root.attributes);
    assert_eq!(root_words["overblik.face"], "json");
    assert_eq!((&*root_words["overblik.failed"], &*root_words["overblik.pending"]), ("1", "1"), "{root_words:?}");
    assert_eq!(root_words["overblik.deadline_met"], "false");

    let mut ends = BTreeMap::new();
    for ask in &asks {
        assert_eq!((&ask.trace_id, &ask.parent_span_id), (&root.trace_id, &root.span_id));
        assert!(ask.end_time_unix_nano >= ask.start_time_unix_nano && ask.start_time_unix_nano > 0);
        let words = words(&ask.attributes);
        let end = (words["overblik.end"].clone(), words.get("overblik.reason").cloned(), ask.status.is_some());
        assert!(ends.insert(words["overblik.source"].clone(), end).is_none(), "each source once");
    }
    let asked: u64 = root_words["overblik.asked"].parse().expect("a number");
    assert_eq!(ends.len() as u64, asked);
    assert_eq!((ends["library"].0.as_str(), ends["library"].2), ("failed", true), "{ends:?}");
    assert!(ends["library"].1.is_some());
    assert_eq!((ends["daycare"].0.as_str(), ends["daycare"].2), ("timed_out", true), "{ends:?}");
    assert!(ends.iter().any(|(_, end)| *end == ("answered".to_owned(), None, false)), "{ends:?}");

    // Each source was told its own part of the trace.
    assert!(told.len() >= asks.len());
    for (source, parent) in told {
        let known = asks.iter().find(|ask| parent == format!("00-{trace}-{}-01", hex(&ask.span_id)));
        let known = known.unwrap_or_else(|| panic!("{source:?} was told {parent}"));
        assert!(SOURCES.iter().any(|one| *one == source && !known.attributes.is_empty()));
    }
}

#[tokio::test]
async fn r61_a_collector_is_sent_what_the_catalogue_declares_and_nothing_of_a_person() {
    let collector = Collector::start().await;
    let setup = Setup::default().fault(Source::Library.into(), Fault::Error);
    let system = sending(setup, &collector, 1.0).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    browser.overview().await;
    assert_eq!(browser.get("/").await.status, 200);
    let payments = browser.get("/api/v1/sections/payments").await.json();
    let item = payments["widgets"].as_array().expect("widgets").iter().find_map(|widget| widget["item"].as_str());
    let item = format!("/api/v1/sections/payments/items/{}", item.expect("something that can be opened"));
    assert_eq!(browser.get_with(&item, &[("accept", "application/json")]).await.status, 200, "{item}");
    let secrets = browser.secrets();
    let log = system.log();
    // What is left leaves when it stops.
    system.stop(&[&browser]).await;

    let mut search = LeakSearch::new();
    for citizen in DemoWorld::citizens() {
        citizen.cpr.iter().for_each(|number| search.person_number(number));
        search.text("a name", citizen.name);
    }
    for secret in &secrets {
        search.text("a secret of the session", secret);
    }
    search.text("an item", item.rsplit('/').next().expect("its id"));
    let pseudonyms: BTreeSet<_> = log
        .split("\"citizen\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|word| word.len() >= 16)
        .collect();
    assert!(!pseudonyms.is_empty(), "the control: the log names them");
    for pseudonym in &pseudonyms {
        search.text("a pseudonym", pseudonym);
    }
    for body in collector.bodies() {
        assert_eq!(search.find(&body), None);
    }

    let (mut seen, mut resource) = (BTreeMap::<String, BTreeSet<String>>::new(), BTreeSet::new());
    for (sender, span) in collector.told() {
        resource.extend(sender.into_iter().map(|attribute| attribute.key));
        assert!(span.events.is_empty() && span.links.is_empty() && span.trace_state.is_empty());
        assert!(span.status.is_none_or(|status| status.message.is_empty()));
        seen.entry(span.name).or_default().extend(span.attributes.into_iter().map(|attribute| attribute.key));
    }
    assert_eq!(resource, names(TRACE_RESOURCE));
    let declared: BTreeMap<_, _> =
        TRACE_SPANS.iter().map(|span| (span.name.to_owned(), names(span.attributes))).collect();
    assert_eq!(seen, declared, "sent and declared");
}

#[tokio::test]
async fn where_no_share_is_kept_nothing_is_sent_and_sources_are_told_so() {
    let collector = Collector::start().await;
    let system = sending(Setup::default(), &collector, 0.0).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    browser.overview().await;
    let told = told(&system);
    system.stop(&[&browser]).await;
    assert!(!told.is_empty() && told.iter().all(|(_, parent)| parent.ends_with("-00")), "{told:?}");
    assert!(collector.bodies().is_empty());
}

#[tokio::test]
async fn a_collector_that_is_away_is_told_of_once_and_holds_up_nobody() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let any_port = "127.0.0.1:0".parse().expect("an address");
    let setup = Setup::default().adjust(move |config| config.operations.listen = Some(any_port));
    let endpoint = format!("http://{address}/v1/traces").parse().expect("an address");
    let settings = TracesConfig { endpoint, share: 1.0, ca_file: None, headers_file: None };
    let system = setup.adjust(move |config| config.traces = Some(settings)).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let message = "the collector of traces takes no spans";
    for number in 1..=2 {
        let overview = browser.overview().await;
        assert_eq!(section(&overview, "payments")["state"], "ready", "whatever becomes of its trace");
        let wanted = OF_A_LOGIN + number * (1 + SOURCES.len());
        let operations = system.demo.operations.expect("a listener");
        let operations = Url::parse(&format!("http://{operations}/")).expect("an address");
        let mut dropped = 0;
        for _ in 0..100 {
            let exposed = raw_get(&operations, "/metrics", &[]).await.body;
            let series = "overblik_trace_spans_total{end=\"dropped\"} ";
            let line = exposed.lines().find_map(|line| line.strip_prefix(series)).expect("counted");
            dropped = line.parse().expect("a number");
            if dropped >= wanted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(dropped, wanted, "every span was counted");
    }
    assert_eq!(system.log().matches(message).count(), 1, "told once");
    system.stop(&[&browser]).await;
}
