//! What a session holds of the provider's tokens: the one that brings new ones, and until when the present ones last. The
//! access token itself is kept only where a source is asked with a token that it is exchanged for (decision 22).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Secret;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Tokens that are renewed while the session lasts.
#[derive(Clone)]
pub struct SessionTokens {
    /// When the present tokens expire: from then on nothing is shown until they were renewed.
    pub expires: Timestamp,
    /// What becomes of them.
    pub renewal: Renewal,
}

/// Where renewing stands. A refresh token is taken out of the record before it is sent, so that whatever happens to the
/// call, to the process or to the network, nobody sends it twice: a provider takes the second use for theft and ends
/// everything (requirement R25).
#[derive(Clone)]
pub enum Renewal {
    /// They can be renewed by this token.
    Possible {
        /// The refresh token.
        token: Secret,
        /// From this time on.
        from: Timestamp,
    },
    /// The refresh token was sent, at this time or just after. If nothing else becomes of it, the session ends with its tokens.
    Spent {
        /// When.
        since: Timestamp,
    },
}

/// The access token of a login. It is shown to the identity provider alone, in exchange for a token that is meant for one
/// source (requirement R45).
#[derive(Clone)]
pub struct LoginToken {
    /// The token.
    pub token: Secret,
    /// When it expires.
    pub expires: Timestamp,
}

impl fmt::Debug for LoginToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginToken(..)")
    }
}

/// The login's token as it stands in the seal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedLoginToken {
    token: Zeroizing<String>,
    expires: Timestamp,
}

impl From<&LoginToken> for SealedLoginToken {
    fn from(LoginToken { token, expires }: &LoginToken) -> Self {
        Self { token: Zeroizing::new(token.reveal().to_owned()), expires: *expires }
    }
}

impl From<SealedLoginToken> for LoginToken {
    fn from(SealedLoginToken { token, expires }: SealedLoginToken) -> Self {
        Self { token: Secret::new(token.to_string()), expires }
    }
}

/// The tokens as they stand in the seal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealedTokens {
    expires: Timestamp,
    refresh: Option<Zeroizing<String>>,
    /// Of a token that is there the time from which it may be sent, else the time when it was.
    moment: Timestamp,
}

impl From<&SessionTokens> for SealedTokens {
    fn from(tokens: &SessionTokens) -> Self {
        let (refresh, moment) = match &tokens.renewal {
            Renewal::Possible { token, from } => (Some(Zeroizing::new(token.reveal().to_owned())), *from),
            Renewal::Spent { since } => (None, *since),
        };
        Self { expires: tokens.expires, refresh, moment }
    }
}

impl From<SealedTokens> for SessionTokens {
    fn from(SealedTokens { expires, refresh, moment }: SealedTokens) -> Self {
        let renewal = match refresh {
            Some(token) => Renewal::Possible { token: Secret::new(token.to_string()), from: moment },
            None => Renewal::Spent { since: moment },
        };
        Self { expires, renewal }
    }
}

/// How long before they expire tokens are renewed at most, so that nobody has to wait for it.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

impl SessionTokens {
    /// Tokens that came just now. They are renewed from a minute before they expire, or from half their life if that is
    /// later.
    #[must_use]
    pub fn fresh(token: Secret, expires: Timestamp, now: Timestamp) -> Self {
        let ahead = AHEAD.min(expires.duration_since(now) / 2);
        let from = expires.checked_sub(ahead).unwrap_or(expires);
        Self { expires, renewal: Renewal::Possible { token, from } }
    }
}

impl fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionTokens(..)")
    }
}
