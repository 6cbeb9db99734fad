//! The sources.

use askama::Template;
use jiff::Timestamp;
use overblik_registry::Source;

use super::{
    layout::{ConsoleFrame, Layout},
    seen::html,
    words::{self, Badge, Here},
};
use crate::page::texts::Texts;

struct SourceRow<'a> {
    href: String,
    source: &'a str,
    authority: &'a str,
    badges: Vec<Badge>,
    live: String,
    newest: Option<String>,
    gate: String,
}

#[derive(Template)]
#[template(path = "console_sources.html")]
struct SourcesView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    /// Whether a source can begin here.
    may_begin: bool,
    rows: Vec<SourceRow<'a>>,
}

/// The list of sources, each with how it stands here.
#[must_use]
pub fn sources(frame: &ConsoleFrame<'_>, sources: &[(&Source, Here)], may_begin: bool, now: Timestamp) -> String {
    let texts = frame.texts();
    let rows = sources.iter().map(|(source, here)| SourceRow {
        href: format!("/console/sources/{}", source.slug),
        source: &source.slug,
        authority: &source.authority,
        badges: words::badges(texts, source, now),
        live: words::live(texts, source),
        newest: source.newest().filter(|newest| source.main != Some(newest.number)).map(|newest| {
            format!("{}: {}", texts.version_title(newest.number), words::state(texts, newest.state).words)
        }),
        gate: words::health(texts, source, here, now),
    });
    html(&SourcesView { layout: Layout::new(frame, texts.all_sources()), texts, may_begin, rows: rows.collect() })
}
