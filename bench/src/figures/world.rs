//! Everything around the gateways under measurement, and how thorough the run is.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{provider::Provider, sources::Sources};

/// Most sources of an overview.
pub(crate) const MOST_SOURCES: usize = 50;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) provider: Provider,
    pub(crate) sources: Sources,
    /// Where nginx and its modules are: empty for the system's own.
    pub(crate) nginx_root: String,
    pub(crate) is_quick: bool,
    binaries: PathBuf,
}

impl World {
    pub(crate) fn start(is_quick: bool, nginx_root: String) -> Self {
        let own = std::env::current_exe().expect("the own path");
        let binaries = own.parent().expect("a folder").to_owned();
        let folder = TempDir::new().expect("a folder");
        let sources = Sources::start(&binaries.join("sources"), MOST_SOURCES, &folder.path().join("sources.log"));
        Self { folder, provider: Provider::start(), sources, nginx_root, is_quick, binaries }
    }

    /// A program that was built with this one.
    pub(crate) fn binary(&self, name: &str) -> String {
        self.binaries.join(name).to_string_lossy().into_owned()
    }

    /// A file of this package.
    #[expect(clippy::unused_self, reason = "the other places are found through the world too")]
    pub(crate) fn bench(&self, path: &str) -> String {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_string_lossy().into_owned()
    }
}
