//! The signature of an access or logout token.

use jsonwebtoken::{Algorithm, Validation};
use serde::de::IgnoredAny;

use super::{Expected, TokenError, TokenHeader};
use crate::{config::SignatureAlgorithm, login::VerificationKey};

/// Verifies a token's signature with the one key and the one algorithm that are meant. The library looks at the claims
/// as well, as strictly as it can; what it cannot, and all times, which it would hold against a clock of its own, are
/// checked afterwards.
pub(super) fn check(
    token: &str,
    header: &TokenHeader,
    key: &VerificationKey,
    expected: &Expected<'_>,
) -> Result<(), TokenError> {
    let mut validation = Validation::new(algorithm(header.algorithm));
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.audience]);
    validation.validate_exp = false;
    decode(token, key, &validation)
}

/// As `check`, of a token that names neither issuer nor audience.
pub(crate) fn check_alone(
    token: &str,
    named_algorithm: SignatureAlgorithm,
    key: &VerificationKey,
) -> Result<(), TokenError> {
    let mut validation = Validation::new(algorithm(named_algorithm));
    validation.required_spec_claims.clear();
    validation.validate_aud = false;
    validation.validate_exp = false;
    decode(token, key, &validation)
}

fn decode(token: &str, key: &VerificationKey, validation: &Validation) -> Result<(), TokenError> {
    jsonwebtoken::decode::<IgnoredAny>(token, &key.decoding_key(), validation)
        .map(|_| ())
        .map_err(|_| TokenError::Refused("the token does not verify"))
}

fn algorithm(algorithm: SignatureAlgorithm) -> Algorithm {
    match algorithm {
        SignatureAlgorithm::ES256 => Algorithm::ES256,
        SignatureAlgorithm::ES384 => Algorithm::ES384,
        SignatureAlgorithm::PS256 => Algorithm::PS256,
        SignatureAlgorithm::RS256 => Algorithm::RS256,
    }
}
