//! HTTP/1.1: one request and its answer at a time on a connection.
//!
//! The connection is driven by whoever waits for the answer, and by nobody between answers: no task is left behind, and
//! dropping the future closes the connection (requirement R54).

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    body::{Collected, HEAD_LIMIT, MOST_HEADERS, announced},
    client::Answer,
    failure::{Failure, Reached, Unanswered, after_head},
    head_budget::{Budgeted, HeadBudget},
};

/// Most bytes that the library holds unread. More than a head may have, so that it is the budget that ends a large one.
const LARGEST_BUFFER: usize = HEAD_LIMIT + 8 * 1024;

/// A connection that takes one request at a time.
pub(super) struct Http1<S: AsyncRead + AsyncWrite + Send + Unpin> {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it has ended.
    connection: Option<Connection<TokioIo<Budgeted<S>>, Full<Bytes>>>,
    /// How it ended, if it has by a failure.
    ended_by: Option<Failure>,
    budget: HeadBudget,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Http1<S> {
    /// Speaks HTTP/1.1 on a connection that was just made.
    ///
    /// # Errors
    /// [`Failure::Broke`].
    pub(super) async fn open(stream: S) -> Result<Self, Failure> {
        let budget = HeadBudget::new(HEAD_LIMIT);
        let stream = TokioIo::new(Budgeted::new(stream, budget.clone()));
        let (sender, connection) = http1::Builder::new()
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_BUFFER)
            .handshake::<_, Full<Bytes>>(stream)
            .await
            .map_err(|error| Failure::of(&error))?;
        Ok(Self { sender, connection: Some(connection), ended_by: None, budget })
    }

    /// Sends a request and reads the answer to its end.
    ///
    /// # Errors
    /// [`Unanswered`]: the connection broke, what came is not HTTP, or is too large. Then the connection is of no more use.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Full<Bytes>>,
        body_limit: usize,
    ) -> Result<Answer, Unanswered> {
        self.budget.set(HEAD_LIMIT);
        let response = self.head(request).await?;
        self.budget.lift();
        let (head, body) = response.into_parts();
        let collected = Collected::nothing(announced(&head.headers), body_limit).map_err(Unanswered::of_source)?;
        let body = self.read_body(body, collected).await.map_err(Unanswered::of_source)?;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Whether it can take another request: what it brought was read to the end, both sides keep it open, and nothing
    /// has come since that nobody asked for.
    pub(super) fn is_usable(&mut self) -> bool {
        self.take_turn(&mut Context::from_waker(Waker::noop()));
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Says the farewell that TLS wants, if it can be said at once.
    pub(super) fn say_farewell(mut self) {
        self.take_turn(&mut Context::from_waker(Waker::noop()));
    }

    /// Lets the connection do what it can do now.
    fn take_turn(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && let Poll::Ready(outcome) = connection.poll_unpin(context)
        {
            self.ended_by = outcome.err().map(|error| Failure::of(&error));
            // With it goes a request that it never took, back to whoever sent it.
            self.connection = None;
        }
    }

    /// Sends the request and waits for the head.
    async fn head(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Unanswered> {
        let response = self.sender.try_send_request(request);
        let mut response = pin!(response);
        poll_fn(|context| {
            self.take_turn(context);
            let reached = if self.budget.is_untouched(HEAD_LIMIT) { Reached::PerhapsSource } else { Reached::Source };
            let unanswered = |failure| Poll::Ready(Err(Unanswered { failure, reached }));
            match response.as_mut().poll(context) {
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
                Poll::Ready(Err(error)) => {
                    let reached = if error.message().is_some() { Reached::Nobody } else { reached };
                    // The connection knows better than its user why it ended.
                    let failure = self.ended_by.unwrap_or_else(|| Failure::of(error.error()));
                    Poll::Ready(Err(Unanswered { failure, reached }))
                }
                Poll::Pending if self.budget.is_used_up() => unanswered(Failure::TooLarge),
                Poll::Pending if self.connection.is_none() => unanswered(self.ended_by.unwrap_or(Failure::Broke)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// Reads a body to its end. Trailers say nothing that a contract could ask for.
    async fn read_body(&mut self, mut body: Incoming, mut collected: Collected) -> Result<Bytes, Failure> {
        while !body.is_end_stream() {
            let frame = poll_fn(|context| {
                self.take_turn(context);
                Pin::new(&mut body).poll_frame(context)
            });
            let Some(frame) = frame.await else { break };
            if let Ok(data) = frame.map_err(|error| after_head(Failure::of(&error)))?.into_data() {
                collected.take(data)?;
            }
        }
        Ok(collected.whole())
    }
}
