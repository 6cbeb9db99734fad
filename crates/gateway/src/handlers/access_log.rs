//! What was asked about the citizen who reads it (requirement R63). It is theirs alone, by their own session: no portal's, and no
//! app's, as it tells which other portals and apps they use.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::request::Parts,
    response::{Html, IntoResponse, Response},
};
use http::HeaderMap;
use overblik_widgets::{
    AccessLog, AccessLogEntry, LocalizedText, LogClient, LogClientKind, LogDeed, LogKept, LogOutcome, LogPurpose,
    LogQuestion, Moment, OnBehalf,
};

use super::{
    page::{came_from_another_site, frame, landing_of, lead_on},
    session::SessionLeft,
};
use crate::{
    api_error::ApiError,
    app::App,
    audit::{
        OwnPage, Position, TrailPlace,
        entry::{Asked, Ended, Event, Happened, Purpose, Via},
        record::Record,
    },
    language,
    page::{self, PageFrame},
    session::{Viewer, current::Visitor},
};

const PATH: &str = "/access-log";

/// Why a source was not asked after all, as entries have it.
const NO_LOGIN_TOKEN: &str = "no_login_token";

/// The page; for anybody who is not logged in, what the front page says to them.
pub(crate) async fn page(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let language = language::of(&headers, query.as_deref());
    let viewing = match visitor {
        Visitor::Citizen(viewing) => viewing,
        Visitor::Stranger if came_from_another_site(&headers) => {
            return Ok(lead_on(&app, &headers, PATH).into_response());
        }
        other => return Ok(landing_of(&app, &other, language, "/")),
    };
    let viewer = &viewing.viewer;
    let log = own(&app, viewer, query.as_deref()).await?;
    let left = SessionLeft::of(&app, viewer);
    let session = Some(left.on_a_page(app.clock.moment()));
    let frame = PageFrame { citizen_name: viewer.name.as_deref(), session, ..frame(&app, language, PATH) };
    let from_the_newest = before(query.as_deref())?.is_none();
    Ok(Html(page::access_log(&frame, &log, from_the_newest)).into_response())
}

/// The same in JSON.
pub(crate) async fn list(State(app): State<App>, parts: Parts) -> Result<Json<AccessLog>, ApiError> {
    let viewing = match Visitor::of(&parts, &app).await? {
        Visitor::Citizen(viewing) => viewing,
        Visitor::Stranger => return Err(ApiError::NotLoggedIn),
        Visitor::Expired => return Err(ApiError::SessionOver),
        Visitor::Unusable => return Err(ApiError::SessionCookieUnusable),
    };
    own(&app, &viewing.viewer, parts.uri.query()).await.map(Json)
}

/// A page of the log of whoever looks. That they read it is written down too, and where it cannot be, nothing is shown.
async fn own(app: &App, viewer: &Viewer, query: Option<&str>) -> Result<AccessLog, ApiError> {
    let before = before(query)?;
    let reader = viewer.scope.actor();
    app.limits.overview(&reader.pseudonym)?;
    let _busy = app.overload.overview(viewer.session, &reader.pseudonym)?;
    let place = app.audit.place().map_err(|_unrecorded| ApiError::AccessLogAway)?;
    let found = app.audit.about(&reader.cpr, before).await.map_err(|error| {
        tracing::error!(event = "access_log_away", %error, "a citizen's log cannot be read");
        ApiError::AccessLogAway
    })?;
    // It may have ended while the trail was read.
    if !app.sessions.is_live(viewer).await? {
        return Err(viewer.over());
    }
    place.take(|| Happened {
        at: app.clock.now(),
        event: Event::LogRead { citizen: app.audit.keys().name(&reader.cpr), via: Via::of(viewer) },
    });
    Ok(written(app, found))
}

/// Where the page begins that a query asks for.
fn before(query: Option<&str>) -> Result<Option<Position>, ApiError> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut positions = pairs.filter(|(name, _)| name == "before").map(|(_, value)| Position::parse(&value));
    match (positions.next(), positions.next()) {
        (None, _) => Ok(None),
        (Some(Some(position)), None) => Ok(Some(position)),
        _ => Err(ApiError::BadParameter),
    }
}

