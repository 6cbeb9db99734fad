//! What is not written down does not happen, unless it was said that it may.

use super::{GERT, SIGNE, Time, ask, citizen, happened, keys, trail_with, verified};
use crate::{
    audit::{Unrecorded, sink::Sink},
    config::{AuditConfig, WhenFull},
};

#[tokio::test]
async fn r63_without_room_in_the_queue_there_is_no_place_until_something_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = AuditConfig { queue: 16, ..AuditConfig::default() };
    let trail = trail_with(folder.path(), &Time::default(), keys(1), &config);
    // Nobody writes yet, as where a sink does not take anything.
    let places: Vec<_> = (0..16).map(|_| trail.place().expect("a place")).collect();
    assert!(matches!(trail.place(), Err(Unrecorded)));
    drop(places);
    (0..16).for_each(|_| ask(&trail, SIGNE, "library"));
    assert!(matches!(trail.place(), Err(Unrecorded)), "what waits has its place");
    trail.begin().await.expect("begun");
    while trail.place().is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    trail.finish().await;
    assert!(matches!(trail.place(), Err(Unrecorded)), "nothing is written any more");
    assert_eq!(verified(folder.path()).await.expect("good").head.number, 17);
}

#[test]
fn that_there_is_no_room_is_told_once_until_half_of_it_is_free() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = AuditConfig { queue: 16, ..AuditConfig::default() };
    let trail = trail_with(folder.path(), &Time::default(), keys(1), &config);
    let is_full = || trail.0.is_full.load(std::sync::atomic::Ordering::Relaxed);
    let mut places: Vec<_> = (0..16).map(|_| trail.place().expect("a place")).collect();
    assert!(!is_full());
    assert!(trail.place().is_err() && is_full());
    for _ in 0..5 {
        places.pop();
        places.push(trail.place().expect("a place"));
        assert!(is_full(), "one place that was free is no room");
    }
    places.truncate(7);
    places.push(trail.place().expect("a place"));
    assert!(!is_full());
}

#[tokio::test(start_paused = true)]
async fn what_a_process_cannot_write_in_the_end_holds_it_up_ten_seconds_however_much_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let trail = trail_with(folder.path(), &Time::default(), keys(1), &AuditConfig::default());
    trail.begin().await.expect("begun");
    let Sink::Files(files) = trail.sink() else { panic!("it is kept in files") };
    files.refuse_what_follows();
    // More than are handed over at once.
    (0..2_000).for_each(|_| ask(&trail, SIGNE, "library"));
    let before = tokio::time::Instant::now();
    trail.finish().await;
    let took = before.elapsed().as_secs();
    assert!((10..20).contains(&took), "{took} s");
}

#[tokio::test]
async fn where_it_goes_on_without_room_the_trail_says_how_many_entries_are_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = AuditConfig { queue: 16, when_full: WhenFull::DropAndCount, ..AuditConfig::default() };
    let trail = trail_with(folder.path(), &Time::default(), keys(1), &config);
    (0..16).for_each(|_| ask(&trail, SIGNE, "library"));
    for _ in 0..3 {
        trail.place().expect("a place all the same").take(|| happened(&trail, &citizen(GERT), "library"));
    }
    // A place that was not needed is no entry.
    drop(trail.place().expect("a place"));
    trail.begin().await.expect("begun");
    trail.finish().await;
    let lines: String =
        super::segments(folder.path()).iter().map(|path| std::fs::read_to_string(path).expect("text")).collect();
    assert!(lines.contains(r#"{"not_written":{"entries":3}}"#), "{lines}");
    verified(folder.path()).await.expect("good");
}
