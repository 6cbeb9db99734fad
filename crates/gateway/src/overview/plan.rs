//! Which sources are asked about a citizen. Deny by default: a source is asked only when everything says so.

use std::sync::Arc;

use overblik_connectors::{CitizenScope, Coverage, SourceInfo};
use overblik_widgets::{LocalizedText, SectionState};

use super::{declared::Declared, outcome, shown::Shown};
use crate::session::Viewer;

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

/// The sources that exist for a viewer. One without an agreement with the display client is left out: its existence is not
/// disclosed. So is one that is beyond the viewer's reach.
pub(super) fn listed<'s>(sources: &'s [Arc<Declared>], viewer: &Viewer) -> impl Iterator<Item = &'s Arc<Declared>> {
    sources
        .iter()
        .filter(|declared| declared.source().display_clients.contains(viewer.scope.display_client()))
        .filter(|declared| viewer.reach.includes(&declared.source().slug))
}

/// Plans the sources that exist for a viewer, in their order.
#[must_use]
pub(super) fn plan(sources: &[Arc<Declared>], viewer: &Viewer) -> Vec<Planned> {
    listed(sources, viewer)
        .map(|declared| match reason_to_skip(declared.source(), &viewer.scope) {
            None => Planned::Ask(Arc::clone(declared)),
            Some((state, message)) => {
                let shown = outcome::without_answer(declared, state);
                Planned::Skip(Shown { message: message.or(shown.message.clone()), ..shown })
            }
        })
        .collect()
}

pub(super) fn reason_to_skip(
    source: &SourceInfo,
    scope: &CitizenScope,
) -> Option<(SectionState, Option<LocalizedText>)> {
    if let Coverage::Municipalities(covered) = &source.coverage {
        match scope.municipality() {
            Some(municipality) if covered.contains(municipality) => {}
            Some(_) => return Some((SectionState::NotCovered, None)),
            None => return Some((SectionState::NotCovered, Some(outcome::municipality_unknown()))),
        }
    }
    (source.level > scope.level()).then_some((SectionState::StepUpRequired, None))
}
