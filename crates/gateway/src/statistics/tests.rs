//! Statistics by a set clock and a directory of the test's own.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{Timestamp, ToSpan};
use overblik_connectors::Pseudonym;
use overblik_widgets::{Date, SectionState};

use super::{
    By, CallEnd, HAND_IN_EVERY, Percentile, Row, Statistics, StatisticsAway,
    days::{Days, Source},
    figures::{Figures, MEASURES, Measure},
    files::Files,
    latency, statement,
    store::Store,
    to_csv, until_next,
};
use crate::clock::Clock;

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A clock that stands where it is set.
struct SetClock(Arc<Mutex<Timestamp>>);

impl SetClock {
    fn at(text: &str) -> Self {
        Self(Arc::new(Mutex::new(time(text))))
    }

    fn set(&self, text: &str) {
        *self.0.lock().expect("no panic") = time(text);
    }

    fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::new(move || *now.lock().expect("no panic"))
    }

    fn statistics(&self, store: Store) -> Statistics {
        Statistics::kept_in(store, true, self.clock(), crate::statistics::Recorder::default())
    }
}

fn source() -> Source {
    Source { authority: "skatteforvaltningen".to_owned(), slug: "skat".to_owned() }
}

fn citizen(number: u64) -> Pseudonym {
    Pseudonym::from_keyed_hash(u128::from(number).to_be_bytes())
}

/// A call about a citizen that was answered.
fn answered(statistics: &Statistics, number: u64, with_data: bool) {
    let counters = statistics.recorder().of(source());
    counters.answered(&citizen(number), with_data);
    counters.call(&citizen(number), CallEnd::Answered, Duration::from_millis(120));
}

async fn rows(statistics: &Statistics, by: By) -> Vec<Row> {
    statistics.of_source("skat", (date("2020-01-01"), date("2030-01-01")), by).await.expect("readable")
}

async fn calls(statistics: &Statistics, by: By) -> Vec<(String, u64)> {
    rows(statistics, by).await.into_iter().map(|row| (row.period, row.calls.all)).collect()
}

fn files(directory: &Path) -> Store {
    Store::Files(Files::new(directory.to_owned()))
}

#[tokio::test]
async fn a_call_counts_on_the_danish_day_on_which_it_was_counted() {
    // Summer time: midnight in Copenhagen is 22:00 UTC.
    let clock = SetClock::at("2026-08-31T21:59:30Z");
    let statistics = clock.statistics(Store::memory());
    answered(&statistics, 1, true);
    clock.set("2026-08-31T22:00:00Z");
    assert_eq!(calls(&statistics, By::Day).await, [("2026-08-31".to_owned(), 1)]);
    answered(&statistics, 1, true);
    answered(&statistics, 2, true);
    assert_eq!(calls(&statistics, By::Day).await, [("2026-08-31".to_owned(), 1), ("2026-09-01".to_owned(), 2)]);
    assert_eq!(calls(&statistics, By::Month).await, [("2026-08".to_owned(), 1), ("2026-09".to_owned(), 2)]);
}

#[test]
fn figures_are_handed_in_every_ten_seconds_and_at_midnight_in_copenhagen() {
    assert_eq!(until_next(time("2026-11-26T12:00:00Z")), HAND_IN_EVERY);
    assert_eq!(until_next(time("2026-11-26T22:59:57Z")), Duration::from_secs(3), "winter time");
    assert_eq!(until_next(time("2026-08-31T21:59:57Z")), Duration::from_secs(3), "summer time");
    // Clocks are put back at 01:00 UTC this day, which has 25 hours, and forward on this one, which has 23.
    assert_eq!(until_next(time("2026-10-25T22:59:59Z")), Duration::from_secs(1));
    assert_eq!(until_next(time("2026-03-29T21:59:59Z")), Duration::from_secs(1));
}

