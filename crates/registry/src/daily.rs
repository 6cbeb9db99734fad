//! How much one authority writes in a day: the history and its blobs are kept for good, in memory too, and a store that one
//! has filled takes nobody's changes any more, not even a suspension (requirement R73).

use jiff::{SignedDuration, Timestamp};

use crate::{
    actor::{Actor, Side},
    change::Change,
    refusal::Refusal,
    registry::Registry,
};

/// Most pushes: at the most 1.1 GB, and more than whoever works on a contract tries.
const MOST_PUSHES: usize = 200;
/// Most changes of each other sort.
const MOST_CHANGES: usize = 1000;

/// What is counted together. What stops a source, or has it asked about all again, is apart, so that nothing else uses it up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Push,
    Stop,
    Other,
}

impl Sort {
    fn of(change: &Change) -> Self {
        match change {
            Change::Pushed { .. } => Self::Push,
            Change::Suspended { .. } | Change::RolledBack { .. } | Change::IndexDropped { .. } => Self::Stop,
            _ => Self::Other,
        }
    }

    fn most(self) -> usize {
        match self {
            Self::Push => MOST_PUSHES,
            Self::Stop | Self::Other => MOST_CHANGES,
        }
    }
}

/// Refuses what an authority did too often in the last 24 hours. It is no rule of the history: what is on record stays good.
pub(crate) fn refuse_more(registry: &Registry, actor: &Actor, at: Timestamp, change: &Change) -> Result<(), Refusal> {
    if actor.side == Side::Operator {
        return Ok(());
    }
    let (sort, since) = (Sort::of(change), at.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN));
    let lately = registry.history().iter().rev().take_while(|record| record.at > since);
    let same = lately.filter(|record| record.actor.side == actor.side && Sort::of(&record.change) == sort);
    if same.count() < sort.most() {
        return Ok(());
    }
    Err(Refusal::Conflict(format!("an authority does this at most {} times in 24 hours", sort.most())))
}
