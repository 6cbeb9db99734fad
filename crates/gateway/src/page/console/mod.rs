//! The pages of the console, for those who work with sources. As the citizens' pages: no I/O, no clock, no markup but ours.
//!
//! What somebody may is not decided here: whoever makes a page says which actions it offers.

mod actions;
mod history;
mod layout;
mod lists;
mod said;
mod source;
mod version;
mod words;

pub use actions::{SourceActions, VersionActions};
pub use history::history;
pub use layout::ConsoleFrame;
pub use lists::{Waiting, sources};
pub use said::{RefusalWords, Said, continue_to, logged_out, refused, welcome, words_for};
pub use source::{SourcePage, source};
pub use version::{Compared, VersionPage, version};
