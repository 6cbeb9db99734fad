//! Proofs that a token's sender holds its key (DPoP, RFC 9449 section 4.3; requirement R16).
//!
//! | Part | Accepted |
//! |---|---|
//! | field | one `DPoP`; its form as every token's: size, three parts, JSON that names no member twice |
//! | `typ` | `dpop+jwt` |
//! | `alg` | ES256 or PS256 |
//! | `jwk` | a public key of that type, as strong as the provider's own must be, and nothing private |
//! | signature | by that key |
//! | thumbprint of the key | the token's `cnf.jkt` |
//! | `htm`, `htu` | the request's method and address, without query and fragment |
//! | `iat` | whole seconds, at most a minute from now |
//! | `ath` | the token's hash |
//! | `jti` | a text that was not used before |
//! | `nonce` | one that we gave out lately |

use aws_lc_rs::constant_time;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use crate::{
    config::SignatureAlgorithm,
    login::{VerificationKey, thumbprint},
    secrets::sha256,
    tokens::{self, ClaimSet, TokenHeader, TokenKind},
};

/// Algorithms accepted on proofs.
pub(super) const ALGORITHMS: [SignatureAlgorithm; 2] = [SignatureAlgorithm::ES256, SignatureAlgorithm::PS256];

/// Seconds that a proof's making may lie back or ahead.
pub(super) const WITHIN_S: i64 = 60;

/// Longest `jti` looked at, in bytes: a random one has some dozens.
pub(super) const LONGEST_ID: usize = 256;

/// Members of a JSON Web Key that are nobody's but the app's (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
pub(crate) const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What a proof must be about.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    /// The address asked for, as citizens' apps see it.
    pub(super) address: &'a Url,
    pub(super) token: &'a str,
    /// Thumbprint of the key that the token is bound to.
    pub(super) thumbprint: &'a str,
    pub(super) now: Timestamp,
}

/// A proof that is right. That its id is new and its nonce ours, only its reader can tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) id: String,
    pub(super) nonce: Option<String>,
}

impl Proof {
    /// Reads and verifies the proof that comes with a request.
    ///
    /// # Errors
    /// What is wrong with it, for our log.
    pub(super) fn verify(headers: &HeaderMap, asked: &Asked<'_>) -> Result<Self, &'static str> {
        let mut fields = headers.get_all("dpop").iter();
        let (Some(field), None) = (fields.next(), fields.next()) else { return Err("there is not one proof") };
        let proof = field.to_str().map_err(|_| "the proof is no text")?;
        let header = tokens::header(proof, TokenKind::Proof, &ALGORITHMS).map_err(reason)?;
        let key = tokens::header_members(proof).and_then(|mut header| header.remove("jwk"));
        let key = key.ok_or("the proof brings no key along")?;
        check_signature(proof, &header, &key)?;
        let thumbprint = thumbprint(&key).ok_or("the key has no thumbprint")?;
        if constant_time::verify_slices_are_equal(thumbprint.as_bytes(), asked.thumbprint.as_bytes()).is_err() {
            return Err("the token is bound to another key");
        }
        Self::read(&ClaimSet::of(proof).map_err(reason)?, asked)
    }

    fn read(claims: &ClaimSet, asked: &Asked<'_>) -> Result<Self, &'static str> {
        if claims.text("htm") != Some(asked.method.as_str()) {
            return Err("the proof is about another method");
        }
        let address = claims.text("htu").and_then(|text| Url::parse(text).ok()).map(without_query);
        if address.as_ref() != Some(asked.address) {
            return Err("the proof is about another address");
        }
        let made = claims.moment("iat").ok_or("the proof does not say when it was made")?;
        if made.as_second().abs_diff(asked.now.as_second()) > WITHIN_S.unsigned_abs() {
            return Err("the proof was not made just now");
        }
        if claims.text("ath") != Some(&URL_SAFE_NO_PAD.encode(sha256(asked.token))) {
            return Err("the proof is about another token");
        }
        let id = claims.text("jti").filter(|id| id.len() <= LONGEST_ID).ok_or("the proof has no id")?;
        let nonce = claims.optional_text("nonce", "the proof's nonce is not a text").map_err(reason)?;
        Ok(Self { id: id.to_owned(), nonce: nonce.map(str::to_owned) })
    }
}

fn reason(error: tokens::TokenError) -> &'static str {
    match error {
        tokens::TokenError::Refused(reason) => reason,
        // A proof brings its key along.
        tokens::TokenError::KeysAway => "the proof's key is not to be had",
    }
}

/// An address without query and fragment: what a proof is about (RFC 9449 section 4.2).
pub(super) fn without_query(mut address: Url) -> Url {
    address.set_query(None);
    address.set_fragment(None);
    address
}

fn check_signature(proof: &str, header: &TokenHeader, key: &Value) -> Result<(), &'static str> {
    if PRIVATE_MEMBERS.iter().any(|member| key.get(member).is_some()) {
        return Err("the proof gives its key away");
    }
    let key = [VerificationKey::read(key).ok_or("the proof's key cannot verify anything")?];
    // The key that the proof brings along is the one that is meant, whatever either of them is called.
    let header = TokenHeader { key_id: None, ..header.clone() };
    let key = VerificationKey::choose(&key, &header).ok_or("the proof's key is not of its algorithm")?;
    tokens::check_signature(proof, header.algorithm, key).map_err(reason)
}
