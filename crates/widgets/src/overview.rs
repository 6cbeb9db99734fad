//! All sections of a citizen, and what they add up to.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    attention::Attention,
    moment::Moment,
    section::{Section, SectionState},
};

/// How many sources ended where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Sources that were asked.
    pub asked: u32,
    /// Of those: answered with something to rely on.
    pub answered: u32,
    /// Of those: still being fetched.
    pub pending: u32,
    /// Of those: no usable answer now (an earlier answer may be shown).
    pub failed: u32,
    /// Sources that were not asked; each section says why.
    pub not_asked: u32,
}

impl Counts {
    /// Counts sections by what became of them.
    #[must_use]
    pub fn of(sections: &[Section]) -> Self {
        let count = |keep: fn(SectionState) -> bool| {
            u32::try_from(sections.iter().filter(|section| keep(section.state)).count()).unwrap_or(u32::MAX)
        };
        let asked = count(SectionState::was_asked);
        let answered = count(SectionState::was_answered);
        let pending = count(|state| state == SectionState::Pending);
        let not_asked = count(|state| !state.was_asked());
        Self { asked, answered, pending, failed: asked - answered - pending, not_asked }
    }
}

/// One citizen's overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overview {
    /// When it was put together.
    pub generated_at: Moment,
    /// Whether every source that was asked had been heard of, one way or the other, by the page deadline.
    pub deadline_met: bool,
    /// Whether every listed source was asked and answered in full.
    pub complete: bool,
    /// What the sections add up to.
    pub counts: Counts,
    /// What needs the citizen's attention, most urgent first.
    pub attention: Vec<Attention>,
    /// The sections, by theme and then in the order of the registry.
    pub sections: Vec<Section>,
}

impl Overview {
    /// Puts sections together, as of a moment. Their order is kept.
    #[must_use]
    pub fn new(sections: Vec<Section>, generated_at: Moment) -> Self {
        let today: Date = generated_at.date();
        let counts = Counts::of(&sections);
        Self {
            generated_at,
            deadline_met: counts.pending == 0,
            complete: !sections.is_empty()
                && sections.iter().all(|section| matches!(section.state, SectionState::Ready | SectionState::Empty)),
            counts,
            attention: Attention::collect(&sections, today),
            sections,
        }
    }
}
