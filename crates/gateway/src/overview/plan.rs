//! Which sources are asked about a citizen. Deny by default: a source is asked only when everything says so.

use std::sync::Arc;

use overblik_connectors::{CitizenScope, Coverage, SourceInfo};
use overblik_widgets::{LocalizedText, SectionState};

use super::{declared::Declared, outcome, shown::Shown, source_list::SourceList};
use crate::{index::Indexes, session::Viewer};

/// What happens with one listed source.
pub(super) enum Planned {
    /// It is asked, unless what is kept of it will do.
    Ask(Arc<Declared>),
    /// It is not asked; the section says why.
    Skip(Shown),
}

impl Planned {
    /// The source.
    pub(super) fn source(&self) -> &SourceInfo {
        match self {
            Self::Ask(declared) => declared.source(),
            Self::Skip(shown) => shown.source(),
        }
    }
}

/// The sources that exist for a viewer, in the order of the page, each in the one version that this citizen sees. It is
/// decided here and nowhere else which one that is. A source without an agreement with the display client is left out: its
/// existence is not disclosed. So is one that is beyond the viewer's reach.
pub(super) fn listed<'s>(sources: &'s SourceList, viewer: &Viewer) -> Vec<&'s Arc<Declared>> {
    let seen = sources.versions().iter().map(|versions| {
        // Whoever looks, also where it is about somebody else.
        versions.seen_by(&versions.main.source().slug, &viewer.scope.actor().pseudonym)
    });
    let mut listed: Vec<_> = seen.filter(|declared| exists_for(declared.source(), viewer)).collect();
    if sources.places_differ() {
        let place = |declared: &Arc<Declared>| (declared.source().theme, declared.source().slug.clone());
        listed.sort_by_cached_key(|declared| place(declared));
    }
    listed
}

fn exists_for(source: &SourceInfo, viewer: &Viewer) -> bool {
    source.display_clients.contains_key(viewer.scope.display_client()) && viewer.reach.includes(&source.slug)
}

/// Plans the sources that exist for a viewer, in their order.
#[must_use]
pub(super) fn plan(sources: &SourceList, viewer: &Viewer) -> Vec<Planned> {
    listed(sources, viewer).into_iter().map(|declared| planned(declared, sources.indexes(), viewer)).collect()
}

/// Plans one source, if it exists for a viewer.
#[must_use]
pub(super) fn plan_one(sources: &SourceList, viewer: &Viewer, source: &str) -> Option<Planned> {
    let mut listed = listed(sources, viewer).into_iter();
    listed
        .find(|declared| declared.source().slug == source)
        .map(|declared| planned(declared, sources.indexes(), viewer))
}

fn planned(declared: &Arc<Declared>, indexes: &Indexes, viewer: &Viewer) -> Planned {
    match reason_to_skip(declared.source(), indexes, &viewer.scope) {
        None => Planned::Ask(Arc::clone(declared)),
        Some((state, message)) => {
            let shown = outcome::without_answer(declared, state);
            Planned::Skip(Shown { message: message.or(shown.message.clone()), ..shown })
        }
    }
}

pub(super) fn reason_to_skip(
    source: &SourceInfo,
    indexes: &Indexes,
    scope: &CitizenScope,
) -> Option<(SectionState, Option<LocalizedText>)> {
    match source.display_clients.get(scope.display_client()) {
        Some(Coverage::Everywhere) => {}
        Some(Coverage::Municipalities(covered)) => match scope.municipality() {
            Some(municipality) if covered.contains(municipality) => {}
            Some(_) => return Some((SectionState::NotCovered, None)),
            None => return Some((SectionState::NotCovered, Some(outcome::municipality_unknown()))),
        },
        None => return Some((SectionState::NotCovered, None)),
    }
    if source.level > scope.level() {
        return Some((SectionState::StepUpRequired, None));
    }
    // Last: whether a source knows somebody is told at the level alone that its data need. And whom the data are about is who
    // must be in it, whoever looks.
    let is_left_out = indexes.leave_out(&source.slug, &scope.subject().cpr);
    is_left_out.then(|| (SectionState::NotCovered, Some(outcome::not_in_index())))
}
