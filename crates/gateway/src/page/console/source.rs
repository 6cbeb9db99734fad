//! One source: its versions, agreements, closing times and history, and what can be done with it.

use askama::Template;
use jiff::Timestamp;
use overblik_registry::{Record, Source, Version};

use super::{
    actions::{self, Action, SourceActions},
    layout::{ConsoleFrame, Layout},
    seen::{filters, html},
    words::{self, Badge, Here, Row},
};
use crate::page::texts::Texts;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct SourcePage<'a> {
    /// The source.
    pub source: &'a Source,
    /// What whoever looks may do.
    pub may: &'a SourceActions,
    /// How it stands here.
    pub here: &'a Here,
    /// Names of display clients that this gateway knows.
    pub display_clients: &'a [String],
    /// What was last done with it, the newest first.
    pub history: &'a [&'a Record],
    /// The time.
    pub now: Timestamp,
}

struct VersionRow {
    href: String,
    title: String,
    badge: Badge,
    said: String,
}

struct AgreementRow<'a> {
    client: &'a str,
    lines: Vec<String>,
    not_you: Option<String>,
}

#[derive(Template)]
#[template(path = "console_source.html")]
struct SourceView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    badges: Vec<Badge>,
    authority: &'a str,
    live: String,
    gate: String,
    mistakes_here: &'a [String],
    versions: Vec<VersionRow>,
    /// Whether the files may be changed, in the editor.
    edit: bool,
    actions: Vec<Action>,
    agreements: Vec<AgreementRow<'a>>,
    windows: Vec<(String, &'a str)>,
    history: Vec<Row>,
}

/// The page of a source.
#[must_use]
pub fn source(frame: &ConsoleFrame<'_>, page: &SourcePage<'_>) -> String {
    let (texts, source) = (frame.texts(), page.source);
    let versions = source.versions.values().rev().map(|version| VersionRow {
        href: format!("/console/sources/{}/versions/{}", source.slug, version.number),
        title: texts.version_title(version.number),
        badge: words::state(texts, version.state),
        said: last_done(texts, version),
    });
    let agreements = source.agreements.iter().map(|(client, agreement)| AgreementRow {
        client,
        lines: words::agreement(texts, agreement),
        not_you: page.may.approve_not_you.contains(client.as_str()).then(|| texts.agreement_not_you(client)),
    });
    let windows = source.windows.iter().map(|window| {
        let times = texts.window_times(&words::when(texts, window.from), &words::when(texts, window.to));
        (times, words::one_of(texts, &window.text))
    });
    html(&SourceView {
        layout: Layout::new(frame, &source.slug).below(None),
        texts,
        badges: words::badges(texts, source, page.now),
        authority: &source.authority,
        live: words::live(texts, source),
        gate: words::health(texts, source, page.here, page.now),
        mistakes_here: &page.here.mistakes,
        versions: versions.collect(),
        edit: page.may.push,
        actions: actions::of_source(texts, source, page.may, page.display_clients),
        agreements: agreements.collect(),
        windows: windows.collect(),
        history: page.history.iter().map(|record| Row::of(texts, record)).collect(),
    })
}

/// Who did what with a version last.
fn last_done(texts: Texts, version: &Version) -> String {
    let tested = version.tested.as_ref().map(|tested| &tested.stamp);
    let submitted = version.submitted.as_ref().map(|submitted| &submitted.stamp);
    let ended = [&version.refused, &version.retired].map(|ended| ended.as_ref().map(|ended| &ended.stamp));
    let stamps = [Some(&version.pushed), tested, submitted, version.approved.as_ref(), version.released.as_ref()];
    let last = stamps.into_iter().chain(ended).flatten().max_by_key(|stamp| stamp.record);
    last.map(|stamp| words::done(texts, stamp)).unwrap_or_default()
}
