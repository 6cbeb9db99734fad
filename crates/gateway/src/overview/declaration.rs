//! What an overview is made of, told without asking anybody (law 4: the overview is declared).

use overblik_connectors::{Coverage, SourceInfo};
use overblik_widgets::{DeclaredSource, LocalizedText, NotAsked, SectionState};

use super::{SourceList, declared::Declared, plan};
use crate::session::Viewer;

/// A source, and whether it is asked.
#[derive(Debug)]
pub struct Declaration<'a> {
    /// What it says of itself.
    pub source: &'a SourceInfo,
    /// Where its data reach that are shown here.
    pub coverage: &'a Coverage,
    /// Why it is not asked about the citizen in question, if it is not, and what they read about that.
    pub not_asked: Option<(SectionState, LocalizedText)>,
}

impl SourceList {
    /// The sources that a display client has agreements with, in the order of the page; each as all see it, or most.
    pub fn declared_to<'a>(&'a self, display_client: &'a str) -> impl Iterator<Item = Declaration<'a>> {
        let sources = self.versions().iter().map(|versions| Declared::source(&versions.main));
        sources.filter_map(|source| {
            let coverage = source.display_clients.get(display_client)?;
            Some(Declaration { source, coverage, not_asked: None })
        })
    }

    /// The sources of a viewer's overview, and which of them are not asked.
    pub fn declared_for<'a>(&'a self, viewer: &'a Viewer) -> impl Iterator<Item = Declaration<'a>> {
        plan::listed(self, viewer).into_iter().filter_map(|declared| {
            let source = declared.source();
            let coverage = source.display_clients.get(viewer.scope.display_client())?;
            let reason = plan::reason_to_skip(source, self.indexes(), &viewer.scope);
            let not_asked = reason.and_then(|(state, message)| Some((state, message.or_else(|| state.message())?)));
            Some(Declaration { source, coverage, not_asked })
        })
    }
}

impl Declaration<'_> {
    /// As browsers and apps read it.
    #[must_use]
    pub fn written(self) -> DeclaredSource {
        let Self { source, not_asked, .. } = self;
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
