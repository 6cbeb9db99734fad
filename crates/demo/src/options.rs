//! What the demo world is started with.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;

use crate::{
    fault::FaultOrder,
    party::{Party, Source},
    portal::PortalSetup,
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
    /// The authorities that take part, each with the secret by which it knows the gateway.
    pub sources: BTreeMap<Source, String>,
    /// What the gateway signs with, for authorities that trust its word.
    pub signature: Option<GatewaySignature>,
    /// The time.
    pub clock: Clock,
    /// Faults in force from the start; a later one for the same target replaces an earlier one.
    pub faults: Vec<FaultOrder>,
    /// What the control page's reset button does; without it there is no button.
    pub on_reset: Option<OnReset>,
    /// What the municipality's portal is told; without it there is none.
    pub portal: Option<PortalSetup>,
    /// Who else sends citizens to the identity provider to log in.
    pub other_clients: Vec<DemoClient>,
}

/// TCP ports on 127.0.0.1. A party without one takes any free port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(BTreeMap<Party, u16>);

/// The first of the ports of `overblik demo`.
const FIRST_PORT: u16 = 8090;

impl Ports {
    /// Any free ports, for tests that run side by side.
    pub const EPHEMERAL: Self = Self(BTreeMap::new());

    /// The ports of `overblik demo`: the identity provider's, the control page's, the sources' and the portal's, in a
    /// row from 8090.
    #[must_use]
    pub fn fixed() -> Self {
        Self(Party::all().zip(FIRST_PORT..).collect())
    }

    /// The same, but for one party.
    #[must_use]
    pub fn with(mut self, party: Party, port: u16) -> Self {
        self.0.insert(party, port);
        self
    }

    /// The port of one party; 0 stands for any free port.
    #[must_use]
    pub fn of(&self, party: Party) -> u16 {
        self.0.get(&party).copied().unwrap_or(0)
    }
}

/// By what authorities know that the gateway has signed something.
#[derive(Clone, Debug)]
pub struct GatewaySignature {
    /// The gateway's name in what it signs.
    pub issuer: String,
    /// The public halves of its keys (RFC 7517).
    pub keys: JwkSet,
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
    /// What its access tokens are for, if not for this provider alone: they are signed then, and name it (RFC 9068).
    pub api: Option<String>,
    /// Who logs in to it.
    pub logs_in: LogsIn,
}

/// Who logs in to a client of the identity provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogsIn {
    /// The fictitious citizens.
    #[default]
    Citizens,
    /// Those who work with sources.
    Colleagues,
}
