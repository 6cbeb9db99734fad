//! What was done with a source or about an authority, the newest first.

use askama::Template;
use overblik_registry::Record;

use super::{
    layout::{ConsoleFrame, Layout},
    seen::html,
    words::Row,
};
use crate::page::texts::Texts;

#[derive(Template)]
#[template(path = "console_history.html")]
struct HistoryView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    history: Vec<Row>,
    older: Option<u64>,
    is_newest: bool,
}

/// Whose history a page shows.
#[derive(Clone, Copy, Debug)]
pub enum OfWhat<'a> {
    /// A source's.
    Source(&'a str),
    /// An authority's.
    Authority(&'a str),
}

/// A page of a history; `older` is the record before which the next page begins.
#[must_use]
pub fn history(
    frame: &ConsoleFrame<'_>,
    of: OfWhat<'_>,
    records: &[&Record],
    older: Option<u64>,
    is_newest: bool,
) -> String {
    let texts = frame.texts();
    let layout = Layout::new(frame, texts.history_title());
    html(&HistoryView {
        layout: match of {
            OfWhat::Source(source) => layout.below(Some(source)),
            OfWhat::Authority(authority) => layout.below_authorities(Some(authority)),
        },
        texts,
        history: records.iter().map(|record| Row::of(texts, record)).collect(),
        older,
        is_newest,
    })
}
