//! A bundle as files in a folder, for whatever reads files: the contract's check, the kit, the gateway that runs it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{
    bundle::{Bundle, CONTRACT},
    text::Slug,
};

/// The files of a bundle in `<authority>/<source>/` of a folder of their own, which goes away with this.
#[derive(Debug)]
pub struct Unfolded {
    root: TempDir,
    source: PathBuf,
}

impl Bundle {
    /// Writes the files into a new folder in this one, which is made if it is not there.
    ///
    /// # Errors
    /// What the disk says. Nothing is left then.
    pub fn unfold(&self, folder: &Path, authority: &Slug, source: &Slug) -> io::Result<Unfolded> {
        fs::create_dir_all(folder)?;
        let root = tempfile::Builder::new().prefix("unfolded-").tempdir_in(folder)?;
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
