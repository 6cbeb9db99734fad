//! Which sources are asked about a citizen. Deny by default: a source is asked only when everything says so.

use std::sync::Arc;

use overblik_connectors::{CitizenScope, Connector, Coverage, SourceInfo};
use overblik_widgets::{LocalizedText, Section, SectionState};

use super::outcome;

/// What happens with one listed source.
pub(super) enum Planned {
    /// It is asked.
    Ask(Arc<dyn Connector>),
    /// It is not asked; the section says why.
    Skip(Box<SkippedSection>),
}

/// The section of a source that is not asked, with the source's declaration.
#[derive(Debug)]
pub(super) struct SkippedSection {
    /// The source.
    pub(super) source: Arc<SourceInfo>,
    /// The section.
    pub(super) section: Section,
}

impl Planned {
    /// The source's declaration.
    #[must_use]
    pub(super) fn source(&self) -> &Arc<SourceInfo> {
        match self {
            Self::Ask(connector) => connector.source(),
            Self::Skip(skipped) => &skipped.source,
        }
    }
}

/// Plans the sources in their order. A source without an agreement with the display client is left out: its existence
/// is not disclosed.
#[must_use]
pub(super) fn plan(connectors: &[Arc<dyn Connector>], scope: &CitizenScope) -> Vec<Planned> {
    connectors
        .iter()
        .filter(|connector| connector.source().display_clients.contains(scope.display_client()))
        .map(|connector| match reason_to_skip(connector.source(), scope) {
            None => Planned::Ask(Arc::clone(connector)),
            Some((state, message)) => {
                let source = Arc::clone(connector.source());
                let mut section = outcome::without_answer(&source, state);
                section.message = message.or(section.message);
                Planned::Skip(Box::new(SkippedSection { source, section }))
            }
        })
        .collect()
}

fn reason_to_skip(source: &SourceInfo, scope: &CitizenScope) -> Option<(SectionState, Option<LocalizedText>)> {
    if let Coverage::Municipalities(covered) = &source.coverage {
        match scope.municipality() {
            Some(municipality) if covered.contains(municipality) => {}
            Some(_) => return Some((SectionState::NotCovered, None)),
            None => return Some((SectionState::NotCovered, Some(outcome::municipality_unknown()))),
        }
    }
    (source.level > scope.level()).then_some((SectionState::StepUpRequired, None))
}
