//! The trail of what was asked about whom (requirement R63), and each citizen's view of what is there about them.
//!
//! 1. `entry`: what is written down. `names`: what stands for citizens in it, under keys of its own.
//! 2. `places`: before a source is asked, the question gets a place in a bounded queue, and without one it is not put
//!    (`audit.when_full`). When it has ended, its entry takes the place: one step, and nobody's request waits for more.
//! 3. `writer`: takes entries from the queue, chains them (`record`), and hands them to the `sink`, again and again until it has
//!    taken them: `files` of this machine, a `redis` that instances share, or standard output.
//!    `standing` is what operators see of both.
//! 4. `verifying`, `reading`, `exporting` and `collected`: whether a trail is the one that was written, and parts of it for others.
//! 5. `own_log`: what a citizen reads of it, page by page.

pub mod collected;
pub mod entry;
pub mod exporting;
mod files;
pub mod names;
pub mod own_log;
mod places;
mod reading;
pub mod record;
mod redis;
mod sink;
mod standard_output;
mod standing;
#[cfg(test)]
mod tests;
pub mod verifying;
mod writer;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

use overblik_registry::Digest;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::Clock,
    config::{AuditConfig, AuditSink, Config, SessionStoreKind, WhenFull},
    followed_file::{FileMistake, FileStanding},
    session::{
        key_file::{self, KeyFile},
        master_keys::MasterKeys,
    },
};
use entry::Happened;
use names::AuditKeys;
pub use own_log::{OwnEntry, OwnPage, Position};
pub use places::{Place, Unrecorded};
use sink::Sink;

/// The trail. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trail(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    keys: AuditKeys,
    key_file: Option<KeyFile>,
    sink: Sink,
    when_full: WhenFull,
    queue: mpsc::Sender<Happened>,
    /// The writer's end, until it begins.
    entries: Mutex<Option<mpsc::Receiver<Happened>>>,
    not_written: AtomicU64,
    standing: standing::Standing,
    /// Whether there was no room, and is not much yet, so that it is told once.
    is_full: AtomicBool,
    sync: Duration,
    /// Cancelled when nothing follows any more.
    ending: CancellationToken,
    writing: TaskTracker,
    clock: Clock,
}

/// Where citizens find what is written about them.
#[derive(Clone, Copy, Debug)]
pub struct TrailPlace {
    /// Whether it is written at all.
    pub is_kept: bool,
    /// Whether other instances keep what they asked in places of their own.
    pub is_partly_here: bool,
    /// Whether it goes on where there is no room, so that questions may not be in it.
    pub may_lack: bool,
    /// For how many days.
    pub retention_days: u16,
}

impl TrailPlace {
    /// Where a configuration keeps it.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            is_kept: config.audit.sink != AuditSink::None,
            // Sessions that are shared are shared by several.
            is_partly_here: config.audit.sink == AuditSink::File && config.session.store == SessionStoreKind::Redis,
            may_lack: config.audit.sink != AuditSink::None && config.audit.when_full == WhenFull::DropAndCount,
            retention_days: config.audit.retention_days,
        }
    }
}

/// Why a trail cannot be kept as it is configured, or not now. Quotes no password and nothing of a citizen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuditAway(pub(super) String);

/// Why the audit settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuditSettingsError {
    /// The keys.
    #[error("audit.key_file: {0}")]
    Keys(FileMistake),
    /// Its key ended with the process that wrote it.
    #[error(
        "audit.key_file: is missing, and audit.directory holds a trail: the key that it was written under ended with its process\n  hint: name a key file (docs/audit.md), and another folder"
    )]
    KeyOfAnother,
    /// The Redis.
    #[error("audit.redis: {0}")]
    Redis(String),
    /// There is no randomness to name a trail by.
    #[error("audit: the operating system gives no random bytes")]
    NoRandomness,
}

