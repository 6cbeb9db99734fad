//! The registry: which versions of which contracts run, and who said so.

use std::path::PathBuf;

use serde::Deserialize;

/// The registry of contracts. Without this section the contracts of `contracts.directory` run as they are.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistryConfig {
    /// Where it is kept.
    pub store: RegistryStoreKind,
    /// The folder that it is kept in. A relative path counts from the working directory.
    pub directory: PathBuf,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self { store: RegistryStoreKind::Files, directory: "registry".into() }
    }
}

/// Where the registry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistryStoreKind {
    /// In files of this machine: for one instance.
    Files,
}
