//! From the token that an app shows to the citizen for whom it asks.

use std::time::Duration;

use http::{header, request::Parts};
use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Authentication;

use super::{
    nonce,
    proof::{Asked, Proof, WITHIN_S, without_query},
    shown::{Scheme, Shown},
};
use crate::{
    api_error::ApiError,
    app::App,
    authentication::Said,
    config::{ApiConfig, Dpop},
    login::CitizenClaims,
    session::{Identity, Viewer, token_login::TokenLogin},
    tokens::{AccessToken, CLOCK_SKEW_S, Expected, TokenError},
};

/// How long a proof's id is remembered: from the earliest moment at which the proof counts by one instance's clock to the
/// latest by another's.
const PROOF_KEPT: Duration = Duration::from_secs(2 * WITHIN_S.unsigned_abs() + CLOCK_SKEW_S.unsigned_abs());

/// The citizen for whom an app asks; `None` when the request shows no token.
///
/// # Errors
/// Why a token opens nothing: see the table of [`ApiError`]. [`ApiError::StoreAway`] and [`ApiError::ProviderAway`] when
/// nobody can tell.
pub(crate) async fn admit(app: &App, request: &Parts) -> Result<Option<Viewer>, ApiError> {
    let Some(api) = &app.api else {
        let shows_one = request.headers.contains_key(header::AUTHORIZATION);
        return if shows_one { Err(ApiError::TokenNotTaken) } else { Ok(None) };
    };
    let Some(shown) = Shown::of(&request.headers, request.uri.query())? else { return Ok(None) };
    let Established { identity, authentication, name, expires, .. } = establish(app, api, &shown, request).await?;
    let login = TokenLogin { token: &shown.token, identity: &identity, authentication, name, expires };
    Ok(Some(login.viewer(&app.sessions.ring().keys())))
}

/// What a citizen's access token establishes.
pub(crate) struct Established {
    /// Who they are to the identity provider.
    pub(crate) identity: Identity,
    /// Who they are to us.
    pub(crate) authentication: Authentication,
    /// Their name.
    pub(crate) name: Option<String>,
    /// When the token ends, to the second.
    pub(crate) expires: Timestamp,
    /// The key whose holder alone may show it, if it is bound to one.
    pub(crate) key_thumbprint: Option<String>,
}

/// Holds a token that a request shows against what it must be.
///
/// # Errors
/// As [`admit`].
pub(crate) async fn establish(
    app: &App,
    api: &ApiConfig,
    shown: &Shown,
    request: &Parts,
) -> Result<Established, ApiError> {
    let now = app.clock.now();
    let expected = Expected {
        algorithms: &api.algorithms,
        issuer: app.login.issuer(),
        audience: &api.audience,
        oldest_s: app.login.longest_session_s(),
        now,
    };
    let token = AccessToken::verify(&shown.token, &expected, &*app.login).await.map_err(not_accepted)?;
    // To the second, without an allowance, and no later than a session would: what is open for a token ends then too.
    let longest = SignedDuration::from_secs(app.login.longest_session_s());
    let expires = token.issued.checked_add(longest).map_or(token.expires, |latest| latest.min(token.expires));
    if expires <= now {
        return Err(refused("the token has expired"));
    }
    check_holder(app, api.dpop, shown, token.key_thumbprint.as_deref(), request).await?;
    let Some(client) = api.clients.get(&token.client) else {
        return Err(refused("the token is of an app that is not on the list"));
    };
    app.limits.client(&token.client)?;
    if !token.scopes.contains(&api.scope) {
        return Err(ApiError::ScopeMissing);
    }
    let said = CitizenClaims::read(&token.claims, app.login.config()).map_err(refused)?;
    let level = said.level.filter(|level| *level >= app.login.minimum_level()).ok_or(ApiError::TokenLevelTooLow)?;
    let cpr = said.cpr.ok_or(ApiError::LoginWithoutCpr)?;
    let session = token.claims.optional_text(&app.login.config().claims.session, "the token's session is not a text");
    let session = session.map_err(not_accepted)?;
    let identity = Identity {
        issuer: app.login.issuer().to_owned(),
        subject: token.subject,
        provider_session: session.map(str::to_owned).or(token.provider_session),
        issued: token.issued,
        authenticated: None,
    };
    if app.sessions.logged_out(&identity).await? {
        return Err(refused("the citizen logged out since"));
    }
    let authentication = app.authenticate(&Said {
        subject: &identity.subject,
        cpr: &cpr,
        municipality: said.municipality.as_deref(),
        level,
        display_client: &client.display_client,
    });
    let authentication = authentication.map_err(refused)?;
    Ok(Established { identity, authentication, name: said.name, expires, key_thumbprint: token.key_thumbprint })
}

/// Checks that whoever shows a token may: the holder of its key where it is bound to one, else anybody.
///
/// # Errors
/// [`ApiError::TokenRefused`], [`ApiError::ProofRefused`], [`ApiError::ProofNeedsNonce`], [`ApiError::StoreAway`].
pub(crate) async fn check_holder(
    app: &App,
    dpop: Dpop,
    shown: &Shown,
    key_thumbprint: Option<&str>,
    request: &Parts,
) -> Result<(), ApiError> {
    let thumbprint = match (key_thumbprint, shown.scheme) {
        (Some(thumbprint), Scheme::Dpop) => thumbprint,
        (None, Scheme::Bearer) if dpop == Dpop::Accepted => return Ok(()),
        (None, Scheme::Bearer) => return Err(refused("the token is bound to no key, and api.dpop asks for one")),
        (Some(_), Scheme::Bearer) => return Err(refused("the token is bound to a key and came without its proof")),
        (None, Scheme::Dpop) => return Err(refused("the token is bound to no key and came with a proof")),
    };
    let mut address = without_query(app.public_url.clone());
    address.set_path(request.uri.path());
    let now = app.clock.now();
    let asked = Asked { method: &request.method, address: &address, token: &shown.token, thumbprint, now };
    let proof = Proof::verify(&request.headers, &asked).map_err(|reason| {
        tracing::warn!(reason, "proof of an access token refused");
        ApiError::ProofRefused
    })?;
    if !proof.nonce.is_some_and(|nonce| nonce::is_ours(&app.sessions.ring().keys(), now, &nonce)) {
        return Err(ApiError::ProofNeedsNonce);
    }
    // Last, so that only the key's holder takes room in the store. A proof's id is its key's own affair.
    let parts: [&[u8]; 3] = [b"dpop-proof", thumbprint.as_bytes(), proof.id.as_bytes()];
    if !app.sessions.remember(&parts, PROOF_KEPT).await? {
        tracing::warn!("proof of an access token came twice");
        return Err(ApiError::ProofRefused);
    }
    Ok(())
}

fn not_accepted(error: TokenError) -> ApiError {
    match error {
        TokenError::Refused(reason) => refused(reason),
        TokenError::KeysAway => ApiError::ProviderAway,
    }
}

/// Logs why a token is refused. The app is told only that it was.
fn refused(reason: &'static str) -> ApiError {
    tracing::warn!(reason, "access token refused");
    ApiError::TokenRefused
}
