//! The store that needs nothing else: files in a folder, which survive a crash at any moment.
//!
//! `history.jsonl` is the history, a record a line, only ever appended to; `blobs/<digest>` are bundles and reports;
//! `lock` is held by the one process that writes. Whoever only reads needs no lock and follows the file.

mod blobs;
mod history;
mod lock;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use crate::{
    digest::Digest,
    record::{Head, Record},
    store::{Appended, RegistryStore, StoreError},
};
use blobs::Blobs;
use history::History;
use lock::Lock;

/// How often a reader looks whether the history grew.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The registry in a folder. Clones are the same store.
#[derive(Clone)]
pub struct FileStore {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    blobs: Blobs,
    history: Mutex<History>,
    /// The number of the last record, for those of this process who wait.
    appended: watch::Sender<u64>,
    /// Held by the process that writes.
    lock: Option<Lock>,
}

impl FileStore {
    /// Opens the folder, which is made if it is not there, for writing: no other process can until this one ends, however
    /// it ends. What a crash left unfinished is taken away and told in the log.
    ///
    /// # Errors
    /// [`StoreError`]: another process works with it, the folder cannot be written, or what is kept is damaged.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        if !folder.is_dir() {
            fs::create_dir_all(folder).map_err(|error| cannot("make the folder", folder, &error))?;
            let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
            sync_folder(above.unwrap_or(Path::new(".")))?;
        }
        let lock = Lock::take(folder)?;
        let blobs = Blobs::open(folder)?;
        blobs.remove_unfinished()?;
        let history = History::open(folder)?;
        sync_folder(folder)?;
        Ok(Self::of(folder, blobs, history, Some(lock)))
    }

    /// Opens the folder for reading, whoever writes it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]: there is no registry, it cannot be read, or it is damaged.
    pub fn read_only(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self::of(folder, Blobs::in_folder(folder), History::read_only(folder)?, None))
    }

    fn of(folder: &Path, blobs: Blobs, history: History, lock: Option<Lock>) -> Self {
        let appended = watch::Sender::new(history.head().number);
        let inner = Inner { folder: folder.to_owned(), blobs, history: Mutex::new(history), appended, lock };
        Self { inner: Arc::new(inner) }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Does something with the disk on a thread that may wait for it. Once begun it is done to its end, whether or not the
    /// caller still wants to know.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.map_err(|error| StoreError::Unavailable(format!("the work on the disk was broken off: {error}")))?
    }
}

impl Inner {
    /// The history with all that is in the file by now. A writer's own is, as nobody else appends.
    fn history(&self) -> Result<MutexGuard<'_, History>, StoreError> {
        // What is held is changed only after the disk has said yes, so nothing is half done after a panic.
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if self.lock.is_none() {
            history.read_on()?;
        }
        Ok(history)
    }

    fn refuse_reader(&self) -> Result<(), StoreError> {
        match self.lock {
            Some(_) => Ok(()),
            None => Err(StoreError::ReadOnly(format!("{} was opened for reading", self.folder.display()))),
        }
    }
}

#[async_trait]
impl RegistryStore for FileStore {
    async fn head(&self) -> Result<Head, StoreError> {
        self.on_disk(|inner| Ok(inner.history()?.head())).await
    }

    async fn read(&self, after: u64, most: usize) -> Result<Vec<Record>, StoreError> {
        self.on_disk(move |inner| Ok(inner.history()?.records(after, most))).await
    }

    async fn append(&self, record: &Record) -> Result<Appended, StoreError> {
        let record = record.clone();
        self.on_disk(move |inner| {
            inner.refuse_reader()?;
            let number = record.number;
            let appended = inner.history()?.append(record)?;
            if appended == Appended::Kept {
                inner.appended.send_replace(number);
            }
            Ok(appended)
        })
        .await
    }

    async fn put_blob(&self, blob: Bytes) -> Result<Digest, StoreError> {
        self.on_disk(move |inner| {
            inner.refuse_reader()?;
            inner.blobs.put(&blob)
        })
        .await
    }

    async fn blob(&self, digest: Digest) -> Result<Option<Bytes>, StoreError> {
        self.on_disk(move |inner| inner.blobs.get(digest)).await
    }

    async fn changed(&self, after: u64) -> Result<Head, StoreError> {
        let mut appended = self.inner.appended.subscribe();
        loop {
            let head = self.head().await?;
            if head.number > after {
                return Ok(head);
            }
            if self.inner.lock.is_some() {
                // The sender lives as long as this store.
                let _gone = appended.wait_for(|number| *number > after).await;
            } else {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }
}

/// That the disk does not do something, for whoever can do something about it.
fn cannot(what: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("cannot {what} {}: {error}", path.display()))
}

/// Makes names in a folder last: a new file is there after a crash only when its folder was written too.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    let sync = || fs::File::open(folder)?.sync_all();
    sync().map_err(|error| cannot("write", folder, &error))
}
