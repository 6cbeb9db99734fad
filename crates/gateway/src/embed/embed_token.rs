//! Embed tokens: what a portal's page shows us to get sections (requirement R69). Signed by us for ourselves, short, for one
//! origin, and of no use at any other door: it says nothing of the citizen, and the ticket in it only we read.
//!
//! A JSON Web Signature under a key that every instance derives from the master keys. Those are exchanged within minutes
//! of one another, so a token counts under each of them.

use std::collections::BTreeSet;

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    secrets::random_bytes,
    session::{master_keys::MasterKey, sealing::Ticket, sessions::Sessions},
};

/// Seconds that a token lasts at most.
pub(super) const LIFE_S: i64 = 300;

/// The one header. Nobody else makes these tokens, so no other is read.
const HEADER: &str = r#"{"alg":"HS256","typ":"overblik-embed+jwt"}"#;

/// Largest token looked at, in bytes.
const LARGEST: usize = 4 * 1024;

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
        // Texts and a number: JSON can say them.
        let claims = serde_json::to_string(&claims).unwrap_or_default();
        let message = [HEADER, &claims].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let signature = hmac::sign(&key(sessions.ring().keys().first()), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
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
        if token.len() > LARGEST {
            return Err("the token is too large");
        }
        let (message, signature) = token.rsplit_once('.').ok_or("the token has no signature")?;
        let (header, claims) = message.split_once('.').ok_or("the token has no claims")?;
        if header != URL_SAFE_NO_PAD.encode(HEADER) {
            return Err("the token is of another type");
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| "the signature is not base64url")?;
        let is_ours = |master: &MasterKey| {
            let ours = hmac::sign(&key(master), message.as_bytes());
            verify_slices_are_equal(ours.as_ref(), &signature).is_ok()
        };
        if !sessions.ring().keys().iter().any(is_ours) {
            return Err("the token is not of our making");
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| "the claims are not base64url")?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| "the claims have another form")?;
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

fn key(master: &MasterKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &master.hash(&[b"embed-token"]))
}
