//! The frame on a portal's page (requirement R67). That a browser will not show a frame does not keep the request from
//! arriving: which page asked, and what for, is looked at before any work is done (`edge::own_pages`), and without a token
//! there is none.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use overblik_widgets::Language;

use super::sections::collected;
use crate::{
    api_error::ApiError,
    app::App,
    config::PortalWay,
    edge::shedding::Arrived,
    embed::{
        Portal, admission,
        files::{FRAGMENTS_STYLESHEET, FRAME_SCRIPT},
    },
    form::Form,
    language,
    overview::{Collected, Shown},
    page::{self, EmbedFrame},
};

/// The shell: it holds no data, and asks the page around it for a token.
pub(crate) async fn shell(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let mut named = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes())
        .filter(|(name, _)| name == "portal")
        .map(|(_, portal)| portal.into_owned());
    let (Some(name), None) = (named.next(), named.next()) else { return Err(ApiError::BadParameter) };
    let portal = portal(&app, &name)?;
    let origins = origins(portal);
    let language = language::of(&headers, query.as_deref());
    Ok(framed_by(&origins, page::frame_shell(&frame(&app, portal, &origins, language))))
}

/// The sections, for a token that our shell was given.
pub(crate) async fn show(
    State(app): State<App>,
    arrived: Arrived,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let form = Form::read(&headers, &body, &["portal", "lang", "token"])?;
    let portal = portal(&app, form.required("portal")?)?;
    let language = language::from_tag(form.required("lang")?).unwrap_or_default();
    let shown = async {
        let (viewing, origin) = admission::in_a_frame(&app, &headers, form.required("token")?, portal).await?;
        Ok::<_, ApiError>((collected(&app, &viewing, (arrived, None), &headers, language).await?, origin))
    };
    let error = match shown.await {
        Ok((Collected { summary, sections }, origin)) => {
            let sections: Vec<_> = sections.iter().map(Shown::section).collect();
            let html = page::frame_sections(&frame(&app, portal, &origin, language), &summary, &sections);
            return Ok(framed_by_shell(&origin, html));
        }
        Err(error) => error,
    };
    let origins = origins(portal);
    let frame = frame(&app, portal, &origins, language);
    let html = if error == ApiError::TokenRefused { page::frame_over(&frame) } else { page::frame_away(&frame) };
    Ok(with_error(framed_by_shell(&origins, html), error))
}

/// A portal that shows frames. Of any other nothing is said.
fn portal<'a>(app: &'a App, name: &str) -> Result<&'a Portal, ApiError> {
    let portal = app.portals.get(name).filter(|portal| portal.may(PortalWay::Frame));
    portal.map(|portal| &**portal).ok_or(ApiError::NotFound)
}

pub(super) fn origins(portal: &Portal) -> String {
    portal.origins.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

pub(super) fn frame<'a>(app: &'a App, portal: &'a Portal, origins: &'a str, language: Language) -> EmbedFrame<'a> {
    EmbedFrame {
        language,
        portal: &portal.name,
        portal_title: portal.title(language),
        origins,
        our_address: app.public_url.as_str(),
        stylesheet: &FRAGMENTS_STYLESHEET.path,
        script: &FRAME_SCRIPT.path,
        connected: None,
    }
}

/// The answer for an error, said in the frame: an error page of ours may be framed by nobody.
pub(super) fn with_error(mut response: Response, error: ApiError) -> Response {
    *response.status_mut() = error.face().status;
    if let Some(seconds) = error.into_response().headers().get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.clone());
    }
    response
}

/// A page that our shell may frame on a page of these origins.
fn framed_by_shell(origins: &str, html: String) -> Response {
    framed_by(&format!("'self' {origins}"), html)
}

/// A page that these origins may frame, separated by spaces, and nobody else. It loads and frames from us alone.
pub(super) fn framed_by(origins: &str, html: String) -> Response {
    let mut response = Html(html).into_response();
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors {origins}; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    // The configuration lets nothing in that a header could not say.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("frame-ancestors 'none'"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
