//! What the operators' listener says of the process in numbers.

use std::collections::{BTreeMap, BTreeSet};

use overblik_demo::{DemoWorld, Fault, Source};
use overblik_gateway::{
    config::{RedisNode, StatisticsStoreKind},
    telemetry::catalogue::{Kind, METRICS, Metric, Unit},
};
use overblik_tests::{Certificates, MasterKeyFile, RedisServer, Setup, System, raw_get, spellings};
use serde_json::Value;
use url::Url;

use crate::redis_store::{in_redis, keys};

pub(crate) fn setup() -> Setup {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    Setup::default().adjust(move |config| config.operations.listen = Some(any_port))
}

fn operations(system: &System) -> Url {
    let address = system.demo.operations.expect("a listener");
    Url::parse(&format!("http://{address}/")).expect("an address")
}

pub(crate) async fn exposed(system: &System) -> String {
    let answer = raw_get(&operations(system), "/metrics", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{}", answer.head);
    assert!(answer.body.ends_with("# EOF\n"));
    answer.body
}

/// The value of a series; 0 where there is none.
pub(crate) fn value(exposed: &str, series: &str) -> f64 {
    let line = exposed.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().expect("a number"))
}

fn stem(metric: &Metric) -> &str {
    metric.name.strip_suffix("_total").unwrap_or(metric.name)
}

