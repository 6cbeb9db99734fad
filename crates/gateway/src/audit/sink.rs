//! Where a trail is kept.

use std::sync::Arc;

use overblik_registry::{Digest, Head};

use super::{
    AuditAway, AuditSettingsError,
    files::Files,
    names::{AuditKeys, CitizenName},
    own_log::{OwnPage, Position},
    record::of_nothing,
    redis::RedisTrail,
    standard_output::StandardOutput,
    writer::Written,
};
use crate::{
    clock::Clock,
    config::{AuditConfig, AuditSink},
};

/// Why a sink has not taken entries.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// It cannot now; they are to be handed over again.
    Away(AuditAway),
    /// It does not have what they follow any more.
    Lost,
}

impl From<AuditAway> for NotTaken {
    fn from(away: AuditAway) -> Self {
        Self::Away(away)
    }
}

#[derive(Debug)]
pub(super) enum Sink {
    None,
    Files(Files),
    Redis(RedisTrail),
    StandardOutput(StandardOutput),
}

impl Sink {
    pub(super) fn of(config: &AuditConfig, chain: Digest) -> Result<Self, AuditSettingsError> {
        Ok(match config.sink {
            AuditSink::None => Self::None,
            AuditSink::File => {
                let directory = config.directory.clone().unwrap_or_default();
                Self::Files(Files::new(directory, config.retention_days, chain))
            }
            AuditSink::Redis => Self::Redis(RedisTrail::new(&config.redis, config.retention_days, chain)?),
            AuditSink::Stdout => Self::StandardOutput(StandardOutput::new(chain)),
        })
    }

    /// Begins to write; where the trail stands.
    ///
    /// # Errors
    /// [`AuditAway`].
    pub(super) async fn begin(&self, keys: &AuditKeys, clock: &Clock) -> Result<Head, AuditAway> {
        match self {
            Self::Files(files) => files.begin(keys, clock).await,
            // Reached when it is needed; the writer begins the trail with its first entry.
            Self::None | Self::Redis(_) | Self::StandardOutput(_) => Ok(of_nothing()),
        }
    }

    /// What a trail is called that this process begins.
    pub(super) fn chain(&self) -> Digest {
        match self {
            Self::None => of_nothing().hash,
            Self::Files(files) => files.chain(),
            Self::Redis(redis) => redis.chain(),
            Self::StandardOutput(output) => output.chain(),
        }
    }

    /// Begins another trail, where the one before was lost.
    pub(super) fn begin_another(&self) {
        if let (Self::Redis(redis), Some(chain)) = (self, Digest::by_chance()) {
            redis.begin_another(chain);
        }
    }

    /// Takes entries that follow one another: all of them or none, and those that it has already taken once only.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub(super) async fn append(&self, keys: &AuditKeys, written: Arc<Vec<Written>>) -> Result<(), NotTaken> {
        match self {
            Self::None => Ok(()),
            Self::Files(files) => Ok(files.append(written).await?),
            Self::Redis(redis) => redis.append(keys, &written).await,
            Self::StandardOutput(output) => Ok(output.append(written).await?),
        }
    }

    /// Makes sure that what was taken is there after a power cut, and puts down how far the trail has come.
    ///
    /// # Errors
    /// [`AuditAway`].
    pub(super) async fn sync(&self, keys: &AuditKeys) -> Result<(), AuditAway> {
        match self {
            Self::Files(files) => files.sync(keys).await,
            Self::StandardOutput(output) => output.mark(keys).await,
            Self::None | Self::Redis(_) => Ok(()),
        }
    }

    /// Deletes what has been kept long enough.
    ///
    /// # Errors
    /// [`AuditAway`].
    pub(super) async fn tidy(&self, keys: &AuditKeys, clock: &Clock) -> Result<(), AuditAway> {
        match self {
            Self::Files(files) => files.tidy(keys, clock).await,
            Self::Redis(redis) => redis.tidy(keys).await,
            Self::None | Self::StandardOutput(_) => Ok(()),
        }
    }

    /// Entries about whoever has one of these names, newest first, before a position; `None` where they are not kept here.
    ///
    /// # Errors
    /// [`AuditAway`].
    pub(super) async fn about(
        &self,
        names: Vec<CitizenName>,
        before: Option<Position>,
        most: usize,
    ) -> Result<Option<OwnPage>, AuditAway> {
        match self {
            Self::None | Self::StandardOutput(_) => Ok(None),
            Self::Files(files) => files.about(names, before, most).await.map(Some),
            Self::Redis(redis) => redis.about(&names, before, most).await.map(Some),
        }
    }
}
