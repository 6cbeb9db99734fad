//! HTTP/2 on a gateway that speaks TLS by itself: the same answers, side by side, and the same ends.

use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::{RecvStream, client::SendRequest};
use http::{HeaderMap, Method, Request, Response};
use overblik_demo::{Fault, FaultTarget};
use overblik_gateway::config::Config;
use overblik_tests::{
    Certificates, Setup, System,
    frames::{RawFrames, get, kind},
    hide_items,
};
use tokio::task::JoinSet;

/// A connection over which requests go side by side.
struct Http2 {
    requests: SendRequest<Bytes>,
    origin: String,
    _connection: JoinSet<()>,
}

impl Http2 {
    async fn connect(system: &System, certificates: &Certificates) -> Self {
        let stream = certificates.connect(&system.demo.url, &["h2", "http/1.1"]).await.expect("a connection");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (requests, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        let mut running = JoinSet::new();
        running.spawn(async move { drop(connection.await) });
        Self { requests, origin: system.demo.url.origin().ascii_serialization(), _connection: running }
    }

    async fn start(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response<RecvStream> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut requests = self.requests.clone().ready().await.expect("room for a request");
        let (answer, mut sending) =
            requests.send_request(request.body(()).expect("a request"), body.is_empty()).expect("sent");
        if !body.is_empty() {
            sending.send_data(Bytes::copy_from_slice(body), true).expect("sent");
        }
        answer.await.expect("an answer")
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, HeaderMap, String) {
        let (head, mut body) = self.start(method, path, headers, body).await.into_parts();
        let mut bytes = Vec::new();
        while let Some(part) = body.data().await {
            let part = part.expect("a part");
            body.flow_control().release_capacity(part.len()).expect("released");
            bytes.extend_from_slice(&part);
        }
        (head.status.as_u16(), head.headers, String::from_utf8(bytes).expect("text"))
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, String) {
        self.ask(Method::GET, path, headers, b"").await
    }
}

#[tokio::test]
async fn answers_are_the_same_in_both_versions() {
    let certificates = Certificates::new();
    let system = Setup::default().secured(&certificates).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let cookie = browser.cookie_header();
    let http2 = Http2::connect(&system, &certificates).await;
    for (path, accept) in [
        ("/", "text/html"),
        ("/api/v1/overview", "application/json"),
        ("/api/v1/sources", "application/json"),
        ("/auth/session-ended", "text/html"),
        ("/no-such-page", "application/json"),
    ] {
        let url = browser.at(path);
        let headers = [("accept", accept), ("sec-fetch-site", "same-origin")];
        let before = browser.send(Method::GET, &url, &headers, None).await;
        let headers = [("accept", accept), ("sec-fetch-site", "same-origin"), ("cookie", &cookie)];
        let (status, head, text) = http2.get(path, &headers).await;
        assert_eq!(status, before.status.as_u16(), "{path}");
        for (name, value) in &before.headers {
            let is_of_this_answer = ["x-request-id", "transfer-encoding", "connection", "date", "content-length"];
            if !is_of_this_answer.contains(&name.as_str()) {
                assert_eq!(head.get(name), Some(value), "{name} of {path}");
            }
        }
        assert!(head.contains_key("date") && !head.contains_key("connection"), "{head:?}");
        if path == "/api/v1/overview" {
            let mut both = [before.json(), serde_json::from_str(&text).expect("JSON")];
            both.iter_mut().for_each(hide_items);
            assert_eq!(both[0], both[1]);
        }
        if path == "/" {
            assert!(text.contains("Signe") && text.trim_end().ends_with("</html>"), "{text}");
        }
        // Without a body, and with the headers of one.
        let (status_of_head, _, nothing) = http2.ask(Method::HEAD, path, &headers, b"").await;
        assert_eq!((status_of_head, nothing.as_str()), (status, ""), "{path}");
    }
    // A form, and bodies beyond what may be.
    let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    for (length, status) in [(16 * 1024 + 1, 413), (60_000, 413)] {
        let (answered, _, text) = http2.ask(Method::POST, "/auth/logout", &form, &vec![b'x'; length]).await;
        assert!(answered == status && text.contains("body-too-large"), "{text}");
    }
    let posted = [&form[..], &[("cookie", &cookie)]].concat();
    let (status, _, text) = http2.ask(Method::POST, "/auth/logout", &posted, b"x=y").await;
    assert!(matches!(status, 200 | 303), "{status} {text}");
    assert_eq!(browser.get("/api/v1/session").await.status, 401, "logged out");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r54_a_request_that_is_taken_back_ends_what_it_asked_and_leaves_the_others() {
    let certificates = Certificates::new();
    let setup = Setup::default().secured(&certificates).fault(FaultTarget::Library, Fault::Stall);
    let system = setup.start().await;
    let browser = system.logged_in("family-signe").await;
    let cookie = browser.cookie_header();
    let http2 = Http2::connect(&system, &certificates).await;
    let headers = [("cookie", cookie.as_str()), ("accept", "text/event-stream"), ("sec-fetch-site", "same-origin")];
    let mut stream = http2.start(Method::GET, "/api/v1/overview", &headers, b"").await;
    assert_eq!(stream.status().as_u16(), 200);
    assert!(stream.body_mut().data().await.is_some(), "sections come as they are there");
    system
        .until("the source is being asked", |demo| {
            demo.world.in_flight(overblik_demo::Party::Source(overblik_demo::Source::Library)) > 0
        })
        .await;
    drop(stream);
    system
        .until("nobody asks any more", |demo| {
            demo.world.in_flight(overblik_demo::Party::Source(overblik_demo::Source::Library)) == 0
        })
        .await;
    assert_eq!(http2.get("/no-such-page", &[]).await.0, 404, "the connection goes on");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r73_each_request_on_a_shared_connection_counts() {
    let certificates = Certificates::new();
    let setup = Setup::default().secured(&certificates).fault(FaultTarget::Library, Fault::Stall).adjust(
        |config: &mut Config| {
            config.limits.streams_per_session = Some(2);
            config.limits.streams_per_citizen = Some(2);
            config.limits.overviews_in_flight = Some(2);
        },
    );
    let system = setup.start().await;
    let browser = system.logged_in("family-signe").await;
    let cookie = browser.cookie_header();
    let http2 = Http2::connect(&system, &certificates).await;
    let headers = [("cookie", cookie.as_str()), ("accept", "text/event-stream"), ("sec-fetch-site", "same-origin")];
    let mut held = Vec::new();
    for _ in 0..2 {
        let stream = http2.start(Method::GET, "/api/v1/overview", &headers, b"").await;
        assert_eq!(stream.status().as_u16(), 200);
        held.push(stream);
    }
    assert_eq!(http2.get("/api/v1/overview", &headers).await.0, 429);
    drop(held);
    let began = Instant::now();
    while http2.start(Method::GET, "/api/v1/overview", &headers, b"").await.status().as_u16() != 200 {
        assert!(began.elapsed() < Duration::from_secs(8), "whoever takes a request back gives the place back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r72_a_connection_that_is_asked_nothing_is_told_so_and_ended() {
    let certificates = Certificates::new();
    let setup = Setup::default().secured(&certificates).adjust(|config: &mut Config| {
        config.server.patience.head_s = 1;
        config.server.patience.idle_s = 2;
        config.server.patience.taking_s = 1;
    });
    let system = setup.start().await;
    let connect = async || certificates.connect(&system.demo.url, &["h2"]).await.expect("a connection");
    // Silent from the beginning: cut off.
    let mut silent = RawFrames::begin(connect().await, &[]).await.expect("a preface");
    let began = Instant::now();
    silent.to_the_end().await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // Silent after an answer: told, and ended although nobody confirms it.
    let mut idle = RawFrames::begin(connect().await, &[]).await.expect("a preface");
    let began = Instant::now();
    idle.send(&get(1, "/no-such-page")).await.expect("a request");
    let frames = idle.to_the_end().await;
    assert!(frames.iter().any(|frame| frame.kind == kind::HEADERS && frame.stream == 1), "{frames:?}");
    assert!(frames.iter().any(|frame| frame.error() == Some(0)), "{frames:?}");
    assert!(began.elapsed() >= Duration::from_secs(2), "kept for a next request");
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_gateway_that_stops_says_so_and_finishes_what_is_under_way() {
    let certificates = Certificates::new();
    let setup = Setup::limits_as_shipped().secured(&certificates).fault(FaultTarget::Library, Fault::Stall);
    let system = setup.start().await;
    let browser = system.logged_in("family-signe").await;
    let cookie = browser.cookie_header();
    let http2 = Http2::connect(&system, &certificates).await;
    let stream = certificates.connect(&system.demo.url, &["h2"]).await.expect("a connection");
    let mut idle = RawFrames::begin(stream, &[]).await.expect("a preface");
    idle.send(&get(1, "/no-such-page")).await.expect("a request");
    idle.first(&[kind::HEADERS], 1).await.expect("an answer");
    let headers = [("cookie", cookie.as_str()), ("accept", "text/html"), ("sec-fetch-site", "same-origin")];
    let page = http2.get("/", &headers);
    let stopping = async {
        system
            .until("the page's sources are being asked", |demo| {
                demo.world.in_flight(overblik_demo::Party::Source(overblik_demo::Source::Library)) > 0
            })
            .await;
        system.stop(&[&browser]).await;
    };
    let ((status, _, text), (), told) = tokio::join!(page, stopping, idle.to_the_end());
    assert!(status == 200 && text.trim_end().ends_with("</html>"), "the page came to its end: {text}");
    assert!(told.iter().any(|frame| frame.error() == Some(0)), "{told:?}");
}
