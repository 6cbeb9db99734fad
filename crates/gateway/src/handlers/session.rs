//! How long the citizen's session or an app's token lasts, for pages and apps that warn before it ends (WCAG 2.2,
//! criterion 2.2.1).

use axum::{Json, extract::State, http::request::Parts};
use jiff::Timestamp;
use overblik_widgets::AssuranceLevel;
use serde::Serialize;

use crate::{
    api_error::ApiError,
    app::App,
    bearer,
    session::{Standing, Viewer, current, sessions::Activity},
};

/// What is left of a session.
#[derive(Debug, Serialize)]
pub(crate) struct SessionLeft {
    /// Level that the citizen was identified at.
    level: AssuranceLevel,
    /// Seconds until it ends if the citizen does nothing; never more than `absolute_seconds_left`.
    idle_seconds_left: u64,
    /// Seconds until it ends whatever the citizen does.
    absolute_seconds_left: u64,
    /// With so many seconds left, or fewer, the citizen should be warned.
    warn_at_seconds_left: u64,
}

/// Asking is no activity of the citizen: a page that asks by itself keeps no session alive (requirement R21).
pub(crate) async fn session(State(app): State<App>, parts: Parts) -> Result<Json<SessionLeft>, ApiError> {
    let (level, idle_end, ends) = match bearer::admit(&app, &parts).await? {
        // Nothing that the citizen does or leaves changes how long a token lasts.
        Some(Viewer { scope, standing: Standing::Token { expires, .. }, .. }) => (scope.level(), expires, expires),
        _ => {
            let opened = current::opened(&parts.headers, &app, Activity::DoesNotCount).await?;
            (opened.session.scope().level(), opened.idle_end, opened.ends)
        }
    };
    let now = app.clock.now();
    let seconds_until = |end: Timestamp| u64::try_from(end.duration_since(now).as_secs()).unwrap_or(0);
    Ok(Json(SessionLeft {
        level,
        idle_seconds_left: seconds_until(idle_end),
        absolute_seconds_left: seconds_until(ends),
        warn_at_seconds_left: app.sessions.warn_before_end().as_secs(),
    }))
}
