//! `overblik config check`: what an operator is told about a configuration and its contracts.

use std::{fs, path::PathBuf, process::Output};

use overblik_demo::Source;
use overblik_tests::{copy_contracts, repository, shipped_limit_ms};
use tempfile::TempDir;

use crate::command_line::{overblik, run, text};

/// `EX_CONFIG`: files or environment must be mended first.
const CONFIGURATION: Option<i32> = Some(78);
pub(crate) const LOGIN_SECRET: &str = "login-secret-0123456789";
pub(crate) const SOURCE_SECRET: &str = "source-secret-0123456789";

/// A folder with a configuration that is good, and its secrets in files.
pub(crate) struct Deployment {
    folder: TempDir,
}

impl Deployment {
    pub(crate) fn new() -> Self {
        let deployment = Self { folder: TempDir::new().expect("a folder") };
        deployment.write("login-secret", LOGIN_SECRET);
        deployment.write("source-secret", SOURCE_SECRET);
        deployment.write("audit-keys", &crate::session_keys::key("audit", 41));
        copy_contracts(&deployment.path("contracts"));
        deployment
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).and_then(|()| fs::write(path, text)).expect("written");
    }

    pub(crate) fn good(&self) -> String {
        let (login, source) = (self.path("login-secret"), self.path("source-secret"));
        format!(
            "server: {{ listen: \"127.0.0.1:0\", public_url: https://overblik.example }}\n\
             login:\n  issuer: https://login.example\n  client_id: overblik\n  client_secret_file: {}\n\
             operations: {{ listen: null }}\n\
             audit: {{ sink: stdout, key_file: {} }}\n\
             contracts: {{ directory: {} }}\n\
             sources:\n  library: {{ authority: birkerup-libraries, api_key_file: &key {} }}\n  \
             daycare: {{ authority: birkerup, api_key_file: *key }}\n  \
             payments: {{ authority: public-payments, api_key_file: *key }}\n",
            login.display(),
            self.path("audit-keys").display(),
            self.path("contracts").display(),
            source.display()
        )
    }

    /// Runs `config check` on a configuration.
    fn check(&self, configuration: &str) -> Output {
        self.write("overblik.yaml", configuration);
        run(&["config", "check", &self.path("overblik.yaml").display().to_string()])
    }
}

/// Fails unless the configuration was refused for all these reasons, without any secret in the complaint.
#[track_caller]
pub(crate) fn assert_refused(output: &Output, reasons: &[&str]) {
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), CONFIGURATION, "{complaint}");
    assert_eq!(text(&output.stdout), "", "complaints go to standard error");
    for reason in reasons {
        assert!(complaint.contains(reason), "{reason} is missing in:\n{complaint}");
    }
    for secret in [LOGIN_SECRET, SOURCE_SECRET] {
        assert!(!complaint.contains(secret), "a secret was printed:\n{complaint}");
    }
}

#[test]
fn a_good_configuration_is_called_good_and_its_sources_are_named() {
    let deployment = Deployment::new();
    let output = deployment.check(&deployment.good());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer = text(&output.stdout);
    for source in ["library", "daycare", "payments"] {
        assert!(answer.contains(source), "{answer}");
    }
    assert!(!answer.contains(LOGIN_SECRET) && !answer.contains(SOURCE_SECRET));
}

#[test]
fn an_unknown_key_is_refused_with_its_line_at_every_depth() {
    let deployment = Deployment::new();
    let good = deployment.good();
    let line = good.lines().count() + 1;
    let at = |line: usize| format!("overblik.yaml:{line}:");
    assert_refused(&deployment.check(&format!("{good}sesion: {{}}\n")), &[&at(line), "sesion"]);
    assert_refused(&deployment.check(&format!("{good}session:\n  idle: 1\n")), &[&at(line + 1), "idle"]);
    let inside = good.replace("client_id: overblik", "client_id: overblik\n  clientid: x");
    assert_refused(&deployment.check(&inside), &[&at(5), "clientid"]);
}

#[test]
fn what_is_no_yaml_or_of_the_wrong_type_is_refused_with_its_line() {
    let deployment = Deployment::new();
    let good = deployment.good();
    let line = good.lines().count() + 1;
    for wrong in ["session: { idle_s: soon }", "session: { idle_s: -1 }", "session: [", "session: &a { x: *b }"] {
        assert_refused(&deployment.check(&format!("{good}{wrong}\n")), &[&format!("overblik.yaml:{line}:")]);
    }
    // The secret stands in the file itself here, next to the mistake.
    let inline = good.replace("client_secret_file: ", &format!("client_secret: {LOGIN_SECRET}\n  minimum_level: "));
    assert_refused(&deployment.check(&inline), &["overblik.yaml:6:"]);
}

#[test]
fn all_contradictions_are_told_at_once() {
    let deployment = Deployment::new();
    let wrong = deployment.good().replace("https://overblik.example", "http://overblik.example/path")
        + "session: { idle_s: 100, absolute_s: 50 }\noverview: { json_deadline_ms: 20000, heartbeat_s: 0 }\n";
    let places = ["server.public_url", "session.idle_s", "overview.json_deadline_ms", "overview.heartbeat_s", "hint:"];
    assert_refused(&deployment.check(&wrong), &places);
}

