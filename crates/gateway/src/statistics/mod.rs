//! How often each source was called and what came of it, per Danish calendar day. Nothing of it is about a citizen: a source,
//! a version of its contract, a day, and numbers.
//!
//! 1. `counters`: what is added to while overviews are made, a few atomic additions each, per version of a source.
//! 2. `figures`: numbers as they are added up, over minutes, days and sources; `latency` is how long calls took, in classes
//!    with fixed bounds, so that adding up is exact.
//! 3. `days`: the figures of every day, kept for 25 months; `files` makes them durable.
//! 4. `statement`: what is told of it, exactly to the authority and with small numbers left out to everybody, as JSON or CSV.
//!
//! What is counted is handed in every minute and at midnight in Copenhagen, and counts on the day on which that minute began.

mod counters;
mod days;
mod figures;
mod files;
mod latency;
mod statement;
#[cfg(test)]
mod tests;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use overblik_widgets::{COPENHAGEN, Date, Moment};

use crate::clock::Clock;
pub use counters::{CallEnd, Recorder, SourceCounters};
use days::Days;
pub use days::Source;
pub use figures::Figures;
use files::Files;
pub use files::StatisticsFilesError;
pub use latency::{BOUNDS_MS, Latency, Percentile};
pub use statement::{By, Row, open_total, to_csv};

/// How often what was counted is handed in.
const HAND_IN_EVERY: Duration = Duration::from_secs(60);

/// The statistics of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Statistics {
    recorder: Recorder,
    kept: Arc<Mutex<Kept>>,
    clock: Clock,
}

#[derive(Debug)]
struct Kept {
    days: Days,
    files: Option<Files>,
    /// The day on which what is being counted now began.
    counting_for: Date,
}

impl Statistics {
    /// Statistics since the start, or with a directory, since its files begin.
    ///
    /// # Errors
    /// [`StatisticsFilesError`] when the directory cannot be used, or holds what we did not write.
    pub fn open(directory: Option<&Path>, clock: Clock) -> Result<Self, StatisticsFilesError> {
        let (files, days) = match directory {
            Some(directory) => {
                let (files, days) = Files::open(directory)?;
                (Some(files), days)
            }
            None => (None, Days::default()),
        };
        let kept = Kept { days, files, counting_for: clock.moment().date() };
        Ok(Self { recorder: Recorder::default(), kept: Arc::new(Mutex::new(kept)), clock })
    }

    /// What counts.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The figures of a source, exactly, from one day to another, both included.
    #[must_use]
    pub fn of(&self, source: &str, from: Date, to: Date, by: By) -> Vec<Row> {
        self.hand_in();
        statement::rows(self.lock().days.between(from, to).filter(|(_, of, _)| of.slug == source), by)
    }

    /// The figures of an authority's sources, exactly, from one day to another, both included.
    #[must_use]
    pub fn of_authority(&self, authority: &str, from: Date, to: Date, by: By) -> Vec<Row> {
        self.hand_in();
        statement::rows(self.lock().days.between(from, to).filter(|(_, of, _)| of.authority == authority), by)
    }

    /// The figures of all sources as everybody may know them.
    #[must_use]
    pub fn open_total(&self, from: Date, to: Date, by: By) -> Vec<Row> {
        self.hand_in();
        open_total(self.lock().days.between(from, to), by)
    }

    /// Hands in every minute and at midnight, until it is dropped.
    pub(crate) async fn follow(&self) {
        loop {
            tokio::time::sleep(until_next(self.clock.now())).await;
            self.save().await;
        }
    }

    /// Hands in what was counted and writes what changed. What cannot be written now is written with the next.
    pub(crate) async fn save(&self) {
        let statistics = self.clone();
        let written = tokio::task::spawn_blocking(move || statistics.write()).await;
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "statistics cannot be written; they are tried again"),
            Err(error) => tracing::error!(%error, "statistics were not written"),
        }
    }

    fn write(&self) -> Result<(), StatisticsFilesError> {
        self.hand_in();
        let mut kept = self.lock();
        let today = self.clock.moment().date();
        let Kept { days, files, .. } = &mut *kept;
        days.drop_old(today);
        match files {
            Some(files) => files.write(days, today),
            None => Ok(()),
        }
    }

    /// Takes what was counted since the last time to the day on which that was.
    fn hand_in(&self) {
        let mut kept = self.lock();
        let day = kept.counting_for;
        for (source, figures) in self.recorder.take() {
            kept.days.add(day, source, &figures);
        }
        kept.counting_for = self.clock.moment().date();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Sums of plain numbers; a panic cannot leave one half-added that matters more than itself.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long until figures are to be handed in: a minute, or less where the Danish day ends before.
fn until_next(now: Timestamp) -> Duration {
    let midnight = Moment::new(now).date().tomorrow().ok().and_then(|date| date.to_zoned(COPENHAGEN.clone()).ok());
    let left = midnight.and_then(|midnight| Duration::try_from(midnight.timestamp().duration_since(now)).ok());
    left.unwrap_or(HAND_IN_EVERY).clamp(Duration::from_millis(1), HAND_IN_EVERY)
}
