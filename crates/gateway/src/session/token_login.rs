//! The citizen for whom an app asks with an access token: no session is kept, and nothing of the token.

use std::fmt;

use jiff::Timestamp;
use overblik_connectors::{Authentication, CitizenScope};

use super::{Identity, SessionKey, Standing, Viewer, master_keys::MasterKeys};

/// What a verified access token establishes.
pub struct TokenLogin<'t> {
    /// The token itself.
    pub token: &'t str,
    /// Whom it speaks for, to the identity provider.
    pub identity: &'t Identity,
    /// Whom it speaks for, to us.
    pub authentication: Authentication,
    /// The citizen's name.
    pub name: Option<String>,
    /// When it ends.
    pub expires: Timestamp,
}

impl TokenLogin<'_> {
    /// The citizen. What is fetched for them belongs to a keyed hash of the token: two tokens share nothing, be they of
    /// the same person and the same app.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "an access token establishes what a login did: who, and how surely")]
    pub fn viewer(self, keys: &MasterKeys) -> Viewer {
        let (master, Identity { issuer, provider_session, issued, .. }) = (keys.first(), self.identity);
        Viewer {
            scope: CitizenScope::from_authentication(self.authentication),
            session: SessionKey(master.hash(&[b"access-token", self.token.as_bytes()])),
            provider_session: provider_session.as_ref().map(|named| master.provider_session(issuer, named)),
            standing: Standing::Token { issued: *issued, expires: self.expires },
            name: self.name,
        }
    }
}

impl fmt::Debug for TokenLogin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenLogin(..)")
    }
}
