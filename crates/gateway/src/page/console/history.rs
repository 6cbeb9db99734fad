//! What was done with a source, the newest first.

use askama::Template;
use overblik_registry::Record;

use super::{
    layout::{ConsoleFrame, Layout},
    words::Row,
};
use crate::page::{html, texts::Texts};

#[derive(Template)]
#[template(path = "console_history.html")]
struct HistoryView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    history: Vec<Row>,
    older: Option<u64>,
    is_newest: bool,
}

/// A page of a source's history; `older` is the record before which the next page begins.
#[must_use]
pub fn history(
    frame: &ConsoleFrame<'_>,
    source: &str,
    records: &[&Record],
    older: Option<u64>,
    is_newest: bool,
) -> String {
    let texts = frame.texts();
    html(&HistoryView {
        layout: Layout::new(frame, texts.history_title()).below(Some(source)),
        texts,
        history: records.iter().map(|record| Row::of(texts, record)).collect(),
        older,
        is_newest,
    })
}
