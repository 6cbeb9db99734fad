//! One request and its answer, on a connection of their own.
//!
//! The connection is driven here and lives no longer than the exchange: what a source sends after its answer reaches
//! nobody (requirement R52), and dropping the future closes the connection (requirement R54).

use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::{Bytes, BytesMut};
use futures::FutureExt;
use http::{HeaderMap, Request, Response, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, Connection},
};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    client::Answer,
    failure::Failure,
    head_budget::{Budgeted, HeadBudget},
};

/// Most bytes before the body: the head and all interim heads (requirement R43).
pub(super) const HEAD_LIMIT: usize = 32 * 1024;

/// Most bytes that the library holds unread. More than a head may have, so that it is the budget that ends a large one.
const LARGEST_BUFFER: usize = HEAD_LIMIT + 8 * 1024;

/// Most header lines of a head.
const MOST_HEADERS: usize = 100;

/// Sends a request and reads the answer to its end.
///
/// # Errors
/// [`Failure`]: the connection broke, what came is not HTTP, or is too large.
pub(super) async fn exchange<S: AsyncRead + AsyncWrite + Send + Unpin>(
    stream: S,
    request: Request<Full<Bytes>>,
    body_limit: usize,
) -> Result<Answer, Failure> {
    let budget = HeadBudget::new(HEAD_LIMIT);
    let stream = TokioIo::new(Budgeted::new(stream, budget.clone()));
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_BUFFER)
        .handshake::<_, Full<Bytes>>(stream)
        .await
        .map_err(|error| Failure::of(&error))?;
    let mut driven = Driven { connection, ended: None };
    let response = driven.head(sender.send_request(request), &budget).await?;
    budget.lift();
    let (head, body) = response.into_parts();
    let body = driven.read_body(body, announced(&head.headers), body_limit).await?;
    driven.say_farewell();
    Ok(Answer { status: head.status, headers: head.headers, body })
}

/// A connection that takes its turns here, beside whoever waits for what it brings.
struct Driven<S: AsyncRead + AsyncWrite + Send + Unpin> {
    connection: Connection<TokioIo<Budgeted<S>>, Full<Bytes>>,
    /// How it ended, if it has.
    ended: Option<Result<(), Failure>>,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Driven<S> {
    /// Lets the connection do what it can do now.
    fn take_turn(&mut self, context: &mut Context<'_>) {
        if self.ended.is_none()
            && let Poll::Ready(outcome) = self.connection.poll_unpin(context)
        {
            self.ended = Some(outcome.map_err(|error| Failure::of(&error)));
        }
    }

    /// Waits for the head.
    async fn head(
        &mut self,
        response: impl Future<Output = hyper::Result<Response<Incoming>>>,
        budget: &HeadBudget,
    ) -> Result<Response<Incoming>, Failure> {
        let mut response = pin!(response);
        poll_fn(|context| {
            self.take_turn(context);
            match (response.as_mut().poll(context), self.ended) {
                (Poll::Ready(Ok(response)), _) => Poll::Ready(Ok(response)),
                // The connection knows better than its user why it ended.
                (_, Some(Err(cause))) => Poll::Ready(Err(cause)),
                (Poll::Ready(Err(error)), _) => Poll::Ready(Err(Failure::of(&error))),
                (Poll::Pending, _) if budget.is_used_up() => Poll::Ready(Err(Failure::TooLarge)),
                (Poll::Pending, Some(Ok(()))) => Poll::Ready(Err(Failure::Broke)),
                (Poll::Pending, None) => Poll::Pending,
            }
        })
        .await
    }

    /// Reads a body to its end. The announced length is checked first; what really comes is counted all the same.
    async fn read_body(&mut self, mut body: Incoming, announced: usize, limit: usize) -> Result<Bytes, Failure> {
        if announced > limit {
            return Err(Failure::TooLarge);
        }
        // What is announced need not come, so not all of the room for it is made beforehand.
        let mut read = BytesMut::with_capacity(announced.min(HEAD_LIMIT));
        while !body.is_end_stream() {
            let mut frame = body.frame();
            let frame = poll_fn(|context| {
                self.take_turn(context);
                frame.poll_unpin(context)
            });
            let Some(frame) = frame.await else { break };
            // Trailers say nothing that a contract could ask for.
            if let Ok(data) = frame.map_err(|error| after_head(Failure::of(&error)))?.into_data() {
                if data.len() > limit.saturating_sub(read.len()) {
                    return Err(Failure::TooLarge);
                }
                read.extend_from_slice(&data);
            }
        }
        Ok(read.freeze())
    }

    /// Says the farewell that TLS wants, if it can be said at once.
    fn say_farewell(&mut self) {
        self.take_turn(&mut Context::from_waker(Waker::noop()));
    }
}

/// Why a connection ended of which an answer's head had come. Whatever TLS says then, it refuses nobody's certificate: the
/// request has been read, and must not be sent again under another.
fn after_head(failure: Failure) -> Failure {
    if matches!(failure, Failure::Tls(_)) { Failure::Broke } else { failure }
}

/// The length that an answer announces.
fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    // More than can be counted is too much; the library has refused what is no number.
    length.map_or(0, |length| length.parse().unwrap_or(usize::MAX))
}
