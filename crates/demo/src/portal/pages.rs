//! The portal's pages, one for each way.

use std::sync::Arc;

use askama::Template;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use serde_json::json;

use super::{
    Portal,
    gateway::GatewayError,
    login::{Visit, origin_of},
};

/// What one page shows.
enum Way {
    Front,
    /// HTML from the gateway, put in by this server; the stylesheet's address and hash.
    Fragments {
        html: String,
        stylesheet: String,
        integrity: String,
    },
    /// The web component, with data from this server.
    Component {
        script: String,
        integrity: String,
    },
    /// The web component, with a token for this page.
    ComponentByToken {
        script: String,
        integrity: String,
    },
    /// A frame of the gateway's.
    Frame {
        address: String,
    },
    /// The same for a page that needs no server: the citizen lets it in a window of the gateway's.
    Connected {
        address: String,
    },
    Link,
    /// Nothing: what went wrong.
    Failed {
        is_logged_out: bool,
    },
}

#[derive(Template)]
#[template(path = "portal.html")]
struct Page<'a> {
    visitor: Option<&'a str>,
    gateway: String,
    way: Way,
}

pub(super) async fn front(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let visit = portal.visit(&headers);
    page(&portal, visit.as_ref(), Way::Front)
}

pub(super) async fn link(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let visit = portal.visit(&headers);
    page(&portal, visit.as_ref(), Way::Link)
}

pub(super) async fn fragments(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let Some(visit) = portal.visit(&headers) else { return failed(&portal, &GatewayError::LoggedOut) };
    let made = async {
        let (stylesheet, file) = portal.file("overblik-fragments").await?;
        let html = portal.fragments(&visit.section_access).await?;
        Ok(Way::Fragments { html, stylesheet: stylesheet.into(), integrity: file.integrity })
    };
    shown(&portal, &visit, made.await)
}

pub(super) async fn component(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let Some(visit) = portal.visit(&headers) else { return failed(&portal, &GatewayError::LoggedOut) };
    let made = portal.file("overblik-widgets").await;
    let way = made.map(|(script, file)| Way::Component { script: script.into(), integrity: file.integrity });
    shown(&portal, &visit, way)
}

pub(super) async fn component_by_token(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let Some(visit) = portal.visit(&headers) else { return failed(&portal, &GatewayError::LoggedOut) };
    let made = portal.file("overblik-widgets").await;
    let way = made.map(|(script, file)| Way::ComponentByToken { script: script.into(), integrity: file.integrity });
    shown(&portal, &visit, way)
}

pub(super) async fn frame(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let Some(visit) = portal.visit(&headers) else { return failed(&portal, &GatewayError::LoggedOut) };
    let mut address = portal.at_gateway("/embed/v1/frame");
    address.set_query(Some(&format!("portal={}&lang=da", super::NAME)));
    page(&portal, Some(&visit), Way::Frame { address: address.into() })
}

/// What this server knows of the visitor has no part in it.
pub(super) async fn connected(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let visit = portal.visit(&headers);
    let mut address = portal.at_gateway("/embed/v1/connected");
    address.set_query(Some(&format!("portal={}&lang=da", super::NAME)));
    page(&portal, visit.as_ref(), Way::Connected { address: address.into() })
}

/// The citizen's overview for the web component on our own pages.
pub(super) async fn overview_json(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    let Some(visit) = portal.visit(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    match portal.overview(&visit.section_access).await {
        Ok(answer) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            ];
            (headers, answer.body).into_response()
        }
        Err(error) => status(&error).into_response(),
    }
}

/// A token for one of our own pages, which asks by its own script: browsers say so.
pub(super) async fn embed_token(State(portal): State<Arc<Portal>>, headers: HeaderMap) -> Response {
    if headers.get("sec-fetch-site").is_none_or(|site| site != "same-origin") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(visit) = portal.visit(&headers) else { return StatusCode::UNAUTHORIZED.into_response() };
    match portal.embed_token(&visit.section_access).await {
        Ok(token) => {
            ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(json!({ "token": token }))).into_response()
        }
        Err(error) => status(&error).into_response(),
    }
}

pub(super) async fn stylesheet() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../templates/portal.css")).into_response()
}

pub(super) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../templates/portal.js")).into_response()
}

fn status(error: &GatewayError) -> StatusCode {
    tracing::warn!(%error, "the overview cannot be shown");
    match error {
        GatewayError::LoggedOut => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_GATEWAY,
    }
}

fn shown(portal: &Portal, visit: &Visit, way: Result<Way, GatewayError>) -> Response {
    match way {
        Ok(way) => page(portal, Some(visit), way),
        Err(error) => failed(portal, &error),
    }
}

/// The page in the place of one that cannot be shown: with the way that always works.
pub(super) fn failed(portal: &Portal, error: &GatewayError) -> Response {
    let mut response = page(portal, None, Way::Failed { is_logged_out: matches!(error, GatewayError::LoggedOut) });
    *response.status_mut() = status(error);
    response
}

fn page(portal: &Portal, visit: Option<&Visit>, way: Way) -> Response {
    let gateway = origin_of(&portal.gateway);
    let issuer = origin_of(&portal.issuer);
    // All that any of the ways needs; docs/portals.md says which needs which.
    let policy = format!(
        "default-src 'none'; script-src 'self' {gateway}; style-src 'self' {gateway}; connect-src 'self' {gateway}; \
         frame-src {gateway}; img-src data:; form-action 'self' {issuer}; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let page = Page { visitor: visit.map(|visit| visit.name.as_str()), gateway, way };
    let (Ok(html), Ok(policy)) = (page.render(), HeaderValue::from_str(&policy)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, html).into_response()
}
