//! Chance from a seed, so that a run that failed can be begun again with the same decisions.

use std::{ops::Range, time::Duration};

/// A row of numbers that look random and follow from their seed (`SplitMix64`). Nothing secret is made of them.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice with a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for one of many who roll at the same time.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.roll())
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.roll() % end).unwrap_or_default()
    }

    /// Whether something happens that happens so many times in a thousand.
    pub fn in_thousand(&mut self, times: u32) -> bool {
        self.roll() % 1000 < u64::from(times)
    }

    /// A time within a range of milliseconds.
    pub fn milliseconds(&mut self, range: Range<u64>) -> Duration {
        let span = range.end.saturating_sub(range.start).max(1);
        Duration::from_millis(range.start + self.roll() % span)
    }

    /// One of several; `None` of none.
    pub fn one_of<'a, T>(&mut self, several: &'a [T]) -> Option<&'a T> {
        several.get(self.below(several.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_rolls_the_same_numbers_and_another_seed_others() {
        let rolls = |seed| (0..100).scan(Dice::seeded(seed), |dice, _| Some(dice.roll())).collect::<Vec<_>>();
        assert_eq!(rolls(7), rolls(7));
        assert_ne!(rolls(7), rolls(8));
    }

    #[test]
    fn what_happens_once_in_ten_times_happens_about_so_often() {
        let mut dice = Dice::seeded(1);
        let happened = (0..10_000).filter(|_| dice.in_thousand(100)).count();
        assert!((800..1200).contains(&happened), "{happened}");
        assert!((0..1000).all(|_| dice.milliseconds(3..5) < Duration::from_millis(5)));
        assert_eq!(Dice::seeded(1).one_of::<u8>(&[]), None);
    }
}
