//! What has been kept long enough goes, whole segments at a time, and the rest still is what was written.

use std::fs;

use super::{SIGNE, Time, ask, citizen, segments, trail, verified, written};

#[tokio::test]
async fn r63_what_is_older_than_was_set_goes_and_the_trail_is_verified_from_its_anchor() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 10).await;
    time.pass_days(100);
    written(folder.path(), &time, 2).await;
    let before = verified(folder.path()).await.expect("good");
    time.pass_days(83);
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
    assert!(left.entries.len() >= 3 && left.entries.iter().all(|entry| entry.record.number >= after.first));
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
async fn nothing_goes_before_its_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 10).await;
    time.pass_days(179);
    written(folder.path(), &time, 1).await;
    assert_eq!(verified(folder.path()).await.expect("good").first, 1);
}
