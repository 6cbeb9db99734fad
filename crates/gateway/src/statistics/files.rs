//! Figures in files, one for each day, `2026-11-26.json`. The day's file is written whole to a temporary name, synced and
//! renamed, so that a crash leaves the file before or the one after.
//!
//! One process writes in a directory, by a lock that ends with it: what a second one counts waits in its memory until the
//! first is gone, as where a process takes another's place. What else lies there is left alone, and a day that cannot be read is
//! set aside and told in the log: it stops nobody.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use overblik_widgets::Date;
use serde::{Deserialize, Serialize};

use super::{
    days::{Days, OfDay, Source, days_between, oldest_kept},
    figures::Figures,
    store::{Batch, StatisticsAway},
};
use crate::folder_lock::FolderLock;

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
    read: Mutex<ReadBefore>,
}

/// Most lines of days that were read before and are not read again, each a source's of a day: a few hundred bytes.
const MOST_REMEMBERED: usize = 20_000;

/// Days as they were read, so that a page about months does not read hundreds of files each time.
#[derive(Debug, Default)]
struct ReadBefore {
    days: BTreeMap<Date, (Written, Arc<OfDay>)>,
    lines: usize,
}

/// Which file it was. A day's file is never changed but replaced by another, so one of them is another in this.
type Written = (u64, u64, SystemTime);

impl ReadBefore {
    fn get(&self, day: Date, written: Written) -> Option<Arc<OfDay>> {
        let (of, sources) = self.days.get(&day)?;
        (*of == written).then(|| Arc::clone(sources))
    }

    fn keep(&mut self, day: Date, written: Written, sources: &Arc<OfDay>) {
        self.lines = self.lines.saturating_add(sources.len());
        if let Some((_, former)) = self.days.insert(day, (written, Arc::clone(sources))) {
            self.lines = self.lines.saturating_sub(former.len());
        }
        while self.lines > MOST_REMEMBERED
            && let Some((_, (_, oldest))) = self.days.pop_first()
        {
            self.lines = self.lines.saturating_sub(oldest.len());
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// Held for as long as the process writes here.
    lock: Option<FolderLock>,
    /// The batch that was added last.
    added: Option<u64>,
    /// The day on which it was last looked for what is too old.
    tidied: Option<Date>,
}

impl State {
    fn take_lock(&mut self, directory: &Path) -> io::Result<()> {
        if self.lock.is_none() {
            fs::create_dir_all(directory)?;
            let lock = FolderLock::take(directory)?;
            self.lock = Some(lock.ok_or_else(|| io::Error::new(ErrorKind::ResourceBusy, IN_USE))?);
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
        Self(Arc::new(Inner { directory, state: Mutex::default(), read: Mutex::default() }))
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
                let sources = inner.look(day).unwrap_or_else(|error| {
                    tracing::error!(%day, %error, "the statistics of a day cannot be read");
                    Arc::default()
                });
                let sources = sources.iter().filter(|(source, _)| wanted(source));
                let sources: OfDay = sources.map(|(source, figures)| (source.clone(), figures.clone())).collect();
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
        let done = crate::blocking::run(move || work(&inner)).await;
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

    /// The same as [`Inner::read`], from memory where the file is the one that was read before.
    fn look(&self, day: Date) -> io::Result<Arc<OfDay>> {
        let file = match fs::metadata(self.path(day)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Arc::default()),
            file => file?,
        };
        // Before it is read: if another takes its place in between, that one is read again the next time.
        let written = (file.ino(), file.len(), file.modified()?);
        let before = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sources) = before().get(day, written) {
            return Ok(sources);
        }
        let sources = Arc::new(self.read(day)?);
        before().keep(day, written, &sources);
        Ok(sources)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::figures::Measure;

    const LIBRARY: &str = "library";

    fn batch(number: u64, day: Date, kept: u64) -> Batch {
        let mut figures = Figures::default();
        (0..kept).for_each(|_| figures.add_named("kept", 1));
        let source = Source { authority: "birkerup-libraries".to_owned(), slug: LIBRARY.to_owned() };
        Batch { number, day, figures: vec![(source, figures)] }
    }

    #[tokio::test]
    async fn what_was_read_before_is_told_until_somebody_writes_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let [first, last]: [Date; 2] = ["2026-11-01", "2026-11-30"].map(|day| day.parse().expect("a day"));
        let writer = Files::new(folder.path().to_owned());
        // It writes nothing itself: as an instance that shows what another one counts.
        let reader = Files::new(folder.path().to_owned());
        let kept = async |files: &Files| {
            let days = files.between((first, last), |source| source.slug == LIBRARY).await.expect("read");
            days.iter().map(|(_, _, figures)| figures.get(Measure::Kept)).collect::<Vec<_>>()
        };
        assert_eq!(kept(&reader).await, Vec::<u64>::new());
        writer.add(batch(1, first, 3), last).await.expect("added");
        writer.add(batch(2, last, 4), last).await.expect("added");
        assert_eq!(kept(&reader).await, [3, 4]);
        let read = |day| Arc::clone(&reader.0.read.lock().expect("no panic").days[&day].1);
        let before = (read(first), read(last));
        // As long as before, to the byte.
        writer.add(batch(3, last, 4), last).await.expect("added");
        assert_eq!((kept(&reader).await, kept(&writer).await), (vec![3, 8], vec![3, 8]));
        assert!(Arc::ptr_eq(&before.0, &read(first)), "what nobody wrote is not read again");
        assert!(!Arc::ptr_eq(&before.1, &read(last)));
        let others = reader.between((first, last), |source| source.slug == "daycare").await.expect("read");
        assert!(others.iter().next().is_none(), "and nobody is told of another source");
        fs::remove_file(folder.path().join("2026-11-01.json")).expect("removed");
        assert_eq!(kept(&reader).await, [8]);
        // A file that somebody damaged is not taken for the one before.
        fs::write(folder.path().join("2026-11-30.json"), "[").expect("written");
        assert_eq!(kept(&reader).await, Vec::<u64>::new());
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_oldest_goes_first() {
        let mut before = ReadBefore::default();
        let sources = |count: usize| {
            let source = |number| Source { authority: "a".to_owned(), slug: format!("s-{number}") };
            Arc::new((0..count).map(|number| (source(number), Figures::default())).collect::<OfDay>())
        };
        let written = (1, 1, SystemTime::UNIX_EPOCH);
        let [a, b, c]: [Date; 3] = ["2026-01-01", "2026-01-02", "2026-01-03"].map(|day| day.parse().expect("a day"));
        let half = sources(MOST_REMEMBERED / 2);
        for _ in 0..5 {
            before.keep(a, written, &half);
        }
        before.keep(b, written, &half);
        assert_eq!((before.lines, before.days.len()), (MOST_REMEMBERED, 2), "one day counts once");
        before.keep(c, written, &sources(1));
        assert!(before.get(a, written).is_none() && before.get(b, written).is_some());
        assert!(before.get(c, (2, 1, SystemTime::UNIX_EPOCH)).is_none(), "another file");
        before.keep(c, written, &sources(MOST_REMEMBERED + 1));
        assert_eq!((before.lines, before.days.len()), (0, 0), "what is too large is read each time");
    }
}
