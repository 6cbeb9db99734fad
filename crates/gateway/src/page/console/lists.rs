//! The sources, and what waits for whoever looks.

use askama::Template;
use jiff::Timestamp;
use overblik_connectors::GateStanding;
use overblik_registry::Source;

use super::{
    layout::{ConsoleFrame, Layout},
    words::{self, Badge},
};
use crate::page::{html, texts::Texts};

/// Something that waits for an operator.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Where it is looked at.
    pub href: String,
    /// What it is.
    pub title: String,
}

struct WaitingRow<'a> {
    href: &'a str,
    title: &'a str,
    said: &'static str,
}

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
    waiting: Vec<WaitingRow<'a>>,
    rows: Vec<SourceRow<'a>>,
}

/// The list of sources, each with how its gates stand.
#[must_use]
pub fn sources(
    frame: &ConsoleFrame<'_>,
    waiting: &[Waiting],
    sources: &[(&Source, Vec<GateStanding>)],
    now: Timestamp,
) -> String {
    let texts = frame.texts();
    let waiting =
        waiting.iter().map(|one| WaitingRow { href: &one.href, title: &one.title, said: texts.waits_for_approval() });
    let rows = sources.iter().map(|(source, gates)| SourceRow {
        href: format!("/console/sources/{}", source.slug),
        source: &source.slug,
        authority: &source.authority,
        badges: words::badges(texts, source, now),
        live: words::live(texts, source),
        newest: source.newest().filter(|newest| source.main != Some(newest.number)).map(|newest| {
            format!("{}: {}", texts.version_title(newest.number), words::state(texts, newest.state).words)
        }),
        gate: words::gate(texts, gates),
    });
    html(&SourcesView {
        layout: Layout::new(frame, texts.all_sources()),
        texts,
        waiting: waiting.collect(),
        rows: rows.collect(),
    })
}
