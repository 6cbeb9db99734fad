//! The pages of one section, and of more about one item of it.

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderName};

use super::{
    page::{came_from_another_site, frame, landing_of, lead_on},
    sections::{names_nothing, wanted},
    session::SessionLeft,
};
use crate::{
    api_error::ApiError,
    app::App,
    language,
    login::is_page,
    overview::SessionOver,
    page::{self, PageFrame, Subject},
    session::{Viewing, current::Visitor},
};

/// Says that a page of ours wants the section alone, to put it where the old one was.
const SECTION_ALONE: HeaderName = HeaderName::from_static("x-overblik-section");

/// One section, by the rules of the overview.
pub(crate) async fn section(
    State(app): State<App>,
    visitor: Visitor,
    source: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Path(source) = source.map_err(names_nothing)?;
    if headers.contains_key(SECTION_ALONE) && !matches!(visitor, Visitor::Citizen(_)) {
        // A page cannot stand where a section was.
        return Err(ApiError::NotLoggedIn);
    }
    let viewing = match citizen(&app, visitor, &headers, query.as_deref(), &source) {
        Ok(viewing) => viewing,
        Err(other) => return Ok(*other),
    };
    let language = language::of(&headers, query.as_deref());
    let (freshness, deadline) = (wanted(&headers, query.as_deref()), app.overview_config.stream_deadline());
    let asked =
        app.begin(&viewing, |overviews| overviews.begin_section(&viewing, &source, language, freshness, deadline));
    let (begun, _place) = asked.await?;
    let shown = begun.only().await.map_err(|SessionOver| viewing.viewer.over())?;
    let (section, today) = (shown.section(), app.clock.moment().date());
    let name = viewing.viewer.name.as_deref();
    let left = SessionLeft::of(&app, &viewing.viewer);
    let session = Some(left.on_a_page(app.clock.moment()));
    if headers.contains_key(SECTION_ALONE) {
        let frame = PageFrame { citizen_name: name, session, ..frame(&app, language, "/") };
        return Ok(Html(page::section(&frame, &section, today)).into_response());
    }
    let path = format!("/sections/{source}");
    let frame = PageFrame { citizen_name: name, session, ..frame(&app, language, &path) };
    Ok(Html(page::section_page(&frame, &section, Subject::Section, today)).into_response())
}

/// More about one item.
pub(crate) async fn item(
    State(app): State<App>,
    visitor: Visitor,
    path: Result<Path<(String, String)>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Path((source, item)) = path.map_err(names_nothing)?;
    let viewing = match citizen(&app, visitor, &headers, query.as_deref(), &source) {
        Ok(viewing) => viewing,
        Err(other) => return Ok(*other),
    };
    let language = language::of(&headers, query.as_deref());
    let deadline = app.overview_config.stream_deadline();
    let asked = app.begin(&viewing, |overviews| overviews.begin_item(&viewing, &source, &item, language, deadline));
    let (begun, _place) = asked.await?;
    let shown = begun.only().await.map_err(|SessionOver| viewing.viewer.over())?;
    let path = format!("/sections/{source}/items/{item}");
    let name = viewing.viewer.name.as_deref();
    let left = SessionLeft::of(&app, &viewing.viewer);
    let session = Some(left.on_a_page(app.clock.moment()));
    let frame = PageFrame { citizen_name: name, session, ..frame(&app, language, &path) };
    let today = app.clock.moment().date();
    Ok(Html(page::section_page(&frame, &shown.section(), Subject::Item, today)).into_response())
}

/// The citizen who asks for a page; for anybody else, what the front page says to them. A link from another site leads on
/// to the section's page: the way to an item is known to the citizen's own pages alone.
fn citizen(
    app: &App,
    visitor: Visitor,
    headers: &HeaderMap,
    query: Option<&str>,
    source: &str,
) -> Result<Box<Viewing>, Box<Response>> {
    let page = format!("/sections/{source}");
    match visitor {
        Visitor::Citizen(viewing) => Ok(viewing),
        // What another site wrote where a source's name stands may lead anywhere (requirement R35).
        Visitor::Stranger if came_from_another_site(headers) && is_page(&page) => {
            Err(Box::new(lead_on(app, headers, &page).into_response()))
        }
        other => Err(Box::new(landing_of(app, &other, language::of(headers, query), "/"))),
    }
}
