//! The limits of an answer (requirement R43): its head, its body, and the reading of the body within them.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body::Body;
use hyper::body::Incoming;

use super::failure::Failure;

/// Most bytes before the body: the head and all interim heads.
pub(super) const HEAD_LIMIT: usize = 32 * 1024;

/// Most header lines of a head.
pub(super) const MOST_HEADERS: usize = 100;

/// A body on its way. The announced length is checked first; what really comes is counted all the same.
pub(super) struct Reading {
    body: Incoming,
    limit: usize,
    announced: usize,
    read: BytesMut,
    /// The whole body, where it came in one piece.
    only: Option<Bytes>,
}

impl Reading {
    pub(super) fn of(body: Incoming, announced: usize, limit: usize) -> Self {
        Self { body, limit, announced, read: BytesMut::new(), only: None }
    }

    /// Reads on; ready at the end.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Failure>> {
        if self.announced > self.limit {
            return Poll::Ready(Err(Failure::TooLarge));
        }
        while !self.body.is_end_stream() {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else { break };
            // Trailers say nothing that a contract could ask for.
            if let Ok(data) = frame.map_err(|error| Failure::of(&error))?.into_data() {
                self.take(data)?;
            }
        }
        Poll::Ready(Ok(self.only.take().unwrap_or_else(|| std::mem::take(&mut self.read).freeze())))
    }

    fn take(&mut self, data: Bytes) -> Result<(), Failure> {
        let held = self.read.len() + self.only.as_ref().map_or(0, Bytes::len);
        if data.len() > self.limit.saturating_sub(held) {
            return Err(Failure::TooLarge);
        }
        if held == 0 {
            self.only = Some(data);
            return Ok(());
        }
        if let Some(first) = self.only.take() {
            // What is announced need not come, so not all of the room for it is made beforehand.
            self.read.reserve(self.announced.clamp(first.len() + data.len(), HEAD_LIMIT.max(first.len() + data.len())));
            self.read.extend_from_slice(&first);
        }
        self.read.extend_from_slice(&data);
        Ok(())
    }
}

/// The length that an answer announces.
pub(super) fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    // More than can be counted is too much; the library has refused what is no number.
    length.map_or(0, |length| length.parse().unwrap_or(usize::MAX))
}
