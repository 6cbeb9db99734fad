//! HTTP/2: one connection for the calls of many citizens. Every answer is bound to the stream of its request, so that one
//! that is late or comes twice reaches nobody else (requirement R52); dropping a call resets its stream (requirement R54).

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use http_body_util::Full;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::{
    body::{HEAD_LIMIT, MOST_HEADERS, Reading, announced},
    client::Answer,
    failure::{Failure, Reached, Unanswered},
    outgoing::Outgoing,
    tls::Ways,
    tls_listener::TlsListener,
    wire::Wire,
};

/// How long a connection takes new calls: what DNS says is asked again at least this often.
const TAKES_CALLS_FOR: Duration = Duration::from_mins(5);

/// How long a connection stays open without a call.
const IDLE_FOR: Duration = Duration::from_mins(1);

/// How often it is looked whether a connection is still needed.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(15);

/// A connection that was silent for so long while somebody waited, and whose waiting was given up, takes no more calls.
const SILENT_AFTER: Duration = Duration::from_secs(1);

/// Between pings while calls are under way, and how long an answer to one may take.
const PING_EVERY: Duration = Duration::from_secs(5);
const PONG_WITHIN: Duration = Duration::from_secs(3);

/// What may be under way to us unread: of one answer, and of all on a connection.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;

/// Calls sent at once before the source has said how many it takes; more wait until it has.
const SENT_AT_FIRST: usize = 16;

/// How many it is thought to take until it says so: the least that RFC 9113 (section 6.5.2) recommends.
const THOUGHT_AT_FIRST: usize = 100;

/// Streams of which the source may still send although they are over, and wrong frames it may send, before the connection
/// ends.
const MOST_RESETS: usize = 64;

/// A connection that many calls share.
pub(super) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    state: Arc<State>,
    /// What TLS says: certificates may be refused after the handshake.
    refusal: TlsListener,
    /// As whom, and trusting whom, it was made.
    ways: Ways,
}

/// What is known of a connection.
#[derive(Debug)]
pub(super) struct State {
    opened: Instant,
    active: AtomicUsize,
    /// When something last came on it, in milliseconds since it was opened.
    heard: AtomicU64,
    /// When the last call ended, likewise.
    left: AtomicU64,
    silent: AtomicBool,
    /// How many calls the source takes at once.
    most_at_once: AtomicUsize,
}

impl State {
    /// A connection that was opened now, to a source that takes this many calls at once.
    pub(super) fn opened_now(most_at_once: usize) -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            active: AtomicUsize::new(0),
            heard: AtomicU64::new(0),
            left: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            most_at_once: AtomicUsize::new(most_at_once),
        })
    }

    /// A call that begins now.
    pub(super) fn call_begun(self: &Arc<Self>) -> Place {
        self.active.fetch_add(1, Ordering::Relaxed);
        Place { state: Arc::clone(self), begun: self.since_opened(), is_answered: false }
    }

    fn since_opened(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn takes_calls(&self) -> bool {
        !self.silent.load(Ordering::Relaxed) && self.opened.elapsed() < TAKES_CALLS_FOR
    }

    pub(super) fn is_needed(&self) -> bool {
        let idle = Duration::from_millis(self.since_opened().saturating_sub(self.left.load(Ordering::Relaxed)));
        self.active.load(Ordering::Relaxed) > 0 || (self.takes_calls() && idle < IDLE_FOR)
    }
}

