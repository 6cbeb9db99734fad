//! Statistics by a set clock and a directory of the test's own.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{Timestamp, ToSpan};
use overblik_widgets::{Date, SectionState};

use super::{
    By, CallEnd, Figures, HAND_IN_EVERY, Latency, Percentile, Statistics, StatisticsFilesError, days::Source, latency,
    open_total, statement, to_csv, until_next,
};
use crate::clock::Clock;

const WITH_DATA: CallEnd = CallEnd::Answered { with_data: true };

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A clock that stands where it is set.
fn set_clock(at: &str) -> (Arc<Mutex<Timestamp>>, Clock) {
    let now = Arc::new(Mutex::new(time(at)));
    let clock = Clock::new({
        let now = Arc::clone(&now);
        move || *now.lock().expect("no panic")
    });
    (now, clock)
}

fn source(version: &str) -> Source {
    Source { slug: "skat".to_owned(), version: version.to_owned(), authority: "skatteforvaltningen".to_owned() }
}

fn call(statistics: &Statistics, end: CallEnd) {
    let counters = Arc::clone(statistics.recorder.0.lock().expect("no panic").entry(source("1.0.0")).or_default());
    counters.call(end, Duration::from_millis(120));
}

fn calls(statistics: &Statistics, by: By) -> Vec<(String, u64)> {
    let rows = statistics.of("skat", date("2020-01-01"), date("2030-01-01"), by);
    rows.into_iter().map(|row| (row.period, row.figures.expect("exact").figures.calls)).collect()
}

#[test]
fn a_call_counts_on_the_danish_day_on_which_it_was_counted() {
    // Summer time: midnight in Copenhagen is 22:00 UTC.
    let (now, clock) = set_clock("2026-08-31T21:59:30Z");
    let statistics = Statistics::open(None, clock).expect("no directory");
    call(&statistics, WITH_DATA);
    *now.lock().expect("no panic") = time("2026-08-31T22:00:00Z");
    assert_eq!(calls(&statistics, By::Day), [("2026-08-31".to_owned(), 1)]);
    call(&statistics, CallEnd::Failed);
    call(&statistics, CallEnd::Ended);
    assert_eq!(calls(&statistics, By::Day), [("2026-08-31".to_owned(), 1), ("2026-09-01".to_owned(), 2)]);
    assert_eq!(calls(&statistics, By::Month), [("2026-08".to_owned(), 1), ("2026-09".to_owned(), 2)]);
}

#[test]
fn figures_are_handed_in_every_minute_and_at_midnight_in_copenhagen() {
    assert_eq!(until_next(time("2026-11-26T12:00:00Z")), HAND_IN_EVERY);
    assert_eq!(until_next(time("2026-11-26T22:59:50Z")), Duration::from_secs(10), "winter time");
    assert_eq!(until_next(time("2026-08-31T21:59:50Z")), Duration::from_secs(10), "summer time");
    // Clocks are put back at 01:00 UTC this day, which has 25 hours, and forward on this one, which has 23.
    assert_eq!(until_next(time("2026-10-25T22:59:59Z")), Duration::from_secs(1));
    assert_eq!(until_next(time("2026-03-29T21:59:59Z")), Duration::from_secs(1));
}

#[test]
fn every_end_of_a_call_and_every_state_has_its_figure() {
    let (_, clock) = set_clock("2026-11-26T12:00:00Z");
    let statistics = Statistics::open(None, clock).expect("no directory");
    for end in [WITH_DATA, CallEnd::Answered { with_data: false }, CallEnd::Failed, CallEnd::Ended] {
        call(&statistics, end);
    }
    let counters = Arc::clone(&statistics.recorder.0.lock().expect("no panic")[&source("1.0.0")]);
    SectionState::ALL.iter().for_each(|state| counters.section(*state));
    let rows = statistics.of("skat", date("2026-11-26"), date("2026-11-26"), By::Day);
    let told = rows[0].figures.clone().expect("exact");
    let Figures { calls, answered, with_data, ended, latency, sections, .. } = told.figures;
    assert_eq!((calls, answered, with_data, ended, latency.calls()), (4, 2, 1, 1, 3));
    assert_eq!(told.with_data_per_cent, Some(50));
    for state in SectionState::ALL {
        let name = serde_json::to_value(state).expect("a name");
        assert_eq!(sections[name.as_str().expect("text")], 1, "{state:?}");
    }
    assert!(statistics.of("other", date("2026-11-26"), date("2026-11-26"), By::Day).is_empty());
    assert_eq!(statistics.of_authority("skatteforvaltningen", date("2026-11-26"), date("2026-11-26"), By::Day), rows);
}

#[test]
fn files_outlive_the_process_and_what_a_crash_left_half_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let (now, clock) = set_clock("2026-11-26T12:00:00Z");
    let statistics = Statistics::open(Some(directory.path()), clock.clone()).expect("a directory");
    call(&statistics, WITH_DATA);
    statistics.write().expect("written");
    call(&statistics, WITH_DATA);
    statistics.write().expect("written");
    let second = Statistics::open(Some(directory.path()), clock.clone());
    assert!(matches!(second, Err(StatisticsFilesError::InUse { .. })), "one process at a time");
    drop(statistics);
    fs::write(directory.path().join("2026-11.json.new"), "[{\"day\":\"2026-").expect("torn");

    let statistics = Statistics::open(Some(directory.path()), clock.clone()).expect("the file before");
    assert_eq!(calls(&statistics, By::Day), [("2026-11-26".to_owned(), 2)]);
    call(&statistics, WITH_DATA);
    statistics.write().expect("written over what was torn");
    drop(statistics);
    *now.lock().expect("no panic") = time("2028-12-31T12:00:00Z");
    let statistics = Statistics::open(Some(directory.path()), clock.clone()).expect("a directory");
    statistics.write().expect("written");
    assert_eq!(calls(&statistics, By::Month), [("2026-11".to_owned(), 3)], "25 months later");
    *now.lock().expect("no panic") = time("2029-01-01T12:00:00Z");
    statistics.write().expect("written");
    assert!(calls(&statistics, By::Month).is_empty());
    assert!(!directory.path().join("2026-11.json").exists());
    drop(statistics);

    fs::write(directory.path().join("2026-12.json"), "no statistics").expect("written");
    assert!(matches!(Statistics::open(Some(directory.path()), clock), Err(StatisticsFilesError::Unreadable { .. })));
}

