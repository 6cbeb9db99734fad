//! What is counted, and numbers of it as they are added up.

use std::{collections::BTreeMap, time::Duration};

use overblik_connectors::ConnectorError;
use overblik_widgets::SectionState;
use serde::{Deserialize, Serialize};

use super::latency::{self, CLASSES};

/// How many measures there are.
pub(super) const MEASURES: usize = NAMES.len();

/// The measures as they are called where they are kept, in the order of [`Measure::place`].
const NAMES: [&str; 41] = [
    "call:answered",
    "call:timed_out",
    "call:failed",
    "call:invalid",
    "call:refused",
    "call:ended",
    "section:ready",
    "section:empty",
    "section:partial",
    "section:stale",
    "section:pending",
    "section:timed_out",
    "section:failed",
    "section:invalid",
    "section:refused",
    "section:suspended",
    "section:step_up_required",
    "section:not_covered",
    "kept",
    "whole",
    "with_data",
    "took:25",
    "took:50",
    "took:100",
    "took:150",
    "took:200",
    "took:300",
    "took:400",
    "took:600",
    "took:800",
    "took:1000",
    "took:1500",
    "took:2000",
    "took:3000",
    "took:5000",
    "took:8000",
    "took:15000",
    "took:30000",
    "took:longer",
    "citizens:asked",
    "citizens:answered",
];

/// What the names of measures begin with whose greatest number counts instead of their sum.
pub(super) const OF_CITIZENS: &str = "citizens:";

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// With a usable answer.
    Answered,
    /// Without a whole answer within the time limit.
    TimedOut,
    /// Without a connection, or with an answer that the source failed; or a defect of ours.
    Failed,
    /// With an answer that cannot be read or breaks the contract.
    Invalid,
    /// Without our being let in.
    Refused,
    /// By us, because nobody waited for it any more. How long it would have taken is not known.
    Ended,
}

impl CallEnd {
    /// Every end, in the order of their names.
    pub(crate) const ALL: [Self; 6] =
        [Self::Answered, Self::TimedOut, Self::Failed, Self::Invalid, Self::Refused, Self::Ended];

    /// As it is counted.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::TimedOut => "timed_out",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }

    /// The end of a call that failed so; none where nothing was asked.
    #[must_use]
    pub fn of_error(error: ConnectorError) -> Option<Self> {
        if error.nothing_was_sent() {
            return None;
        }
        Some(match error.consequence().state {
            SectionState::TimedOut => Self::TimedOut,
            SectionState::Invalid => Self::Invalid,
            SectionState::Refused => Self::Refused,
            _ => Self::Failed,
        })
    }
}

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Calls made, for all of a source's data or for more about one item, by their end.
    Call(CallEnd),
    /// Sections handed out, by their state.
    Section(SectionState),
    /// Sections that were shown as kept, without a call.
    Kept,
    /// Answered calls for all of a source's data.
    Whole,
    /// Of these, those that brought at least one thing to show.
    WithData,
    /// Calls that were not ended by us, by the class of their duration.
    Took(usize),
    /// Citizens asked about on a day, as far as one process knows, and no more than need be known.
    CitizensAsked,
    /// Of these, those about whom all data were asked for and answered.
    CitizensAnswered,
}

impl Measure {
    /// Where it stands among all.
    pub(super) fn place(self) -> usize {
        const SECTIONS: usize = CallEnd::ALL.len();
        const KEPT: usize = SECTIONS + SectionState::ALL.len();
        const TOOK: usize = KEPT + 3;
        const CITIZENS: usize = TOOK + CLASSES;
        match self {
            Self::Call(end) => CallEnd::ALL.iter().position(|one| *one == end).unwrap_or(0),
            Self::Section(state) => SECTIONS + SectionState::ALL.iter().position(|one| *one == state).unwrap_or(0),
            Self::Kept => KEPT,
            Self::Whole => KEPT + 1,
            Self::WithData => KEPT + 2,
            Self::Took(class) => TOOK + class.min(CLASSES - 1),
            Self::CitizensAsked => CITIZENS,
            Self::CitizensAnswered => CITIZENS + 1,
        }
    }

