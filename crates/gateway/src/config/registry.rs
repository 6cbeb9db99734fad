//! The registry: which versions of which contracts run, and who said so.

use std::path::PathBuf;

use serde::Deserialize;

use super::RedisConfig;

/// The registry of contracts. Without this section the contracts of `contracts.directory` run as they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistryConfig {
    /// Where it is kept.
    pub store: RegistryStoreKind,
    /// The folder that it is kept in; with Redis, that for files which go away again. A relative path counts from the
    /// working directory.
    pub directory: PathBuf,
    /// The shared store of several instances.
    pub redis: RedisConfig,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self { store: RegistryStoreKind::Files, directory: "registry".into(), redis: RedisConfig::default() }
    }
}

/// Where the registry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistryStoreKind {
    /// In files of this machine: for one instance.
    Files,
    /// In a Redis that several instances share.
    Redis,
}
