//! How we prove to the provider who we are: by a secret that both know, or by a signature of ours (requirement R6).

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use overblik_connectors::Secret;
use serde_json::{Map, Value};

use super::client_keys::{self, ClientKeyFile, ClientKeys};
use crate::{
    build_error::BuildError, clock::Clock, config::LoginConfig, followed_file::FileStanding, secrets::random_token,
};

/// What we prove ourselves with.
pub(super) struct ClientAuthentication {
    client_id: String,
    issuer: String,
    /// What both know. Without it the keys sign who we are.
    secret: Option<Secret>,
    keys: Option<Keys>,
    clock: Clock,
}

/// Our keys, and the file that is followed for others.
struct Keys {
    file: Option<ClientKeyFile>,
    ring: RwLock<Arc<ClientKeys>>,
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAuthentication(..)")
    }
}

/// What a request needs so that the provider believes it is ours.
pub(super) enum Proof {
    /// Name and secret as Basic credentials (RFC 6749 section 2.3.1).
    Basic { name: String, secret: Secret },
    /// More fields of the form.
    Fields(Vec<(&'static str, Secret)>),
}

impl ClientAuthentication {
    /// What the configuration says.
    ///
    /// # Errors
    /// When the file of our keys cannot be used, or a key does not sign what it verifies.
    pub(super) fn new(config: &LoginConfig, clock: Clock) -> Result<Self, BuildError> {
        let read = match (&config.client_keys_file, &config.client_keys) {
            (Some(path), _) => {
                let (file, keys) = client_keys::open(path).map_err(BuildError::ClientKeys)?;
                Some((Some(file), keys))
            }
            (None, Some(text)) => Some((None, client_keys::made(text).ok_or(BuildError::ClientKeysUnusable)?)),
            (None, None) => None,
        };
        if read.as_ref().is_some_and(|(_, keys)| !keys.work()) {
            return Err(BuildError::ClientKeysUnusable);
        }
        Ok(Self {
            client_id: config.client_id.clone(),
            issuer: config.issuer.clone(),
            secret: config.client_secret.clone(),
            keys: read.map(|(file, keys)| Keys { file, ring: RwLock::new(Arc::new(keys)) }),
            clock,
        })
    }

    /// How the file of our keys stands, if there is one.
    pub(super) fn keys_file(&self) -> Option<Arc<FileStanding>> {
        self.keys.as_ref()?.file.as_ref().map(ClientKeyFile::standing)
    }

    /// What proves one request, and no other, to be ours; `None` when it cannot be made.
    pub(super) fn prove(&self, posts_secret: bool) -> Option<Proof> {
        match (&self.secret, &self.keys) {
            (Some(secret), _) if posts_secret => Some(Proof::Fields(vec![
                ("client_id", Secret::new(self.client_id.clone())),
                ("client_secret", secret.clone()),
            ])),
            (Some(secret), _) => {
                // Both are form-encoded before they become Basic credentials.
                let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                Some(Proof::Basic { name: encoded(&self.client_id), secret: Secret::new(encoded(secret.reveal())) })
            }
            (None, Some(keys)) => {
                let signed = keys.held().assertion(&self.client_id, &self.issuer, self.clock.now()).ok()?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned();
                Some(Proof::Fields(vec![
                    ("client_id", Secret::new(self.client_id.clone())),
                    ("client_assertion_type", Secret::new(kind)),
                    ("client_assertion", signed),
                ]))
            }
            // A configuration that was checked has one of the two.
            (None, None) => None,
        }
    }

    /// Whether we have keys.
    pub(super) fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// Signs claims under a header of this type, with when that was, until when it counts, and an id of their own. `None`
    /// without keys.
    pub(super) fn sign(&self, kind: &str, mut claims: Map<String, Value>, life_s: u32) -> Option<Secret> {
        let now = self.clock.now().as_second();
        for (name, moment) in [("iat", now), ("nbf", now), ("exp", now.saturating_add(i64::from(life_s)))] {
            claims.insert(name.to_owned(), moment.into());
        }
        claims.insert("jti".to_owned(), random_token().into());
        let signed = self.keys.as_ref()?.held().sign(kind, &claims);
        signed.inspect_err(|_| tracing::error!("our keys sign nothing")).ok().map(Secret::new)
    }

    /// The public halves of our keys, if we have any.
    pub(super) fn published(&self) -> Option<Value> {
        self.keys.as_ref().map(|keys| keys.held().published())
    }

    /// Takes our keys from their file whenever it changes. Never ends; ends at once where there is no such file.
    pub(super) async fn follow(&self) {
        let Some(Keys { file: Some(file), ring }) = &self.keys else { return };
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

impl Keys {
    fn held(&self) -> Arc<ClientKeys> {
        // What is under the lock is exchanged whole; a panic elsewhere cannot leave it half-done.
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}
