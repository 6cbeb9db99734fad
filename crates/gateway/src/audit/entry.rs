//! What is written down, and nothing else: who was asked about whom, for whom, when, and what came of it. Never what was
//! answered, no number and no name of anybody.

use jiff::Timestamp;
use overblik_connectors::CitizenScope;
use overblik_registry::Digest;
use overblik_widgets::SectionState;
use serde::{Deserialize, Serialize};

use super::names::CitizenName;
use crate::session::{Standing, Viewer};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A trail begins. All its hashes follow from its id, which is made by chance.
    Begun {
        /// The id.
        chain: Digest,
    },
    /// A process goes on with it.
    GoneOn {
        /// Bytes of an entry that a crash left unfinished, and that were cut off.
        cut_off: u64,
    },
    /// A source was asked about a citizen.
    Asked(Asked),
    /// A citizen read what is here about them.
    LogRead {
        /// Whose log it is: they themselves.
        citizen: CitizenName,
        /// Through which door.
        via: Via,
    },
    /// So many entries were not written, as there was no room for them (`audit.when_full: drop_and_count`).
    NotWritten {
        /// How many.
        entries: u64,
    },
}

impl Event {
    /// Whom it is about.
    #[must_use]
    pub fn citizen(&self) -> Option<&CitizenName> {
        match self {
            Self::Asked(Asked { citizen, .. }) | Self::LogRead { citizen, .. } => Some(citizen),
            Self::Begun { .. } | Self::GoneOn { .. } | Self::NotWritten { .. } => None,
        }
    }

    /// Which source it is about.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Asked(asked) => Some(&asked.source),
            _ => None,
        }
    }
}

/// A source was asked about a citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Whom the question was about.
    pub citizen: CitizenName,
    /// Who asked, where that was somebody else, on the citizen's behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CitizenName>,
    /// Through what they asked.
    pub via: Via,
    /// The source's slug.
    pub source: String,
    /// The CVR number of the authority whose data they are.
    pub authority: String,
    /// The agreement by which they are shown.
    pub agreement: String,
    /// The version of the contract.
    pub contract: String,
    /// What for.
    pub purpose: Purpose,
    /// What came of it.
    pub outcome: Ended,
    /// Why it came to nothing, by the name that logs have for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// Through what somebody asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Via {
    /// The overview's own pages.
    Overview,
    /// A portal, by its name in agreements.
    Portal(String),
    /// An app, by its name in agreements.
    App(String),
}

impl Via {
    /// What a viewer looks through.
    #[must_use]
    pub fn of(viewer: &Viewer) -> Self {
        let client = |scope: &CitizenScope| scope.display_client().to_owned();
        match viewer.standing {
            Standing::Session { .. } => Self::Overview,
            Standing::Portal { .. } => Self::Portal(client(&viewer.scope)),
            Standing::Token { .. } => Self::App(client(&viewer.scope)),
        }
    }
}

/// What a source was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// All sections of an overview.
    Overview,
    /// One section.
    Section,
    /// More about one item.
    Item,
    /// A page or an app asked by itself, without the citizen's doing.
    Background,
}

/// What came of asking: the state of the section, or that nobody waited for the answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
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
    /// It refused us.
    Refused,
    /// Nobody waited for the answer any more.
    Ended,
}

impl From<SectionState> for Ended {
    fn from(state: SectionState) -> Self {
        match state {
            SectionState::Ready => Self::Ready,
            SectionState::Empty => Self::Empty,
            SectionState::Partial => Self::Partial,
            SectionState::TimedOut => Self::TimedOut,
            SectionState::Invalid => Self::Invalid,
            SectionState::Refused => Self::Refused,
            // The rest is what sections are whose source was not asked. If one was all the same, it gave no answer.
            SectionState::Failed
            | SectionState::Stale
            | SectionState::Pending
            | SectionState::Suspended
            | SectionState::StepUpRequired
            | SectionState::NotCovered => Self::Failed,
        }
    }
}

/// What is to be written down, and when it was.
#[derive(Clone, Debug)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}
