//! Where figures are kept: in this process's memory, in files of this machine, or in a Redis that instances share.

use std::sync::{Mutex, PoisonError};

use overblik_widgets::Date;

use super::{
    days::{Days, OfDay, Source},
    figures::Figures,
    files::Files,
    redis::RedisFigures,
};
use crate::config::{Config, RegistryStoreKind, StatisticsConfig, StatisticsStoreKind};

/// What was counted on one day and is to be added to what is kept. It is added once, however often it is tried.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    /// Counted from the start of the process; a batch is tried until it is added, before the next.
    pub(super) number: u64,
    pub(super) day: Date,
    pub(super) figures: Vec<(Source, Figures)>,
}

/// Why statistics cannot be kept as they are configured. Quotes no password.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {why}")]
pub struct StatisticsSettingsError {
    pub(super) place: &'static str,
    pub(super) why: String,
}

/// Why figures cannot be kept or read now. Nothing of it is about a citizen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StatisticsAway(pub(super) String);

#[derive(Debug)]
pub(super) enum Store {
    Memory(Mutex<Days>),
    Files(Files),
    Redis(RedisFigures),
}

impl Store {
    /// The store that a configuration names; where it names none, that of the registry, if there is one.
    ///
    /// # Errors
    /// [`StatisticsSettingsError`] when it cannot be used as it is configured.
    pub(super) fn open(config: &Config) -> Result<Self, StatisticsSettingsError> {
        let StatisticsConfig { store, directory, redis, .. } = &config.statistics;
        match (store, directory, &config.registry) {
            (Some(StatisticsStoreKind::Memory), ..) => Ok(Self::memory()),
            (Some(StatisticsStoreKind::Redis), ..) => Ok(Self::Redis(RedisFigures::new("statistics.redis", redis)?)),
            (_, Some(directory), _) => Ok(Self::Files(Files::new(directory.clone()))),
            (_, None, Some(registry)) => match registry.store {
                RegistryStoreKind::Files => Ok(Self::Files(Files::new(registry.directory.join("statistics")))),
                RegistryStoreKind::Redis => Ok(Self::Redis(RedisFigures::new("registry.redis", &registry.redis)?)),
            },
            (_, None, None) => Ok(Self::memory()),
        }
    }

    pub(super) fn memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Looks whether anything can be kept, before there is something to keep.
    ///
    /// # Errors
    /// [`StatisticsAway`].
    pub(super) async fn begin(&self) -> Result<(), StatisticsAway> {
        match self {
            Self::Files(files) => files.begin().await,
            // A Redis is reached when it is needed, and comes and goes.
            Self::Memory(_) | Self::Redis(_) => Ok(()),
        }
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// [`StatisticsAway`]; then it may have been added all the same, and is to be tried again.
    pub(super) async fn add(&self, batch: Batch, today: Date) -> Result<(), StatisticsAway> {
        match self {
            Self::Memory(days) => {
                let mut days = days.lock().unwrap_or_else(PoisonError::into_inner);
                let Batch { day, figures, .. } = batch;
                for (source, figures) in figures {
                    days.add(day, source, &figures);
                }
                days.drop_old(today);
                Ok(())
            }
            Self::Files(files) => files.add(batch, today).await,
            Self::Redis(redis) => redis.add(&batch).await,
        }
    }

    /// What is kept of some sources, from one day to another, both included.
    ///
    /// # Errors
    /// [`StatisticsAway`].
    pub(super) async fn between(
        &self,
        (from, to): (Date, Date),
        wanted: impl Fn(&Source) -> bool + Send + 'static,
    ) -> Result<Days, StatisticsAway> {
        match self {
            Self::Memory(days) => {
                let days = days.lock().unwrap_or_else(PoisonError::into_inner);
                let within = days.0.iter().filter(|(day, _)| (from..=to).contains(*day));
                let of_day = |sources: &OfDay| {
                    let sources = sources.iter().filter(|(source, _)| wanted(source));
                    sources.map(|(source, figures)| (source.clone(), figures.clone())).collect()
                };
                Ok(Days(within.map(|(day, sources)| (*day, of_day(sources))).collect()))
            }
            Self::Files(files) => files.between((from, to), wanted).await,
            Self::Redis(redis) => redis.between((from, to), wanted).await,
        }
    }
}
