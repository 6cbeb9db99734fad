//! Whoever logs in at the stand-in.

use crate::System;

/// Whoever logs in, and as what the provider knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The slug of a citizen of the demo world, whose number and name they have.
    pub citizen: &'static str,
    /// The provider's name for them: `sub`.
    pub subject: String,
    /// The provider's name for its session: `sid`.
    pub session: String,
}

impl Person {
    /// A citizen under names of the provider's made from the citizen's slug.
    #[must_use]
    pub fn of(citizen: &'static str) -> Self {
        Self { citizen, subject: format!("subject-of-{citizen}"), session: format!("session-of-{citizen}") }
    }

    pub(super) fn cpr(&self) -> Option<&'static str> {
        System::citizen(self.citizen).cpr
    }

    pub(super) fn name(&self) -> &'static str {
        System::citizen(self.citizen).name
    }
}

impl Default for Person {
    /// Signe, under names that tell nothing.
    fn default() -> Self {
        Self { citizen: "family-signe", subject: "the-subject".to_owned(), session: "the-session".to_owned() }
    }
}
