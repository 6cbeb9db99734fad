//! HTTP/2: one connection for the calls of many citizens. Every answer is bound to the stream of its request, so that one
//! that is late or comes twice reaches nobody else (requirement R52); dropping a call resets its stream (requirement R54).

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use h2::{
    Ping, PingPong, Reason, RecvStream,
    client::{self, Connection, ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, Response};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use super::{
    body::{Collected, HEAD_LIMIT, MOST_HEADERS, announced},
    client::Answer,
    failure::{Failure, Reached, Unanswered, after_head},
    pace::Pace,
    signs::{Observed, Signs, Waiting},
    wire::Wire,
};

/// How many calls the source takes at once until it has said so, with which it begins: none, for those beyond its number it
/// would refuse.
const TAKEN_AT_FIRST: usize = 0;

/// How long a connection takes new calls: what DNS says is asked again at least this often.
pub(super) const TAKES_CALLS_FOR: Duration = Duration::from_mins(5);

/// How long those that it has may go on after that: the longest time limit of a contract, and a little.
const LAST_CALLS_FOR: Duration = Duration::from_secs(15);

/// A connection on which an answer is waited for, and nothing came for so long, is asked whether it lives.
const QUIET_FOR: Duration = Duration::from_secs(1);

/// How long it has to say so.
const PONG_WITHIN: Duration = Duration::from_secs(1);

/// What may be under way to us unread: of one answer, a quarter of the usual limit of a body; and of all on a connection,
/// which is all that it can take of memory.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Streams of which the source may still send although they are over, and wrong frames it may send, before the connection
/// ends.
const MOST_RESETS: usize = 64;

/// A connection that many calls share. Cheap to clone; it ends when nobody holds it any more and nobody waits for an answer.
#[derive(Clone)]
pub(super) struct Http2 {
    sender: SendRequest<Bytes>,
    signs: Arc<Signs>,
}

impl Http2 {
    /// Speaks HTTP/2 on a connection that was just made, as soon as the source does. It is kept going by a task that ends
    /// with it.
    ///
    /// # Errors
    /// [`Failure`]: the source ended the connection, as when it refuses our certificate.
    pub(super) async fn open(stream: Wire, tasks: &TaskTracker) -> Result<Self, Failure> {
        let signs = Signs::opened_now();
        let handshake = client::Builder::new()
            .enable_push(false)
            .max_header_list_size(u32::try_from(HEAD_LIMIT).unwrap_or(u32::MAX))
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_concurrent_reset_streams(MOST_RESETS)
            .max_local_error_reset_streams(Some(MOST_RESETS))
            .initial_max_send_streams(TAKEN_AT_FIRST)
            // The pause between looks (`pace`) lets small frames lie for a while. What lies is bounded by the window all the same.
            .data_frame_budget(usize::try_from(CONNECTION_WINDOW).unwrap_or(usize::MAX).saturating_mul(4))
            .handshake(signs.observing(stream))
            .await;
        let (sender, mut connection) = handshake.map_err(|_| Failure::Broke)?;
        let begun = poll_fn(|context| match Pin::new(&mut connection).poll(context) {
            Poll::Ready(_ended) => Poll::Ready(Err(signs.ended_by().unwrap_or(Failure::Broke))),
            Poll::Pending if connection.max_concurrent_send_streams() > TAKEN_AT_FIRST => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        });
        begun.await?;
        tasks.spawn(drive(connection, Arc::clone(&signs)));
        Ok(Self { sender, signs })
    }

    /// What is known of the connection.
    pub(super) fn signs(&self) -> &Signs {
        &self.signs
    }

    /// Whether it can take another call; if not, it serves those that it has and ends.
    pub(super) fn takes_calls(&self) -> bool {
        self.signs.takes_calls(TAKES_CALLS_FOR)
    }

    /// How many more calls the source lets it have at once.
    pub(super) fn room(&self) -> usize {
        self.sender.current_max_send_streams().saturating_sub(self.signs.waiting())
    }

    /// A way to send one call on it.
    pub(super) fn call(&self) -> Http2Call {
        Http2Call { connection: self.clone(), waiting: self.signs.wait() }
    }

    /// How far a call had come that ended before its head.
    fn unanswered(&self, error: &h2::Error) -> Unanswered {
        if !error.is_reset() {
            self.signs.retire();
        }
        let failure = self.failure(error);
        // A farewell names the last stream that was looked at, and ends those beyond it alone by this error (RFC 9113
        // section 6.8).
        let unread = error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM));
        let reached = match (unread, error.is_io()) {
            (true, _) => Reached::Nobody,
            (false, true) => Reached::PerhapsSource,
            (false, false) => Reached::Source,
        };
        Unanswered { failure, reached }
    }

    fn unsent(&self, error: &h2::Error) -> Unanswered {
        self.signs.retire();
        Unanswered::unsent(self.failure(error))
    }

    fn failure(&self, error: &h2::Error) -> Failure {
        match self.signs.ended_by() {
            // The source has spoken HTTP before, so it is not our certificate that TLS is unhappy with.
            Some(failure) if self.signs.readings() > 0 => after_head(failure),
            Some(failure) => failure,
            // What the library ends by itself breaks the protocol.
            None if error.is_library() => Failure::NotHttp,
            None => Failure::Broke,
        }
    }
}