    /// The class of a call that took so long.
    pub(super) fn took(took: Duration) -> Self {
        Self::Took(latency::class_of(took))
    }
}

/// Numbers of a source for a time, such as a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<String, u64>", into = "BTreeMap<&'static str, u64>")]
pub struct Figures([u64; MEASURES]);

impl Default for Figures {
    fn default() -> Self {
        Self([0; MEASURES])
    }
}

impl Figures {
    pub(super) fn new(numbers: &[u64; MEASURES]) -> Self {
        Self(*numbers)
    }

    pub(super) fn get(&self, measure: Measure) -> u64 {
        self.0.get(measure.place()).copied().unwrap_or(0)
    }

    /// Calls, however they ended.
    pub(super) fn calls(&self) -> u64 {
        CallEnd::ALL.iter().map(|end| self.get(Measure::Call(*end))).fold(0, u64::saturating_add)
    }

    /// Adds another's: the citizens of one process may be those of the other, so the greater number of them counts.
    pub fn add(&mut self, other: &Self) {
        for ((sum, number), name) in self.0.iter_mut().zip(other.0).zip(NAMES) {
            *sum = if name.starts_with(OF_CITIZENS) { number.max(*sum) } else { sum.saturating_add(number) };
        }
    }

    /// The numbers that are not zero, by name.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        NAMES.into_iter().zip(self.0).filter(|(_, number)| *number > 0)
    }

    /// Adds what is kept under a name. One that is not known here is a newer version's.
    pub(super) fn add_named(&mut self, name: &str, number: u64) {
        if let Some((sum, _)) = self.0.iter_mut().zip(NAMES).find(|(_, known)| *known == name) {
            *sum = sum.saturating_add(number);
        }
    }

    /// Whether nothing was added up; that citizens are known is nothing new.
    pub(super) fn is_nothing(&self) -> bool {
        self.named().all(|(name, _)| name.starts_with(OF_CITIZENS))
    }
}

impl From<BTreeMap<String, u64>> for Figures {
    fn from(named: BTreeMap<String, u64>) -> Self {
        let mut figures = Self::default();
        for (name, number) in &named {
            figures.add_named(name, *number);
        }
        figures
    }
}

impl From<Figures> for BTreeMap<&'static str, u64> {
    fn from(figures: Figures) -> Self {
        figures.named().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::BOUNDS_MS;

    #[test]
    fn every_measure_stands_under_its_own_name() {
        let name = |measure: Measure| NAMES[measure.place()].to_owned();
        for (end, written) in CallEnd::ALL.into_iter().zip(&NAMES) {
            assert_eq!(name(Measure::Call(end)), *written);
        }
        for state in SectionState::ALL {
            let written = serde_json::to_value(state).expect("a name");
            assert_eq!(name(Measure::Section(state)), format!("section:{}", written.as_str().expect("text")));
        }
        for (class, bound) in BOUNDS_MS.into_iter().enumerate() {
            assert_eq!(name(Measure::took(Duration::from_millis(bound))), format!("took:{bound}"));
            assert_eq!(Measure::took(Duration::from_millis(bound)), Measure::Took(class));
        }
        assert_eq!(name(Measure::took(Duration::from_millis(30_001))), "took:longer");
        let others =
            [Measure::Kept, Measure::Whole, Measure::WithData, Measure::CitizensAsked, Measure::CitizensAnswered];
        let written = ["kept", "whole", "with_data", "citizens:asked", "citizens:answered"];
        assert_eq!(others.map(name), written);
    }

    #[test]
    fn what_is_kept_is_read_again_and_what_is_not_known_is_left_out() {
        let numbers = std::array::from_fn(|place| place as u64);
        let figures = Figures::new(&numbers);
        let mut kept = serde_json::to_value(&figures).expect("JSON");
        kept["from_tomorrow"] = 7.into();
        assert_eq!(serde_json::from_value::<Figures>(kept).expect("figures"), figures);
    }
}
