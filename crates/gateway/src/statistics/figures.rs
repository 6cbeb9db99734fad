//! Figures of one source, as they are added up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::latency::Latency;

/// Figures of a time, such as a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Calls made, for all of a source's data or for more about one item.
    pub calls: u64,
    /// Calls that were answered usably.
    pub answered: u64,
    /// Of these, those that brought at least one thing to show.
    pub with_data: u64,
    /// Calls that were ended because nobody waited for them any more. How long they would have taken is not known.
    pub ended: u64,
    /// Sections that were shown as kept, without a call.
    pub kept: u64,
    /// Sections handed out, by their state.
    pub sections: BTreeMap<String, u64>,
    /// How long the calls took that were not ended.
    pub latency: Latency,
}

impl Figures {
    /// Adds another time's, or another source's.
    pub fn add(&mut self, other: &Self) {
        let Self { calls, answered, with_data, ended, kept, sections, latency } = other;
        for (sum, number) in [
            (&mut self.calls, calls),
            (&mut self.answered, answered),
            (&mut self.with_data, with_data),
            (&mut self.ended, ended),
            (&mut self.kept, kept),
        ] {
            *sum = sum.saturating_add(*number);
        }
        for (state, number) in sections {
            let sum = self.sections.entry(state.clone()).or_default();
            *sum = sum.saturating_add(*number);
        }
        self.latency.add(latency);
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
