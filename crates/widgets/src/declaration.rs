//! What is declared about sources, before any of them is asked.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    level::AssuranceLevel,
    link::Link,
    section::{Authority, Contact, SectionState},
    text::LocalizedText,
    theme::Theme,
};

/// One source as a citizen may expect it: what it has, whether it is asked for them, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeclaredSource {
    /// The source's slug.
    pub source: String,
    /// Why an overview does not ask it about this citizen; null where it does.
    pub not_asked: Option<NotAsked>,
    /// The theme it belongs to.
    pub theme: Theme,
    /// Who controls the data.
    pub authority: Authority,
    /// The section's heading.
    pub title: LocalizedText,
    /// What can be expected here, and what not.
    pub expect: LocalizedText,
    /// The authority's own page about the same.
    pub link: Link,
    /// How to reach the authority.
    pub contact: Vec<Contact>,
    /// The assurance level that the data need.
    pub level: AssuranceLevel,
    /// Whether more can be asked about single items of its answer.
    pub detail: bool,
}

/// Why a source is not asked about a citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotAsked {
    /// What its section is in an overview.
    pub state: SectionState,
    /// What the citizen reads about it.
    pub message: LocalizedText,
}

/// Every source of an overview as it is declared, by theme and then by slug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sources {
    /// The sources.
    pub sources: Vec<DeclaredSource>,
}
