//! Which portal's server asks: an assertion signed by its key (`private_key_jwt`, RFC 7523; requirement R69).
//!
//! | Part | Accepted |
//! |---|---|
//! | form | as every token's: size, three parts, JSON that names no member twice |
//! | `typ` | `client-authentication+jwt`, `JWT` or absent |
//! | `alg` | ES256, ES384 or PS256 |
//! | signature | by the one key of the portal that fits |
//! | `iss`, `sub` | a registered portal, both the same |
//! | `aud` | our origin alone, as a text or an array of one |
//! | `iat`, `exp`, `nbf` | made in the last five minutes, not over, valid already |
//! | `jti` | a text that was not used before |

use std::{sync::Arc, time::Duration};

use crate::{
    api_error::ApiError,
    app::App,
    config::SignatureAlgorithm,
    login::VerificationKey,
    tokens::{self, CLOCK_SKEW_S, ClaimSet, TokenError, TokenKind, Window},
};

use super::{Form, Portal, Portals, Refusal};

/// Fields by which a portal proves itself.
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

/// The portal that a form proves to ask. It is counted among those that ask.
///
/// # Errors
/// [`Refusal::Client`], [`ApiError::TooManyRequests`], [`ApiError::StoreAway`].
pub(crate) async fn authenticate(app: &App, form: &Form) -> Result<Arc<Portal>, ApiError> {
    let refused = |reason: &'static str| {
        tracing::warn!(reason, "client assertion of a portal refused");
        ApiError::ExchangeRefused(Refusal::Client)
    };
    if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err(refused("there is no assertion of the one type"));
    }
    let assertion = form.get("client_assertion").ok_or_else(|| refused("there is no assertion"))?;
    let verified = verify(assertion, &app.portals, &app.public_url.origin().ascii_serialization(), app.clock.now());
    let (portal, id) = verified.map_err(refused)?;
    if form.get("client_id").is_some_and(|named| named != portal.name) {
        return Err(refused("the form names another client"));
    }
    app.limits.client(&portal.counted_as)?;
    // Last, so that only the key's holder takes room in the store.
    let parts: [&[u8]; 3] = [b"portal-assertion", portal.name.as_bytes(), id.as_bytes()];
    if !app.sessions.remember(&parts, ID_KEPT).await? {
        return Err(refused("the assertion was used before"));
    }
    Ok(portal)
}

/// Whose assertion it is, and its id.
fn verify(
    assertion: &str,
    portals: &Portals,
    us: &str,
    now: jiff::Timestamp,
) -> Result<(Arc<Portal>, String), &'static str> {
    let header = tokens::header(assertion, TokenKind::ClientAssertion, &ALGORITHMS).map_err(reason)?;
    // Believed only once a key of the portal's has verified it.
    let claims = ClaimSet::of(assertion).map_err(reason)?;
    let portal = claims.text("iss").and_then(|name| portals.get(name)).ok_or("nobody of that name is registered")?;
    let keys = portal.keys();
    let key = VerificationKey::choose(&keys, &header).ok_or("no key of the portal's, or not one alone, fits")?;
    tokens::check_signature(assertion, header.algorithm, key).map_err(reason)?;
    if claims.text("sub") != Some(&portal.name) {
        return Err("the assertion is about somebody else");
    }
    claims.check_audience(us).map_err(reason)?;
    claims.check_times(now, Window::at_most(OLDEST_S)).map_err(reason)?;
    let id = claims.text("jti").filter(|id| id.len() <= LONGEST_ID).ok_or("the assertion has no id")?;
    Ok((Arc::clone(portal), id.to_owned()))
}

fn reason(error: TokenError) -> &'static str {
    match error {
        TokenError::Refused(reason) => reason,
        // The keys are in the configuration.
        TokenError::KeysAway => "the portal's keys are not to be had",
    }
}
