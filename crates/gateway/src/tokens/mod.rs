//! Every token that the identity provider signs, and what is accepted of each kind (requirements R9 to R12, R14, R28).
//!
//! | Part | ID token | access token | logout token |
//! |---|---|---|---|
//! | whole | at most 16 kB, three parts in base64url without padding | same | same |
//! | header | at most 2 kB, a JSON object that names no member twice | same | same |
//! | `alg` | on the list `login.algorithms`, spelt exactly so | on the list for apps | on `login.algorithms` |
//! | `typ` | absent or `JWT` | `at+jwt` or `application/at+jwt` | `logout+jwt` |
//! | `kid` | absent or a text | same | same |
//! | `crit`, `b64` | absent | same | same |
//! | signature | by the one published key that fits `kid`, type, `use`, `key_ops` and `alg` | same | same |
//! | claims | a JSON object that names no member twice | same | same |
//! | `iss` | the configured issuer, one text | same | same |
//! | `aud` | our client id alone, as a text or an array of one; `azp` absent or ours | the API's audience alone, likewise | our client id alone, likewise |
//! | `exp` | whole seconds, not past | same | same |
//! | `iat` | whole seconds, not ahead, not older than a session can be | same | at most two minutes from now, either way |
//! | `nbf` | absent, or whole seconds and not ahead | same | same |
//! | `sub` | a text | a text | absent or a text |
//! | `sid` | absent or a text | absent or a text | absent or a text; it or `sub` must be there |
//! | `jti` | | a text | a text |
//! | `nonce` | the login's | | absent |
//! | others | level, CPR number, times: see `login::claims` | `client_id` a text; `scope` absent or a text; `cnf` absent or one thumbprint | `events` an object with the back-channel member, an object |
//!
//! An app's proof (`dpop+jwt`) has the same form, and a table of its own in `bearer::proof`; a client's assertion has one in
//! `client_assertion`.
//!
//! A text is never empty. Clocks may differ by [`CLOCK_SKEW_S`] where the table does not say otherwise. No list of
//! algorithms can name a symmetric one or `none`: the configuration knows none.
//!
//! The signature of ID tokens is verified by openidconnect, in `login::id_token`; that of the other kinds by
//! jsonwebtoken. Whatever the libraries verify besides is verified here or in `login::claims` too: left to itself
//! jsonwebtoken takes an issuer among several, an audience among several, any `typ`, unknown `crit`, and fractions of
//! seconds.

mod access;
mod claims;
mod form;
mod header;
mod logout;
mod signature;
#[cfg(test)]
pub(crate) mod specimen;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wycheproof;

use jiff::Timestamp;
use serde_json::Value;

pub(crate) use access::AccessToken;
pub(crate) use claims::{ClaimSet, Window};
pub(crate) use header::{TokenHeader, header, members as header_members};
pub(crate) use logout::{LoggedOut, LogoutToken};
pub(crate) use signature::check_alone as check_signature;

use crate::{config::SignatureAlgorithm, login::VerificationKey};

/// Seconds that our clock and the provider's may differ: the one allowance for `exp`, `iat` and `nbf` (requirement R11).
pub(crate) const CLOCK_SKEW_S: i64 = 60;

/// What a token is for. None can stand in for another (requirement R10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Says who logged in.
    Id,
    /// Lets an app ask for a citizen.
    Access,
    /// Says that a login is over.
    Logout,
    /// Proves that an access token's sender holds its key. The app's own, not the provider's.
    Proof,
    /// Says which client asks. The client's own.
    ClientAssertion,
}

impl TokenKind {
    /// Whether a header's `typ` names this kind.
    fn is_named(self, name: Option<&Value>) -> bool {
        let names: &[&str] = match self {
            Self::Id => &["JWT"],
            Self::Access => &["at+jwt", "application/at+jwt"],
            Self::Logout => &["logout+jwt"],
            Self::Proof => &["dpop+jwt"],
            Self::ClientAssertion => &["client-authentication+jwt", "JWT"],
        };
        match name {
            None => matches!(self, Self::Id | Self::ClientAssertion),
            Some(Value::String(name)) => names.iter().any(|own| own.eq_ignore_ascii_case(name)),
            Some(_) => false,
        }
    }
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// What is wrong with it, for our log. Quotes nothing of the token.
    #[error("{0}")]
    Refused(&'static str),
    /// The provider's keys are not to be had, so nobody can say.
    #[error("the identity provider's keys are not to be had")]
    KeysAway,
}

/// What a token is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// Algorithms accepted for this use.
    pub(crate) algorithms: &'a [SignatureAlgorithm],
    /// The only issuer.
    pub(crate) issuer: &'a str,
    /// The only audience: our client id, or what the API is called.
    pub(crate) audience: &'a str,
    /// Seconds since its issue after which a token counts no more: the longest that a session can last.
    pub(crate) oldest_s: i64,
    /// The time.
    pub(crate) now: Timestamp,
}

/// Where keys for verifying come from.
pub(crate) trait KeySource: Sync {
    /// The one key that a token's header points to.
    ///
    /// # Errors
    /// [`TokenError::Refused`] when there is none, or not one alone.
    fn key_for(&self, header: &TokenHeader) -> impl Future<Output = Result<VerificationKey, TokenError>> + Send;

    /// The key that a token's header points to among keys that were published since, after [`KeySource::key_for`] gave
    /// one that did not verify its signature: a provider may change a key under its id, or under none. It may be the
    /// same again.
    fn newer_key_for(&self, header: &TokenHeader) -> impl Future<Output = Option<VerificationKey>> + Send;
}

/// The claims of a token whose form, type, signature, issuer and audience are right. Each kind checks the others.
async fn verified(
    token: &str,
    kind: TokenKind,
    expected: &Expected<'_>,
    keys: &impl KeySource,
) -> Result<ClaimSet, TokenError> {
    let header = header(token, kind, expected.algorithms)?;
    let key = keys.key_for(&header).await?;
    if let Err(doubt) = signature::check(token, &header, &key, expected) {
        let newer = keys.newer_key_for(&header).await.ok_or(doubt)?;
        signature::check(token, &header, &newer, expected)?;
    }
    let claims = ClaimSet::of(token)?;
    claims.check_issuer(expected.issuer)?;
    claims.check_audience(expected.audience)?;
    Ok(claims)
}
