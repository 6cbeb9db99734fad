//! One ID token: its form, its signature, its claims.
//!
//! The library verifies the signature and makes the access token's hash. It does not read the claims: it would read
//! every standard claim there is, and refuse a token for the form of one that nobody looks at.

use super::{
    claims::{self, Claims, Expected},
    keys::Bringer,
    provider::Provider,
    refused,
};
use crate::{
    api_error::ApiError,
    config::SignatureAlgorithm,
    telemetry::PartOf,
    tokens::{self, ClaimSet, TokenError, TokenHeader, TokenKind},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    AccessToken, AccessTokenHash, JsonWebKey as _,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};

/// Why an ID token counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdTokenError {
    /// What is not right about it, for our log.
    Doubt(&'static str),
    /// The provider's keys are not to be had.
    ProviderAway,
}

impl From<&'static str> for IdTokenError {
    fn from(doubt: &'static str) -> Self {
        Self::Doubt(doubt)
    }
}

impl From<TokenError> for IdTokenError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Refused(doubt) => Self::Doubt(doubt),
            TokenError::KeysAway => Self::ProviderAway,
        }
    }
}

impl From<IdTokenError> for ApiError {
    fn from(error: IdTokenError) -> Self {
        match error {
            IdTokenError::Doubt(reason) => refused(reason),
            IdTokenError::ProviderAway => Self::ProviderAway,
        }
    }
}

/// Verifies an ID token that came with an access token, and reads its claims.
pub(super) async fn verify(
    provider: &Provider,
    id_token: &str,
    access_token: &str,
    expected: &Expected<'_>,
    part_of: PartOf,
) -> Result<Claims, IdTokenError> {
    let header = tokens::header(id_token, TokenKind::Id, &expected.config.algorithms)?;
    let mut key = provider.key_for(&header, Bringer::Provider, part_of).await?.json_web_key();
    if !is_signed_by(id_token, &header, &key) {
        // The provider may have changed the key under the same id, or under none (requirement R13).
        let newer = provider.newer_key_for(&header, Bringer::Provider, part_of).await.map(|newer| newer.json_web_key());
        key = newer
            .filter(|newer| is_signed_by(id_token, &header, newer))
            .ok_or("the ID token's signature does not verify")?;
    }
    let claims = ClaimSet::of(id_token)?;
    check_access_token(&claims, access_token, &header, &key)?;
    claims::read(&claims, expected)
}

fn is_signed_by(id_token: &str, header: &TokenHeader, key: &CoreJsonWebKey) -> bool {
    let Some((message, signature)) = id_token.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    key.verify_signature(&library_name(header.algorithm), message.as_bytes(), &signature).is_ok()
}

/// An ID token that names the hash of an access token came with that one (OpenID Connect Core section 3.1.3.8).
fn check_access_token(
    claims: &ClaimSet,
    access_token: &str,
    header: &TokenHeader,
    key: &CoreJsonWebKey,
) -> Result<(), &'static str> {
    let Some(named) = claims.get("at_hash") else { return Ok(()) };
    let access_token = AccessToken::new(access_token.to_owned());
    let actual = AccessTokenHash::from_token(&access_token, &library_name(header.algorithm), key)
        .map_err(|_| "the access token's hash cannot be made")?;
    if named.as_str() == Some(actual.as_str()) { Ok(()) } else { Err("the access token is not the ID token's") }
}

/// What the library calls an algorithm.
pub(super) fn library_name(algorithm: SignatureAlgorithm) -> CoreJwsSigningAlgorithm {
    match algorithm {
        SignatureAlgorithm::ES256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SignatureAlgorithm::ES384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
        SignatureAlgorithm::PS256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        SignatureAlgorithm::RS256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    }
}
