//! Access tokens (RFC 9068): what an app brings to ask for a citizen.

use std::{collections::BTreeSet, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;

use super::{ClaimSet, Expected, KeySource, TokenError, TokenKind, Window, verified};

/// A verified access token. That its client is on the list, that its scopes and level suffice for what is asked, and
/// that nobody logged out since, its reader checks.
#[derive(Clone)]
pub(crate) struct AccessToken {
    /// The provider's stable name for the citizen.
    pub(crate) subject: String,
    /// The app.
    pub(crate) client: String,
    /// What the app may do.
    pub(crate) scopes: BTreeSet<String>,
    /// When it was issued.
    pub(crate) issued: Timestamp,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// The provider's name for the login that it came of (`sid`).
    pub(crate) provider_session: Option<String>,
    /// Thumbprint of the key that it is bound to (RFC 9449 section 6.1). A token that has one is no bearer token.
    pub(crate) key_thumbprint: Option<String>,
    /// All claims, for those that go by configured names: level, CPR number, name, municipality.
    pub(crate) claims: ClaimSet,
}

/// It is about a person: what it says stays out of logs.
impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

impl AccessToken {
    /// Verifies a token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub(crate) async fn verify(
        token: &str,
        expected: &Expected<'_>,
        keys: &impl KeySource,
    ) -> Result<Self, TokenError> {
        let claims = verified(token, TokenKind::Access, expected, keys).await?;
        Self::read(claims, expected)
    }

    fn read(claims: ClaimSet, expected: &Expected<'_>) -> Result<Self, TokenError> {
        let issued = claims.check_times(expected.now, Window::at_most(expected.oldest_s))?;
        let text = |name: &str, otherwise| claims.text(name).map(str::to_owned).ok_or(TokenError::Refused(otherwise));
        // Nothing counts it, but RFC 9068 demands it: a token without one was made for something else.
        text("jti", "the token has no id")?;
        let scopes = claims.optional_text("scope", "the token's scopes are not one text")?.unwrap_or_default();
        let provider_session = claims.optional_text("sid", "the token's session is not a text")?;
        Ok(Self {
            subject: text("sub", "the token names no subject")?,
            client: text("client_id", "the token names no client")?,
            scopes: scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
            issued,
            expires: claims.moment("exp").ok_or(TokenError::Refused("the token does not say when it ends"))?,
            provider_session: provider_session.map(str::to_owned),
            key_thumbprint: key_thumbprint(&claims)?,
            claims,
        })
    }
}

/// The key that a token is bound to. One that is bound in a way that we do not know is refused: it would pass for a
/// bearer token.
fn key_thumbprint(claims: &ClaimSet) -> Result<Option<String>, TokenError> {
    const UNKNOWN: TokenError = TokenError::Refused("the token is bound to something that is not one key's thumbprint");
    let Some(confirmation) = claims.get("cnf") else { return Ok(None) };
    let members = confirmation.as_object().filter(|members| members.len() == 1).ok_or(UNKNOWN)?;
    let thumbprint = members.get("jkt").and_then(Value::as_str).ok_or(UNKNOWN)?;
    // SHA-256 in base64url (RFC 9449 section 6.1).
    let is_one = URL_SAFE_NO_PAD.decode(thumbprint).is_ok_and(|hash| hash.len() == 32);
    if is_one { Ok(Some(thumbprint.to_owned())) } else { Err(UNKNOWN) }
}
