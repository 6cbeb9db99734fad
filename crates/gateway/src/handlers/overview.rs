//! The overview for browsers and apps: one JSON document by the page deadline, or an event stream of sections.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{RawQuery, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    api_error::ApiError,
    app::App,
    edge::shedding::Arrived,
    language,
    overview::{Begun, Freshness, SessionOver},
    preference::preferred,
    secrets::random_bytes,
    session::{
        current::{self, CurrentCitizen},
        sessions::Activity,
    },
    telemetry::{Face, Reference},
};

pub(crate) async fn overview(
    State(app): State<App>,
    arrived: Arrived,
    CurrentCitizen(viewing): CurrentCitizen,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let language = language::of(&headers, query.as_deref());
    let config = &app.overview_config;
    if wants_events(&headers) {
        // `EventSource` comes back when a stream ends; one that has had its end is told to stay away.
        if headers.get("last-event-id").is_some_and(|id| id == END) {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        // Browsers say `no-cache` with every stream, whatever the citizen wants.
        let deadline = arrived.left_of(config.stream_deadline());
        // A stream is content with what is kept: it comes back by itself, and says so too late.
        let freshness = match freshness(&headers) {
            Freshness::Background => Freshness::Background,
            Freshness::Kept | Freshness::Anew => Freshness::Kept,
        };
        let (begun, place) = app.begin_overview(&viewing, language, freshness, deadline, Face::Stream).await?;
        let heartbeat = KeepAlive::new().interval(Duration::from_secs(config.heartbeat_s)).text("heartbeat");
        let mut response = Sse::new(Reference::kept_by(place.held_by(events(begun, app.stopping.clone()))))
            .keep_alive(heartbeat)
            .into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Proxies of the nginx kind would hold the events back.
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        return Ok(response);
    }
    let wait = preferred_wait(&headers);
    let time = wait.map_or(config.json_deadline(), |wait| wait.min(config.stream_deadline()));
    let deadline = arrived.left_of(time);
    let (begun, _place) = app.begin_overview(&viewing, language, freshness(&headers), deadline, Face::Json).await?;
    let overview = begun.collect().await.map_err(|SessionOver| viewing.viewer.over())?;
    let json = HeaderValue::from_static("application/json");
    let mut response = ([(header::CONTENT_TYPE, json)], overview.written()).into_response();
    if wait.is_some()
        && let Ok(applied) = HeaderValue::from_str(&format!("wait={}", time.as_secs()))
    {
        response.headers_mut().insert(HeaderName::from_static("preference-applied"), applied);
    }
    Ok(response)
}

/// Whether a request is content with what sources answered a moment ago. One that says `Cache-Control: no-cache` is not, as
/// a browser says when a page is to be loaded anew from the beginning; unless it comes by itself, without the citizen's
/// doing.
pub(crate) fn freshness(headers: &HeaderMap) -> Freshness {
    let directives = headers.get_all(header::CACHE_CONTROL).into_iter().filter_map(|value| value.to_str().ok());
    let wants_it_anew =
        directives.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case("no-cache"));
    match current::activity(headers) {
        Activity::DoesNotCount => Freshness::Background,
        Activity::Counts if wants_it_anew => Freshness::Anew,
        Activity::Counts => Freshness::Kept,
    }
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    preferred(accept, |media_type| match media_type {
        "text/event-stream" => Some(true),
        "application/json" | "application/*" | "*/*" => Some(false),
        _ => None,
    })
    .unwrap_or(false)
}

/// `Prefer: wait=N`, N in seconds (RFC 7240).
pub(crate) fn preferred_wait(headers: &HeaderMap) -> Option<Duration> {
    let prefer = headers.get("prefer")?.to_str().ok()?;
    prefer
        .split(',')
        .find_map(|preference| preference.trim().strip_prefix("wait=")?.parse().ok())
        .map(Duration::from_secs)
}

/// Name and id of a stream's last event.
const END: &str = "end";

/// Name and id of the events before it. A browser whose stream broke says the id when it comes back by itself, and so that
/// this is no doing of the citizen (requirement R21).
const SECTION: &str = "section";

/// One `section` event for each source as it arrives, then one `end` event; `session_over` instead if the session ended,
/// and `reconnect` if this process is stopping: asked again, another one answers.
fn events(begun: Begun, stopping: CancellationToken) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some((begun, stopping)), async |state| {
        let (mut begun, stopping) = state?;
        let Some(next) = stopping.run_until_cancelled(begun.next()).await else {
            let event = Event::default().event("reconnect").data("{}").id(SECTION).retry(come_back_after());
            return Some((Ok(event), None));
        };
        match next {
            Ok(Some(shown)) => {
                let event = Event::default().event(SECTION).id(SECTION).data(shown.written());
                Some((Ok(event), Some((begun, stopping))))
            }
            Ok(None) => Some((Ok(end(&begun.finish())), None)),
            Err(SessionOver) => Some((Ok(Event::default().event("session_over").data("{}").id(END)), None)),
        }
    })
}

/// Spread, so that the streams of a process that stops do not all come to the next at once.
fn come_back_after() -> Duration {
    let [chance, ..] = random_bytes();
    Duration::from_millis(500 + 10 * u64::from(chance))
}

fn end(summary: &impl Serialize) -> Event {
    // Our own types have no map keys or values that JSON cannot hold.
    Event::default().event(END).id(END).json_data(summary).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        [(HeaderName::from_static(name), HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn an_event_stream_is_sent_to_whom_accepts_it() {
        assert!(wants_events(&headers("accept", "text/event-stream")));
        assert!(wants_events(&headers("accept", "application/json;q=0.1, text/event-stream;q=1")));
        assert!(!wants_events(&headers("accept", "*/*")));
        assert!(!wants_events(&HeaderMap::new()));
    }

    #[test]
    fn only_a_citizen_who_says_so_has_sources_asked_anew() {
        let anew = |name, value| freshness(&headers(name, value)) == Freshness::Anew;
        assert!(anew("cache-control", "no-cache") && anew("cache-control", "no-store, No-Cache"));
        assert!(!anew("cache-control", "max-age=0") && !anew("pragma", "no-cache") && !anew("accept", "*/*"));
        let mut by_itself = headers("cache-control", "no-cache");
        by_itself.insert("x-overblik-background", HeaderValue::from_static("1"));
        assert_eq!(freshness(&by_itself), Freshness::Background);
    }

    #[test]
    fn a_preferred_wait_is_read() {
        assert_eq!(preferred_wait(&headers("prefer", "respond-async, wait=5")), Some(Duration::from_secs(5)));
        assert_eq!(preferred_wait(&headers("prefer", "wait=soon")), None);
        assert_eq!(preferred_wait(&HeaderMap::new()), None);
    }
}
