//! All sources that a gateway may ask.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use url::Url;

use crate::{
    connector::Connector,
    contract::{self, ContractMistakes},
    credentials::Signer,
    secret::Secret,
    upstream::AddressPolicy,
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
}

/// Two connectors have the same slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two connectors are named \"{0}\"")]
pub struct DuplicateSlug(pub String);

/// The connectors of a gateway.
pub struct Registry(Vec<Arc<dyn Connector>>);

impl Registry {
    /// Loads every contract in a directory: `<authority>/<source>/connector.yaml`.
    ///
    /// # Errors
    /// All mistakes of all contracts, and of what the deployment sets for them.
    pub fn load(contracts_directory: &Path, options: &LoadOptions) -> Result<Self, ContractMistakes> {
        contract::load(contracts_directory, options).map(Self::in_order)
    }

    /// A registry of these connectors.
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
        Ok(Self::in_order(connectors))
    }

    fn in_order(mut connectors: Vec<Arc<dyn Connector>>) -> Self {
        connectors.sort_by(|a, b| {
            let (a, b) = (a.source(), b.source());
            (a.theme, &a.slug).cmp(&(b.theme, &b.slug))
        });
        Self(connectors)
    }

    /// Every connector, by theme and then by slug.
    #[must_use]
    pub fn connectors(&self) -> &[Arc<dyn Connector>] {
        &self.0
    }

    /// The connector with this slug.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&Arc<dyn Connector>> {
        self.0.iter().find(|connector| connector.source().slug == slug)
    }

    /// Whether any source is asked with a token that the citizen's login token is exchanged for. If none is, nobody needs
    /// to keep that token.
    #[must_use]
    pub fn exchanges_login_token(&self) -> bool {
        self.0.iter().any(|connector| connector.exchanges_login_token())
    }

    /// Lets a source in again that was cut off after an answer about another person; an operator's decision. Says
    /// whether there is such a source and it was cut off.
    #[must_use]
    pub fn reset(&self, slug: &str) -> bool {
        self.get(slug).is_some_and(|connector| connector.reset())
    }
}
