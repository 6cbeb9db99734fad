//! How we prove to the provider who we are: by a secret that both know, or by a signature of ours (requirement R6).

use std::sync::{Arc, PoisonError, RwLock};

use overblik_connectors::Secret;
use serde::Serialize;
use serde_json::Value;

use super::client_keys::{self, ClientKeyFile, ClientKeys};
use crate::{app::BuildError, clock::Clock, config::LoginConfig, secrets::random_token};

/// Seconds that an assertion lasts.
const ASSERTION_LIFE_S: i64 = 60;

/// The type of an assertion (RFC 7523bis), so that it passes for no other token.
const ASSERTION_TYPE: &str = "client-authentication+jwt";

/// What we prove ourselves with.
pub(super) struct ClientAuthentication {
    client_id: String,
    issuer: String,
    credential: Credential,
    clock: Clock,
}

enum Credential {
    Secret(Secret),
    Keys { file: ClientKeyFile, ring: RwLock<Arc<ClientKeys>> },
}

/// What a request needs so that the provider believes it is ours.
pub(super) enum Proof {
    /// Name and secret as Basic credentials (RFC 6749 section 2.3.1).
    Basic { name: String, secret: Secret },
    /// More fields of the form.
    Fields(Vec<(&'static str, Secret)>),
}

/// The claims of an assertion (RFC 7523 section 3).
#[derive(Serialize)]
struct Assertion<'c> {
    iss: &'c str,
    sub: &'c str,
    /// The issuer alone, as one text: an assertion that names an endpoint could be played on to another provider.
    aud: &'c str,
    iat: i64,
    exp: i64,
    jti: String,
}

impl ClientAuthentication {
    /// What the configuration says.
    ///
    /// # Errors
    /// When the file of our keys cannot be used, or a key does not sign what it verifies.
    pub(super) fn new(config: &LoginConfig, clock: Clock) -> Result<Self, BuildError> {
        let credential = match (&config.client_keys_file, &config.client_secret) {
            (Some(path), _) => {
                let (file, keys) = client_keys::open(path).map_err(BuildError::ClientKeys)?;
                if !keys.work() {
                    return Err(BuildError::ClientKeysUnusable);
                }
                Credential::Keys { file, ring: RwLock::new(Arc::new(keys)) }
            }
            // A configuration that was checked has one of the two.
            (None, secret) => Credential::Secret(secret.clone().unwrap_or_else(|| Secret::new(String::new()))),
        };
        Ok(Self { client_id: config.client_id.clone(), issuer: config.issuer.clone(), credential, clock })
    }

    /// What proves one request, and no other, to be ours; `None` when it cannot be made.
    pub(super) fn prove(&self, posts_secret: bool) -> Option<Proof> {
        match &self.credential {
            Credential::Secret(secret) if posts_secret => Some(Proof::Fields(vec![
                ("client_id", Secret::new(self.client_id.clone())),
                ("client_secret", secret.clone()),
            ])),
            Credential::Secret(secret) => {
                // Both are form-encoded before they become Basic credentials.
                let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                Some(Proof::Basic { name: encoded(&self.client_id), secret: Secret::new(encoded(secret.reveal())) })
            }
            Credential::Keys { ring, .. } => {
                let now = self.clock.now().as_second();
                let claims = Assertion {
                    iss: &self.client_id,
                    sub: &self.client_id,
                    aud: &self.issuer,
                    iat: now,
                    exp: now.saturating_add(ASSERTION_LIFE_S),
                    jti: random_token(),
                };
                let signed = held(ring).sign(ASSERTION_TYPE, &claims).ok()?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned();
                Some(Proof::Fields(vec![
                    ("client_id", Secret::new(self.client_id.clone())),
                    ("client_assertion_type", Secret::new(kind)),
                    ("client_assertion", Secret::new(signed)),
                ]))
            }
        }
    }

    /// The public halves of our keys, if we have any.
    pub(super) fn published(&self) -> Option<Value> {
        match &self.credential {
            Credential::Secret(_) => None,
            Credential::Keys { ring, .. } => Some(held(ring).published()),
        }
    }

    /// Takes our keys from their file whenever it changes. Never ends; ends at once where there is no such file.
    pub(super) async fn follow(&self) {
        let Credential::Keys { file, ring } = &self.credential else { return };
        let mut file = file.clone();
        loop {
            match file.changed().await {
                Ok(keys) if keys.work() => {
                    tracing::info!(key.id = keys.signing_id(), "keys at the identity provider exchanged");
                    *ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                }
                Ok(_) => {
                    tracing::error!("keys at the identity provider not exchanged: they sign nothing that verifies");
                }
                Err(mistake) => {
                    tracing::error!(%mistake, "keys at the identity provider not exchanged, the former ones stay");
                }
            }
        }
    }
}

fn held(ring: &RwLock<Arc<ClientKeys>>) -> Arc<ClientKeys> {
    // What is under the lock is exchanged whole; a panic elsewhere cannot leave it half-done.
    Arc::clone(&ring.read().unwrap_or_else(PoisonError::into_inner))
}
