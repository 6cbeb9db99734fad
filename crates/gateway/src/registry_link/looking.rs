//! What is known of versions: their files, and whether they may be asked for their authority as it is by now (requirement
//! R40).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use overblik_connectors::{LiveVersion, Revision};
use overblik_registry::{Authority, Bundle, Digest, RegistryService, Slug, StoreError, examine};

use super::mistakes::Mistake;

/// A version of a source.
pub(super) type Named = (Slug, Digest);

/// Versions that were looked at.
#[derive(Default)]
pub(super) struct LookedAt(BTreeMap<Named, Looked>);

/// A version that was looked at.
struct Looked {
    /// For whom. With other domains it must be looked at again.
    authority: Authority,
    /// `None` if they are not to be had.
    files: Option<Files>,
    mistakes: Vec<Mistake>,
}

/// The files of a version, for whoever looks at them and for whoever runs them.
#[derive(Clone)]
struct Files {
    bundle: Bundle,
    version: LiveVersion,
}

/// What is known of a version.
pub(super) enum Known<'l> {
    /// It may be asked.
    Good(&'l LiveVersion),
    /// It may not.
    Mistaken(&'l [Mistake]),
    /// Nobody looked yet, or not at what its authority has by now; then these are its files, if it was good before.
    Nothing { was_good: Option<&'l LiveVersion> },
}

impl LookedAt {
    /// What is known of a version of an authority.
    pub(super) fn known(&self, named: &Named, authority: &Authority) -> Known<'_> {
        let Some(looked) = self.0.get(named) else { return Known::Nothing { was_good: None } };
        let good = looked.files.as_ref().filter(|_| looked.mistakes.is_empty()).map(|files| &files.version);
        match (is_same_owner(&looked.authority, authority), good) {
            (true, Some(version)) => Known::Good(version),
            (true, None) => Known::Mistaken(&looked.mistakes),
            (false, was_good) => Known::Nothing { was_good },
        }
    }

    /// The files of a version, whatever else is known of it.
    pub(super) fn files(&self, named: &Named) -> Option<&LiveVersion> {
        Some(&self.0.get(named)?.files.as_ref()?.version)
    }

    /// A version of a source by what names it where it is asked.
    pub(super) fn named(&self, source: &Slug, revision: Revision) -> Option<Named> {
        let is_it = |(of, digest): &&Named| of == source && Revision::from_digest(digest.bytes()) == revision;
        self.0.keys().find(is_it).cloned()
    }

    /// Finds out whether a version may be asked. What is wrong with it is known after. Whether its files are
    /// there as they were put.
    ///
    /// # Errors
    /// When its files cannot be had, or not be looked at, for now.
    pub(super) async fn look_at(
        &mut self,
        named: Named,
        authority: Authority,
        service: &RegistryService,
        folder: &Path,
    ) -> Result<bool, StoreError> {
        let (source, digest) = named.clone();
        let kept = self.0.get(&named).and_then(|looked| looked.files.clone());
        let files = match kept {
            Some(files) => files,
            None => match service.bundle(digest).await {
                Ok(bundle) => Files::of(digest, bundle),
                Err(StoreError::Damaged(what)) => {
                    let mistakes = vec![Mistake::of_registry(what)];
                    self.0.insert(named, Looked { authority, files: None, mistakes });
                    return Ok(false);
                }
                Err(error) => return Err(error),
            },
        };
        let (bundle, folder, owner) = (files.bundle.clone(), folder.to_owned(), authority.clone());
        let looking = crate::blocking::run(move || examine(&bundle, &folder, &owner, &source));
        let found = looking.await.map_err(|error| not_looked_at(&error))?;
        let found = found.map_err(|error| not_looked_at(&error))?;
        let mistakes = found.0.iter().map(Mistake::of_version).collect();
        self.0.insert(named, Looked { authority, files: Some(files), mistakes });
        Ok(true)
    }

    /// Forgets what is not among these.
    pub(super) fn keep(&mut self, named: &BTreeSet<Named>) {
        self.0.retain(|one, _| named.contains(one));
    }

    /// Has what was not there looked for again: a damaged file may have been put right.
    pub(super) fn forget_what_is_not_there(&mut self) {
        self.0.retain(|_, looked| looked.files.is_some());
    }
}

/// Whether what a contract may name is the same.
fn is_same_owner(one: &Authority, other: &Authority) -> bool {
    (&one.slug, &one.cvr, &one.domains) == (&other.slug, &other.cvr, &other.domains)
}

impl Files {
    fn of(digest: Digest, bundle: Bundle) -> Self {
        let files = bundle.files().iter().map(|(path, bytes)| (path.clone(), bytes.to_vec())).collect();
        let version = LiveVersion { revision: Revision::from_digest(digest.bytes()), files: Arc::new(files) };
        Self { bundle, version }
    }
}

fn not_looked_at(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("a version cannot be looked at: {error}"))
}
