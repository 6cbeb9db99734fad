//! Settings of the edge: how much one caller may ask, and the operators' own listener.

use std::net::SocketAddr;

use serde::Deserialize;

/// How much one caller may ask. Each limit can be switched off with `null`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Requests of any kind from one address.
    pub requests_per_address: Option<Rate>,
    /// Logins begun, and returns from the identity provider, at one address.
    pub logins_per_address: Option<Rate>,
    /// Logouts announced by the identity provider, from one address.
    pub provider_logouts_per_address: Option<Rate>,
    /// Overviews of one citizen, on all their devices.
    pub overviews_per_citizen: Option<Rate>,
    /// Requests with access tokens of one client.
    pub requests_per_client: Option<Rate>,
}

impl Default for LimitsConfig {
    /// Generous: behind one address may be a library, a town hall or a mobile network.
    fn default() -> Self {
        let rate = |per_minute, at_once| Some(Rate { per_minute, at_once });
        Self {
            requests_per_address: rate(6_000, 2_000),
            logins_per_address: rate(300, 150),
            provider_logouts_per_address: rate(1_200, 600),
            overviews_per_citizen: rate(60, 30),
            requests_per_client: rate(6_000, 1_000),
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
    };

    /// Every limit that is set, with its name.
    pub(crate) fn set(&self) -> impl Iterator<Item = (&'static str, Rate)> {
        [
            ("limits.requests_per_address", self.requests_per_address),
            ("limits.logins_per_address", self.logins_per_address),
            ("limits.provider_logouts_per_address", self.provider_logouts_per_address),
            ("limits.overviews_per_citizen", self.overviews_per_citizen),
            ("limits.requests_per_client", self.requests_per_client),
        ]
        .into_iter()
        .filter_map(|(name, rate)| Some((name, rate?)))
    }
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How often a minute in the long run.
    pub per_minute: u32,
    /// How often at once, after a time of rest.
    pub at_once: u32,
}

/// The operators' own listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperationsConfig {
    /// Address and port of `/health/live` and `/health/ready`; `null` for no such listener.
    pub listen: Option<SocketAddr>,
}

impl Default for OperationsConfig {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from(([127, 0, 0, 1], 9090))) }
    }
}
