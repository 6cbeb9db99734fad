//! What every request passes, in one function, outermost last, each with its reason.

use std::{any::Any, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, header};
use tower_http::catch_panic::CatchPanicLayer;
use url::Url;

use crate::{
    api_error::ApiError,
    app::App,
    bearer,
    edge::{body, own_pages, rate_limits, shedding},
    embed, handlers, language,
    session::cookie,
    telemetry::Reference,
};

const HTML: &str = "text/html; charset=utf-8";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Lays the layers around the routes.
pub(crate) fn inbound(routes: Router<App>, app: &App) -> Router<App> {
    routes
        // A body is there whole, in time and no larger than it may be, before anything uses it (requirement R72).
        .layer(from_fn_with_state(app.clone(), body::whole_in_time))
        // What other sites made a browser send is refused before it starts anything (requirement R33).
        .layer(from_fn_with_state(app.clone(), own_pages::only_from_our_pages))
        // Nobody may begin more logins than their share (requirement R73); one who only waits begins none.
        .layer(from_fn_with_state(app.clone(), rate_limits::beginnings_within_limits))
        // What cannot be begun now waits or is refused, whoever is logged in last.
        .layer(from_fn_with_state(app.clone(), shedding::shed))
        // Nobody may keep the process busy alone (requirement R73).
        .layer(from_fn_with_state(app.clone(), rate_limits::within_limits))
        // A panic in a handler is this request's 500 and nobody else's.
        .layer(CatchPanicLayer::custom(panicked))
        // A person's browser gets a page for an error, whatever layer or handler made it.
        .layer(from_fn_with_state(app.clone(), handlers::page::errors_as_pages))
        // An app that was refused is told what it lacks.
        .layer(from_fn_with_state(app.clone(), bearer::add_challenges))
        // Pages of registered portals may read what they are answered (requirement R68), errors too.
        .layer(from_fn_with_state(app.clone(), embed::cors::allow))
        // A language chosen on one page holds for the next ones.
        .layer(from_fn(remember_language))
        // Every answer, errors included, carries the security headers (requirement R66) and is kept by nobody (R55).
        .layer(from_fn_with_state(security_headers(&app.public_url), add_headers))
        // Outermost: the reference and the one log line, which must also see what the other layers did.
        .layer(from_fn_with_state(app.clone(), reference_and_log_line))
}

pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic's own text went to the panic hook; it may hold personal data and goes nowhere else.
    tracing::error!("a handler panicked");
    ApiError::Internal.into_response()
}

pub(crate) async fn reference_and_log_line(State(app): State<App>, request: Request, next: Next) -> Response {
    let reference = Reference::random();
    let started = Instant::now();
    let method = known_method(request.method());
    // The matched route, never the path or query themselves (requirement R60).
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let mut response = reference.clone().within(next.run(request)).await;
    let status = response.status().as_u16();
    let took = started.elapsed();
    app.metrics.requests.answered(route, status, took);
    if let Some(error) = response.extensions().get::<ApiError>() {
        app.metrics.requests.refused(error.face().code);
    }
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    reference.around(|| tracing::info!(method, route, status, duration_ms, "request answered"));
    if let Ok(value) = HeaderValue::from_str(reference.as_str()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The method as it is logged: a name that we know, never whatever was sent.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

pub(crate) async fn remember_language(request: Request, next: Next) -> Response {
    // On a portal's page a cookie would be another site's: none is set there.
    let is_ours = !request.uri().path().starts_with("/embed/");
    let chosen = language::chosen(request.uri().query()).filter(|_| is_ours);
    let mut response = next.run(request).await;
    // Pages only: an asset may be kept by caches, and must not carry a cookie there (requirement R55).
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == HTML);
    if is_page && let Some(language) = chosen {
        response.headers_mut().append(header::SET_COOKIE, cookie::give_language(language));
    }
    response
}

pub(crate) type Headers = std::sync::Arc<Vec<(HeaderName, HeaderValue)>>;

pub(crate) async fn add_headers(State(headers): State<Headers>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in headers.iter() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// No inline script or style, nothing from elsewhere, no frame, forms to ourselves only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

pub(crate) fn security_headers(public_url: &Url) -> Headers {
    let mut headers = vec![
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("Cookie, Authorization, Origin, Accept, Accept-Language")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Other sites get nothing. Under `no-referrer` our own forms would come with `Origin: null` (decision 4).
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ),
    ];
    if public_url.scheme() == "https" {
        headers
            .push((header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains")));
    }
    std::sync::Arc::new(headers)
}
