//! Everything that the process tells about itself: every metric, every log event, every span of a trace, each with what it means and
//! what to do about it. Nothing is measured or logged that is not in here, and nothing is in here that is not (a test reads
//! the sources, and asks a running process). The document for operators is written from it.

mod document;
mod events_of_admin;
mod events_of_audit;
mod events_of_logins;
mod events_of_sessions;
mod events_of_sources;
mod events_of_the_process;
mod fields;
mod metric;
pub(crate) mod metrics_of_sources;
pub(crate) mod metrics_of_the_process;
pub(crate) mod metrics_of_visits;
pub(crate) mod metrics_of_what_is_kept;
mod spans;

pub use document::document;
pub use fields::{FIELDS, Field};
pub use metric::{Kind, Label, Metric, Unit};
pub use spans::{TRACE_RESOURCE, TRACE_SPANS, TraceSpan};

/// How loud a log event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Somebody must act.
    Error,
    /// Something is not as it should be; if it goes on, somebody must act.
    Warn,
    /// Something that happens as it should.
    Info,
    /// For whoever looks for a cause.
    Debug,
}

impl Level {
    /// As it is written in code, and by `tracing`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// A log event. Its message is its name: the same each time, without anything in it that changes.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The message.
    pub message: &'static str,
    /// At which levels it is logged.
    pub levels: &'static [Level],
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub action: &'static str,
}

/// All events of one room, or of several that belong together.
pub struct Chapter {
    /// What they are about.
    pub title: &'static str,
    /// The events.
    pub events: &'static [Event],
}

/// Every log event.
pub const EVENTS: [Chapter; 6] = [
    events_of_the_process::CHAPTER,
    events_of_sources::CHAPTER,
    events_of_logins::CHAPTER,
    events_of_sessions::CHAPTER,
    events_of_admin::CHAPTER,
    events_of_audit::CHAPTER,
];

/// Every metric, by what it is about.
pub const METRICS: [(&str, &[&Metric]); 4] = [
    ("Requests, overviews and logins", metrics_of_visits::ALL),
    ("Sources", metrics_of_sources::ALL),
    ("The process and what it depends on", metrics_of_the_process::ALL),
    ("What is kept, and what listeners show", metrics_of_what_is_kept::ALL),
];

const fn event(message: &'static str, levels: &'static [Level], meaning: &'static str, action: &'static str) -> Event {
    Event { message, levels, meaning, action }
}

const ERROR: &[Level] = &[Level::Error];
const WARN: &[Level] = &[Level::Warn];
const INFO: &[Level] = &[Level::Info];
const DEBUG: &[Level] = &[Level::Debug];

/// What to do about what is as it should be.
const NOTHING: &str = "Nothing.";
