//! Requirement R52: what one exchange over HTTP/1.1 leaves to the next on the same connection, which is nothing.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderName, Method};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex},
    task::coop::consume_budget,
    time::{sleep, timeout},
};

use super::{
    super::{
        body::HEAD_LIMIT,
        failure::{Failure, Reached, Unanswered},
        http1::Http1,
    },
    Call, get,
    listening::{Listening, read_request},
    loopback_client,
};

const ECHO: &str = "x-overblik-request";
const LIMIT: usize = 64 * 1024;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";

fn request() -> Bytes {
    Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")
}

#[tokio::test]
async fn r52_no_citizens_request_follows_one_that_was_sent_in_part() {
    let after = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&after);
    let source = Listening::start(move |mut connection| {
        let seen = Arc::clone(&seen);
        async move {
            // The head is enough for it to answer; what it has not read of the body fills all buffers.
            let Some(head) = read_request(&mut connection).await else { return };
            let echo = head.lines().find_map(|line| line.strip_prefix("x-overblik-request: ")).expect("an echo");
            let answer = format!("HTTP/1.1 200 OK\r\n{ECHO}: {echo}\r\ncontent-length: 2\r\n\r\n[]");
            let _gone = connection.write_all(answer.as_bytes()).await;
            sleep(Duration::from_millis(100)).await;
            let mut rest = Vec::new();
            let _gone = timeout(Duration::from_millis(500), connection.read_to_end(&mut rest)).await;
            seen.lock().expect("seen").push(String::from_utf8_lossy(&rest).into_owned());
        }
    })
    .await;
    let client = loopback_client().with_echo(Some(HeaderName::from_static(ECHO)));
    let body = Some(vec![b'.'; 32 * 1024 * 1024]);
    let first = Call { method: Method::POST, body, ..get(&source.url("/6101010001")) };
    assert!(client.answer(&first).await.is_ok());
    assert_eq!(client.connections.count(), (0, 0));
    assert!(client.answer(&get(&source.url("/6201010002"))).await.is_ok());
    sleep(Duration::from_millis(700)).await;
    let after = after.lock().expect("seen");
    assert!(after.iter().all(|rest| !rest.contains("GET /6201010002")), "the second request in the first one's body");
    assert_eq!((source.connections(), after.len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_wants_the_whole_request_before_it_goes_on_gets_it() {
    let (client, mut source) = duplex(64);
    let mut connection = Http1::new(client);
    let sent = ["POST / HTTP/1.1\r\ncontent-length: 1000\r\n\r\n", &".".repeat(1000)].concat();
    let answering = async {
        read_request(&mut source).await.expect("a request");
        source.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.expect("a head");
        source.read_exact(&mut [0; 1000]).await.expect("the rest");
        source.write_all(b"[]").await.expect("a body");
    };
    let both = async { tokio::join!(connection.exchange(sent.into(), LIMIT), answering) };
    let (answer, ()) = timeout(Duration::from_secs(5), both).await.expect("an end");
    assert_eq!(answer.expect("an answer").body, "[]");
    assert!(connection.is_usable());
}

#[tokio::test]
async fn r52_what_lies_there_is_seen_from_a_task_that_has_run_for_long() {
    let (client, mut source) = duplex(LIMIT);
    let mut connection = Http1::new(client);
    let (answer, ()) = tokio::join!(connection.exchange(request(), LIMIT), async {
        read_request(&mut source).await.expect("a request");
        source.write_all(ANSWER).await.expect("an answer");
    });
    assert_eq!(answer.expect("an answer").body, "[]");
    assert!(connection.is_usable());
    source.write_all(ANSWER).await.expect("an answer that nobody asked for");
    while consume_budget().now_or_never().is_some() {}
    assert!(!connection.is_usable());
}

/// A connection that takes no bytes at first.
struct Clogged(DuplexStream, bool);

impl AsyncRead for Clogged {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Clogged {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.1) {
            return Poll::Pending;
        }
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[tokio::test]
async fn r52_what_comes_before_any_byte_could_be_sent_answers_nothing() {
    let (client, mut source) = duplex(LIMIT);
    let mut connection = Http1::new(Clogged(client, true));
    let mut exchange = Box::pin(connection.exchange(request(), LIMIT));
    assert!((&mut exchange).now_or_never().is_none(), "not sent");
    source.write_all(ANSWER).await.expect("an answer to somebody else");
    let outcome = exchange.await.err();
    assert_eq!(outcome, Some(Unanswered { failure: Failure::Broke, reached: Reached::Nobody }));
}

#[tokio::test]
async fn r52_whoever_gives_up_at_any_byte_of_an_answer_leaves_a_connection_that_nobody_uses() {
    for said in [
        ANSWER,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nx: y\r\n\r\n",
        b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ] {
        for end in 0..=said.len() {
            let (client, mut source) = duplex(LIMIT);
            let mut connection = Http1::new(client);
            let is_answered = {
                let mut exchange = Box::pin(connection.exchange(request(), LIMIT));
                assert!((&mut exchange).now_or_never().is_none());
                source.write_all(&said[..end]).await.expect("written");
                exchange.now_or_never().is_some_and(|answer| answer.is_ok())
            };
            assert_eq!(is_answered, end == said.len(), "{end} bytes of {:?}", String::from_utf8_lossy(said));
            assert_eq!(connection.is_usable(), end == said.len(), "{end} bytes of {:?}", String::from_utf8_lossy(said));
        }
    }
}

/// How long the processor takes to read an answer that comes byte by byte. The time that is waited through is paused.
async fn drip(said: &str) -> Duration {
    let (client, mut source) = duplex(1);
    let mut connection = Http1::new(client);
    let begun = std::time::Instant::now();
    let (answer, ()) = tokio::join!(connection.exchange(request(), LIMIT), async {
        read_request(&mut source).await.expect("a request");
        source.write_all(said.as_bytes()).await.expect("an answer");
    });
    assert!(answer.is_ok());
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn r43_what_comes_byte_by_byte_is_not_read_anew_for_each_byte() {
    let long = "y".repeat(HEAD_LIMIT - 100);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    // A body is only counted.
    let body = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{long}", long.len());
    for said in [
        format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: {long}\r\n\r\n"),
        format!("{}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "\r\n".repeat((HEAD_LIMIT - 100) / 2)),
        format!("{chunked}0;{long}\r\n\r\n"),
        format!("{chunked}0\r\nx: {long}\r\n\r\n"),
    ] {
        // Read anew, it takes twenty to fifty times as long as a body. The machine may have other things to do for a while.
        let mut times = Vec::new();
        while !times.iter().any(|(dripped, counted)| *dripped < *counted * 8) {
            assert!(times.len() < 5, "{times:?}: {said:.60}");
            times.push((drip(&said).await, drip(&body).await));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_drips_to_its_end_is_whole_and_takes_a_quarter_longer_at_most() {
    let text = "y".repeat(60);
    let drops = text.chars().map(|drop| format!("1\r\n{drop}\r\n")).chain(["0\r\n\r\n".to_owned()]);
    for (head, drops) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n", text.chars().map(String::from).collect::<Vec<_>>()),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", drops.collect()),
    ] {
        let (client, mut source) = duplex(4096);
        let mut connection = Http1::new(client);
        let begun = tokio::time::Instant::now();
        let (answer, last) = tokio::join!(connection.exchange(request(), LIMIT), async {
            read_request(&mut source).await.expect("a request");
            source.write_all(head.as_bytes()).await.expect("a head");
            for drop in drops {
                sleep(Duration::from_millis(20)).await;
                source.write_all(drop.as_bytes()).await.expect("a drop");
            }
            begun.elapsed()
        });
        let Ok(answer) = answer else { panic!("no answer") };
        assert_eq!(answer.body, text);
        assert!(begun.elapsed() <= last + last / 4 + Duration::from_millis(5), "{:?} {last:?}", begun.elapsed());
    }
}
