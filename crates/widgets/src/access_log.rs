//! What was asked about a citizen, as they may read it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{moment::Moment, text::LocalizedText};

/// What was asked about the citizen who reads it, newest first, a page at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessLog {
    /// Where the log is kept. Unless it is kept here, no entries say nothing about what was asked.
    pub kept: LogKept,
    /// For how many days entries are kept here.
    pub kept_days: u16,
    /// Whether questions may be missing: the overview asks also when there is no room in the log.
    pub may_lack: bool,
    /// How many entries of this page are there and cannot be read now.
    pub unreadable: usize,
    /// The entries of this page.
    pub entries: Vec<AccessLogEntry>,
    /// What to send as `before` for the next page; null on the last one.
    pub next: Option<String>,
}

/// Where a log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogKept {
    /// Here, all of it.
    Here,
    /// Here, as far as this server asked; other servers of the overview keep what they asked.
    Partly,
    /// By the operator, elsewhere: it cannot be read here.
    Elsewhere,
    /// Nowhere: this is a demonstration.
    Nowhere,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessLogEntry {
    /// When.
    pub at: Moment,
    /// Through what.
    pub via: LogClient,
    /// On whose behalf.
    pub on_behalf: OnBehalf,
    /// What was done.
    pub what: LogDeed,
}

/// Through what somebody asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogClient {
    /// What it is.
    pub kind: LogClientKind,
    /// Its name.
    pub name: LocalizedText,
}

/// What somebody asked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogClientKind {
    /// The overview's own pages.
    Overview,
    /// Another site that shows parts of the overview.
    Portal,
    /// An app.
    App,
}

/// On whose behalf somebody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBehalf {
    /// The citizen's own.
    Own,
    /// The citizen's, by somebody else who may act for them.
    ByAnother,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LogDeed {
    /// A source was asked about the citizen.
    Asked(Box<LogQuestion>),
    /// The citizen read this log.
    LogRead,
}

/// A source was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogQuestion {
    /// The source's slug.
    pub source: String,
    /// The source's heading; null for a source that is no more.
    pub title: Option<LocalizedText>,
    /// The authority's name; null likewise.
    pub authority: Option<LocalizedText>,
    /// The authority's CVR number.
    pub cvr: String,
    /// The agreement by which it was asked.
    pub agreement: String,
    /// The version of the contract by which it was asked.
    pub contract: String,
    /// What for.
    pub purpose: LogPurpose,
    /// What came of it.
    pub outcome: LogOutcome,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// What a source was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogPurpose {
    /// The whole overview.
    Overview,
    /// One section.
    Section,
    /// More about one item.
    Item,
    /// A page or an app asked by itself.
    Background,
}

/// What came of asking a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogOutcome {
    /// It answered.
    Ready,
    /// It said that it has nothing.
    Empty,
    /// It answered in part.
    Partial,
    /// It did not answer in time.
    TimedOut,
    /// It did not answer, or said that it failed.
    Failed,
    /// Its answer could not be used.
    Invalid,
    /// It refused.
    Refused,
    /// Nothing was sent to it: the citizen's login lacked what it takes to ask.
    NotSent,
    /// Nobody waited for the answer any more.
    Ended,
}
