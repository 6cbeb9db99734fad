//! How often each source was called and what came of it, per Danish calendar day. Nothing of it is about a citizen: a source,
//! a day, and numbers (decision 44).
//!
//! 1. `counters`: what is added to while overviews are made, a few atomic additions each, per source. `few_citizens` tells
//!    whether there were enough of them.
//! 2. `figures`: what is counted, and numbers of it as they are added up; `latency` is how long calls took, in classes with
//!    fixed bounds, so that adding up is exact.
//! 3. `days`: the figures of every day, kept for 25 months in a `store`: memory, `files`, or a `redis` that instances share.
//! 4. `statement`: what is told of it, as JSON or `csv`; `open_total` is what everybody is told.
//!
//! What is counted is handed in every ten seconds and at midnight in Copenhagen, and counts on the day on which that time began.
//! Nobody's request waits for that. A process that is killed loses what it counted since; one that is told to stop hands it in.

mod counters;
mod csv;
mod days;
mod few_citizens;
mod figures;
mod files;
mod latency;
mod open_total;
mod redis;
mod statement;
mod store;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use overblik_widgets::{COPENHAGEN, Date, Moment};

use crate::{clock::Clock, config::Config, redis_link::Link};
pub use counters::{Recorder, SourceCounters};
pub use csv::{CSV, to_csv, wants_csv};
use days::{Days, oldest_kept};
pub use days::{KEPT_MONTHS, Source};
pub use few_citizens::ENOUGH_CITIZENS;
pub use figures::CallEnd;
pub use latency::{BOUNDS_MS, Percentile};
use open_total::OpenTotal;
pub use statement::{By, Calls, Row, Sections};
use store::{Batch, Store};
pub use store::{StatisticsAway, StatisticsSettingsError};

/// How often what was counted is handed in.
const HAND_IN_EVERY: Duration = Duration::from_secs(10);

/// For so many days what is counted waits for a store that is away.
const MOST_WAITING_DAYS: usize = 31;

/// The statistics of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Statistics(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    recorder: Recorder,
    waiting: Mutex<Waiting>,
    /// Held by whoever hands in: one batch after the other.
    handing_in: tokio::sync::Mutex<()>,
    store: Store,
    /// Whether the store is known to be away, so that it is told once.
    is_away: AtomicBool,
    open_total: Option<OpenTotal>,
    clock: Clock,
}

/// What was counted and is not in the store yet.
#[derive(Debug)]
struct Waiting {
    /// The day on which what is being counted now began.
    counting_for: Date,
    days: Days,
    /// What is being added, and may have been.
    trying: Option<Batch>,
    /// Of batches so far.
    number: u64,
}

impl Statistics {
    /// Statistics, kept where the configuration says.
    ///
    /// # Errors
    /// [`StatisticsSettingsError`] when they cannot be kept there.
    pub fn open(config: &Config, clock: Clock, recorder: Recorder) -> Result<Self, StatisticsSettingsError> {
        Ok(Self::kept_in(Store::open(config)?, config.statistics.open_total, clock, recorder))
    }

    fn kept_in(store: Store, is_open: bool, clock: Clock, recorder: Recorder) -> Self {
        let waiting = Waiting { counting_for: clock.moment().date(), days: Days::default(), trying: None, number: 0 };
        Self(Arc::new(Parts {
            recorder,
            waiting: Mutex::new(waiting),
            handing_in: tokio::sync::Mutex::default(),
            store,
            is_away: AtomicBool::new(false),
            open_total: is_open.then(OpenTotal::default),
            clock,
        }))
    }

    /// The Redis that they are kept in, where they are.
    pub(crate) fn link(&self) -> Option<&Link> {
        match &self.0.store {
            Store::Redis(redis) => Some(redis.link()),
            Store::Memory(_) | Store::Files(_) => None,
        }
    }

    /// What counts.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    /// The day that it is.
    #[must_use]
    pub fn today(&self) -> Date {
        self.0.clock.moment().date()
    }

    /// The figures of a source, from one day to another, both included.
    ///
    /// # Errors
    /// [`StatisticsAway`] when what is kept cannot be read.
    pub async fn of_source(&self, source: &str, days: (Date, Date), by: By) -> Result<Vec<Row>, StatisticsAway> {
        let source = source.to_owned();
        let days = self.between(days, move |of| of.slug == source).await?;
        Ok(statement::by_source(&days, by, self.today()))
    }

