//! Who takes part in the demo world besides the gateway.

use std::fmt;

use crate::named::named;

named! {
    /// A simulated authority that the gateway asks; its name is the source's slug.
    Source, "source" {
        /// The libraries' loan system and, on the same address, the catalogue.
        Library = "library",
        /// The municipal daycare allocation.
        Daycare = "daycare",
        /// The national payments overview.
        Payments = "payments",
    }
}

/// A process of the demo world. Each listens on a port of its own and so has its own web origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The `OpenID` provider where citizens log in.
    IdentityProvider,
    /// One of the authorities.
    Source(Source),
    /// The page that orders faults.
    Control,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IdentityProvider => "identity provider",
            Self::Source(source) => source.name(),
            Self::Control => "control page",
        })
    }
}

/// One value for each party.
pub(crate) struct PerParty<T> {
    identity_provider: T,
    library: T,
    daycare: T,
    payments: T,
    control: T,
}

impl<T> PerParty<T> {
    /// Makes each value; the first failure ends it.
    pub(crate) fn try_make<E>(mut make: impl FnMut(Party) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self {
            identity_provider: make(Party::IdentityProvider)?,
            library: make(Party::Source(Source::Library))?,
            daycare: make(Party::Source(Source::Daycare))?,
            payments: make(Party::Source(Source::Payments))?,
            control: make(Party::Control)?,
        })
    }

    /// The same for each party, made into something else.
    pub(crate) fn map<U>(self, mut change: impl FnMut(Party, T) -> U) -> PerParty<U> {
        PerParty {
            identity_provider: change(Party::IdentityProvider, self.identity_provider),
            library: change(Party::Source(Source::Library), self.library),
            daycare: change(Party::Source(Source::Daycare), self.daycare),
            payments: change(Party::Source(Source::Payments), self.payments),
            control: change(Party::Control, self.control),
        }
    }

    /// The value of one party.
    pub(crate) fn of(&self, party: Party) -> &T {
        match party {
            Party::IdentityProvider => &self.identity_provider,
            Party::Source(Source::Library) => &self.library,
            Party::Source(Source::Daycare) => &self.daycare,
            Party::Source(Source::Payments) => &self.payments,
            Party::Control => &self.control,
        }
    }
}
