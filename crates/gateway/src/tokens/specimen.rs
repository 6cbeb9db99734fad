//! Tokens as they should be and as they should not, for tests.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Expected, KeySource, TokenError, TokenHeader, TokenKind};
use crate::{config::SignatureAlgorithm, login::VerificationKey};

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const SESSION_S: i64 = 8 * 60 * 60;
pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const AUDIENCE: &str = "overblik";
pub(crate) const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What every test's tokens are held against.
pub(crate) fn expected() -> Expected<'static> {
    Expected {
        algorithms: &[SignatureAlgorithm::ES256, SignatureAlgorithm::PS256],
        issuer: ISSUER,
        audience: AUDIENCE,
        oldest_s: SESSION_S,
        now: Timestamp::from_second(NOW).expect("a time"),
    }
}

/// A key pair of a provider.
pub(crate) enum Signer {
    Es256(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static str),
}

impl Signer {
    pub(crate) fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    /// One for PS256 or RS256.
    pub(crate) fn rsa(algorithm: &'static str) -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"), algorithm)
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rsa(_, algorithm) => algorithm,
        }
    }

    /// The public half as the provider publishes it under a key id.
    pub(crate) fn published(&self, key_id: &str) -> Value {
        match self {
            Self::Es256(pair) => {
                // An uncompressed point: 4, then both coordinates.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "kid": key_id, "x": encoded(x), "y": encoded(y) })
            }
            Self::Rsa(pair, _) => {
                let public = pair.public_key();
                let n = encoded(public.modulus().big_endian_without_leading_zero());
                let e = encoded(public.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "kid": key_id, "n": n, "e": e })
            }
        }
    }

    pub(crate) fn key(&self, key_id: &str) -> VerificationKey {
        VerificationKey::read(&self.published(key_id)).expect("a key that verifies")
    }

    /// A token of these parts.
    pub(crate) fn token(&self, header: &str, claims: &str) -> String {
        let message = [header, claims].map(encoded).join(".");
        let random = SystemRandom::new();
        let signature = match self {
            Self::Es256(pair) => pair.sign(&random, message.as_bytes()).expect("a signature").as_ref().to_vec(),
            Self::Rsa(pair, algorithm) => {
                let padding =
                    if *algorithm == "PS256" { &signature::RSA_PSS_SHA256 } else { &signature::RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message.as_bytes(), &mut signature).expect("a signature");
                signature
            }
        };
        format!("{message}.{}", encoded(signature))
    }
}

/// The header of a kind.
pub(crate) fn header(kind: TokenKind, algorithm: &str, key_id: &str) -> Value {
    let name = match kind {
        TokenKind::Id => "JWT",
        TokenKind::Access => "at+jwt",
        TokenKind::Logout => "logout+jwt",
        TokenKind::Proof => "dpop+jwt",
        TokenKind::ClientAssertion => "client-authentication+jwt",
    };
    json!({ "alg": algorithm, "kid": key_id, "typ": name })
}

/// The claims of a kind, as they should be.
pub(crate) fn claims(kind: TokenKind) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "sub": "the-subject", "aud": AUDIENCE, "exp": NOW + 60, "iat": NOW, "jti": "the-id",
        "sid": "the-session",
    });
    match kind {
        TokenKind::Id => {
            claims["nonce"] = json!("the-nonce");
            claims["acr"] = json!("https://data.gov.dk/concept/core/nsis/loa/Substantial");
        }
        TokenKind::Access => {
            claims["client_id"] = json!("the-app");
            claims["scope"] = json!("overview other");
        }
        TokenKind::Proof | TokenKind::ClientAssertion => {}
        TokenKind::Logout => claims["events"] = json!({ EVENT: {} }),
    }
    claims
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Keys that are simply there.
impl KeySource for Vec<VerificationKey> {
    async fn key_for(&self, header: &TokenHeader) -> Result<VerificationKey, TokenError> {
        VerificationKey::choose(self, header).cloned().ok_or(TokenError::Refused("no key fits"))
    }

    async fn newer_key_for(&self, _: &TokenHeader) -> Option<VerificationKey> {
        None
    }
}

/// A provider that does not answer.
pub(crate) struct Away;

impl KeySource for Away {
    async fn key_for(&self, _: &TokenHeader) -> Result<VerificationKey, TokenError> {
        Err(TokenError::KeysAway)
    }

    async fn newer_key_for(&self, _: &TokenHeader) -> Option<VerificationKey> {
        None
    }
}
