//! What every connector offers, whether it is a compiled contract or Rust code.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use overblik_widgets::{
    AssuranceLevel, Authority, Contact, Language, Link, LocalizedText, Moment, Problem, SectionState, Theme, Widget,
    WidgetKind,
};

use tokio::time::Instant;

use crate::{
    citizen::{CitizenScope, Municipality},
    error::ConnectorError,
    explanation::Explanation,
    gate::Gate,
    item_key::ItemKey,
    revision::Revision,
    secret::Secret,
    session_memory::SessionMemory,
    trace_context::TraceContext,
};

/// What a connector has, beyond its limit, to hand over the parts that did arrive before it is dropped.
pub(crate) const HANDOVER: Duration = Duration::from_millis(250);

/// Where a source's data reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// The whole country.
    Everywhere,
    /// Citizens of these municipalities.
    Municipalities(BTreeSet<Municipality>),
}

impl Coverage {
    /// Where both reach.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Everywhere, one) | (one, Self::Everywhere) => one.clone(),
            (Self::Municipalities(one), Self::Municipalities(other)) => {
                Self::Municipalities(one.intersection(other).cloned().collect())
            }
        }
    }
}

/// What is declared about a source, asked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// The source's slug, unique in the set.
    pub slug: String,
    /// UUID issued to the source system (`ItSystemID`).
    pub it_system_id: String,
    /// Version of the contract, as it numbers itself.
    pub version: String,
    /// The contract itself: everything that depends on the version depends on this.
    pub revision: Revision,
    /// Who controls the data.
    pub authority: Authority,
    /// How to reach the authority.
    pub contact: Vec<Contact>,
    /// The section's heading.
    pub title: LocalizedText,
    /// What can be expected here, and what not.
    pub expect: LocalizedText,
    /// The section's theme.
    pub theme: Theme,
    /// The kinds of widgets that can come, each once, in the order in which the contract names them.
    pub kinds: Vec<WidgetKind>,
    /// The authority's own page about the same.
    pub link: Link,
    /// Level that the data need.
    pub level: AssuranceLevel,
    /// Where the data reach, by the contract.
    pub coverage: Coverage,
    /// On what ground in law the data are shown, in the authority's own words.
    pub legal_basis: String,
    /// The number of the agreement by which they are.
    pub agreement: String,
    /// Display clients that have an agreement with this source, each with the part of the coverage that was agreed on.
    /// Others do not learn that it exists.
    pub display_clients: BTreeMap<String, Coverage>,
    /// Time limit for the whole answer, body and dependent calls included.
    pub timeout: Duration,
    /// How long an answer is kept for the citizen's session.
    pub kept: Kept,
    /// Whether more can be asked about single items of its answer.
    pub offers_detail: bool,
}

/// How long a source's answer is kept, sealed, for the session that asked; never longer than the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Within this time the answer is shown again and nothing is asked. Zero: never.
    pub fresh: Duration,
    /// Within this time, counted from the answer too, it is shown with a warning if the source fails. Zero: never.
    pub stale: Duration,
}

impl Kept {
    /// Nothing is kept, as for data of the highest level (requirement R51).
    pub const NOT: Self = Self { fresh: Duration::ZERO, stale: Duration::ZERO };
}

/// All that an answer may depend on, and what the citizen's session lends for getting it.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// Whose data, at which level, for whom.
    pub scope: CitizenScope,
    /// The language the citizen reads, for sources that answer in it.
    pub language: Language,
    /// What connectors remember for this session.
    pub memory: Arc<SessionMemory>,
    /// The item that more is asked about; none if the whole source is asked.
    pub item: Option<ItemKey>,
    /// The access token of the citizen's login, where there is one. It is shown to the identity provider alone, in
    /// exchange for a token meant for one source, and never to a source (requirement R45).
    pub login_token: Option<Secret>,
    /// What lets the sources find the parts of one overview again.
    pub trace: TraceContext,
    /// Whether a late answer may be asked for once more where the contract allows it. Whoever has too much to do themselves
    /// does not do twice what may be done once.
    pub may_ask_twice: bool,
    /// When the source's time limit ends. Everything done for this answer, waiting for room included, ends by then.
    pub deadline: Instant,
    /// Why something is not shown, for whoever tries a contract; nobody asks at a gateway.
    pub explanation: Explanation,
}

/// A usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The answer as widgets.
    pub widgets: Vec<Widget>,
    /// What more about each widget is asked by, in the same order; nothing beyond the last that has any.
    pub keys: Vec<Option<ItemKey>>,
    /// Single items that are not shown: they lack what their kind needs, or are beyond the mapping's limit.
    pub left_out: u32,
    /// Parts of the source that failed while others answered.
    pub problems: Vec<Problem>,
    /// When the data were true, if the source says so.
    pub as_of: Option<Moment>,
}

impl Fetched {
    /// What the section becomes. A source that answered in full and named nothing has said, positively, that it has
    /// nothing.
    #[must_use]
    pub fn state(&self) -> SectionState {
        if self.left_out > 0 || !self.problems.is_empty() {
            SectionState::Partial
        } else if self.widgets.is_empty() {
            SectionState::Empty
        } else {
            SectionState::Ready
        }
    }
}

/// One callable source.
#[async_trait]
pub trait Connector: Send + Sync {
    /// What is declared about the source.
    fn source(&self) -> &Arc<SourceInfo>;

    /// What stands before the source, for all who ask it.
    fn gate(&self) -> &Gate;

    /// Asks the source, whatever its gate says: whoever asks for a citizen goes through [`crate::ask`]. It answers by
    /// [`FetchRequest::deadline`], with the parts that arrived by then if that is all; the caller drops it soon
    /// afterwards, or earlier if nobody waits any more. Dropping it ends the requests.
    ///
    /// # Errors
    /// [`ConnectorError`]; the table in [`ConnectorError::consequence`] says what follows.
    async fn fetch(&self, request: FetchRequest) -> Result<Fetched, ConnectorError>;

    /// Asks the source for more about [`FetchRequest::item`], in the same manner as [`Connector::fetch`].
    ///
    /// # Errors
    /// [`ConnectorError`]; [`ConnectorError::NotOffered`] where [`SourceInfo::offers_detail`] is not set.
    async fn detail(&self, request: FetchRequest) -> Result<Fetched, ConnectorError> {
        drop(request);
        Err(ConnectorError::NotOffered)
    }

    /// Whether the citizen's login token is exchanged for one that is meant for this source.
    fn exchanges_login_token(&self) -> bool {
        false
    }
}
