//! What needs the citizen's attention, computed from the widgets at hand and never by asking again.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{kinds::Widget, link::Link, text::LocalizedText};

use reasons::Reason;

mod reasons;
#[cfg(test)]
mod tests;

/// Why something needs attention. The order of the variants is their urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Everything in one source's answer that needs attention as of a Danish date, in the answer's order. What gives no way
    /// on of its own leads to the source's.
    #[must_use]
    pub fn of_answer(source: &str, link: &Link, widgets: &[Widget], today: Date) -> Vec<Self> {
        let of_widget = |widget: &Widget| {
            let Reason { kind, date, text } = Reason::of(widget, today)?;
            let link = widget.link().unwrap_or(link).clone();
            Some(Self { source: source.to_owned(), kind, date, text, link })
        };
        widgets.iter().filter_map(of_widget).collect()
    }

    /// Puts the most urgent first, and what is equally urgent by its date.
    pub fn sort(all: &mut [Self]) {
        all.sort_by_key(|attention| (attention.kind, attention.date.unwrap_or(Date::MAX)));
    }
}