fn written(app: &App, found: Option<OwnPage>) -> AccessLog {
    let kept = match &found {
        Some(_) if app.audit_config.is_partly_here => LogKept::Partly,
        Some(_) => LogKept::Here,
        None if app.audit_config.is_kept => LogKept::Elsewhere,
        None => LogKept::Nowhere,
    };
    let page = found.unwrap_or_default();
    let next = page.next().map(|position| position.to_string());
    let unreadable = page.unreadable();
    if unreadable > 0 {
        tracing::warn!(
            event = "access_log_unreadable",
            entries = unreadable,
            "entries of a citizen's log cannot be read"
        );
    }
    let records = page.entries.into_iter().filter_map(|entry| entry.record);
    let entries = records.filter_map(|record| of_record(app, record)).collect();
    let TrailPlace { may_lack, retention_days: kept_days, .. } = app.audit_config;
    AccessLog { kept, kept_days, may_lack, unreadable, entries, next }
}

/// An entry in a citizen's words, with the names that things have now.
fn of_record(app: &App, Record { at, event, .. }: Record) -> Option<AccessLogEntry> {
    let (via, on_behalf, what) = match event {
        Event::Asked(asked) => {
            let on_behalf = if asked.by.is_some() { OnBehalf::ByAnother } else { OnBehalf::Own };
            (asked.via.clone(), on_behalf, LogDeed::Asked(Box::new(question(app, asked))))
        }
        Event::LogRead { via, .. } => (via, OnBehalf::Own, LogDeed::LogRead),
        Event::Begun { .. } | Event::GoneOn { .. } | Event::NotWritten { .. } => return None,
    };
    Some(AccessLogEntry { at: Moment::new(at), via: client(app, via), on_behalf, what })
}

fn client(app: &App, via: Via) -> LogClient {
    let code = |name: String| LocalizedText::new(name.clone(), name);
    match via {
        Via::Overview => {
            LogClient { kind: LogClientKind::Overview, name: LocalizedText::new("Overblikket", "The overview") }
        }
        Via::Portal(name) => {
            let portal = app.portals.all().find(|portal| portal.display_client == name);
            let name = portal.map_or_else(|| code(name), |portal| portal.titles().clone());
            LogClient { kind: LogClientKind::Portal, name }
        }
        Via::App(name) => LogClient { kind: LogClientKind::App, name: code(name) },
    }
}

fn question(app: &App, asked: Asked) -> LogQuestion {
    let set = app.connectors();
    let named = set.get(&asked.source).map(|versions| versions.main.source());
    // A name may have come to another authority since.
    let named = named.filter(|source| source.authority.cvr == asked.authority);
    LogQuestion {
        title: named.map(|source| source.title.clone()),
        authority: named.map(|source| source.authority.name.clone()),
        source: asked.source,
        cvr: asked.authority,
        agreement: asked.agreement,
        contract: asked.contract,
        purpose: match asked.purpose {
            Purpose::Overview => LogPurpose::Overview,
            Purpose::Section => LogPurpose::Section,
            Purpose::Item => LogPurpose::Item,
            Purpose::Background => LogPurpose::Background,
        },
        outcome: match asked.outcome {
            // By the citizen's own login alone: the source heard nothing of it.
            Ended::Refused if asked.reason.as_deref() == Some(NO_LOGIN_TOKEN) => LogOutcome::NotSent,
            Ended::Ready => LogOutcome::Ready,
            Ended::Empty => LogOutcome::Empty,
            Ended::Partial => LogOutcome::Partial,
            Ended::TimedOut => LogOutcome::TimedOut,
            Ended::Failed => LogOutcome::Failed,
            Ended::Invalid => LogOutcome::Invalid,
            Ended::Refused => LogOutcome::Refused,
            Ended::Ended => LogOutcome::Ended,
        },
        duration_ms: asked.duration_ms,
    }
}
