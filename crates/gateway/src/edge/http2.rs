//! HTTP/2 on one connection (requirements R71 and R72): many requests side by side, each as patient, as small and as well
//! counted as if it had a connection of its own.
//!
//! On the library's frames rather than on its server, which gives an answer's part away before the client has room for it: so
//! one that gives no room would hold it for ever. Here no part of an answer is made before there is room for the one before,
//! and whoever gives none in time loses the stream.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{body::Body, extract::ConnectInfo};
use bytes::Bytes;
use h2::{
    Reason, RecvStream, SendStream,
    server::{self, SendResponse},
};
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};
use tower::ServiceExt;

use super::connections::{BUFFER, Caller, Serving};

/// Most requests under way at once on a connection. Browsers ask for a page and its few files.
const STREAMS: u32 = 100;

/// Most bytes of a request's headers, uncompressed and with 32 more for each line, as for HTTP/1.1.
const HEADERS: u32 = 16 * 1024;

/// Most bytes of a request's body that are sent before somebody reads it, and most of all requests of a connection.
const WINDOWS: (u32, u32) = (64 * 1024, 256 * 1024);

/// Requests taken back before they are looked at, after which the connection ends ("rapid reset").
const TAKEN_BACK: usize = 20;

/// Streams that we had to break off because of what the client sent, after which the connection ends.
const BROKEN: usize = 64;

/// What is said of an HTTP/1.1 connection, and is malformed here.
const OF_CONNECTIONS: [HeaderName; 5] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Serves a connection to its end. No stream outlives it.
pub(super) async fn serve(stream: impl AsyncRead + AsyncWrite + Send + Unpin, caller: Caller, serving: Serving) {
    let mut frames = server::Builder::new();
    frames
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS)
        .initial_window_size(WINDOWS.0)
        .initial_connection_window_size(WINDOWS.1)
        .max_send_buffer_size(BUFFER)
        .max_pending_accept_reset_streams(TAKEN_BACK)
        .max_local_error_reset_streams(Some(BROKEN));
    let Ok(Ok(mut connection)) = timeout_at(caller.asks_by, frames.handshake::<_, Bytes>(stream)).await else {
        return;
    };
    let mut streams = JoinSet::new();
    let (mut has_asked, mut is_ending) = (false, false);
    // When to end it if nothing is asked: the first request comes at once, or somebody only holds the connection.
    let mut idle = std::pin::pin!(sleep_until(caller.asks_by));
    loop {
        // Streams that were taken back end by themselves, at once; beyond so many of them nothing more is read.
        let has_room = streams.len() < 2 * STREAMS as usize;
        tokio::select! {
            accepted = connection.accept(), if has_room => match accepted {
                Some(Ok((request, respond))) => {
                    has_asked = true;
                    streams.spawn(answer(request, respond, caller, serving.clone()));
                }
                // It is over, or what came was no HTTP/2: how is its client's matter.
                Some(Err(_)) | None => return,
            },
            Some(_ended) = streams.join_next(), if !streams.is_empty() => {
                if streams.is_empty() {
                    let patience = if is_ending { serving.patience.taking() } else { serving.patience.idle() };
                    idle.as_mut().reset(Instant::now() + patience);
                }
            }
            () = &mut idle, if streams.is_empty() => {
                if is_ending || !has_asked {
                    return;
                }
                is_ending = true;
                connection.graceful_shutdown();
                idle.as_mut().reset(Instant::now() + serving.patience.taking());
            }
            // A connection that came when everything was stopping gets one answer.
            () = serving.stop.cancelled(), if !is_ending && (has_asked || !caller.gets_one) => {
                is_ending = true;
                connection.graceful_shutdown();
                idle.as_mut().reset(Instant::now() + serving.patience.taking());
            }
        }
    }
}

