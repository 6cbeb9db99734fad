//! Which pages of other sites may read what is answered below `/embed/v1/` (requirement R68): those of registered portals,
//! to the letter. Whatever they read they must bring a token for; no cookie has a part in it.

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::{api_error::ApiError, app::App, config::PortalWay};

/// Below it are the doors for portals.
const DOORS: &str = "/embed/v1/";

/// What a script on a portal's page may send along.
const HEADERS: &str = "authorization, cache-control, prefer, x-overblik-background";

const ASKS_FOR_METHOD: HeaderName = HeaderName::from_static("access-control-request-method");

/// Seconds for which a browser may keep what it was told of a door.
const KEPT_S: HeaderValue = HeaderValue::from_static("600");

/// Tells browsers which pages may read an answer, and answers them when they ask beforehand.
pub(crate) async fn allow(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with(DOORS) {
        return next.run(request).await;
    }
    // What scripts read with a token, and what pages load; the portal's server has no origin, and the frame is ours.
    let is_data = path == "/embed/v1/overview" || path.starts_with("/embed/v1/sections/");
    let is_file = [".js", ".css", ".json"].iter().any(|ending| path.ends_with(ending));
    let allowed = origin(request.headers()).filter(|origin| {
        let portal = origin.to_str().ok().and_then(|origin| app.portals.at(origin));
        portal.is_some_and(|portal| is_file || (is_data && portal.may(PortalWay::Component)))
    });
    if request.method() == Method::OPTIONS && request.headers().contains_key(&ASKS_FOR_METHOD) {
        return allowed.map_or_else(|| ApiError::ForeignOrigin.into_response(), beforehand);
    }
    let mut response = next.run(request).await;
    if let Some(origin) = allowed {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }
    response
}

/// The one origin that a request names.
fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => Some(origin.clone()),
        _ => None,
    }
}

/// The answer to a browser that asks whether a page may send a request.
fn beforehand(origin: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, KEPT_S);
    response
}
