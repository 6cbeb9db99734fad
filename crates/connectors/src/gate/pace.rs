//! How many may ask a source at the same time, by how quickly it answers.
//!
//! A source that takes twice as long as usual has too much to do, whatever was agreed: fewer ask at the same time then,
//! down to a floor, and more again, step by step, once it answers as usual. After its breaker closed, one asks, and one
//! more for each good answer.
//!
//! Everything is counted in answers: time comes in only as what answers took, so the same answers lead to the same pace.

use std::time::Duration;

use tokio::time::Instant;

/// What an answer may take beyond twice the usual time before it means anything: a few milliseconds more or less are our
/// own machine's.
const NOISE: Duration = Duration::from_millis(10);
/// Most answers that make up a round.
const LONGEST_ROUND: usize = 32;
/// Fewest.
const SHORTEST_ROUND: usize = 8;

/// What a call taught about how much the source can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// An answer, after so long.
    In(Duration),
    /// None in all the time it had.
    NoneIn(Duration),
    /// The source says itself that it has too much to do.
    Overloaded,
}

/// The pace of one source.
#[derive(Debug)]
pub(super) struct Pace {
    /// What the contract allows.
    maximum: usize,
    /// Fewer than these never follow from slowness alone.
    floor: usize,
    limit: usize,
    /// Since its breaker closed: one more for each good answer.
    is_recovering: bool,
    /// What an answer usually takes.
    usual: Option<Duration>,
    /// Only what began since then is counted: the rest was asked at another pace.
    since: Option<Instant>,
    round: Round,
}

#[derive(Debug, Default)]
struct Round {
    answers: usize,
    took: Duration,
    /// Whether there was use for more than half of the limit.
    was_busy: bool,
}

