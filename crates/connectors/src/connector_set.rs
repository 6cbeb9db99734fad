//! All sources that a gateway may ask.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::Mutex;
use url::Url;

use crate::{
    connector::Connector,
    contract::{self, ContractMistakes},
    credentials::Signer,
    gate::GateStanding,
    secret::Secret,
    upstream::{AddressPolicy, FollowedTls, READ_EVERY, TlsFiles},
};

/// What a deployment sets for one source.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
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

/// Two connectors have the same slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two connectors are named \"{0}\"")]
pub struct DuplicateSlug(pub String);

/// The connectors of a gateway.
pub struct ConnectorSet {
    connectors: Vec<Arc<dyn Connector>>,
    /// The TLS files of the sources that have any.
    tls_files: Mutex<Vec<FollowedTls>>,
}

impl ConnectorSet {
    /// Loads every contract in a directory: `<authority>/<source>/connector.yaml`.
    ///
    /// # Errors
    /// All mistakes of all contracts, and of what the deployment sets for them.
    pub fn load(contracts_directory: &Path, options: &LoadOptions) -> Result<Self, ContractMistakes> {
        let contract::Loaded { connectors, tls_files } = contract::load(contracts_directory, options)?;
        Ok(Self::in_order(connectors, tls_files))
    }

    /// A set of these connectors.
    ///
    /// # Errors
    /// [`DuplicateSlug`] names a slug that two of them have.
    pub fn from_connectors(connectors: Vec<Arc<dyn Connector>>) -> Result<Self, DuplicateSlug> {
        let mut slugs = BTreeSet::new();
        for connector in &connectors {
            let slug = &connector.source().slug;
            if !slugs.insert(slug.clone()) {
                return Err(DuplicateSlug(slug.clone()));
            }
        }
        Ok(Self::in_order(connectors, Vec::new()))
    }

    fn in_order(mut connectors: Vec<Arc<dyn Connector>>, tls_files: Vec<FollowedTls>) -> Self {
        connectors.sort_by(|a, b| {
            let (a, b) = (a.source(), b.source());
            (a.theme, &a.slug).cmp(&(b.theme, &b.slug))
        });
        Self { connectors, tls_files: Mutex::new(tls_files) }
    }

    /// Every connector, by theme and then by slug.
    #[must_use]
    pub fn connectors(&self) -> &[Arc<dyn Connector>] {
        &self.connectors
    }

    /// The connector with this slug.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&Arc<dyn Connector>> {
        self.connectors.iter().find(|connector| connector.source().slug == slug)
    }

    /// Whether any source is asked with a token that the citizen's login token is exchanged for. If none is, nobody needs
    /// to keep that token.
    #[must_use]
    pub fn exchanges_login_token(&self) -> bool {
        self.connectors.iter().any(|connector| connector.exchanges_login_token())
    }

    /// How things stand at every source's gate at this time of day, in the order of the sources.
    #[must_use]
    pub fn standings(&self, at: Timestamp) -> Vec<GateStanding> {
        self.connectors.iter().map(|connector| connector.gate().standing(at)).collect()
    }

    /// Stops all asking of a source, an operator's decision; answers that are under way are not used. Says whether there
    /// is such a source and it was on.
    #[must_use]
    pub fn switch_off(&self, slug: &str) -> bool {
        self.get(slug).is_some_and(|connector| connector.gate().switch_off())
    }

    /// Lets a source be asked again that an operator switched off. Says whether there is such a source and it was off.
    #[must_use]
    pub fn switch_on(&self, slug: &str) -> bool {
        self.get(slug).is_some_and(|connector| connector.gate().switch_on())
    }

    /// Lets a source in again that was cut off after an answer about another person, or that its breaker left alone; an
    /// operator's decision. Says whether there is such a source and it was so.
    #[must_use]
    pub fn reset(&self, slug: &str) -> bool {
        self.get(slug).is_some_and(|connector| connector.gate().reset())
    }

    /// Takes the TLS files of sources again whenever they change. Does not end; the caller drops it.
    pub async fn follow_tls_files(&self) {
        let mut followed = self.tls_files.lock().await;
        loop {
            // Two readings must agree on a change, so they must not follow one another at once.
            tokio::time::sleep(READ_EVERY).await;
            followed.iter_mut().for_each(FollowedTls::reread);
        }
    }
}
