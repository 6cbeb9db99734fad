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

/// Every span.
pub const SPANS: &[Span] = &[Span {
    name: "request",
    fields: &["id"],
    meaning: "A request from its head to the head of its answer; `id` is its reference, which error pages and the header \
              `x-request-id` show.",
}];
