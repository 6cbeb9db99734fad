//! A gateway that cannot serve says why before it serves anybody (requirement R75); one whose neighbours are away waits for
//! them and says so.

use std::{
    net::TcpListener,
    process::{Output, Stdio},
    time::Duration,
};

use overblik_tests::{RedisServer, raw_get};
use tempfile::NamedTempFile;

use crate::{
    command_line::{overblik, run, text},
    configuration::{Deployment, LOGIN_SECRET, SOURCE_SECRET},
    lifecycle::{Served, with_ports},
    session_keys::key,
};

/// Files or environment must be mended first (`EX_CONFIG`).
const CONFIGURATION: Option<i32> = Some(78);
/// It could not run where it is.
const RUNNING: Option<i32> = Some(1);

#[track_caller]
fn assert_told(fault: &str, output: &Output, code: Option<i32>, told: &[&str]) {
    let complaint = text(&output.stderr);
    assert_eq!(output.status.code(), code, "{fault}: {complaint}");
    for told in told {
        assert!(complaint.contains(told), "{fault}: {told} is missing in:\n{complaint}");
    }
    for secret in [LOGIN_SECRET, SOURCE_SECRET, "short-secret"] {
        assert!(!complaint.contains(secret), "{fault}: a secret was printed:\n{complaint}");
    }
}

