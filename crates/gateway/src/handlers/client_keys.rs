//! The public halves of our keys at the identity provider, where it fetches them (requirement R6).

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;

use crate::{api_error::ApiError, app::App, login::Login};

pub(crate) async fn key_set(State(app): State<App>) -> Result<Response, ApiError> {
    published(&app.login)
}

/// As the provider of this login fetches them.
pub(crate) fn published(login: &Login) -> Result<Response, ApiError> {
    let keys = login.client_keys().ok_or(ApiError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        // A key is published for days before it signs; a few minutes spare both sides requests.
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::VARY, "Accept-Encoding"),
    ];
    Ok((headers, keys.to_string()).into_response())
}
