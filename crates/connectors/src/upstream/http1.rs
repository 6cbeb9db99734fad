//! HTTP/1.1: one request and its answer at a time on a connection.
//!
//! The connection is used by whoever waits for the answer, and by nobody between answers: no task is left behind, and
//! dropping the future closes the connection (requirement R54). Which bytes are whose answer is decided here and in
//! `head`, so that nothing of one answer is left for the next (requirement R52).

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::coop::unconstrained,
};
use tokio_util::io::poll_read_buf;

use super::{
    body::HEAD_LIMIT,
    chunks::Chunks,
    client::Answer,
    failure::{Failure, Reached, Unanswered, after_head},
    head::{Head, Length},
    pace::Pace,
};

/// How much is read at once before it is known how much there is; most answers come in one such piece.
const PIECE: usize = 4 * 1024;

/// How much is read at once of a body that is announced to be larger. What is announced need not come.
const LARGE_PIECE: usize = 32 * 1024;

/// A connection that takes one request at a time.
pub(super) struct Http1<S> {
    stream: S,
    /// Whether it can take another request, so far as the last one and its answer say.
    keeps_open: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Http1<S> {
    /// HTTP/1.1 on a connection that was just made.
    pub(super) fn new(stream: S) -> Self {
        Self { stream, keeps_open: true }
    }

    /// Sends a request and reads the answer to its end.
    ///
    /// # Errors
    /// [`Unanswered`]: the connection broke, what came is not HTTP, or is too large. Then the connection is of no more use.
    pub(super) async fn exchange(&mut self, request: Bytes, body_limit: usize) -> Result<Answer, Unanswered> {
        // Until the answer has ended well; whoever gives up before leaves it so.
        self.keeps_open = false;
        let mut exchange = Exchange {
            stream: &mut self.stream,
            sending: Sending::of(request),
            came: BytesMut::new(),
            pace: Pace::new(),
        };
        let Head { status, headers, length, keeps_open } = exchange.head().await?;
        let body = exchange.body(length, body_limit).await.map_err(Unanswered::of_source)?;
        self.keeps_open = keeps_open && exchange.leaves_nothing();
        Ok(Answer { status, headers, body })
    }

    /// Whether it can take another request: what it brought was read to the end, both sides keep it open, and nothing
    /// has come since that nobody asked for.
    pub(super) fn is_usable(&mut self) -> bool {
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        let stream = &mut self.stream;
        let looking = poll_fn(|context| Poll::Ready(Pin::new(&mut *stream).poll_read(context, &mut byte).is_pending()));
        // From a task that has run for long, Tokio would hide what there is.
        self.keeps_open = self.keeps_open && unconstrained(looking).now_or_never() == Some(true);
        self.keeps_open
    }

    /// Says the farewell that TLS wants, if it can be said at once.
    pub(super) fn say_farewell(mut self) {
        // Whether it was heard is the other side's affair.
        let _said = Pin::new(&mut self.stream).poll_shutdown(&mut Context::from_waker(Waker::noop()));
    }
}

/// One request and its answer. What has come of the answer goes when this does, so that the next exchange on the connection
/// cannot find it.
struct Exchange<'s, S> {
    stream: &'s mut S,
    sending: Sending,
    /// What has come and was not taken yet.
    came: BytesMut,
    pace: Pace,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Exchange<'_, S> {
    /// Sends the request and waits for the head.
    async fn head(&mut self) -> Result<Head, Unanswered> {
        let mut room = HEAD_LIMIT;
        loop {
            self.pace.due().await;
            if let Some(head) = poll_fn(|context| self.poll_head(&mut room, context)).await? {
                return Ok(head);
            }
        }
    }

    /// Sends what can be sent and reads what there is, at most so much. Nothing is the head of which more must come.
    fn poll_head(&mut self, room: &mut usize, context: &mut Context<'_>) -> Poll<Result<Option<Head>, Unanswered>> {
        loop {
            let reached = match (*room < HEAD_LIMIT, self.sending.is_begun) {
                (true, _) => Reached::Source,
                (false, true) => Reached::PerhapsSource,
                (false, false) => Reached::Nobody,
            };
            let unanswered = |failure| Poll::Ready(Err(Unanswered { failure, reached }));
            // First of all, for what comes before anything is sent answers nothing.
            match self.poll_come(context, (*room).min(PIECE)) {
                Poll::Ready(Ok(length)) if length > 0 && self.sending.is_begun => {
                    *room = room.saturating_sub(length);
                    self.pace.found(length);
                    let head = match self.head_in_what_came(length) {
                        Ok(None) if *room == 0 => Err(Failure::TooLarge),
                        head => head,
                    };
                    return Poll::Ready(head.map_err(Unanswered::of_source));
                }
                Poll::Ready(Ok(_)) => return unanswered(self.sending.failed_by.unwrap_or(Failure::Broke)),
                Poll::Ready(Err(failure)) => return unanswered(failure),
                Poll::Pending => {}
            }
            // Nothing was there that could say why.
            if let Some(failure) = self.sending.failed_by {
                return unanswered(failure);
            }
            ready!(self.sending.poll(self.stream, context));
        }
    }

