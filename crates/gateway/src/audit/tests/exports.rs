//! Parts of a trail for others.

use std::io::{self, BufReader, Write};

use overblik_registry::{Digest, Domain};
use tokio::{runtime::Handle, task::block_in_place};

use super::{GERT, SIGNE, Time, ask, keys, restarted, segments, trail, written};
use crate::audit::{
    Trail,
    collected::verify_exported,
    entry::{Event, Happened},
    exporting::Part,
    names::MarkOf,
    record::{LeftOut, Record, json, of_nothing},
    sink::Sink,
    standard_output::MarkLine,
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
        ("its beginning cut off", one_source.lines().skip(1).flat_map(|line| [line, "\n"]).collect()),
        ("an entry taken out", {
            let line = one_source.lines().nth(1).filter(|line| line.contains("daycare"));
            let line = line.unwrap_or_else(|| one_source.lines().next().expect("a line"));
            let Record { number, previous, hash, .. } = Record::from_line(line).expect("a record");
            one_source.replacen(line, &json(&LeftOut { number, previous, hash }), 1)
        }),
    ] {
        assert_ne!(spoilt, one_source, "{what}");
        assert!(looked_through(1, &spoilt).is_err(), "{what}: {spoilt}");
    }
    assert!(looked_through(2, &one_source).expect_err("another key").contains("was not made with the key"));
    assert_eq!(exported(&trail, "2026-12-01", "2026-12-02", None).await, "");
}

/// What a process with a trail of this name printed: so many entries, with marks behind these.
fn printed(name: &[u8], entries: usize, marks: &[u64]) -> Vec<String> {
    let (keys, chain) = (keys(1), Digest::of(Domain::Blob, name));
    let (mut head, mut lines) = (of_nothing(), Vec::new());
    for at in 0..entries {
        let event = if at == 0 { Event::Begun { chain } } else { Event::NotWritten { entries: 1 } };
        let happened = Happened { at: "2026-11-22T09:00:00Z".parse().expect("a time"), event };
        let record = Record::next(head, happened);
        head = record.head();
        lines.push(record.to_line());
        if marks.contains(&head.number) {
            lines.push(json(&MarkLine { mark: keys.mark(MarkOf::Head, chain, head).expect("a mark") }));
        }
    }
    lines
}

#[test]
fn r63_what_was_collected_is_proven_up_to_each_process_s_last_mark_and_the_rest_is_counted() {
    let of = |lines: &[&[String]]| {
        let text: String = lines.concat().iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let all = looked_through(1, &text)?;
        Ok::<_, String>(all.iter().map(|part| (part.first, part.head.number, part.unproven)).collect::<Vec<_>>())
    };
    let (whole, killed, early) = (printed(b"a", 5, &[3, 5]), printed(b"b", 5, &[3]), printed(b"c", 2, &[]));
    assert_eq!(of(&[&whole]), Ok(vec![(1, 5, 0)]));
    // Killed behind its last mark, or before its first one; in the middle as at the end.
    for lines in [[&killed, &early, &whole], [&whole, &early, &killed], [&early, &whole, &killed]] {
        let told = of(&lines.map(Vec::as_slice)).expect("good");
        for expected in [(1, 5, 0), (1, 3, 2), (1, 0, 2)] {
            assert!(told.contains(&expected), "{told:?}");
        }
    }
    // Cut between marks, before a mark and behind one.
    for (at, expected) in [(1, (2, 5, 0)), (3, (4, 5, 0)), (4, (4, 5, 0))] {
        assert_eq!(of(&[&whole[at..]]), Ok(vec![expected]), "from line {at}");
    }
    assert_eq!(of(&[&whole[..5]]), Ok(vec![(1, 3, 1)]));
    // Nothing of it is under a key.
    for nothing in [&early[..], &whole[1..3], &[], &whole[3..4]] {
        let said = of(&[nothing]).expect_err("nothing is proven");
        assert!(said.contains("nothing under a key of ours"), "{said}");
    }
    for gone in 0..whole.len() - 1 {
        let mut fewer = whole.clone();
        let is_mark = fewer.remove(gone).contains("\"mark\"");
        let is_first = gone == 0;
        assert_eq!(of(&[&fewer]).is_ok(), is_mark || is_first, "line {gone} is gone");
    }
    // Nothing is left out of what is collected.
    let mut taken_out = whole.clone();
    let Record { number, previous, hash, .. } = Record::from_line(&whole[1]).expect("a record");
    taken_out[1] = json(&LeftOut { number, previous, hash });
    assert!(of(&[&taken_out]).is_err());
    let mut of_another = whole.clone();
    of_another[3] = killed[3].clone();
    assert!(of(&[&of_another]).is_err());
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
