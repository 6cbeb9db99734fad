//! What the identity provider's server asks of the console: our keys there, and to end what it ended. No browser comes here,
//! and nobody's cookie is looked at.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::sent::Sent;
use crate::{
    admin::{Admin, error::AdminError},
    api_error::ApiError,
    edge::rate_limits,
    handlers::{backchannel_logout, client_keys},
};

pub(in crate::admin) fn routes(admin: &Admin) -> Router<Admin> {
    Router::new()
        .route("/console/backchannel-logout", post(log_out))
        .route("/console/jwks.json", get(key_set))
        .layer(from_fn_with_state(admin.app.clone(), rate_limits::beginnings_at_console))
}

async fn log_out(State(admin): State<Admin>, sent: Sent) -> Result<Response, AdminError> {
    let login = Arc::clone(&admin.console()?.login);
    let (app, issuer) = (admin.app.clone(), login.issuer().to_owned());
    let end = move |logout: Arc<_>| async move { app.sessions.end_console_at_provider(&issuer, &logout).await };
    let done = backchannel_logout::told(&admin.app, &login, sent.as_it_came(), end).await?;
    Ok(done.into_response())
}

async fn key_set(State(admin): State<Admin>) -> Result<Response, ApiError> {
    client_keys::published(&admin.console()?.login)
}
