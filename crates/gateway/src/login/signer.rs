//! Our keys at the identity provider sign for sources too: who we are where tokens are to be had, and whom we ask about.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use overblik_connectors::{Pseudonym, Secret, Signer};
use serde_json::{Map, Value};

use super::client_authentication::ClientAuthentication;
use crate::secrets::sha256;

/// Signs with our keys, in the name of our public address.
#[derive(Debug)]
pub(super) struct OurSigner {
    pub(super) keys: Arc<ClientAuthentication>,
    /// Our origin; below it, at `/jwks.json`, the public halves are found.
    pub(super) origin: String,
}

impl Signer for OurSigner {
    fn issuer(&self) -> &str {
        &self.origin
    }

    fn sign(&self, kind: &str, claims: Map<String, Value>, life_s: u32) -> Option<Secret> {
        self.keys.sign(kind, claims, life_s)
    }

    fn name_for(&self, citizen: &Pseudonym, audience: &str) -> String {
        // The pseudonym is a keyed hash that no source knows, so that two of them cannot compare what they were told.
        URL_SAFE_NO_PAD.encode(sha256(&format!("citizen {citizen} at {audience}")))
    }
}
