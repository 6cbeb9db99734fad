//! How much one caller may ask: by address, citizen and client (requirement R73).
//!
//! Addresses are personal data. They are counted in memory only, and a log line names one by a short hash whose key
//! lives and dies with the process.

use std::{
    hash::Hash,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use aws_lc_rs::hmac;
use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use overblik_connectors::Pseudonym;

use super::{
    bucket::Buckets,
    client_address::{AddressGroup, client_address},
    own_pages,
};
use crate::{
    api_error::ApiError,
    app::App,
    clock::Clock,
    config::{LimitsConfig, Rate},
    secrets::random_bytes,
};

/// All limits of the process.
pub(crate) struct RateLimits {
    requests: Limit<AddressGroup>,
    logins: Limit<AddressGroup>,
    provider_logouts: Limit<AddressGroup>,
    overviews: Limit<Pseudonym>,
    clients: Limit<String>,
    admins: Limit<String>,
    address_names: hmac::Key,
    clock: Clock,
}

struct Limit<K> {
    name: &'static str,
    held: RwLock<Held<K>>,
}

/// A limit as it is now.
struct Held<K> {
    rate: Option<Rate>,
    buckets: Option<Buckets<K>>,
}

impl<K: Clone + Eq + Hash> Limit<K> {
    fn new(name: &'static str, rate: Option<Rate>) -> Self {
        Self { name, held: RwLock::new(Held { rate, buckets: rate.map(Buckets::new) }) }
    }

    /// Takes another rate from now on. Everybody begins rested under it; under the same one nothing changes.
    fn limit(&self, rate: Option<Rate>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.rate != rate {
            *held = Held { rate, buckets: rate.map(Buckets::new) };
        }
    }

    fn held(&self) -> RwLockReadGuard<'_, Held<K>> {
        // Exchanged whole.
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, key: &K, clock: &Clock, who: impl FnOnce(&K) -> String) -> Result<(), ApiError> {
        let held = self.held();
        let Some(buckets) = &held.buckets else { return Ok(()) };
        buckets.count(key.clone(), clock.now()).map_err(|too_often| {
            if too_often.is_first {
                tracing::warn!(limit = self.name, who = who(key), "a limit is reached");
            }
            ApiError::too_many_requests(too_often.wait)
        })
    }

    fn forget_rested(&self, clock: &Clock) {
        if let Some(buckets) = &self.held().buckets {
            buckets.forget_rested(clock.now());
        }
    }
}

impl RateLimits {
    pub(crate) fn new(config: &LimitsConfig, clock: Clock) -> Self {
        Self {
            requests: Limit::new("requests_per_address", config.requests_per_address),
            logins: Limit::new("logins_per_address", config.logins_per_address),
            provider_logouts: Limit::new("provider_logouts_per_address", config.provider_logouts_per_address),
            overviews: Limit::new("overviews_per_citizen", config.overviews_per_citizen),
            clients: Limit::new("requests_per_client", config.requests_per_client),
            admins: Limit::new("admin_requests_per_client", config.admin_requests_per_client),
            address_names: hmac::Key::new(hmac::HMAC_SHA256, &random_bytes()),
            clock,
        }
    }

    /// Takes other limits from now on.
    pub(crate) fn limit(&self, config: &LimitsConfig) {
        self.requests.limit(config.requests_per_address);
        self.logins.limit(config.logins_per_address);
        self.provider_logouts.limit(config.provider_logouts_per_address);
        self.overviews.limit(config.overviews_per_citizen);
        self.clients.limit(config.requests_per_client);
        self.admins.limit(config.admin_requests_per_client);
    }

    /// Counts a request of any kind by its address.
    fn request(&self, address: AddressGroup) -> Result<(), ApiError> {
        self.by_address(&self.requests, address)
    }

    /// Counts what a request is about to begin, by its address.
    fn beginning(&self, address: AddressGroup, route: &str) -> Result<(), ApiError> {
        match route {
            "/auth/login" | "/auth/callback" | "/console/log-in" | "/console/callback" => {
                self.by_address(&self.logins, address)
            }
            "/auth/backchannel-logout" | "/console/backchannel-logout" => {
                self.by_address(&self.provider_logouts, address)
            }
            _ => Ok(()),
        }
    }

    fn by_address(&self, limit: &Limit<AddressGroup>, address: AddressGroup) -> Result<(), ApiError> {
        limit.count(&address, &self.clock, |group| self.name_of(*group))
    }

    /// Counts an overview of a citizen.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub(crate) fn overview(&self, citizen: &Pseudonym) -> Result<(), ApiError> {
        self.overviews.count(citizen, &self.clock, ToString::to_string)
    }

    /// Counts a request that a client's access token opened. To be called once the token is verified.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub(crate) fn client(&self, client_id: &str) -> Result<(), ApiError> {
        self.clients.count(&client_id.to_owned(), &self.clock, Clone::clone)
    }

    /// Counts a request of a client of the admin API. To be called once it has proved who it is.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`].
    pub(crate) fn admin(&self, client: &str) -> Result<(), ApiError> {
        self.admins.count(&client.to_owned(), &self.clock, Clone::clone)
    }

    /// Forgets whoever has been quiet for long enough.
    pub(crate) fn forget_rested(&self) {
        for limit in [&self.requests, &self.logins, &self.provider_logouts] {
            limit.forget_rested(&self.clock);
        }
        self.overviews.forget_rested(&self.clock);
        self.clients.forget_rested(&self.clock);
        self.admins.forget_rested(&self.clock);
    }

    /// What a log line calls an address: one from another can be told, and only while this process lives.
    fn name_of(&self, group: AddressGroup) -> String {
        let hash = hmac::sign(&self.address_names, &group.bytes());
        let mut short = [0; 4];
        short.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        format!("{:08x}", u32::from_be_bytes(short))
    }
}