impl Http2 {
    /// Speaks HTTP/2 on a connection that was just made. It is kept going by a task that ends with it.
    ///
    /// # Errors
    /// [`Failure`].
    pub(super) async fn open(stream: Wire, ways: Ways, tasks: &TaskTracker) -> Result<Self, Failure> {
        let refusal = TlsListener::default();
        let stream = TokioIo::new(refusal.listening(stream));
        let (sender, mut connection) = Builder::new(Tracked(tasks.clone()))
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .initial_max_send_streams(SENT_AT_FIRST)
            .max_header_list_size(u32::try_from(HEAD_LIMIT).unwrap_or(u32::MAX))
            .max_concurrent_reset_streams(MOST_RESETS)
            .max_local_error_reset_streams(MOST_RESETS)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_WITHIN)
            .handshake(stream)
            .await
            .map_err(|error| Failure::of(&error))?;
        let state = State::opened_now(THOUGHT_AT_FIRST);
        let watched = Arc::clone(&state);
        tasks.spawn(async move {
            let running = poll_fn(|context| {
                let ended = connection.poll_unpin(context);
                let most_at_once = connection.current_max_send_streams();
                if most_at_once != SENT_AT_FIRST {
                    watched.most_at_once.store(most_at_once, Ordering::Relaxed);
                }
                ended
            });
            let over = async {
                loop {
                    tokio::time::sleep(LOOKED_AT_EVERY).await;
                    if !watched.is_needed() {
                        break;
                    }
                }
            };
            tokio::select! {
                // Why it ended is told to the calls on it.
                _ended = running => {}
                () = over => {}
            }
        });
        Ok(Self { sender, state, refusal, ways })
    }

    /// Whether it can take another call made in these ways; if not, it serves those that it has and ends.
    pub(super) fn takes_calls(&self, ways: &Ways) -> bool {
        !self.sender.is_closed() && self.state.takes_calls() && self.ways.are_those_of(ways)
    }

    /// How many more calls the source lets it have at once.
    pub(super) fn room(&self) -> usize {
        self.state.most_at_once.load(Ordering::Relaxed).saturating_sub(self.state.active.load(Ordering::Relaxed))
    }

    /// A way to send one call on it.
    pub(super) fn call(&self) -> Http2Call {
        Http2Call { sender: self.sender.clone(), refusal: self.refusal.clone(), place: self.state.call_begun() }
    }
}

/// A call on a connection.
pub(super) struct Http2Call {
    sender: SendRequest<Full<Bytes>>,
    refusal: TlsListener,
    place: Place,
}

impl Http2Call {
    /// Sends the request and reads the answer to its end.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub(super) async fn exchange(mut self, outgoing: &Outgoing, body_limit: usize) -> Result<Answer, Unanswered> {
        let request = outgoing.http2().map_err(Unanswered::unsent)?;
        let answered = self.sender.try_send_request(request).await;
        self.place.hear();
        let response = answered.map_err(|mut error| {
            let unsent = error.take_message().is_some() || was_not_read(error.error());
            let failure = self.refusal.heard().map_or_else(|| Failure::of(error.error()), Failure::Tls);
            Unanswered { failure, reached: if unsent { Reached::Nobody } else { Reached::PerhapsSource } }
        })?;
        let (head, body) = response.into_parts();
        if head.headers.len() > MOST_HEADERS {
            return Err(Unanswered::of_source(Failure::TooLarge));
        }
        let mut reading = Reading::of(body, announced(&head.headers), body_limit);
        let body = poll_fn(|context| reading.poll(context)).await.map_err(Unanswered::of_source)?;
        self.place.hear();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }
}

/// A call's place on a connection.
pub(super) struct Place {
    state: Arc<State>,
    begun: u64,
    is_answered: bool,
}

impl Place {
    /// Something came.
    pub(super) fn hear(&mut self) {
        self.is_answered = true;
        self.state.heard.store(self.state.since_opened(), Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (state, now) = (&self.state, self.state.since_opened());
        let waited = Duration::from_millis(now.saturating_sub(self.begun));
        if !self.is_answered && waited >= SILENT_AFTER && state.heard.load(Ordering::Relaxed) <= self.begun {
            state.silent.store(true, Ordering::Relaxed);
        }
        state.left.store(now, Ordering::Relaxed);
        state.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether the source says that it has not looked at the request: it refused the stream, or is going away and the request
/// came after those that it still answers (RFC 9113 sections 6.8 and 8.7).
fn was_not_read(error: &hyper::Error) -> bool {
    let mut beneath: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = beneath {
        if let Some(error) = cause.downcast_ref::<h2::Error>() {
            return match error.reason() {
                Some(h2::Reason::REFUSED_STREAM) => error.is_remote(),
                Some(h2::Reason::NO_ERROR) => error.is_go_away() && error.is_remote(),
                _ => false,
            };
        }
        beneath = cause.source();
    }
    false
}

/// Runs what a connection needs beside itself, so that it is known what still runs.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tracked {
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}
