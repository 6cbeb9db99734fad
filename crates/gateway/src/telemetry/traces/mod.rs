//! What is kept of overviews for a collector of traces (OTLP over HTTP), where the configuration names one.
//!
//! Law of this room: what leaves the process stands in the catalogue (`TRACE_SPANS` of it), and is written down here by hand.
//! No log field, no error text and nothing of a person can become an attribute: attributes are names of closed sets, slugs of
//! sources, numbers and yes or no.
//!
//! - A `span` is one part of a trace. Its trace is the overview's own random one (`TraceContext`), which sources are told and
//!   the log line of the overview names.
//! - `sending` hands them to the collector, beside the requests: a collector that is away costs a queue of fixed length.

mod sending;
mod span;

use std::{sync::Arc, time::Duration};

use overblik_connectors::{SourceInfo, TraceContext};
use overblik_widgets::Moment;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::sending::NoClient;
use self::sending::{MOST_WAITING, Sending};
pub(crate) use self::span::{OpenSpan, Root};
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
    sending: tokio::sync::Mutex<Sending>,
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
    /// When the client for the collector cannot be made.
    pub(crate) fn open(config: Option<&TracesConfig>, counted: SpanMetrics) -> Result<Self, NoClient> {
        let Some(config) = config else { return Ok(Self::default()) };
        let (sender, waiting) = mpsc::channel(MOST_WAITING);
        let sending = Sending::new(config.endpoint.clone(), waiting, counted.clone())?;
        let of_all = config.share * f64::from(u32::MAX) + config.share;
        let queue = Queue { sender, counted };
        Ok(Self(Some(Arc::new(Kept { of_all, queue, sending: sending.into() }))))
    }

    /// The root of an overview's trace, and the overview's context within it; none where this one's trace is not kept.
    pub(crate) fn begin(&self, trace: TraceContext, name: &'static str, now: Moment) -> (TraceContext, Option<Root>) {
        let kept = self.0.as_ref().filter(|kept| {
            // The identifier is random, so it decides as chance would, and says the same to everybody who looks at it.
            let [.., a, b, c, d] = trace.overview();
            f64::from(u32::from_be_bytes([a, b, c, d])) < kept.of_all
        });
        let Some(kept) = kept else { return (trace, None) };
        let (trace, id) = trace.recorded();
        let span = OpenSpan::new(kept.queue.clone(), (trace.overview(), id, None), name, now.timestamp());
        (trace, Some(Root::new(span)))
    }

    /// A source is asked within a trace: the part of it, and the context that the source is told.
    pub(crate) fn ask(
        &self,
        trace: TraceContext,
        source: &SourceInfo,
        now: jiff::Timestamp,
    ) -> (TraceContext, Option<OpenSpan>) {
        let (Some(kept), Some(parent)) = (&self.0, trace.span()) else { return (trace, None) };
        let (trace, id) = trace.recorded();
        let identity = (trace.overview(), id, Some(parent));
        (trace, Some(OpenSpan::of_source(kept.queue.clone(), identity, &source.slug, now)))
    }

    /// Sends what has ended, until stopped.
    pub(crate) fn follow(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let Some(kept) = self.0.clone() else { return };
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

    fn traces(share: f64) -> (Traces, SpanMetrics) {
        let endpoint = "http://127.0.0.1:9/v1/traces".parse().expect("an address");
        let counted = Metrics::default().spans;
        (Traces::open(Some(&TracesConfig { endpoint, share }), counted.clone()).expect("a client"), counted)
    }

    fn kept(traces: &Traces, overviews: usize) -> usize {
        let begin = || traces.begin(TraceContext::random(), "overview", Clock::system().moment()).1;
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
