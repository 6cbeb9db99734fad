use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::task::JoinSet;

use super::*;

const LIMIT: Duration = Duration::from_millis(10);

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Looks of which each was so late; what is known after each of them.
fn after(lates: &[u64]) -> Vec<bool> {
    let lateness = Lateness::new(Some(LIMIT));
    let look = |late: &u64| {
        lateness.was(ms(*late));
        lateness.is_too_much(Instant::now())
    };
    lates.iter().map(look).collect()
}

#[test]
fn two_looks_in_a_row_that_are_too_late_are_too_much_until_one_is_on_time() {
    assert_eq!(after(&[0, 9, 9, 9]), [false; 4]);
    assert_eq!(after(&[10, 10, 60, 9, 10, 10]), [false, true, true, false, false, true]);
    assert_eq!(after(&[5_000, 1, 5_000, 1]), [false; 4], "a pause of the machine is no line");
}

#[test]
fn a_look_that_has_not_had_its_turn_counts_as_late_as_it_is() {
    let (lateness, start) = (Lateness::new(Some(LIMIT)), Instant::now());
    lateness.begin(start);
    assert!(!lateness.is_too_much(start + ms(1_000)), "the first may be a pause");
    lateness.end(start + ms(25));
    lateness.begin(start + ms(35));
    assert!(!lateness.is_too_much(start + ms(44)));
    assert!(lateness.is_too_much(start + ms(45)), "nobody waits for it to be told what is seen already");
    lateness.end(start + ms(36));
    assert!(!lateness.is_too_much(start + ms(1_000)), "nobody looks");
}

#[test]
fn a_request_has_waited_as_long_as_the_look_and_no_longer_than_may_be() {
    let (lateness, start) = (Lateness::new(Some(LIMIT)), Instant::now());
    assert_eq!(lateness.waited(start), Duration::ZERO);
    lateness.begin(start);
    assert_eq!(lateness.waited(start + ms(7)), ms(7));
    lateness.end(start + ms(9));
    assert_eq!(lateness.waited(start + ms(500)), ms(9));
    lateness.begin(start + ms(500));
    assert_eq!(lateness.waited(start + ms(10_000)), LIMIT, "a pause is not held against whoever came after it");
}

#[test]
fn without_a_limit_nothing_is_too_late() {
    let lateness = Lateness::new(None);
    (0..10).for_each(|_| lateness.was(ms(60_000)));
    assert!(!lateness.is_too_much(Instant::now()));
    assert_eq!((lateness.smoothed(), lateness.waited(Instant::now())), (Duration::ZERO, Duration::ZERO));
}

#[test]
fn what_is_smoothed_follows_what_lasts_and_forgives_a_pause() {
    let lateness = Lateness::new(Some(LIMIT));
    lateness.was(ms(10_000));
    assert!(lateness.smoothed() < LIMIT / 2, "{:?}", lateness.smoothed());
    (0..1_000).for_each(|_| lateness.was(ms(12)));
    let smoothed = lateness.smoothed();
    assert!(smoothed > ms(11) && smoothed < ms(13), "{smoothed:?}");
    (0..1_000).for_each(|_| lateness.was(ms(0)));
    assert!(lateness.smoothed() < ms(1));
}

#[tokio::test]
async fn whoever_looks_has_their_turn_after_all_who_could_go_on() {
    static TURNS: AtomicUsize = AtomicUsize::new(0);
    let looking = async {
        let mut others = JoinSet::new();
        for _ in 0..100 {
            others.spawn(async { TURNS.fetch_add(1, Ordering::Relaxed) });
        }
        to_the_end_of_the_line().await;
        TURNS.load(Ordering::Relaxed)
    };
    let mut task = JoinSet::new();
    task.spawn(looking);
    assert_eq!(task.join_all().await, [100]);
}

#[tokio::test(start_paused = true)]
async fn a_process_with_nothing_to_do_is_on_time() {
    let lateness = Lateness::new(Some(ms(5)));
    for _ in 0..200 {
        lateness.look().await;
        assert!(!lateness.is_too_much(Instant::now()));
    }
    assert!(lateness.smoothed() < ms(2), "a timer of milliseconds: {:?}", lateness.smoothed());
}

/// One processor with overviews to make, in microseconds: a request, the answers of twelve sources after 5 to 50 ms, and
/// the end; together 900 of work, so that it can make 1,111 a second. Whoever is refused costs 40.
struct Processor {
    lateness: Lateness,
    start: Instant,
    now: u64,
    /// What will happen, the earliest first.
    to_come: BinaryHeap<Reverse<(u64, u64, Step)>>,
    line: VecDeque<(u64, Step)>,
    steps: u64,
    made: Vec<Made>,
    refused: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Request,
    Answer { of: usize },
    End { of: usize },
    Look,
}

#[derive(Clone, Copy)]
struct Made {
    asked: u64,
    missing: u32,
    ended: Option<u64>,
}

impl Processor {
    const CAN: u64 = 1_111;

