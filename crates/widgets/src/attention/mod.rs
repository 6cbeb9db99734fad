//! What needs the citizen's attention, computed from the widgets at hand and never by asking again.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{kinds::Widget, link::Link, section::Section, text::LocalizedText};

use reasons::Reason;

mod reasons;
#[cfg(test)]
mod tests;

/// Why something needs attention. The order of the variants is their urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// A date has passed.
    Overdue,
    /// A claim was handed to the debt agency.
    DebtCollection,
    /// The citizen should do something.
    ActionNeeded,
    /// A date is near.
    DueSoon,
}

/// One thing that needs the citizen's attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attention {
    /// Slug of the source it comes from.
    pub source: String,
    /// Why.
    pub kind: AttentionKind,
    /// The date it is about.
    pub date: Option<Date>,
    /// What the citizen reads.
    pub text: LocalizedText,
    /// Where to act.
    pub link: Link,
}

impl Attention {
    /// Everything in the sections that needs attention as of a Danish date, most urgent first, then by date.
    #[must_use]
    pub fn collect(sections: &[Section], today: Date) -> Vec<Self> {
        let mut all: Vec<Self> = sections
            .iter()
            .flat_map(|section| section.widgets.iter().filter_map(move |widget| Self::of(section, widget, today)))
            .collect();
        all.sort_by_key(|attention| (attention.kind, attention.date.unwrap_or(Date::MAX)));
        all
    }

    fn of(section: &Section, widget: &Widget, today: Date) -> Option<Self> {
        let Reason { kind, date, text } = Reason::of(widget, today)?;
        let link = widget.link().unwrap_or(&section.link).clone();
        Some(Self { source: section.source.clone(), kind, date, text, link })
    }
}
