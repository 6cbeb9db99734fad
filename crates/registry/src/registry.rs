//! What the history amounts to: authorities, sources and their versions, as they are now.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    actor::{Actor, ActorId},
    authority::Authority,
    change::{IndexId, Municipalities, Share, Subject, Window},
    digest::Digest,
    record::{Head, Record},
    text::{Line, Slug},
};

/// Everything that follows from the records so far. It is made by applying records, and by nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    pub(crate) head: Head,
    pub(crate) history: Vec<Arc<Record>>,
    pub(crate) authorities: BTreeMap<Slug, Arc<AuthorityEntry>>,
    pub(crate) sources: BTreeMap<Slug, Arc<Source>>,
}

/// When something was done, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// The number of the record.
    pub record: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
}

/// Something that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal<T> {
    /// What is proposed.
    pub value: T,
    /// By whom and when. The record's number names the proposal.
    pub proposed: Stamp,
}

/// Something that a second person approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreed<T> {
    /// What holds.
    pub value: T,
    /// Who proposed it.
    pub proposed: Stamp,
    /// Who approved it.
    pub approved: Stamp,
}

/// An authority as it is on record, and as it is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuthorityEntry {
    /// What holds; `None` until it was approved for the first time.
    pub current: Option<Agreed<Authority>>,
    /// What waits for a second person.
    pub pending: Option<Proposal<Authority>>,
    /// The last record about it.
    pub last_record: u64,
}

/// A source: one connector, of one authority, in its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Its name.
    pub slug: Slug,
    /// Whose it is, for good.
    pub authority: Slug,
    /// Its versions by number, without a gap.
    pub versions: BTreeMap<u32, Version>,
    /// The version that citizens see.
    pub main: Option<u32>,
    /// The version that a share of them sees instead.
    pub beside: Option<(u32, Share)>,
    /// That its authority suspended it, whether or not that is over.
    pub suspended_by_authority: Option<Suspended>,
    /// That an operator did.
    pub suspended_by_operator: Option<Suspended>,
    /// When it is closed.
    pub windows: Vec<Window>,
    /// Who set these times.
    pub windows_set: Option<Stamp>,
    /// For which citizens it holds data, if it said so. It may be over.
    pub index: Option<Index>,
    /// Which display clients may show it.
    pub agreements: BTreeMap<Slug, Agreement>,
    /// That it is out of use.
    pub retired: Option<Retired>,
    /// The last record about it.
    pub last_record: u64,
}

/// That a source is not asked for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suspended {
    /// Why.
    pub reason: Line,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// By whom.
    pub stamp: Stamp,
}

impl Suspended {
    /// Whether it is in force at this time.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

/// For which citizens a source holds data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// What names its entries, wherever they are kept.
    pub id: IndexId,
    /// How many citizens it named when it was loaded.
    pub entries: u64,
    /// Until when it counts.
    pub expires: Timestamp,
    /// By whom it was loaded.
    pub stamp: Stamp,
}

/// That something is out of use for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Retired {
    /// Why.
    pub reason: Line,
    /// By whom.
    pub stamp: Stamp,
}

/// Which citizens' overviews a display client may show a source in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// What holds.
    pub current: Option<Agreed<Municipalities>>,
    /// What waits for a second person.
    pub pending: Option<Proposal<Municipalities>>,
}

/// Where a version is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// Its contract has mistakes.
    Draft,
    /// Its contract has none.
    Checked,
    /// The kit found nothing wrong with it.
    Tested,
    /// It waits for a second person.
    Submitted,
    /// It may go to citizens.
    Approved,
    /// It may not.
    Refused,
    /// Citizens see it.
    Live,
    /// It was live, and another version is in its place; citizens can be shown it again.
    Replaced,
    /// It is out of use for good.
    Retired,
}

impl VersionState {
    /// Every state, in the order of a version's way.
    pub const ALL: [Self; 9] = [
        Self::Draft,
        Self::Checked,
        Self::Tested,
        Self::Submitted,
        Self::Approved,
        Self::Refused,
        Self::Live,
        Self::Replaced,
        Self::Retired,
    ];

    /// Whether the next push takes the place of the version's files.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Checked | Self::Tested)
    }
}

impl fmt::Display for VersionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "a draft",
            Self::Checked => "checked",
            Self::Tested => "tested",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Live => "live",
            Self::Replaced => "replaced",
            Self::Retired => "retired",
        })
    }
}

/// One version of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its number.
    pub number: u32,
    /// Where it is on its way.
    pub state: VersionState,
    /// Its files.
    pub bundle: Digest,
    /// How many mistakes its contract has.
    pub mistakes: u32,
    /// The last push.
    pub pushed: Stamp,
    /// The last test of these files.
    pub tested: Option<Tested>,
    /// That it was submitted.
    pub submitted: Option<Submitted>,
    /// That it was approved.
    pub approved: Option<Stamp>,
    /// For how many citizens at most: what was submitted, or what a second person gave since.
    pub approved_share: Option<Share>,
    /// That it was refused, and why.
    pub refused: Option<Retired>,
    /// When it last went to citizens, or to another share of them.
    pub released: Option<Stamp>,
    /// That it is out of use.
    pub retired: Option<Retired>,
    /// Everybody who pushed, tested or submitted it, also files that were replaced: none of them approves it.
    pub hands: BTreeSet<ActorId>,
}

