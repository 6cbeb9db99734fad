//! Blobs: a file each, named by what is in it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;

use super::{cannot, sync_folder};
use crate::{
    digest::Digest,
    store::{MOST_BLOB_BYTES, StoreError},
};

const BLOBS: &str = "blobs";
/// What the name of a file begins with that is not whole yet.
const UNFINISHED: &str = ".unfinished-";

/// The folder of blobs.
pub(super) struct Blobs {
    folder: PathBuf,
    /// How many were begun, for a name of each one's own.
    begun: AtomicU64,
}

impl Blobs {
    /// The folder, wherever it is read.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.join(BLOBS), begun: AtomicU64::new(0) }
    }

    /// The folder, which is made if it is not there.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let blobs = Self::in_folder(folder);
        fs::create_dir_all(&blobs.folder).map_err(|error| cannot("make the folder", &blobs.folder, &error))?;
        Ok(blobs)
    }

    /// Takes away what a crash left. Nobody else writes: the lock is held.
    pub(super) fn remove_unfinished(&self) -> Result<(), StoreError> {
        let remove = || -> io::Result<()> {
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                    fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        remove().map_err(|error| cannot("clear", &self.folder, &error))
    }

    /// Writes a blob: whole under another name first, and under its own only when the disk has it.
    pub(super) fn put(&self, blob: &[u8]) -> Result<Digest, StoreError> {
        if blob.len() > MOST_BLOB_BYTES {
            return Err(StoreError::Unavailable(format!("a blob of more than {MOST_BLOB_BYTES} bytes is not kept")));
        }
        let digest = Digest::of_blob(blob);
        let path = self.path(digest);
        // One that is there and damaged is written anew.
        if !self.get(digest).is_ok_and(|kept| kept.is_some()) {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            let unfinished = self.folder.join(format!("{UNFINISHED}{number}"));
            let write = || {
                let mut file = File::create(&unfinished)?;
                file.write_all(blob)?;
                file.sync_all()?;
                fs::rename(&unfinished, &path)
            };
            write().map_err(|error| {
                // If it cannot be removed either, the next opening does it.
                let _left = fs::remove_file(&unfinished);
                cannot("write", &path, &error)
            })?;
        }
        // Also for one that was there: whoever put it may have been cut off before this.
        sync_folder(&self.folder)?;
        Ok(digest)
    }

    /// A blob, if it is there; damaged it is none.
    pub(super) fn get(&self, digest: Digest) -> Result<Option<Bytes>, StoreError> {
        let path = self.path(digest);
        let read = || -> io::Result<Vec<u8>> {
            let mut blob = Vec::new();
            let most = u64::try_from(MOST_BLOB_BYTES).unwrap_or(u64::MAX).saturating_add(1);
            File::open(&path)?.take(most).read_to_end(&mut blob)?;
            Ok(blob)
        };
        match read() {
            Ok(blob) if Digest::of_blob(&blob) == digest => Ok(Some(blob.into())),
            Ok(_) => Err(StoreError::Damaged(format!("{} is not what its name says", path.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot("read", &path, &error)),
        }
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(digest.to_string())
    }
}
