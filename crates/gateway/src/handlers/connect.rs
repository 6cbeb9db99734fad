//! The window in which a citizen lets a portal without a server show their overview (decision 39). A frame of ours opens it,
//! and is handed a code by it: so these pages alone keep the window that opened them.

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::page::{frame, lead_on};
use crate::{
    api_error::ApiError,
    app::App,
    embed::{Portal, connected},
    handlers::session::SessionLeft,
    language,
    page::{self, ConnectPage, PageFrame},
    session::current::{self, Visitor},
};

/// Without it the window that opened this one is kept, as on no other page of ours.
const KEEPS_OPENER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("unsafe-none"));

/// Asks the citizen, or offers them to log in.
pub(crate) async fn ask(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let portal = named(&app, name)?;
    let path = path(portal);
    let visited = frame(&app, language::of(&headers, query.as_deref()), &path);
    // It was not our frame that opened it, so nobody waits for the code, and whoever did is to keep no hold of this window.
    if !is_opened_by_us(&headers) {
        return Ok(lead_on(&app, &headers, &path).into_response());
    }
    let asked = about(&app, portal);
    let html = match visitor {
        Visitor::Citizen(viewing) => {
            let viewer = &viewing.viewer;
            let left = SessionLeft::of(&app, viewer);
            let session = Some(left.on_a_page(app.clock.moment()));
            let frame = PageFrame { citizen_name: viewer.name.as_deref(), session, ..visited };
            page::connect(&frame, &asked)
        }
        Visitor::Stranger | Visitor::Expired | Visitor::Unusable => page::connect_log_in(&visited, &asked),
    };
    Ok(([KEEPS_OPENER], Html(html)).into_response())
}

/// The citizen says yes.
pub(crate) async fn allow(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let portal = named(&app, name)?;
    let path = path(portal);
    let own = match current::opened_fresh(&headers, &app).await {
        Ok(own) => own,
        // Logged out in another window: the page that was left says how to go on.
        Err(ApiError::NotLoggedIn | ApiError::SessionOver | ApiError::SessionCookieUnusable) => {
            return Ok(([KEEPS_OPENER], Redirect::to(&path)).into_response());
        }
        Err(error) => return Err(error),
    };
    let Some(code) = connected::connect(&app, &own, portal).await? else {
        return Ok(([KEEPS_OPENER], Redirect::to(&path)).into_response());
    };
    let frame = frame(&app, language::of(&headers, None), &path);
    let html = page::connect_allowed(&frame, &about(&app, portal), code.reveal());
    Ok(([KEEPS_OPENER], Html(html)).into_response())
}

/// Where a login leads that began in such a window: the login cut it off from the frame.
pub(crate) async fn logged_in(State(app): State<App>, headers: HeaderMap, RawQuery(query): RawQuery) -> Html<String> {
    Html(page::connect_logged_in(&frame(&app, language::of(&headers, query.as_deref()), "/auth/logged-in")))
}

/// Whether a page of ours led here, or somebody who typed the address. A browser that does not say leaves a script to look.
fn is_opened_by_us(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}

/// What is no text names nothing.
fn named(app: &App, name: Result<Path<String>, PathRejection>) -> Result<&Portal, ApiError> {
    let Path(name) = name.map_err(|_rejection| ApiError::NotFound)?;
    connected::portal(app, &name)
}

fn path(portal: &Portal) -> String {
    format!("/connect/{}", portal.name)
}

fn about<'a>(app: &'a App, portal: &'a Portal) -> ConnectPage<'a> {
    ConnectPage {
        portal: &portal.name,
        title: portal.titles(),
        origins: &portal.origins,
        sources: connected::sources(app, portal),
    }
}
