//! A source as whoever decides about sources wants it asked.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    connector::Coverage,
    gate::AnnouncedWindow,
    revision::Revision,
    versions::{Share, Versions},
};

/// One version of a contract, with the files that stand beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveVersion {
    /// What names it. Two with the same have the same files.
    pub revision: Revision,
    /// Its files by their paths in the source's folder, `connector.yaml` among them.
    pub files: Arc<BTreeMap<String, Vec<u8>>>,
}

/// A source that is to be asked, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSource {
    /// Whose it is: what would be the name of the authority's folder.
    pub authority: String,
    /// Which versions of its contract it is asked by.
    pub versions: Versions<LiveVersion>,
    /// Which display clients show it, and of whom. `None`: those that its contract names. What a contract does not say is
    /// not agreed on either.
    pub agreements: Option<BTreeMap<String, Coverage>>,
    /// Whether nobody asks it at present.
    pub suspended: bool,
    /// When it is closed, beside what its contract says.
    pub windows: Vec<AnnouncedWindow>,
}

impl LiveSource {
    /// A source with one version, as its contract says.
    #[must_use]
    pub fn new(authority: &str, main: LiveVersion) -> Self {
        Self {
            authority: authority.to_owned(),
            versions: Versions::one(main),
            agreements: None,
            suspended: false,
            windows: Vec::new(),
        }
    }

    /// The same, and a share of the citizens sees another version.
    #[must_use]
    pub fn with_next(mut self, next: LiveVersion, share: Share) -> Self {
        self.versions.next = Some((next, share));
        self
    }
}
