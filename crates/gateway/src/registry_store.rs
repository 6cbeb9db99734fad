//! The store of the registry that the configuration names.

mod redis;

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;
use overblik_registry::{FileStore, RegistryService, RegistryStore, StoreError, remove_left_over};

use self::redis::{RedisIndexes, RedisStore};
use crate::{
    config::{RegistryConfig, RegistryStoreKind},
    index::{FileIndexes, IndexStore},
    redis_link::{Link, Target},
};

/// Opens the registry; with the way to the Redis that it is in, where it is.
///
/// # Errors
/// [`StoreError`] when it cannot be read, is another one, or another process writes it.
pub(crate) async fn open(
    config: &RegistryConfig,
    now: Timestamp,
) -> Result<(Arc<RegistryService>, Option<Arc<Link>>), StoreError> {
    let (store, link): (Arc<dyn RegistryStore>, _) = match config.store {
        RegistryStoreKind::Files => (Arc::new(FileStore::open(&config.directory)?), None),
        RegistryStoreKind::Redis => {
            let store = RedisStore::new(&config.redis)?;
            if let Err(why) = store.keeps().await {
                tracing::error!(%why, "nothing is written into the registry before this is mended");
            }
            let link = Arc::clone(store.link());
            (Arc::new(store), Some(link))
        }
    };
    let folder = unfolded(config);
    // What a process that was killed left of these.
    let _removed = remove_left_over(&folder, now);
    Ok((service(config, store).await?, link))
}

/// The same for whoever only reads.
///
/// # Errors
/// [`StoreError`] when it cannot be read, is damaged, or is another one.
pub(crate) async fn look_into(config: &RegistryConfig) -> Result<Arc<RegistryService>, StoreError> {
    service(config, reader(config)?.into()).await
}

async fn service(config: &RegistryConfig, store: Arc<dyn RegistryStore>) -> Result<Arc<RegistryService>, StoreError> {
    let service = RegistryService::open(store, unfolded(config)).await?;
    let (wanted, found) = (config.id, service.current().id());
    if wanted.is_some() && wanted != found {
        let found = found.map_or_else(|| "has no id".to_owned(), |found| format!("has the id {found}"));
        return Err(StoreError::Damaged(format!("it {found}, and registry.id of the configuration names another")));
    }
    Ok(Arc::new(service))
}

/// Whether a registry that could not be opened may be there by itself a moment later: its Redis is away, and what is set is
/// not at fault.
pub(crate) fn may_come_back(config: &RegistryConfig, error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
        && config.store == RegistryStoreKind::Redis
        && Target::new(&config.redis).is_ok()
}

/// Opens where indexes are kept: beside the registry. Whoever does has opened the registry for writing.
///
/// # Errors
/// [`StoreError`] when nothing can be kept there.
pub(crate) fn open_indexes(config: &RegistryConfig) -> Result<Arc<dyn IndexStore>, StoreError> {
    Ok(match config.store {
        RegistryStoreKind::Files => Arc::new(FileIndexes::open(&config.directory)?),
        RegistryStoreKind::Redis => Arc::new(RedisIndexes::new(&config.redis)?),
    })
}

/// The store read anew, as it is kept: nothing is taken from what this process remembers.
///
/// # Errors
/// [`StoreError`] when it cannot be read, or is damaged.
pub(crate) fn reader(config: &RegistryConfig) -> Result<Box<dyn RegistryStore>, StoreError> {
    Ok(match config.store {
        RegistryStoreKind::Files => Box::new(FileStore::read_only(&config.directory)?),
        RegistryStoreKind::Redis => Box::new(RedisStore::new(&config.redis)?),
    })
}

/// Whether there is one. The first to open it makes it.
pub(crate) fn is_begun(config: &RegistryConfig) -> bool {
    match config.store {
        RegistryStoreKind::Files => config.directory.exists(),
        // One that is empty is one.
        RegistryStoreKind::Redis => true,
    }
}

/// The folder for files of versions that are looked at; each goes away again.
pub(crate) fn unfolded(config: &RegistryConfig) -> PathBuf {
    config.directory.join("unfolded")
}
