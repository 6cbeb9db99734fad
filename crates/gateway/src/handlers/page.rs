//! The citizen's pages.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{RawQuery, Request, State},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use overblik_widgets::Language;
use url::Url;

use super::{farewell, session::SessionLeft};
use crate::{
    api_error::ApiError,
    app::App,
    edge::shedding::Arrived,
    handlers::overview::freshness,
    language,
    overview::{Begun, Freshness, SessionOver},
    page::{self, ErrorPage, PageFrame},
    session::{Viewing, current::Visitor},
    telemetry::{Face, Reference},
};

/// Tells a browser to load the page anew after so many seconds. Only as a header: what a citizen is in the middle of is
/// never reloaded, and a page whose content does so by itself fails WCAG 2.2, criterion 2.2.1.
pub(crate) const REFRESH: HeaderName = HeaderName::from_static("refresh");

/// The front page: the overview for a citizen, the landing page for everybody else.
pub(crate) async fn overview(
    State(app): State<App>,
    arrived: Arrived,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let language = language::of(&headers, query.as_deref());
    Ok(match visitor {
        Visitor::Citizen(viewing) => stream_overview(&app, arrived, &viewing, language, freshness(&headers)).await?,
        // A link from another site comes without the session cookie even for somebody logged in (R18). One hop from a
        // page of ours brings it along; that request says `same-origin`, so the hop cannot repeat.
        Visitor::Stranger if came_from_another_site(&headers) => {
            let target = query.map_or_else(|| "/".to_owned(), |query| format!("/?{query}"));
            lead_on(&app, &headers, &target).into_response()
        }
        other => landing_of(&app, &other, language, "/"),
    })
}

/// What the page at a path says to somebody who is not logged in (any more).
pub(super) fn landing_of(app: &App, visitor: &Visitor, language: Language, path: &str) -> Response {
    match visitor {
        Visitor::Stranger | Visitor::Citizen(_) => Html(page::landing(&frame(app, language, path))).into_response(),
        // Said once: the cookie goes along with it.
        Visitor::Expired | Visitor::Unusable => farewell::ended(&frame(app, language, path)),
    }
}

/// Whether another site led here, so that a `SameSite=Strict` cookie was left behind.
pub(crate) fn came_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

/// A page that leads on to the identity provider, whose address is our own configuration or its metadata.
pub(crate) fn leave_for(app: &App, headers: &HeaderMap, address: &Url) -> Html<String> {
    Html(page::leave_for(&frame(app, language::of(headers, None), "/"), address))
}

/// A page that leads on to a path of our own by itself. Callers vouch for the path.
pub(crate) fn lead_on(app: &App, headers: &HeaderMap, target: &str) -> Html<String> {
    Html(page::continue_to(&frame(app, language::of(headers, None), "/"), target))
}

/// Gives an error its outer form: a page where a person's browser asked for one, else a problem document.
pub(crate) async fn errors_as_pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let reference = Reference::current().unwrap_or_default();
    let language = language::of(request.headers(), request.uri().query());
    let is_for_a_person = is_for_a_person(&request);
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<ApiError>().copied() else { return response };
    let face = error.face();
    let (mut parts, _) = response.into_parts();
    let content_type = if is_for_a_person { "text/html; charset=utf-8" } else { "application/problem+json" };
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    parts.headers.remove(header::CONTENT_LENGTH);
    // Whoever was turned away for a moment, or waits to log in and asked a process that is stopping, need do nothing.
    if is_for_a_person
        && matches!(error, ApiError::Overloaded { .. } | ApiError::GoingAway)
        && let Some(seconds) = parts.headers.get(header::RETRY_AFTER).cloned()
    {
        parts.headers.insert(REFRESH, seconds);
    }
    let body = if is_for_a_person {
        let offer_login = matches!(face.status, StatusCode::UNAUTHORIZED) || face.code.starts_with("login-");
        let error_page = ErrorPage {
            title: face.title,
            explanation: face.explanation,
            code: face.code,
            reference: reference.as_str(),
            offer_login,
        };
        page::error_page(&frame(&app, language, "/"), &error_page)
    } else {
        face.problem(language, reference.as_str())
    };
    Response::from_parts(parts, Body::from(body))
}

/// Whether a person's browser asked for a page.
pub(crate) fn is_for_a_person(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_for_programs = ["/api/", "/embed/"].iter().any(|doors| request.uri().path().starts_with(doors));
    !is_for_programs && accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The page of somebody who waits to log in and has waited for so many minutes.
pub(crate) fn waiting(app: &App, language: Language, minutes: i64) -> String {
    page::waiting(&frame(app, language, "/auth/login"), minutes)
}

/// What stands around the page at a path of ours, for somebody who is not logged in.
pub(super) fn frame<'a>(app: &'a App, language: Language, path: &'a str) -> PageFrame<'a> {
    let privacy_url = app.page_config.privacy_url.as_ref().map(Url::as_str);
    let demo_control_url = app.demo_control.as_ref().map(Url::as_str);
    PageFrame { privacy_url, demo_control_url, ..PageFrame::of_a_visitor(language, path) }
}

async fn stream_overview(
    app: &App,
    arrived: Arrived,
    viewing: &Viewing,
    language: Language,
    freshness: Freshness,
) -> Result<Response, ApiError> {
    let deadline = arrived.left_of(app.overview_config.stream_deadline());
    let (begun, place) = app.begin_overview(viewing, language, freshness, deadline, Face::Page).await?;
    let reader = Reader { name: viewing.viewer.name.clone(), left: SessionLeft::of(app, &viewing.viewer) };
    let body = Body::from_stream(Reference::kept_by(place.held_by(page_parts(app.clone(), begun, language, reader))));
    let content_type = HeaderValue::from_static("text/html; charset=utf-8");
    // Proxies of the nginx kind would hold the parts back.
    Ok(([(header::CONTENT_TYPE, content_type)], [("x-accel-buffering", "no")], body).into_response())
}

/// Who reads a page that is sent in parts.
#[derive(Clone)]
struct Reader {
    name: Option<String>,
    left: SessionLeft,
}

enum Part {
    Start,
    Sections,
    Done,
}

/// The page in parts: the skeleton at once, each section as it arrives, the end. The client's leaving drops the
/// stream, and with it the calls that nobody else waits for.
fn page_parts(
    app: App,
    begun: Begun,
    language: Language,
    reader: Reader,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    // What is left of the session counts from here, also in what is sent at the end.
    let asked = app.clock.moment();
    stream::unfold((Part::Start, begun), move |(part, mut begun)| {
        let (app, reader) = (app.clone(), reader.clone());
        async move {
            let session = Some(reader.left.on_a_page(asked));
            let frame = PageFrame { citizen_name: reader.name.as_deref(), session, ..frame(&app, language, "/") };
            let (html, next) = match part {
                Part::Start => {
                    let sources: Vec<_> = begun.sources().collect();
                    (page::overview_start(&frame, &sources), Part::Sections)
                }
                Part::Sections => match begun.next().await {
                    Ok(Some(shown)) => {
                        let html = page::section(&frame, &shown.section(), app.clock.moment().date());
                        (html, Part::Sections)
                    }
                    Ok(None) => {
                        let summary = begun.finish();
                        let listed: Vec<_> = begun.told().collect();
                        (page::overview_end(&frame, &summary, &listed), Part::Done)
                    }
                    Err(SessionOver) => (page::overview_cut(&frame), Part::Done),
                },
                Part::Done => return None,
            };
            Some((Ok(Bytes::from(html)), (next, begun)))
        }
    })
}