/// A call on a connection.
pub(super) struct Http2Call {
    connection: Http2,
    waiting: Waiting,
}

impl Http2Call {
    /// Sends the request and reads the answer to its end.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub(super) async fn exchange(
        mut self,
        request: Request<()>,
        body: Bytes,
        body_limit: usize,
    ) -> Result<Answer, Unanswered> {
        let Self { connection, waiting } = &mut self;
        let ready = connection.sender.clone().ready().await;
        let sent = ready.and_then(|mut sender| sender.send_request(request, body.is_empty()));
        let (mut response, mut stream) = sent.map_err(|error| connection.unsent(&error))?;
        if !body.is_empty() {
            stream.send_data(body, true).map_err(|error| connection.unanswered(&error))?;
        }
        let mut interim = HEAD_LIMIT;
        let head = poll_fn(|context| poll_head(&mut response, &mut interim, context)).await;
        let head = head.map_err(|error| match error {
            Some(error) => connection.unanswered(&error),
            None => Unanswered::of_source(Failure::TooLarge),
        })?;
        waiting.answered();
        let (head, body) = head.into_parts();
        if head.headers.len() > MOST_HEADERS {
            return Err(Unanswered::of_source(Failure::TooLarge));
        }
        let body = connection.read_body(body, announced(&head.headers), body_limit).await;
        let body = body.map_err(Unanswered::of_source)?;
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

impl Http2 {
    /// Reads a body to its end. One that is dropped before that resets its stream. Trailers say nothing that a contract
    /// could ask for.
    async fn read_body(&self, mut body: RecvStream, announced: usize, limit: usize) -> Result<Bytes, Failure> {
        let (mut collected, mut pace) = (Collected::nothing(announced, limit)?, Pace::new());
        loop {
            // All that is there is one look, however many frames it is.
            let data = match body.data().now_or_never() {
                Some(data) => data,
                None => {
                    pace.due().await;
                    body.data().await
                }
            };
            let Some(data) = data else { return Ok(collected.whole()) };
            let data = data.map_err(|error| after_head(self.failure(&error)))?;
            let length = data.len();
            collected.take(data)?;
            // A stream that has just ended takes nothing back.
            drop(body.flow_control().release_capacity(length));
            pace.found(length);
        }
    }
}

/// Waits for the head; the interim ones before it may take so many bytes. `None` is the error of those that take more.
fn poll_head(
    response: &mut ResponseFuture,
    interim: &mut usize,
    context: &mut Context<'_>,
) -> Poll<Result<Response<RecvStream>, Option<h2::Error>>> {
    while let Poll::Ready(Some(head)) = response.poll_informational(context) {
        let size = head.map(|head| size_of(head.headers())).map_err(Some)?;
        *interim = match interim.checked_sub(size) {
            Some(left) => left,
            None => return Poll::Ready(Err(None)),
        };
    }
    Pin::new(response).poll(context).map_err(Some)
}

/// The size of a head as HTTP/2 counts it, its status included (RFC 9113 section 6.5.2).
fn size_of(headers: &HeaderMap) -> usize {
    const STATUS: usize = 42;
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum::<usize>() + STATUS
}

/// Drives a connection until it ends, or is found dead.
async fn drive(mut connection: Connection<Observed<Wire>, Bytes>, signs: Arc<Signs>) {
    let ping = connection.ping_pong();
    tokio::select! {
        // Why it ended is told to the calls on it.
        _ended = connection => {}
        () = dead(ping, &signs) => {}
        () = sleep(TAKES_CALLS_FOR + LAST_CALLS_FOR) => {}
    }
    signs.retire();
}

/// Ends when a connection does not answer that it lives, so that a dead one costs nobody the whole time limit. It is asked
/// only while somebody waits: a source need not answer to those who want nothing.
async fn dead(mut ping: Option<PingPong>, signs: &Signs) {
    loop {
        let before = signs.readings();
        sleep(QUIET_FOR).await;
        let Some(ping) = &mut ping else { continue };
        if signs.waiting() == 0 || signs.readings() != before {
            continue;
        }
        signs.doubt(true);
        match timeout(PONG_WITHIN, ping.ping(Ping::opaque())).await {
            Ok(Ok(_)) => signs.doubt(false),
            Ok(Err(_)) | Err(_) => return,
        }
    }
}
