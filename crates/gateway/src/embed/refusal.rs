//! Why a portal's server gets no token: in the words of RFC 6749 section 5.2 and RFC 8693 section 2.2.2, and in ours.

use overblik_widgets::LocalizedText;

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Nobody who is registered proved that they ask.
    Client,
    /// The citizen's token, or the section access, opens nothing, or is another portal's.
    SubjectToken,
    /// A source is asked for that the portal may not show.
    Source,
    /// An embed token is asked for a place that is none of the portal's.
    Audience,
    /// The way that the token would be for is not open to the portal.
    Way,
}

impl Refusal {
    /// Our stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Client => "invalid-client",
            Self::SubjectToken => "subject-token-refused",
            Self::Source => "source-not-offered",
            Self::Audience => "audience-not-registered",
            Self::Way => "way-not-open",
        }
    }

    /// What OAuth calls it.
    pub(crate) fn in_oauth(self) -> &'static str {
        match self {
            Self::Client => "invalid_client",
            Self::SubjectToken => "invalid_request",
            Self::Source => "invalid_scope",
            Self::Audience => "invalid_target",
            Self::Way => "unauthorized_client",
        }
    }

    /// What it means and what to do.
    pub(crate) fn explanation(self) -> LocalizedText {
        let (da, en) = match self {
            Self::Client => (
                "Portalens underskrift mangler, er brugt før eller kan ikke godkendes.",
                "The portal's assertion is missing, was used before, or cannot be accepted.",
            ),
            Self::SubjectToken => (
                "Borgerens token giver ikke adgang her. Hent et nyt, når borgeren er logget ind.",
                "The citizen's token opens nothing here. Get a new one when the citizen is logged in.",
            ),
            Self::Source => (
                "Portalen må ikke vise en af de kilder, der er nævnt i scope.",
                "The portal may not show one of the sources that scope names.",
            ),
            Self::Audience => (
                "audience skal være en af portalens registrerede adresser.",
                "audience must be one of the portal's registered origins.",
            ),
            Self::Way => (
                "Portalen er ikke registreret til at vise oplysninger på den måde.",
                "The portal is not registered to show sections in this way.",
            ),
        };
        LocalizedText::new(da, en)
    }
}
