//! Leaves a source alone that fails again and again, and tries it carefully afterwards.
//!
//! ```text
//!   closed ── so many failures in a row ──► open ── the time has passed ──► one probe at a time
//!     ▲                                      ▲                                │           │
//!     └────────── on probation ◄─────────────┼──────────── it answers ────────┘           │
//!                                            └──── it fails: twice as long ◄──────────────┘
//! ```
//!
//! A source that fails half the time has five failures in a row every other second, and half of its probes succeed. So
//! the breaker changes at most once within the time that the source is left alone the first time: after it closed, it
//! stays closed for that long, *on probation*. Meanwhile whoever asks is let through as [`super::pace`] allows, and after
//! a failure only one at a time.

use std::time::Duration;

use tokio::time::Instant;

/// Longest time that a source is left alone.
const LONGEST_REST: Duration = Duration::from_mins(5);

/// What a call taught about its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lesson {
    /// It answered, well or badly.
    Answered,
    /// It is away, too slow, or breaks down.
    Failed,
    /// Nothing: the call was dropped, or never reached the source.
    Nothing,
}

/// A change of the breaker that somebody should know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The source is left alone for so long.
    Opened(Duration),
    /// The source is asked again.
    Closed,
}

/// Whether the breaker lets a call through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// If there is room, or as soon as there is.
    Free,
    /// If there is room now: nobody should wait behind a source that may be failing again.
    OnlyNow,
    /// As the one probe.
    Probe,
    /// Not.
    Barred,
}

/// The breaker of one source. Calls carry the era in which they began: what a call of an earlier era teaches is known
/// already, so that failures that were under way when the breaker opened neither count twice nor prolong it.
#[derive(Debug)]
pub(super) struct Breaker {
    /// Failures in a row that open it.
    failures: u32,
    /// How long it is open the first time.
    rest: Duration,
    phase: Phase,
    /// When it closed.
    closed_at: Option<Instant>,
    /// How long it was open last.
    last_rest: Duration,
    era: u64,
}

#[derive(Debug)]
enum Phase {
    Closed { in_a_row: u32 },
    Open { until: Instant, is_probed: bool },
}

impl Breaker {
    pub(super) fn new(failures: u32, rest: Duration) -> Self {
        Self { failures, rest, phase: Phase::Closed { in_a_row: 0 }, closed_at: None, last_rest: rest, era: 0 }
    }

    pub(super) fn era(&self) -> u64 {
        self.era
    }

    pub(super) fn passage(&self, now: Instant) -> Passage {
        match self.phase {
            Phase::Closed { in_a_row } if in_a_row > 0 && self.is_on_probation(now) => Passage::OnlyNow,
            Phase::Closed { .. } => Passage::Free,
            Phase::Open { until, is_probed: false } if until <= now => Passage::Probe,
            Phase::Open { .. } => Passage::Barred,
        }
    }

    /// Whether it closed so recently that it may not change again yet.
    pub(super) fn is_on_probation(&self, now: Instant) -> bool {
        matches!(self.phase, Phase::Closed { .. }) && self.closed_at.is_some_and(|at| now < at + self.rest)
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// When it lets a probe through again, if it is open.
    pub(super) fn open_until(&self) -> Option<Instant> {
        match self.phase {
            Phase::Open { until, .. } => Some(until),
            Phase::Closed { .. } => None,
        }
    }

    pub(super) fn probe_begins(&mut self) {
        if let Phase::Open { is_probed, .. } = &mut self.phase {
            *is_probed = true;
        }
    }

    /// Learns from a call that ended.
    pub(super) fn learn(&mut self, era: u64, lesson: Lesson, now: Instant) -> Option<Change> {
        if era != self.era {
            return None;
        }
        match (&mut self.phase, lesson) {
            (Phase::Closed { .. }, Lesson::Nothing) => None,
            (Phase::Closed { in_a_row }, Lesson::Answered) => {
                *in_a_row = 0;
                None
            }
            (Phase::Closed { in_a_row }, Lesson::Failed) => {
                *in_a_row = in_a_row.saturating_add(1);
                let too_many = *in_a_row >= self.failures;
                (too_many && !self.is_on_probation(now)).then(|| self.open(self.next_rest(now), now))
            }
            // The right to probe is the next caller's.
            (Phase::Open { is_probed, .. }, Lesson::Nothing) => {
                *is_probed = false;
                None
            }
            (Phase::Open { .. }, Lesson::Answered) => {
                self.phase = Phase::Closed { in_a_row: 0 };
                self.closed_at = Some(now);
                self.era = self.era.wrapping_add(1);
                Some(Change::Closed)
            }
            // Open as before, for longer: nothing that anybody need be told.
            (Phase::Open { .. }, Lesson::Failed) => {
                self.open(self.doubled(), now);
                None
            }
        }
    }

    /// As if it had never been open; an operator's decision.
    pub(super) fn reset(&mut self) {
        let era = self.era.wrapping_add(1);
        *self = Self { era, ..Self::new(self.failures, self.rest) };
    }

    fn open(&mut self, rest: Duration, now: Instant) -> Change {
        self.phase = Phase::Open { until: now + rest, is_probed: false };
        self.last_rest = rest;
        self.era = self.era.wrapping_add(1);
        Change::Opened(rest)
    }

    /// A source that did not stay well for twice as long as it was left alone was not well.
    fn next_rest(&self, now: Instant) -> Duration {
        match self.closed_at {
            Some(at) if now < at + self.last_rest.saturating_mul(2) => self.doubled(),
            _ => self.rest,
        }
    }

    fn doubled(&self) -> Duration {
        self.last_rest.saturating_mul(2).min(LONGEST_REST.max(self.rest))
    }
}

#[cfg(test)]
mod tests {
    use Lesson::{Answered, Failed, Nothing};