/// What is wrong, the configuration that has it, and what is said of it.
type Fault<'f> = (&'f str, Box<dyn Fn() -> String + 'f>, &'f [&'f str]);

#[test]
fn r75_each_fault_ends_the_start_with_a_reason_and_what_to_do() {
    let deployment = Deployment::new();
    let (good, _) = with_ports(&deployment);
    let path = |name: &str| deployment.path(name).display().to_string();
    deployment.write("short-key", "first c2hvcnQ=\n");
    deployment.write("poor-key", &format!("first {}\n", "A".repeat(43) + "="));
    deployment.write("good-keys", &key("first", 37));
    let contract = "birkerup-libraries/library/connector.yaml";
    deployment.write(&format!("broken/{contract}"), "apiVersion: overblik/v1\nkind: Sauce\n");
    let faults: [Fault<'_>; 13] = [
        (
            "a secret that cannot be read",
            Box::new(|| good.replace(&path("login-secret"), &path("no-secret"))),
            &["login.client_secret_file", "no-secret", "cannot be read"],
        ),
        (
            "a secret that is too short",
            Box::new(|| {
                good.replace(&format!("client_secret_file: {}", path("login-secret")), "client_secret: short-secret")
            }),
            &["login.client_secret", "shorter than 16"],
        ),
        (
            "no secret",
            Box::new(|| good.replace("  client_secret_file", "  scopes: [openid]\n  # ")),
            &["login.client_secret_file", "is missing"],
        ),
        (
            "a key that is too short",
            Box::new(|| good.clone() + &format!("session: {{ keys_file: {} }}\n", path("short-key"))),
            &["session.keys_file", ":1:"],
        ),
        (
            "a key that chance did not make",
            Box::new(|| good.clone() + &format!("session: {{ keys_file: {} }}\n", path("poor-key"))),
            &["session.keys_file", ":1:"],
        ),
        (
            "keys that are not there",
            Box::new(|| good.clone() + &format!("session: {{ keys_file: {} }}\n", path("nowhere"))),
            &["session.keys_file", "nowhere"],
        ),
        (
            "an issuer without TLS",
            Box::new(|| good.replace("https://login.example", "http://login.example")),
            &["login.issuer", "https"],
        ),
        (
            "a contract with mistakes",
            Box::new(|| good.replace(&path("contracts"), &path("broken"))),
            &[contract, "kind"],
        ),
        (
            "more kept than there is memory",
            Box::new(|| good.clone() + "session: { kept_mib: 99999999 }\n"),
            &["session.kept_mib", "memory"],
        ),
        (
            "a setting that there is not",
            Box::new(|| good.clone() + "limit: { connections: 1 }\n"),
            &["limit", "overblik.yaml:"],
        ),
        (
            "a Redis without the keys that open what is in it",
            Box::new(|| good.clone() + "session: { store: redis, redis: { nodes: ['redis://127.0.0.1:1'] } }\n"),
            &["session.keys_file", "is missing"],
        ),
        (
            "a log filter that cannot be read",
            Box::new(|| good.clone() + "log: { filter: 'overblik=loud' }\n"),
            &["log.filter", "hint:"],
        ),
        (
            "a Redis in the clear",
            Box::new(|| {
                let keys = path("good-keys");
                good.clone()
                    + &format!(
                        "session: {{ store: redis, keys_file: {keys}, redis: {{ nodes: ['redis://redis.example'] }} }}\n"
                    )
            }),
            &["session.redis.nodes", "rediss"],
        ),
    ];
    for (fault, configuration, told) in faults {
        deployment.write("overblik.yaml", &configuration());
        let file = path("overblik.yaml");
        assert_told(fault, &run(&["serve", "--config", &file]), CONFIGURATION, told);
        // Whoever only checks is told the same.
        assert_told(fault, &run(&["config", "check", &file]), CONFIGURATION, told);
    }
}

#[test]
fn r75_what_is_wrong_with_the_files_for_the_collector_of_traces_ends_the_start_too() {
    let deployment = Deployment::new();
    let (good, _) = with_ports(&deployment);
    let path = |name: &str| deployment.path(name).display().to_string();
    deployment.write("headers", "# of the collector\nshort-secret\n");
    let faults: [(&str, &[&str]); 2] = [
        ("headers_file", &["traces.headers_file", ":2: is not NAME: VALUE", "hint:"]),
        ("ca_file", &["traces.ca_file", "holds no certificate", "hint:"]),
    ];
    for (setting, told) in faults {
        let endpoint = "https://collector.example/v1/traces";
        let traces = format!("traces: {{ endpoint: '{endpoint}', {setting}: {} }}\n", path("headers"));
        deployment.write("overblik.yaml", &(good.clone() + &traces));
        let file = path("overblik.yaml");
        assert_told(setting, &run(&["serve", "--config", &file]), CONFIGURATION, told);
        assert_told(setting, &run(&["config", "check", &file]), CONFIGURATION, told);
    }
}

#[test]
fn r75_a_start_in_the_wrong_place_is_told_with_a_way_out() {
    let deployment = Deployment::new();
    let (good, [port, operations]) = with_ports(&deployment);
    let file = deployment.path("overblik.yaml").display().to_string();
    deployment.write("overblik.yaml", &good);
    let taken = TcpListener::bind(("127.0.0.1", operations)).expect("a port");
    let told = format!("127.0.0.1:{operations}: cannot listen");
    assert_told("a port that is taken", &run(&["serve", "--config", &file]), RUNNING, &[&told, "hint:"]);
    drop(taken);
    assert!(TcpListener::bind(("127.0.0.1", port)).is_ok(), "what failed holds nothing");

    deployment.write("a-file", "no folder");
    let contracts = format!("contracts: {{ directory: {} }}", deployment.path("contracts").display());
    let in_registry = |place: &str| {
        good.replace(&contracts, &format!("registry: {{ directory: {} }}", deployment.path(place).display()))
    };
    deployment.write("overblik.yaml", &in_registry("a-file/registry"));
    let told = ["registry:", "cannot make the folder", "a-file/registry"];
    assert_told("a folder that cannot be made", &run(&["serve", "--config", &file]), CONFIGURATION, &told);
    deployment.write("first.yaml", &in_registry("registry"));
    let mut first = overblik()
        .args(["serve", "--config"])
        .arg(deployment.path("first.yaml"))
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(first.try_wait().expect("its state").is_none(), "the first one ended");
        std::thread::yield_now();
    }
    deployment.write("overblik.yaml", &in_registry("registry"));
    let second = run(&["serve", "--config", &file]);
    first.kill().and_then(|()| first.wait()).expect("it ends");
    assert_told(
        "a folder that another process has",
        &second,
        CONFIGURATION,
        &["another process", "works with the registry"],
    );

    deployment.write("overblik.yaml", &(good + "limits: { connections: 500, connections_per_address: 100 }\n"));
    let gateway = overblik().get_program().to_owned();
    let mut limited = std::process::Command::new("prlimit");
    limited.arg("--nofile=300:300").arg(gateway).args(["serve", "--config", &file]);
    let output = limited.output().expect("prlimit runs");
    assert_told("few open files", &output, CONFIGURATION, &["limits.connections: 500", "LimitNOFILE", "hint:"]);
}

