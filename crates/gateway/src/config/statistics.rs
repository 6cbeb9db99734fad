//! Where statistics are kept, and who is told of them.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RedisConfig;

/// Statistics of sources.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StatisticsConfig {
    /// Where they are kept. Where nothing is said: in `directory` if it is set, else where the registry is kept, else in memory.
    pub store: Option<StatisticsStoreKind>,
    /// A directory of this process alone, made if need be.
    pub directory: Option<PathBuf>,
    /// The shared store of several instances.
    pub redis: RedisConfig,
    /// Whether everybody may read the total of all sources.
    pub open_total: bool,
}

impl Default for StatisticsConfig {
    fn default() -> Self {
        Self { store: None, directory: None, redis: RedisConfig::default(), open_total: true }
    }
}

/// Where statistics are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatisticsStoreKind {
    /// In this process's memory: they begin and end with it.
    Memory,
    /// In files of this machine: for one instance.
    Files,
    /// In a Redis that several instances share.
    Redis,
}
