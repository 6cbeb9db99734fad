//! What a deployment sets for its sources, and whether it set the same before.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use url::Url;

use crate::{
    credentials::Signer,
    secret::Secret,
    upstream::{AddressPolicy, TlsFiles},
};

/// What a deployment sets for one source.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Whose source these settings are for: no other authority's, whoever takes the name first (requirement R46). `None`: of
    /// whoever has the name, where a person put the contracts into place.
    pub authority: Option<String>,
    /// Replaces the contract's `baseUrl`.
    pub base_url: Option<Url>,
    /// The key that the source gave this deployment.
    pub api_key: Option<Secret>,
    /// Replaces the contract's `tokenUrl`.
    pub token_url: Option<Url>,
    /// Replaces the contract's `exchangeUrl`.
    pub exchange_url: Option<Url>,
    /// This deployment's name where tokens for the source are to be had.
    pub client_id: Option<String>,
    /// Its secret there. Without one it signs who it is.
    pub client_secret: Option<Secret>,
    /// This deployment's user at a back end that is logged in to.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// Files for TLS.
    pub tls: TlsFiles,
}

impl Endpoint {
    /// Whether the same is set in another.
    fn is_same(&self, other: &Self) -> bool {
        let is_same = |one: &Option<Secret>, other: &Option<Secret>| match (one, other) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        // Every setting by its name, so that a new one is not forgotten here.
        let Self {
            authority,
            base_url,
            api_key,
            token_url,
            exchange_url,
            client_id,
            client_secret,
            user,
            password,
            tls,
        } = self;
        (authority, base_url, token_url, exchange_url, client_id, user, tls)
            == (
                &other.authority,
                &other.base_url,
                &other.token_url,
                &other.exchange_url,
                &other.client_id,
                &other.user,
                &other.tls,
            )
            && is_same(api_key, &other.api_key)
            && is_same(client_secret, &other.client_secret)
            && is_same(password, &other.password)
    }
}

/// What a deployment sets for loading contracts.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Settings by the source's slug.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Which addresses sources may have.
    pub address_policy: AddressPolicy,
    /// What signs for this gateway, if it has keys.
    pub signer: Option<Arc<dyn Signer>>,
    /// Hosts that the citizen's login token may be shown to: the identity provider's. A contract cannot add to them
    /// (requirement R45); what the deployment sets for a source can.
    pub login_token_hosts: BTreeSet<String>,
    /// The gateway's own secret at the identity provider. It is for nobody else.
    pub login_secret: Option<Secret>,
    /// What tokens call the gateway and the identity provider. A token with one of these as its audience would open them, and
    /// so is never had for a source (requirement R46).
    pub own_audiences: BTreeSet<String>,
}

impl LoadOptions {
    /// Whether a source is asked with the same settings under others.
    pub(crate) fn is_same_for(&self, slug: &str, other: &Self) -> bool {
        let Self { endpoints, address_policy, signer, login_token_hosts, login_secret, own_audiences } = self;
        let of_source = match (endpoints.get(slug), other.endpoints.get(slug)) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        let signer = match (signer, &other.signer) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        let secret = match (login_secret, &other.login_secret) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        of_source
            && signer
            && secret
            && (address_policy, login_token_hosts, own_audiences)
                == (&other.address_policy, &other.login_token_hosts, &other.own_audiences)
    }

    /// The TLS files that are set for a source.
    pub(crate) fn tls_of(&self, slug: &str) -> TlsFiles {
        self.endpoints.get(slug).map(|endpoint| endpoint.tls.clone()).unwrap_or_default()
    }
}
