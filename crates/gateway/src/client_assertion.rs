//! Which client asks: an assertion signed by its key (`private_key_jwt`, RFC 7523). The one place that verifies them; who
//! is registered, and what the door is called, its callers say (requirements R47 and R69).
//!
//! | Part | Accepted |
//! |---|---|
//! | form | as every token's: size, three parts, JSON that names no member twice |
//! | `typ` | `client-authentication+jwt`, `JWT` or absent |
//! | `alg` | ES256, ES384 or PS256 |
//! | signature | by the one key of the client that fits |
//! | `iss`, `sub` | a client that is registered at this door, both the same |
//! | `aud` | the door's origin alone, as a text or an array of one |
//! | `iat`, `exp`, `nbf` | made in the last five minutes, not over, valid already |
//! | `jti` | a text that was not used at this door before |

use std::{sync::Arc, time::Duration};

use crate::{
    api_error::ApiError,
    app::App,
    config::SignatureAlgorithm,
    form::Form,
    login::VerificationKey,
    tokens::{self, CLOCK_SKEW_S, ClaimSet, TokenError, TokenKind, Window},
};

/// Fields by which a client proves itself.
pub(crate) const FIELDS: [&str; 3] = ["client_id", "client_assertion_type", "client_assertion"];

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const ALGORITHMS: [SignatureAlgorithm; 3] =
    [SignatureAlgorithm::ES256, SignatureAlgorithm::ES384, SignatureAlgorithm::PS256];

/// Seconds since its making after which an assertion counts no more.
const OLDEST_S: i64 = 300;

/// How long an assertion's id is remembered: from the earliest moment at which it counts by one instance's clock to the
/// latest by another's.
const ID_KEPT: Duration = Duration::from_secs(OLDEST_S.unsigned_abs() + 3 * CLOCK_SKEW_S.unsigned_abs());

/// Longest `jti` looked at, in bytes: a random one has some dozens.
const LONGEST_ID: usize = 256;

/// Somebody who is registered, and signs for themselves.
pub(crate) trait Registered {
    /// What it calls itself.
    fn name(&self) -> &str;
    /// Its public keys at this moment.
    fn keys(&self) -> Arc<Vec<VerificationKey>>;
}

/// A door at which clients prove themselves. An assertion made for one counts at no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door<'d> {
    /// Its origin, which assertions name as their audience.
    pub(crate) us: &'d str,
    /// Under what the ids that were used here are remembered.
    pub(crate) used_at: &'static str,
    /// What somebody is told who proves nothing.
    pub(crate) refusal: ApiError,
}

/// Somebody who proved who they are.
pub(crate) struct Proved<C> {
    /// Who.
    pub(crate) client: C,
    /// The thumbprint of the key that they signed with.
    pub(crate) key: String,
}

impl Door<'_> {
    /// The client that a form proves to ask, once it was counted.
    ///
    /// # Errors
    /// The door's refusal, what counting says, [`ApiError::StoreAway`].
    pub(crate) async fn authenticate<C: Registered>(
        &self,
        app: &App,
        form: &Form,
        registered: impl FnOnce(&str) -> Option<C>,
        count: impl FnOnce(&C) -> Result<(), ApiError>,
    ) -> Result<Proved<C>, ApiError> {
        let refused = |reason: &'static str| {
            tracing::warn!(door = self.used_at, reason, "client assertion refused");
            self.refusal
        };
        if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(refused("there is no assertion of the one type"));
        }
        let assertion = form.get("client_assertion").ok_or_else(|| refused("there is no assertion"))?;
        let (proved, id) = self.verify(assertion, registered, app.clock.now()).map_err(refused)?;
        let name = proved.client.name();
        if form.get("client_id").is_some_and(|named| named != name) {
            return Err(refused("the form names another client"));
        }
        count(&proved.client)?;
        // Last, so that only the key's holder takes room in the store.
        let parts: [&[u8]; 3] = [self.used_at.as_bytes(), name.as_bytes(), id.as_bytes()];
        if !app.sessions.remember(&parts, ID_KEPT).await? {
            return Err(refused("the assertion was used before"));
        }
        Ok(proved)
    }

    /// Whose assertion it is, and its id.
    fn verify<C: Registered>(
        &self,
        assertion: &str,
        registered: impl FnOnce(&str) -> Option<C>,
        now: jiff::Timestamp,
    ) -> Result<(Proved<C>, String), &'static str> {
        let header = tokens::header(assertion, TokenKind::ClientAssertion, &ALGORITHMS).map_err(reason)?;
        // Believed only once a key of the client's has verified it.
        let claims = ClaimSet::of(assertion).map_err(reason)?;
        let client = claims.text("iss").and_then(registered).ok_or("nobody of that name is registered")?;
        let keys = client.keys();
        let key = VerificationKey::choose(&keys, &header).ok_or("no key of the client's, or not one alone, fits")?;
        tokens::check_signature(assertion, header.algorithm, key).map_err(reason)?;
        if claims.text("sub") != Some(client.name()) {
            return Err("the assertion is about somebody else");
        }
        claims.check_audience(self.us).map_err(reason)?;
        claims.check_times(now, Window::at_most(OLDEST_S)).map_err(reason)?;
        let id = claims.text("jti").filter(|id| id.len() <= LONGEST_ID).ok_or("the assertion has no id")?;
        Ok((Proved { key: key.thumbprint(), client }, id.to_owned()))
    }
}

fn reason(error: TokenError) -> &'static str {
    match error {
        TokenError::Refused(reason) => reason,
        // They are here.
        TokenError::KeysAway => "the client's keys are not to be had",
    }
}
