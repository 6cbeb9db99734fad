//! Opening a trail for writing: where it ends, whether that is where it ended, and what a crash left.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Error, ErrorKind, Write},
    path::Path,
};

use jiff::Timestamp;
use overblik_registry::{Digest, Head};
use tokio::time::Instant;

use super::{
    super::{
        entry::{Event, Happened},
        names::{AuditKeys, Mark, MarkOf},
        record::{Record, follows, of_nothing},
        verifying::proven,
        writer::Written,
    },
    Believed, Writing, day, length, make_folder, marks,
    segment::{self, Place, Segment},
    shelf::Shelf,
};
use crate::folder_lock::FolderLock;

/// What is said where a trail is not the one that was written.
const HINT: &str =
    "\n  hint: `overblik audit verify` says more; keep the folder as evidence, and name another to begin a trail anew";

/// A trail to write into, and to read from.
pub(super) struct Opened {
    pub(super) writing: Writing,
    pub(super) shelf: Shelf,
}

/// Opens what is there, or begins a trail of this name where there is none.
///
/// # Errors
/// What is wrong, in words for an operator.
pub(super) fn open(directory: &Path, keys: &AuditKeys, chain: Digest, now: Timestamp) -> Result<Opened, String> {
    make_folder(directory).map_err(|error| error.to_string())?;
    let lock = lock(directory)?;
    let cannot = |error: Error| error.to_string();
    let head = marks::read(directory, MarkOf::Head).map_err(|error| format!("{error}{HINT}"))?;
    let anchor = marks::read(directory, MarkOf::Anchor).map_err(|error| format!("{error}{HINT}"))?;
    let mut firsts = segment::all(directory).map_err(cannot)?;
    // A segment that a crash left without a whole line is none.
    while let Some(last) = firsts.last()
        && segment::first_line(&segment::lines(directory, *last)).map_err(cannot)?.is_none()
        && (firsts.len() > 1 || head.is_none())
    {
        fs::remove_file(segment::lines(directory, *last)).map_err(cannot)?;
        firsts.pop();
    }
    let Some(last) = firsts.pop() else {
        if head.is_some() || anchor.is_some() {
            return Err(format!("its segments are gone{HINT}"));
        }
        let begun = Happened { at: now, event: Event::Begun { chain } };
        let segment = Segment { first: 1, begun: now };
        let file = segment::create(&segment.lines(directory)).map_err(cannot)?;
        let found = Found::nothing();
        return go_on(lock, file, chain, segment, Vec::new(), found, begun).map_err(cannot);
    };
    if let Some(mark) = all_deleted(directory, keys, (head.as_ref(), anchor.as_ref()), (firsts.is_empty(), last))? {
        let path = segment::lines(directory, last);
        let cut_off = fs::metadata(&path).map_err(cannot)?.len();
        let file = segment::create(&path).map_err(cannot)?;
        file.set_len(0).map_err(cannot)?;
        let (segment, found) = (Segment { first: last, begun: now }, Found { head: mark.at, ..Found::nothing() });
        let gone_on = Happened { at: now, event: Event::GoneOn { cut_off } };
        return go_on(lock, file, mark.chain, segment, Vec::new(), found, gone_on).map_err(cannot);
    }
    let read = |first: u64| -> Result<Segment, String> {
        let line = segment::first_line(&segment::lines(directory, first)).map_err(cannot)?;
        let record = Record::from_line(&line.unwrap_or_default());
        let record = record.map_err(|why| format!("the first record of segment {first} {why}{HINT}"))?;
        Ok(Segment { first, begun: record.at })
    };
    let segment = read(last)?;
    let path = segment.lines(directory);
    let found = found(&path, last, head.as_ref())?;
    let has_head = head.is_some();
    let chain = chain_of(keys, head, &found, last)?;
    let file = segment::create(&path).map_err(cannot)?;
    if found.cut_off > 0 {
        tracing::warn!(
            event = "audit_mended",
            bytes = found.cut_off,
            after_record = found.head.number,
            "the end of the audit trail was never wholly written, and is cut off"
        );
        file.set_len(found.length).and_then(|()| file.sync_data()).map_err(cannot)?;
    }
    let mut closed = firsts.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let (mut segment, mut file, mut found) = (segment, file, found);
    let cut_off = found.cut_off;
    // Without a head the whole trail is one segment: nobody has been asked yet.
    if has_head && segment.day() != day(now) {
        // What is old must not stay for the sake of what is new, nor what is new for the sake of a clock that was ahead.
        closed.push(segment);
        segment = Segment { first: found.head.number.saturating_add(1), begun: now };
        file = segment::create(&segment.lines(directory)).map_err(cannot)?;
        found = Found { places: Vec::new(), length: 0, ..found };
    }
    for closed in &closed {
        if !closed.index(directory).exists() {
            segment::make_index(directory, *closed).map_err(cannot)?;
        }
    }
    // It is open again.
    match fs::remove_file(segment.index(directory)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(cannot(error)),
        _ => {}
    }
    let gone_on = Happened { at: now, event: Event::GoneOn { cut_off } };
    go_on(lock, file, chain, segment, closed, found, gone_on).map_err(cannot)
}