    /// The figures of every authority, all its sources together, from one day to another, both included.
    ///
    /// # Errors
    /// [`StatisticsAway`] when what is kept cannot be read.
    pub async fn of_authorities(&self, days: (Date, Date), by: By) -> Result<Vec<Row>, StatisticsAway> {
        let days = self.between(days, |_| true).await?;
        Ok(statement::by_authority(&days, by, self.today()))
    }

    /// What everybody may know: whether they may, and if it is known yet, the months.
    #[must_use]
    pub fn open_total(&self) -> Option<Option<Arc<Vec<Row>>>> {
        self.0.open_total.as_ref().map(OpenTotal::rows)
    }

    async fn between(
        &self,
        (from, to): (Date, Date),
        wanted: impl Fn(&Source) -> bool + Send + 'static,
    ) -> Result<Days, StatisticsAway> {
        // What is not handed in is told the next time; that the store is away says the reading.
        drop(self.hand_in().await);
        let today = self.today();
        self.0.store.between((from.max(oldest_kept(today)), to.min(today)), wanted).await
    }

    /// Hands in every ten seconds and at midnight, and adds up anew what everybody is told, until it is dropped.
    pub(crate) async fn follow(&self) {
        self.note(&self.0.store.begin().await);
        loop {
            self.total().await;
            tokio::time::sleep(until_next(self.0.clock.now())).await;
            drop(self.hand_in().await);
        }
    }

    /// Adds up what everybody is told, where that is due.
    pub async fn total(&self) {
        if let Some(open_total) = &self.0.open_total {
            open_total.renew(&self.0.store, &self.0.clock).await;
        }
    }

    /// Hands in what was counted. What cannot be kept now is kept with the next.
    ///
    /// # Errors
    /// [`StatisticsAway`] when some of it waits.
    pub async fn hand_in(&self) -> Result<(), StatisticsAway> {
        let _one_at_a_time = self.0.handing_in.lock().await;
        self.take_counted();
        while let Some(batch) = self.next_batch() {
            let added = self.0.store.add(batch, self.today()).await;
            self.note(&added);
            added?;
            self.waiting().trying = None;
        }
        Ok(())
    }

    /// Says in the log when the store goes away and when it is back, once each.
    fn note(&self, outcome: &Result<(), StatisticsAway>) {
        let was_away = self.0.is_away.swap(outcome.is_err(), Ordering::Relaxed);
        match outcome {
            Err(error) if !was_away => {
                tracing::error!(event = "statistics_away", %error, "statistics cannot be kept; they wait in memory");
            }
            Ok(()) if was_away => tracing::info!(event = "statistics_back", "statistics are kept again"),
            _ => {}
        }
    }

    /// Hands in for the last time.
    pub(crate) async fn finish(&self) {
        if self.hand_in().await.is_err() {
            tracing::error!(event = "statistics_lost", "the process ends, and what it counted last is lost");
        }
    }

    /// Takes what was counted since the last time to the day on which that was.
    fn take_counted(&self) {
        let today = self.today();
        let mut waiting = self.waiting();
        let day = waiting.counting_for;
        for (source, figures) in self.0.recorder.take(today != day) {
            waiting.days.add(day, source, &figures);
        }
        waiting.counting_for = today;
        while waiting.days.0.len() > MOST_WAITING_DAYS
            && let Some((day, _)) = waiting.days.0.pop_first()
        {
            tracing::error!(event = "statistics_lost", %day, "the statistics of a day waited too long and are lost");
        }
    }

    fn next_batch(&self) -> Option<Batch> {
        let mut waiting = self.waiting();
        let Waiting { days, trying, number, .. } = &mut *waiting;
        if trying.is_none() {
            let (day, figures) = days.0.pop_first()?;
            *number = number.saturating_add(1);
            *trying = Some(Batch { number: *number, day, figures: figures.into_iter().collect() });
        }
        trying.clone()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Sums of plain numbers; a panic cannot leave one half-added that matters more than itself.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long until figures are to be handed in: ten seconds, or less where the Danish day ends before.
fn until_next(now: Timestamp) -> Duration {
    let midnight = Moment::new(now).date().tomorrow().ok().and_then(|date| date.to_zoned(COPENHAGEN.clone()).ok());
    let left = midnight.and_then(|midnight| Duration::try_from(midnight.timestamp().duration_since(now)).ok());
    left.unwrap_or(HAND_IN_EVERY).clamp(Duration::from_millis(1), HAND_IN_EVERY)
}
