//! What the demo world is started with.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    fault::FaultOrder,
    party::{Party, Source},
};

/// Tells the time. Every date in the demo world's answers is relative to it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Called with a source's slug when somebody asks that the gateway let the source in again.
pub type OnReset = Arc<dyn Fn(&str) + Send + Sync>;

/// What the demo world is started with.
#[derive(Clone)]
pub struct DemoOptions {
    /// Where the parties listen.
    pub ports: Ports,
    /// The gateway, as the identity provider knows it.
    pub client: DemoClient,
    /// What the gateway sends to the authorities.
    pub api_keys: ApiKeys,
    /// The time.
    pub clock: Clock,
    /// Faults in force from the start; a later one for the same target replaces an earlier one.
    pub faults: Vec<FaultOrder>,
    /// What the control page's reset button does; without it there is no button.
    pub on_reset: Option<OnReset>,
}

/// TCP ports on 127.0.0.1; 0 stands for any free port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// The identity provider's.
    pub identity_provider: u16,
    /// The library's and the catalogue's.
    pub library: u16,
    /// The daycare allocation's.
    pub daycare: u16,
    /// The payments overview's.
    pub payments: u16,
    /// The control page's.
    pub control: u16,
}

impl Ports {
    /// Any free ports, for tests that run side by side.
    pub const EPHEMERAL: Self = Self { identity_provider: 0, library: 0, daycare: 0, payments: 0, control: 0 };

    /// The ports of `overblik demo`.
    pub const FIXED: Self =
        Self { identity_provider: 8090, library: 8091, daycare: 8092, payments: 8093, control: 8094 };

    /// The port of one party.
    #[must_use]
    pub fn of(&self, party: Party) -> u16 {
        match party {
            Party::IdentityProvider => self.identity_provider,
            Party::Source(Source::Library) => self.library,
            Party::Source(Source::Daycare) => self.daycare,
            Party::Source(Source::Payments) => self.payments,
            Party::Control => self.control,
        }
    }
}

/// A confidential `OpenID` client, registered at the demo's identity provider.
#[derive(Clone)]
pub struct DemoClient {
    /// The client's identifier.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
    /// Where a login may return to; compared character by character.
    pub redirect_uris: Vec<String>,
    /// Where a logout may return to; compared character by character.
    pub post_logout_redirect_uris: Vec<String>,
}

/// What the authorities expect in `X-Api-Key`; anything else is answered with 401.
#[derive(Clone)]
pub struct ApiKeys {
    /// The library's and the catalogue's.
    pub library: String,
    /// The daycare allocation's.
    pub daycare: String,
    /// The payments overview's.
    pub payments: String,
}

impl ApiKeys {
    /// The key of one source.
    #[must_use]
    pub fn of(&self, source: Source) -> &str {
        match source {
            Source::Library => &self.library,
            Source::Daycare => &self.daycare,
            Source::Payments => &self.payments,
        }
    }
}
