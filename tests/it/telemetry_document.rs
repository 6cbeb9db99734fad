//! The documents of telemetry: what is written from the catalogue, what is said about alerts, and that both and the dashboard
//! name only what there is.

use std::{collections::BTreeSet, fs, process::Command};

use overblik_gateway::telemetry::catalogue::{Kind, METRICS, Metric, document};
use overblik_tests::repository;
use serde_json::Value;

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_telemetry_document_is_the_catalogue() {
    let path = repository().join("docs/telemetry.md");
    if std::env::var_os("OVERBLIK_WRITE").is_some() {
        fs::write(&path, document()).expect("written");
    }
    assert_eq!(
        read("docs/telemetry.md"),
        document(),
        "write it anew: OVERBLIK_WRITE=1 cargo test -p overblik-tests --test it -- telemetry_document"
    );
}

fn metrics() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().flat_map(|(_, metrics)| metrics.iter().copied())
}

/// The names of series that there are.
fn series() -> BTreeSet<String> {
    let of = |metric: &Metric| match metric.kind {
        Kind::Histogram => ["_bucket", "_sum", "_count"].map(|end| format!("{}{end}", metric.name)).to_vec(),
        Kind::Counter | Kind::Gauge => vec![metric.name.to_owned()],
    };
    metrics().flat_map(of).collect()
}

/// Words of an expression that look like metrics.
fn named(expression: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = expression.split(|character| !is_part(character));
    let is_metric = |word: &&str| word.starts_with("overblik_") || word.starts_with("process_");
    words.filter(is_metric).map(str::to_owned).collect()
}

#[test]
fn alerts_and_dashboard_name_only_what_is_measured() {
    let (series, mut seen) = (series(), BTreeSet::new());
    for path in ["operations/prometheus/alerts.yml", "operations/grafana/overblik.json"] {
        let text = read(path);
        // What is said for people may name a metric without its ending.
        let is_for_people = |line: &&str| {
            let line = line.trim_start();
            !["description:", "summary:", "#", "\"description\":"].iter().any(|begin| line.starts_with(begin))
        };
        let expressions: String = text.lines().filter(is_for_people).flat_map(|line| [line, "\n"]).collect();
        let unknown: Vec<_> = named(&expressions).into_iter().filter(|name| !series.contains(name)).collect();
        assert!(unknown.is_empty(), "{path} names what is not measured: {unknown:?}");
        seen.extend(named(&expressions));
    }
    let text = read("operations/prometheus/alerts_test.yml");
    let unknown: Vec<_> = named(&text).into_iter().filter(|name| !series.contains(name)).collect();
    assert!(unknown.is_empty(), "alerts_test.yml names what is not measured: {unknown:?}");
    let unseen: Vec<_> = metrics()
        .filter(|metric| !seen.iter().any(|name| name.starts_with(metric.name)))
        .map(|metric| metric.name)
        .collect();
    assert!(unseen.is_empty(), "measured, and neither an alert nor the dashboard looks at it: {unseen:?}");
}

#[test]
fn the_dashboard_is_json_whose_panels_have_expressions() {
    let dashboard: Value = serde_json::from_str(&read("operations/grafana/overblik.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().expect("targets");
        assert!(targets.iter().all(|target| target["expr"].as_str().is_some_and(|text| !text.is_empty())), "{panel}");
    }
}

#[test]
fn every_alert_has_its_section_and_its_test() {
    let rules: Value = serde_saphyr::from_str(&read("operations/prometheus/alerts.yml")).expect("YAML");
    let groups = rules["groups"].as_array().expect("groups").iter();
    let alerts: Vec<&Value> = groups.flat_map(|group| group["rules"].as_array().expect("rules")).collect();
    let (text, tests) = (read("docs/alerts.md"), read("operations/prometheus/alerts_test.yml"));
    let mut names = BTreeSet::new();
    for alert in alerts {
        let name = alert["alert"].as_str().expect("a name");
        assert!(names.insert(name), "{name} stands there twice");
        let annotations = &alert["annotations"];
        assert_eq!(annotations["runbook_url"], format!("docs/alerts.md#{}", name.to_lowercase()), "{name}");
        for what in ["summary", "description"] {
            assert!(annotations[what].as_str().is_some_and(|text| text.len() > 10), "{name} has a {what}");
        }
        assert!(["page", "ticket"].map(Value::from).contains(&alert["labels"]["severity"]), "{name} has a severity");
        assert!(
            tests.contains(&format!("\"{name}\"")) || tests.contains(&format!("alertname: {name}")),
            "{name} has a test"
        );
    }
    let sections: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(sections, names, "a section in docs/alerts.md for each alert");
}

#[test]
fn promtool_finds_the_alerts_good_and_they_fire_when_they_should() {
    let folder = repository().join("operations/prometheus");
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        let output = Command::new("promtool").args(arguments).current_dir(&folder).output();
        let output = output.expect("promtool is there: Debian's package prometheus, see ./test tools");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }
}
