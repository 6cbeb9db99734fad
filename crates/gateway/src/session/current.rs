//! From a request to the citizen who sent it.

use axum::{extract::FromRequestParts, http::request::Parts};
use http::{HeaderMap, header};
use jiff::Timestamp;

use super::{
    Reach, Standing, Viewer, Viewing,
    cookie::{self, SessionCookie},
    sealing::Ticket,
    sessions::{Activity, Opened, Sections},
};
use crate::{api_error::ApiError, app::App, bearer, telemetry::Ending};

/// What a request says about who sent it.
#[derive(Debug)]
pub enum Visitor {
    /// Logged in.
    Citizen(Box<Viewing>),
    /// Sent no session cookie.
    Stranger,
    /// Sent a session cookie that opens nothing (any more).
    Expired,
    /// Sent several session cookies, or one that cannot be ours (requirement R38).
    Unusable,
}

impl Visitor {
    /// Finds out who sent a request.
    ///
    /// # Errors
    /// [`ApiError::StoreAway`] when the session store does not answer: then nobody is anybody.
    pub async fn of(parts: &Parts, app: &App) -> Result<Self, ApiError> {
        match usable(&parts.headers, app).await {
            Ok(viewing) => Ok(Self::Citizen(Box::new(viewing))),
            Err(ApiError::NotLoggedIn) => Ok(Self::Stranger),
            Err(ApiError::SessionOver) => Ok(Self::Expired),
            Err(ApiError::SessionCookieUnusable) => Ok(Self::Unusable),
            Err(error) => Err(error),
        }
    }
}

/// The session that a request's cookie opens.
///
/// # Errors
/// [`ApiError::NotLoggedIn`] without a cookie, [`ApiError::SessionOver`] when it opens nothing (any more),
/// [`ApiError::SessionCookieUnusable`] when it cannot be ours, [`ApiError::TokenNotTaken`] beside a token,
/// [`ApiError::StoreAway`].
pub async fn opened(headers: &HeaderMap, app: &App, activity: Activity) -> Result<Opened, ApiError> {
    app.sessions.open(&ticket(headers)?, activity).await?.ok_or(ApiError::SessionOver)
}

/// As [`opened`], if its tokens have not expired: what is made of it may show data.
///
/// # Errors
/// As [`opened`]; also [`ApiError::ProviderAway`] when the tokens have expired and cannot be renewed just now.
pub async fn opened_fresh(headers: &HeaderMap, app: &App) -> Result<Opened, ApiError> {
    let ticket = ticket(headers)?;
    let opened = app.sessions.open(&ticket, activity(headers)).await?.ok_or(ApiError::SessionOver)?;
    let opened = of_this_overview(app, opened).await?;
    app.with_fresh_tokens(ticket, opened).await
}

fn ticket(headers: &HeaderMap) -> Result<Ticket, ApiError> {
    without_token(headers)?;
    match cookie::session(headers) {
        SessionCookie::Absent => Err(ApiError::NotLoggedIn),
        SessionCookie::Unusable => Err(ApiError::SessionCookieUnusable),
        SessionCookie::Present(ticket) => Ok(ticket),
    }
}

/// The citizen whose session a request's cookie opens, if its tokens have not expired: data may be shown to them. What is
/// kept for them comes with the session, at one question to the store.
///
/// # Errors
/// As [`opened`]; also [`ApiError::ProviderAway`] when the tokens have expired and cannot be renewed just now.
async fn usable(headers: &HeaderMap, app: &App) -> Result<Viewing, ApiError> {
    let ticket = ticket(headers)?;
    let opened = app.sessions.open_with_sections(&ticket, activity(headers)).await?;
    let (opened, sections) = opened.ok_or(ApiError::SessionOver)?;
    let opened = of_this_overview(app, opened).await?;
    let opened = app.with_fresh_tokens(ticket, opened).await?;
    Ok(viewing(opened, sections, app.clock.now()))
}

/// A session that was begun for the display client that this overview is now. One of another would go on with the agreements of
/// that one: it ends, and the citizen logs in anew.
async fn of_this_overview(app: &App, opened: Opened) -> Result<Opened, ApiError> {
    if opened.session.scope().display_client() == app.overview_config.display_client {
        return Ok(opened);
    }
    app.end_session(opened.key).await?;
    app.metrics.sessions.ended(Ending::DisplayClient, 1);
    Err(ApiError::SessionOver)
}

/// Name of the header by which a page or an app says that it asks by itself, without the citizen's doing.
const BACKGROUND: &str = "x-overblik-background";

/// Whether a request is the citizen's doing: an event stream that comes back by itself is not, nor what says so.
pub(crate) fn activity(headers: &HeaderMap) -> Activity {
    let by_itself = headers.contains_key(BACKGROUND) || headers.contains_key("last-event-id");
    if by_itself { Activity::DoesNotCount } else { Activity::Counts }
}

/// Refuses a request that shows a token: no cookie of it is read (requirement R15).
///
/// # Errors
/// [`ApiError::TokenNotTaken`].
pub fn without_token(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.contains_key(header::AUTHORIZATION) { Err(ApiError::TokenNotTaken) } else { Ok(()) }
}

/// Whoever opened a session. A login token that has expired is none.
pub(super) fn viewing(opened: Opened, Sections { seal, kept }: Sections, now: Timestamp) -> Viewing {
    let provider_session = opened.provider_session();
    let Opened { key, session, idle_end, ends, .. } = opened;
    let scope = session.scope();
    let login_token = session.login_token.filter(|token| token.expires > now).map(|token| token.token);
    let (standing, name) = (Standing::Session { idle_end, ends }, session.name);
    let reach = Reach::Every;
    let viewer = Viewer { scope, session: key, provider_session, reach, standing, name, login_token, seal };
    Viewing { viewer, kept }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Self::of(parts, app).await
    }
}

/// A citizen who is logged in by a session's cookie, or for whom an app asks with a token; any other request is refused.
#[derive(Debug)]
pub struct CurrentCitizen(pub Viewing);

impl FromRequestParts<App> for CurrentCitizen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        match bearer::admit(app, parts).await? {
            Some(viewer) => {
                let kept = app.sections.of_token(viewer.session);
                Ok(Self(Viewing { viewer, kept }))
            }
            None => usable(&parts.headers, app).await.map(Self),
        }
    }
}