    use super::*;

    const REST: Duration = Duration::from_secs(30);

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    /// Opens a breaker by failures in a row.
    fn opened(at: Instant) -> Breaker {
        let mut breaker = Breaker::new(5, REST);
        let changes: Vec<_> = (0..5).map(|_| breaker.learn(0, Failed, at)).collect();
        assert_eq!(changes, [None, None, None, None, Some(Change::Opened(REST))]);
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn failures_must_come_in_a_row() {
        let now = Instant::now();
        let mut breaker = Breaker::new(5, REST);
        for _ in 0..20 {
            for lesson in [Failed, Failed, Nothing, Failed, Failed, Answered] {
                assert_eq!(breaker.learn(0, lesson, now), None);
            }
        }
        for _ in 0..4 {
            assert_eq!(breaker.learn(0, Failed, now), None);
        }
        assert_eq!(breaker.learn(0, Nothing, now), None, "a dropped call neither counts nor forgives");
        assert_eq!(breaker.learn(0, Failed, now), Some(Change::Opened(REST)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_at_a_time_and_the_right_is_handed_on() {
        let start = Instant::now();
        let mut breaker = opened(start);
        assert_eq!(breaker.passage(after(start, 29)), Passage::Barred);
        let now = after(start, 30);
        assert_eq!(breaker.passage(now), Passage::Probe);
        breaker.probe_begins();
        assert_eq!(breaker.passage(now), Passage::Barred);
        assert_eq!(breaker.learn(breaker.era(), Nothing, now), None, "a dropped probe is no success");
        assert_eq!(breaker.passage(now), Passage::Probe);
        breaker.probe_begins();
        assert_eq!(breaker.learn(breaker.era(), Answered, now), Some(Change::Closed));
        assert_eq!(breaker.passage(now), Passage::Free);
    }

    #[tokio::test(start_paused = true)]
    async fn failed_probes_double_the_time_up_to_five_minutes() {
        let mut now = Instant::now();
        let mut breaker = opened(now);
        let mut rests = Vec::new();
        for _ in 0..6 {
            let until = breaker.open_until().expect("open");
            rests.push((until - now).as_secs());
            now = until;
            breaker.probe_begins();
            assert_eq!(breaker.learn(breaker.era(), Failed, now), None);
        }
        assert_eq!(rests, [30, 60, 120, 240, 300, 300]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_under_way_when_it_opened_changes_nothing() {
        let start = Instant::now();
        let mut breaker = opened(start);
        for lesson in [Failed, Answered, Nothing] {
            assert_eq!(breaker.learn(0, lesson, after(start, 3)), None);
        }
        assert_eq!(breaker.open_until(), Some(after(start, 30)));
        breaker.probe_begins();
        assert_eq!(breaker.learn(0, Nothing, after(start, 31)), None, "nor who probes");
        assert_eq!(breaker.passage(after(start, 31)), Passage::Barred);
    }

    #[tokio::test(start_paused = true)]
    async fn after_closing_it_stays_closed_for_a_while_and_a_failure_lets_one_through_at_a_time() {
        let start = Instant::now();
        let mut breaker = opened(start);
        let closed_at = after(start, 30);
        breaker.learn(breaker.era(), Answered, closed_at);
        for second in 0..30 {
            assert_eq!(breaker.learn(breaker.era(), Failed, after(closed_at, second)), None, "{second}");
            assert_eq!(breaker.passage(after(closed_at, second)), Passage::OnlyNow);
        }
        let change = breaker.learn(breaker.era(), Failed, after(closed_at, 30));
        assert_eq!(change, Some(Change::Opened(REST * 2)), "it had not been well");
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_stayed_well_begins_anew() {
        let start = Instant::now();
        let mut breaker = opened(start);
        breaker.learn(breaker.era(), Answered, after(start, 30));
        let later = after(start, 30 + 60);
        let era = breaker.era();
        assert_eq!((0..5).find_map(|_| breaker.learn(era, Failed, later)), Some(Change::Opened(REST)));
    }
}