/// How far the trail had come, where nobody was asked for so long that all of it was deleted when its time was over: all that is
/// there is a segment that nothing was written into, and both marks say so.
fn all_deleted(
    directory: &Path,
    keys: &AuditKeys,
    (head, anchor): (Option<&Mark>, Option<&Mark>),
    (is_the_only_one, first): (bool, u64),
) -> Result<Option<Mark>, String> {
    let (true, Some(head), Some(anchor)) = (is_the_only_one, head, anchor) else { return Ok(None) };
    let line = segment::first_line(&segment::lines(directory, first)).map_err(|error| error.to_string())?;
    if line.is_some() {
        return Ok(None);
    }
    let at = proven(keys, head, MarkOf::Head, None).map_err(|why| format!("{why}{HINT}"))?;
    let gone = proven(keys, anchor, MarkOf::Anchor, Some(head.chain)).map_err(|why| format!("{why}{HINT}"))?;
    Ok((at == gone && at.number.checked_add(1) == Some(first)).then(|| head.clone()))
}

/// What was found in the last segment.
struct Found {
    head: Head,
    places: Vec<Place>,
    /// Bytes of its whole lines.
    length: u64,
    /// Bytes behind them.
    cut_off: u64,
    /// What the trail is called, if it begins here.
    chain: Option<Digest>,
    /// When the newest of its records was.
    newest: Option<Timestamp>,
}

impl Found {
    fn nothing() -> Self {
        Self { head: of_nothing(), places: Vec::new(), length: 0, cut_off: 0, chain: None, newest: None }
    }
}

/// Reads the last segment: every line must be a record that follows the one before it, and one of them the marked one.
fn found(path: &Path, first: u64, marked: Option<&Mark>) -> Result<Found, String> {
    let mut found = Found::nothing();
    let mut reader = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
    let (mut line, mut number) = (Vec::new(), first);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        let Some(text) = line.strip_suffix(b"\n") else {
            found.cut_off = u64::try_from(read).unwrap_or(u64::MAX);
            return Ok(found);
        };
        // The system may make room for a line before it writes it.
        if text.contains(&0) && reader.fill_buf().is_ok_and(<[u8]>::is_empty) {
            found.cut_off = u64::try_from(read).unwrap_or(u64::MAX);
            return Ok(found);
        }
        let wrong = |why: &dyn std::fmt::Display| format!("record {number} {why}{HINT}");
        let text = std::str::from_utf8(text).map_err(|error| wrong(&error))?;
        let record = Record::from_line(text).map_err(|why| wrong(&why))?;
        record.is_itself().map_err(|why| wrong(&why))?;
        let fits = if found.length == 0 {
            record.number == first
        } else {
            follows(record.number, record.previous, found.head)
        };
        if !fits {
            return Err(wrong(&"does not follow the one before it"));
        }
        if marked.is_some_and(|mark| mark.at.number == record.number && mark.at.hash != record.hash) {
            return Err(wrong(&"is another one than it was"));
        }
        found.places.extend(record.event.citizen().map(|citizen| (citizen.prefix(), found.length)));
        if let Event::Begun { chain } = record.event {
            found.chain = Some(chain);
        }
        found.head = record.head();
        found.newest = found.newest.max(Some(record.at));
        found.length = found.length.saturating_add(length(&line));
        number = number.saturating_add(1);
    }
}

/// Which trail it is, if it is as long as it was.
fn chain_of(keys: &AuditKeys, head: Option<Mark>, found: &Found, first: u64) -> Result<Digest, String> {
    match head {
        Some(mark) => {
            let marked = proven(keys, &mark, MarkOf::Head, None).map_err(|why| format!("head.json: {why}{HINT}"))?;
            if marked.number > found.head.number {
                let (found, marked) = (found.head.number, marked.number);
                return Err(format!(
                    "it ends with record {found}, and had come to record {marked}: its end was cut off{HINT}"
                ));
            }
            Ok(mark.chain)
        }
        // Each process was killed before it had put one down, and before anybody was asked.
        None if first == 1 && found.places.is_empty() => {
            found.chain.ok_or_else(|| format!("it has no beginning{HINT}"))
        }
        None => Err(format!("head.json is missing, which says how far it had come{HINT}")),
    }
}

fn go_on(
    lock: FolderLock,
    mut file: File,
    chain: Digest,
    segment: Segment,
    closed: Vec<Segment>,
    Found { head, places, length: at, newest, .. }: Found,
    happened: Happened,
) -> Result<Opened, Error> {
    let believed = Believed { at: newest.unwrap_or(happened.at), since: Instant::now() };
    let written = Written::next(head, happened);
    let line = format!("{}\n", written.line);
    file.write_all(line.as_bytes())?;
    file.sync_data()?;
    let writing = Writing {
        _lock: lock,
        chain,
        head: written.record.head(),
        marked: of_nothing(),
        file,
        segment,
        length: at.saturating_add(length(line.as_bytes())),
        is_stuck: false,
        believed,
    };
    Ok(Opened { shelf: Shelf::new(closed, segment, places), writing })
}

fn lock(directory: &Path) -> Result<FolderLock, String> {
    FolderLock::take(directory).map_err(|error| error.to_string())?.ok_or_else(|| {
        "another process writes here\n  hint: give each instance a folder of its own, or let them share a Redis"
            .to_owned()
    })
}
