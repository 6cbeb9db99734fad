//! What was done with a source or about an authority, page by page.

use axum::response::Html;
use overblik_registry::{Record, Registry, Subject};
use serde::Deserialize;

use super::worker::Worker;
use crate::page::console::{self, OfWhat};

/// Records on the page of a thing.
pub(super) const LAST: usize = 10;
/// Records on a page of its history.
const AT_ONCE: usize = 50;

/// From where the history is read on, backwards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    #[serde(default)]
    before: Option<u64>,
    /// Which language is read; the frame looks at it.
    #[serde(default, rename = "lang")]
    _language: Option<String>,
}

pub(super) fn history_page(
    worker: &Worker,
    registry: &Registry,
    subject: Subject<'_>,
    of: OfWhat<'_>,
    Before { before, .. }: &Before,
) -> Html<String> {
    let earlier = registry.history_of(subject).rev();
    let mut earlier = earlier.filter(|record| before.is_none_or(|before| record.number < before));
    let records: Vec<&Record> = earlier.by_ref().take(AT_ONCE).map(AsRef::as_ref).collect();
    let older = earlier.next().and_then(|_| records.last()).map(|record| record.number);
    Html(console::history(&worker.frame(), of, &records, older, before.is_none()))
}
