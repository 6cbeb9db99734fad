//! The pages of the console, for those who work with sources. As the citizens' pages: no I/O, no clock, no markup but ours.
//!
//! What somebody may is not decided here: whoever makes a page says which actions it offers.

mod actions;
mod authority;
mod authority_form;
mod difference;
mod editor;
mod history;
mod layout;
mod lists;
mod mistakes;
mod new_source;
mod said;
mod seen;
mod source;
mod statistics;
mod trying;
mod version;
mod waiting;
mod words;

pub use actions::{AuthorityActions, SourceActions, VersionActions};
pub use authority::{AuthorityPage, authorities, authority};
pub use authority_form::{AuthorityForm, MOST_PROGRAMS, WrittenAuthority, authority_form};
pub use difference::{DifferencePage, FileDifference, Hunk, Line, LinesDiffer, Mark, WhatHappened, difference};
pub use editor::{EditedFile, EditorPage, EditorSaid, editor, editor_given_back};
pub use history::{OfWhat, history};
pub use layout::ConsoleFrame;
pub use lists::sources;
pub use mistakes::FormMistake;
pub use new_source::{NewSourcePage, StartsFrom, WrittenSource, new_source};
pub use said::{RefusalWords, Said, continue_to, logged_out, refused, welcome, words_for};
pub use source::{IndexHere, SourcePage, source};
pub use statistics::{StatisticsPage, statistics};
pub use trying::{AskedFor, TriedSide, TriedVersion, TryPage, trying};
pub use version::{Compared, VersionPage, version};
pub use waiting::{Task, Tasks, Thing, Why, waiting};
pub use words::Here;
