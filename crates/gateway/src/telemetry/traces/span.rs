//! One part of a trace, from its beginning to what is sent of it.

use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::{Span, Status, span::SpanKind},
};
use overblik_connectors::SpanId;
use overblik_widgets::Counts;
use tokio::time::Instant;

use super::{super::Face, CallersSpan, Queue};
use crate::statistics::CallEnd;

/// `STATUS_CODE_ERROR` of OTLP.
const FAILED: i32 = 2;

/// As it is sent.
pub(super) type Ended = Span;

/// The trace, the span, and the one that it is within.
pub(super) type Identity = ([u8; 16], SpanId, Option<SpanId>);

/// A part of a trace that is under way. One that is dropped before it is ended is not sent.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    queue: Queue,
    span: Span,
    began: Timestamp,
    started: Instant,
}

impl OpenSpan {
    pub(super) fn new(queue: Queue, identity: Identity, name: &'static str, began: Timestamp) -> Self {
        let (trace, id, parent) = identity;
        let span = Span {
            trace_id: trace.to_vec(),
            span_id: id.to_vec(),
            parent_span_id: parent.map(|parent| parent.to_vec()).unwrap_or_default(),
            // Kept.
            flags: 1,
            name: name.to_owned(),
            kind: SpanKind::Internal.into(),
            ..Span::default()
        };
        Self { queue, span, began, started: Instant::now() }
    }

    pub(super) fn of_source(mut self, slug: &str) -> Self {
        self.span.kind = SpanKind::Client.into();
        self.word("overblik.source", slug);
        self
    }

    /// A source was asked, and this came of it.
    pub(crate) fn asked(mut self, about: &'static str, end: CallEnd, reason: Option<&'static str>) {
        self.word("overblik.about", about);
        self.word("overblik.end", end.name());
        if let Some(reason) = reason {
            self.word("overblik.reason", reason);
            self.failed();
        }
        self.end();
    }

    /// Without a message: what went wrong is in an attribute, which is one of a closed set.
    fn failed(&mut self) {
        self.span.status = Some(Status { message: String::new(), code: FAILED });
    }

    fn end(mut self) {
        let took = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // The process's clock may be set meanwhile; how long it took does not depend on it.
        self.span.start_time_unix_nano = u64::try_from(self.began.as_nanosecond()).unwrap_or_default();
        self.span.end_time_unix_nano = self.span.start_time_unix_nano.saturating_add(took);
        self.queue.put(self.span);
    }

    fn word(&mut self, key: &'static str, word: &str) {
        self.attribute(key, Value::StringValue(word.to_owned()));
    }

    fn number(&mut self, key: &'static str, number: u32) {
        self.attribute(key, Value::IntValue(number.into()));
    }

    fn attribute(&mut self, key: &'static str, value: Value) {
        let value = Some(AnyValue { value: Some(value) });
        self.span.attributes.push(KeyValue { key: key.to_owned(), value, ..KeyValue::default() });
    }
}

/// One that is sent when it is dropped, if not before: an overview that nobody waited for was one too.
#[derive(Debug)]
pub(crate) struct SureSpan(Option<OpenSpan>);

impl SureSpan {
    pub(super) fn new(span: OpenSpan) -> Self {
        Self(Some(span))
    }

    pub(crate) fn shown_as(&mut self, face: Face) {
        self.word("overblik.face", face.name());
    }

    /// Something is asked of the identity provider of those.
    pub(super) fn of_provider(mut self, whose: &'static str, what: &'static str) -> Self {
        if let Some(span) = &mut self.0 {
            span.span.kind = SpanKind::Client.into();
        }
        self.word("overblik.of", whose);
        self.word("overblik.what", what);
        self
    }

    /// This came of it.
    pub(crate) fn came_to(mut self, end: &'static str, is_good: bool) {
        self.word("overblik.end", end);
        if let Some(span) = self.0.as_mut().filter(|_| !is_good) {
            span.failed();
        }
    }

    pub(super) fn word(&mut self, key: &'static str, word: &'static str) {
        if let Some(span) = &mut self.0 {
            span.word(key, word);
        }
    }

    /// The trace, the span, and the one that it is within.
    #[cfg(test)]
    pub(super) fn identity(&self) -> Option<(Vec<u8>, Vec<u8>, Vec<u8>)> {
        let span = &self.0.as_ref()?.span;
        Some((span.trace_id.clone(), span.span_id.clone(), span.parent_span_id.clone()))
    }

    /// Whoever asked has a trace of its own, and this is where in it they asked.
    pub(crate) fn called_from(&mut self, caller: CallersSpan) {
        if let Some(span) = &mut self.0 {
            span.span.links.push(caller.link());
        }
    }

    /// All of it was handed out.
    pub(crate) fn ended(mut self, counts: &Counts, kept: usize, deadline_met: bool) {
        let Some(span) = &mut self.0 else { return };
        let kept = u32::try_from(kept).unwrap_or(u32::MAX);
        for (key, number) in [
            ("overblik.asked", counts.asked),
            ("overblik.answered", counts.answered),
            ("overblik.kept", kept),
            ("overblik.pending", counts.pending),
            ("overblik.failed", counts.failed),
            ("overblik.not_asked", counts.not_asked),
        ] {
            span.number(key, number);
        }
        span.attribute("overblik.deadline_met", Value::BoolValue(deadline_met));
    }
}

impl Drop for SureSpan {
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            span.end();
        }
    }
}
