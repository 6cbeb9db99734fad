//! A Prometheus that looks at gateways every other second, by the alert rules that are shipped.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use url::Url;

use crate::{fleet::free_port, repository};

/// The shipped rules.
const RULES: &str = "operations/prometheus/alerts.yml";

/// How long something must be so before an alert fires, in place of minutes.
const FOR: &str = "2s";

/// Over how long rates are taken, in place of minutes.
const WINDOW: &str = "10s";

/// Longest until an alert fires, or resolves: a scrape, a rule's turn and [`FOR`], and for one that resolves [`WINDOW`]; and
/// several times that where the fault is a machine that is kept busy.
const NOTICED_WITHIN: Duration = Duration::from_mins(1);

const INSTALL: &str = "Prometheus is not installed: `./test tools` installs it";

/// A running Prometheus; it stops when it is dropped.
#[derive(Debug)]
pub struct Prometheus {
    url: Url,
    http: reqwest::Client,
    child: Child,
    _folder: TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[expect(clippy::expect_used, reason = "a test without its parties must fail and say why")]
impl Prometheus {
    /// Starts one that looks at the operators' doors of gateways, and waits until it has seen them all.
    ///
    /// # Panics
    /// When it does not start, or does not see them.
    pub async fn start(operations: &[Url]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let at = folder.path();
        fs::write(at.join("alerts.yml"), hurried(&shipped())).expect("written");
        let targets: Vec<_> =
            operations.iter().map(|door| format!("\"localhost:{}\"", door.port().unwrap_or_default())).collect();
        let configuration = format!(
            "global: {{ scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s }}\nrule_files: [alerts.yml]\n\
             scrape_configs:\n  - job_name: overblik\n    static_configs: [{{ targets: [{}] }}]\n",
            targets.join(", ")
        );
        fs::write(at.join("prometheus.yml"), configuration).expect("written");
        let port = free_port();
        let log = fs::File::create(at.join("log")).expect("a log file");
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", at.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", at.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .spawn()
            .expect(INSTALL);
        let url = Url::parse(&format!("http://127.0.0.1:{port}/")).expect("an address");
        #[expect(clippy::disallowed_methods, reason = "a test's client, not the gateway's")]
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let prometheus = Self { url, http, child, _folder: folder };
        let seen = format!("sum(up)+==+{}", operations.len());
        let began = Instant::now();
        while prometheus
            .ask(&format!("/api/v1/query?query={seen}"), "/data/result")
            .await
            .as_ref()
            .is_none_or(is_nothing)
        {
            assert!(began.elapsed() < NOTICED_WITHIN, "Prometheus does not see every gateway");
            sleep(Duration::from_millis(200)).await;
        }
        prometheus
    }

    /// Waits until an alert fires.
    ///
    /// # Panics
    /// When it does not.
    pub async fn fires(&self, alert: &str) {
        self.until(alert, "fires", true).await;
    }

    /// Waits until it no longer does.
    ///
    /// # Panics
    /// When it goes on.
    pub async fn resolves(&self, alert: &str) {
        self.until(alert, "resolves", false).await;
    }

    /// Which alerts fire, if it says so.
    async fn firing(&self) -> Option<Vec<String>> {
        let alerts = self.ask("/api/v1/alerts", "/data/alerts").await?;
        let firing = alerts.as_array()?.iter().filter(|alert| alert["state"] == "firing");
        Some(firing.filter_map(|alert| alert.pointer("/labels/alertname")?.as_str().map(str::to_owned)).collect())
    }

    /// Which alerts have fired since it began, whether they still do or not.
    pub async fn has_fired(&self) -> Vec<String> {
        let query = "/api/v1/query?query=max_over_time(ALERTS{alertstate%3D%22firing%22}[1h])";
        let found = self.ask(query, "/data/result").await.unwrap_or_default();
        let found = found.as_array().into_iter().flatten();
        found.filter_map(|series| series.pointer("/metric/alertname")?.as_str().map(str::to_owned)).collect()
    }

    async fn until(&self, alert: &str, what: &str, wanted: bool) {
        let began = Instant::now();
        loop {
            let firing = self.firing().await;
            // Without an answer nothing is known.
            if firing.as_ref().is_some_and(|firing| firing.iter().any(|name| name == alert) == wanted) {
                println!("    {alert} {what} after {:.1} s", began.elapsed().as_secs_f32());
                return;
            }
            assert!(began.elapsed() < NOTICED_WITHIN, "{alert} never {what}; firing are {firing:?}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn ask(&self, path: &str, pointer: &str) -> Option<Value> {
        let answer = self.http.get(self.url.join(path).ok()?).send().await.ok()?.bytes().await.ok()?;
        serde_json::from_slice::<Value>(&answer).ok()?.pointer(pointer).cloned()
    }
}

fn is_nothing(result: &Value) -> bool {
    result.as_array().is_none_or(Vec::is_empty)
}

#[expect(clippy::expect_used, reason = "rules that are not there are the test's failure")]
fn shipped() -> String {
    fs::read_to_string(Path::new(repository()).join(RULES)).expect("the shipped alert rules")
}

/// The same rules with short times: nobody waits for minutes here.
fn hurried(rules: &str) -> String {
    let hurried = rules.lines().map(|line| {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        if rest.starts_with("for:") { format!("{indent}for: {FOR}") } else { windows_shortened(line) }
    });
    hurried.collect::<Vec<_>>().join("\n")
}

/// Every range of minutes or hours, such as `[5m]`, is [`WINDOW`].
fn windows_shortened(line: &str) -> String {
    let mut parts = line.split('[');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let range = part.split_once(']').filter(|(range, _)| {
            let digits = range.trim_end_matches(['m', 'h']);
            digits.len() + 1 == range.len() && digits.chars().all(|digit| digit.is_ascii_digit())
        });
        written += "[";
        match range {
            Some((_, rest)) => written.extend([WINDOW, "]", rest]),
            None => written += part,
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_become_seconds_and_nothing_else_changes() {
        let rules = "    expr: rate(a[5m]) > 0 and b{c=~\"[a-z]m\"} # [30m]\n    for: 10m\n    labels: { for: x }";
        let expected = "    expr: rate(a[10s]) > 0 and b{c=~\"[a-z]m\"} # [10s]\n    for: 2s\n    labels: { for: x }";
        assert_eq!(hurried(rules), expected);
    }
}
