//! Whether enough citizens were asked about on a day for what is told of it to be about none of them.
//!
//! That needs to tell one citizen from another, and no more: marks of the first few, by a key that nobody knows and that is
//! another each day, in memory alone. How many there are leaves the process, and who they are never does.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use overblik_connectors::Pseudonym;

/// So many citizens are enough.
pub const ENOUGH_CITIZENS: u64 = 10;

/// The same, as a length.
const ENOUGH: usize = 10;

/// The first citizens of a day.
#[derive(Debug)]
pub(super) struct FewCitizens {
    /// How many there are, so that nobody waits for the lock once there are enough.
    number: AtomicUsize,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    key: RandomState,
    marks: Vec<u64>,
}

impl Default for FewCitizens {
    fn default() -> Self {
        let known = Known { key: RandomState::new(), marks: Vec::with_capacity(ENOUGH) };
        Self { number: AtomicUsize::new(0), known: Mutex::new(known) }
    }
}

impl FewCitizens {
    /// Another citizen, or one of them again.
    pub(super) fn add(&self, citizen: &Pseudonym) {
        if self.number.load(Ordering::Relaxed) >= ENOUGH {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = known.key.hash_one(citizen);
        if known.marks.len() < ENOUGH && !known.marks.contains(&mark) {
            known.marks.push(mark);
            self.number.store(known.marks.len(), Ordering::Relaxed);
        }
    }

    /// How many there are, [`ENOUGH_CITIZENS`] standing for more too.
    pub(super) fn number(&self) -> u64 {
        u64::try_from(self.number.load(Ordering::Relaxed)).unwrap_or(ENOUGH_CITIZENS)
    }

    /// Begins a new day.
    pub(super) fn forget(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.marks.clear();
        known.key = RandomState::new();
        self.number.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citizen_counts_once_a_day_and_no_more_are_known_than_are_enough() {
        assert_eq!(ENOUGH as u64, ENOUGH_CITIZENS);
        let few = FewCitizens::default();
        let citizen = |number| Pseudonym::from_keyed_hash([number; 16]);
        for _ in 0..50 {
            few.add(&citizen(1));
        }
        assert_eq!(few.number(), 1, "one citizen who comes again is one");
        for number in 1..=200 {
            few.add(&citizen(number));
        }
        assert_eq!(few.number(), ENOUGH_CITIZENS);
        assert_eq!(few.known.lock().expect("no panic").marks.len(), ENOUGH);
        let before = few.known.lock().expect("no panic").marks.clone();
        few.forget();
        assert_eq!(few.number(), 0);
        few.add(&citizen(1));
        assert!(!before.contains(&few.known.lock().expect("no panic").marks[0]), "another mark each day");
    }
}