    /// The head, if its end is among so many bytes that came last.
    fn head_in_what_came(&mut self, length: usize) -> Result<Option<Head>, Failure> {
        // A head that comes byte by byte is not read anew for each of them.
        let is_first = self.came.len() == length;
        if is_first || self.came.iter().rev().take(length).any(|byte| *byte == b'\n') {
            Head::take_from(&mut self.came)
        } else {
            Ok(None)
        }
    }

    /// Reads a body to its end. Trailers say nothing that a contract could ask for.
    async fn body(&mut self, length: Length, limit: usize) -> Result<Bytes, Failure> {
        match length {
            Length::Known(length) if length > limit => Err(Failure::TooLarge),
            Length::Known(length) => {
                while self.came.len() < length {
                    // Asked for more than is missing, the other side shows at once that there is no more.
                    let piece = length.saturating_sub(self.came.len()).saturating_add(1);
                    if !self.more(piece).await? {
                        return Err(Failure::Broke);
                    }
                }
                Ok(self.came.split_to(length).freeze())
            }
            Length::Chunked => {
                let mut chunks = Chunks::new(limit);
                while !chunks.take_from(&mut self.came)? {
                    if !self.more(PIECE).await? {
                        return Err(Failure::Broke);
                    }
                }
                Ok(chunks.whole())
            }
            Length::UntilEnd => {
                while self.came.len() <= limit {
                    if !self.more(PIECE).await? {
                        return Ok(self.came.split().freeze());
                    }
                }
                Err(Failure::TooLarge)
            }
        }
    }

    /// Waits for more of a body. Whether there is any more: none is when the other side has ended.
    async fn more(&mut self, piece: usize) -> Result<bool, Failure> {
        let piece = piece.clamp(PIECE, LARGE_PIECE);
        self.pace.due().await;
        let came = poll_fn(|context| {
            // A source that has begun to answer may still want the rest; if it does not, that is no failure.
            if self.sending.failed_by.is_none() {
                let _sent = self.sending.poll(self.stream, context);
            }
            self.poll_come(context, piece)
        });
        let length = came.await.map_err(after_head)?;
        self.pace.found(length);
        Ok(length > 0)
    }

    /// Reads what is there, at most so much; nothing says that the other side has ended.
    fn poll_come(&mut self, context: &mut Context<'_>, piece: usize) -> Poll<Result<usize, Failure>> {
        self.came.reserve(piece);
        let mut room = (&mut self.came).limit(piece);
        poll_read_buf(Pin::new(&mut *self.stream), context, &mut room).map_err(|error| Failure::of(&error))
    }

    /// Whether the next request would meet nothing of this exchange: no bytes behind the answer, and no request that is
    /// sent in part, of which the source would take the next for the rest.
    fn leaves_nothing(&self) -> bool {
        self.came.is_empty() && self.sending.is_flushed && self.sending.failed_by.is_none()
    }
}

/// A request that is being sent.
struct Sending {
    unsent: Bytes,
    /// Whether anything of it can have been sent.
    is_begun: bool,
    is_flushed: bool,
    /// Why it could not be sent.
    failed_by: Option<Failure>,
}

impl Sending {
    fn of(request: Bytes) -> Self {
        Self { unsent: request, is_begun: false, is_flushed: false, failed_by: None }
    }

    /// Sends what can be sent now. Ready whenever there is reason to look for an answer; when all is sent, the answer is
    /// what is waited for.
    fn poll<S: AsyncWrite + Unpin>(&mut self, stream: &mut S, context: &mut Context<'_>) -> Poll<()> {
        let mut stream = Pin::new(stream);
        let mut outcome = Ok(());
        while outcome.is_ok() && !self.unsent.is_empty() {
            let written = ready!(stream.as_mut().poll_write(context, &self.unsent));
            self.is_begun = true;
            outcome = match written {
                Ok(0) => Err(Failure::Broke),
                Ok(length) => {
                    self.unsent.advance(length);
                    Ok(())
                }
                Err(error) => Err(Failure::of(&error)),
            };
        }
        if outcome.is_ok() {
            if self.is_flushed {
                return Poll::Pending;
            }
            outcome = ready!(stream.poll_flush(context)).map_err(|error| Failure::of(&error));
            self.is_flushed = true;
        }
        self.failed_by = outcome.err();
        Poll::Ready(())
    }
}
