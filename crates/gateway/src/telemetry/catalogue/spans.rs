//! Spans of traces.

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
                  line, whose `trace` is this trace; without counts, whoever asked went away, or the session ended. One that a portal's \
                  server asked for has a link to the span of its `traceparent`, if it sent one.",
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
    TraceSpan {
        name: "login",
        attributes: &["overblik.of", "overblik.kind", "overblik.end"],
        meaning: "The root, where a browser was to be sent to an identity provider: of `citizens`, or of the `console`. \
                  `overblik.kind` is that of `overblik_logins_begun_total`, `overblik.end` is `begun` or the code of the problem. \
                  Without an end, whoever asked went away.",
    },
    TraceSpan {
        name: "login_return",
        attributes: &["overblik.of", "overblik.end"],
        meaning: "The root, where a browser came back from there with a login that it had begun. `overblik.end` is that of \
                  `overblik_logins_ended_total`.",
    },
    TraceSpan {
        name: "provider",
        attributes: &["overblik.of", "overblik.what", "overblik.end"],
        meaning: "One request to an identity provider: for its `metadata` or `keys`, `pushed` parameters of a login, `token` (for a \
                  code), `refresh`, `revocation`. `overblik.end` is the outcome in `overblik_provider_fetches_total` or \
                  `overblik_provider_posts_total`; without it, whoever asked went away. It is within the step of the login that \
                  asks, and a root elsewhere.",
    },
];

/// Attributes of all of them together: who sends them.
pub const TRACE_RESOURCE: &[&str] = &["service.name", "service.version", "service.instance.id"];
