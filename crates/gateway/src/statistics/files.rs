//! Figures in files, one for each day, `2026-11-26.json`. The day's file is written whole to a temporary name, synced and
//! renamed, so that a crash leaves the file before or the one after.
//!
//! One process writes in a directory, by a lock that ends with it: what a second one counts waits in its memory until the
//! first is gone, as where a process takes another's place. What else lies there is left alone, and a day that cannot be read is
//! set aside and told in the log: it stops nobody.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use overblik_widgets::Date;
use serde::{Deserialize, Serialize};

use super::{
    days::{Days, OfDay, Source, days_between, oldest_kept},
    figures::Figures,
    store::{Batch, StatisticsAway},
};

/// What is said where two processes share a directory.
const IN_USE: &str =
    "another process writes here; give each instance a directory of its own, or let them share a Redis";

/// A directory of figures.
#[derive(Debug)]
pub(super) struct Files(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Held for as long as the process writes here.
    lock: Option<File>,
    /// The batch that was added last.
    added: Option<u64>,
    /// The day on which it was last looked for what is too old.
    tidied: Option<Date>,
}

impl State {
    fn take_lock(&mut self, directory: &Path) -> io::Result<()> {
        if self.lock.is_none() {
            fs::create_dir_all(directory)?;
            let lock = File::create(directory.join("lock"))?;
            lock.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => io::Error::new(ErrorKind::ResourceBusy, IN_USE),
                TryLockError::Error(error) => error,
            })?;
            self.lock = Some(lock);
        }
        Ok(())
    }
}

/// A source in a day's file.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    of: Source,
    figures: Figures,
}

impl Files {
    /// Files in a directory, which is not touched before something is to be written: commands read the same configuration beside
    /// the gateway.
    pub(super) fn new(directory: PathBuf) -> Self {
        Self(Arc::new(Inner { directory, state: Mutex::default() }))
    }

    /// Makes the directory, if need be, and has it for this process.
    pub(super) async fn begin(&self) -> Result<(), StatisticsAway> {
        self.on_disk(|inner| inner.state().take_lock(&inner.directory)).await
    }

    /// Adds a batch to its day's file. Once begun it is done to its end, whether or not anybody waits for it.
    pub(super) async fn add(&self, batch: Batch, today: Date) -> Result<(), StatisticsAway> {
        self.on_disk(move |inner| inner.add(batch, today)).await
    }

    pub(super) async fn between(
        &self,
        (from, to): (Date, Date),
        wanted: impl Fn(&Source) -> bool + Send + 'static,
    ) -> Result<Days, StatisticsAway> {
        self.on_disk(move |inner| {
            let mut days = Days::default();
            for day in days_between(from, to) {
                let mut sources = inner.read(day).unwrap_or_else(|error| {
                    tracing::error!(%day, %error, "the statistics of a day cannot be read");
                    OfDay::default()
                });
                sources.retain(|source, _| wanted(source));
                if !sources.is_empty() {
                    days.0.insert(day, sources);
                }
            }
            Ok(days)
        })
        .await
    }

    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StatisticsAway> {
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        let done = done.map_err(|error| StatisticsAway(error.to_string()))?;
        done.map_err(|error| StatisticsAway(format!("{}: {error}", self.0.directory.display())))
    }
}

impl Inner {
    fn add(&self, batch: Batch, today: Date) -> io::Result<()> {
        let mut state = self.state();
        state.take_lock(&self.directory)?;
        let Batch { number, day, figures } = batch;
        // Nobody waited for the end of it, and it is here again.
        if state.added == Some(number) {
            return Ok(());
        }
        let mut sources = match self.read(day) {
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                let aside = self.path(day).with_extension("json.unreadable");
                fs::rename(self.path(day), &aside)?;
                tracing::error!(%day, %error, "the day's statistics cannot be read; they are set aside, and it begins anew");
                OfDay::default()
            }
            read => read?,
        };
        for (source, more) in figures {
            sources.entry(source).or_default().add(&more);
        }
        self.replace(day, &sources)?;
        state.added = Some(number);
        if state.tidied != Some(today) {
            state.tidied = Some(today);
            self.drop_old(today);
        }
        Ok(())
    }

    /// The sources of a day; none where there is no file.
    fn read(&self, day: Date) -> io::Result<OfDay> {
        let text = match fs::read(self.path(day)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(OfDay::default()),
            read => read?,
        };
        // Some errors of this parser are of another kind, and a torn file is one of them.
        let lines: Vec<Line> =
            serde_json::from_slice(&text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        Ok(lines.into_iter().map(|Line { of, figures }| (of, figures)).collect())
    }

    fn replace(&self, day: Date, sources: &OfDay) -> io::Result<()> {
        let lines = sources.iter().map(|(of, figures)| Line { of: of.clone(), figures: figures.clone() });
        let text = serde_json::to_vec_pretty(&lines.collect::<Vec<_>>())?;
        let path = self.path(day);
        let temporary = path.with_extension("json.new");
        let mut file = File::create(&temporary)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        // From here on it is there: said to have failed, it would be added a second time.
        if let Err(error) = File::open(&self.directory).and_then(|directory| directory.sync_all()) {
            tracing::warn!(%error, "the directory of the statistics cannot be synced");
        }
        Ok(())
    }

    /// Deletes the days that are not kept any more. What cannot be deleted is tried again tomorrow.
    fn drop_old(&self, today: Date) {
        let oldest = oldest_kept(today);
        let entries = fs::read_dir(&self.directory).into_iter().flatten().filter_map(Result::ok);
        for path in entries.map(|entry| entry.path()) {
            if day_of(&path).is_some_and(|day| day < oldest)
                && let Err(error) = fs::remove_file(&path)
            {
                tracing::warn!(%error, "statistics that are not kept any more cannot be deleted");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, day: Date) -> PathBuf {
        self.directory.join(format!("{day}.json"))
    }
}

/// The day of a file that is ours, one that was set aside too.
fn day_of(path: &Path) -> Option<Date> {
    let (day, rest) = path.file_name()?.to_str()?.split_once('.')?;
    let is_ours = matches!(rest, "json" | "json.new" | "json.unreadable");
    day.parse().ok().filter(|_| is_ours)
}