    /// So many percent of what it can are asked for in each second.
    fn run(percent: &[u64]) -> Self {
        let lateness = Lateness::new(Some(LIMIT));
        let (to_come, line) = (BinaryHeap::new(), VecDeque::new());
        let start = Instant::now();
        let mut all = Self { lateness, start, now: 0, to_come, line, steps: 0, made: Vec::new(), refused: Vec::new() };
        for (second, percent) in (0_u64..).zip(percent) {
            let count = Self::CAN * percent / 100;
            (0..count).for_each(|one| all.later(second * 1_000_000 + one * 1_000_000 / count, Step::Request));
        }
        all.look();
        let end = u64::try_from(percent.len()).expect("few") * 1_000_000;
        while let Some(Reverse((at, _, step))) = all.to_come.pop() {
            // What could go on before this happens goes on.
            while all.now < at
                && let Some((came, step)) = all.line.pop_front()
            {
                all.turn(came, step);
            }
            all.now = all.now.max(at);
            if at > end {
                break;
            }
            if step == Step::Look {
                all.lateness.begin(all.at(at));
            }
            all.line.push_back((at, step));
        }
        all
    }

    fn later(&mut self, at: u64, step: Step) {
        self.steps += 1;
        self.to_come.push(Reverse((at, self.steps, step)));
    }

    fn at(&self, micros: u64) -> Instant {
        self.start + Duration::from_micros(micros)
    }

    fn look(&mut self) {
        let joins = self.now + 10_000;
        self.later(joins, Step::Look);
    }

    fn turn(&mut self, came: u64, step: Step) {
        match step {
            Step::Request if self.lateness.is_too_much(self.at(self.now)) => {
                self.now += 40;
                self.refused.push(came);
            }
            Step::Request => {
                self.now += 135;
                let of = self.made.len();
                self.made.push(Made { asked: came, missing: 12, ended: None });
                (0..12).for_each(|source| self.later(self.now + 5_000 + 45_000 * source / 11, Step::Answer { of }));
            }
            Step::Answer { of } => {
                self.now += 58;
                self.made[of].missing -= 1;
                if self.made[of].missing == 0 {
                    self.line.push_back((self.now, Step::End { of }));
                }
            }
            Step::End { of } => {
                self.now += 63;
                self.made[of].ended = Some(self.now);
            }
            Step::Look => {
                self.lateness.end(self.at(self.now));
                self.look();
            }
        }
    }

    /// How long after it was asked for the slowest overview of these seconds ended, in milliseconds.
    fn slowest(&self, seconds: std::ops::Range<u64>) -> u64 {
        let within = self.made.iter().filter(|made| seconds.contains(&(made.asked / 1_000_000)));
        let took = within.filter_map(|made| Some((made.ended? - made.asked) / 1_000));
        took.max().expect("some")
    }

    fn refused(&self, seconds: std::ops::Range<u64>) -> usize {
        self.refused.iter().filter(|asked| seconds.contains(&(**asked / 1_000_000))).count()
    }

    fn ended(&self, seconds: std::ops::Range<u64>) -> usize {
        let within = self.made.iter().filter(|made| seconds.contains(&(made.asked / 1_000_000)));
        within.filter(|made| made.ended.is_some()).count()
    }
}

#[test]
fn whoever_can_all_be_served_is() {
    let processor = Processor::run(&[50, 80, 95, 95, 95]);
    assert_eq!(processor.refused.len(), 0);
    assert!(processor.slowest(0..4) < 75);
}

#[test]
fn under_more_than_can_be_done_whoever_is_let_in_is_on_time_and_nearly_all_of_it_is_done() {
    for percent in [105, 115, 150, 200, 400] {
        let processor = Processor::run(&[80, percent, percent, percent, percent]);
        // 50 ms are the slowest source's; the rest is waiting for one's turn, four times. What was begun before the line was
        // seen makes it longer than the limit: the more so the more is asked for.
        let slowest = processor.slowest(1..4);
        assert!(slowest < if percent > 200 { 170 } else { 50 + 4 * 2 * 10 }, "{percent} %: {slowest} ms");
        let (ended, can) = (processor.ended(1..4), usize::try_from(3 * Processor::CAN).expect("few"));
        let for_refusals = processor.refused(1..4) * 40 / 900;
        assert!((ended + for_refusals) * 100 > can * 85, "{percent} %: {ended} of {can}");
        assert_eq!(processor.refused(0..1), 0, "nobody before");
        let smoothed = processor.lateness.smoothed();
        assert!(smoothed >= LIMIT / 4, "{percent} %: new logins wait too: {smoothed:?}");
    }
}

#[test]
fn when_less_is_asked_for_again_nobody_is_refused_any_more() {
    let processor = Processor::run(&[300, 300, 80, 80, 80]);
    assert!(processor.refused(0..2) > 0);
    // What was begun before the load fell is over within the time of the slowest source.
    let last = processor.refused.iter().max().expect("some");
    assert!(*last < 2_200_000, "{last} µs");
    assert!(processor.slowest(3..4) < 75);
}
