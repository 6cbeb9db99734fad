//! That one process writes and no other.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Write},
    path::Path,
};

use super::cannot;
use crate::store::StoreError;

const LOCK: &str = "lock";

/// The lock of a folder. The system lets go of it when the process ends, however it ends.
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough while a process that this one is just starting still has it too.
        let _gone_with_the_file = self.file.unlock();
    }
}

impl Lock {
    /// Takes it, if no other process has it.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(|error| cannot("open", &path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is helps to find them, and is not needed.
                let _unknown = (&file).take(20).read_to_string(&mut holder);
                let digits: String = holder.chars().filter(char::is_ascii_digit).collect();
                return Err(StoreError::Locked(format!(
                    "another process{} works with the registry in {}: stop it, or make the change through its admin API",
                    if digits.is_empty() { String::new() } else { format!(" ({digits})") },
                    folder.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(cannot("lock", &path, &error)),
        }
        let mut name = || {
            file.set_len(0)?;
            file.write_all(std::process::id().to_string().as_bytes())
        };
        name().map_err(|error| cannot("write", &path, &error))?;
        Ok(Self { file })
    }
}
