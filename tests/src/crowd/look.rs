//! What a browser of the crowd looks at, and what comes of it.

use super::inspection::Seen;

/// One face of the overview, or what is left of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The JSON document.
    Json,
    /// The event stream.
    Stream,
    /// The page.
    Page,
    /// How long the session lasts.
    Session,
}

impl Look {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Json, Self::Stream, Self::Page, Self::Session];

    pub(super) fn door(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("/api/v1/overview", "application/json"),
            Self::Stream => ("/api/v1/overview", "text/event-stream"),
            Self::Page => ("/", "text/html"),
            Self::Session => ("/api/v1/session", "application/json"),
        }
    }
}

/// What came of a step.
#[derive(Debug)]
pub enum Outcome {
    /// An answer, read to its end.
    Answered(Seen),
    /// The browser gave it up in the middle.
    GivenUp,
    /// Nobody answered.
    Broken,
}

impl Outcome {
    /// The answer's status; 0 without one.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Answered(seen) => seen.status,
            Self::GivenUp | Self::Broken => 0,
        }
    }
}
