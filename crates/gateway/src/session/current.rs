//! From a request to the citizen who sent it.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{
    Viewer,
    cookie::{self, SessionCookie},
    sessions::{Activity, Opened},
};
use crate::{api_error::ApiError, app::App};

/// What a request says about who sent it.
#[derive(Debug)]
pub enum Visitor {
    /// Logged in.
    Citizen(Viewer),
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
        let ticket = match cookie::session(&parts.headers) {
            SessionCookie::Absent => return Ok(Self::Stranger),
            SessionCookie::Unusable => return Ok(Self::Unusable),
            SessionCookie::Present(ticket) => ticket,
        };
        Ok(match app.sessions.open(&ticket, Activity::Counts).await? {
            Some(Opened { key, session, .. }) => {
                Self::Citizen(Viewer { scope: session.scope(), session: key, name: session.name })
            }
            None => Self::Expired,
        })
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Self::of(parts, app).await
    }
}

/// A logged-in citizen; any other request is refused with 401.
#[derive(Debug)]
pub struct CurrentCitizen(pub Viewer);

impl FromRequestParts<App> for CurrentCitizen {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        match Visitor::of(parts, app).await? {
            Visitor::Citizen(viewer) => Ok(Self(viewer)),
            Visitor::Stranger => Err(ApiError::NotLoggedIn),
            Visitor::Expired => Err(ApiError::SessionOver),
            Visitor::Unusable => Err(ApiError::SessionCookieUnusable),
        }
    }
}
