//! Indexes in files, beside the registry's: `indexes/<id>`, and `indexes/<id>.changes`, which is only ever appended to. They
//! are this user's alone to read. A crash at any moment leaves an index whole or not there.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use overblik_registry::{IndexId, StoreError};

use super::{at_rest::CHANGE, store::IndexStore};

const FOLDER: &str = "indexes";
/// What the name of a file ends with that is not whole yet.
const UNFINISHED: &str = ".unfinished";
const CHANGES: &str = ".changes";

/// See the module. The one process that may write is the one that holds the registry's lock.
pub(crate) struct FileIndexes {
    folder: Arc<Path>,
}

impl FileIndexes {
    /// The indexes of a registry in this folder.
    ///
    /// # Errors
    /// [`StoreError`] when there can be no folder for them.
    pub(crate) fn open(registry: &Path) -> Result<Self, StoreError> {
        let folder = registry.join(FOLDER);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.and_then(|()| sync(registry)).map_err(|error| cannot("make the folder", &folder, &error))?;
        Ok(Self { folder: folder.into() })
    }

    /// Does something with the disk on a thread that may wait for it.
    async fn on_disk<T: Send + 'static>(
        &self,
        what: &'static str,
        index: &IndexId,
        work: impl FnOnce(&Path, &Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (folder, path) = (Arc::clone(&self.folder), self.folder.join(index.as_str()));
        let work = move || work(&folder, &path).map_err(|error| cannot(what, &path, &error));
        let done = crate::blocking::run(work).await;
        done.map_err(|error| StoreError::Unavailable(format!("the work on the disk was broken off: {error}")))?
    }
}

#[async_trait]
impl IndexStore for FileIndexes {
    async fn put(&self, index: &IndexId, blocks: Vec<Bytes>, _: Timestamp) -> Result<(), StoreError> {
        self.on_disk("write", index, move |folder, path| {
            let unfinished = with(path, UNFINISHED);
            let write = || {
                let mut file = ours_alone().create(true).truncate(true).open(&unfinished)?;
                blocks.iter().try_for_each(|block| file.write_all(block))?;
                file.sync_all()?;
                fs::rename(&unfinished, path)?;
                sync(folder)
            };
            // If it cannot be removed either, the next opening does it.
            write().inspect_err(|_| drop(fs::remove_file(&unfinished)))
        })
        .await
    }

    async fn whole(&self, index: &IndexId) -> Result<Option<Vec<u8>>, StoreError> {
        self.on_disk("read", index, |_, path| or_none(fs::read(path))).await
    }

    async fn append(&self, index: &IndexId, so_far: u64, lines: Vec<u8>, _: Timestamp) -> Result<bool, StoreError> {
        self.on_disk("append to", index, move |folder, path| {
            if !path.exists() {
                return Ok(false);
            }
            let path = with(path, CHANGES);
            let is_new = !path.exists();
            let mut file = ours_alone().create(true).truncate(false).open(&path)?;
            let change = u64::try_from(CHANGE).unwrap_or(u64::MAX);
            if file.metadata()?.len().checked_div(change) != Some(so_far) {
                return Ok(false);
            }
            let end = so_far.saturating_mul(change);
            let mut write = || {
                // What a crash left of a change, of which nobody was told that it was kept.
                file.set_len(end)?;
                file.seek(SeekFrom::Start(end))?;
                file.write_all(&lines)?;
                file.sync_all()?;
                if is_new { sync(folder) } else { Ok(()) }
            };
            write().map(|()| true)
        })
        .await
    }

    async fn changes(&self, after: &[(IndexId, u64)]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let mut changes = Vec::with_capacity(after.len());
        for (index, after) in after {
            let skip = after.saturating_mul(u64::try_from(CHANGE).unwrap_or(u64::MAX));
            let lines = self.on_disk("read", index, move |_, path| {
                if !path.exists() {
                    return Ok(None);
                }
                let mut lines = Vec::new();
                if let Some(mut file) = or_none(File::open(with(path, CHANGES)))? {
                    if file.metadata()?.len() < skip {
                        return Ok(None);
                    }
                    file.seek(SeekFrom::Start(skip))?;
                    file.read_to_end(&mut lines)?;
                } else if skip > 0 {
                    return Ok(None);
                }
                lines.truncate(lines.len() - lines.len() % CHANGE);
                Ok(Some(lines))
            });
            changes.push(lines.await?);
        }
        Ok(changes)
    }

