//! Where indexes are kept. A store knows their names and their bytes, and nothing of what these mean. What it keeps counts
//! only when the registry names it.

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use overblik_registry::{IndexId, StoreError};

/// Where indexes are kept. `conformance` lists what every store must do.
#[async_trait]
pub(crate) trait IndexStore: Send + Sync {
    /// Keeps a new index, whole when this has answered, and no longer than until then.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or full.
    async fn put(&self, index: &IndexId, blocks: Vec<Bytes>, until: Timestamp) -> Result<(), StoreError>;

    /// An index as it was put; `None` where there is none, or not all of it.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn whole(&self, index: &IndexId) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps further changes of an index, if there are as many so far; whether there were. Of all who append to one place, one
    /// succeeds.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away or full; then nobody knows whether they were kept.
    async fn append(&self, index: &IndexId, so_far: u64, lines: Vec<u8>, until: Timestamp) -> Result<bool, StoreError>;

    /// The changes of each of these indexes after so many; `None` for one that is not there, or not with as many.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn changes(&self, after: &[(IndexId, u64)]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Forgets an index, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn remove(&self, index: &IndexId) -> Result<(), StoreError>;

    /// Forgets what crashes have left: all but these. Called before anything else is done with the store.
    ///
    /// # Errors
    /// [`StoreError`] when the store is away.
    async fn keep_only(&self, named: &[IndexId]) -> Result<(), StoreError>;
}
