//! The key that signs `id_token`s: made at start, gone at the end.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use serde::Serialize;

/// A signing key could not be made, or a token not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("the key pair could not be made")]
    Generation,
    #[error(transparent)]
    Token(#[from] jsonwebtoken::errors::Error),
}

pub(crate) struct SigningKey {
    private: EncodingKey,
    public: DecodingKey,
    key_id: String,
    key_set: JwkSet,
}

impl SigningKey {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map_err(|_| KeyError::Generation)?;
        let private = EncodingKey::from_ec_der(pair.as_ref());
        let mut jwk = Jwk::from_encoding_key(&private, Algorithm::ES256)?;
        let key_id = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(key_id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { private, public: DecodingKey::from_jwk(&jwk)?, key_id, key_set: JwkSet { keys: vec![jwk] } })
    }

    /// The public key, as clients fetch it.
    pub(crate) fn key_set(&self) -> &JwkSet {
        &self.key_set
    }

    /// Signs claims under a header of this type.
    pub(crate) fn sign_as(&self, kind: &str, claims: &impl Serialize) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(kind.to_owned());
        header.kid = Some(self.key_id.clone());
        Ok(jsonwebtoken::encode(&header, claims, &self.private)?)
    }

    /// The id (`jti`) of a token that this key signed as this issuer, if it is one. Its age does not matter here.
    pub(super) fn id_of(&self, token: &str, issuer: &str) -> Option<String> {
        let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss"]);
        validation.validate_aud = false;
        validation.validate_exp = false;
        let said = jsonwebtoken::decode::<serde_json::Value>(token, &self.public, &validation).ok()?;
        said.claims.get("jti")?.as_str().map(str::to_owned)
    }

    /// Whether this key signed a token that names this issuer and one of its clients. Its age does not matter: a
    /// logout may come long after the login (RP-Initiated Logout section 2).
    pub(super) fn has_signed(&self, token: &str, issuer: &str, client_id: &str) -> bool {
        let mut validation = jsonwebtoken::Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[client_id]);
        validation.set_required_spec_claims(&["iss", "aud"]);
        validation.validate_exp = false;
        jsonwebtoken::decode::<serde_json::Value>(token, &self.public, &validation).is_ok()
    }
}
