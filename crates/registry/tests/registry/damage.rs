//! What is done to the files behind the registry's back is noticed, and what a crash tore off is no record.

use std::{fs, path::Path};

use bytes::Bytes;
use overblik_registry::{
    Appended, Bundle, CONTRACT, Change, Digest, FileStore, Head, Record, RegistryStore, StoreError, Verified,
    testing::{at, authority, libraries, library, line, machine_of, operator, person_of},
    verify,
};
use tempfile::TempDir;

/// A history of some kinds of records, made without the service; the rules allow it.
async fn made() -> (TempDir, Vec<Record>) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FileStore::open(folder.path()).expect("a store");
    let bundle = Bundle::new([(CONTRACT.to_owned(), Bytes::from_static(b"draft: yes\n"))].into()).expect("a bundle");
    let digest = store.put_blob(bundle.to_blob()).await.expect("put");
    let slug = libraries().slug;
    let machine = machine_of("birkerup-libraries", "ci");
    let pushed = Change::Pushed { source: library(), authority: slug.clone(), version: 1, bundle: digest, mistakes: 1 };
    let retired = Change::VersionRetired { source: library(), version: 1, reason: line("a draft that nobody mends") };
    let changes = [
        (operator("anna"), Change::AuthorityProposed { authority: libraries() }),
        (operator("bo"), Change::AuthorityApproved { authority: slug, proposal: 1 }),
        (machine.clone(), pushed),
        (person_of("birkerup-libraries", "carl"), retired),
        (operator("anna"), Change::AuthorityProposed { authority: authority("other", "90000099", "other.example") }),
    ];
    let mut records = Vec::new();
    for (second, (actor, change)) in (0..).zip(changes) {
        let record = Record::next(store.head().await.expect("a head"), at(second), actor, change);
        assert_eq!(store.append(&record).await, Ok(Appended::Kept));
        records.push(record);
    }
    (folder, records)
}

fn text(records: &[Record]) -> String {
    records.iter().map(|record| record.to_line() + "\n").collect()
}

