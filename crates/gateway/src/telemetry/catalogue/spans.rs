//! Spans.

/// A span: what log lines that belong together stand in.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Its name.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [&'static str],
    /// What it means.
    pub meaning: &'static str,
}

/// A span that leaves the process, to a collector of traces. Nothing else does, and with nothing else in it.
#[derive(Clone, Copy, Debug)]
pub struct TraceSpan {
    /// Its name.
    pub name: &'static str,
    /// What may be in it.
    pub attributes: &'static [&'static str],
    /// What it means.
    pub meaning: &'static str,
}

/// Of a whole overview.
const SHOWN: &[&str] = &[
    "overblik.face",
    "overblik.asked",
    "overblik.answered",
    "overblik.kept",
    "overblik.pending",
    "overblik.failed",
    "overblik.not_asked",
    "overblik.deadline_met",
];

/// Every span that leaves the process, where `traces.endpoint` is set.
pub const TRACE_SPANS: &[TraceSpan] = &[
    TraceSpan {
        name: "overview",
        attributes: SHOWN,
        meaning: "The root: an overview from its plan to its last section. Face and counts are those of its metrics and its log \
                  line, whose `trace` is this trace; without counts, whoever asked went away, or the session ended.",
    },
    TraceSpan {
        name: "section",
        attributes: &[],
        meaning: "The root, where one source's section alone was asked for.",
    },
    TraceSpan {
        name: "item",
        attributes: &[],
        meaning: "The root, where more about one item was asked for; never which.",
    },
    TraceSpan {
        name: "ask",
        attributes: &["overblik.source", "overblik.about", "overblik.end", "overblik.reason"],
        meaning: "One source was asked, by its slug, until it answered, failed or was given up; it may end after its root. \
                  `overblik.end` is that of `overblik_source_asks_total`, `overblik.reason` the `outcome` of the log line. The \
                  source was told this span as its parent.",
    },
];

/// Attributes of all of them together: who sends them.
pub const TRACE_RESOURCE: &[&str] = &["service.name", "service.version", "service.instance.id"];

/// Every span.
pub const SPANS: &[Span] = &[Span {
    name: "request",
    fields: &["id"],
    meaning: "A request from its head to the head of its answer; `id` is its reference, which error pages and the header \
              `x-request-id` show.",
}];
