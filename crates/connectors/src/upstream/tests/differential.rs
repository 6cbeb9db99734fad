//! What a source says in HTTP/1.1, read by us and by the library that servers here are made of, as an independent judge.
//!
//! We may refuse what the library takes, where that is written down; never take what it refuses, read anything in another
//! way, or keep a connection that it would not keep.

use std::{fmt, time::Duration};

use bytes::Bytes;
use futures::FutureExt;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1 as library;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncWriteExt, DuplexStream, duplex},
    time::{sleep, timeout},
};

use super::{super::http1::Http1, listening::read_request};

const BODY_LIMIT: usize = 64 * 1024;

/// What came of an answer: its status, what it has of headers, its body; and whether the connection takes another request.
#[derive(PartialEq, Eq)]
enum Outcome {
    Answer {
        status: u16,
        headers: Vec<(String, Vec<u8>)>,
        body: Bytes,
        is_kept: bool,
    },
    Refused,
    /// More is waited for.
    Waits,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { status, headers, body, is_kept } => {
                write!(f, "{status} {headers:?} {body:?}{}", if *is_kept { ", kept" } else { "" })
            }
            Self::Refused => f.write_str("refused"),
            Self::Waits => f.write_str("waits"),
        }
    }
}

impl Outcome {
    fn of(status: http::StatusCode, headers: &http::HeaderMap, body: Bytes, is_kept: bool) -> Self {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        Self::Answer { status: status.as_u16(), headers, body, is_kept }
    }

    /// The same, whether or not it is kept.
    fn is_same_answer(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Answer { status, headers, body, .. },
                Self::Answer { status: its_status, headers: its_headers, body: its_body, .. },
            ) => status == its_status && headers == its_headers && body == its_body,
            _ => false,
        }
    }
}

/// How what a source says comes: in pieces of such a size, and whether it closes then.
#[derive(Clone, Copy, Debug)]
struct Coming {
    piece: usize,
    closes: bool,
}

