//! What an overview is made of, told without asking anybody (law 4: the overview is declared).

use overblik_connectors::SourceInfo;
use overblik_widgets::{DeclaredSource, LocalizedText, NotAsked, SectionState};

use super::{OverviewService, declared::Declared, plan};
use crate::session::Viewer;

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
        let sources = self.sources.iter().map(|declared| Declared::source(declared));
        let listed = sources.filter(move |source| source.display_clients.contains(display_client));
        listed.map(|source| Declaration { source, not_asked: None })
    }

    /// The sources of a viewer's overview, and which of them are not asked.
    pub fn declared_for<'a>(&'a self, viewer: &'a Viewer) -> impl Iterator<Item = Declaration<'a>> {
        plan::listed(&self.sources, viewer).map(|declared| {
            let reason = plan::reason_to_skip(declared.source(), &viewer.scope);
            let not_asked = reason.and_then(|(state, message)| Some((state, message.or_else(|| state.message())?)));
            Declaration { source: declared.source(), not_asked }
        })
    }
}

impl Declaration<'_> {
    /// As browsers and apps read it.
    #[must_use]
    pub fn written(self) -> DeclaredSource {
        let Self { source, not_asked } = self;
        DeclaredSource {
            source: source.slug.clone(),
            not_asked: not_asked.map(|(state, message)| NotAsked { state, message }),
            theme: source.theme,
            authority: source.authority.clone(),
            title: source.title.clone(),
            expect: source.expect.clone(),
            link: source.link.clone(),
            contact: source.contact.clone(),
            level: source.level,
            detail: source.offers_detail,
        }
    }
}
