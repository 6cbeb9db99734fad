//! Clients that hold on to a connection without using it (requirement R72).

use std::time::{Duration, Instant};

use overblik_demo::{Fault, FaultTarget};
use overblik_gateway::config::Config;
use overblik_tests::{Setup, System, raw_get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn impatient() -> System {
    let setup = Setup::default().adjust(|config: &mut Config| {
        config.server.patience.head_s = 1;
        config.server.patience.body_s = 1;
        config.server.patience.idle_s = 2;
        config.server.patience.taking_s = 1;
    });
    setup.start().await
}

async fn connect(system: &System) -> TcpStream {
    let port = system.demo.url.port().expect("a port");
    TcpStream::connect(("127.0.0.1", port)).await.expect("a connection")
}

/// Sends a text byte by byte, a little pause before each, for as long as the gateway takes it; what it answered by its end.
async fn drip(mut connection: TcpStream, text: &str) -> (String, Duration) {
    let began = Instant::now();
    let mut answer = Vec::new();
    for byte in text.bytes() {
        let read = tokio::time::timeout(Duration::from_millis(100), connection.read_buf(&mut answer)).await;
        if matches!(read, Ok(Ok(0) | Err(_))) || connection.write_all(&[byte]).await.is_err() {
            break;
        }
    }
    drop(tokio::time::timeout(Duration::from_secs(5), connection.read_to_end(&mut answer)).await);
    (String::from_utf8_lossy(&answer).into_owned(), began.elapsed())
}

#[tokio::test]
async fn r72_a_head_that_comes_drop_by_drop_is_cut_off() {
    let system = impatient().await;
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-padding: {}\r\n\r\n", "x".repeat(200));
    let (answer, took) = drip(connect(&system).await, &head).await;
    assert_eq!(answer, "", "no answer: nobody asked anything");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let silent = drip(connect(&system).await, "").await;
    assert_eq!(silent.0, "");
    assert_eq!(raw_get(&system.demo.url, "/", &[]).await.status, 200);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r72_a_body_that_comes_drop_by_drop_is_refused() {
    let system = impatient().await;
    let mut connection = connect(&system).await;
    let head = "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 200\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\n";
    connection.write_all(head.as_bytes()).await.expect("the head");
    let (answer, took) = drip(connection, &"x".repeat(200)).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"body-too-slow\""), "{answer}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r72_a_connection_that_is_asked_nothing_is_closed() {
    let system = impatient().await;
    let mut connection = connect(&system).await;
    let mut answer = Vec::new();
    let began = Instant::now();
    connection.write_all(b"GET /no-such-page HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("a request");
    let read = tokio::time::timeout(Duration::from_secs(8), connection.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "still open");
    assert!(answer.starts_with(b"HTTP/1.1 404 "));
    assert!(began.elapsed() >= Duration::from_secs(1), "kept for a next request");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r72_a_reader_that_stops_holds_neither_a_place_nor_a_connection() {
    let setup = Setup::default().adjust(|config: &mut Config| {
        config.server.patience.taking_s = 1;
        config.limits.connections = Some(3);
        config.limits.streams_per_citizen = Some(1);
        config.limits.streams_per_session = Some(1);
        // So often that what nobody takes soon fills every buffer between us.
        config.overview.heartbeat_s = 1;
    });
    let system = setup.fault(FaultTarget::Library, Fault::Stall).start().await;
    let mut browser = system.logged_in("family-signe").await;
    // Answers that are asked for and never read: more than the buffers on both sides hold.
    let mut connection = connect(&system).await;
    let stylesheet = browser.get("/").await;
    let (_, rest) = stylesheet.text.split_once("<link rel=\"stylesheet\" href=\"").expect("a stylesheet");
    let (path, _) = rest.split_once('"').expect("its path");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let began = Instant::now();
    let cut_off = loop {
        let sent = tokio::time::timeout(Duration::from_secs(5), connection.write_all(request.as_bytes())).await;
        match sent.unwrap_or_else(|_| panic!("neither taken nor cut off after {:?}", began.elapsed())) {
            Ok(()) => tokio::task::yield_now().await,
            Err(error) => break error.kind(),
        }
    };
    assert!(matches!(cut_off, std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe), "{cut_off:?}");
    assert_eq!(raw_get(&system.demo.url, "/no-such-page", &[]).await.status, 404, "its place is free");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r72_connections_are_limited_in_all_and_by_address_and_a_proxy_s_are_its_citizens() {
    for (all, of_address, proxies, answered) in
        [(2, None, false, false), (9, Some(2), false, false), (9, Some(2), true, true)]
    {
        let setup = Setup::default().adjust(move |config: &mut Config| {
            config.limits.connections = Some(all);
            config.limits.connections_per_address = of_address;
            if proxies {
                config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            }
        });
        let system = setup.start().await;
        let held = [connect(&system).await, connect(&system).await];
        let answer = raw_get(&system.demo.url, "/no-such-page", &[]).await;
        assert_eq!(answer.status, if answered { 404 } else { 503 }, "{all} in all, {of_address:?} of an address");
        assert_eq!(answer.head.contains("retry-after: 5"), !answered);
        drop(held);
        let mut status = 0;
        for _ in 0..100 {
            status = raw_get(&system.demo.url, "/no-such-page", &[]).await.status;
            if status == 404 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(status, 404, "whoever goes away gives the place back");
        system.stop(&[]).await;
    }
}
