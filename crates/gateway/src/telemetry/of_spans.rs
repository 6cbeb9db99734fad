//! Counts what becomes of the spans of traces.

use prometheus_client::metrics::counter::Counter;

use super::{
    catalogue::metrics_of_the_process::TRACE_SPANS,
    metrics::{Book, labels},
};

/// Counts spans. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct SpanMetrics {
    sent: Counter,
    dropped: Counter,
}

impl SpanMetrics {
    pub(super) fn new(book: &mut Book) -> Self {
        let spans = book.counters(&TRACE_SPANS);
        let end = |name| spans.get_or_create_owned(&labels(&TRACE_SPANS, [name]));
        Self { sent: end("sent"), dropped: end("dropped") }
    }

    pub(super) fn sent(&self, spans: usize) {
        self.sent.inc_by(u64::try_from(spans).unwrap_or(u64::MAX));
    }

    pub(super) fn dropped(&self, spans: usize) {
        self.dropped.inc_by(u64::try_from(spans).unwrap_or(u64::MAX));
    }

    /// How many were sent and dropped.
    #[cfg(test)]
    pub(super) fn numbers(&self) -> (u64, u64) {
        (self.sent.get(), self.dropped.get())
    }
}
