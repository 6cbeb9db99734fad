//! Embed tokens: what a portal's page shows us to get sections (requirement R69). Signed by us for ourselves, short, for one
//! origin, and of no use at any other door: it says nothing of the citizen, and the ticket in it only we read.
//!
//! The form is `own_token`'s.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    own_token::OwnToken,
    secrets::random_bytes,
    session::{sealing::Ticket, sessions::Sessions},
};

/// Seconds that a token lasts at most.
pub(super) const LIFE_S: i64 = 300;

const KIND: OwnToken = OwnToken { header: r#"{"alg":"HS256","typ":"overblik-embed+jwt"}"#, key: b"embed-token" };

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EmbedToken {
    /// The portal.
    pub(super) portal: String,
    /// The one origin of its pages that may show it.
    pub(super) origin: String,
    /// The sources.
    pub(super) sources: BTreeSet<String>,
    /// When it ends.
    pub(super) expires: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    client_id: String,
    scope: String,
    exp: i64,
    jti: String,
    /// The ticket of the portal's session, for our eyes.
    session: String,
}

impl EmbedToken {
    /// Signs a token that leads to a session.
    pub(super) fn sign(&self, us: &str, ticket: &Ticket, sessions: &Sessions) -> String {
        let id = random_bytes();
        let scope = self.sources.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let wrapped = sessions.wrap(ticket, id, &place(&self.portal, &self.origin));
        let claims = Claims {
            iss: us.to_owned(),
            aud: self.origin.clone(),
            client_id: self.portal.clone(),
            scope,
            exp: self.expires.as_second(),
            jti: URL_SAFE_NO_PAD.encode(id),
            session: URL_SAFE_NO_PAD.encode(wrapped),
        };
        KIND.sign(&claims, &sessions.ring().keys())
    }

    /// Verifies a token, and gives the ticket that it leads to.
    ///
    /// # Errors
    /// What is wrong with it, for our log.
    pub(super) fn verify(
        token: &str,
        us: &str,
        now: Timestamp,
        sessions: &Sessions,
    ) -> Result<(Self, Ticket), &'static str> {
        let claims: Claims = KIND.verify(token, &sessions.ring().keys())?;
        if claims.iss != us {
            return Err("the token is another gateway's");
        }
        let expires = Timestamp::from_second(claims.exp).map_err(|_| "the token does not say when it ends")?;
        if expires <= now {
            return Err("the token has expired");
        }
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let id = bytes(&claims.jti).and_then(|id| id.try_into().ok()).ok_or("the token has no id")?;
        let wrapped = bytes(&claims.session).ok_or("the token leads to no session")?;
        let place = place(&claims.client_id, &claims.aud);
        let ticket = sessions.unwrap(&wrapped, id, &place).ok_or("the token leads to no session")?;
        let sources = claims.scope.split(' ').filter(|source| !source.is_empty()).map(str::to_owned).collect();
        Ok((Self { portal: claims.client_id, origin: claims.aud, sources, expires }, ticket))
    }
}

/// What the ticket is bound to besides the token's id.
fn place<'t>(portal: &'t str, origin: &'t str) -> [&'t [u8]; 2] {
    [portal.as_bytes(), origin.as_bytes()]
}
