//! That no other process writes in a folder.

use std::{
    fs::{File, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Held until it goes.
#[derive(Debug)]
pub(crate) struct FolderLock(File);

impl FolderLock {
    /// Takes it; `None` while another process has it.
    ///
    /// # Errors
    /// When the file that stands for it cannot be opened or locked.
    pub(crate) fn take(folder: &Path) -> io::Result<Option<Self>> {
        let mut open = File::options();
        let file = open.read(true).write(true).create(true).truncate(false).mode(0o600).open(folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing the file is not enough while a process that this one is just starting still has it too.
        let _gone_with_the_file = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_free_as_soon_as_it_goes_whoever_else_has_the_file_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = FolderLock::take(folder.path()).expect("a file").expect("free");
        assert!(FolderLock::take(folder.path()).expect("a file").is_none(), "the control");
        // As a process has it that is just being started.
        let inherited = held.0.try_clone().expect("another handle");
        drop(held);
        assert!(FolderLock::take(folder.path()).expect("a file").is_some());
        drop(inherited);
    }
}
