//! The end of the process.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use overblik_tests::{
    GatewayBinary, System,
    crowd::{Crowd, Look, Mischief, Outcome},
    raw_get, raw_request,
};

#[tokio::test]
async fn a_client_that_never_finishes_its_request_does_not_keep_the_process() {
    let system = System::start().await;
    let address = system.demo.url.socket_addrs(|| None).expect("an address");
    let ipv4 = address.into_iter().find(std::net::SocketAddr::is_ipv4).expect("an IPv4 address");
    let mut client = std::net::TcpStream::connect(ipv4).expect("a connection");
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").expect("half a request");
    // An answered request after it: the gateway has taken the half one's connection by then.
    assert_eq!(system.browser().get("/").await.status, 200);
    let began = std::time::Instant::now();
    // From here on waiting takes no time, so that the grace period passes at once.
    tokio::time::pause();
    let stopped = tokio::time::timeout(std::time::Duration::from_mins(1), system.stop(&[])).await;
    assert!(stopped.is_ok(), "still running a minute after it was told to stop");
    assert!(began.elapsed() < std::time::Duration::from_secs(14), "it ends by its grace period, which was skipped");
    drop(client);
}

/// Authorities that never answer: a page takes as long as their limit, two seconds.
const SILENCE: Mischief = Mischief { silent: 1000, ..Mischief::NONE };

#[tokio::test]
async fn a_process_that_is_told_to_stop_finishes_what_is_under_way_and_begins_nothing() {
    let crowd = Crowd::gather(4, 1, SILENCE).await;
    let mut fleet = crowd.fleet(1, GatewayBinary::Overblik, "info", None).await;
    let doors = fleet.doors();
    let (door, operations) = (&doors[0], fleet.operations(0));
    let browser = crowd.browser();
    assert_eq!(browser.log_in([door, door], 0, "", None).await.status(), 200);
    let other = crowd.browser();
    assert_eq!(other.log_in([door, door], 1, "", None).await.status(), 200);
    assert_eq!(raw_get(&operations, "/health/ready", &[]).await.status, 200);
    let mut stream = other.open_stream(door).await;
    assert!(stream.next_event().await.is_some());

    let began = Instant::now();
    let page = browser.look(door, Look::Page, None);
    let stopping = async {
        // The page's skeleton is there by then, and its sources are being asked.
        tokio::time::sleep(Duration::from_millis(500)).await;
        fleet.ask_to_stop(0);
        let told = stream.events().await;
        // At once: at the limit of its sources there would have been sections.
        assert_eq!(told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["reconnect"]);
        let ready = raw_get(&operations, "/health/ready", &[]).await;
        assert!(ready.status == 503 && ready.body.contains("\"going-away\""), "{}", ready.body);
        assert_eq!(raw_get(&operations, "/health/live", &[]).await.status, 200);
        let cookie = format!("cookie: __Host-Http-overblik={}", other.session_cookie().expect("a session"));
        for path in ["/api/v1/overview", "/", "/auth/login"] {
            let lines = [cookie.clone(), "sec-fetch-site: same-origin".to_owned()];
            let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{}\r\n\r\n", lines.join("\r\n"));
            // It does not ask for the connection to be closed, and it is.
            let refused = raw_request(door, request).await;
            assert_eq!(refused.status, 503, "{path}: {}", refused.body);
            assert!(refused.body.contains("\"going-away\""), "{}", refused.body);
            for line in ["\r\nretry-after: 2\r\n", "\r\nconnection: close"] {
                assert!(refused.head.contains(line), "{line}: {}", refused.head);
            }
        }
        assert_eq!(other.log_out(door, None).await.status(), 200, "a logout is never refused");
    };
    let (page, ()) = tokio::join!(page, stopping);
    let Outcome::Answered(seen) = page else { panic!("{page:?}") };
    let text = seen.text();
    assert!(text.trim_end().ends_with("</html>"), "the page came to its end: {text}");
    assert!(began.elapsed() >= Duration::from_secs(2), "it waited for its sources");
    let ended = fleet.ended(0, Duration::from_secs(5)).await.expect("it ends by itself");
    assert!(ended.success(), "{ended}");
    assert!(!fleet.written()[0].contains("did not end"), "{}", fleet.written()[0]);
    assert!(!fleet.written()[0].contains("cut off"), "{}", fleet.written()[0]);
}
