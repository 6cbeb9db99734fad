//! A contract to start from, folders to load it from, and a citizen.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::{collections::BTreeMap, fs, path::Path};

use overblik_connectors::{AddressPolicy, Endpoint, LoadOptions, Secret};
use tempfile::TempDir;
use url::Url;

/// A contract that uses every part of the language.
pub(crate) const CONTRACT: &str = include_str!("permits.yaml");

/// A directory of contracts, removed when dropped.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// Holds these contracts, each in its folder.
    pub(crate) fn with(contracts: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a directory");
        for (folder, text) in contracts {
            let folder = directory.path().join(folder);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("connector.yaml"), text).expect("a file");
        }
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// What a deployment sets for the source of [`CONTRACT`].
pub(crate) fn options(address_policy: AddressPolicy, base_url: Option<Url>) -> LoadOptions {
    let endpoint = Endpoint { base_url, api_key: Some(Secret::new("test-key".into())) };
    LoadOptions { endpoints: BTreeMap::from([("permits".to_owned(), endpoint)]), address_policy }
}