#[tokio::test]
async fn each_metric_of_the_catalogue_is_there_with_help_and_unit_and_no_other() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let keys = MasterKeyFile::new(folder.path().join("session-keys"));
    let path = keys.path().to_owned();
    let (certificates, redis) = (Certificates::new(), RedisServer::start().await);
    let node = RedisNode::parse(&redis.url()).expect("an address");
    let setup = setup().secured(&certificates).adjust(move |config| {
        config.session.keys_file = Some(path);
        config.statistics.store = Some(StatisticsStoreKind::Redis);
        config.statistics.redis.nodes = vec![node];
    });
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    system.demo.world.order(Source::Library.into(), Some(Fault::Error)).await;
    browser.overview().await;
    browser.get("/no-such-page").await;
    let exposed = exposed(&system).await;
    let of = |what: &str| -> BTreeMap<&str, &str> {
        let lines = exposed.lines().filter_map(|line| line.strip_prefix(what)?.strip_prefix(' ')?.split_once(' '));
        lines.collect()
    };
    let (kinds, helps, units) = (of("# TYPE"), of("# HELP"), of("# UNIT"));
    let all: Vec<&Metric> = METRICS.iter().flat_map(|(_, metrics)| metrics.iter().copied()).collect();
    let known: BTreeSet<&str> = all.iter().map(|metric| stem(metric)).collect();
    assert_eq!(known.len(), all.len(), "one name, one metric");
    assert_eq!(kinds.keys().copied().collect::<BTreeSet<_>>(), known);
    for metric in all {
        let name = stem(metric);
        assert_eq!(kinds[name], metric.kind.name(), "{name}");
        assert_eq!(helps[name].trim_end_matches('.'), metric.meaning, "{name}");
        assert_eq!(units.get(name).copied(), metric.unit.map(Unit::name), "{name}");
        let series = exposed.lines().filter(|line| line.starts_with(name) && !line.starts_with('#'));
        let labels: BTreeSet<&str> = metric.labels.iter().map(|label| label.name).collect();
        let series = series.filter(|line| {
            let rest = line.trim_start_matches(name).trim_start_matches("_total");
            let rest = ["_bucket", "_sum", "_count"].iter().fold(rest, |rest, end| rest.trim_start_matches(end));
            rest.starts_with(['{', ' '])
        });
        let mut number = 0;
        for line in series {
            let inside = line.split_once('{').map_or("", |(_, rest)| rest.rsplit_once('}').expect("closed").0);
            let found: BTreeSet<&str> = inside
                .split("\",")
                .filter_map(|label| Some(label.split_once('=')?.0))
                .filter(|name| *name != "le")
                .collect();
            assert_eq!(found, labels, "{line}");
            number += 1;
        }
        assert!(number > 0, "{name} has a series");
        assert!(metric.kind != Kind::Counter || metric.name.ends_with("_total"), "{name}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn what_happens_is_counted_and_nothing_of_a_person_is_told() {
    let system = setup().start().await;
    let mut browser = system.logged_in("family-signe").await;
    system.demo.world.order(Source::Payments.into(), Some(Fault::WrongPerson)).await;
    for _ in 0..2 {
        browser.overview().await;
    }
    assert_eq!(browser.get("/no-such-page").await.status, 404);
    let before = exposed(&system).await;
    for (series, expected) in [
        (r#"overblik_overviews_total{face="json",end="incomplete"}"#, 2.0),
        (r#"overblik_overviews_underway{face="json"}"#, 0.0),
        (r#"overblik_overview_duration_seconds_count{face="json"}"#, 2.0),
        (r#"overblik_http_requests_total{route="/api/v1/overview",status="200"}"#, 2.0),
        (r#"overblik_http_requests_total{route="unmatched",status="404"}"#, 1.0),
        (r#"overblik_http_problems_total{code="internal"}"#, 0.0),
        (r#"overblik_http_problems_total{code="not-found"}"#, 1.0),
        (r#"overblik_source_asks_total{source="library",end="answered"}"#, 2.0),
        (r#"overblik_source_ask_duration_seconds_count{source="library"}"#, 2.0),
        (r#"overblik_sections_total{source="library",state="ready"}"#, 2.0),
        // The second time nobody was asked.
        (r#"overblik_source_failures_total{source="payments",reason="wrong_person"}"#, 1.0),
        (r#"overblik_source_failures_total{source="library",reason="wrong_person"}"#, 0.0),
        (r#"overblik_sections_total{source="payments",state="suspended"}"#, 1.0),
        (r#"overblik_logins_begun_total{kind="login"}"#, 1.0),
        (r#"overblik_logins_ended_total{end="logged_in"}"#, 1.0),
        ("overblik_sessions_begun_total", 1.0),
        (r#"overblik_provider_fetches_total{of="citizens",what="keys",outcome="fetched"}"#, 1.0),
        ("overblik_session_store_up", 1.0),
        (r#"overblik_session_store_duration_seconds_count{operation="create"}"#, 1.0),
        ("overblik_registry_agreement_age_seconds", 0.0),
        ("overblik_places_taken", 0.0),
    ] {
        assert!((value(&before, series) - expected).abs() < f64::EPSILON, "{series}: {}", value(&before, series));
        assert!(before.contains(series), "{series} is told");
    }
    let version = before.lines().find(|line| line.starts_with("overblik_source_stopped{source=\"payments\""));
    assert!(version.is_some(), "the gate is told");
    let cut_off = |line: &&str| {
        line.starts_with("overblik_source_stopped") && line.contains("wrong_answer") && line.ends_with(" 1")
    };
    assert_eq!(before.lines().filter(cut_off).count(), 1, "one source is cut off");
    browser.post("/auth/logout").await;
    let after = exposed(&system).await;
    assert!(value(&after, r#"overblik_sessions_ended_total{cause="logout"}"#) > 0.5);
    let persons = DemoWorld::citizens();
    for text in [&before, &after] {
        for spelling in persons.iter().filter_map(|person| person.cpr).flat_map(spellings) {
            assert!(!text.contains(&spelling), "r61: {spelling} stands in the metrics");
        }
        let secrets = browser.secrets();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "r61: a cookie or token stands in the metrics");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn each_overview_has_one_line_with_its_request_s_reference() {
    let system = setup().start().await;
    let mut browser = system.logged_in("family-signe").await;
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let (json, page) = tokio::join!(one.get("/api/v1/overview"), other.get("/"));
    assert_eq!((json.status.as_u16(), page.status.as_u16()), (200, 200));
    let mut stream = browser.open_stream().await;
    while stream.next_event().await.is_some_and(|(name, _)| name != "end") {}
    let log = system.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("\"overview answered\"")).collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    for line in &lines {
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["reference"].as_str().map(str::len), Some(16), "{line}");
        assert!(line["asked"].as_u64() > Some(2) && line["deadline_met"] == true, "{line}");
    }
    for answer in [json, page] {
        let reference = format!("\"reference\":\"{}\"", answer.header("x-request-id"));
        let of_it: Vec<_> = log.lines().filter(|line| line.contains(&reference)).collect();
        let told = |message: &str| of_it.iter().filter(|line| line.contains(message)).count();
        assert_eq!((told("\"overview answered\""), told("\"request answered\"")), (1, 1), "{of_it:#?}");
    }
    let reference = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["reference"].clone();
    let of_overviews: Vec<_> = lines.iter().map(|line| reference(line)).collect();
    let asked: Vec<_> = log.lines().filter(|line| line.contains("\"source asked\"")).collect();
    assert!(asked.len() > 2 && asked.iter().all(|line| of_overviews.contains(&reference(line))), "{asked:#?}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r39_a_store_that_is_away_is_told_and_counted() {
    let (mut server, folder) = (RedisServer::start().await, keys());
    let system = setup().adjust(in_redis(&server, &folder)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let find = r#"overblik_session_store_failures_total{operation="find"}"#;
    let before = exposed(&system).await;
    assert_eq!((value(&before, "overblik_session_store_up"), value(&before, find)), (1.0, 0.0));
    server.stop();
    assert_eq!(browser.get("/api/v1/overview").await.status, 503);
    let after = exposed(&system).await;
    assert!(after.contains("\noverblik_session_store_up 0"), "it is away");
    assert!(
        value(&after, find) > 0.5
            && value(&after, r#"overblik_http_problems_total{code="sessions-unavailable"}"#) > 0.5
    );
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r33_metrics_are_for_programs_and_for_no_page() {
    let system = setup().start().await;
    for header in
        ["origin: https://elsewhere.example", "origin: null", "sec-fetch-site: cross-site", "sec-fetch-site: none"]
    {
        let answer = raw_get(&operations(&system), "/metrics", &[header.to_owned()]).await;
        assert_eq!(answer.status, 403, "{header}");
        assert!(!answer.body.contains("overblik_"), "{}", answer.body);
    }
    exposed(&system).await;
    assert_eq!(raw_get(&system.demo.url, "/metrics", &[]).await.status, 404, "nothing of it is for citizens");
    system.stop(&[]).await;
}
