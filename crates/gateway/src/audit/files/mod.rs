//! A trail in files of this machine: segments of lines, one after the other, each with an index by citizen once it is closed.
//!
//! | file | what |
//! | --- | --- |
//! | `00000000000000000001.jsonl` | a segment, named by its first record; another begins with the day, or when this one is large |
//! | `00000000000000000001.index` | where in it which citizen's entries are; made anew where it is missing |
//! | `head.json` | how far the trail has come, under a keyed hash; written after what it names is on the disk |
//! | `anchor.json` | up to where it was deleted when its time was over, under a keyed hash; written before the deleting |
//! | `lock` | held by the one process that writes |

mod believed;
mod marks;
mod opening;
mod segment;
mod shelf;
mod walking;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use overblik_registry::{Digest, Head};
use overblik_widgets::{Date, Moment};

use super::{
    AuditAway,
    names::{AuditKeys, CitizenName, MarkOf},
    own_log::{OwnPage, Position},
    record::Record,
    writer::Written,
};
use crate::{clock::Clock, folder_lock::FolderLock};
use believed::Believed;
use segment::Segment;
use shelf::Shelf;
pub(in crate::audit) use walking::Folder;

/// From so many bytes on another segment begins.
const LARGEST_SEGMENT: u64 = 128 * 1024 * 1024;

/// A folder with a trail.
#[derive(Clone, Debug)]
pub(super) struct Files(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    retention_days: u16,
    largest_segment: u64,
    /// What the trail is called if it begins here and now.
    chain: Digest,
    /// Of the process that writes.
    writing: Mutex<Option<Writing>>,
    /// What readers find.
    shelf: Mutex<Shelf>,
}

/// What the process that writes knows of the trail.
#[derive(Debug)]
struct Writing {
    _lock: FolderLock,
    chain: Digest,
    head: Head,
    /// What `head.json` names.
    marked: Head,
    file: File,
    segment: Segment,
    length: u64,
    /// What lies on the disk is not known: half a line could not be taken back.
    is_stuck: bool,
    believed: Believed,
}

impl Files {
    pub(super) fn new(directory: PathBuf, retention_days: u16, chain: Digest) -> Self {
        Self::with_segments(directory, retention_days, chain, LARGEST_SEGMENT)
    }

    pub(super) fn with_segments(directory: PathBuf, retention_days: u16, chain: Digest, largest_segment: u64) -> Self {
        let (writing, shelf) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { directory, retention_days, largest_segment, chain, writing, shelf }))
    }

    /// What a trail is called that begins here.
    pub(super) fn chain(&self) -> Digest {
        self.0.chain
    }

    /// Where it is.
    pub(super) fn folder(&self) -> Folder {
        Folder::at(&self.0.directory)
    }

    pub(super) async fn begin(&self, keys: &AuditKeys, clock: &Clock) -> Result<Head, AuditAway> {
        let opened = opening::open(&self.0.directory, keys, self.0.chain, clock.now());
        let opening::Opened { writing, shelf } =
            opened.map_err(|why| AuditAway(format!("audit.directory: {}: {why}", self.0.directory.display())))?;
        let head = writing.head;
        *self.0.shelf() = shelf;
        *self.0.writing() = Some(writing);
        self.sync(keys).await?;
        Ok(head)
    }

    pub(super) async fn append(&self, written: Arc<Vec<Written>>) -> Result<(), AuditAway> {
        self.on_disk(move |inner| inner.append(&written)).await
    }

    pub(super) async fn sync(&self, keys: &AuditKeys) -> Result<(), AuditAway> {
        // The mark is made here, as keys may be exchanged; what it names is on the disk before it is.
        let Some((chain, head, marked)) =
            self.0.writing().as_ref().map(|writing| (writing.chain, writing.head, writing.marked))
        else {
            return Ok(());
        };
        let mark = (head != marked).then(|| keys.mark(MarkOf::Head, chain, head)).flatten();
        self.on_disk(move |inner| {
            let mut writing = inner.writing();
            let Some(writing) = writing.as_mut() else { return Ok(()) };
            writing.file.sync_data()?;
            if let Some(mark) = mark {
                marks::write(&inner.directory, &mark)?;
                writing.marked = head;
            }
            Ok(())
        })
        .await
    }

    /// Deletes whole segments of which every record is older than what is to be kept.
    pub(super) async fn tidy(&self, keys: &AuditKeys, clock: &Clock) -> Result<(), AuditAway> {
        let now = clock.now();
        let oldest = now.checked_sub(SignedDuration::from_hours(24 * i64::from(self.0.retention_days)));
        let oldest = oldest.unwrap_or(Timestamp::MIN);
        let found = self.on_disk(move |inner| {
            inner.begin_another_day(now)?;
            let anchor = inner.anchor_before(oldest, now)?;
            if anchor.is_some() {
                inner.writing().as_ref().map_or(Ok(()), |writing| writing.believed.look_at(now))?;
            }
            Ok(anchor)
        });
        let found = found.await?;
        let mark = found.and_then(|(chain, anchor)| keys.mark(MarkOf::Anchor, chain, anchor));
        self.on_disk(move |inner| {
            if let Some(mark) = mark {
                marks::write(&inner.directory, &mark)?;
                inner.shelf().take_before(mark.at.number);
            }
            inner.delete_what_leaves()
        })
        .await
    }

    /// As after half a line that could not be taken back.
    #[cfg(test)]
    pub(super) fn refuse_what_follows(&self) {
        if let Some(writing) = self.0.writing().as_mut() {
            writing.is_stuck = true;
        }
    }

    /// Entries about whoever has one of these names, newest first.
    pub(super) async fn about(
        &self,
        names: Vec<CitizenName>,
        before: Option<Position>,
        most: usize,
    ) -> Result<OwnPage, AuditAway> {
        self.on_disk(move |inner| {
            let before = before.map_or(u64::MAX, |Position(number, _)| number);
            let places = inner.shelf().places(&names);
            let entries = places.entries(&inner.directory, &names, before, most.saturating_add(1))?;
            Ok(OwnPage::of(entries, most))
        })
        .await
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> io::Result<T> + Send + 'static,
    ) -> Result<T, AuditAway> {
        let inner = Arc::clone(&self.0);
        let done = crate::blocking::run(move || work(&inner)).await;
        let done = done.map_err(|error| AuditAway(error.to_string()))?;
        done.map_err(|error| AuditAway(format!("{}: {error}", self.0.directory.display())))
    }
}

