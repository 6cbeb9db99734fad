//! The pages that take the place of a citizen's when they have logged out or their session is over.

use axum::{
    extract::{RawQuery, State},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::page::{came_from_another_site, frame, lead_on};
use crate::{
    api_error::ApiError,
    app::App,
    handlers::session::SessionLeft,
    language,
    page::{self, Farewell, PageFrame},
    session::{
        cookie,
        current::{self, Visitor},
        sessions::Activity,
    },
};

/// Tells a browser to forget what it keeps of our pages (requirement R17).
pub(crate) const FORGET: (HeaderName, HeaderValue) =
    (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));

/// Where the identity provider sends a browser after logout. It says so only to whom it is true for.
pub(crate) async fn logged_out(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    const PATH: &str = "/auth/logged-out";
    let frame = frame(&app, language::of(&headers, query.as_deref()), PATH);
    match visitor {
        Visitor::Citizen(_) => Redirect::to("/").into_response(),
        Visitor::Stranger if came_from_another_site(&headers) => lead_on(&app, &headers, PATH).into_response(),
        Visitor::Stranger | Visitor::Expired | Visitor::Unusable => {
            Html(page::farewell(&frame, Farewell::LoggedOut)).into_response()
        }
    }
}

/// Where a page goes when its session is over. A page that did so by itself is no activity of the citizen: if the session
/// goes on, as one in another window did, it is told and not extended (requirement R21).
pub(crate) async fn session_ended(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    const PATH: &str = "/auth/session-ended";
    let frame = frame(&app, language::of(&headers, query.as_deref()), PATH);
    match current::opened(&headers, &app, Activity::DoesNotCount).await {
        Ok(opened) => {
            let left = SessionLeft::of_opened(&app, &opened);
            let frame = PageFrame { session: Some(left.on_a_page(app.clock.moment())), ..frame };
            Ok(Html(page::farewell(&frame, Farewell::StillLoggedIn)).into_response())
        }
        Err(ApiError::NotLoggedIn) if came_from_another_site(&headers) => {
            Ok(lead_on(&app, &headers, PATH).into_response())
        }
        // No cookie came: none is taken. It may be there, and left behind by a browser that another site led here.
        Err(ApiError::NotLoggedIn) => {
            Ok(([FORGET], Html(page::farewell(&frame, Farewell::SessionEnded))).into_response())
        }
        Err(ApiError::SessionOver | ApiError::SessionCookieUnusable) => Ok(ended(&frame)),
        Err(error) => Err(error),
    }
}

/// The page of a session that is over. The cookie goes along with it.
pub(super) fn ended(frame: &PageFrame<'_>) -> Response {
    let taken = AppendHeaders([(header::SET_COOKIE, cookie::take_session()), FORGET]);
    (taken, Html(page::farewell(frame, Farewell::SessionEnded))).into_response()
}