/// Refuses a request that exceeds what its address may ask.
pub(crate) async fn within_limits(State(app): State<App>, mut request: Request, next: Next) -> Response {
    // A request without a peer shares its limit with all such: nobody becomes unlimited by that.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    // The admin API's listener has the app of its start: a proxy that is trusted no more is believed nowhere.
    let address = AddressGroup::from(client_address(peer, request.headers(), &app.latest().trusted_proxies));
    request.extensions_mut().insert(address);
    match app.limits.request(address) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Refuses what exceeds the logins and logouts of its address; [`within_limits`] comes before.
pub(crate) async fn beginnings_within_limits(State(app): State<App>, request: Request, next: Next) -> Response {
    // What another site caused begins no login: its images must not use up those of an address that many share.
    let begins = own_pages::check(&app, &request).is_ok();
    count_beginning(&app, begins, request, next).await
}

/// As [`beginnings_within_limits`], where what another site caused has been refused already.
pub(crate) async fn beginnings_at_console(State(app): State<App>, request: Request, next: Next) -> Response {
    count_beginning(&app, true, request, next).await
}

async fn count_beginning(app: &App, begins: bool, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().filter(|_| begins);
    let counted = match (request.extensions().get::<AddressGroup>(), route) {
        (Some(address), Some(route)) => app.limits.beginning(*address, route.as_str()),
        _ => Ok(()),
    };
    match counted {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limits(config: &LimitsConfig) -> RateLimits {
        RateLimits::new(config, Clock::system())
    }

    fn times(mut ask: impl FnMut() -> Result<(), ApiError>) -> usize {
        (0..20).take_while(|_| ask().is_ok()).count()
    }

    #[test]
    fn r73_each_limit_counts_its_own() {
        let rate = |at_once| Some(Rate { per_minute: 1, at_once });
        let config = LimitsConfig {
            requests_per_address: rate(18),
            logins_per_address: rate(2),
            provider_logouts_per_address: rate(3),
            overviews_per_citizen: rate(4),
            requests_per_client: rate(5),
            admin_requests_per_client: rate(6),
            ..LimitsConfig::NONE
        };
        let limits = limits(&config);
        let [one, other] =
            ["192.0.2.1", "192.0.2.2"].map(|text| AddressGroup::from(text.parse::<IpAddr>().expect("an address")));
        assert_eq!(times(|| limits.beginning(one, "/auth/login")), 2);
        assert!(limits.beginning(one, "/auth/callback").is_err(), "both steps of a login");
        assert_eq!(times(|| limits.beginning(one, "/auth/backchannel-logout")), 3);
        assert_eq!(times(|| limits.beginning(one, "/")), 20, "counted as a request alone");
        assert_eq!((times(|| limits.request(one)), times(|| limits.request(other))), (18, 18));
        let [one, other] = [1, 2].map(|byte| Pseudonym::from_keyed_hash([byte; 16]));
        assert_eq!((times(|| limits.overview(&one)), times(|| limits.overview(&other))), (4, 4));
        assert_eq!((times(|| limits.client("app")), times(|| limits.client("other"))), (5, 5));
        assert_eq!((times(|| limits.admin("app")), times(|| limits.admin("other"))), (6, 6));
    }

    #[test]
    fn a_limit_that_is_changed_holds_at_once_and_the_others_go_on_counting() {
        let rate = |at_once| Some(Rate { per_minute: 1, at_once });
        let config =
            LimitsConfig { requests_per_client: rate(2), admin_requests_per_client: rate(3), ..LimitsConfig::NONE };
        let limits = limits(&config);
        assert_eq!((times(|| limits.client("a")), times(|| limits.admin("a"))), (2, 3));
        limits.limit(&LimitsConfig { requests_per_client: rate(5), ..config });
        assert_eq!((times(|| limits.client("a")), times(|| limits.admin("a"))), (5, 0));
        limits.limit(&LimitsConfig::NONE);
        assert_eq!((times(|| limits.client("a")), times(|| limits.admin("a"))), (20, 20));
    }

    #[test]
    fn a_limit_can_be_switched_off() {
        let limits = limits(&LimitsConfig::NONE);
        let address = AddressGroup::V4(Ipv4Addr::LOCALHOST);
        assert_eq!((times(|| limits.request(address)), times(|| limits.beginning(address, "/auth/login"))), (20, 20));
    }

    #[test]
    fn r73_addresses_have_other_names_in_every_process() {
        let (one, other) = (limits(&LimitsConfig::default()), limits(&LimitsConfig::default()));
        let group = AddressGroup::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(one.name_of(group), one.name_of(group));
        assert_ne!(one.name_of(group), other.name_of(group));
        assert_eq!(one.name_of(group).len(), 8);
    }

    #[test]
    fn r73_a_refusal_says_when_to_come_back() {
        for (wait, seconds) in [(1, 1), (999, 1), (1_000, 1), (1_001, 2), (59_400, 60)] {
            let error = ApiError::too_many_requests(Duration::from_millis(wait));
            assert_eq!(error, ApiError::TooManyRequests { retry_after_s: seconds });
            assert_eq!(error.into_response().headers()["retry-after"], seconds.to_string().as_str());
        }
    }
}
