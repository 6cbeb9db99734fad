//! A gateway that speaks TLS by itself (requirement R74): what is shown, how it is exchanged, and who is not waited for.

use std::{
    process::Output,
    time::{Duration, Instant},
};

use overblik_gateway::config::{Config, Rate};
use overblik_tests::{Certificates, GatewayBinary, Setup, System, copy_contracts, raw_request};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

const GET: &[u8] = b"GET /no-such-page HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// What the gateway shows to whoever connects now.
async fn shown(certificates: &Certificates, gateway: &Url) -> Vec<u8> {
    let stream = certificates.connect(gateway, &["http/1.1"]).await.expect("a connection");
    let chain = stream.get_ref().1.peer_certificates().expect("a chain");
    chain.first().expect("a certificate").to_vec()
}

/// Asks over a connection, and says what the answer begins with.
async fn ask(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), request: &[u8]) -> String {
    stream.write_all(request).await.expect("a request");
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn r74_citizens_are_served_over_tls_of_our_own() {
    let certificates = Certificates::new();
    let system = Setup::default().secured(&certificates).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let page = browser.get("/").await;
    assert!(page.status == 200 && page.text.contains("Signe"), "{}", page.text);
    assert_eq!(page.header("strict-transport-security"), "max-age=63072000; includeSubDomains");
    let begun = system.browser().get("/auth/login").await;
    let cookies: Vec<_> = begun.header_all("set-cookie").collect();
    assert!(!cookies.is_empty() && cookies.iter().all(|cookie| cookie.contains("; Secure;")), "{cookies:?}");
    // Whoever speaks plain HTTP here is answered nothing that could be read.
    let plain = raw_request(&system.demo.url, GET).await;
    assert!(plain.status == 0 && !plain.head.contains("http/"), "{plain:?}");
    let other = certificates.connect(&system.demo.url, &["spdy/3"]).await.expect_err("no protocol in common");
    assert!(other.to_string().contains("NoApplicationProtocol"), "{other}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r74_a_certificate_is_exchanged_without_a_restart_and_never_without_its_key() {
    let certificates = Certificates::new();
    let system = Setup::default().secured(&certificates).start().await;
    let first = shown(&certificates, &system.demo.url).await;
    let mut kept = certificates.connect(&system.demo.url, &["http/1.1"]).await.expect("a connection");
    assert!(ask(&mut kept, GET).await.starts_with("HTTP/1.1 404"));

    certificates.renew_certificate_alone();
    let began = Instant::now();
    while !system.log().contains("certificate_unusable") {
        assert!(began.elapsed() < Duration::from_secs(30), "that the pair does not fit is told");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(system.log().contains("does not belong to the certificate in"), "{}", system.log());
    assert_eq!(shown(&certificates, &system.demo.url).await, first, "the former pair stays");

    certificates.renew(2030);
    let began = Instant::now();
    while shown(&certificates, &system.demo.url).await == first {
        assert!(began.elapsed() < Duration::from_secs(30), "still the former certificate");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(system.log().contains("certificate_exchanged"));
    assert!(ask(&mut kept, GET).await.starts_with("HTTP/1.1 404"), "what was open goes on");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r72_whoever_opens_a_connection_and_agrees_on_nothing_is_cut_off_and_gives_the_place_back() {
    for (all, of_address) in [(None, Some(2)), (Some(2), None)] {
        handshakes_that_go_nowhere(all, of_address).await;
    }
}

async fn handshakes_that_go_nowhere(all: Option<u32>, of_address: Option<u32>) {
    let certificates = Certificates::new();
    let setup = Setup::default().secured(&certificates).adjust(move |config: &mut Config| {
        config.server.patience.head_s = 2;
        config.limits.handshakes = all;
        config.limits.handshakes_per_address = of_address;
    });
    let system = setup.start().await;
    let port = system.demo.url.port().expect("a port");
    let began = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        // The beginning of a handshake, and no more.
        stream.write_all(&[22, 3, 1]).await.expect("three bytes");
        silent.push(stream);
    }
    // Taken, too, before the next one comes.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(certificates.connect(&system.demo.url, &["h2"]).await.is_err(), "there are as many as there may be");
    for mut stream in silent {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "still open");
        assert!(began.elapsed() >= Duration::from_millis(1_900), "waited for");
    }
    // The places are free again, and who has agreed on TLS holds none.
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(certificates.connect(&system.demo.url, &["http/1.1"]).await.expect("a connection"));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Those ask nothing either, and are not waited for longer.
    for mut stream in open {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok() && rest.is_empty(), "still open");
    }
    assert_eq!(system.browser().get("/no-such-page").await.status, 404);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r73_behind_tls_too_nobody_tells_us_their_address_who_is_not_trusted() {
    let certificates = Certificates::new();
    let setup = Setup::default().secured(&certificates).adjust(|config: &mut Config| {
        config.limits.requests_per_address = Some(Rate { per_minute: 60, at_once: 3 });
    });
    let system = setup.start().await;
    let mut statuses = Vec::new();
    for number in 0..5 {
        let (address, forwarded) = (format!("203.0.113.{number}"), format!("for=203.0.113.{number}"));
        let headers = [("x-forwarded-for", address.as_str()), ("forwarded", &forwarded), ("x-real-ip", &address)];
        statuses.push(system.browser().get_with("/no-such-page", &headers).await.status.as_u16());
    }
    assert_eq!(statuses, [404, 404, 404, 429, 429]);
    // A word in front of TLS, as some proxies say it, is no TLS; and before plain HTTP it is no HTTP.
    let plain = System::start().await;
    let port = system.demo.url.port().expect("a port");
    let announced = b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 443\r\n";
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    stream.write_all(announced).await.expect("a line");
    let mut answer = Vec::new();
    drop(tokio::time::timeout(Duration::from_secs(8), stream.read_to_end(&mut answer)).await.expect("it is closed"));
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    let answer = raw_request(&plain.demo.url, [&announced[..], GET].concat()).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(plain.browser().get("/no-such-page").await.status, 404);
    system.stop(&[]).await;
    plain.stop(&[]).await;
}

#[tokio::test]
async fn r74_operators_may_be_asked_for_a_certificate() {
    let certificates = Certificates::new();
    let files = certificates.files_of_both_sides();
    let setup = Setup::default().adjust(move |config: &mut Config| {
        config.operations.listen = Some("127.0.0.1:0".parse().expect("an address"));
        config.operations.tls = Some(files);
    });
    let system = setup.start().await;
    let operations = system.demo.operations.expect("the operators' listener");
    let operations = Url::parse(&format!("https://{operations}/")).expect("an address");
    let live = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut stream = certificates.connect_as(&operations, &["http/1.1"], true).await.expect("let in");
    assert!(ask(&mut stream, live).await.starts_with("HTTP/1.1 200"));
    // In TLS 1.3 whoever connects learns only afterwards that they may not.
    if let Ok(mut stranger) = certificates.connect(&operations, &["http/1.1"]).await {
        let mut answer = Vec::new();
        drop(stranger.write_all(live).await);
        let read = tokio::time::timeout(Duration::from_secs(8), stranger.read_to_end(&mut answer)).await;
        assert!(read.is_ok() && answer.is_empty(), "a stranger was answered: {answer:?}");
    }
    drop(stream);
    assert_eq!(system.browser().get("/no-such-page").await.status, 404, "citizens are asked for none");
    system.stop(&[]).await;
}

fn check(folder: &std::path::Path) -> Output {
    let mut command = GatewayBinary::Overblik.command();
    command.args(["config", "check"]).arg(folder.join("overblik.yaml")).output().expect("the command runs")
}

#[test]
fn r74_a_certificate_that_cannot_be_shown_is_told_before_anything_starts() {
    let certificates = Certificates::new();
    let folder = tempfile::TempDir::new().expect("a folder");
    let files = certificates.files();
    let contracts = folder.path().join("contracts");
    copy_contracts(&contracts);
    let key = "{ api_key: source-secret-0123456789 }";
    let audit_keys = folder.path().join("audit-keys");
    std::fs::write(&audit_keys, crate::session_keys::key("audit", 41)).expect("written");
    let configuration = format!(
        "server:\n  public_url: https://overblik.example\n  tls:\n    certificate_file: {}\n    key_file: {}\nlogin:\n  \
         issuer: https://login.example\n  client_id: overblik\n  client_secret: not-a-real-one-0123456789\ncontracts:\n  \
         directory: {}\nsources:\n  library: {key}\n  daycare: {key}\n  payments: {key}\naudit:\n  sink: stdout\n  key_file: {}\n",
        files.certificate_file.display(),
        files.key_file.display(),
        contracts.display(),
        audit_keys.display(),
    );
    std::fs::write(folder.path().join("overblik.yaml"), configuration).expect("written");
    certificates.renew_certificate_alone();
    let output = check(folder.path());
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{told}");
    assert!(
        told.contains("server.tls.key_file: ") && told.contains("does not belong to the certificate in "),
        "{told}"
    );
    assert!(told.contains("hint: key and certificate are made as a pair"), "{told}");
}
