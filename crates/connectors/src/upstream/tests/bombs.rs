//! Requirement R43: answers that are made to cost more than they may.
//!
//! The sources are at the other end of a pipe of four KiB, so what one could send is what the client took, and that.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::future::join_all;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};

use super::{
    super::{
        body::HEAD_LIMIT,
        client::Answer,
        failure::{Failure, TlsFailure},
        http1::Http1,
    },
    listening::read_request,
};

/// Fifty characters.
macro_rules! fifty {
    () => {
        "01234567890123456789012345678901234567890123456789"
    };
}

/// One exchange on a connection of its own.
async fn exchange<S: AsyncRead + AsyncWrite + Send + Unpin>(
    stream: S,
    request: Bytes,
    body_limit: usize,
) -> Result<Answer, Failure> {
    let outcome = Http1::new(stream).exchange(request, body_limit).await;
    outcome.map_err(|unanswered| unanswered.failure)
}

const PIPE: usize = 4096;
const BODY_LIMIT: usize = 16 * 1024;

/// What a source sends: something first, and then something again and again.
#[derive(Clone, Copy, Debug)]
struct Bomb {
    first: &'static str,
    again: &'static str,
    failure: Failure,
    /// Most bytes that the client may take of it.
    most: usize,
}

/// Writing a chunk of one byte takes six, and reading in pieces of 40 KiB may go that far beyond the limit.
const CHUNKS: usize = BODY_LIMIT * 6 + 2 * HEAD_LIMIT;

const A_LONG_LINE: &str =
    concat!("x-more: ", fifty!(), fifty!(), fifty!(), fifty!(), fifty!(), fifty!(), fifty!(), "\r\n");
const A_LONG_CHUNK: &str = concat!("12c\r\n", fifty!(), fifty!(), fifty!(), fifty!(), fifty!(), fifty!(), "\r\n");

/// One byte, whose size is written with many noughts.
const A_SMALL_CHUNK: &str = concat!("00000", "00000", "00000", "00000", "00000", "00000", "1\r\n.\r\n");

const BOMBS: &[Bomb] = &[
    Bomb {
        first: "",
        again: "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
        failure: Failure::TooLarge,
        most: HEAD_LIMIT,
    },
    Bomb { first: "", again: "HTTP/1.1 100 Continue\r\n\r\n", failure: Failure::TooLarge, most: HEAD_LIMIT },
    Bomb {
        first: "HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\nHTTP/1.1 200 OK\r\n",
        again: A_LONG_LINE,
        failure: Failure::TooLarge,
        most: HEAD_LIMIT,
    },
    Bomb { first: "HTTP/1.1 200 OK\r\nx-long: ", again: "and more", failure: Failure::TooLarge, most: HEAD_LIMIT },
    Bomb { first: "HTTP/1.1 200 ", again: "OK ", failure: Failure::TooLarge, most: HEAD_LIMIT },
    Bomb { first: "", again: "\r\n", failure: Failure::TooLarge, most: HEAD_LIMIT },
    Bomb {
        first: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        again: A_LONG_CHUNK,
        failure: Failure::TooLarge,
        most: BODY_LIMIT + 4 * HEAD_LIMIT,
    },
    Bomb {
        first: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        again: "1\r\n.\r\n",
        failure: Failure::TooLarge,
        most: CHUNKS,
    },
    Bomb {
        first: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        again: "1;an=extension-of-a-chunk-that-says-nothing\r\n.\r\n",
        failure: Failure::Broke,
        most: CHUNKS,
    },
    Bomb {
        first: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        again: A_SMALL_CHUNK,
        failure: Failure::Broke,
        most: 2 * HEAD_LIMIT,
    },
    Bomb {
        first: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
        again: "x-trailer: and more\r\n",
        failure: Failure::Broke,
        most: 4 * HEAD_LIMIT,
    },
    Bomb {
        first: "HTTP/1.1 200 OK\r\n\r\n",
        again: "until the end",
        failure: Failure::TooLarge,
        most: BODY_LIMIT + 4 * HEAD_LIMIT,
    },
    Bomb {
        first: "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n",
        again: "until the end",
        failure: Failure::TooLarge,
        most: 2 * HEAD_LIMIT,
    },
    Bomb {
        first: "HTTP/1.1 200 OK\r\ncontent-length: 16385\r\n\r\n",
        again: "one byte too many",
        failure: Failure::TooLarge,
        most: 2 * HEAD_LIMIT,
    },
    Bomb { first: "", again: "SSH-2.0-OpenSSH_9.9\r\n", failure: Failure::NotHttp, most: 2 * HEAD_LIMIT },
];

fn request() -> Bytes {
    Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")
}

