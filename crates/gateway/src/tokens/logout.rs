//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4): the provider says that a login is over.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{CLOCK_SKEW_S, ClaimSet, Expected, KeySource, TokenError, TokenKind, Window, verified};

/// The member of `events` that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Seconds that a logout token's issue may lie back or ahead (requirement R28).
pub(super) const LOGOUT_WITHIN_S: i64 = 120;

/// A verified logout token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogoutToken {
    /// What ends.
    pub(crate) ends: LoggedOut,
    /// When the provider said so, to the second, by its clock: that of the ID tokens.
    pub(crate) issued: Timestamp,
    /// Its own name.
    pub(crate) id: String,
}

/// What a logout ends.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LoggedOut {
    /// What came of one login at the provider (`sid`).
    ProviderSession(String),
    /// Everything of the citizen whom the provider knows by this subject.
    Citizen(String),
}

/// It is about a person: who it was stays out of logs.
impl fmt::Debug for LoggedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoggedOut(..)")
    }
}

impl LogoutToken {
    /// When the token counts no more at the latest, by any instance's clock: until then its id must be remembered
    /// (requirement R29). What its `exp` says counts for nothing beyond that.
    pub(crate) fn counts_until(&self) -> Timestamp {
        let within = SignedDuration::from_secs(LOGOUT_WITHIN_S + CLOCK_SKEW_S);
        self.issued.checked_add(within).unwrap_or(Timestamp::MAX)
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub(crate) async fn verify(
        token: &str,
        expected: &Expected<'_>,
        keys: &impl KeySource,
    ) -> Result<Self, TokenError> {
        let claims = verified(token, TokenKind::Logout, expected, keys).await?;
        Self::read(&claims, expected)
    }

    fn read(claims: &ClaimSet, expected: &Expected<'_>) -> Result<Self, TokenError> {
        let within = Window { oldest_s: LOGOUT_WITHIN_S, ahead_s: LOGOUT_WITHIN_S };
        let issued = claims.check_times(expected.now, within)?;
        if !claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
            return Err(TokenError::Refused("the token does not say that somebody logged out"));
        }
        if claims.get("nonce").is_some() {
            return Err(TokenError::Refused("the token answers a login"));
        }
        let session = claims.optional_text("sid", "the token's session is not a text")?;
        let subject = claims.optional_text("sub", "the token's subject is not a text")?;
        let ends = match (session, subject) {
            (Some(session), _) => LoggedOut::ProviderSession(session.to_owned()),
            (None, Some(subject)) => LoggedOut::Citizen(subject.to_owned()),
            (None, None) => return Err(TokenError::Refused("the token says neither whose nor which login is over")),
        };
        Ok(Self {
            ends,
            issued,
            id: claims.text("jti").map(str::to_owned).ok_or(TokenError::Refused("the token has no id"))?,
        })
    }
}
