//! Whether a history is the one that was written: every record in its place, allowed by the rules, and every blob there.

use crate::{
    bundle::Bundle,
    change::Change,
    digest::Digest,
    folding::CannotApply,
    record::Head,
    registry::Registry,
    store::{RegistryStore, StoreError},
};

/// How many records are read at once.
const AT_ONCE: usize = 500;

/// What was looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where the history ends. Whoever keeps it elsewhere can ask for it the next time.
    pub head: Head,
    /// How many blobs it names.
    pub blobs: usize,
}

/// A registry is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// A record does not fit; the first one that does not.
    #[error(transparent)]
    Record(#[from] CannotApply),
    /// A blob is not there, or is not what was put.
    #[error("record {number} names blob {digest}, which {why}")]
    Blob {
        /// The record.
        number: u64,
        /// The blob.
        digest: Digest,
        /// What is wrong with it.
        why: String,
    },
    /// The end is missing.
    #[error("the history ends with record {found}, and ended with record {expected} before: its end was cut off")]
    Cut {
        /// Where it ends.
        found: u64,
        /// Where it ended.
        expected: u64,
    },
    /// All of it, or its end, was written anew.
    #[error("record {number} is {found}, and was {expected} before: the history was written anew")]
    Rewritten {
        /// The record.
        number: u64,
        /// Its hash.
        found: Digest,
        /// What its hash was.
        expected: Digest,
    },
    /// The store is away, or cannot read what it keeps.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks through a whole registry. `expected` is a head from before that was kept elsewhere: a history that was written
/// anew as a whole fits in itself, and not to that.
///
/// # Errors
/// The first thing that is wrong.
pub async fn verify(store: &dyn RegistryStore, expected: Option<Head>) -> Result<Verified, NotVerified> {
    let mut registry = Registry::default();
    loop {
        let records = store.read(registry.head().number, AT_ONCE).await?;
        if records.is_empty() {
            break;
        }
        records.into_iter().try_for_each(|record| registry.apply(record))?;
    }
    if let Some(expected) = expected {
        check_head(&registry, expected)?;
    }
    let mut blobs = std::collections::BTreeSet::new();
    for record in registry.history() {
        for digest in record.change.blobs() {
            if blobs.insert(digest) {
                let wrong = |why: String| NotVerified::Blob { number: record.number, digest, why };
                let blob = store.blob(digest).await.map_err(|error| wrong(error.to_string()))?;
                let blob = blob.ok_or_else(|| wrong("is not there".to_owned()))?;
                if matches!(record.change, Change::Pushed { .. }) {
                    Bundle::from_blob(&blob).map_err(|error| wrong(error.to_string()))?;
                }
            }
        }
    }
    Ok(Verified { head: registry.head(), blobs: blobs.len() })
}

fn check_head(registry: &Registry, expected: Head) -> Result<(), NotVerified> {
    let found = registry.head().number;
    if found < expected.number {
        return Err(NotVerified::Cut { found, expected: expected.number });
    }
    let index = usize::try_from(expected.number).ok().and_then(|number| number.checked_sub(1));
    let record = index.and_then(|index| registry.history().get(index));
    let found = record.map_or(Head::of_nothing().hash, |record| record.hash);
    let Head { number, hash: expected } = expected;
    if found == expected { Ok(()) } else { Err(NotVerified::Rewritten { number, found, expected }) }
}