/// A test of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// The kit's report.
    pub report: Digest,
    /// Whether no check failed.
    pub passed: bool,
    /// By whom.
    pub stamp: Stamp,
}

/// That a version was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Submitted {
    /// The share of citizens that it is meant to begin with.
    pub share: Option<Share>,
    /// What whoever approves should know.
    pub note: Option<Line>,
    /// By whom.
    pub stamp: Stamp,
}

impl Source {
    /// Its newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.versions.values().next_back()
    }

    /// The version that a push would take the place of, if one is open.
    #[must_use]
    pub fn open_version(&self) -> Option<&Version> {
        self.newest().filter(|version| version.state.is_open())
    }

    /// The number that the next push must name.
    #[must_use]
    pub fn number_to_push(&self) -> u32 {
        let newest = self.newest().map_or(0, |version| version.number);
        if self.open_version().is_some() { newest } else { newest.saturating_add(1) }
    }

    /// What suspends it at this time: of two, the one that holds longer.
    #[must_use]
    pub fn suspended(&self, at: Timestamp) -> Option<&Suspended> {
        let both = [&self.suspended_by_operator, &self.suspended_by_authority].into_iter().flatten();
        both.filter(|suspended| suspended.holds(at)).max_by_key(|suspended| suspended.until.unwrap_or(Timestamp::MAX))
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self { head: Head::of_nothing(), history: Vec::new(), authorities: BTreeMap::new(), sources: BTreeMap::new() }
    }
}

impl Registry {
    /// Where the history ends.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// What tells this registry from every other; `None` before its first record, and where that is from before there were
    /// ids.
    #[must_use]
    pub fn id(&self) -> Option<Digest> {
        self.history.first()?.registry
    }

    /// All records, the first one first.
    #[must_use]
    pub fn history(&self) -> &[Arc<Record>] {
        &self.history
    }

    /// The records about one authority or source, the first one first. Those about an authority do not tell of its sources.
    #[must_use]
    pub fn history_of<'a>(&'a self, subject: Subject<'a>) -> impl DoubleEndedIterator<Item = &'a Arc<Record>> {
        self.history.iter().filter(move |record| record.change.subject() == subject)
    }

    /// The authorities, also those that are only proposed, by name.
    pub fn authorities(&self) -> impl Iterator<Item = (&Slug, &AuthorityEntry)> {
        self.authorities.iter().map(|(slug, entry)| (slug, entry.as_ref()))
    }

    /// What is known of an authority.
    #[must_use]
    pub fn authority_entry(&self, slug: &str) -> Option<&AuthorityEntry> {
        self.authorities.get(slug).map(AsRef::as_ref)
    }

    /// An authority as it was approved.
    #[must_use]
    pub fn authority(&self, slug: &str) -> Option<&Authority> {
        Some(&self.authority_entry(slug)?.current.as_ref()?.value)
    }

    /// All sources, also those out of use, by name.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values().map(AsRef::as_ref)
    }

    /// The sources of an authority, by name.
    pub fn sources_of<'a>(&'a self, authority: &'a Slug) -> impl Iterator<Item = &'a Source> {
        self.sources().filter(move |source| source.authority == *authority)
    }

    /// A source.
    #[must_use]
    pub fn source(&self, slug: &str) -> Option<&Source> {
        self.sources.get(slug).map(AsRef::as_ref)
    }

    /// A source that somebody may see: any for an operator, its own for an authority.
    #[must_use]
    pub fn source_for(&self, actor: &Actor, slug: &str) -> Option<&Source> {
        self.source(slug).filter(|source| actor.may_touch(&source.authority))
    }

    /// The versions that wait for a second person.
    pub fn submitted_versions(&self) -> impl Iterator<Item = (&Source, &Version)> {
        let versions = self.sources().flat_map(|source| source.versions.values().map(move |version| (source, version)));
        versions.filter(|(_, version)| version.state == VersionState::Submitted)
    }

    /// The authorities that wait for a second person.
    pub fn pending_authorities(&self) -> impl Iterator<Item = &Proposal<Authority>> {
        self.authorities.values().filter_map(|entry| entry.pending.as_ref())
    }

    /// The agreements that wait for a second person: source, display client, and what is proposed.
    pub fn pending_agreements(&self) -> impl Iterator<Item = (&Source, &Slug, &Proposal<Municipalities>)> {
        self.sources().flat_map(|source| {
            let agreements = source.agreements.iter();
            agreements.filter_map(move |(client, agreement)| Some((source, client, agreement.pending.as_ref()?)))
        })
    }

    /// The last record about an authority or source; 0 if there is none.
    #[must_use]
    pub fn last_record_about(&self, subject: Subject<'_>) -> u64 {
        match subject {
            Subject::Authority(slug) => self.authorities.get(slug).map_or(0, |entry| entry.last_record),
            Subject::Source(slug) => self.sources.get(slug).map_or(0, |source| source.last_record),
        }
    }
}
