//! Requests whose end two servers might see in different places (requirement R71): refused, or nothing after them is read.

use std::time::Duration;

use overblik_tests::{KeepingProxy, RawAnswer, System, raw_request};
use url::Url;

/// What somebody would slip in: it would begin a login.
const SLIPPED_IN: &str = "GET /auth/login HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// What the log says if it was read as one.
const LOGIN_BEGUN: &str = "\"route\":\"/auth/login\"";

/// Where the slipped-in request stands.
const HERE: &str = "<HERE>";

/// What is sent, and what the gateway itself says to it: refused, or answered once and closed.
const CASES: [(&str, &str, u16); 36] = [
    (
        "length and chunks",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "chunks and length",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "two lengths",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\ncontent-length: 52\r\n\r\n<HERE>",
        400,
    ),
    (
        "two lengths in one line",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0, 0\r\n\r\n<HERE>",
        400,
    ),
    (
        "a length with a sign",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: +0\r\n\r\n<HERE>",
        400,
    ),
    (
        "a negative length",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n<HERE>",
        400,
    ),
    (
        "a length in hexadecimal",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0x0\r\n\r\n<HERE>",
        400,
    ),
    (
        "an enormous length",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999999999999\r\n\r\n<HERE>",
        400,
    ),
    (
        "a length twice",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n<HERE>",
        400,
    ),
    (
        "a length with a blank before the colon",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length : 0\r\n\r\n<HERE>",
        400,
    ),
    (
        "chunks with a blank before the colon",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "a coding that is none",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "chunks not last",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "chunks and then something else",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "chunks behind a vertical tab",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: \u{b}chunked\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "chunks in quotes",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: \"chunked\"\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "HTTP/1.0 with chunks",
        "POST /auth/backchannel-logout HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "chunks that are well made",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "a chunk's size that is none",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nz\r\n\r\n<HERE>",
        400,
    ),
    (
        "a negative chunk",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n\r\n<HERE>",
        400,
    ),
    (
        "an enormous chunk",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n<HERE>",
        400,
    ),
    (
        "a chunk's size with a bare LF",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\n\r\n<HERE>",
        400,
    ),
    (
        "a chunk without an end",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n<HERE>",
        400,
    ),
    (
        "an extension with a bare LF",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1;x\n\r\na\r\n0\r\n\r\n<HERE>",
        400,
    ),
    ("a folded line", "GET / HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b\r\n\r\n<HERE>", 400),
    (
        "a folded length",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\ncontent-length:\r\n 0\r\n\r\n<HERE>",
        400,
    ),
    ("a bare LF after a line", "GET / HTTP/1.1\r\nhost: localhost\nx: y\r\n\r\n<HERE>", 400),
    ("a bare LF after the request line", "GET / HTTP/1.1\nhost: localhost\r\n\r\n<HERE>", 400),
    (
        "a length behind a bare LF",
        "POST /auth/backchannel-logout HTTP/1.1\r\nhost: localhost\r\nx: y\ncontent-length: 52\r\n\r\n<HERE>",
        400,
    ),
    ("bare LFs alone", "GET / HTTP/1.1\nhost: localhost\n\n<HERE>", 400),
    ("a bare CR", "GET / HTTP/1.1\r\nhost: localhost\rx: y\r\n\r\n<HERE>", 400),
    ("a NUL", "GET / HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n<HERE>", 400),
    (
        "another protocol",
        "GET /no-such-page HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n<HERE>",
        404,
    ),
    (
        "HTTP/2 without TLS",
        "GET /no-such-page HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n<HERE>",
        404,
    ),
    ("HTTP/2 at once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n<HERE>", 0),
    ("a tunnel", "CONNECT localhost:443 HTTP/1.1\r\nhost: localhost:443\r\nconnection: close\r\n\r\n<HERE>", 404),
];

/// The answer, and how many there were. Whoever leaves the connection open is the test's failure.
async fn answers(server: &Url, case: &str, request: &str) -> (RawAnswer, usize) {
    let asking = raw_request(server, request.replace(HERE, SLIPPED_IN));
    let answer = tokio::time::timeout(Duration::from_secs(20), asking).await;
    let answer = answer.unwrap_or_else(|_| panic!("{case}: the connection is left open"));
    let count = 1 + answer.body.matches("HTTP/1.1 ").count();
    (answer, count)
}

