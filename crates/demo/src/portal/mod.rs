//! A municipality's portal with a site and a login of its own, which shows its citizens sections of their overview in every
//! way that docs/portals.md describes. What a portal's developer writes is here: [`gateway`] for the server,
//! `templates/portal.html` and `templates/portal.js` for the pages.

mod asking;
mod gateway;
mod login;
mod pages;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use jiff::SignedDuration;
use jsonwebtoken::jwk::JwkSet;
use url::Url;

use crate::{
    options::{Clock, DemoClient},
    provider::{KeyError, SigningKey, Tickets},
    secret::NoRandomness,
};
use login::{Login, Visit};

/// What the gateway calls the portal.
pub const NAME: &str = "birkerup";

/// What the identity provider calls it, and the contracts.
pub const CLIENT_ID: &str = "birkerup-portal";

/// The portal's own session: as long as the access token of its login.
const VISIT_LIFETIME: SignedDuration = SignedDuration::from_hours(1);
const LOGIN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// What the portal is told of the gateway.
#[derive(Clone, Debug)]
pub struct PortalSetup {
    /// The gateway's address.
    pub gateway: Url,
    /// What access tokens for portals name (`embed.audience`).
    pub audience: String,
}

/// The portal's state.
pub(crate) struct Portal {
    origin: String,
    gateway: Url,
    issuer: Url,
    client: DemoClient,
    key: SigningKey,
    clock: Clock,
    logins: Tickets<Login>,
    visits: Tickets<Visit>,
}

/// Why there is no portal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoPortal {
    #[error("an address is none: {0}")]
    Address(#[from] url::ParseError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Secret(#[from] NoRandomness),
}

impl Portal {
    /// A portal at an origin, with a key made on the spot.
    pub(crate) fn new(origin: &str, issuer: &str, setup: &PortalSetup, clock: Clock) -> Result<Self, NoPortal> {
        Ok(Self {
            origin: origin.to_owned(),
            gateway: setup.gateway.clone(),
            issuer: Url::parse(issuer)?,
            client: login::client(origin, &setup.audience)?,
            key: SigningKey::generate()?,
            clock,
            logins: Tickets::lasting(LOGIN_LIFETIME),
            visits: Tickets::lasting(VISIT_LIFETIME),
        })
    }

    /// The portal as the identity provider knows it.
    pub(crate) fn client(&self) -> &DemoClient {
        &self.client
    }

    /// The public half of its key, for the gateway.
    pub(crate) fn keys(&self) -> JwkSet {
        self.key.key_set().clone()
    }

    /// Its addresses.
    pub(crate) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(pages::front))
            .route("/fragments", get(pages::fragments))
            .route("/component", get(pages::component))
            .route("/component-by-token", get(pages::component_by_token))
            .route("/frame", get(pages::frame))
            .route("/connected", get(pages::connected))
            .route("/link", get(pages::link))
            .route("/overview.json", get(pages::overview_json))
            .route("/embed-token", post(pages::embed_token))
            .route("/login", get(login::begin))
            .route("/login/callback", get(login::callback))
            .route("/logout", post(login::log_out))
            .route("/portal.css", get(pages::stylesheet))
            .route("/portal.js", get(pages::script))
            .with_state(self)
    }
}