#[test]
fn what_cannot_be_written_is_written_with_the_next() {
    let directory = tempfile::tempdir().expect("a directory");
    let (_, clock) = set_clock("2026-11-26T12:00:00Z");
    let statistics = Statistics::open(Some(directory.path()), clock.clone()).expect("a directory");
    call(&statistics, WITH_DATA);
    let in_the_way = directory.path().join("2026-11.json.new");
    fs::create_dir(&in_the_way).expect("made");
    assert!(statistics.write().is_err());
    fs::remove_dir(&in_the_way).expect("removed");
    statistics.write().expect("written");
    drop(statistics);
    let statistics = Statistics::open(Some(directory.path()), clock).expect("a directory");
    assert_eq!(calls(&statistics, By::Day), [("2026-11-26".to_owned(), 1)], "neither lost nor twice");
}

/// Numbers that look random and are the same each time.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |last| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)))
        .map(|number| (number >> 33) % 40_000)
        .skip(1)
}

fn latency_of(times: &[u64]) -> Latency {
    let mut classes = [0; latency::CLASSES];
    times.iter().for_each(|time| classes[latency::class_of(Duration::from_millis(*time))] += 1);
    Latency::of_classes(classes)
}

#[test]
fn adding_up_is_exact_in_any_order_and_percentiles_are_the_bounds_of_the_true_ones() {
    for seed in 0..200_u64 {
        let length = usize::try_from(seed % 37 + 1).expect("small");
        let mut times: Vec<u64> = numbers(seed).take(3 * length).collect();
        let parts: Vec<Latency> = times.chunks(length).map(latency_of).collect();
        let sum = |order: [usize; 3]| {
            let mut sum = Latency::default();
            order.into_iter().for_each(|part| sum.add(&parts[part]));
            sum
        };
        let mut last_two = parts[1].clone();
        last_two.add(&parts[2]);
        let mut grouped = parts[0].clone();
        grouped.add(&last_two);
        let all = latency_of(&times);
        assert!([sum([0, 1, 2]), sum([2, 0, 1]), grouped].iter().all(|sum| *sum == all), "seed {seed}");
        times.sort_unstable();
        for per_cent in [50, 95, 99] {
            let rank = (times.len() * per_cent).div_ceil(100);
            let truly = times[rank - 1];
            let bound = latency::BOUNDS_MS.into_iter().find(|bound| truly <= *bound);
            let expected = bound.map_or(Percentile::Longer, Percentile::AtMost);
            assert_eq!(all.percentile(per_cent as u64), Some(expected), "seed {seed}, {per_cent} per cent");
        }
    }
    assert_eq!(Latency::default().percentile(50), None);
}

#[test]
fn everybody_is_told_fewer_than_five_and_cannot_work_it_out_from_the_month() {
    let of_calls = |calls| Figures { calls, ..Figures::default() };
    let (first, second) = (source("1.0.0"), source("2.0.0"));
    let day = date("2026-11-01");
    let figures = [
        (day, &first, of_calls(3)),
        (day, &second, of_calls(2)),
        (day + 1.day(), &first, of_calls(4)),
        (day + 2.days(), &first, of_calls(10)),
    ];
    let days = || figures.iter().map(|(day, source, figures)| (*day, *source, figures));
    let told = |by| -> Vec<Option<u64>> {
        open_total(days(), by).into_iter().map(|row| row.figures.map(|told| told.figures.calls)).collect()
    };
    assert_eq!(told(By::Day), [Some(5), None, Some(10)]);
    assert_eq!(told(By::Month), [Some(15)]);
    let csv = to_csv(&open_total(days(), By::Day));
    assert!(csv.contains("2026-11-02,skatteforvaltningen,skat,,fewer than 5,"), "{csv}");
}

#[test]
fn csv_has_fixed_columns_and_no_formulas() {
    let figures = Figures { calls: 7, answered: 3, with_data: 2, ..Figures::default() };
    let source = source("=cmd|' /C calc'!A0,\"2\"");
    let csv = to_csv(&statement::rows([(date("2026-11-26"), &source, &figures)].into_iter(), By::Day));
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "period,authority,source,version,calls,answered,with_data,with_data_per_cent,ended,p50_ms,p95_ms,p99_ms,kept,ready,\
         empty,partial,stale,pending,timed_out,failed,invalid,refused,suspended,step_up_required,not_covered"
    );
    assert!(
        lines[1].starts_with("2026-11-26,skatteforvaltningen,skat,\"'=cmd|' /C calc'!A0,\"\"2\"\"\",7,3,2,66,0,,,,0,")
    );
    assert_eq!(lines[2], "", "every line ends with CRLF");
    let plain = open_total([(date("2026-11-26"), &source, &Figures::default())].into_iter(), By::Day);
    for line in to_csv(&plain).lines() {
        assert_eq!(line.matches(',').count(), 24, "{line}");
    }
}
