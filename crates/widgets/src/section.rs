//! The answer of one source, whatever happened.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    kinds::Widget, level::AssuranceLevel, link::Link, moment::Moment, problem::Problem, text::LocalizedText,
    theme::Theme,
};

/// What became of asking a source. A closed list: every outcome is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SectionState {
    /// Answered in time.
    Ready,
    /// The source itself said, positively, that it has nothing.
    Empty,
    /// Answered, but a dependency of the source failed or single items were invalid.
    Partial,
    /// Failed now; shown is what it answered earlier in this session.
    Stale,
    /// Still being fetched when the page had to answer.
    Pending,
    /// The source's own time limit passed.
    TimedOut,
    /// No connection, or an answer that says the source failed.
    Failed,
    /// An answer that cannot be read or breaks the contract.
    Invalid,
    /// The source refused the gateway's credentials.
    Refused,
    /// Not asked at the moment: planned maintenance, switched off, or resting after failures.
    Suspended,
    /// The citizen must log in at a higher level first.
    StepUpRequired,
    /// The citizen is outside the source's coverage: they live elsewhere, or are not in the index that the source gives of
    /// those whom it holds something about. The message says which.
    NotCovered,
}

impl SectionState {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Ready,
        Self::Empty,
        Self::Partial,
        Self::Stale,
        Self::Pending,
        Self::TimedOut,
        Self::Failed,
        Self::Invalid,
        Self::Refused,
        Self::Suspended,
        Self::StepUpRequired,
        Self::NotCovered,
    ];

    /// Whether the source was, or is being, asked for this overview.
    #[must_use]
    pub fn was_asked(self) -> bool {
        !matches!(self, Self::Suspended | Self::StepUpRequired | Self::NotCovered)
    }

    /// Whether the source answered with something the citizen can rely on now.
    #[must_use]
    pub fn was_answered(self) -> bool {
        matches!(self, Self::Ready | Self::Empty | Self::Partial)
    }

    /// What a citizen reads about this state. `None` for [`SectionState::Ready`], which needs no words.
    #[must_use]
    pub fn message(self) -> Option<LocalizedText> {
        let (da, en) = match self {
            Self::Ready => return None,
            Self::Empty => (
                "Myndigheden har ikke registreret noget om dig her.",
                "The authority has registered nothing about you here.",
            ),
            Self::Partial => (
                "Noget mangler: Myndigheden svarede, men en del af svaret kunne ikke vises.",
                "Something is missing: the authority answered, but part of the answer could not be shown.",
            ),
            Self::Stale => (
                "Myndigheden svarer ikke lige nu. Du ser et tidligere svar, som kan være forældet.",
                "The authority is not answering right now. You see an earlier answer, which may be out of date.",
            ),
            Self::Pending => (
                "Hentes stadig. Svaret var ikke kommet, da siden blev vist.",
                "Still being fetched. The answer had not arrived when the page was shown.",
            ),
            Self::TimedOut | Self::Failed | Self::Invalid | Self::Refused => (
                "Myndigheden svarer ikke lige nu, så vi ved ikke, om den har noget om dig. Prøv igen senere, eller gå direkte til myndigheden.",
                "The authority is not answering right now, so we do not know whether it holds anything about you. Try again later, or go directly to the authority.",
            ),
            Self::Suspended => (
                "Myndigheden spørges ikke lige nu, så vi ved ikke, om den har noget om dig. Gå direkte til myndigheden.",
                "The authority is not being asked right now, so we do not know whether it holds anything about you. Go directly to the authority.",
            ),
            Self::StepUpRequired => {
                ("Log ind med højere sikkerhed for at se dette.", "Log in with higher security to see this.")
            }
            Self::NotCovered => (
                "Din kommune er ikke tilsluttet, så der er ikke spurgt. Gå direkte til din kommune.",
                "Your municipality has not joined, so it was not asked. Go directly to your municipality.",
            ),
        };
        Some(LocalizedText::new(da, en))
    }
}

/// The public body that controls the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Authority {
    /// The authority's code in contracts (a slug).
    pub code: String,
    /// CVR number, eight digits.
    pub cvr: String,
    /// Its name.
    pub name: LocalizedText,
}

/// Ways to reach an authority, after the common list *Kontaktpunktnavn*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// Telephone, eight digits.
    Phone,
    /// E-mail address for ordinary questions.
    Email,
    /// A page about the data shown, or the front page.
    Website,
    /// Address in *Digital Post*.
    DigitalPost,
}

/// One way to reach an authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Which way.
    pub kind: ContactKind,
    /// The number, address or page.
    pub value: String,
}

/// A widget in a section, and the way to more about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SectionWidget {
    /// The widget.
    #[serde(flatten)]
    pub widget: Widget,
    /// What more about it is asked by, at `/api/v1/sections/{source}/items/{item}`; absent where its source offers nothing
    /// more. It says nothing, is good for this source and this session, and never the same twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

impl From<Widget> for SectionWidget {
    fn from(widget: Widget) -> Self {
        Self { widget, item: None }
    }
}

/// The answer of one source in an overview: what happened, what it said, and what a citizen may expect of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Section {
    /// The source's slug.
    pub source: String,
    /// What became of asking it.
    pub state: SectionState,
    /// What a citizen reads about the state; absent when all is well.
    pub message: Option<LocalizedText>,
    /// When the data shown were answered; absent when there are none.
    pub as_of: Option<Moment>,
    /// The theme it belongs to.
    pub theme: Theme,
    /// Who controls the data.
    pub authority: Authority,
    /// The heading.
    pub title: LocalizedText,
    /// What can be expected here, and what not.
    pub expect: LocalizedText,
    /// The authority's own page about the same.
    pub link: Link,
    /// How to reach the authority.
    pub contact: Vec<Contact>,
    /// The assurance level that the data need.
    pub level: AssuranceLevel,
    /// The data.
    pub widgets: Vec<SectionWidget>,
    /// How many single items of the answer are not shown: they lack what their kind needs, or are beyond the limit.
    pub left_out: u32,
    /// What went wrong, if anything.
    pub problems: Vec<Problem>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_but_ready_is_explained_in_both_languages() {
        for state in SectionState::ALL {
            match state.message() {
                None => assert_eq!(state, SectionState::Ready),
                Some(text) => assert!(!text.da.is_empty() && !text.en.is_empty(), "{state:?}"),
            }
        }
    }

    #[test]
    fn only_the_empty_state_says_that_nothing_is_registered() {
        for state in SectionState::ALL {
            let says_nothing = state.message().is_some_and(|text| text.da.contains("ikke registreret"));
            assert_eq!(says_nothing, state == SectionState::Empty, "{state:?}");
        }
    }
}
