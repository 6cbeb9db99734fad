//! Where it is written down what was asked about whom.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RedisConfig;

/// The audit trail, which is the citizens' access log too.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// Where it is kept.
    pub sink: AuditSink,
    /// The folder, of this process alone, made if need be.
    pub directory: Option<PathBuf>,
    /// The Redis of several instances.
    pub redis: RedisConfig,
    /// File of the keys that name citizens in it: `ID KEY` a line, as `session.keys_file`, and other keys than those.
    pub key_file: Option<PathBuf>,
    /// Days for which entries are kept.
    pub retention_days: u16,
    /// What happens when an entry finds no room, because they cannot be written.
    pub when_full: WhenFull,
    /// Most questions that are being asked or wait to be written down, together.
    pub queue: usize,
    /// Milliseconds within which an entry that was written must be on the disk.
    pub sync_ms: u64,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            sink: AuditSink::None,
            directory: None,
            redis: RedisConfig::default(),
            key_file: None,
            retention_days: 180,
            when_full: WhenFull::Refuse,
            queue: 16_384,
            sync_ms: 1_000,
        }
    }
}

/// Where the trail is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuditSink {
    /// Nowhere: for demonstration and test alone.
    None,
    /// In files of this machine.
    File,
    /// In a Redis that several instances share.
    Redis,
    /// On standard output, for whatever collects it; citizens do not find it here then.
    Stdout,
}

/// What happens when an entry finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// Nobody is asked: what is not written down does not happen.
    Refuse,
    /// It goes on, and it is written down how many entries are missing.
    DropAndCount,
}