async fn say(mut source: DuplexStream, said: &[u8], coming: Coming) {
    if read_request(&mut source).await.is_none() {
        return;
    }
    for piece in said.chunks(coming.piece) {
        if source.write_all(piece).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
    if !coming.closes {
        // Longer than anybody waits.
        sleep(Duration::from_hours(2)).await;
    }
}

/// Longer than anything takes to come.
const PATIENCE: Duration = Duration::from_hours(1);

async fn read_by_us(said: &[u8], coming: Coming) -> Outcome {
    let (client, source) = duplex(BODY_LIMIT);
    let reading = async {
        let mut connection = Http1::new(client);
        let answer = connection.exchange(Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n"), BODY_LIMIT).await;
        // Also what comes a little later.
        sleep(Duration::from_millis(10)).await;
        match answer {
            Ok(answer) => Outcome::of(answer.status, &answer.headers, answer.body, connection.is_usable()),
            Err(_) => Outcome::Refused,
        }
    };
    tokio::select! {
        outcome = timeout(PATIENCE, reading) => outcome.unwrap_or(Outcome::Waits),
        () = async { say(source, said, coming).await; std::future::pending().await } => Outcome::Waits,
    }
}

async fn read_by_the_library(said: &[u8], coming: Coming) -> Outcome {
    let (client, source) = duplex(BODY_LIMIT);
    let reading = async {
        let opened = library::Builder::new().max_headers(100).handshake(TokioIo::new(client)).await;
        let (mut sender, connection) = opened.expect("a connection");
        let driving = async {
            let _ended = connection.await;
            std::future::pending::<()>().await;
        };
        let asking = async {
            let request = Request::get("/").body(Empty::<Bytes>::new()).expect("a request");
            let Ok(answer) = sender.send_request(request).await else { return Outcome::Refused };
            let (head, body) = answer.into_parts();
            let Ok(body) = body.collect().await else { return Outcome::Refused };
            sleep(Duration::from_millis(10)).await;
            let is_kept = sender.ready().now_or_never().is_some_and(|ready| ready.is_ok());
            Outcome::of(head.status, &head.headers, body.to_bytes(), is_kept)
        };
        tokio::select! {
            outcome = asking => outcome,
            () = driving => Outcome::Refused,
        }
    };
    tokio::select! {
        outcome = timeout(PATIENCE, reading) => outcome.unwrap_or(Outcome::Waits),
        () = async { say(source, said, coming).await; std::future::pending().await } => Outcome::Waits,
    }
}

/// Both readings, if they differ as they must not.
async fn disagreement(said: &[u8], coming: Coming) -> Option<String> {
    let (ours, theirs) = (read_by_us(said, coming).await, read_by_the_library(said, coming).await);
    let is_kept = |outcome: &Outcome| matches!(outcome, Outcome::Answer { is_kept: true, .. });
    let agrees = match &ours {
        Outcome::Answer { .. } => ours.is_same_answer(&theirs) && (is_kept(&theirs) || !is_kept(&ours)),
        // Refused sooner, or for a reason of our own; or at an end that they do not wait for.
        Outcome::Refused => theirs != Outcome::Waits || !coming.closes,
        // Until the deadline, for the end of a line that they have given up on.
        Outcome::Waits => !coming.closes && !matches!(theirs, Outcome::Answer { .. }),
    };
    let said = String::from_utf8_lossy(said);
    (!agrees).then(|| format!("{said:?} {coming:?}\n   by us: {ours:?}\n  judged: {theirs:?}"))
}

/// Answers from which others are made.
const SAID: &[&str] = &[
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\nx: y\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\nconnection: te, Close\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n[]x",
    "HTTP/1.1 200 OK\r\ncontent-length: 02\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 2,\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551616\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ncontent-length:\t2 \r\n\r\n[]",
    "HTTP/1.1 200 OK\r\n content-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nx: y\r\n\tz\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nx: y\0z\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nx: y\rcontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nx: y\ncontent-length: 2\n\n[]",
    "HTTP/1.1 200 OK\r\n: y\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nno colon\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nx:\r\ny: \r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nx\u{e6}: y\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\nx: \u{e6}\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1  200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 099 Low\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 999 High\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.2 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "http/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\n\r\n[]",
    "\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "\r\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    " HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\ncontent-length: 9\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 102 x\r\ntransfer-encoding: chunked\r\n\r\nHTTP/1.1 199 x\r\nconnection: close\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n",
    "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1;a=\"b\"\r\n[\r\n01 ; c\r\n]\r\n000;d\r\nx-trailer: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\ncontent-length: 2\r\n\r\n[]",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked;q=1\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding:\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding : chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: \r\n chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\u{a0}\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\n[]\n0\n\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\u{c}\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a\rb\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a\nb\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a\0b\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]x\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n;\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n 2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0000000000000002\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10000000000000002\r\n[]\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nx: y\rz\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nx: y\nz: w\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nx: y\r\n folded\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\rX",
    "SSH-2.0-OpenSSH_9.9\r\n",
    "<html></html>",
];

#[tokio::test(start_paused = true)]
async fn r52_what_a_source_says_is_read_as_the_library_reads_it_or_refused() {
    let mut disagreements = Vec::new();
    for said in SAID {
        // What stands for a byte beyond ASCII in the table is that byte.
        let said: Vec<u8> = said.chars().map(|character| u8::try_from(character).expect("a byte")).collect();
        for closes in [true, false] {
            for piece in [1, 2, 7, usize::MAX] {
                disagreements.extend(disagreement(&said, Coming { piece, closes }).await);
            }
        }
        for end in 0..said.len() {
            disagreements.extend(disagreement(&said[..end], Coming { piece: usize::MAX, closes: true }).await);
        }
    }
    assert!(disagreements.is_empty(), "{}\n{}", disagreements.len(), disagreements.join("\n"));
}

/// Bytes that make a difference to somebody who reads HTTP.
const TELLING: &[&str] = &[
    "\r\n",
    "\r",
    "\n",
    "\0",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "0",
    "1",
    "2",
    "a",
    "F",
    "-",
    "+",
    "\u{b}",
    "\u{c}",
    "\u{ff}",
    "chunked",
    "transfer-encoding: chunked\r\n",
    "content-length: 2\r\n",
    "connection: close\r\n",
    "\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 x\r\n\r\n",
    "0\r\n\r\n",
    "1\r\n[\r\n",
];

/// Numbers that follow from a seed (a linear congruence, as in MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("a number") % end.max(1)
    }
}

fn changed(said: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(said.len() + 1);
    let to = (at + 1 + numbers.below(8)).min(said.len());
    match numbers.below(5) {
        0 => drop(said.drain(at..to)),
        1 => said.truncate(at),
        2 => {
            let again = said[at..to].to_vec();
            said.splice(at..at, again);
        }
        3 if at < said.len() => said[at] ^= 1 << numbers.below(8),
        _ => {
            let telling = TELLING[numbers.below(TELLING.len())].chars().map(|byte| u8::try_from(byte).expect("a byte"));
            let end = if numbers.below(2) == 0 { to } else { at };
            said.splice(at..end, telling.collect::<Vec<_>>());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn r52_what_is_made_of_answers_by_chance_is_read_as_the_library_reads_it_or_refused() {
    #[expect(clippy::disallowed_methods, reason = "a test is no part of the gateway, and repeats what was found so")]
    let given = std::env::var("OVERBLIK_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0));
    println!("OVERBLIK_SEED={seed}");
    let mut numbers = Numbers(seed);
    for round in 0..2_000 {
        let said = SAID[numbers.below(SAID.len())];
        let mut said: Vec<u8> = said.chars().map(|character| u8::try_from(character).expect("a byte")).collect();
        for _ in 0..=numbers.below(4) {
            changed(&mut said, &mut numbers);
        }
        let piece = [1, 3, 16, usize::MAX][numbers.below(4)];
        let coming = Coming { piece, closes: numbers.below(2) == 0 };
        if let Some(disagreement) = disagreement(&said, coming).await {
            panic!("OVERBLIK_SEED={seed}, in round {round}: {disagreement}");
        }
    }
}
