//! Indexes: sources say for which citizens they hold data, and are not asked about others.
//!
//! An index only ever makes us not ask, and whatever is in doubt is asked: an index that is over, not there, damaged, made with
//! a key that is no longer ours, or of which nobody knows that it is still so, leaves nobody out.
//!
//! 1. `upload` reads what an authority sends into a `fingerprint` for each citizen, which is all that is kept of them.
//! 2. `at_rest` is how an index is written down, and `store` where: `files`, or a Redis that instances share
//!    (`registry_store`). It counts when the registry's history names it: how many citizens, until when, and never whom.
//! 3. `entries` is an index in memory, `held` all of them: orchestration asks them whom to leave out.
//! 4. `service` loads, changes and drops them, and keeps what is held the same at every instance.

mod at_rest;
#[cfg(test)]
pub(crate) mod conformance;
mod entries;
mod files;
mod fingerprint;
mod held;
mod service;
mod store;
mod upload;

pub(crate) use at_rest::CHANGE;
pub(crate) use files::FileIndexes;
pub(crate) use fingerprint::Fingerprint;
#[cfg(test)]
pub(crate) use fingerprint::tests::index as named;
pub(crate) use held::{HowItIs, Indexes};
pub(crate) use service::{IndexService, NotChanged};
pub(crate) use store::IndexStore;
pub(crate) use upload::{Upload, WrongUpload};
