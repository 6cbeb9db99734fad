//! What has been kept long enough goes, whole segments at a time, and the rest still is what was written.

use std::fs;

use super::{SIGNE, Time, ask, citizen, keys, restarted, segments, trail, trail_with, verified, written};
use crate::{audit::sink::Sink, config::AuditConfig};

#[tokio::test]
async fn r63_what_is_older_than_was_set_goes_and_the_trail_is_verified_from_its_anchor() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 10).await;
    time.pass_days(100);
    written(folder.path(), &time, 2).await;
    let before = verified(folder.path()).await.expect("good");
    time.pass_days(83);
    // It was off for so long that one who runs it has to say, by another start, that the clock is right.
    restarted(folder.path(), &time).await;
    let trail = trail(folder.path(), &time);
    trail.begin().await.expect("begun");
    ask(&trail, SIGNE, "library");
    let is_tidied = || !folder.path().join("audit/00000000000000000001.jsonl").exists();
    while !is_tidied() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    trail.finish().await;
    let after = verified(folder.path()).await.expect("good from its anchor");
    // A segment that was gone on with later is kept for its youngest.
    assert!(after.first > 1 && after.head.number > before.head.number, "{after:?}");
    let left = trail.about(&citizen(SIGNE), None).await.expect("readable").expect("kept here");
    assert!(left.entries.len() >= 3 && left.entries.iter().all(|entry| entry.position.0 >= after.first));
    let indexes = fs::read_dir(folder.path().join("audit"))
        .expect("a folder")
        .filter(|entry| entry.as_ref().expect("a file").path().extension().is_some_and(|kind| kind == "index"));
    assert!(indexes.count() < segments(folder.path()).len(), "an index goes with its segment");
    // More than that cannot be deleted without the key.
    fs::remove_file(&segments(folder.path())[0]).expect("removed");
    let said = verified(folder.path()).await.expect_err("found");
    assert!(said.contains("nothing says that those before it were deleted"), "{said}");
}

#[tokio::test]
async fn what_could_not_be_deleted_is_tried_again_and_leaves_no_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 10).await;
    // Nothing that is deleted as a file is.
    let old = segments(folder.path());
    time.pass_days(190);
    restarted(folder.path(), &time).await;
    let in_the_way = old[1].with_extension("index");
    fs::remove_file(&in_the_way).expect("removed");
    fs::create_dir(&in_the_way).expect("made");
    let trail = trail(folder.path(), &time);
    let Sink::Files(files) = trail.sink() else { panic!("it is kept in files") };
    files.begin(trail.keys(), &trail.0.clock).await.expect("opened");
    for _ in 0..2 {
        files.tidy(trail.keys(), &trail.0.clock).await.expect_err("in the way");
        assert!(
            !old[0].exists() && old[1].exists() && old[2].exists(),
            "the oldest alone: {:?}",
            segments(folder.path())
        );
        trail.verify(None).await.expect("good");
        assert!(trail.about(&citizen(SIGNE), None).await.expect("readable").expect("kept here").entries.is_empty());
    }
    fs::remove_dir(&in_the_way).expect("out of the way");
    files.tidy(trail.keys(), &trail.0.clock).await.expect("tidied");
    assert!(old.iter().all(|path| !path.exists()), "{:?}", segments(folder.path()));
    trail.verify(None).await.expect("good from its anchor");
}

#[tokio::test]
async fn a_clock_that_is_ahead_deletes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 10).await;
    time.pass_days(1000);
    let trail = trail(folder.path(), &time);
    let Sink::Files(files) = trail.sink() else { panic!("it is kept in files") };
    files.begin(trail.keys(), &trail.0.clock).await.expect("opened");
    let said = files.tidy(trail.keys(), &trail.0.clock).await.expect_err("not believed").to_string();
    assert!(said.contains("2029-08-18") && said.contains("2026-11-22"), "{said}");
    assert_eq!(verified(folder.path()).await.expect("good").first, 1);
    // Nor does it hold up what follows: a segment ends when its day does, whichever way the clock is set.
    let before = segments(folder.path()).len();
    time.pass_days(-1000);
    files.tidy(trail.keys(), &trail.0.clock).await.expect("nothing to delete");
    assert_eq!(segments(folder.path()).len(), before + 1);
}

#[tokio::test]
async fn nothing_goes_before_its_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 10).await;
    time.pass_days(179);
    written(folder.path(), &time, 1).await;
    assert_eq!(verified(folder.path()).await.expect("good").first, 1);
}

#[tokio::test]
async fn a_trail_of_which_nothing_is_left_is_good_and_is_gone_on_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    let config = AuditConfig { retention_days: 1, ..AuditConfig::default() };
    let begun = || async {
        let trail = trail_with(folder.path(), &time, keys(1), &config);
        trail.begin().await.expect("begun");
        trail
    };
    let trail = begun().await;
    ask(&trail, SIGNE, "library");
    trail.finish().await;
    let head = verified(folder.path()).await.expect("good").head;
    // Nobody asks for a long weekend.
    let Sink::Files(files) = trail.sink() else { panic!("it is kept in files") };
    time.pass_days(5);
    files.tidy(trail.keys(), &trail.0.clock).await.expect("tidied");
    let nothing = verified(folder.path()).await.expect("good though nothing is left");
    assert_eq!((nothing.first, nothing.head), (head.number + 1, head));
    assert_eq!(segments(folder.path()).len(), 1);
    drop(trail);
    let trail = begun().await;
    ask(&trail, SIGNE, "library");
    trail.finish().await;
    let after = verified(folder.path()).await.expect("good");
    assert_eq!((after.first, after.head.number), (head.number + 1, head.number + 2), "that it goes on, and a question");
}

#[tokio::test]
async fn a_clock_that_was_behind_at_a_start_deletes_nothing_young() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 3).await;
    let before = verified(folder.path()).await.expect("good").head.number;
    time.pass_days(-10_000);
    restarted(folder.path(), &time).await;
    time.pass_days(10_000);
    let trail = trail(folder.path(), &time);
    let Sink::Files(files) = trail.sink() else { panic!("it is kept in files") };
    files.begin(trail.keys(), &trail.0.clock).await.expect("opened");
    for _ in 0..2 {
        files.tidy(trail.keys(), &trail.0.clock).await.expect("tidied");
    }
    let after = verified(folder.path()).await.expect("good");
    assert!(after.first == 1 && after.head.number > before, "{after:?}");
}
