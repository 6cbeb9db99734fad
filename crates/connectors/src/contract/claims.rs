//! What one contract has that no other may have, or none of another authority.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    examination::{Examination, KeyPath},
    folder_name,
    manifest::Manifest,
    opened::Opened,
};
use crate::load_options::Endpoint;

/// What a contract has to itself. What was told to have the wrong shape is not among it.
pub(crate) struct Claims {
    /// Where the contract is, as mistakes of others name it.
    pub(super) file: PathBuf,
    /// The names of its folders: the authority's, and its source's.
    pub(super) authority: String,
    source: String,
    slug: Option<String>,
    it_system_id: Option<String>,
    pub(super) opened: Opened,
}

impl Claims {
    /// What a contract claims; what others have claimed before is noted.
    pub(super) fn of(
        examination: &mut Examination<'_>,
        manifest: &Manifest,
        endpoint: Option<&Endpoint>,
        (file, folder): (&Path, &Path),
        before: &[Arc<Self>],
    ) -> Self {
        let authority = folder.parent().map(folder_name).unwrap_or_default();
        let source = folder_name(folder);
        // Of another version of the same source, the same is claimed.
        let others = || before.iter().map(|claims| &**claims).filter(|one| !one.is_of(authority, source));
        let mut unique = |path: &str, name: &str, of: fn(&Self) -> Option<&String>| {
            let path = KeyPath::of(path);
            if examination.noted_before(&path).is_some() {
                return None;
            }
            if let Some(first) = others().find(|other| of(other).is_some_and(|taken| taken == name)) {
                examination.wrong_value(&path, format!("already taken by {}", first.file.display()), None);
            }
            Some(name.to_owned())
        };
        let slug = unique("metadata.name", &manifest.metadata.name, |claims| claims.slug.as_ref());
        let it_system_id =
            unique("spec.source.itSystemId", &manifest.spec.source.it_system_id, |claims| claims.it_system_id.as_ref());
        // Sources of one authority may share all of it.
        let of_other_authorities: Vec<&Self> = others().filter(|claims| claims.authority != authority).collect();
        let opened = Opened::of(examination, &manifest.spec.auth, endpoint, &of_other_authorities);
        let (authority, source) = (authority.to_owned(), source.to_owned());
        Self { file: file.to_owned(), authority, source, slug, it_system_id, opened }
    }

    /// Whether it is of this source of this authority.
    pub(crate) fn is_of(&self, authority: &str, source: &str) -> bool {
        self.authority == authority && self.source == source
    }
}