impl Trail {
    /// A trail that is kept where the configuration says, from [`Trail::begin`] on.
    ///
    /// # Errors
    /// [`AuditSettingsError`].
    pub fn open(config: &AuditConfig, clock: Clock) -> Result<Self, AuditSettingsError> {
        let (key_file, keys) = match &config.key_file {
            Some(path) => {
                let (file, keys) = key_file::open(path).map_err(AuditSettingsError::Keys)?;
                (Some(file), keys)
            }
            None if config.sink == AuditSink::File && files::holds_a_trail(config.directory.as_deref()) => {
                return Err(AuditSettingsError::KeyOfAnother);
            }
            None => (None, MasterKeys::random()),
        };
        let chain = Digest::by_chance().ok_or(AuditSettingsError::NoRandomness)?;
        let sink = Sink::of(config, chain)?;
        Ok(Self::kept_in(sink, AuditKeys::new(keys), key_file, config, clock))
    }

    /// None at all: for tests of what asks, and for demonstrations.
    #[must_use]
    pub fn none() -> Self {
        let config = AuditConfig { sink: AuditSink::None, ..AuditConfig::default() };
        Self::kept_in(Sink::None, AuditKeys::new(MasterKeys::random()), None, &config, Clock::system())
    }

    fn kept_in(sink: Sink, keys: AuditKeys, key_file: Option<KeyFile>, config: &AuditConfig, clock: Clock) -> Self {
        let (queue, entries) = mpsc::channel(config.queue.max(1));
        Self(Arc::new(Parts {
            keys,
            key_file,
            sink,
            when_full: config.when_full,
            queue,
            entries: Mutex::new(Some(entries)),
            not_written: AtomicU64::new(0),
            standing: standing::Standing::default(),
            is_full: AtomicBool::new(false),
            sync: Duration::from_millis(config.sync_ms),
            ending: CancellationToken::new(),
            writing: TaskTracker::new(),
            clock,
        }))
    }

    /// The keys that name citizens.
    #[must_use]
    pub fn keys(&self) -> &AuditKeys {
        &self.0.keys
    }

    /// How the file of its keys stands, if there is one.
    pub(crate) fn key_file(&self) -> Option<Arc<FileStanding>> {
        self.0.key_file.as_ref().map(KeyFile::standing)
    }

    /// Where it is kept, for whoever only reads it.
    fn sink(&self) -> &Sink {
        &self.0.sink
    }

    /// Begins to write: nobody is asked before.
    ///
    /// # Errors
    /// [`AuditAway`] when nothing can be written there, or what is there is not what was written.
    pub async fn begin(&self) -> Result<(), AuditAway> {
        if matches!(self.0.sink, Sink::None) {
            return Ok(());
        }
        let head = self.0.sink.begin(&self.0.keys, &self.0.clock).await?;
        let entries = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(entries) = entries {
            let writer = writer::Writer::new(self.clone(), entries, head);
            self.0.writing.spawn(writer.run());
        }
        Ok(())
    }

    /// Takes the keys from their file whenever it changes, until stopped.
    pub fn follow_keys(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let trail = self.clone();
        let Some(mut file) = self.0.key_file.clone() else { return };
        tasks.spawn(async move {
            while let Some(outcome) = stop.run_until_cancelled(file.changed()).await {
                match outcome {
                    Ok(keys) => {
                        let naming = keys.first().id().clone();
                        tracing::info!(key.id = naming.as_str(), "audit keys exchanged");
                        for gone in trail.0.keys.exchange(keys) {
                            tracing::warn!(
                                key.id = gone.as_str(),
                                "audit key removed: citizens do not find what was written under it, and its marks prove nothing"
                            );
                        }
                    }
                    Err(mistake) => tracing::error!(%mistake, "audit keys not exchanged, the former ones stay"),
                }
            }
        });
    }

    /// Writes what is left, when nothing follows any more.
    pub async fn finish(&self) {
        self.0.ending.cancel();
        self.0.writing.close();
        self.0.writing.wait().await;
    }
}