#[test]
fn a_registry_whose_redis_is_away_is_nothing_that_must_be_mended() {
    let deployment = Deployment::new();
    let (good, _) = with_ports(&deployment);
    let (rest, _sources) = good.split_once("sources:\n").expect("sources");
    let rest: String =
        rest.lines().filter(|line| !line.starts_with("contracts:")).flat_map(|line| [line, "\n"]).collect();
    let file = deployment.path("overblik.yaml").display().to_string();
    for (tls, code) in [("", RUNNING), (", tls: { ca_file: /nowhere/ca.pem }", CONFIGURATION)] {
        let redis = format!("registry: {{ store: redis, redis: {{ nodes: ['rediss://127.0.0.1:1']{tls} }} }}\n");
        deployment.write("overblik.yaml", &(rest.clone() + &redis));
        assert_told("serve", &run(&["serve", "--config", &file]), code, &[]);
        assert_told("check", &run(&["config", "check", &file]), code, &[]);
    }
}

async fn ready_within(served: &Served, time: Duration) -> bool {
    let began = std::time::Instant::now();
    loop {
        if served.ready().await.status == 200 {
            return true;
        }
        if began.elapsed() > time {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A gateway whose sessions are in a Redis, with this further setting.
async fn served_with(redis: &RedisServer, further: &str) -> (Served, NamedTempFile) {
    let file = NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), key("first", 37)).expect("written");
    let (keys, url) = (file.path().display(), redis.url());
    let redis = format!("{{ nodes: ['{url}'], answer_within_ms: 1000{further} }}");
    let session = format!("session: {{ store: redis, keys_file: {keys}, redis: {redis} }}\n");
    (Served::start(|written| written + &session, &[]).await, file)
}

#[tokio::test]
async fn r39_a_redis_that_refuses_us_leaves_the_process_alive_not_ready_and_telling_why() {
    let redis = RedisServer::start().await;
    redis.cli(&["config", "set", "requirepass", "a-password-of-redis-123"]);
    let (served, _keys) = served_with(&redis, ", password: a-wrong-password-123").await;
    assert!(!ready_within(&served, Duration::from_millis(1500)).await, "{}", served.log());
    assert_eq!(raw_get(&served.operations, "/health/live", &[]).await.status, 200);
    let log = served.log();
    assert!(log.contains("AuthenticationFailed") && !log.contains("a-wrong-password"), "{log}");
}

#[tokio::test]
async fn r39_a_redis_that_is_away_at_the_start_is_waited_for() {
    let mut redis = RedisServer::start().await;
    redis.stop();
    let (served, _keys) = served_with(&redis, "").await;
    assert!(!ready_within(&served, Duration::from_millis(1500)).await, "{}", served.log());
    assert_eq!(raw_get(&served.operations, "/health/live", &[]).await.status, 200);
    assert!(served.log().contains("is away"), "{}", served.log());
    redis.start_again().await;
    assert!(ready_within(&served, Duration::from_secs(20)).await, "it recovers by itself: {}", served.log());
}

#[tokio::test]
async fn a_provider_that_is_away_lets_the_process_start_and_refuses_logins_alone() {
    // Nobody is there: `login.example` does not exist.
    let served = Served::start(|written| written, &[]).await;
    assert_eq!(served.ready().await.status, 200, "whoever is logged in is served");
    let login = raw_get(&served.door, "/auth/login", &[]).await;
    assert!(login.status == 503 && login.body.contains("\"login-unavailable\""), "{} {}", login.status, login.body);
    assert!(served.log().contains("publication cannot be fetched"), "{}", served.log());
}