#[tokio::test]
async fn every_end_of_a_call_and_every_state_is_told() {
    let clock = SetClock::at("2026-11-26T12:00:00Z");
    let statistics = clock.statistics(Store::memory());
    let counters = statistics.recorder().of(source());
    for end in CallEnd::ALL {
        counters.call(&citizen(1), end, Duration::from_millis(120));
    }
    for state in SectionState::ALL {
        counters.section(state);
    }
    counters.kept();
    let row = rows(&statistics, By::Day).await.remove(0);
    let written = serde_json::to_value(&row).expect("JSON");
    for (name, number) in written["calls"].as_object().expect("calls") {
        assert_eq!(*number, if name == "all" { 6 } else { 1 }, "{name}");
    }
    for (name, number) in written["sections"].as_object().expect("sections") {
        assert_eq!(*number, if name == "answered" { 2 } else { 1 }, "{name}");
    }
    let told = (row.kept, row.p50_ms, row.p99_ms, row.with_data_per_cent);
    assert_eq!(told, (1, Some(Percentile::AtMost(150)), Some(Percentile::AtMost(150)), None));
    assert!(
        statistics
            .of_source("other", (date("2026-11-26"), date("2026-11-26")), By::Day)
            .await
            .expect("read")
            .is_empty()
    );
    let all = statistics.of_authorities((date("2026-11-26"), date("2026-11-26")), By::Day).await.expect("read");
    assert_eq!(all, [Row { source: None, ..row }]);
}

#[tokio::test]
async fn whether_citizens_have_data_is_told_of_enough_of_them_when_the_day_is_over_and_never_of_all_or_none() {
    let clock = SetClock::at("2026-11-20T12:00:00Z");
    let statistics = clock.statistics(Store::memory());
    // One citizen who comes again and again is one; nine are too few; ten are enough.
    for _ in 0..40 {
        answered(&statistics, 1, true);
    }
    clock.set("2026-11-21T12:00:00Z");
    drop(statistics.hand_in().await);
    for number in 0..9 {
        answered(&statistics, number, false);
    }
    clock.set("2026-11-22T12:00:00Z");
    drop(statistics.hand_in().await);
    for number in 0..10 {
        answered(&statistics, number, true);
    }
    clock.set("2026-11-23T12:00:00Z");
    drop(statistics.hand_in().await);
    for number in 0..12 {
        answered(&statistics, number, false);
    }
    let shares = async |by| -> Vec<Option<u8>> {
        rows(&statistics, by).await.into_iter().map(|row| row.with_data_per_cent).collect()
    };
    assert_eq!(shares(By::Day).await, [None, None, Some(95), None], "the last is not over");
    assert_eq!(shares(By::Month).await, [Some(95)], "of the one day that may be told of");
    clock.set("2026-11-24T12:00:00Z");
    assert_eq!(shares(By::Day).await, [None, None, Some(95), Some(5)]);
    assert_eq!(shares(By::Month).await, [Some(45)], "10 of 22, to the nearest step");
    let told = serde_json::to_string(&rows(&statistics, By::Day).await).expect("JSON");
    for word in ["ready", "empty", "\"with_data\"", "whole", "citizens"] {
        assert!(!told.contains(word), "{word}: {told}");
    }
}

#[tokio::test]
async fn everybody_is_told_of_days_that_are_over_and_had_enough_citizens() {
    let clock = SetClock::at("2026-10-31T12:00:00Z");
    let statistics = clock.statistics(Store::memory());
    let told = async || -> Vec<(String, u64)> {
        statistics.total().await;
        let rows = statistics.open_total().expect("open").expect("added up");
        rows.iter().map(|row| (row.period.clone(), row.calls.all)).collect()
    };
    assert!(statistics.open_total().expect("open").is_none(), "not yet");
    for _ in 0..30 {
        answered(&statistics, 1, true);
    }
    clock.set("2026-11-01T12:00:00Z");
    drop(statistics.hand_in().await);
    assert_eq!(told().await, [], "one citizen is nobody's business");
    for number in 0..15 {
        answered(&statistics, number, true);
    }
    drop(statistics.hand_in().await);
    clock.set("2026-11-01T14:00:00Z");
    assert_eq!(told().await, [], "a day that is under way would tell what was called last");
    clock.set("2026-11-02T12:00:00Z");
    assert_eq!(told().await, [("2026-11".to_owned(), 15)]);
    drop(statistics.hand_in().await);
    for number in 0..10 {
        answered(&statistics, number, false);
    }
    clock.set("2026-11-02T22:59:59Z");
    drop(statistics.hand_in().await);
    assert_eq!(told().await, [("2026-11".to_owned(), 15)]);
    clock.set("2026-11-02T23:00:00Z");
    assert_eq!(told().await, [("2026-11".to_owned(), 25)], "at midnight in Copenhagen");
    let closed = Statistics::kept_in(Store::memory(), false, clock.clock(), crate::statistics::Recorder::default());
    closed.total().await;
    assert!(closed.open_total().is_none(), "the operator does not want it");
}

