//! The citizen's own sessions: where they are logged in, and how to end it there (requirement R23).

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api_error::ApiError,
    app::App,
    secrets::sha256,
    session::{SessionKey, StoreError, cookie, current, sessions::Opened},
    telemetry::Ending,
};

/// Sessions of the citizen, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OwnSessions {
    sessions: Vec<OwnSession>,
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OwnSession {
    /// Names it for ending it. Opens nothing.
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// When the citizen logged in.
    started: Timestamp,
    /// When they were last active, to about a minute.
    last_active: Timestamp,
    /// When it ends at the latest.
    ends: Timestamp,
}

pub(crate) async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Json<OwnSessions>, ApiError> {
    let opened = opened(&app, &headers).await?;
    let own = app.sessions.of_same_citizen(&opened).await?.into_iter();
    let sessions = own.map(|(key, facts)| OwnSession {
        id: id(key),
        current: key == opened.key,
        started: facts.started,
        last_active: facts.last_active,
        ends: facts.ends,
    });
    Ok(Json(OwnSessions { sessions: sessions.collect() }))
}

/// Ends one. Only the citizen's own are looked through, so that nobody learns of any other's.
pub(crate) async fn end(
    State(app): State<App>,
    wanted: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let opened = opened(&app, &headers).await?;
    // What is no text names nothing.
    let Path(wanted) = wanted.map_err(|_rejection| ApiError::NotFound)?;
    let own = app.sessions.of_same_citizen(&opened).await?;
    let (session, _) = own.into_iter().find(|(key, _)| id(*key) == wanted).ok_or(ApiError::NotFound)?;
    app.end_session(session).await?;
    app.metrics.sessions.ended(Ending::Citizen, 1);
    tracing::info!("a session was ended by its citizen");
    let own = session == opened.key;
    if own {
        app.revoke_later(opened.session);
    }
    Ok(ended(own))
}

/// Ends all, the one that asks too.
pub(crate) async fn end_all(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let opened = opened(&app, &headers).await?;
    app.carry_out(end_of_same_citizen(app.clone(), opened)).await??;
    Ok(ended(true))
}

async fn end_of_same_citizen(app: App, opened: Opened) -> Result<(), StoreError> {
    // The one that asks last: if the store goes away in between, the citizen can still ask again.
    let own = app.sessions.of_same_citizen(&opened).await?;
    let number = own.len();
    for (session, _) in own.into_iter().filter(|(key, _)| *key != opened.key) {
        app.end_session(session).await?;
    }
    app.end_session(opened.key).await?;
    app.metrics.sessions.ended(Ending::Citizen, number);
    tracing::info!("all sessions were ended by their citizen");
    // Those of the others can be read in their own browsers alone.
    app.revoke_later(opened.session);
    Ok(())
}

async fn opened(app: &App, headers: &HeaderMap) -> Result<Opened, ApiError> {
    current::opened(headers, app, current::activity(headers)).await
}

fn ended(own: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if own {
        response.headers_mut().append(header::SET_COOKIE, cookie::take_session());
        response.headers_mut().append(header::SET_COOKIE, cookie::take_replaced());
    }
    response
}

/// A name that tells the citizen's sessions apart, and nothing by which the store knows them.
pub(super) fn id(session: SessionKey) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&format!("session list: {}", session.to_text()))).chars().take(22).collect()
}
