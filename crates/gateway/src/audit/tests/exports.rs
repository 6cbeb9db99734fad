//! Parts of a trail for others.

use std::io::{self, BufReader, Write};

use tokio::{runtime::Handle, task::block_in_place};

use super::{GERT, SIGNE, Time, ask, keys, restarted, segments, trail, written};
use crate::audit::{
    Trail,
    exporting::{Part, verify_exported},
    sink::Sink,
    verifying::Verified,
};

async fn exported(trail: &Trail, from: &str, to: &str, source: Option<&str>) -> String {
    let part = Part {
        from: from.parse().expect("a date"),
        to: to.parse().expect("a date"),
        source: source.map(str::to_owned),
    };
    let mut out = Vec::new();
    trail.export(&part, &mut out).await.expect("exported");
    String::from_utf8(out).expect("text")
}

fn looked_through(byte: u8, text: &str) -> Result<Vec<Verified>, String> {
    verify_exported(&keys(byte), BufReader::new(text.as_bytes())).map_err(|error| error.to_string())
}

#[tokio::test]
async fn r63_an_export_holds_what_was_asked_for_and_can_be_verified_elsewhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    for day in 0..3 {
        let trail = trail(folder.path(), &time);
        trail.begin().await.expect("begun");
        for source in ["library", "daycare", "library"] {
            ask(&trail, SIGNE, source);
            ask(&trail, GERT, source);
        }
        trail.finish().await;
        if day < 2 {
            time.pass_days(1);
        }
    }
    let trail = trail(folder.path(), &time);
    let all = exported(&trail, "2026-11-22", "2026-11-24", None).await;
    let verified = looked_through(1, &all).expect("good");
    assert_eq!((verified.len(), verified[0].first, verified[0].left_out), (1, 1, 0));
    let one_day = exported(&trail, "2026-11-23", "2026-11-23", None).await;
    assert!(!one_day.contains("2026-11-22T") && !one_day.contains("2026-11-24T") && one_day.contains("2026-11-23T"));
    assert!(looked_through(1, &one_day).expect("good")[0].first > 1);
    let one_source = exported(&trail, "2026-11-22", "2026-11-24", Some("daycare")).await;
    assert!(!one_source.contains("library") && one_source.matches("\"daycare\"").count() == 6, "{one_source}");
    let verified = looked_through(1, &one_source).expect("good");
    assert!(verified[0].left_out > 6, "places of the others: {verified:?}");
    for (what, spoilt) in [
        ("altered", one_source.replacen("\"ready\"", "\"empty\"", 1)),
        (
            "removed",
            one_source.lines().enumerate().filter(|(at, _)| *at != 3).flat_map(|(_, line)| [line, "\n"]).collect(),
        ),
        ("cut", one_source.lines().take(4).flat_map(|line| [line, "\n"]).collect()),
        ("more behind it", format!("{one_source}{}\n", one_source.lines().next().expect("a line"))),
    ] {
        assert_ne!(spoilt, one_source, "{what}");
        assert!(looked_through(1, &spoilt).is_err(), "{what}: {spoilt}");
    }
    assert!(looked_through(2, &one_source).expect_err("another key").contains("was not made with the key"));
    assert_eq!(exported(&trail, "2026-12-01", "2026-12-02", None).await, "");
}

/// Somebody who takes an export, while the gateway deletes what is too old.
struct Taken<'a> {
    trail: &'a Trail,
    text: Vec<u8>,
}

impl Write for Taken<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.is_empty() {
            let trail = self.trail;
            let tidied = trail.sink().tidy(trail.keys(), &trail.0.clock);
            block_in_place(|| Handle::current().block_on(tidied)).expect("tidied");
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r63_what_is_deleted_while_it_is_read_is_no_tampering() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 20).await;
    time.pass_days(100);
    written(folder.path(), &time, 1).await;
    time.pass_days(90);
    restarted(folder.path(), &time).await;
    let trail = super::trail(folder.path(), &time);
    let Sink::Files(files) = trail.sink() else { panic!("it is kept in files") };
    files.begin(trail.keys(), &trail.0.clock).await.expect("opened, and not tidied yet");
    let before = segments(folder.path());
    let (everything, mut taken) = (
        Part { from: "2026-11-01".parse().expect("a date"), to: "2027-12-31".parse().expect("a date"), source: None },
        Taken { trail: &trail, text: Vec::new() },
    );
    trail.export(&everything, &mut taken).await.expect("exported");
    let after = segments(folder.path());
    assert!(before.len() > 3 && !after.contains(&before[0]) && !after.contains(&before[1]), "{after:?}");
    let parts = looked_through(1, &String::from_utf8(taken.text).expect("text")).expect("good");
    assert_eq!(parts.len(), 2, "what was read before it went, and what stays: {parts:?}");
    assert_eq!(parts[0].first, 1);
    assert_eq!(parts[1].head, trail.verify(None).await.expect("good")[0].head);
}

#[tokio::test]
async fn an_export_goes_on_behind_an_entry_whose_clock_was_ahead() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 1).await;
    time.pass_days(30);
    written(folder.path(), &time, 1).await;
    time.pass_days(-30);
    written(folder.path(), &time, 1).await;
    let text = exported(&trail(folder.path(), &time), "2026-11-22", "2026-11-22", Some("library")).await;
    assert_eq!(text.matches("\"library\"").count(), 4, "{text}");
    assert!(!text.contains("2026-12-22T"), "{text}");
    let verified = looked_through(1, &text).expect("good");
    let last = trail(folder.path(), &time).verify(None).await.expect("good")[0].head;
    assert_eq!((verified.len(), verified[0].head), (1, last));
}
