//! When a late answer is asked for once more: beyond what nineteen of twenty answers take, and for one question in twenty
//! at most.

use std::time::Duration;

/// Answers that are remembered.
const REMEMBERED: usize = 128;
/// Answers that must be known before any can be called late.
const ENOUGH: usize = 50;
/// After so many answers it is reckoned anew what is late.
const EVERY: usize = 8;
/// Questions for each that may be asked twice.
const QUESTIONS: u32 = 20;
/// Most that may be asked twice in succession, after a time in which none was.
const AT_ONCE: u32 = 10;

/// What is known about a source's late answers.
#[derive(Debug)]
pub(super) struct Hedge {
    recent: Vec<Duration>,
    next: usize,
    unreckoned: usize,
    late: Option<Duration>,
    /// Questions that were asked and not yet spent on asking twice.
    saved: u32,
}

impl Hedge {
    pub(super) fn new() -> Self {
        Self { recent: Vec::with_capacity(REMEMBERED), next: 0, unreckoned: 0, late: None, saved: 0 }
    }

    /// A question is asked.
    pub(super) fn note_question(&mut self) {
        self.saved = (self.saved + 1).min(QUESTIONS * AT_ONCE);
    }

    /// After how long an answer is late, once enough is known.
    pub(super) fn late(&self) -> Option<Duration> {
        self.late
    }

    /// What an answer took, or at least took when nobody waited for it any more.
    pub(super) fn learn(&mut self, took: Duration) {
        match self.recent.get_mut(self.next) {
            Some(oldest) => *oldest = took,
            None => self.recent.push(took),
        }
        self.next = (self.next + 1) % REMEMBERED;
        self.unreckoned += 1;
        if self.recent.len() >= ENOUGH && (self.late.is_none() || self.unreckoned >= EVERY) {
            self.unreckoned = 0;
            let mut sorted = self.recent.clone();
            let (_, late, _) = sorted.select_nth_unstable(self.recent.len() * 95 / 100);
            self.late = Some(*late);
        }
    }

    /// Whether there is enough left for asking once more.
    pub(super) fn can_spend(&self) -> bool {
        self.saved >= QUESTIONS
    }

    /// Asks once more.
    pub(super) fn spend(&mut self) {
        self.saved = self.saved.saturating_sub(QUESTIONS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_is_what_nineteen_of_twenty_answers_are_not() {
        let mut hedge = Hedge::new();
        for number in 1..ENOUGH {
            hedge.learn(Duration::from_millis(u64::try_from(number).expect("small")));
            assert_eq!(hedge.late(), None, "not enough is known after {number}");
        }
        for number in 1..=1000 {
            hedge.learn(Duration::from_millis(number % 100));
        }
        let late = hedge.late().expect("known");
        assert!((90..=99).contains(&late.as_millis()), "{late:?}");
        (0..REMEMBERED).for_each(|_| hedge.learn(Duration::from_secs(1)));
        assert_eq!(hedge.late(), Some(Duration::from_secs(1)), "what is long ago is forgotten");
    }

    #[test]
    fn one_question_in_twenty_may_be_asked_twice() {
        let mut hedge = Hedge::new();
        let mut spent = 0;
        for asked in 1..=1000 {
            hedge.note_question();
            if hedge.can_spend() {
                hedge.spend();
                spent += 1;
            }
            assert!(spent * 20 <= asked, "{spent} of {asked}");
        }
        assert_eq!(spent, 50);
        (0..10_000).for_each(|_| hedge.note_question());
        let at_once = std::iter::from_fn(|| hedge.can_spend().then(|| hedge.spend())).count();
        assert_eq!(at_once, 10, "what was saved up is bounded");
    }
}
