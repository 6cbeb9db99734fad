//! Why something is not done.

use crate::{change::NoShare, examination::Mistakes, registry::VersionState, store::StoreError};

/// Why a change is not made. The history is as it was, but for [`Refusal::Store`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or it is another authority's, which looks the same to whoever asks (requirement R46).
    #[error("there is no {what} \"{name}\"")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// By which name.
        name: String,
    },
    /// It is not for them to do.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// They took part in it, and a second person decides (requirement R47).
    #[error(
        "{name} took part in this and cannot approve it: an operator who neither proposed, pushed, tested nor submitted it does"
    )]
    SecondPerson {
        /// Who would have approved what is their own.
        name: String,
    },
    /// The version is not where this can be done to it.
    #[error("version {version} is {state}, and this can be done to one that is {expected}")]
    WrongState {
        /// The version.
        version: u32,
        /// Where it is.
        state: VersionState,
        /// Where it could be done.
        expected: String,
    },
    /// It contradicts how things are.
    #[error("{0}")]
    Conflict(String),
    /// It can never be done so.
    #[error("{0}")]
    Invalid(String),
    /// The files of the version are not what they were when the authority's domains were others, or their contract is not
    /// accepted any more.
    #[error("the contract has mistakes:\n{0}")]
    Mistakes(Mistakes),
    /// Something changed since the caller looked.
    #[error(
        "record {changed} changed this after what you saw, which was record {seen}; look at it again and decide anew"
    )]
    Stale {
        /// What the caller saw.
        seen: u64,
        /// The last record about it.
        changed: u64,
    },
    /// The store did not keep it, or does not say whether it did.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NoShare> for Refusal {
    fn from(error: NoShare) -> Self {
        Self::Invalid(error.to_string())
    }
}