/// Sends for as long as the client takes it; how many bytes that were.
async fn send(bomb: Bomb, mut source: DuplexStream) -> usize {
    read_request(&mut source).await;
    let mut sent = 0;
    let again = bomb.again.repeat(PIPE / bomb.again.len() + 1);
    let mut part = bomb.first.as_bytes();
    loop {
        match source.write(part).await {
            Ok(written) => {
                sent += written;
                part = &part[written..];
            }
            Err(_) => return sent,
        }
        if part.is_empty() {
            part = again.as_bytes();
        }
    }
}

async fn explode(bomb: Bomb) -> (Result<Answer, Failure>, usize) {
    let (client, source) = duplex(PIPE);
    tokio::join!(exchange(client, request(), BODY_LIMIT), send(bomb, source))
}

/// A connection that ends, after a request and some bytes, by an alert that refuses our certificate.
struct Refusing(&'static [u8], bool);

impl AsyncWrite for Refusing {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.1 = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Refusing {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.1 {
            return Poll::Pending;
        }
        if self.0.is_empty() {
            let alert = rustls::Error::AlertReceived(rustls::AlertDescription::AccessDenied);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, alert)));
        }
        buffer.put_slice(std::mem::take(&mut self.0));
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_request_that_was_read_is_not_taken_for_one_that_was_refused_by_tls() {
    for (came, failure) in [
        (&b""[..], Failure::Tls(TlsFailure::OursRefused)),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", Failure::Broke),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Failure::Broke),
    ] {
        let outcome = exchange(Refusing(came, false), request(), BODY_LIMIT).await;
        assert_eq!(outcome.err(), Some(failure), "{:?}", String::from_utf8_lossy(came));
    }
}

#[tokio::test]
async fn r43_every_bomb_is_ended_at_its_limit() {
    for bomb in BOMBS {
        let (outcome, sent) = explode(*bomb).await;
        assert_eq!(outcome.expect_err("an end"), bomb.failure, "{bomb:?}");
        assert!(sent <= bomb.most + PIPE, "{sent} bytes of {bomb:?}");
    }
}

#[tokio::test]
async fn r43_two_hundred_bombs_at_once_take_what_their_limits_allow_and_another_source_answers() {
    for bomb in BOMBS {
        let bombs = join_all((0..200).map(|_| explode(*bomb)));
        let (outcomes, good) = tokio::join!(bombs, good_answer());
        assert_eq!(good.expect("an answer").body, "[]");
        assert!(outcomes.iter().all(|(outcome, _)| outcome.is_err()), "{bomb:?}");
        let taken: usize = outcomes.iter().map(|(_, sent)| sent).sum();
        assert!(taken <= 200 * (bomb.most + PIPE), "{taken} bytes of {bomb:?}");
    }
}

async fn good_answer() -> Result<Answer, Failure> {
    let (client, mut source) = duplex(PIPE);
    let serve = async {
        read_request(&mut source).await;
        source.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").await
    };
    let (answer, sent) = tokio::join!(exchange(client, request(), BODY_LIMIT), serve);
    sent.expect("sent");
    answer
}

#[tokio::test]
async fn r43_a_head_has_at_most_a_hundred_lines() {
    for (lines, expected) in [(100, Ok(100)), (101, Err(Failure::TooLarge))] {
        let (client, mut source) = duplex(PIPE);
        let more = "x-more: y\r\n".repeat(lines - 1);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{more}\r\n");
        let serve = async {
            read_request(&mut source).await;
            let _gone = source.write_all(head.as_bytes()).await;
        };
        let (answer, ()) = tokio::join!(exchange(client, request(), BODY_LIMIT), serve);
        assert_eq!(answer.map(|answer| answer.headers.len()), expected, "{lines}");
    }
}

#[tokio::test]
async fn r43_a_head_and_a_body_just_within_their_limits_are_read() {
    for chunked in [false, true] {
        let (client, mut source) = duplex(PIPE);
        let body = "x".repeat(BODY_LIMIT);
        let framing =
            if chunked { "transfer-encoding: chunked".to_owned() } else { format!("content-length: {BODY_LIMIT}") };
        let start = format!("HTTP/1.1 200 OK\r\n{framing}\r\nx-long: ");
        let head = format!("{start}{}\r\n\r\n", "y".repeat(HEAD_LIMIT - start.len() - 4));
        let body = if chunked { format!("{BODY_LIMIT:x}\r\n{body}\r\n0\r\n\r\n") } else { body };
        let serve = async {
            read_request(&mut source).await;
            source.write_all(head.as_bytes()).await.expect("the head");
            source.write_all(body.as_bytes()).await.expect("the body");
        };
        let (answer, ()) = tokio::join!(exchange(client, request(), BODY_LIMIT), serve);
        assert_eq!(answer.expect("an answer").body.len(), BODY_LIMIT, "chunked: {chunked}");
    }
}
