//! A bundle as files in a folder, for whatever reads files: the contract's check, the kit, the gateway that runs it.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::{
    bundle::{Bundle, CONTRACT, MOST_FILE_BYTES, MOST_FILES, WrongBundle},
    text::Slug,
};

/// What the names of such folders begin with.
const PREFIX: &str = "unfolded-";

/// After how long a folder that is still there is nobody's any more: the longest look takes minutes.
const LEFT_OVER_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// A source's folder cannot be made a bundle of.
#[derive(Debug, thiserror::Error)]
pub enum CannotRead {
    /// The disk says no.
    #[error("{} cannot be read: {error}", path.display())]
    Disk {
        /// What was to be read.
        path: PathBuf,
        /// Why it was not.
        error: io::Error,
    },
    /// Something that is neither a file nor a folder: a link could lead to what is not meant for anybody.
    #[error("{} is neither a file nor a folder; put the file itself there", .0.display())]
    NoFile(PathBuf),
    /// The files are no bundle.
    #[error(transparent)]
    Wrong(#[from] WrongBundle),
}

/// The files of a bundle in `<authority>/<source>/` of a folder of their own, which goes away with this.
#[derive(Debug)]
pub struct Unfolded {
    root: TempDir,
    source: PathBuf,
}

impl Bundle {
    /// Reads a source's folder, without what is hidden in it.
    ///
    /// # Errors
    /// [`CannotRead`].
    pub fn read(folder: &Path) -> Result<Self, CannotRead> {
        let mut files = BTreeMap::new();
        read_into(&mut files, folder, "")?;
        Ok(Self::new(files)?)
    }

    /// Writes the files into a new folder in this one, which is made if it is not there.
    ///
    /// # Errors
    /// What the disk says. Nothing is left then.
    pub fn unfold(&self, folder: &Path, authority: &Slug, source: &Slug) -> io::Result<Unfolded> {
        fs::create_dir_all(folder)?;
        let root = tempfile::Builder::new().prefix(PREFIX).tempdir_in(folder)?;
        let source = root.path().join(authority.as_str()).join(source.as_str());
        self.write_into(&source)?;
        Ok(Unfolded { root, source })
    }

    /// Writes the files into a source's folder, which is made if it is not there.
    pub(crate) fn write_into(&self, source: &Path) -> io::Result<()> {
        for (path, contents) in self.files() {
            // Paths in a bundle are plain names: none leads out of the folder.
            let file = source.join(path);
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(file, contents)?;
        }
        Ok(())
    }
}

impl Unfolded {
    /// The folder of authorities, as a gateway loads contracts from.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The source's folder.
    #[must_use]
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// The contract's file.
    #[must_use]
    pub fn contract(&self) -> PathBuf {
        self.source.join(CONTRACT)
    }
}

/// Removes what processes that were killed left in a folder for such files. Another process may use the folder too, and
/// what it looks at now stays.
///
/// # Errors
/// What the disk says; what was not removed harms nobody.
pub fn remove_left_over(folder: &Path, now: Timestamp) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.file_type()?.is_dir();
        let made = Timestamp::try_from(entry.metadata()?.modified()?).map_err(io::Error::other)?;
        if is_ours && now.duration_since(made) > LEFT_OVER_AFTER {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn read_into(files: &mut BTreeMap<String, Bytes>, folder: &Path, prefix: &str) -> Result<(), CannotRead> {
    let cannot = |error| CannotRead::Disk { path: folder.to_owned(), error };
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name.starts_with('.') {
            continue;
        }
        // Of the entry itself, not of what a link leads to.
        let kind = entry.file_type().map_err(cannot)?;
        if kind.is_dir() {
            read_into(files, &path, &format!("{prefix}{name}/"))?;
        } else if kind.is_file() {
            if files.len() >= MOST_FILES {
                return Err(WrongBundle::ManyFiles.into());
            }
            let contents = read_file(&path).map_err(|error| CannotRead::Disk { path, error })?;
            files.insert(format!("{prefix}{name}"), contents);
        } else {
            return Err(CannotRead::NoFile(path));
        }
    }
    Ok(())
}

/// Up to just beyond the largest file, so that a huge one is refused and not held in memory.
fn read_file(path: &Path) -> io::Result<Bytes> {
    let mut contents = Vec::new();
    let most = u64::try_from(MOST_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path)?.take(most).read_to_end(&mut contents)?;
    Ok(contents.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{libraries, library, library_files};

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_is_looked_at_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let unfolded = library_files().unfold(folder.path(), &libraries().slug, &library()).expect("unfolded");
        fs::create_dir(folder.path().join("somebody-s")).expect("made");
        let names = || fs::read_dir(folder.path()).expect("a folder").count();
        let made = Timestamp::try_from(fs::metadata(unfolded.root()).expect("there").modified().expect("a time"));
        let made = made.expect("a time");
        for (after, left) in
            [(SignedDuration::ZERO, 2), (LEFT_OVER_AFTER, 2), (LEFT_OVER_AFTER + SignedDuration::from_secs(1), 1)]
        {
            remove_left_over(folder.path(), made + after).expect("removed");
            assert_eq!(names(), left, "{after:?}");
        }
        remove_left_over(&folder.path().join("nowhere"), made).expect("nothing to remove");
    }
}
