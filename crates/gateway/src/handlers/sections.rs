//! One section, anew or as it was kept, and more about one item of it.

use std::time::Duration;

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};

use super::overview::{freshness, preferred_wait};
use crate::{
    api_error::ApiError,
    app::App,
    language,
    overview::{Begun, Freshness, SessionOver},
    session::{
        Viewing,
        current::{self, CurrentCitizen},
        sessions::Activity,
    },
};

/// One section, by the rules of the overview.
pub(crate) async fn section(
    State(app): State<App>,
    CurrentCitizen(viewing): CurrentCitizen,
    source: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Path(source) = source.map_err(names_nothing)?;
    let language = language::of(&headers, query.as_deref());
    let (freshness, deadline) = (wanted(&headers, query.as_deref()), deadline(&app, &headers));
    let asked =
        app.begin(&viewing, |overviews| overviews.begin_section(&viewing, &source, language, freshness, deadline));
    let (begun, _place) = asked.await?;
    written(&viewing, begun).await
}

/// More about one item, in the form of a section of its source.
pub(crate) async fn item(
    State(app): State<App>,
    CurrentCitizen(viewing): CurrentCitizen,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Path((source, item)) = path.map_err(names_nothing)?;
    let language = language::of(&headers, query.as_deref());
    let deadline = deadline(&app, &headers);
    let asked = app.begin(&viewing, |overviews| overviews.begin_item(&viewing, &source, &item, language, deadline));
    let (begun, _place) = asked.await?;
    written(&viewing, begun).await
}

/// What is no text names nothing.
pub(super) fn names_nothing(_: PathRejection) -> ApiError {
    ApiError::NotFound
}

async fn written(viewing: &Viewing, begun: Begun) -> Result<Response, ApiError> {
    let shown = begun.only().await.map_err(|SessionOver| viewing.viewer.over())?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], shown.written()).into_response())
}

/// How long an answer in JSON waits, as for an overview.
fn deadline(app: &App, headers: &HeaderMap) -> Duration {
    let config = &app.overview_config;
    preferred_wait(headers).map_or(config.json_deadline(), |wait| wait.min(config.stream_deadline()))
}

/// Whether a request for one section is content with what is kept. A link cannot send a header, so that it says `fresh=1`;
/// what asks by itself is content in any case.
pub(crate) fn wanted(headers: &HeaderMap, query: Option<&str>) -> Freshness {
    let mut parameters = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let says_so = parameters.any(|(name, value)| name == "fresh" && value == "1");
    let is_their_doing = current::activity(headers) == Activity::Counts;
    if says_so && is_their_doing { Freshness::Anew } else { freshness(headers) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_asked_for_anew_by_header_or_by_link() {
        let anew = |query: Option<&str>, headers: &HeaderMap| wanted(headers, query) == Freshness::Anew;
        let none = HeaderMap::new();
        assert!(anew(Some("fresh=1"), &none) && anew(Some("lang=da&fresh=1"), &none));
        assert!(!anew(None, &none) && !anew(Some("fresh=0"), &none) && !anew(Some("refresh=1"), &none));
        let no_cache = [(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))].into_iter().collect();
        assert!(anew(None, &no_cache));
        let by_itself = [("x-overblik-background".parse().expect("a name"), HeaderValue::from_static("1"))];
        assert!(!anew(Some("fresh=1"), &by_itself.into_iter().collect()));
    }
}