#[test]
fn r5_a_host_of_the_provider_s_endpoints_is_a_host_alone() {
    let deployment = Deployment::new();
    let with = |host: &str| {
        let both = format!("client_id: overblik\n  endpoint_hosts: [keys.example, \"{host}\"]");
        deployment.check(&deployment.good().replace("client_id: overblik", &both))
    };
    for host in ["login.example", "127.0.0.1", "[::1]"] {
        let output = with(host);
        assert!(output.status.success(), "{host}: {}", text(&output.stderr));
    }
    for wrong in
        ["", "https://keys.example", "keys.example:443", "keys.example/jwks", "Keys.example", "*.example", "::1"]
    {
        // One that can never equal a URL's host would silently allow nothing.
        assert_refused(&with(wrong), &["login.endpoint_hosts"]);
    }
}

#[test]
fn a_secret_that_is_missing_short_or_given_twice_is_refused() {
    let deployment = Deployment::new();
    let good = deployment.good();
    deployment.write("short", "too-short\n");
    let login = deployment.path("login-secret").display().to_string();
    let missing = good.replace(&login, &deployment.path("no-such-file").display().to_string());
    assert_refused(&deployment.check(&missing), &["login.client_secret_file", "no-such-file"]);
    let short = good.replace(&login, &deployment.path("short").display().to_string());
    let output = deployment.check(&short);
    assert_refused(&output, &["login.client_secret", "16"]);
    assert!(!text(&output.stderr).contains("too-short"), "even a bad secret is one");
    let twice = good.replace("  client_id", &format!("  client_secret: {LOGIN_SECRET}\n  client_id"));
    assert_refused(&deployment.check(&twice), &["login.client_secret"]);
    let none = good.replace("client_secret_file", "client_secret_file: null #");
    assert_refused(&deployment.check(&none), &["login.client_secret_file"]);
}

#[test]
fn the_environment_goes_over_the_file_and_is_checked_as_well() {
    let deployment = Deployment::new();
    deployment.write("overblik.yaml", &deployment.good());
    let file = deployment.path("overblik.yaml");
    let check = |name: &str, value: &str| {
        overblik().args(["config", "check"]).arg(&file).env(name, value).output().expect("the command runs")
    };
    assert!(check("OVERBLIK__SESSION__IDLE_S", "60").status.success());
    assert_refused(&check("OVERBLIK__SESSION__IDLE_S", "0"), &["session.idle_s"]);
    assert_refused(&check("OVERBLIK__SESSION__IDLES", "60"), &["OVERBLIK__", "idles"]);
    assert_refused(&check("OVERBLIK__LOGIN__CLIENT_SECRET", LOGIN_SECRET), &["login.client_secret"]);
    assert_refused(&check("OVERBLIK__SOURCES__LIBARY__API_KEY", SOURCE_SECRET), &["libary"]);
}

#[test]
fn mistakes_of_all_contracts_are_told_together_with_their_places() {
    let deployment = Deployment::new();
    let contracts = repository().join("contracts/authorities");
    for (path, from, to) in [
        ("birkerup/daycare/connector.yaml", "theme: children-family", "theme: family"),
        ("birkerup-libraries/library/connector.yaml", "as: money, format: decimal", "as: money, format: roman"),
        ("public-payments/payments/connector.yaml", "cvr: \"90000034\"", "cvr: \"9\"\n    cvrr: x"),
    ] {
        let shipped = fs::read_to_string(contracts.join(path)).expect("a contract");
        assert_eq!(shipped.matches(from).count(), 1, "{from}");
        deployment.write(&format!("contracts/{path}"), &shipped.replace(from, to));
    }
    let output = deployment.check(&deployment.good());
    let expected =
        ["daycare/connector.yaml:", "theme", "library/connector.yaml:", "format", "payments/connector.yaml:", "cvrr"];
    assert_refused(&output, &expected);
    for line in text(&output.stderr).lines().filter(|line| line.contains("connector.yaml:")) {
        let position = line.split("connector.yaml:").nth(1).and_then(|rest| rest.split(':').next());
        assert!(position.is_some_and(|line| line.parse::<u32>().is_ok()), "no line number: {line}");
    }
}

#[test]
fn a_source_that_no_contract_declares_and_a_key_that_is_missing_are_refused() {
    let deployment = Deployment::new();
    let good = deployment.good();
    let unknown = good.replace("  library: {", "  libary: {");
    assert_refused(&deployment.check(&unknown), &["library"]);
    assert_refused(&deployment.check(&format!("{good}  libary: {{}}\n")), &["libary"]);
    assert_refused(
        &deployment.check(&good.replace("  payments: { authority: public-payments, api_key_file: *key }\n", "")),
        &["payments", "API key"],
    );
    let at = |name: &str| deployment.path(name).display().to_string();
    let nowhere = good.replace(&at("contracts"), &at("nowhere"));
    assert_refused(&deployment.check(&nowhere), &["contracts.directory"]);
}

