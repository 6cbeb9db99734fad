//! Answers over HTTP/1.1 that no source gave, read like any other; for fuzzing.

use bytes::Bytes;
use futures::FutureExt;
use http::{HeaderMap, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{client::Answer, http1::Http1};

/// What came of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchanged {
    /// An answer.
    Answer {
        /// Its status.
        status: StatusCode,
        /// Its headers.
        headers: HeaderMap,
        /// Its body.
        body: Bytes,
        /// Whether the connection takes another request.
        is_kept: bool,
    },
    /// What came is no answer.
    Refused,
    /// More is waited for.
    Waits,
}

/// What comes of a request on a connection, if nothing more is waited for than what is there.
pub fn exchanged(connection: impl AsyncRead + AsyncWrite + Unpin, body_limit: usize) -> Exchanged {
    let mut connection = Http1::new(connection);
    let request = Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n");
    match connection.exchange(request, body_limit).now_or_never() {
        None => Exchanged::Waits,
        Some(Err(_)) => Exchanged::Refused,
        Some(Ok(Answer { status, headers, body })) => {
            Exchanged::Answer { status, headers, body, is_kept: connection.is_usable() }
        }
    }
}
