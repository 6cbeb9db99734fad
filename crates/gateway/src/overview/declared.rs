//! A source's declaration as every section of it repeats it, written once.

use std::sync::Arc;

use overblik_connectors::{Connector, SourceInfo};
use overblik_widgets::{AssuranceLevel, Authority, Contact, Link, LocalizedText, Theme};
use serde::Serialize;

use super::writing::json;
use crate::statistics::SourceCounters;

/// A source with its declaration in writing.
pub(super) struct Declared {
    /// How it is asked.
    pub(super) connector: Arc<dyn Connector>,
    /// What counts for it.
    pub(super) counters: Arc<SourceCounters>,
    /// `"source":"…"`.
    pub(super) name: String,
    /// The rest, from `"theme":…` on, in the order of a section's fields.
    pub(super) rest: String,
}

#[derive(Serialize)]
struct Rest<'a> {
    theme: Theme,
    authority: &'a Authority,
    title: &'a LocalizedText,
    expect: &'a LocalizedText,
    link: &'a Link,
    contact: &'a [Contact],
    level: AssuranceLevel,
}

impl Declared {
    pub(super) fn new(connector: Arc<dyn Connector>, counters: Arc<SourceCounters>) -> Self {
        let SourceInfo { slug, theme, authority, title, expect, link, contact, level, .. } = &**connector.source();
        let rest = Rest { theme: *theme, authority, title, expect, link, contact, level: *level };
        let rest = json(&rest);
        let rest = rest.trim_start_matches('{').strip_suffix('}').unwrap_or_default().to_owned();
        Self { name: format!("\"source\":{}", json(slug)), rest, connector, counters }
    }

    /// The declaration.
    pub(super) fn source(&self) -> &Arc<SourceInfo> {
        self.connector.source()
    }
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Declared({})", self.source().slug)
    }
}
