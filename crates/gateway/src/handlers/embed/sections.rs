//! Sections for a portal: the overview's model in JSON, or HTML to put into a page.

use std::time::Duration;

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};
use overblik_widgets::Language;

use crate::{
    api_error::ApiError,
    app::App,
    edge::shedding::Arrived,
    embed::admission::PortalCitizen,
    handlers::overview::{freshness, preferred_wait},
    language,
    overview::{Collected, SessionOver, Shown},
    page::{self, FragmentFrame},
    preference::preferred,
    session::{Viewer, Viewing},
    telemetry::{CallersSpan, Face},
};

pub(crate) async fn overview(
    State(app): State<App>,
    arrived: Arrived,
    PortalCitizen { viewing, caller }: PortalCitizen,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let viewing = match named(query.as_deref())? {
        None => viewing,
        Some(sources) => only(viewing, &sources.iter().map(String::as_str).collect::<Vec<_>>())?,
    };
    let asked = Asked::of(&headers, query.as_deref());
    let collected = collected(&app, &viewing, (arrived, caller), &headers, asked.language).await?;
    let html = || {
        let sections: Vec<_> = collected.sections.iter().map(Shown::section).collect();
        page::fragments(&asked.frame(&app), &collected.summary, &sections)
    };
    Ok(asked.answer(|| collected.written(), html))
}

pub(crate) async fn section(
    State(app): State<App>,
    arrived: Arrived,
    PortalCitizen { viewing, caller }: PortalCitizen,
    source: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Path(source) = source.map_err(|_rejection| ApiError::NotFound)?;
    let viewing = only(viewing, &[&source])?;
    let asked = Asked::of(&headers, query.as_deref());
    let collected = collected(&app, &viewing, (arrived, caller), &headers, asked.language).await?;
    let shown = collected.sections.first().ok_or(ApiError::NotFound)?;
    let today = app.clock.moment().date();
    let html = || page::fragment(&asked.frame(&app), &shown.section(), today);
    Ok(asked.answer(|| shown.written(), html))
}

/// What is shown of somebody's overview now, by the deadline, to whoever asked then, and from where in a trace of their own.
///
/// # Errors
/// As [`App::begin_overview`].
pub(super) async fn collected(
    app: &App,
    viewing: &Viewing,
    (arrived, caller): (Arrived, Option<CallersSpan>),
    headers: &HeaderMap,
    language: Language,
) -> Result<Collected, ApiError> {
    let config = &app.overview_config;
    let time =
        preferred_wait(headers).map_or(config.json_deadline(), |wait: Duration| wait.min(config.stream_deadline()));
    let deadline = arrived.left_of(time);
    let (mut begun, _place) = app.begin_overview(viewing, language, freshness(headers), deadline, Face::Portal).await?;
    if let Some(caller) = caller {
        begun.called_from(caller);
    }
    begun.collect().await.map_err(|SessionOver| viewing.viewer.over())
}

/// The sources that a query names, if it names any.
fn named(query: Option<&str>) -> Result<Option<Vec<String>>, ApiError> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut lists = pairs.filter(|(name, _)| name == "sections").map(|(_, list)| list.into_owned());
    match (lists.next(), lists.next()) {
        (None, _) => Ok(None),
        (Some(list), None) => Ok(Some(list.split(',').map(str::to_owned).collect())),
        (Some(_), Some(_)) => Err(ApiError::BadParameter),
    }
}

/// The citizen as far as these sources go. One that the portal may not show is one that does not exist.
pub(super) fn only(viewing: Viewing, sources: &[&str]) -> Result<Viewing, ApiError> {
    let Viewing { viewer, kept } = viewing;
    if !sources.iter().all(|source| viewer.reach.includes(source)) {
        return Err(ApiError::NotFound);
    }
    let reach = viewer.reach.within(sources.iter().copied());
    Ok(Viewing { viewer: Viewer { reach, ..viewer }, kept })
}

/// What a request wants to see, and how.
struct Asked {
    language: Language,
    as_html: bool,
}

impl Asked {
    fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let as_html = preferred(accept, |media_type| match media_type {
            "text/html" => Some(true),
            "application/json" | "application/*" | "*/*" => Some(false),
            _ => None,
        });
        Self { language: language::of(headers, query), as_html: as_html.unwrap_or(false) }
    }

    fn frame<'a>(&self, app: &'a App) -> FragmentFrame<'a> {
        FragmentFrame { language: self.language, our_address: app.public_url.as_str(), in_new_window: false }
    }

    fn answer(&self, json: impl FnOnce() -> String, html: impl FnOnce() -> String) -> Response {
        let (kind, body) =
            if self.as_html { ("text/html; charset=utf-8", html()) } else { ("application/json", json()) };
        ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
    }
}
