//! How long the citizen's session or an app's token lasts, for pages and apps that warn before it ends (WCAG 2.2,
//! criterion 2.2.1), and the citizen's word that it should.

use axum::{Json, extract::State, http::request::Parts};
use jiff::Timestamp;
use overblik_widgets::{AssuranceLevel, Moment};
use schemars::JsonSchema;
use serde::Serialize;

use super::sessions;
use crate::{
    api_error::ApiError,
    app::App,
    bearer,
    page::PageSession,
    session::{
        SessionKey, Standing, Viewer, current,
        sessions::{Activity, Opened},
    },
};

/// What is left of a session.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SessionLeft {
    /// Level that the citizen was identified at.
    level: AssuranceLevel,
    /// Names the session. Another name than before means that somebody has logged in anew. Opens nothing.
    session: String,
    /// Seconds until it ends if the citizen does nothing; never more than `absolute_seconds_left`.
    idle_seconds_left: u64,
    /// Seconds until it ends whatever the citizen does.
    absolute_seconds_left: u64,
    /// With so many seconds left, or fewer, the citizen should be warned.
    warn_at_seconds_left: u64,
}

impl SessionLeft {
    /// Of whoever was let in.
    pub(super) fn of(app: &App, viewer: &Viewer) -> Self {
        let (idle_end, ends) = match viewer.standing {
            Standing::Session { idle_end, ends } => (idle_end, ends),
            // Nothing that the citizen does or leaves changes how long these last.
            Standing::Portal { ends: expires } | Standing::Token { expires, .. } => (expires, expires),
        };
        Self::until(app, viewer.scope.level(), viewer.session, idle_end, ends)
    }

    /// Of a session that was opened.
    pub(super) fn of_opened(app: &App, opened: &Opened) -> Self {
        Self::until(app, opened.session.scope().level(), opened.key, opened.idle_end, opened.ends)
    }

    fn until(app: &App, level: AssuranceLevel, key: SessionKey, idle_end: Timestamp, ends: Timestamp) -> Self {
        let now = app.clock.now();
        let seconds_until = |end: Timestamp| u64::try_from(end.duration_since(now).as_secs()).unwrap_or(0);
        Self {
            level,
            session: sessions::id(key),
            idle_seconds_left: seconds_until(idle_end),
            absolute_seconds_left: seconds_until(ends),
            warn_at_seconds_left: app.sessions.warn_before_end().as_secs(),
        }
    }

    /// As a page tells it that was asked for now.
    pub(super) fn on_a_page(&self, now: Moment) -> PageSession<'_> {
        let left = jiff::SignedDuration::from_secs(self.idle_seconds_left.try_into().unwrap_or(i64::MAX));
        PageSession {
            name: &self.session,
            idle_seconds_left: self.idle_seconds_left,
            absolute_seconds_left: self.absolute_seconds_left,
            warn_at_seconds_left: self.warn_at_seconds_left,
            closes: Moment::new(now.timestamp().checked_add(left).unwrap_or(Timestamp::MAX)),
        }
    }
}

/// Asking is no activity of the citizen: a page that asks by itself keeps no session alive (requirement R21).
pub(crate) async fn session(State(app): State<App>, parts: Parts) -> Result<Json<SessionLeft>, ApiError> {
    left(&app, &parts, Activity::DoesNotCount).await
}

/// The citizen says that they are still there: the idle time starts again.
pub(crate) async fn stay(State(app): State<App>, parts: Parts) -> Result<Json<SessionLeft>, ApiError> {
    left(&app, &parts, Activity::Counts).await
}

async fn left(app: &App, parts: &Parts, activity: Activity) -> Result<Json<SessionLeft>, ApiError> {
    let left = match bearer::admit(app, parts).await? {
        Some(viewer) => SessionLeft::of(app, &viewer),
        None => SessionLeft::of_opened(app, &current::opened(&parts.headers, app, activity).await?),
    };
    Ok(Json(left))
}