impl Inner {
    fn append(&self, written: &[Written]) -> io::Result<()> {
        let mut writing = self.writing();
        let writing = writing.as_mut().ok_or_else(|| io::Error::other("the trail is not open"))?;
        let (Some(first), Some(last)) = (written.first(), written.last()) else { return Ok(()) };
        if last.record.number <= writing.head.number {
            // Taken before; nobody waited for the end of it.
            return Ok(());
        }
        if writing.is_stuck || first.record.previous != writing.head.hash {
            return Err(io::Error::other(
                "what was written last is not known; nothing is written before the process is started anew",
            ));
        }
        let is_full = writing.length >= self.largest_segment;
        if writing.length > 0 && (is_full || writing.segment.day() < day(first.record.at)) {
            self.begin_segment(writing, first.record.at)?;
        }
        let mut bytes = Vec::with_capacity(written.len().saturating_mul(700));
        let mut places = Vec::with_capacity(written.len());
        for entry in written {
            let at = writing.length.saturating_add(length(&bytes));
            places.extend(entry.citizen().map(|citizen| (citizen.prefix(), at)));
            bytes.extend_from_slice(entry.line.as_bytes());
            bytes.push(b'\n');
        }
        if let Err(error) = writing.file.write_all(&bytes) {
            // Half a line before the next one would damage the trail.
            writing.is_stuck = writing.file.set_len(writing.length).is_err();
            return Err(error);
        }
        writing.length = writing.length.saturating_add(length(&bytes));
        writing.head = last.record.head();
        self.shelf().add(places);
        Ok(())
    }

    /// Closes the open segment, and begins another.
    fn begin_segment(&self, writing: &mut Writing, begun: Timestamp) -> io::Result<()> {
        writing.file.sync_data()?;
        let mut places = self.shelf().open_places();
        segment::write_index(&writing.segment.index(&self.directory), &mut places)?;
        let segment = Segment { first: writing.head.number.saturating_add(1), begun };
        let file = segment::create(&segment.lines(&self.directory))?;
        marks::sync_directory(&self.directory)?;
        self.shelf().close(writing.segment, segment);
        writing.file = file;
        writing.segment = segment;
        writing.length = 0;
        Ok(())
    }

    /// A segment ends with its day also where nothing is asked any more.
    fn begin_another_day(&self, now: Timestamp) -> io::Result<()> {
        let mut writing = self.writing();
        match writing.as_mut() {
            Some(writing) if writing.length > 0 && writing.segment.day() != day(now) => {
                self.begin_segment(writing, now)
            }
            _ => Ok(()),
        }
    }

    /// The last place of what may be deleted, if anything may.
    fn anchor_before(&self, oldest: Timestamp, now: Timestamp) -> io::Result<Option<(Digest, Head)>> {
        let (Some(chain), Some(kept)) =
            (self.writing().as_ref().map(|writing| writing.chain), self.shelf().first_kept(oldest, now))
        else {
            return Ok(None);
        };
        let line = segment::first_line(&kept.lines(&self.directory))?;
        let hash = match line {
            Some(line) => Record::from_line(&line).map_err(io::Error::other)?.previous,
            // The segment that nothing stands in yet.
            None => match self.writing().as_ref() {
                Some(writing) if writing.segment.first == kept.first && writing.length == 0 => writing.head.hash,
                _ => return Ok(None),
            },
        };
        Ok(Some((chain, Head { number: kept.first.saturating_sub(1), hash })))
    }

    /// Deletes what nothing reads any more, and what could not be deleted the last time. The oldest come first, and where one
    /// stays the others wait: a gap between would look as if somebody had removed something.
    fn delete_what_leaves(&self) -> io::Result<()> {
        loop {
            let Some(segment) = self.shelf().leaving() else { return Ok(()) };
            segment.delete(&self.directory)?;
            self.shelf().left(segment);
        }
    }

    fn writing(&self) -> MutexGuard<'_, Option<Writing>> {
        // What is under it changes last, after what was done on the disk.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether somebody has written a trail there, and put down how far it came.
pub(super) fn holds_a_trail(directory: Option<&Path>) -> bool {
    directory.is_some_and(|directory| marks::path(directory, MarkOf::Head).exists())
}

fn day(at: Timestamp) -> Date {
    Moment::new(at).date()
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A file that nobody but the gateway's user reads.
fn private() -> fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.mode(0o600);
    options
}

/// A folder likewise, made if need be.
fn make_folder(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}
