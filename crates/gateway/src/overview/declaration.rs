//! What an overview is made of, told without asking anybody (law 4: the overview is declared).

use overblik_connectors::{CitizenScope, SourceInfo};
use overblik_widgets::{LocalizedText, SectionState};

use super::{OverviewService, plan};

/// A source, and whether it is asked.
#[derive(Debug)]
pub struct Declaration<'a> {
    /// What it says of itself.
    pub source: &'a SourceInfo,
    /// Why it is not asked about the citizen in question, if it is not, and what they read about that.
    pub not_asked: Option<(SectionState, LocalizedText)>,
}

impl OverviewService {
    /// The sources that a display client has agreements with, in the order of the page.
    pub fn declared_to<'a>(&'a self, display_client: &'a str) -> impl Iterator<Item = Declaration<'a>> {
        let sources = self.sources.iter().map(|declared| &**declared.source());
        let listed = sources.filter(move |source| source.display_clients.contains(display_client));
        listed.map(|source| Declaration { source, not_asked: None })
    }

    /// The sources of a citizen's overview, and which of them are not asked.
    pub fn declared_for<'a>(&'a self, scope: &'a CitizenScope) -> impl Iterator<Item = Declaration<'a>> {
        self.declared_to(scope.display_client()).map(|Declaration { source, .. }| {
            let reason = plan::reason_to_skip(source, scope);
            let not_asked = reason.and_then(|(state, message)| Some((state, message.or_else(|| state.message())?)));
            Declaration { source, not_asked }
        })
    }
}
