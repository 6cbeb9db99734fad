//! Logout: everything of the session is gone before the browser moves on.

use axum::{
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::{HeaderMap, header};

use super::{farewell::FORGET, page};
use crate::{
    api_error::ApiError,
    app::App,
    session::{StoreError, cookie, current, sealing::Ticket, sessions::Activity},
    telemetry::Ending,
};

pub(crate) async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    current::without_token(&headers)?;
    let tickets = cookie::every_session(&headers).collect();
    // Also if the browser goes away now, as one that is closed after the click does.
    app.carry_out(end_sessions(app.clone(), tickets)).await??;
    // A page of ours leads on to the provider's logout. A redirect would fall under `form-action` of the page that was
    // left, at every further redirect that the provider makes.
    let cleared = AppendHeaders([
        (header::SET_COOKIE, cookie::take_session()),
        (header::SET_COOKIE, cookie::take_replaced()),
        FORGET,
    ]);
    let mut response = (cleared, page::leave_for(&app, &headers, &app.login.end_session_url())).into_response();
    // A login that was begun beside this session is nobody's to finish on a computer that others use too.
    for value in cookie::take_every_attempt(&headers) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

async fn end_sessions(app: App, tickets: Vec<Ticket>) -> Result<(), StoreError> {
    for ticket in tickets {
        let opened = app.sessions.open(&ticket, Activity::DoesNotCount).await?;
        // The one that asks last: should the store fail half-way, the citizen can log out again.
        if let Some(opened) = &opened {
            app.end_same_login(opened).await?;
        }
        for key in app.sessions.keys_of(ticket.id()) {
            app.end_session(key, Ending::Logout).await?;
        }
        tracing::info!("logged out");
        if let Some(opened) = opened {
            app.revoke_later(opened.session);
        }
    }
    Ok(())
}
