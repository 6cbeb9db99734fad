//! The national data-source interface (*Orkestreringskomponenten*), for sources that speak it.
//!
//! Such a source needs no mapping in its contract: [`MODELS`] holds one for each data model and version, in the language
//! of contracts. What the language does not have, because it is the interface's and not a model's, is here: names in
//! several spellings, the envelope's own statements, and errors reported inside an answer.

mod envelope;
mod models;
mod names;
mod reported;
mod version;

pub(crate) use envelope::{Interface, fetch_times};
pub(crate) use models::{CORE, MODELS};

pub(crate) use names::{Names, folded};
pub(crate) use reported::reported;
pub(crate) use version::Version;
