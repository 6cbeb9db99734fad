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
    /// Whether an overview asks it for this citizen now.
    pub asked: bool,
    /// What its section is when it is not asked; absent when it is.
    pub state: Option<SectionState>,
    /// What a citizen reads about why it is not asked.
    pub message: Option<LocalizedText>,
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

/// Every source of an overview as it is declared, by theme and then in the order of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sources {
    /// The sources.
    pub sources: Vec<DeclaredSource>,
}
