//! All sections of a citizen, and what they add up to.

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
    /// Counts sources by what became of them.
    #[must_use]
    pub fn of(states: &[SectionState]) -> Self {
        let count = |keep: fn(SectionState) -> bool| {
            u32::try_from(states.iter().filter(|state| keep(**state)).count()).unwrap_or(u32::MAX)
        };
        let asked = count(SectionState::was_asked);
        let answered = count(SectionState::was_answered);
        let pending = count(|state| state == SectionState::Pending);
        let not_asked = count(|state| !state.was_asked());
        Self { asked, answered, pending, failed: asked - answered - pending, not_asked }
    }
}

/// What the last event of a stream says: all of the overview but its sections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "End")]
pub struct Summary {
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
}

impl Summary {
    /// What sections of these states add up to, as of a moment, with what needs attention in them.
    #[must_use]
    pub fn new(states: &[SectionState], mut attention: Vec<Attention>, generated_at: Moment) -> Self {
        let counts = Counts::of(states);
        let in_full = |state: &SectionState| matches!(state, SectionState::Ready | SectionState::Empty);
        Attention::sort(&mut attention);
        Self {
            generated_at,
            deadline_met: counts.pending == 0,
            complete: !states.is_empty() && states.iter().all(in_full),
            counts,
            attention,
        }
    }
}

/// One citizen's overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Overview {
    /// What the sections add up to.
    #[serde(flatten)]
    pub summary: Summary,
    /// The sections, by theme and then by slug.
    pub sections: Vec<Section>,
}
