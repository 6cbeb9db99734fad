//! The file of the history.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::cannot;
use crate::{
    record::{Head, Record},
    store::{Appended, StoreError},
};

/// The name of the file.
pub(crate) const HISTORY: &str = "history.jsonl";

/// The history as far as it was read, and the file that it goes on in.
pub(super) struct History {
    path: PathBuf,
    /// `None` for a reader to whom there is no file yet.
    file: Option<File>,
    records: Vec<Record>,
    /// How many bytes of the file these records are.
    length: u64,
    /// Why nothing is appended any more: what lies on the disk after a failed write is not known before it is read again.
    stuck: Option<String>,
}

impl History {
    /// Opens the file for appending, and cuts off what a crash left of a record.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(HISTORY);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|error| cannot("open", &path, &error))?;
        let mut history = Self::of(path, Some(file));
        let rest = history.take_lines()?;
        if rest > 0 {
            tracing::warn!(
                bytes = rest,
                after_record = history.head().number,
                "the end of the registry's history was never wholly written, and is cut off: nobody was told that it was kept"
            );
            history.cut().map_err(|error| cannot("cut the unfinished end off", &history.path, &error))?;
        }
        Ok(history)
    }

    /// Opens the file for reading. One that does not exist yet is a history in which nothing stands.
    pub(super) fn read_only(folder: &Path) -> Result<Self, StoreError> {
        if !folder.is_dir() {
            return Err(StoreError::Unavailable(format!("there is no registry in {}", folder.display())));
        }
        let mut history = Self::of(folder.join(HISTORY), None);
        history.read_on()?;
        Ok(history)
    }

    fn of(path: PathBuf, file: Option<File>) -> Self {
        Self { path, file, records: Vec::new(), length: 0, stuck: None }
    }

    pub(super) fn head(&self) -> Head {
        self.records.last().map_or_else(Head::of_nothing, Record::head)
    }

    pub(super) fn records(&self, after: u64, most: usize) -> Vec<Record> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        self.records.iter().skip(after).take(most).cloned().collect()
    }

    /// Reads what was appended by the process that writes.
    pub(super) fn read_on(&mut self) -> Result<(), StoreError> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(cannot("open", &self.path, &error)),
            }
        }
        self.take_lines().map(|_rest| ())
    }

    /// Writes a record and waits until the disk has it.
    pub(super) fn append(&mut self, record: Record) -> Result<Appended, StoreError> {
        if let Some(why) = &self.stuck {
            return Err(StoreError::Unavailable(format!(
                "{why}; nothing is written before the process is started anew"
            )));
        }
        if record.follows(self.head()).is_err() {
            return Ok(Appended::HeadIs(self.head()));
        }
        let line = record.to_line();
        if let Err(why) = Record::from_line(&line) {
            // What could not be read again would take everything after it away as well.
            return Err(StoreError::Unavailable(format!("the record is not written: it {why}")));
        }
        let line = format!("{line}\n");
        if let Err(error) = self.write(line.as_bytes()) {
            let message = format!("cannot write {}: {error}", self.path.display());
            // Half a line before the next one would damage the history.
            if let Err(error) = self.cut() {
                let why = format!("{message}, and what was written of it cannot be taken back: {error}");
                self.stuck = Some(why.clone());
                return Err(StoreError::Unavailable(why));
            }
            return Err(StoreError::Unavailable(message));
        }
        self.length = self.length.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        self.records.push(record);
        Ok(Appended::Kept)
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let mut file = self.file.as_ref().ok_or(ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(self.length))?;
        file.write_all(line)?;
        file.sync_data()
    }

    fn cut(&mut self) -> io::Result<()> {
        let file = self.file.as_ref().ok_or(ErrorKind::NotFound)?;
        file.set_len(self.length)?;
        file.sync_data()
    }

    /// Takes in the whole lines after those taken in before, and tells how many bytes of an unfinished one follow.
    fn take_lines(&mut self) -> Result<usize, StoreError> {
        let bytes = self.rest().map_err(|error| cannot("read", &self.path, &error))?;
        let mut rest = bytes.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let Some((line, after)) = rest.split_at_checked(end) else { break };
            let after = after.get(1..).unwrap_or_default();
            if after.is_empty() && line.contains(&0) {
                // The system may make room for a line before it writes it. No record has such a byte.
                break;
            }
            let number = self.head().number.saturating_add(1);
            let damaged = |why: String| StoreError::Damaged(format!("{}: record {number} {why}", self.path.display()));
            let text = std::str::from_utf8(line).map_err(|error| damaged(format!("is no text: {error}")))?;
            let record = Record::from_line(text).map_err(|error| damaged(error.to_string()))?;
            record.follows(self.head()).map_err(|error| damaged(error.to_string()))?;
            self.records.push(record);
            self.length = self.length.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX)).saturating_add(1);
            rest = after;
        }
        Ok(rest.len())
    }

    fn rest(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Some(mut file) = self.file.as_ref() {
            let length = file.metadata()?.len();
            if length < self.length {
                let message = format!("it is {length} bytes long and was {} before", self.length);
                return Err(io::Error::new(ErrorKind::InvalidData, message));
            }
            file.seek(SeekFrom::Start(self.length))?;
            // As much as there was to begin with: what is appended meanwhile is for the next time.
            file.take(length.saturating_sub(self.length)).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
}
