//! What a source can do below HTTP, on a connection of its own making.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::{CONTRACT, CPR, OTHER_CPR, connector_set, request, request_of};
use overblik_connectors::{ConnectorError, ConnectorSet, Fetched};
use overblik_widgets::Widget;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use url::Url;

/// A contract with a single request.
fn contract() -> String {
    let start = |name: &str| CONTRACT.find(name).expect("a part");
    let (before, requests, rest) = (
        &CONTRACT[..start("    cases:\n")],
        &CONTRACT[start("    archive:\n")..start("  lookups:\n")],
        &CONTRACT[start("    - kind: payment\n      from: archive")..],
    );
    format!("{before}{requests}  widgets:\n{rest}")
}

/// Runs a script on every connection to an address, and counts the connections.
async fn serve<F>(script: impl Fn(TcpStream) -> F + Send + 'static) -> (Url, Arc<AtomicUsize>, JoinSet<()>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((connection, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            connections.spawn(script(connection));
        }
    });
    (url, count, server)
}

async fn read_request(connection: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// Sends what a source says; whether the client still listens.
async fn say(connection: &mut TcpStream, bytes: &[u8]) -> bool {
    connection.write_all(bytes).await.is_ok()
}

fn answer(cpr: &str, title: &str) -> String {
    let body = format!(r#"[{{"text":"{title}","paid":"1,00"}}]"#);
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-owner: {cpr}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

async fn fetch(set: &ConnectorSet) -> Result<Fetched, ConnectorError> {
    set.get("permits").expect("the source").main.fetch(request()).await
}

fn title(fetched: &Fetched) -> &str {
    match fetched.widgets.as_slice() {
        [Widget::Payment(payment)] => &payment.title,
        other => panic!("not one payment: {other:?}"),
    }
}

#[tokio::test]
async fn r52_a_second_answer_on_a_connection_reaches_nobody() {
    let (url, connections, _server) = serve(|mut connection| async move {
        while read_request(&mut connection).await {
            // The right answer, and a moment later one that nobody asked for.
            say(&mut connection, answer(CPR, "Carport").as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            say(&mut connection, answer(OTHER_CPR, "Fremmed").as_bytes()).await;
        }
    })
    .await;
    let set = connector_set(&contract(), &url);
    // Without a pause: the late answer to one request is on its way while the next is sent.
    for round in 1..=10 {
        let fetched = fetch(&set).await.expect("an answer");
        assert_eq!(title(&fetched), "Carport");
        assert_eq!(connections.load(Ordering::SeqCst), round, "a connection of its own for each request");
    }
}

/// A header of a request, and what it says.
fn said<'r>(request: &'r str, header: &str) -> &'r str {
    let mut lines = request.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(name, _)| *name == header).map(|(_, value)| value).expect("a header")
}

/// Answers whoever asks on a connection, with the echo, and says more some milliseconds later: the same once more for
/// `ANSWER`.
async fn tell_on(mut connection: TcpStream, (framing, more, pause): (&str, &str, u64), said_all: Arc<AtomicUsize>) {
    while let Some(request) = next_request(&mut connection).await {
        let (cpr, echo) = (said(&request, "x-cpr"), said(&request, "x-correlation-id"));
        let body = format!(r#"[{{"text":"of {cpr}","paid":"1,00"}}]"#);
        let told = |framing: &str| {
            let framing = framing.replace("LENGTH", &body.len().to_string());
            let owner = format!("x-owner: {cpr}\r\nx-correlation-id: {echo}");
            format!("HTTP/1.1 {framing}\r\ncontent-type: application/json\r\n{owner}\r\n\r\n")
        };
        let first = match (told(framing), body.len()) {
            (head, length) if framing.contains("chunked") => format!("{head}{length:x}\r\n{body}\r\n0\r\n\r\n"),
            (head, _) if framing.starts_with("204") => head,
            (head, _) => format!("{head}{body}"),
        };
        let second = match more {
            "ANSWER" => format!("{}{body}", told("200 OK\r\ncontent-length: LENGTH")),
            other => other.to_owned(),
        };
        if pause == 0 {
            say(&mut connection, format!("{first}{second}").as_bytes()).await;
        } else {
            say(&mut connection, first.as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(pause)).await;
            say(&mut connection, second.as_bytes()).await;
        }
        said_all.fetch_add(1, Ordering::SeqCst);
    }
}

async fn next_request(connection: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(connection.read_u8().await.ok()?);
    }
    String::from_utf8(request).ok()
}

#[tokio::test]
async fn r52_whatever_a_source_leaves_on_a_kept_connection_the_next_citizen_is_told_of_themselves_alone() {
    let plain = "200 OK\r\ncontent-length: LENGTH";
    let both = "200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked";
    let contract = contract().replacen("  limits:", "  echo: { header: X-Correlation-ID }\n  limits:", 1);
    // How an answer is framed, what follows it, and after how many milliseconds; whether the connection serves both.
    for (framing, more, pause, is_kept) in [
        (plain, "", 0, true),
        (plain, "ANSWER", 0, false),
        (plain, "ANSWER", 5, false),
        (plain, "\r\n", 5, false),
        (plain, "HTTP/1.1 100 Continue\r\n\r\n", 5, false),
        ("200 OK\r\ntransfer-encoding: chunked", "", 0, true),
        ("200 OK\r\ntransfer-encoding: chunked", "ANSWER", 0, false),
        (both, "", 0, false),
        (both, "ANSWER", 5, false),
        ("204 No Content\r\ncontent-length: LENGTH", "ANSWER", 5, false),
        ("204 No Content", "ANSWER", 0, false),
        ("200 OK\r\ncontent-length: LENGTH\r\nconnection: close", "ANSWER", 5, false),
    ] {
        let case = format!("{framing:?} {more:?} {pause}");
        let said_all = Arc::new(AtomicUsize::new(0));
        let saying = Arc::clone(&said_all);
        let (url, connections, _server) =
            serve(move |connection| tell_on(connection, (framing, more, pause), Arc::clone(&saying))).await;
        let set = connector_set(&contract, &url);
        let permits = &set.get("permits").expect("the source").main;
        for (round, (cpr, pseudonym)) in (1..).zip([(CPR, 1), (OTHER_CPR, 2), (CPR, 1)]) {
            let fetched = permits.fetch(request_of(cpr, pseudonym, None)).await;
            if framing.starts_with("204") {
                assert!(fetched.is_err() || fetched.is_ok_and(|fetched| fetched.widgets.is_empty()), "{case}");
            } else {
                assert_eq!(title(&fetched.unwrap_or_else(|error| panic!("{case}: {error:?}"))), format!("of {cpr}"));
            }
            // What comes late is there before the next one asks.
            while said_all.load(Ordering::SeqCst) < round {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(connections.load(Ordering::SeqCst), if is_kept { 1 } else { round }, "{case}");
        }
    }
}

#[tokio::test]
async fn r52_what_comes_with_the_next_citizens_request_is_refused_and_not_shown() {
    let contract = contract().replacen("  limits:", "  echo: { header: X-Correlation-ID }\n  limits:", 1);
    // The second answer about the first citizen comes when the second one has asked.
    let (url, _, _server) = serve(|mut connection| async move {
        let mut before: Option<String> = None;
        while let Some(request) = next_request(&mut connection).await {
            let (cpr, echo) = (said(&request, "x-cpr"), said(&request, "x-correlation-id"));
            let own = answer(cpr, cpr).replace("x-owner", &format!("x-correlation-id: {echo}\r\nx-owner"));
            say(&mut connection, format!("{}{own}", before.replace(own.clone()).unwrap_or_default()).as_bytes()).await;
        }
    })
    .await;
    let set = connector_set(&contract, &url);
    let permits = &set.get("permits").expect("the source").main;
    assert_eq!(title(&permits.fetch(request_of(CPR, 1, None)).await.expect("an answer")), CPR);
    assert_eq!(permits.fetch(request_of(OTHER_CPR, 2, None)).await, Err(ConnectorError::OtherAnswer));
    // Also where it is about the one who asks.
    assert_eq!(title(&permits.fetch(request_of(CPR, 1, None)).await.expect("an answer")), CPR);
    assert_eq!(permits.fetch(request_of(CPR, 1, None)).await, Err(ConnectorError::OtherAnswer));
    assert_eq!(title(&permits.fetch(request_of(OTHER_CPR, 2, None)).await.expect("an answer")), OTHER_CPR);
}

#[tokio::test]
async fn a_connection_that_breaks_is_unreachable() {
    let broken: [(&str, &[u8]); 4] = [
        ("before the answer", b""),
        ("in the head", b"HTTP/1.1 200 OK\r\ncontent-ty"),
        (
            "in a body of known length",
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n[]",
        ),
        (
            "in a chunked body",
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n",
        ),
    ];
    for (name, bytes) in broken {
        let (url, _, _server) = serve(move |mut connection| async move {
            read_request(&mut connection).await;
            say(&mut connection, bytes).await;
        })
        .await;
        assert_eq!(fetch(&connector_set(&contract(), &url)).await, Err(ConnectorError::Unreachable), "{name}");
    }
}

#[tokio::test]
async fn a_length_that_is_announced_too_large_is_refused_before_the_body() {
    let (url, _, _server) = serve(|mut connection| async move {
        read_request(&mut connection).await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
        say(&mut connection, head.as_bytes()).await;
        // Nothing more comes; waiting for it would end in a time-out.
        tokio::time::sleep(Duration::from_secs(10)).await;
    })
    .await;
    assert_eq!(fetch(&connector_set(&contract(), &url)).await, Err(ConnectorError::TooLarge));
}

#[tokio::test]
async fn r43_endless_headers_are_refused() {
    let (url, _, _server) = serve(|mut connection| async move {
        read_request(&mut connection).await;
        say(&mut connection, b"HTTP/1.1 200 OK\r\n").await;
        while say(&mut connection, b"x-more: and more\r\n").await {}
    })
    .await;
    assert_eq!(fetch(&connector_set(&contract(), &url)).await, Err(ConnectorError::TooLarge));
}

#[tokio::test]
async fn r43_a_source_that_drips_is_left_at_its_time_limit_wherever_it_is() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n";
    let parts = [
        ("interim heads", String::new(), "HTTP/1.1 103 Early Hints\r\n\r\n"),
        ("the head", "HTTP/1.1 200 OK\r\nx-long: ".to_owned(), "a"),
        ("the body", format!("{head}x-owner: {CPR}\r\n\r\n["), " "),
        ("chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), "1\r\n \r\n"),
    ];
    let limited = contract().replace("timeoutMs: 2000", "timeoutMs: 300");
    for (name, first, again) in parts {
        let (url, _, _server) = serve(move |mut connection| {
            let first = first.clone();
            async move {
                read_request(&mut connection).await;
                say(&mut connection, first.as_bytes()).await;
                while say(&mut connection, again.as_bytes()).await {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        })
        .await;
        let begun = std::time::Instant::now();
        assert_eq!(fetch(&connector_set(&limited, &url)).await, Err(ConnectorError::TimedOut), "{name}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{name}: {:?}", begun.elapsed());
    }
}
