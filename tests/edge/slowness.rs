//! slowhttptest: clients that send their heads and bodies drop by drop, ask for many small parts, or read drop by drop.

use std::time::{Duration, Instant};

use overblik_gateway::config::{Config, LimitsConfig};
use overblik_tests::{Certificates, Setup, System, raw_get};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use crate::tool::{alone, is_long, run};

/// The ways of being slow, where they are tried, and how the tool is told.
const WAYS: [(&str, &str, &[&str]); 4] = [
    ("slow heads", "/", &["-H", "-i", "2", "-t", "GET", "-x", "24"]),
    ("slow bodies", "/auth/backchannel-logout", &["-B", "-i", "2", "-s", "8192", "-t", "POST", "-x", "10"]),
    ("ranges", "/", &["-R", "-a", "5", "-b", "3000", "-t", "HEAD"]),
    ("slow reading", "/", &["-X", "-w", "1", "-y", "5", "-n", "2", "-z", "8", "-k", "3"]),
];

/// How long a citizen waits for an answer on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(5);

/// Attacks a gateway in every way at once; each moment at which somebody was not served.
async fn attack(system: &System, certificates: Option<&Certificates>, connections: u32, seconds: u64) -> Vec<String> {
    let attacks = WAYS.map(|way| one_attack(&system.demo.url, way, connections, seconds));
    let is_over = std::cell::Cell::new(false);
    let attacking = async {
        let [one, two, three, four] = attacks;
        let (one, two, three, four) = tokio::join!(one, two, three, four);
        is_over.set(true);
        [one, two, three, four].into_iter().flatten().collect::<Vec<_>>()
    };
    let asking = async {
        let mut missed = Vec::new();
        while !is_over.get() {
            let began = Instant::now();
            let asked = tokio::time::timeout(PATIENCE, served(system, certificates)).await;
            if asked != Ok(200) {
                missed.push(format!("a citizen was answered {asked:?} after {:?}", began.elapsed()));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        missed
    };
    let (mut found, missed) = tokio::join!(attacking, asking);
    found.extend(missed);
    found
}

/// Attacks a server in one way; what the tool says where it found that the server did not serve.
async fn one_attack(
    server: &Url,
    (way, path, options): (&str, &str, &[&str]),
    connections: u32,
    seconds: u64,
) -> Option<String> {
    let (connections, length) = (connections.to_string(), seconds.to_string());
    let url = server.join(path).expect("an address");
    let mut arguments: Vec<_> = options.iter().map(|word| (*word).to_owned()).collect();
    let more = ["-c", &connections, "-r", "100", "-l", &length, "-p", "5", "-u", url.as_str()];
    arguments.extend(more.map(str::to_owned));
    let said = run("slowhttptest", &arguments, Duration::from_secs(seconds + 60)).await;
    // The tool writes how things stand every five seconds.
    let available = said.text.matches("service available:").count();
    let was_available = said.text.matches("YES").count();
    let is_well = said.succeeded && available > 0 && available == was_available;
    (!is_well).then(|| format!("{way}: {}", said.text))
}

/// How a citizen is answered who comes meanwhile.
async fn served(system: &System, certificates: Option<&Certificates>) -> u16 {
    let Some(certificates) = certificates else {
        return raw_get(&system.demo.url, "/auth/session-ended", &[]).await.status;
    };
    let request = b"GET /auth/session-ended HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let asking = async {
        let mut stream = certificates.connect(&system.demo.url, &["http/1.1"]).await?;
        stream.write_all(request).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = asking.await.unwrap_or_default();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

fn length() -> u64 {
    if is_long() { 120 } else { 20 }
}

fn as_shipped(config: &mut Config) {
    // Whoever attacks and whoever is kept out by it come from one address here, and it is the others that must be served.
    config.limits = LimitsConfig {
        requests_per_address: None,
        connections_per_address: None,
        handshakes_per_address: None,
        provider_logouts_per_address: None,
        ..LimitsConfig::default()
    };
}

#[tokio::test]
async fn r72_slow_clients_keep_nobody_out() {
    let _alone = alone().await;
    let system = Setup::default().adjust(as_shipped).start().await;
    let found = attack(&system, None, 200, length()).await;
    assert!(found.is_empty(), "{found:#?}");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r72_slow_clients_keep_nobody_out_of_tls() {
    let _alone = alone().await;
    let certificates = Certificates::new();
    let system = Setup::default().secured(&certificates).adjust(as_shipped).start().await;
    let found = attack(&system, Some(&certificates), 100, length()).await;
    assert!(found.is_empty(), "{found:#?}");
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_gateway_with_few_places_that_waits_for_everybody_is_found_out() {
    let _alone = alone().await;
    let certificates = Certificates::new();
    let setup = Setup::default().secured(&certificates).adjust(|config: &mut Config| {
        config.limits.connections = Some(50);
        config.server.patience.head_s = 600;
        config.server.patience.body_s = 600;
        config.server.patience.taking_s = 600;
    });
    let system = setup.start().await;
    let found = attack(&system, Some(&certificates), 100, 15).await;
    // Which of the attacks gets the few places, and whether its tool notices that the others are kept out, is chance.
    assert!(found.iter().any(|found| found.starts_with("a citizen was answered ")), "{found:#?}");
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_found_out_in_every_way() {
    let _alone = alone().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = Url::parse(&format!("http://{}/", listener.local_addr().expect("an address"))).expect("an address");
    let mut silent = tokio::task::JoinSet::new();
    silent.spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let [one, two, three, four] = WAYS.map(|way| one_attack(&url, way, 20, 12));
    let (one, two, three, four) = tokio::join!(one, two, three, four);
    for (found, (way, ..)) in [one, two, three, four].into_iter().zip(WAYS) {
        assert!(found.is_some_and(|found| found.starts_with(way)), "{way}");
    }
    silent.shutdown().await;
}
