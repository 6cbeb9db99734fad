//! The door of sections for portals: from the token that a request shows to the citizen, as far as the portal may see them.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use http::{HeaderMap, HeaderName, header};

use super::{Portal, embed_token::EmbedToken};
use crate::{
    api_error::ApiError,
    app::App,
    bearer::{self, Scheme, Shown},
    config::{Dpop, PortalWay},
    session::{PortalViewing, Viewer, Viewing, current, sealing::Ticket},
    telemetry::CallersSpan,
};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A citizen whose sections a portal asks for, within what it may show.
#[derive(Debug)]
pub(crate) struct PortalCitizen {
    pub(crate) viewing: Viewing,
    /// Where in a trace of its own the portal's server asks. Of a script on a page it is not looked at: that is a citizen's
    /// browser, whose headers reach no collector (requirement R44).
    pub(crate) caller: Option<CallersSpan>,
}

impl FromRequestParts<App> for PortalCitizen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let shown = Shown::of(&parts.headers, parts.uri.query())?.ok_or(ApiError::NotLoggedIn)?;
        // No ticket has a dot in it, and every embed token has.
        if shown.token.contains('.') {
            on_a_page(app, parts, &shown).await
        } else {
            at_its_server(app, parts, &shown).await
        }
    }
}

/// The portal's server, with a section access.
async fn at_its_server(app: &App, request: &Parts, shown: &Shown) -> Result<PortalCitizen, ApiError> {
    if is_from_a_browser(&request.headers) {
        tracing::warn!("a section access came from a browser");
        return Err(ApiError::ForeignOrigin);
    }
    let ticket = Ticket::parse(&shown.token).ok_or_else(|| refused("it is no token of ours"))?;
    let found = app.sessions.open_for_portal(&ticket, current::activity(&request.headers)).await?;
    let found = found.ok_or_else(|| refused("it opens nothing"))?;
    let portal = portal(app, &found.access.portal, PortalWay::Server)?;
    bearer::check_holder(app, Dpop::Accepted, shown, found.access.key_thumbprint.as_deref(), request).await?;
    let viewing = within(&portal, found, None)?;
    app.limits.client(&portal.counted_as)?;
    Ok(PortalCitizen { viewing, caller: CallersSpan::of(&request.headers) })
}

/// A script on one of the portal's pages, with an embed token for that page's origin.
async fn on_a_page(app: &App, request: &Parts, shown: &Shown) -> Result<PortalCitizen, ApiError> {
    if shown.scheme != Scheme::Bearer {
        return Err(refused("an embed token is bound to no key"));
    }
    let (viewing, token) = by_embed_token(app, &request.headers, &shown.token, PortalWay::Component).await?;
    let mut origins = request.headers.get_all(header::ORIGIN).iter();
    let comes_from_there = matches!((origins.next(), origins.next()), (Some(one), None) if *one == *token.origin);
    if !comes_from_there {
        return Err(refused("an embed token came from another place"));
    }
    Ok(PortalCitizen { viewing, caller: None })
}

/// The citizen whom an embed token is for, where it is for, and whose it is. That it was shown from there its reader checks.
///
/// # Errors
/// [`ApiError::TokenRefused`], [`ApiError::TooManyRequests`], [`ApiError::StoreAway`].
async fn by_embed_token(
    app: &App,
    headers: &HeaderMap,
    token: &str,
    way: PortalWay,
) -> Result<(Viewing, EmbedToken), ApiError> {
    let us = app.public_url.origin().ascii_serialization();
    let (token, ticket) = EmbedToken::verify(token, &us, app.clock.now(), &app.sessions).map_err(refused)?;
    let portal = portal(app, &token.portal, way)?;
    if !portal.origins.contains(&token.origin) {
        return Err(refused("its origin is registered no more"));
    }
    app.limits.client(&portal.counted_as)?;
    let found = app.sessions.open_for_portal(&ticket, current::activity(headers)).await?;
    let found =
        found.filter(|found| found.access.portal == portal.name).ok_or_else(|| refused("its session is over"))?;
    let viewing = within(&portal, found, Some(&token))?;
    Ok((viewing, token))
}

/// The citizen whom an embed token is for that our own shell sends from a frame, and the origin that may show the frame.
///
/// # Errors
/// [`ApiError::TokenRefused`], [`ApiError::TooManyRequests`], [`ApiError::StoreAway`].
pub(crate) async fn in_a_frame(
    app: &App,
    headers: &HeaderMap,
    token: &str,
    portal: &Portal,
) -> Result<(Viewing, String), ApiError> {
    let (viewing, token) = by_embed_token(app, headers, token, PortalWay::Frame).await?;
    if token.portal != portal.name {
        return Err(refused("an embed token came to another portal's frame"));
    }
    Ok((viewing, token.origin))
}

/// What all of them let the portal see: the session, the token, and the configuration as it is now.
pub(super) fn within(portal: &Portal, found: PortalViewing, token: Option<&EmbedToken>) -> Result<Viewing, ApiError> {
    let Viewing { viewer, kept } = found.viewing;
    if viewer.scope.display_client() != portal.display_client {
        return Err(refused("the portal is another display client now"));
    }
    let mut reach = viewer.reach.within(portal.sources.iter().map(String::as_str));
    if let Some(token) = token {
        reach = reach.within(token.sources.iter().map(String::as_str));
    }
    Ok(Viewing { viewer: Viewer { reach, ..viewer }, kept })
}

fn portal(app: &App, name: &str, way: PortalWay) -> Result<Arc<Portal>, ApiError> {
    let portal = app.portals.get(name).filter(|portal| portal.may(way));
    portal.cloned().ok_or_else(|| refused("the portal is not registered for this way"))
}

/// Whether a browser sent a request: no server says where its page is.
pub(crate) fn is_from_a_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key(FETCH_SITE)
}

/// Logs why a token is refused. Whoever shows it is told only that it was.
fn refused(reason: &'static str) -> ApiError {
    tracing::warn!(reason, "token of a portal refused");
    ApiError::TokenRefused
}
