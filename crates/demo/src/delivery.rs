//! How the bytes of an answer leave a party, and how a party learns whether they did.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, StatusCode, header::CONTENT_LENGTH};

use crate::received::{Answering, Recorder};

/// Time between two bytes of a dripping answer.
pub(crate) const DRIP_INTERVAL: Duration = Duration::from_millis(200);

/// No answer of the demo world is larger: the huge one is a little over 4 MiB.
const LARGEST_ANSWER: usize = 5 << 20;

/// The pace of an answer; put into a response's extensions. Absent, the answer leaves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Half of it, then nothing.
    Stall,
    /// One byte per [`DRIP_INTERVAL`].
    Drip,
}

/// Outermost layer of every party: records the request, and the answer's fate.
pub(crate) async fn record(State(recorder): State<Recorder>, request: Request, next: Next) -> Response {
    let answering = recorder.begin(request.method(), request.uri(), request.headers());
    let (mut parts, body) = next.run(request).await.into_parts();
    let bytes = match to_bytes(body, LARGEST_ANSWER).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::error!(%error, "an answer of the demo world could not be read");
            parts.status = StatusCode::INTERNAL_SERVER_ERROR;
            Bytes::new()
        }
    };
    let pace = parts.extensions.remove::<Pace>();
    // A stalled answer promises at least two bytes, so that there is a half to wait for.
    let promised = if pace == Some(Pace::Stall) { bytes.len().max(2) } else { bytes.len() };
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(promised));
    Response::from_parts(parts, paced_body(bytes, pace, answering))
}

fn paced_body(bytes: Bytes, pace: Option<Pace>, answering: Answering) -> Body {
    if bytes.is_empty() && pace != Some(Pace::Stall) {
        answering.done();
        return Body::empty();
    }
    let sending = Sending { left: bytes, begun: false, pace, answering: Some(answering) };
    Body::from_stream(stream::unfold(sending, |mut sending| async move {
        let chunk = sending.next_chunk().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), sending))
    }))
}

struct Sending {
    left: Bytes,
    begun: bool,
    pace: Option<Pace>,
    answering: Option<Answering>,
}

impl Sending {
    async fn next_chunk(&mut self) -> Option<Bytes> {
        let chunk = match self.pace {
            None => std::mem::take(&mut self.left),
            Some(Pace::Stall) if self.begun || self.left.len() < 2 => std::future::pending().await,
            Some(Pace::Stall) => self.left.split_to(self.left.len() / 2),
            Some(Pace::Drip) => {
                if self.begun {
                    tokio::time::sleep(DRIP_INTERVAL).await;
                }
                self.left.split_to(self.left.len().min(1))
            }
        };
        self.begun = true;
        if self.left.is_empty()
            && let Some(answering) = self.answering.take()
        {
            answering.done();
        }
        if chunk.is_empty() { None } else { Some(chunk) }
    }
}
