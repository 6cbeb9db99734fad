//! What tells one version of a contract from every other.

use std::fmt;

use aws_lc_rs::digest;

use crate::hexadecimal::Hexadecimal;

/// Names a version of a contract to the byte: a SHA-256. What is fetched, kept or shared under one is never found under
/// another, whatever number the contract gives itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision([u8; 32]);

impl Revision {
    /// In their order, the first there can be.
    pub(crate) const FIRST: Self = Self([0; 32]);

    /// By a digest of all files of the version.
    #[must_use]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// By the contract's text alone, as where it stands in a folder.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hexadecimal(&self.0).fmt(f)
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({self})")
    }
}
