//! Tokens for a portal's server, in the forms of OAuth: RFC 8693 for getting them, RFC 7009 for ending them.

use axum::{
    body::Bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use overblik_widgets::Language;
use serde_json::json;

use crate::{
    api_error::ApiError,
    app::App,
    client_assertion,
    embed::{Refusal, client, exchange, exchange::Given},
    form::Form,
    telemetry::Reference,
};

/// A token for what the portal brings.
pub(crate) async fn exchange(State(app): State<App>, request: Request) -> Response {
    let given = async {
        let (parts, form) = read(request, &exchange::FIELDS).await?;
        let portal = client::authenticate(&app, &form).await?;
        exchange::exchange(&app, &form, &portal, &parts).await
    };
    match given.await {
        Ok(given) => json_answer(&written(&given)),
        Err(error) => refused(error),
    }
}

/// The end of a section access.
pub(crate) async fn revoke(State(app): State<App>, request: Request) -> Response {
    let ended = async {
        let (_, form) = read(request, &["token", "token_type_hint"]).await?;
        let portal = client::authenticate(&app, &form).await?;
        exchange::revoke(&app, &form, &portal).await
    };
    match ended.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refused(error),
    }
}

/// The form that a request holds, of these fields and those by which a portal proves itself.
async fn read(request: Request, fields: &[&str]) -> Result<(Parts, Form), ApiError> {
    let (parts, body) = request.into_parts();
    let known: Vec<&str> = fields.iter().chain(&client_assertion::FIELDS).copied().collect();
    // It is there whole, and no larger than it may be (`edge::body`).
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_else(|_broken| Bytes::new());
    let form = Form::read(&parts.headers, &body, &known)?;
    Ok((parts, form))
}

fn written(given: &Given) -> serde_json::Value {
    json!({
        "access_token": given.token.reveal(),
        "issued_token_type": given.kind,
        "token_type": given.scheme.name(),
        "expires_in": given.expires_in,
        "scope": given.scope,
    })
}

/// An error as RFC 6749 section 5.2 writes it, with our own code and the reference beside it.
fn refused(error: ApiError) -> Response {
    let face = error.face();
    let reference = Reference::current().unwrap_or_default();
    let mut response = json_answer(&json!({
        "error": in_oauth(error),
        "error_description": face.explanation.get(Language::En),
        "code": face.code,
        "reference": reference.as_str(),
    }));
    *response.status_mut() = face.status;
    if let Some(seconds) = error.into_response().headers().get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.clone());
    }
    response
}

fn in_oauth(error: ApiError) -> &'static str {
    match error {
        ApiError::ExchangeRefused(refusal) => refusal.in_oauth(),
        ApiError::BadParameter => "invalid_request",
        ApiError::ScopeMissing => "insufficient_scope",
        ApiError::TokenLevelTooLow => "insufficient_user_authentication",
        ApiError::ProofRefused => "invalid_dpop_proof",
        ApiError::ProofNeedsNonce => "use_dpop_nonce",
        ApiError::LoginWithoutCpr => Refusal::SubjectToken.in_oauth(),
        ApiError::Internal => "server_error",
        _ => "temporarily_unavailable",
    }
}

fn json_answer(value: &serde_json::Value) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], value.to_string()).into_response()
}