#[test]
fn what_the_configuration_and_the_contracts_contradict_each_other_in_is_refused() {
    let deployment = Deployment::new();
    let good = deployment.good();
    let nobody = format!("{good}overview: {{ display_client: overblikk }}\n");
    assert_refused(&deployment.check(&nobody), &["overview.display_client", "overblikk"]);
    // A stream that stops waiting before the slowest source may answer can never say that it timed out.
    let limit = shipped_limit_ms(Source::Library);
    let overview = |stream: u64| {
        format!("{good}overview: {{ json_deadline_ms: 1000, stream_deadline_ms: {stream}, heartbeat_s: 1 }}\n")
    };
    assert_refused(&deployment.check(&overview(limit)), &["overview.stream_deadline_ms", &limit.to_string()]);
    assert!(deployment.check(&overview(limit + 1)).status.success());
}

#[test]
fn r75_session_keys_that_cannot_be_used_are_refused_with_their_line() {
    let deployment = Deployment::new();
    let keys = deployment.path("session-keys");
    let configuration = format!("{}session: {{ keys_file: {} }}\n", deployment.good(), keys.display());
    assert_refused(&deployment.check(&configuration), &["session.keys_file: ", "cannot be read"]);
    let random = "DBc2UGkn5Qn2Ri3dqSvKdgZUp0E5zKzEKHrSx/hz9oc=";
    deployment.write("session-keys", &format!("# ours\nfirst {random}\nsecond c2hvcnQ=\n"));
    assert_refused(&deployment.check(&configuration), &["session-keys:3: the key must be 32 bytes in base64"]);
    deployment.write("session-keys", &format!("first {random}\nfirst {random}\n"));
    let refused = deployment.check(&configuration);
    assert_refused(&refused, &["session-keys:2: another key has this id"]);
    assert!(!text(&refused.stderr).contains(random));
    deployment.write("session-keys", &format!("first {random}\n"));
    let good = deployment.check(&configuration);
    assert!(good.status.success(), "{}", text(&good.stderr));
}

#[test]
fn sources_come_from_a_folder_or_from_a_registry_and_a_registry_is_one() {
    let deployment = Deployment::new();
    let good = deployment.good();
    let registry = format!("registry: {{ directory: {} }}\n", deployment.path("registry").display());
    assert_refused(&deployment.check(&format!("{good}{registry}")), &["contracts.directory: is set, and registry too"]);
    let contracts = format!("contracts: {{ directory: {} }}\n", deployment.path("contracts").display());
    assert_refused(&deployment.check(&good.replace(&contracts, "")), &["contracts.directory: is missing"]);
    let of_registry = good.replace(&contracts, &registry);
    let begun = deployment.check(&of_registry);
    assert!(begun.status.success(), "{}", text(&begun.stderr));
    assert!(text(&begun.stdout).contains("0 sources") && !deployment.path("registry").exists(), "a look makes none");
    deployment.write("registry/history.jsonl", "no record\n");
    let damaged = ["registry: the registry is damaged", "until a copy from before is put in its place"];
    assert_refused(&deployment.check(&of_registry), &damaged);
    let file = deployment.path("overblik.yaml").display().to_string();
    let started = run(&["serve", "--config", &file]);
    assert_eq!(started.status.code(), CONFIGURATION);
    assert!(damaged.iter().all(|said| text(&started.stderr).contains(said)), "{}", text(&started.stderr));
}

#[test]
fn r63_where_it_is_written_down_what_is_asked_must_be_said() {
    let deployment = Deployment::new();
    let good = deployment.good();
    let line = good.lines().find(|line| line.starts_with("audit: ")).expect("where").to_owned();
    let keys = deployment.path("audit-keys").display().to_string();
    deployment.write("weak-keys", "audit AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    let weak = deployment.path("weak-keys").display().to_string();
    for (audit, said) in [
        (String::new(), "audit.sink: is missing or none"),
        (format!("audit: {{ sink: none, key_file: {keys} }}"), "audit.sink: is missing or none"),
        (format!("audit: {{ sink: file, key_file: {keys} }}"), "audit.directory: is missing"),
        ("audit: { sink: stdout }".to_owned(), "audit.key_file: is missing"),
        (format!("audit: {{ sink: stdout, key_file: {weak} }}"), "audit.key_file: "),
        (format!("audit: {{ sink: stdout, key_file: {keys}, retention_days: 0 }}"), "audit.retention_days: must be"),
        (format!("audit: {{ sink: stdout, key_file: {keys}, queue: 1 }}"), "audit.queue: must be"),
        (format!("audit: {{ sink: redis, key_file: {keys} }}"), "audit.redis.nodes: names no node"),
    ] {
        assert_refused(&deployment.check(&good.replace(&line, &audit)), &[said]);
    }
    let fictitious = good.replace(&line, "development: { fictitious_persons: true }");
    let output = deployment.check(&fictitious);
    assert!(output.status.success(), "{}", text(&output.stderr));
}
