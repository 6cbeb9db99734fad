//! What is kept of overviews for a collector of traces (OTLP over HTTP), where the configuration names one.
//!
//! Law of this room: what leaves the process stands in the catalogue (`TRACE_SPANS` of it), and is written down here by hand.
//! No log field, no error text and nothing of a person can become an attribute: attributes are names of closed sets, slugs of
//! sources, numbers and yes or no.
//!
//! - A `span` is one part of a trace. Its trace is the overview's own random one (`TraceContext`), which sources are told and
//!   the log line of the overview names.
//! - `caller` is what a portal's server says of its own trace: a link, and nothing that decides anything of ours.
//! - `headers` are what the collector wants to see with each call, out of a file of secrets.
//! - `logins` are the steps of a login, and what is asked of the identity provider.
//! - `sending` hands them to the collector, beside the requests: a collector that is away costs a queue of fixed length.

mod caller;
mod headers;
mod logins;
mod sending;
mod span;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use overblik_connectors::{SourceInfo, TraceContext};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::caller::CallersSpan;
pub use self::logins::PartOf;
pub(crate) use self::logins::{LoginStep, ProviderTraces, Step};
pub use self::sending::CollectorMistake;
pub(crate) use self::span::{OpenSpan, SureSpan};
use self::{
    headers::Headers,
    sending::{MOST_WAITING, Sending},
};
use super::of_spans::SpanMetrics;
use crate::config::TracesConfig;

/// How long the last spans may take to leave when the process stops.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// Where traces go, if they go anywhere. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces(Option<Arc<Kept>>);

#[derive(Debug)]
struct Kept {
    /// Of 2³² overviews, so many are kept.
    of_all: f64,
    queue: Queue,
    headers: Headers,
    sending: tokio::sync::Mutex<Sending>,
}

impl Kept {
    /// A part of a trace, within the part that the context is within, if any; and the context within it.
    fn open(&self, trace: TraceContext, name: &'static str, now: Timestamp) -> (TraceContext, OpenSpan) {
        let parent = trace.span();
        let (trace, id) = trace.recorded();
        (trace, OpenSpan::new(self.queue.clone(), (trace.overview(), id, parent), name, now))
    }
}

/// Where spans that have ended wait to be sent.
#[derive(Clone, Debug)]
struct Queue {
    sender: mpsc::Sender<span::Ended>,
    counted: SpanMetrics,
}

impl Queue {
    /// Never waits: where the queue is full, the span is dropped and counted.
    fn put(&self, span: span::Ended) {
        if self.sender.try_send(span).is_err() {
            self.counted.dropped(1);
        }
    }
}

impl Traces {
    /// Traces as configured.
    ///
    /// # Errors
    /// When a file cannot be used, or the client for the collector cannot be made.
    pub(crate) fn open(config: Option<&TracesConfig>, counted: SpanMetrics) -> Result<Self, CollectorMistake> {
        let Some(config) = config else { return Ok(Self::default()) };
        let (sender, waiting) = mpsc::channel(MOST_WAITING);
        let headers = sending::headers(config)?;
        let sending = Sending::new(config, headers.clone(), waiting, counted.clone())?;
        let of_all = config.share * f64::from(u32::MAX) + config.share;
        let queue = Queue { sender, counted };
        Ok(Self(Some(Arc::new(Kept { of_all, queue, headers, sending: sending.into() }))))
    }

    /// The root of a trace, and the context within it; none where this trace is not kept.
    pub(crate) fn begin(
        &self,
        trace: TraceContext,
        name: &'static str,
        now: Timestamp,
    ) -> (TraceContext, Option<SureSpan>) {
        let kept = self.0.as_ref().filter(|kept| {
            // The identifier is random, so it decides as chance would, and says the same to everybody who looks at it.
            let [.., a, b, c, d] = trace.overview();
            f64::from(u32::from_be_bytes([a, b, c, d])) < kept.of_all
        });
        let Some(kept) = kept else { return (trace, None) };
        let (trace, span) = kept.open(trace, name, now);
        (trace, Some(SureSpan::new(span)))
    }

    /// Something within a trace, and the context within that; none where the trace is not kept.
    fn within(&self, trace: TraceContext, name: &'static str, now: Timestamp) -> Option<(TraceContext, OpenSpan)> {
        let kept = self.0.as_ref().filter(|_| trace.span().is_some())?;
        Some(kept.open(trace, name, now))
    }

    /// A source is asked within a trace: the part of it, and the context that the source is told.
    pub(crate) fn ask(
        &self,
        trace: TraceContext,
        source: &SourceInfo,
        now: Timestamp,
    ) -> (TraceContext, Option<OpenSpan>) {
        match self.within(trace, "ask", now) {
            Some((trace, span)) => (trace, Some(span.of_source(&source.slug))),
            None => (trace, None),
        }
    }

    /// Sends what has ended, until stopped.
    pub(crate) fn follow(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let Some(kept) = self.0.clone() else { return };
        kept.headers.follow(tasks, stop.clone());
        tasks.spawn(async move { kept.sending.lock().await.follow(&stop).await });
    }

    /// Sends what is left, for as long as that may take.
    pub(crate) async fn finish(&self) {
        let Some(kept) = &self.0 else { return };
        let last = async { kept.sending.lock().await.rest().await };
        if tokio::time::timeout(LAST_STEPS, last).await.is_err() {
            tracing::warn!("the last spans were not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Metrics, *};
    use crate::clock::Clock;

    pub(super) fn traces(share: f64) -> (Traces, SpanMetrics) {
        let endpoint = "http://127.0.0.1:9/v1/traces".parse().expect("an address");
        let counted = Metrics::default().spans;
        let config = TracesConfig { endpoint, share, ca_file: None, headers_file: None };
        (Traces::open(Some(&config), counted.clone()).expect("a client"), counted)
    }

    fn kept(traces: &Traces, overviews: usize) -> usize {
        let begin = || traces.begin(TraceContext::random(), "overview", Clock::system().now()).1;
        (0..overviews).filter_map(|_| begin()).count()
    }

    #[tokio::test]
    async fn what_finds_no_room_is_dropped_and_counted() {
        let (traces, counted) = traces(1.0);
        assert_eq!(kept(&traces, MOST_WAITING + 3), MOST_WAITING + 3);
        assert_eq!(counted.numbers(), (0, 3), "nobody sends, so all wait but three");
    }

    #[tokio::test]
    async fn of_all_overviews_the_share_is_kept() {
        assert_eq!(kept(&traces(0.0).0, 500), 0);
        assert_eq!(kept(&Traces::default(), 500), 0);
        // So far off by chance once in many millions of runs.
        let half = kept(&traces(0.5).0, 1000);
        assert!((400..600).contains(&half), "{half}");
    }
}
