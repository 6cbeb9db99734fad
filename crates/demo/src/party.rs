//! Who takes part in the demo world besides the gateway.

use std::{collections::BTreeMap, fmt};

use crate::{mailbox, named::named};

/// Declares the authorities, and with each of them what a fault can be ordered for.
macro_rules! sources {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        named! {
            /// A simulated authority that the gateway asks; its name is the source's slug.
            Source, "source" {
                $($(#[$doc])* $variant = $name,)*
            }
        }

        named! {
            /// What a fault is ordered for: all calls of a source, but for those of the catalogue. The targets do not
            /// overlap, but for one case: a refused `library` takes the catalogue along, because they share a port.
            FaultTarget, "fault target" {
                $($(#[$doc])* $variant = $name,)*
                /// The catalogue's call alone.
                LibraryCatalogue = "library-catalogue",
            }
        }

        impl From<Source> for FaultTarget {
            fn from(source: Source) -> Self {
                match source {
                    $(Source::$variant => Self::$variant,)*
                }
            }
        }

        impl FaultTarget {
            /// The source it belongs to.
            #[must_use]
            pub fn source(self) -> Source {
                match self {
                    $(Self::$variant => Source::$variant,)*
                    Self::LibraryCatalogue => Source::Library,
                }
            }
        }
    };
}

sources! {
    /// The libraries' loan system and, on the same address, the catalogue.
    Library = "library",
    /// The municipal daycare allocation.
    Daycare = "daycare",
    /// The national payments overview.
    Payments = "payments",
    /// The national payer of benefits, which asks for a certificate.
    Benefits = "benefits",
    /// The appointments of a region's hospitals.
    Appointments = "appointments",
    /// The municipal case system, a data source of the national orchestrator.
    Cases = "cases",
    /// The municipal book about each child.
    ChildBook = "child-book",
    /// The national agency for licences and study grants.
    Deadlines = "deadlines",
    /// The digital mailbox, in figures.
    Mailbox = "mailbox",
    /// The region's health cards.
    HealthCard = "health-card",
    /// The population register.
    MasterData = "master-data",
}

/// A process of the demo world. Each listens on a port of its own and so has its own web origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The `OpenID` provider where citizens log in.
    IdentityProvider,
    /// The page that orders faults.
    Control,
    /// One of the authorities.
    Source(Source),
    /// The municipality's portal.
    Portal,
}

impl Source {
    /// Whether the authority lets in nobody without a certificate: then its port speaks TLS.
    #[must_use]
    pub fn asks_for_certificate(self) -> bool {
        self == Self::Benefits
    }

    /// Where the authority gives tokens itself, below its address, if it does: the client is [`GATEWAY`] there.
    #[must_use]
    pub fn token_path(self) -> Option<&'static str> {
        (self == Self::Mailbox).then_some(mailbox::TOKEN_PATH)
    }
}

/// What authorities with users and clients of their own call the gateway.
pub const GATEWAY: &str = "overblik";

impl Party {
    pub(crate) fn asks_for_certificate(self) -> bool {
        matches!(self, Self::Source(source) if source.asks_for_certificate())
    }

    /// What the party's address begins with.
    pub(crate) fn scheme(self) -> &'static str {
        if self.asks_for_certificate() { "https" } else { "http" }
    }

    /// Every party there can be.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let sources = Source::ALL.iter().copied().map(Self::Source);
        [Self::IdentityProvider, Self::Control].into_iter().chain(sources).chain([Self::Portal])
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdentityProvider => "identity provider",
            Self::Source(source) => source.name(),
            Self::Control => "control page",
            Self::Portal => "portal",
        })
    }
}

/// One value for each party that takes part.
pub(crate) type PerParty<T> = BTreeMap<Party, T>;