#[tokio::test]
async fn r71_what_could_be_read_in_two_ways_is_refused_or_closed() {
    let system = System::start().await;
    for (case, request, status) in CASES {
        let (answer, count) = answers(&system.demo.url, case, request).await;
        assert_eq!((answer.status, count), (status, 1), "{case}: {answer:?}");
    }
    assert!(!system.log().contains(LOGIN_BEGUN), "something was slipped in");
    assert_eq!(system.browser().get("/").await.status, 200, "and the gateway goes on");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r71_behind_a_proxy_that_keeps_connections_nobody_gets_what_another_asked_for() {
    let system = System::start().await;
    let proxy = KeepingProxy::before(&system.demo.url).await;
    for (case, request, _) in CASES {
        // The proxy may see two requests where there are two, as anybody may send them; what the gateway sees must be the same.
        let asking = raw_request(&proxy.url, request.replace(HERE, ""));
        let first = tokio::time::timeout(Duration::from_secs(2), asking).await;
        if let Ok(first) = &first {
            assert_ne!(first.status, 200, "{case}: {first:?}");
        }
        // The next citizen is answered by what was asked, on whatever connection it comes.
        for _ in 0..2 {
            let next = "GET /auth/session-ended HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            let next = raw_request(&proxy.url, next).await;
            assert_eq!(next.status, 200, "after {case}: {next:?}");
            assert!(next.body.contains("</html>"), "after {case}: {next:?}");
        }
    }
    system.stop(&[]).await;
}

#[tokio::test]
async fn r71_one_answer_for_each_request_on_a_connection_that_is_kept() {
    let system = System::start().await;
    // Three at once, the second refused: each gets its own, in their order.
    let get = |path: &str, more: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{more}\r\n");
    let requests = [
        get("/no-such-page", ""),
        get("/api/v1/overview", "x-forwarded-uri: /\r\n"),
        get("/auth/session-ended", "connection: close\r\n"),
    ];
    let answer = raw_request(&system.demo.url, requests.concat()).await;
    let rest = answer.body.split("HTTP/1.1 ").skip(1).map(|rest| rest.split(' ').next().unwrap_or_default());
    assert_eq!((answer.status, rest.collect::<Vec<_>>()), (404, vec!["401", "200"]));
    // A refused one with a body that nobody read: closed, and the body is never taken for a request.
    for length in [SLIPPED_IN.len(), 100_000] {
        let request = format!(
            "POST /auth/logout HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: cross-site\r\ncontent-length: {length}\r\n\r\n{SLIPPED_IN}{}",
            if length > 1000 {
                ""
            } else {
                "GET /no-such-page HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
            },
        );
        let answer = tokio::time::timeout(Duration::from_secs(20), raw_request(&system.demo.url, request)).await;
        let answer = answer.expect("read to its end or closed");
        assert!(matches!(answer.status, 403 | 413), "{answer:?}");
    }
    assert!(!system.log().contains(LOGIN_BEGUN), "a body became a request");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r71_whose_host_a_request_names_changes_nothing() {
    let system = System::start().await;
    let ask = async |target: &str, host: &str| {
        let request = format!("GET {target} HTTP/1.1\r\n{host}connection: close\r\n\r\n");
        raw_request(&system.demo.url, request).await
    };
    for (target, host, status) in [
        ("http://evil.example/auth/login", "host: localhost\r\n", 303),
        ("http://localhost/auth/login", "host: evil.example\r\n", 303),
        ("/auth/login", "host: evil.example\r\n", 303),
        ("/auth/login", "host: evil.example\r\nhost: localhost\r\n", 303),
        ("/auth/login", "", 303),
        ("http://user:password@localhost/auth/login", "host: localhost\r\n", 303),
        ("//evil.example/auth/login", "host: localhost\r\n", 404),
        ("evil.example:443", "host: localhost\r\n", 404),
        ("*", "host: localhost\r\n", 404),
    ] {
        let answer = ask(target, host).await;
        let may_be_refused = answer.status == 400;
        assert!(answer.status == status || may_be_refused, "{target} at {host}: {answer:?}");
        assert!(!answer.head.contains("evil.example") && !answer.body.contains("evil.example"), "{answer:?}");
    }
    system.stop(&[]).await;
}

#[tokio::test]
async fn r72_heads_are_small_and_have_few_lines() {
    let system = System::start().await;
    let get =
        |lines: &str| format!("GET /no-such-page HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{lines}\r\n");
    let padded = |bytes: usize| get(&format!("x: {}\r\n", "y".repeat(bytes)));
    let many = |count: usize| get(&"x: y\r\n".repeat(count));
    let long_target = format!("GET /{} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", "x".repeat(20_000));
    for (what, request, statuses) in [
        ("a head of 12 kB", padded(12_000), &[404][..]),
        ("a head of 20 kB", padded(20_000), &[431]),
        ("a head of 1 MB", padded(1_000_000), &[431]),
        ("50 lines", many(50), &[404]),
        ("200 lines", many(200), &[431]),
        ("a target of 20 kB", long_target, &[414, 431]),
    ] {
        let answer = raw_request(&system.demo.url, request).await;
        assert!(statuses.contains(&answer.status), "{what}: {answer:?}");
    }
    system.stop(&[]).await;
}
