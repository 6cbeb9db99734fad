//! The conformance kit: a contract tried and tested before anybody relies on it.
//!
//! It runs the contract's own, real connector. A recording of the source's answers is replayed to it from this machine,
//! well and with every fault that a source can have, or a test endpoint is asked for a fictitious citizen. What came is
//! compared with what a citizen must see.

mod answers;
mod authorities;
mod change_rules;
mod changes;
mod content;
mod contract;
mod draft;
mod faults;
mod live;
mod parts;
mod persons;
mod plain_words;
mod planned;
mod reads;
mod recording;
mod report;
mod route;
mod script;
mod stage;
mod suite;
mod trial;

pub use changes::{Change, Weight, changes, version_to_raise};
pub use contract::{ConnectSettings, Contract, Places, check, document};
pub use draft::{Answers, CannotDraft, DRAFTED_AUTH, DRAFTED_FORMATS, Draft, Operation, QUESTIONS};
pub use live::{LiveSettings, test_at};
pub use plain_words::plain_words;
pub use recording::{Case, WrongRecording};
pub use report::{Check, Checked, Report, Tally, Verdict};
pub use suite::{report, test};
pub use trial::{Came, CannotTry, ask_at, replay};