/// What verification says of a history of these bytes, with the blobs of the folder.
async fn verified(folder: &Path, history: &[u8], expected: Option<Head>) -> Result<Verified, String> {
    fs::write(folder.join("history.jsonl"), history).expect("written");
    let store = FileStore::read_only(folder).map_err(|error| error.to_string())?;
    verify(&store, expected).await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn r63_a_history_that_nobody_touched_is_verified() {
    let (folder, records) = made().await;
    let head = records[4].head();
    let history = fs::read(folder.path().join("history.jsonl")).expect("a file");
    assert_eq!(history, text(&records).as_bytes());
    for expected in [None, Some(head), Some(records[1].head()), Some(Head::of_nothing())] {
        assert_eq!(verified(folder.path(), &history, expected).await, Ok(Verified { head, blobs: 1 }));
    }
}

#[tokio::test]
async fn r63_a_byte_that_was_changed_anywhere_is_noticed() {
    let (folder, records) = made().await;
    let history = text(&records).into_bytes();
    // The end of the last line is what makes it one; without it the record was never written.
    for place in 0..history.len() - 1 {
        for changed in [history[place] ^ 0x01, history[place] ^ 0x20, b' ', b'\n'] {
            let mut forged = history.clone();
            forged[place] = changed;
            if forged != history {
                let found = verified(folder.path(), &forged, None).await;
                assert!(found.is_err(), "byte {place} as {:?}", char::from(changed));
            }
        }
    }
}

#[tokio::test]
async fn r63_the_first_record_that_does_not_fit_is_named() {
    let (folder, records) = made().await;
    let lines: Vec<String> = records.iter().map(|record| record.to_line() + "\n").collect();
    let forged = lines[2].replace("\"mistakes\":1", "\"mistakes\":0");
    let inserted = Record::next(records[1].head(), at(2), operator("eve"), records[4].change.clone()).to_line() + "\n";
    let cases = [
        ("removed", vec![0, 1, 3, 4], 3, "does not follow the record before it"),
        ("first removed", vec![1, 2, 3, 4], 1, "does not follow"),
        ("moved", vec![0, 1, 3, 2, 4], 3, "does not follow"),
        ("twice", vec![0, 1, 1, 2, 3, 4], 3, "does not follow"),
        ("changed", vec![0, 1, 5, 3, 4], 3, "does not have the hash that it names"),
        ("inserted", vec![0, 1, 6, 2, 3, 4], 4, "does not follow"),
    ];
    let all: Vec<&String> = lines.iter().chain([&forged, &inserted]).collect();
    for (what, order, number, why) in cases {
        let history: String = order.iter().map(|index| all[*index].as_str()).collect();
        let told = verified(folder.path(), history.as_bytes(), None).await.expect_err(what);
        assert!(told.contains(&format!("record {number} ")) && told.contains(why), "{what}: {told}");
    }
}

#[tokio::test]
async fn r63_a_history_that_was_written_anew_as_a_whole_is_caught_by_a_head_kept_elsewhere() {
    let (folder, records) = made().await;
    let kept_elsewhere = records[3].head();
    // Whoever can write the file can also compute hashes: the chain alone does not tell.
    let mut head = Head::of_nothing();
    let mut anew = Vec::new();
    for record in &records {
        let at = record.at + std::time::Duration::from_secs(1);
        let record = Record::next(head, at, record.actor.clone(), record.change.clone());
        head = record.head();
        anew.push(record);
    }
    let history = text(&anew);
    assert!(verified(folder.path(), history.as_bytes(), None).await.is_ok());
    let told = verified(folder.path(), history.as_bytes(), Some(kept_elsewhere)).await.expect_err("anew");
    assert!(told.starts_with("record 4 is ") && told.ends_with("the history was written anew"), "{told}");
    let cut = text(&records[..3]);
    let told = verified(folder.path(), cut.as_bytes(), Some(kept_elsewhere)).await.expect_err("cut");
    assert_eq!(told, "the history ends with record 3, and ended with record 4 before: its end was cut off");
}

#[tokio::test]
async fn r47_a_record_that_fits_and_that_the_rules_do_not_allow_is_noticed() {
    let (folder, records) = made().await;
    let alone = Change::AuthorityApproved { authority: authority("other", "90000099", "o.example").slug, proposal: 5 };
    let forged = Record::next(records[4].head(), at(9), operator("anna"), alone);
    let history = text(&records) + &forged.to_line() + "\n";
    let told = verified(folder.path(), history.as_bytes(), None).await.expect_err("forged");
    assert!(told.starts_with("record 6 is one that the rules do not allow: anna took part in this"), "{told}");
    let earlier = Record::next(records[4].head(), at(0), operator("bo"), forged.change.clone());
    let history = text(&records) + &earlier.to_line() + "\n";
    let told = verified(folder.path(), history.as_bytes(), None).await.expect_err("earlier");
    assert_eq!(told, "record 6 is earlier than the record before it");
}

#[tokio::test]
async fn a_blob_that_is_gone_or_was_changed_is_noticed() {
    let (folder, records) = made().await;
    let history = text(&records).into_bytes();
    let path = folder.path().join("blobs").join(records[2].change.blobs()[0].to_string());
    let blob = fs::read(&path).expect("a blob");
    for place in 0..blob.len() {
        let mut changed = blob.clone();
        changed[place] ^= 0x01;
        fs::write(&path, changed).expect("written");
        let told = verified(folder.path(), &history, None).await.expect_err("changed");
        assert!(told.starts_with("record 3 names blob ") && told.contains("is not what its name says"), "{told}");
    }
    fs::remove_file(&path).expect("removed");
    let told = verified(folder.path(), &history, None).await.expect_err("gone");
    assert!(told.starts_with("record 3 names blob ") && told.ends_with("is not there"), "{told}");
    let store = FileStore::open(folder.path()).expect("a store");
    fs::write(&path, "half").expect("written");
    let put = store.put_blob(blob.into()).await.expect("put anew");
    assert!(store.blob(put).await.expect("whole again").is_some());
}

#[tokio::test]
async fn a_last_line_that_was_torn_at_any_byte_is_cut_off_and_the_history_goes_on() {
    let (folder, records) = made().await;
    let (whole, last) = (text(&records[..4]), records[4].to_line() + "\n");
    let path = folder.path().join("history.jsonl");
    let mut tails: Vec<Vec<u8>> = (0..last.len()).map(|length| last.as_bytes()[..length].to_vec()).collect();
    // What systems leave that make room first and write later.
    tails.extend([vec![0; 7], vec![0; 4096], [&[0; 9], b"half a record\n".as_slice()].concat()]);
    for tail in tails {
        fs::write(&path, [whole.as_bytes(), &tail].concat()).expect("written");
        let reader = FileStore::read_only(folder.path()).expect("a reader does not mind");
        assert_eq!(reader.head().await, Ok(records[3].head()), "{} bytes of it", tail.len());
        let store = FileStore::open(folder.path()).expect("opened");
        assert_eq!(store.head().await, Ok(records[3].head()), "{} bytes of it", tail.len());
        assert_eq!(fs::read(&path).expect("a file"), whole.as_bytes(), "cut off");
        assert_eq!(store.append(&records[4]).await, Ok(Appended::Kept), "and on it goes");
        assert_eq!(reader.head().await, Ok(records[4].head()), "for readers too");
    }
}

#[tokio::test]
async fn a_damaged_history_is_not_opened_and_stays_as_it_is() {
    let (folder, records) = made().await;
    let path = folder.path().join("history.jsonl");
    let damaged = text(&records).replacen("carl", "karl", 1);
    fs::write(&path, &damaged).expect("written");
    let Err(StoreError::Damaged(told)) = FileStore::open(folder.path()) else { panic!("it was opened") };
    assert!(
        told.ends_with("history.jsonl: record 4 does not have the hash that it names: its contents were changed"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&path).expect("a file"), damaged, "whoever looks into it finds it as it was");
}

#[tokio::test]
async fn a_disk_that_says_no_gives_an_error_that_says_why_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "x").expect("written");
    let Err(StoreError::Unavailable(told)) = FileStore::open(&file) else { panic!("a file is no folder") };
    assert!(told.starts_with("cannot make the folder ") && told.contains("file"), "{told}");
    let Err(StoreError::Unavailable(told)) = FileStore::read_only(&folder.path().join("none")) else { panic!("none") };
    assert!(told.starts_with("there is no registry in "), "{told}");

    let (folder, records) = made().await;
    let store = FileStore::open(folder.path()).expect("a store");
    let blobs = folder.path().join("blobs");
    let away = folder.path().join("away");
    fs::rename(&blobs, &away).expect("moved");
    fs::write(&blobs, "a file in its place").expect("written");
    let Err(StoreError::Unavailable(told)) = store.put_blob(Bytes::from_static(b"x")).await else { panic!("kept") };
    assert!(told.starts_with("cannot write "), "{told}");
    fs::remove_file(&blobs).expect("removed");
    fs::rename(&away, &blobs).expect("moved back");
    let put = store.put_blob(Bytes::from_static(b"x")).await;
    assert_eq!(put, Ok(Digest::of_blob(b"x")), "once there is room again it goes on");
    assert_eq!(store.head().await, Ok(records[4].head()));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_gives_an_error_and_no_record() {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink("/dev/full", folder.path().join("history.jsonl")).expect("linked");
    let store = FileStore::open(folder.path()).expect("a store in which nothing can be written");
    let record =
        Record::next(Head::of_nothing(), at(0), operator("anna"), Change::AuthorityProposed { authority: libraries() });
    let Err(StoreError::Unavailable(told)) = store.append(&record).await else { panic!("kept") };
    assert!(told.contains("No space left"), "{told}");
    assert_eq!(store.head().await, Ok(Head::of_nothing()));
    // What lies there after that is not known, so nothing is put after it.
    let Err(StoreError::Unavailable(told)) = store.append(&record).await else { panic!("kept") };
    assert!(told.ends_with("nothing is written before the process is started anew"), "{told}");
}