impl Pace {
    pub(super) fn new(maximum: usize) -> Self {
        let (maximum, floor) = (maximum.max(1), (maximum / 16).max(1));
        Self { maximum, floor, limit: maximum, is_recovering: false, usual: None, since: None, round: Round::default() }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Begins again from one at a time, `now` being when the source is, or will be, asked anew.
    pub(super) fn restart(&mut self, now: Instant) {
        self.limit = 1;
        self.is_recovering = true;
        self.begin_round(Some(now));
    }

    /// So many are under way, a newcomer included.
    pub(super) fn note(&mut self, in_use: usize) {
        self.round.was_busy |= in_use.saturating_mul(2) >= self.limit;
    }

    /// Learns from a call that ended.
    pub(super) fn learn(&mut self, begun: Instant, reply: Reply, now: Instant) {
        if self.since.is_some_and(|since| begun < since) {
            return;
        }
        match reply {
            Reply::Overloaded => self.slow_down(self.limit / 2, now),
            Reply::In(took) if self.is_recovering => self.recover(took, now),
            Reply::NoneIn(_) if self.is_recovering => self.stop_recovering(now),
            Reply::In(took) | Reply::NoneIn(took) => {
                self.round.answers += 1;
                self.round.took = self.round.took.saturating_add(took);
                if self.round.answers >= self.limit.clamp(SHORTEST_ROUND, LONGEST_ROUND) {
                    self.end_round(now);
                }
            }
        }
    }

    fn recover(&mut self, took: Duration, now: Instant) {
        if self.usual.is_some_and(|usual| took > too_long(usual)) {
            self.stop_recovering(now);
            return;
        }
        self.limit = (self.limit + 1).min(self.maximum);
        self.is_recovering = self.limit < self.maximum;
    }

    /// From here on it goes on in rounds.
    fn stop_recovering(&mut self, now: Instant) {
        self.is_recovering = false;
        self.begin_round(Some(now));
    }

    fn end_round(&mut self, now: Instant) {
        let answers = u32::try_from(self.round.answers).unwrap_or(u32::MAX).max(1);
        let recent = self.round.took / answers;
        let usual = self.usual.unwrap_or(recent);
        let was_busy = self.round.was_busy;
        if recent > too_long(usual) {
            // At the floor it is not us who make it slow: that is how it is now.
            let weight = if self.limit <= self.floor { 4 } else { 32 };
            self.usual = Some(moved(usual, recent, weight));
            self.slow_down(scaled(self.limit, too_long(usual), recent), now);
        } else {
            self.usual = Some(moved(usual, recent, if recent < usual { 4 } else { 16 }));
            if was_busy {
                self.limit = (self.limit + (self.limit / 8).max(1)).min(self.maximum);
            }
            let since = self.since;
            self.begin_round(since);
        }
    }

    /// At least one fewer, at most half as many fewer, and never below the floor.
    fn slow_down(&mut self, to: usize, now: Instant) {
        let lowest = self.floor.min(self.limit).max(self.limit / 2);
        self.limit = to.min(self.limit.saturating_sub(1)).max(lowest).max(1);
        self.is_recovering = false;
        self.begin_round(Some(now));
    }

    fn begin_round(&mut self, since: Option<Instant>) {
        self.since = since;
        self.round = Round::default();
    }
}

fn too_long(usual: Duration) -> Duration {
    usual.saturating_mul(2).saturating_add(NOISE)
}

/// `value`, one part in `weight` of the way to `towards`.
fn moved(value: Duration, towards: Duration, weight: u32) -> Duration {
    value.saturating_mul(weight.saturating_sub(1)).saturating_add(towards) / weight.max(1)
}

/// `number` times `part` of `whole`.
fn scaled(number: usize, part: Duration, whole: Duration) -> usize {
    let number = u128::try_from(number).unwrap_or(u128::MAX);
    let scaled = number.saturating_mul(part.as_micros()) / whole.as_micros().max(1);
    usize::try_from(scaled).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    /// So many answers, one after another, each begun when the one before had come and with everybody busy.
    fn answers(pace: &mut Pace, now: &mut Instant, number: usize, took: Duration) {
        for _ in 0..number {
            pace.note(pace.limit());
            let begun = *now;
            *now += took;
            pace.learn(begun, Reply::In(took), *now);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_backs_off_when_answers_take_longer_and_recovers_when_they_do_not() {
        let (mut pace, mut now) = (Pace::new(64), Instant::now());
        answers(&mut pace, &mut now, 100, ms(50));
        assert_eq!(pace.limit(), 64);
        answers(&mut pace, &mut now, 32, ms(400));
        assert_eq!(pace.limit(), 32, "by half at most");
        answers(&mut pace, &mut now, 32 + 16 + 8 + 8, ms(400));
        assert_eq!(pace.limit(), 4, "to the floor and not below");
        answers(&mut pace, &mut now, 800, ms(50));
        assert_eq!(pace.limit(), 64);
    }

    #[tokio::test(start_paused = true)]
    async fn ordinary_differences_change_nothing() {
        let (mut pace, mut now) = (Pace::new(64), Instant::now());
        for _ in 0..200 {
            for took in [20, 80, 50, 30, 90] {
                answers(&mut pace, &mut now, 1, ms(took));
            }
        }
        assert_eq!(pace.limit(), 64);
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_has_become_slower_for_good_is_asked_by_many_again() {
        let (mut pace, mut now) = (Pace::new(64), Instant::now());
        answers(&mut pace, &mut now, 100, ms(50));
        answers(&mut pace, &mut now, 2000, ms(300));
        assert_eq!(pace.limit(), 64);
    }

    #[tokio::test(start_paused = true)]
    async fn it_does_not_grow_where_nobody_asks_for_more() {
        let (mut pace, mut now) = (Pace::new(64), Instant::now());
        answers(&mut pace, &mut now, 32, ms(50));
        answers(&mut pace, &mut now, 32, ms(400));
        for _ in 0..500 {
            pace.note(1);
            pace.learn(now, Reply::In(ms(50)), now);
        }
        assert_eq!(pace.limit(), 32);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_slow_answers_asked_for_together_slows_down_once() {
        let (mut pace, mut now) = (Pace::new(64), Instant::now());
        answers(&mut pace, &mut now, 64, ms(50));
        let begun = now;
        for _ in 0..64 {
            pace.learn(begun, Reply::In(ms(800)), begun + ms(800));
        }
        assert_eq!(pace.limit(), 32);
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_says_so_is_believed_at_once() {
        let (mut pace, now) = (Pace::new(64), Instant::now());
        pace.learn(now, Reply::Overloaded, now + ms(1));
        assert_eq!(pace.limit(), 32);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_restart_each_good_answer_lets_one_more_in() {
        let (mut pace, mut now) = (Pace::new(64), Instant::now());
        answers(&mut pace, &mut now, 64, ms(50));
        pace.restart(now);
        for expected in 1..=10 {
            assert_eq!(pace.limit(), expected);
            answers(&mut pace, &mut now, 1, ms(50));
        }
        answers(&mut pace, &mut now, 1, ms(500));
        assert_eq!(pace.limit(), 11, "a slow one does not");
        answers(&mut pace, &mut now, 7, ms(50));
        assert_eq!(pace.limit(), 11, "and from there it goes on in rounds");
        answers(&mut pace, &mut now, 4, ms(50));
        assert_eq!(pace.limit(), 12);
    }

    #[tokio::test(start_paused = true)]
    async fn a_contract_that_allows_one_is_asked_by_one() {
        let (mut pace, mut now) = (Pace::new(1), Instant::now());
        answers(&mut pace, &mut now, 50, ms(50));
        answers(&mut pace, &mut now, 50, ms(900));
        pace.learn(now, Reply::Overloaded, now);
        assert_eq!(pace.limit(), 1);
    }
}