/// Answers one request. What goes wrong on the way ends this stream alone, and is its client's matter.
async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, caller: Caller, serving: Serving) {
    let is_head = request.method() == Method::HEAD;
    if is_waiting(&request) {
        let go_on = Response::builder().status(100).body(());
        if !go_on.is_ok_and(|go_on| respond.send_informational(go_on).is_ok()) {
            return;
        }
    }
    let mut request = request.map(|received| Body::new(Received(received)));
    request.extensions_mut().insert(ConnectInfo(caller.peer));
    let response = tokio::select! {
        response = serving.routes.clone().oneshot(request) => response.unwrap_or_else(|never| match never {}),
        // Whoever takes the request back is asked for nothing more.
        _taken_back = poll_fn(|context| respond.poll_reset(context)) => return,
    };
    let (mut head, body) = response.into_parts();
    for name in OF_CONNECTIONS {
        head.headers.remove(name);
    }
    if !head.headers.contains_key(header::DATE)
        && let Some(date) = date(&serving)
    {
        head.headers.insert(header::DATE, date);
    }
    let has_none = is_head || matches!(head.status.as_u16(), 204 | 304);
    if let (Some(length), false) = (body.size_hint().exact(), has_none) {
        head.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    let ends_here = has_none || body.is_end_stream();
    if let Ok(mut sending) = respond.send_response(Response::from_parts(head, ()), ends_here)
        && !ends_here
        && let Err(reason) = send(body, &mut sending, &serving).await
    {
        sending.send_reset(reason);
    }
}

/// Sends a body as its client makes room for it.
///
/// # Errors
/// Why the stream must be broken off.
async fn send(mut body: Body, sending: &mut SendStream<Bytes>, serving: &Serving) -> Result<(), Reason> {
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            _taken_back = poll_fn(|context| sending.poll_reset(context)) => return Err(Reason::CANCEL),
        };
        let Some(frame) = frame else {
            return sending.send_data(Bytes::new(), true).map_err(|_| Reason::CANCEL);
        };
        let Ok(mut data) = frame.map_err(|_broken_off| Reason::INTERNAL_ERROR)?.into_data() else { continue };
        let is_last = body.is_end_stream();
        if data.is_empty() && !is_last {
            continue;
        }
        loop {
            let part = match data.len() {
                0 => Bytes::new(),
                length => data.split_to(room(sending, length.min(BUFFER), serving).await?.min(length)),
            };
            let is_end = data.is_empty();
            sending.send_data(part, is_last && is_end).map_err(|_| Reason::CANCEL)?;
            if is_end {
                break;
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// For how many bytes there is room, as soon as there is any.
///
/// # Errors
/// When there is none in time, or nobody wants them any more.
async fn room(sending: &mut SendStream<Bytes>, wanted: usize, serving: &Serving) -> Result<usize, Reason> {
    sending.reserve_capacity(wanted);
    let until = Instant::now() + serving.patience.taking();
    while sending.capacity() == 0 {
        match timeout_at(until, poll_fn(|context| sending.poll_capacity(context))).await {
            Ok(Some(Ok(_))) => {}
            Ok(Some(Err(_)) | None) | Err(_) => return Err(Reason::CANCEL),
        }
    }
    Ok(sending.capacity())
}

/// Whether a client waits to be told to go on before it sends a body (RFC 9110 section 10.1.1).
fn is_waiting(request: &Request<RecvStream>) -> bool {
    let expected = request.headers().get(header::EXPECT);
    expected.is_some_and(|expected| expected.as_bytes().eq_ignore_ascii_case(b"100-continue"))
        && !request.body().is_end_stream()
}

fn date(serving: &Serving) -> Option<HeaderValue> {
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&serving.clock.now());
    HeaderValue::try_from(date.ok()?).ok()
}

/// A request's body. What is read of it makes room for more.
struct Received(RecvStream);

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        let Some(data) = ready!(self.0.poll_data(context)).transpose()? else { return Poll::Ready(None) };
        self.0.flow_control().release_capacity(data.len())?;
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}
