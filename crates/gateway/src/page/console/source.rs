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
#[derive(Clone, Debug)]
pub struct SourcePage<'a> {
    /// The source.
    pub source: &'a Source,
    /// What whoever looks may do.
    pub may: &'a SourceActions,
    /// How it stands here.
    pub here: &'a Here,
    /// How its index is here; nothing where there can be none.
    pub index: Option<IndexHere>,
    /// Names of display clients that this gateway knows.
    pub display_clients: &'a [String],
    /// What was last done with it, the newest first.
    pub history: &'a [&'a Record],
    /// The time.
    pub now: Timestamp,
}

/// How a source's index is at this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexHere {
    /// There is none: it is asked about all.
    None,
    /// It is asked about those in it alone, and so many are.
    InUse(u64),
    /// There is one, and all are asked about all the same; why, in English.
    Away(String),
}

/// What is said of an index: lines, and why it does not count.
struct IndexSaid {
    lines: Vec<String>,
    why: Option<String>,
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
    index: Option<IndexSaid>,
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
        index: page.index.as_ref().map(|index| index_said(texts, source, index)),
        versions: versions.collect(),
        edit: page.may.push,
        actions: actions::of_source(texts, source, page.may, page.display_clients),
        agreements: agreements.collect(),
        windows: windows.collect(),
        history: page.history.iter().map(|record| Row::of(texts, record)).collect(),
    })
}

fn index_said(texts: Texts, source: &Source, here: &IndexHere) -> IndexSaid {
    let first = match here {
        IndexHere::None => texts.index_none().to_owned(),
        IndexHere::InUse(count) => texts.index_in_use(*count),
        IndexHere::Away(_) => texts.index_away().to_owned(),
    };
    let loaded = source.index.iter().flat_map(|index| {
        let (done, expires) = (words::done(texts, &index.stamp), words::when(texts, index.expires));
        [texts.index_loaded(index.entries, &done), texts.index_expires(&expires)]
    });
    let why = match here {
        IndexHere::Away(why) => Some(why.clone()),
        IndexHere::None | IndexHere::InUse(_) => None,
    };
    IndexSaid { lines: [first].into_iter().chain(loaded).collect(), why }
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
