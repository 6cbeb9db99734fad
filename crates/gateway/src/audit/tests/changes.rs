//! Nothing is removed, changed, moved or cut off that is not found.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{Time, begins, copy, keys, segments, trail, trail_with, verified, written};
use crate::{
    audit::{exporting::ReadingError, names::tests::citizen, verifying::NotVerified},
    config::AuditConfig,
};

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).expect("text").lines().map(str::to_owned).collect()
}

fn put(path: &Path, lines: &[String]) {
    fs::write(path, lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>()).expect("written");
}

type Change = (&'static str, fn(&mut Vec<String>, usize));

const CHANGES: [Change; 5] = [
    ("altered", |lines, at| lines[at] = lines[at].replacen("2026-11-22T09", "2026-11-22T08", 1)),
    ("respelled", |lines, at| lines[at] = lines[at].replacen(':', ": ", 1)),
    ("removed", |lines, at| drop(lines.remove(at))),
    ("doubled", |lines, at| lines.insert(at, lines[at].clone())),
    ("moved", |lines, at| {
        let line = lines.remove(at);
        lines.insert(if at == 0 { 1 } else { at - 1 }, line);
    }),
];

#[tokio::test]
async fn r63_every_record_that_is_removed_altered_doubled_or_moved_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &Time::default(), 8).await;
    let whole = verified(folder.path()).await.expect("what was written");
    assert_eq!((whole.first, whole.head.number), (1, 17), "its beginning, and eight questions about either");
    let count = segments(folder.path()).len();
    assert!(count > 2, "{count} segments");
    let mut tried = 0;
    for segment in 0..count {
        for at in 0..lines(&segments(folder.path())[segment]).len() {
            for (what, change) in CHANGES {
                let spoilt = copy(folder.path());
                let path = &segments(spoilt.path())[segment];
                let mut changed = lines(path);
                if what == "moved" && changed.len() == 1 {
                    continue;
                }
                change(&mut changed, at);
                put(path, &changed);
                let said = verified(spoilt.path()).await;
                assert!(said.is_err(), "{what} in segment {segment}, line {at}: {said:?}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 17 * 4, "{tried}");
}

#[tokio::test]
async fn r63_a_beginning_or_an_end_that_is_missing_is_found_and_nothing_is_written_behind_it() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &Time::default(), 8).await;
    let said = |spoilt: tempfile::TempDir| async move {
        (
            verified(spoilt.path()).await.expect_err("found"),
            begins(spoilt.path()).await.map_err(|error| error.to_string()),
        )
    };
    // The last record; then the last segment.
    let spoilt = copy(folder.path());
    let last = segments(spoilt.path()).pop().expect("a segment");
    let mut fewer = lines(&last);
    fewer.pop();
    put(&last, &fewer);
    let (verifying, beginning) = said(spoilt).await;
    assert!(verifying.contains("its end was cut off"), "{verifying}");
    assert!(beginning.expect_err("refused").contains("its end was cut off"));
    let spoilt = copy(folder.path());
    fs::remove_file(segments(spoilt.path()).pop().expect("a segment")).expect("removed");
    let (verifying, beginning) = said(spoilt).await;
    assert!(verifying.contains("its end was cut off"), "{verifying}");
    assert!(beginning.is_err());
    // The first segment, and one between.
    for (which, expected) in [(0, "nothing says that those before it were deleted"), (1, "does not follow")] {
        let spoilt = copy(folder.path());
        fs::remove_file(&segments(spoilt.path())[which]).expect("removed");
        let said = verified(spoilt.path()).await.expect_err("found");
        assert!(said.contains(expected), "{said}");
    }
    // What says how far it had come; and all of it but that.
    let spoilt = copy(folder.path());
    fs::remove_file(spoilt.path().join("audit/head.json")).expect("removed");
    let (verifying, beginning) = said(spoilt).await;
    assert!(verifying.contains("nothing under a key of ours says"), "{verifying}");
    assert!(beginning.expect_err("refused").contains("head.json is missing"));
    let spoilt = copy(folder.path());
    for segment in segments(spoilt.path()) {
        fs::remove_file(segment).expect("removed");
    }
    let (verifying, beginning) = said(spoilt).await;
    assert!(verifying.contains("its end was cut off"), "{verifying}");
    assert!(beginning.expect_err("refused").contains("its segments are gone"));
}

#[tokio::test]
async fn r63_a_trail_that_was_written_anew_without_the_key_or_put_back_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &Time::default(), 3).await;
    let before = copy(folder.path());
    let head = verified(folder.path()).await.expect("good").head;
    // Somebody who can write the folder, and has the program, and not the key.
    let forged = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    let by_another = trail_with(forged.path(), &time, keys(2), &AuditConfig::default());
    by_another.begin().await.expect("begun");
    by_another.finish().await;
    let said = verified(forged.path()).await.expect_err("found");
    assert!(said.contains("was not made with the key that it names"), "{said}");
    // A copy of the whole folder from before says nothing of what came after: a head that was kept elsewhere does.
    written(folder.path(), &time, 2).await;
    let later = verified(folder.path()).await.expect("good").head;
    assert!(later.number > head.number);
    verified(before.path()).await.expect("good in itself");
    let put_back = trail(before.path(), &time);
    assert!(put_back.verify(Some(head)).await.is_ok());
    let said = put_back.verify(Some(later)).await.expect_err("found");
    assert!(matches!(said, ReadingError::NotVerified { why: NotVerified::Rewritten { .. }, .. }), "{said}");
    assert_eq!(trail(folder.path(), &time).verify(Some(head)).await.expect("good")[0].head, later);
}

#[tokio::test]
async fn r61_nothing_in_the_folder_names_the_citizen_or_can_be_made_without_the_key() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &Time::default(), 3).await;
    let name = String::from(keys(1).name(&citizen(super::SIGNE)));
    let mut all = String::new();
    for entry in fs::read_dir(folder.path().join("audit")).expect("a folder") {
        let path = entry.expect("a file").path();
        all.push_str(&path.display().to_string());
        all.push_str(&String::from_utf8_lossy(&fs::read(path).expect("bytes")));
    }
    assert!(all.contains(&name), "the control");
    assert!(!all.contains(super::SIGNE) && !all.contains("610101-0001"), "a number");
    for path in segments(folder.path()) {
        assert_eq!(fs::metadata(path).expect("a file").permissions().mode() & 0o777, 0o600);
    }
}
