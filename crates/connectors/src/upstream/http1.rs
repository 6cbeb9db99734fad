//! HTTP/1.1: one request and its answer at a time on a connection.
//!
//! The connection is driven by whoever waits for the answer, and by nobody between answers: no task is left behind, and
//! dropping the future closes the connection (requirement R54).

use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::http1::{self, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    body::{HEAD_LIMIT, MOST_HEADERS, Reading, announced},
    client::Answer,
    failure::{Failure, Reached, Unanswered},
    head_budget::{Budgeted, HeadBudget},
};

/// Most bytes that the library holds unread. More than a head may have, so that it is the budget that ends a large one.
const LARGEST_BUFFER: usize = HEAD_LIMIT + 8 * 1024;

/// A connection that takes one request at a time.
pub(super) struct Http1<S: AsyncRead + AsyncWrite + Send + Unpin> {
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<TokioIo<Budgeted<S>>, Full<Bytes>>,
    budget: HeadBudget,
    /// How it ended, if it has.
    ended: Option<Result<(), Failure>>,
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
        Ok(Self { sender, connection, budget, ended: None })
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
        let reading = Reading::of(body, announced(&head.headers), body_limit);
        let body = self.read_body(reading).await.map_err(|failure| Unanswered::of_source(after_head(failure)))?;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Whether it can take another request: what it brought was read to the end, both sides keep it open, and nothing
    /// has come since that nobody asked for.
    pub(super) fn is_usable(&mut self) -> bool {
        self.take_turn(&mut Context::from_waker(Waker::noop()));
        self.ended.is_none() && self.sender.is_ready()
    }

    /// Says the farewell that TLS wants, if it can be said at once.
    pub(super) fn say_farewell(mut self) {
        self.take_turn(&mut Context::from_waker(Waker::noop()));
    }

    /// Lets the connection do what it can do now.
    fn take_turn(&mut self, context: &mut Context<'_>) {
        if self.ended.is_none()
            && let Poll::Ready(outcome) = self.connection.poll_unpin(context)
        {
            self.ended = Some(outcome.map_err(|error| Failure::of(&error)));
        }
    }

    /// Sends the request and waits for the head.
    async fn head(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Unanswered> {
        let mut response = pin!(self.sender.try_send_request(request));
        let (connection, budget, ended) = (&mut self.connection, &self.budget, &mut self.ended);
        poll_fn(|context| {
            if ended.is_none()
                && let Poll::Ready(outcome) = connection.poll_unpin(context)
            {
                *ended = Some(outcome.map_err(|error| Failure::of(&error)));
            }
            let reached = if budget.is_untouched(HEAD_LIMIT) { Reached::PerhapsSource } else { Reached::Source };
            let unanswered = |failure| Poll::Ready(Err(Unanswered { failure, reached }));
            match (response.as_mut().poll(context), *ended) {
                (Poll::Ready(Ok(response)), _) => Poll::Ready(Ok(response)),
                (Poll::Ready(Err(mut error)), ended) => {
                    let reached = if error.take_message().is_some() { Reached::Nobody } else { reached };
                    // The connection knows better than its user why it ended.
                    let failure = ended.and_then(Result::err).unwrap_or_else(|| Failure::of(error.error()));
                    Poll::Ready(Err(Unanswered { failure, reached }))
                }
                (Poll::Pending, Some(Err(cause))) => unanswered(cause),
                (Poll::Pending, _) if budget.is_used_up() => unanswered(Failure::TooLarge),
                (Poll::Pending, Some(Ok(()))) => unanswered(Failure::Broke),
                (Poll::Pending, None) => Poll::Pending,
            }
        })
        .await
    }

    async fn read_body(&mut self, mut reading: Reading) -> Result<Bytes, Failure> {
        poll_fn(|context| {
            self.take_turn(context);
            reading.poll(context)
        })
        .await
    }
}

/// Why a connection ended of which an answer's head had come. Whatever TLS says then, it refuses nobody's certificate: the
/// request has been read, and must not be sent again under another.
fn after_head(failure: Failure) -> Failure {
    if matches!(failure, Failure::Tls(_)) { Failure::Broke } else { failure }
}
