//! Figures in files, one for each month, `2026-11.json`. Each is written whole to a temporary name, synced and renamed, so
//! that a crash leaves the file before or the one after; it loses at most what was counted since.
//!
//! One process writes in a directory: a second one is refused at its start, by a lock that ends with the process.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use overblik_widgets::Date;
use serde::{Deserialize, Serialize};

use super::{
    days::{Days, Source, oldest_kept},
    figures::Figures,
};

/// A directory of figures.
#[derive(Debug)]
pub(super) struct Files {
    directory: PathBuf,
    /// What stands in the files, by the first day of the month.
    written: BTreeMap<Date, String>,
    /// Held for as long as the process writes here.
    _lock: File,
}

/// One line of a month's file.
#[derive(Serialize, Deserialize)]
struct Line {
    day: Date,
    of: Source,
    figures: Figures,
}

/// Why the directory of `statistics.directory` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsFilesError {
    /// It cannot be read or written.
    #[error("statistics.directory: {path}: {cause}", path = path.display())]
    Unusable {
        /// The file or directory.
        path: PathBuf,
        /// What was said of it.
        cause: io::Error,
    },
    /// Another process writes there.
    #[error("statistics.directory: {path}: another process writes here\n  hint: give each instance a directory of its own", path = path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A file holds what was not written here.
    #[error("statistics.directory: {path}: not a month of statistics: {cause}\n  hint: move the file away", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: serde_json::Error,
    },
}

impl Files {
    /// Opens a directory, made if need be, and reads what is in it.
    pub(super) fn open(directory: &Path) -> Result<(Self, Days), StatisticsFilesError> {
        let unusable = |path: &Path, cause| StatisticsFilesError::Unusable { path: path.to_owned(), cause };
        fs::create_dir_all(directory).map_err(|cause| unusable(directory, cause))?;
        let lock = File::create(directory.join("lock")).map_err(|cause| unusable(directory, cause))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StatisticsFilesError::InUse { path: directory.to_owned() },
            TryLockError::Error(cause) => unusable(directory, cause),
        })?;
        let (mut days, mut written) = (Days::default(), BTreeMap::new());
        for entry in fs::read_dir(directory).map_err(|cause| unusable(directory, cause))? {
            let path = entry.map_err(|cause| unusable(directory, cause))?.path();
            // What a crash left half-written, and the lock, are no months.
            let Some(month) = month_of(&path) else { continue };
            let text = fs::read_to_string(&path).map_err(|cause| unusable(&path, cause))?;
            let lines: Vec<Line> = serde_json::from_str(&text)
                .map_err(|cause| StatisticsFilesError::Unreadable { path: path.clone(), cause })?;
            for Line { day, of, figures } in lines {
                days.add(day, of, &figures);
            }
            written.insert(month, text);
        }
        Ok((Self { directory: directory.to_owned(), written, _lock: lock }, days))
    }

    /// Writes the months that changed, and deletes those that are not kept any more.
    pub(super) fn write(&mut self, days: &Days, today: Date) -> Result<(), StatisticsFilesError> {
        let mut months: BTreeMap<Date, Vec<Line>> = BTreeMap::new();
        for (day, of, figures) in days.between(Date::MIN, Date::MAX) {
            let line = Line { day, of: of.clone(), figures: figures.clone() };
            months.entry(day.first_of_month()).or_default().push(line);
        }
        for (month, lines) in months {
            let path = self.path(month);
            let unusable = |cause| StatisticsFilesError::Unusable { path: path.clone(), cause };
            let text = serde_json::to_string_pretty(&lines).map_err(|error| unusable(error.into()))?;
            if self.written.get(&month) != Some(&text) {
                replace(&self.directory, &path, &text).map_err(unusable)?;
                self.written.insert(month, text);
            }
        }
        let oldest = oldest_kept(today);
        while let Some(month) = self.written.first_key_value().map(|(month, _)| *month).filter(|month| *month < oldest)
        {
            let path = self.path(month);
            fs::remove_file(&path).map_err(|cause| StatisticsFilesError::Unusable { path, cause })?;
            self.written.remove(&month);
        }
        Ok(())
    }

    fn path(&self, month: Date) -> PathBuf {
        self.directory.join(format!("{}.json", month.strftime("%Y-%m")))
    }
}

fn month_of(path: &Path) -> Option<Date> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
    format!("{name}-01").parse().ok()
}

fn replace(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension("json.new");
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(directory)?.sync_all()
}
