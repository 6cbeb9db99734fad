//! What is done to the registry.

use std::collections::BTreeSet;

use jiff::Timestamp;
pub use overblik_connectors::{NoShare, Share};
use serde::{Deserialize, Serialize};

use crate::{
    authority::Authority,
    digest::Digest,
    text::{Line, Slug, Texts, checked_text},
};

/// One thing that was done. `rules` says who may do it when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// An authority is to be on record, or other things about it. A later proposal takes the place of an earlier one.
    AuthorityProposed {
        /// The authority as it is to be.
        authority: Authority,
    },
    /// It is.
    AuthorityApproved {
        /// The authority.
        authority: Slug,
        /// The number of the record that proposed it: nobody approves what took its place meanwhile.
        proposal: u64,
    },
    /// It is not to be.
    AuthorityRejected {
        /// The authority.
        authority: Slug,
        /// The number of the record that proposed it.
        proposal: u64,
        /// Why.
        reason: Line,
    },
    /// Files of a version came. Until it is submitted, what comes later takes their place.
    Pushed {
        /// The source. It belongs to the authority that pushed it first.
        source: Slug,
        /// The authority.
        authority: Slug,
        /// The version: the one that is open, or the next.
        version: u32,
        /// Its files.
        bundle: Digest,
        /// How many mistakes its contract has; with any it is a draft.
        mistakes: u32,
    },
    /// The conformance kit was run.
    Tested {
        /// The source.
        source: Slug,
        /// The version.
        version: u32,
        /// The files that were tested.
        bundle: Digest,
        /// The kit's report.
        report: Digest,
        /// Whether no check failed.
        passed: bool,
    },
    /// A version is to be approved.
    Submitted {
        /// The source.
        source: Slug,
        /// The version.
        version: u32,
        /// The files that were submitted.
        bundle: Digest,
        /// The share of citizens that it is meant to begin with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        share: Option<Share>,
        /// What whoever approves should know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Line>,
    },
    /// A second person approved a version.
    Approved {
        /// The source.
        source: Slug,
        /// The version.
        version: u32,
        /// The files that were looked at.
        bundle: Digest,
    },
    /// A version was not approved. It stays so; what is mended is the next version.
    Refused {
        /// The source.
        source: Slug,
        /// The version.
        version: u32,
        /// The files that were looked at.
        bundle: Digest,
        /// Why.
        reason: Line,
    },
    /// A version goes to citizens: to a share of them beside the one that the others see, or to all in its place.
    Released {
        /// The source.
        source: Slug,
        /// The version.
        version: u32,
        /// How many of a hundred citizens see it.
        share: Share,
    },
    /// A version is taken from citizens, who see again what was live before.
    RolledBack {
        /// The source.
        source: Slug,
        /// The version that they saw.
        from: u32,
        /// The one that they see again.
        to: u32,
    },
    /// A source is not asked any more for now.
    Suspended {
        /// The source.
        source: Slug,
        /// Why.
        reason: Line,
        /// Until when, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// It is asked again. Each side ends its own suspension only.
    Resumed {
        /// The source.
        source: Slug,
    },
    /// The times in which a source is closed, in the place of those before.
    WindowsSet {
        /// The source.
        source: Slug,
        /// The times.
        windows: Vec<Window>,
    },
    /// For which citizens a source holds data, in the place of what was said before: others are not asked about. The history
    /// tells of how many, and never of whom.
    IndexLoaded {
        /// The source.
        source: Slug,
        /// What names the entries, wherever they are kept.
        index: IndexId,
        /// How many citizens it names.
        entries: u64,
        /// Until when it counts.
        expires: Timestamp,
    },
    /// A source is asked about all citizens again.
    IndexDropped {
        /// The source.
        source: Slug,
    },
    /// A version is out of use for good; one that waits for approval is withdrawn so.
    VersionRetired {
        /// The source.
        source: Slug,
        /// The version.
        version: u32,
        /// Why.
        reason: Line,
    },
    /// A source is out of use for good, and its name with it.
    SourceRetired {
        /// The source.
        source: Slug,
        /// Why.
        reason: Line,
    },
    /// A display client is to show a source, or to show it for others than before.
    AgreementProposed {
        /// The source.
        source: Slug,
        /// The display client.
        display_client: Slug,
        /// For citizens of which municipalities.
        municipalities: Municipalities,
    },
    /// It may.
    AgreementApproved {
        /// The source.
        source: Slug,
        /// The display client.
        display_client: Slug,
        /// The number of the record that proposed it.
        proposal: u64,
    },
    /// It may not.
    AgreementRejected {
        /// The source.
        source: Slug,
        /// The display client.
        display_client: Slug,
        /// The number of the record that proposed it.
        proposal: u64,
        /// Why.
        reason: Line,
    },
    /// It may no longer.
    AgreementEnded {
        /// The source.
        source: Slug,
        /// The display client.
        display_client: Slug,
        /// Why.
        reason: Line,
    },
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject<'a> {
    /// An authority.
    Authority(&'a Slug),
    /// A source.
    Source(&'a Slug),
}

impl Change {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        match self {
            Self::AuthorityProposed { authority: Authority { slug: authority, .. } }
            | Self::AuthorityApproved { authority, .. }
            | Self::AuthorityRejected { authority, .. } => Subject::Authority(authority),
            Self::Pushed { source, .. }
            | Self::Tested { source, .. }
            | Self::Submitted { source, .. }
            | Self::Approved { source, .. }
            | Self::Refused { source, .. }
            | Self::Released { source, .. }
            | Self::RolledBack { source, .. }
            | Self::Suspended { source, .. }
            | Self::Resumed { source }
            | Self::WindowsSet { source, .. }
            | Self::IndexLoaded { source, .. }
            | Self::IndexDropped { source }
            | Self::VersionRetired { source, .. }
            | Self::SourceRetired { source, .. }
            | Self::AgreementProposed { source, .. }
            | Self::AgreementApproved { source, .. }
            | Self::AgreementRejected { source, .. }
            | Self::AgreementEnded { source, .. } => Subject::Source(source),
        }
    }

    /// The blobs that it names, which are put before it is recorded.
    #[must_use]
    pub fn blobs(&self) -> Vec<Digest> {
        match self {
            Self::Pushed { bundle, .. }
            | Self::Submitted { bundle, .. }
            | Self::Approved { bundle, .. }
            | Self::Refused { bundle, .. } => vec![*bundle],
            Self::Tested { bundle, report, .. } => vec![*bundle, *report],
            _ => Vec::new(),
        }
    }
}

/// A time in which a source is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What citizens are told.
    pub text: Texts,
}

/// For citizens of which municipalities a display client shows a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Municipalities {
    /// Of all that the source covers.
    All,
    /// Of these.
    These(BTreeSet<MunicipalityCode>),
}

checked_text! {
    /// A municipality's code: four digits.
    MunicipalityCode, WrongMunicipality, check_municipality
}

checked_text! {
    /// What names the entries of one index: 32 hexadecimal digits by chance, which say nothing and never come twice.
    IndexId, WrongIndexId, check_index_id
}

impl IndexId {
    /// A name of bytes that came by chance.
    #[must_use]
    pub fn from_chance(bytes: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(bytes)))
    }
}

/// A text is no index's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an index is named by 32 hexadecimal digits in lower case")]
pub struct WrongIndexId;

fn check_index_id(text: &str) -> Result<(), WrongIndexId> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() == 32 && text.bytes().all(is_digit) { Ok(()) } else { Err(WrongIndexId) }
}

/// A text is no municipality's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a municipality's code has four digits")]
pub struct WrongMunicipality;

fn check_municipality(text: &str) -> Result<(), WrongMunicipality> {
    overblik_connectors::Municipality::parse(text).map(|_| ()).ok_or(WrongMunicipality)
}
