//! ID tokens in the making.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::SigningKey;

/// An ID token in the making.
pub struct Draft {
    /// Its header.
    pub header: Value,
    /// Its claims.
    pub claims: Value,
    /// Header and claims as texts, where those cannot be had from a [`Value`].
    pub raw: [Option<String>; 2],
    /// Signs it.
    pub key: Arc<SigningKey>,
    /// Whether it comes of a refresh rather than of a login.
    pub of_refresh: bool,
}

impl Draft {
    /// Header and claims, encoded.
    #[must_use]
    pub fn unsigned(&self) -> String {
        let [header, claims] = &self.raw;
        let text = |raw: &Option<String>, value: &Value| raw.clone().unwrap_or_else(|| value.to_string());
        [text(header, &self.header), text(claims, &self.claims)].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    /// The token.
    #[must_use]
    pub fn signed(&self) -> String {
        let unsigned = self.unsigned();
        let signature = self.key.sign(&unsigned);
        format!("{unsigned}.{signature}")
    }
}