    async fn remove(&self, index: &IndexId) -> Result<(), StoreError> {
        self.on_disk("remove", index, |folder, path| {
            for path in [path, &with(path, CHANGES)] {
                or_none(fs::remove_file(path))?;
            }
            sync(folder)
        })
        .await
    }

    async fn keep_only(&self, named: &[IndexId]) -> Result<(), StoreError> {
        let (folder, named) = (Arc::clone(&self.folder), named.to_vec());
        let clear = move || {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let index = name.strip_suffix(CHANGES).unwrap_or(&name);
                if named.iter().all(|named| named.as_str() != index) {
                    fs::remove_file(entry.path())?;
                }
            }
            sync(&folder)
        };
        let folder = Arc::clone(&self.folder);
        let done = crate::blocking::run(clear).await;
        let done = done.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        done.map_err(|error| cannot("clear", &folder, &error))
    }
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn ours_alone() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

fn or_none<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::index::{conformance::Candidate, fingerprint::tests::index};

    async fn candidate() -> Candidate {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Arc::new(FileIndexes::open(folder.path()).expect("a store"));
        Candidate { store: open(), other: open(), kept: Box::new(folder) }
    }

    crate::index::conformance::conformance_list!(candidate);

    #[tokio::test]
    async fn r75_the_files_are_this_user_s_alone_and_what_crashes_left_goes_at_the_next_opening() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = FileIndexes::open(folder.path()).expect("a store");
        let (until, block) = (Timestamp::MAX, || vec![Bytes::from_static(b"entries")]);
        for digit in ["a", "b"] {
            store.put(&index(digit), block(), until).await.expect("kept");
            assert_eq!(store.append(&index(digit), 0, vec![1; CHANGE], until).await, Ok(true));
        }
        let indexes = folder.path().join(FOLDER);
        fs::write(indexes.join(format!("{}{UNFINISHED}", index("c"))), "half").expect("written");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&indexes), 0o700);
        let files = || fs::read_dir(&indexes).expect("a folder").map(|entry| entry.expect("an entry").path());
        assert_eq!(files().count(), 5);
        assert!(files().filter(|path| !path.to_string_lossy().ends_with(UNFINISHED)).all(|path| mode(&path) == 0o600));

        let reopened = FileIndexes::open(folder.path()).expect("a store");
        reopened.keep_only(&[index("b")]).await.expect("cleared");
        assert_eq!(files().count(), 2);
        assert_eq!(reopened.whole(&index("b")).await, Ok(Some(b"entries".to_vec())));
        assert_eq!(reopened.whole(&index("a")).await, Ok(None));
    }

    #[tokio::test]
    async fn what_a_crash_left_of_a_change_is_none_and_the_next_takes_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = FileIndexes::open(folder.path()).expect("a store");
        store.put(&index("a"), vec![Bytes::from_static(b"x")], Timestamp::MAX).await.expect("kept");
        assert_eq!(store.append(&index("a"), 0, vec![1; CHANGE], Timestamp::MAX).await, Ok(true));
        let file = folder.path().join(FOLDER).join(format!("{}{CHANGES}", index("a")));
        let torn = [vec![1; CHANGE], vec![2; CHANGE - 1]].concat();
        fs::write(&file, torn).expect("written");
        let all = async || store.changes(&[(index("a"), 0)]).await.expect("changes");
        assert_eq!(all().await, [Some(vec![1; CHANGE])]);
        assert_eq!(store.append(&index("a"), 1, vec![3; CHANGE], Timestamp::MAX).await, Ok(true));
        assert_eq!(all().await, [Some([vec![1; CHANGE], vec![3; CHANGE]].concat())]);
    }
}
