//! The themes an overview is grouped by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::LocalizedText;

/// Part of life that a section belongs to. The order of the variants is the order on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// *Børn og familie*.
    ChildrenFamily,
    /// *Økonomi*.
    Economy,
    /// *Bolig*.
    Housing,
    /// *Sundhed*.
    Health,
    /// *Kultur og fritid*.
    CultureLeisure,
    /// *Arbejde og uddannelse*.
    WorkEducation,
    /// *Sager*.
    Cases,
    /// *Post*.
    Mail,
}

impl Theme {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::ChildrenFamily,
        Self::Economy,
        Self::Housing,
        Self::Health,
        Self::CultureLeisure,
        Self::WorkEducation,
        Self::Cases,
        Self::Mail,
    ];

    /// The wire name, also used in anchors on the page.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::ChildrenFamily => "children-family",
            Self::Economy => "economy",
            Self::Housing => "housing",
            Self::Health => "health",
            Self::CultureLeisure => "culture-leisure",
            Self::WorkEducation => "work-education",
            Self::Cases => "cases",
            Self::Mail => "mail",
        }
    }

    /// The heading a citizen reads.
    #[must_use]
    pub fn title(self) -> LocalizedText {
        match self {
            Self::ChildrenFamily => LocalizedText::new("Børn og familie", "Children and family"),
            Self::Economy => LocalizedText::new("Økonomi", "Money"),
            Self::Housing => LocalizedText::new("Bolig", "Housing"),
            Self::Health => LocalizedText::new("Sundhed", "Health"),
            Self::CultureLeisure => LocalizedText::new("Kultur og fritid", "Culture and leisure"),
            Self::WorkEducation => LocalizedText::new("Arbejde og uddannelse", "Work and education"),
            Self::Cases => LocalizedText::new("Sager", "Cases"),
            Self::Mail => LocalizedText::new("Post", "Mail"),
        }
    }
}