#[tokio::test]
async fn files_outlive_the_process_and_what_a_crash_left_half_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let clock = SetClock::at("2026-11-26T12:00:00Z");
    let statistics = clock.statistics(files(directory.path()));
    for expected in 1..=2 {
        answered(&statistics, 1, true);
        assert_eq!(calls(&statistics, By::Day).await, [("2026-11-26".to_owned(), expected)]);
    }
    drop(statistics);
    fs::write(at("2026-11-26.json.new"), "[{\"authority\":").expect("torn");
    fs::write(at("notes.txt"), "somebody else's").expect("foreign");
    fs::write(at("2026-11.json"), "not a day").expect("foreign");

    let statistics = clock.statistics(files(directory.path()));
    assert_eq!(calls(&statistics, By::Day).await, [("2026-11-26".to_owned(), 2)]);
    answered(&statistics, 1, true);
    assert_eq!(calls(&statistics, By::Day).await, [("2026-11-26".to_owned(), 3)], "written over what was torn");

    fs::write(at("2026-11-26.json"), "[{\"authority\":").expect("torn");
    assert_eq!(calls(&statistics, By::Day).await, [], "what cannot be read stops nobody");
    answered(&statistics, 1, true);
    assert_eq!(calls(&statistics, By::Day).await, [("2026-11-26".to_owned(), 1)], "and begins anew");
    assert!(at("2026-11-26.json.unreadable").exists(), "set aside for whoever can mend it");

    clock.set("2028-12-31T12:00:00Z");
    drop(statistics.hand_in().await);
    answered(&statistics, 1, true);
    let both = [("2026-11".to_owned(), 1), ("2028-12".to_owned(), 1)];
    assert_eq!(calls(&statistics, By::Month).await, both, "25 months later");
    clock.set("2029-01-01T12:00:00Z");
    drop(statistics.hand_in().await);
    answered(&statistics, 1, true);
    assert_eq!(calls(&statistics, By::Month).await.len(), 2);
    let mut left: Vec<_> =
        fs::read_dir(directory.path()).expect("a directory").map(|entry| entry.expect("a file").file_name()).collect();
    left.sort();
    assert_eq!(left, ["2026-11.json", "2028-12-31.json", "2029-01-01.json", "lock", "notes.txt"]);
}

#[tokio::test]
async fn what_cannot_be_kept_waits_and_is_kept_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let clock = SetClock::at("2026-11-26T12:00:00Z");
    let statistics = clock.statistics(files(directory.path()));
    answered(&statistics, 1, true);
    let in_the_way = directory.path().join("2026-11-26.json.new");
    fs::create_dir_all(&in_the_way).expect("made");
    assert!(statistics.hand_in().await.is_err());
    answered(&statistics, 2, true);
    assert!(statistics.hand_in().await.is_err());
    fs::remove_dir(&in_the_way).expect("removed");
    assert_eq!(calls(&statistics, By::Day).await, [("2026-11-26".to_owned(), 2)], "neither lost nor twice");
    statistics.hand_in().await.expect("kept");
    assert_eq!(calls(&statistics, By::Day).await, [("2026-11-26".to_owned(), 2)]);
}

#[tokio::test]
async fn of_two_processes_in_one_directory_the_second_waits_for_the_first_to_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let clock = SetClock::at("2026-11-26T12:00:00Z");
    let (first, second) = (clock.statistics(files(directory.path())), clock.statistics(files(directory.path())));
    answered(&first, 1, true);
    first.hand_in().await.expect("kept");
    answered(&second, 1, true);
    let StatisticsAway(why) = second.hand_in().await.expect_err("in use");
    assert!(why.contains("another process writes here"), "{why}");
    drop(first);
    assert_eq!(calls(&second, By::Day).await, [("2026-11-26".to_owned(), 2)]);
}

