//! Where the history and its blobs are kept. A store knows their order and their names, and nothing of the rules.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    digest::Digest,
    record::{Head, Record},
};

/// Most bytes of a blob: the largest bundle, written out.
pub const MOST_BLOB_BYTES: usize = 10 * 1024 * 1024;

/// What became of appending a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is kept, for good.
    Kept,
    /// The history does not end where the record follows on, but here; nothing changed.
    HeadIs(Head),
}

/// Why a store does not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or the disk says no. Whether an append was kept is known only once it answers again.
    #[error("the registry's store is not available: {0}")]
    Unavailable(String),
    /// It can only be read here.
    #[error("the registry can only be read here: {0}")]
    ReadOnly(String),
    /// Another process works with it.
    #[error("{0}")]
    Locked(String),
    /// What it keeps is not what was put there.
    #[error("the registry is damaged: {0}; nothing is done with it until a copy from before is put in its place")]
    Damaged(String),
}

/// Where the registry is kept. `conformance` lists what every store must do.
#[async_trait]
pub trait RegistryStore: Send + Sync {
    /// Where the history ends.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or damaged.
    async fn head(&self) -> Result<Head, StoreError>;

    /// The records after the one with this number (0 for all), in order, this many at most; none if there are no more.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or damaged.
    async fn read(&self, after: u64, most: usize) -> Result<Vec<Record>, StoreError>;

    /// Keeps a record if it follows the last one, by number and hash. Of all who append to one head, one succeeds. When
    /// this answers [`Appended::Kept`], nothing short of the loss of the store takes the record away. It is the caller who
    /// made sure that the rules allow it and that its blobs are put.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or full; then nobody knows whether it was kept.
    async fn append(&self, record: &Record) -> Result<Appended, StoreError>;

    /// Keeps a blob under its digest, for good when this has answered. Putting one twice is no error.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or full, or the blob is larger than [`MOST_BLOB_BYTES`].
    async fn put_blob(&self, blob: Bytes) -> Result<Digest, StoreError>;

    /// The blob with this digest. What is kept under it and has another is no answer.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away, or the blob damaged.
    async fn blob(&self, digest: Digest) -> Result<Option<Bytes>, StoreError>;

    /// Waits until there is a record after the one with this number, whoever appended it, and tells the head. It tells
    /// within a second. May be dropped at any time.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or damaged; the caller waits a moment and asks again.
    async fn changed(&self, after: u64) -> Result<Head, StoreError>;
}
