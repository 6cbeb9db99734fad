//! The two marks beside the segments.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::{
    super::{
        names::{Mark, MarkOf},
        record::json,
    },
    private,
};

pub(super) fn path(directory: &Path, of: MarkOf) -> PathBuf {
    directory.join(match of {
        MarkOf::Anchor => "anchor.json",
        MarkOf::Head | MarkOf::Export => "head.json",
    })
}

/// The mark that is there.
///
/// # Errors
/// When it cannot be read, or is none.
pub(super) fn read(directory: &Path, of: MarkOf) -> io::Result<Option<Mark>> {
    match fs::read(path(directory, of)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(bytes) => {
            let name = path(directory, of);
            let name = name.file_name().unwrap_or_default().display().to_string();
            let broken = |error| io::Error::new(ErrorKind::InvalidData, format!("{name} was damaged: {error}"));
            serde_json::from_slice(&bytes).map(Some).map_err(broken)
        }
    }
}

/// Puts a mark in the place of the one before, so that a crash leaves either.
pub(super) fn write(directory: &Path, mark: &Mark) -> io::Result<()> {
    let path = path(directory, mark.of);
    let temporary = path.with_extension("json.new");
    let mut file = private().write(true).create(true).truncate(true).open(&temporary)?;
    file.write_all(json(mark).as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, &path)?;
    sync_directory(directory)
}

pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory).and_then(|directory| directory.sync_all())
}