#[tokio::test]
async fn what_waits_is_bounded_and_so_are_counters_that_nobody_holds() {
    let directory = tempfile::tempdir().expect("a directory");
    let blocked = directory.path().join("file");
    fs::write(&blocked, "no directory").expect("written");
    let clock = SetClock::at("2026-11-01T12:00:00Z");
    let statistics = clock.statistics(files(&blocked));
    for day in 0..60 {
        let noon = time("2026-11-01T12:00:00Z") + (24 * day).hours();
        clock.set(&noon.to_string());
        assert!(day == 0 || statistics.hand_in().await.is_err());
        answered(&statistics, 1, true);
    }
    let waiting = statistics.waiting();
    assert!(waiting.days.0.len() <= super::MOST_WAITING_DAYS, "{}", waiting.days.0.len());
    assert_eq!(waiting.trying.as_ref().map(|batch| batch.day), Some(date("2026-11-01")));
    drop(waiting);
    let of = |number: u32| Source { slug: format!("source-{number}"), ..source() };
    let held = statistics.recorder().of(of(1));
    statistics.recorder().of(of(2));
    statistics.recorder().take(true);
    assert!(Arc::ptr_eq(&held, &statistics.recorder().of(of(1))), "whoever counts goes on with it");
}

/// Numbers that look random and are the same each time.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |last| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)))
        .map(|number| (number >> 33) % 40_000)
        .skip(1)
}

fn taking(times: &[u64]) -> Figures {
    let mut numbers = [0; MEASURES];
    for time in times {
        numbers[Measure::took(Duration::from_millis(*time)).place()] += 1;
    }
    Figures::new(&numbers)
}

#[test]
fn adding_up_is_exact_in_any_order_and_percentiles_are_the_bounds_of_the_true_ones() {
    for seed in 0..200_u64 {
        let length = usize::try_from(seed % 37 + 1).expect("small");
        let mut times: Vec<u64> = numbers(seed).take(3 * length).collect();
        let parts: Vec<Figures> = times.chunks(length).map(taking).collect();
        let sum = |order: [usize; 3]| {
            let mut sum = Figures::default();
            for part in order {
                sum.add(&parts[part]);
            }
            sum
        };
        let all = taking(&times);
        assert!([sum([0, 1, 2]), sum([2, 0, 1])].iter().all(|sum| *sum == all), "seed {seed}");
        times.sort_unstable();
        for per_cent in [50, 95, 99] {
            let rank = (times.len() * per_cent).div_ceil(100);
            let truly = times[rank - 1];
            let bound = latency::BOUNDS_MS.into_iter().find(|bound| truly <= *bound);
            let expected = bound.map_or(Percentile::Longer, Percentile::AtMost);
            assert_eq!(latency::percentile(&all, per_cent as u64), Some(expected), "seed {seed}, {per_cent} per cent");
        }
    }
    assert_eq!(latency::percentile(&Figures::default(), 50), None);
}

#[test]
fn csv_has_the_same_columns_whatever_is_told() {
    let mut days = Days::default();
    let mut figures = taking(&[120, 40_000]);
    figures.add_named("call:answered", 2);
    figures.add_named("section:partial", 3);
    days.add(date("2026-11-26"), source(), &figures);
    let of_source = to_csv(&statement::by_source(&days, By::Day, date("2026-11-27")));
    let lines: Vec<&str> = of_source.split("\r\n").collect();
    assert_eq!(
        lines,
        [
            "period,authority,source,calls,answered,timed_out,failed,invalid,refused,ended,p50_ms,p95_ms,p99_ms,\
             with_data_per_cent,sections_answered,sections_partial,sections_stale,sections_pending,sections_timed_out,\
             sections_failed,sections_invalid,sections_refused,sections_suspended,sections_step_up_required,\
             sections_not_covered,sections_kept",
            "2026-11-26,skatteforvaltningen,skat,2,2,0,0,0,0,0,150,over 30000,over 30000,,0,3,0,0,0,0,0,0,0,0,0,0",
            ""
        ]
    );
    let of_authority = to_csv(&statement::by_authority(&days, By::Month, date("2026-11-27")));
    assert!(of_authority.contains("\r\n2026-11,skatteforvaltningen,,2,2,"), "{of_authority}");
}
