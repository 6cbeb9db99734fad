//! Settings of the edge: how much one caller may ask and all together, how long slow clients are waited for, and the
//! operators' own listener.

use std::{net::SocketAddr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TlsConfig, memory};
use crate::open_files;

/// How much one caller may ask, and all together. Each limit can be switched off with `null`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Requests of any kind from one address; IPv6 by network of 64 bits.
    pub requests_per_address: Option<Rate>,
    /// Logins begun, and returns from the identity provider, at one address: two for each login.
    pub logins_per_address: Option<Rate>,
    /// Logouts announced by the identity provider, from one address.
    pub provider_logouts_per_address: Option<Rate>,
    /// Overviews of one citizen, on all their devices.
    pub overviews_per_citizen: Option<Rate>,
    /// Requests with access tokens of one client.
    pub requests_per_client: Option<Rate>,
    /// Requests to the admin API by one client.
    pub admin_requests_per_client: Option<Rate>,
    /// Overviews under way at once, as JSON, stream or page, of all citizens. New logins wait before it is reached.
    /// By default about one for each MiB of memory that this process may use, 64 to 10,000.
    pub overviews_in_flight: Option<u32>,
    /// Overviews under way at once of one citizen, on all their devices.
    pub streams_per_citizen: Option<u32>,
    /// Overviews under way at once in one session.
    pub streams_per_session: Option<u32>,
    /// Milliseconds that what can go on may wait for its turn before overviews are refused. New logins wait from half of it.
    pub lateness_ms: Option<u32>,
    /// Connections open at once. By default four fifths of the files that this process may have open, 64 to 20,000.
    pub connections: Option<u32>,
    /// Connections open at once from one address; the proxies of `server.trusted_proxies` are no such address. By default 2,000,
    /// or as many as may be open at all.
    pub connections_per_address: Option<u32>,
    /// Connections whose TLS is just being agreed on, at once. By default 2,000, or as many as may be open at all.
    pub handshakes: Option<u32>,
    /// The same from one address that is none of `server.trusted_proxies`. By default 200, or as many as may be open at all.
    pub handshakes_per_address: Option<u32>,
}

impl Default for LimitsConfig {
    /// Generous: behind one address may be a library, a town hall or a mobile network.
    fn default() -> Self {
        let connections = open_files::connections_by_default();
        let rate = |per_minute, at_once| Some(Rate { per_minute, at_once });
        Self {
            requests_per_address: rate(6_000, 2_000),
            logins_per_address: rate(300, 150),
            provider_logouts_per_address: rate(1_200, 600),
            overviews_per_citizen: rate(60, 30),
            requests_per_client: rate(6_000, 1_000),
            admin_requests_per_client: rate(300, 100),
            overviews_in_flight: Some(memory::overviews_in_flight()),
            streams_per_citizen: Some(10),
            streams_per_session: Some(5),
            lateness_ms: Some(10),
            connections: Some(connections),
            connections_per_address: Some(2_000.min(connections)),
            handshakes: Some(2_000.min(connections)),
            handshakes_per_address: Some(200.min(connections)),
        }
    }
}

impl LimitsConfig {
    /// No limit at all, as for measuring from one machine.
    pub const NONE: Self = Self {
        requests_per_address: None,
        logins_per_address: None,
        provider_logouts_per_address: None,
        overviews_per_citizen: None,
        requests_per_client: None,
        admin_requests_per_client: None,
        overviews_in_flight: None,
        streams_per_citizen: None,
        streams_per_session: None,
        lateness_ms: None,
        connections: None,
        connections_per_address: None,
        handshakes: None,
        handshakes_per_address: None,
    };

    /// Every limit on a number that is set, with its name.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&'static str, u32)> {
        [
            ("limits.overviews_in_flight", self.overviews_in_flight),
            ("limits.streams_per_citizen", self.streams_per_citizen),
            ("limits.streams_per_session", self.streams_per_session),
            ("limits.lateness_ms", self.lateness_ms),
            ("limits.connections", self.connections),
            ("limits.connections_per_address", self.connections_per_address),
            ("limits.handshakes", self.handshakes),
            ("limits.handshakes_per_address", self.handshakes_per_address),
        ]
        .into_iter()
        .filter_map(|(name, number)| Some((name, number?)))
    }

    /// Every limit on how often that is set, with its name.
    pub(crate) fn rates(&self) -> impl Iterator<Item = (&'static str, Rate)> {
        [
            ("limits.requests_per_address", self.requests_per_address),
            ("limits.logins_per_address", self.logins_per_address),
            ("limits.provider_logouts_per_address", self.provider_logouts_per_address),
            ("limits.overviews_per_citizen", self.overviews_per_citizen),
            ("limits.requests_per_client", self.requests_per_client),
            ("limits.admin_requests_per_client", self.admin_requests_per_client),
        ]
        .into_iter()
        .filter_map(|(name, rate)| Some((name, rate?)))
    }
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How often a minute in the long run.
    pub per_minute: u32,
    /// How often at once, after a time of rest.
    pub at_once: u32,
}

/// How long slow clients are waited for, in seconds (requirement R72).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PatienceConfig {
    /// From the opening of a connection to the end of its first request's headers.
    pub head_s: u64,
    /// From the end of a request's headers to the end of its body.
    pub body_s: u64,
    /// From an answer to the end of the next request's headers on the same connection. Longer than the proxies in front
    /// keep an idle connection, so that it is they who close it.
    pub idle_s: u64,
    /// While the client takes nothing of what is there for it.
    pub taking_s: u64,
}

impl Default for PatienceConfig {
    fn default() -> Self {
        Self { head_s: 10, body_s: 10, idle_s: 75, taking_s: 20 }
    }
}

impl PatienceConfig {
    /// Every setting, with its name.
    pub(crate) fn all(&self) -> [(&'static str, u64); 4] {
        [
            ("server.patience.head_s", self.head_s),
            ("server.patience.body_s", self.body_s),
            ("server.patience.idle_s", self.idle_s),
            ("server.patience.taking_s", self.taking_s),
        ]
    }

    pub(crate) fn head(&self) -> Duration {
        Duration::from_secs(self.head_s)
    }

    pub(crate) fn body(&self) -> Duration {
        Duration::from_secs(self.body_s)
    }

    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_s)
    }

    pub(crate) fn taking(&self) -> Duration {
        Duration::from_secs(self.taking_s)
    }
}

/// The operators' own listener.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OperationsConfig {
    /// Address and port of `/health/live`, `/health/ready` and `/sources`; `null` for no such listener. Whoever reaches it may
    /// switch sources off: nobody logs in there.
    pub listen: Option<SocketAddr>,
    /// Speaks TLS there. With `client_roots_file` only who shows a certificate gets in.
    pub tls: Option<TlsConfig>,
}

impl Default for OperationsConfig {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from(([127, 0, 0, 1], 9090))), tls: None }
    }
}
