//! Why the admin API does not do what it is asked: what is the same about every such answer. What is particular about one, its
//! `detail` and the mistakes of a contract say.

use overblik_widgets::LocalizedText;

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AdminRefusal {
    /// Nobody who is registered proved that they ask.
    Client,
    /// The token opens nothing: not ours, over, or of a client or key that is registered no more.
    Token,
    /// Whoever logged in at the console has no role there.
    NoRole,
    /// A body that is not of the form that this verb takes.
    Body,
    /// The contract has mistakes.
    Mistakes,
    /// Whoever asks may see this and not do it.
    NotAllowed,
    /// It needs another person than those who have had a hand in it.
    FourEyes,
    /// The thing is not in the state that this needs.
    State,
    /// It changed since the caller looked.
    Stale,
    /// The caller does not say what they looked at.
    Unconditional,
    /// As much is being tested or tried as may be.
    Busy,
    /// It took longer than it may.
    TooLong,
    /// Where the registry is kept is away.
    RegistryAway,
}

impl AdminRefusal {
    /// Our stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Client => "admin-client-refused",
            Self::Token => "admin-token-refused",
            Self::NoRole => "no-role",
            Self::Body => "malformed-body",
            Self::Mistakes => "contract-mistakes",
            Self::NotAllowed => "not-allowed",
            Self::FourEyes => "four-eyes",
            Self::State => "wrong-state",
            Self::Stale => "stale",
            Self::Unconditional => "if-match-missing",
            Self::Busy => "tests-busy",
            Self::TooLong => "took-too-long",
            Self::RegistryAway => "registry-unavailable",
        }
    }

    pub(crate) fn title(self) -> LocalizedText {
        let (da, en) = match self {
            Self::Client | Self::Token | Self::NoRole => ("Du har ikke adgang", "You have no access"),
            Self::Body => ("Forespørgslen kan ikke læses", "The request cannot be read"),
            Self::Mistakes => ("Kontrakten har fejl", "The contract has mistakes"),
            Self::NotAllowed => ("Det må du ikke", "You may not do this"),
            Self::FourEyes => ("Det kræver en anden person", "It takes another person"),
            Self::State => ("Det kan ikke gøres nu", "It cannot be done now"),
            Self::Stale => ("Det er ændret imens", "It has changed meanwhile"),
            Self::Unconditional => ("Forespørgslen mangler If-Match", "The request lacks If-Match"),
            Self::Busy | Self::TooLong => ("Prøv igen om lidt", "Try again in a while"),
            Self::RegistryAway => ("Registeret er ude af drift", "The registry is out of service"),
        };
        LocalizedText::new(da, en)
    }

    pub(crate) fn explanation(self) -> LocalizedText {
        let (da, en) = match self {
            Self::Client => (
                "Klientens underskrift mangler, er brugt før eller kan ikke godkendes.",
                "The client's assertion is missing, was used before, or cannot be accepted.",
            ),
            Self::Token => (
                "Tokenet mangler, er udløbet eller gælder ikke mere. Hent et nyt på /admin/v1/token.",
                "The token is missing, has expired or counts no more. Get a new one at /admin/v1/token.",
            ),
            Self::NoRole => (
                "Du er logget ind, men har ingen rolle her. Bed den, der styrer jeres login, om at give dig en.",
                "You logged in, and have no role here. Ask whoever runs your login to give you one.",
            ),
            Self::Body => (
                "Indholdet har ikke den form, som /admin/v1/openapi.json beskriver.",
                "The body is not of the form that /admin/v1/openapi.json describes.",
            ),
            Self::Mistakes => (
                "Hver fejl står i mistakes med sit sted. Versionen er gemt som kladde.",
                "Each mistake is in mistakes, with its place. The version is kept as a draft.",
            ),
            Self::NotAllowed => ("Det kan kun andre end dig gøre.", "Only others than you can do this."),
            Self::FourEyes => (
                "Den, der har lagt noget frem, afprøvet eller indsendt det, godkender det ikke selv.",
                "Whoever pushed, proposed, tested or submitted something does not approve it.",
            ),
            Self::State => ("Det er ikke i den tilstand, som dette kræver.", "It is not in the state that this needs."),
            Self::Stale => (
                "Hent det igen, se på ændringen, og send så med dets nye ETag.",
                "Fetch it again, look at the change, then send with its new ETag.",
            ),
            Self::Unconditional => (
                "Send den ETag, du så, i If-Match; eller If-None-Match: * for en ny kilde.",
                "Send the ETag that you saw in If-Match; or If-None-Match: * for a new source.",
            ),
            Self::Busy => {
                ("Der afprøves så meget, som der kan på én gang.", "As much is being tested as can be at once.")
            }
            Self::TooLong => ("Det tog længere tid, end det må.", "It took longer than it may."),
            Self::RegistryAway => (
                "Det kan ikke læses eller gemmes lige nu. Borgernes overblik går videre som før.",
                "Nothing can be read or kept right now. Citizens' overviews go on as before.",
            ),
        };
        LocalizedText::new(da, en)
    }
}
