//! The mailbox's token endpoint, and the tokens that it gave.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{party::GATEWAY, secret, source_gate::json_response};

/// The scope that a token is for.
const SCOPE: &str = "postkasse.overblik";

/// How long a token counts.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

pub(super) struct TokenDesk {
    secret: String,
    /// Until when each token counts.
    given: Mutex<BTreeMap<String, Timestamp>>,
}

impl TokenDesk {
    pub(super) fn new(secret: String) -> Self {
        Self { secret, given: Mutex::default() }
    }

    /// Answers a token request.
    pub(super) fn answer(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Response {
        let form: BTreeMap<_, _> = url::form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| form.get(name).map(String::as_str);
        if !self.knows(headers) {
            return refusal(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        if field("grant_type") != Some("client_credentials") {
            return refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type");
        }
        if field("scope").is_some_and(|scope| scope != SCOPE) {
            return refusal(StatusCode::BAD_REQUEST, "invalid_scope");
        }
        let Ok(token) = secret::random() else {
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
        };
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|_, until| *until > now);
        given.insert(token.clone(), now.saturating_add(LIFETIME).unwrap_or(now));
        let answer = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME.as_secs(), "scope": SCOPE,
        });
        unstored(json_response(StatusCode::OK, &answer))
    }

    /// Whether a token counts now.
    pub(super) fn admits(&self, token: &str, now: Timestamp) -> bool {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).get(token).is_some_and(|until| *until > now)
    }

    /// Whether the client shows who it is, by Basic credentials whose parts are form-encoded (RFC 6749 section 2.3.1).
    fn knows(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
        let pair = shown.and_then(|shown| String::from_utf8(STANDARD.decode(shown).ok()?).ok()).unwrap_or_default();
        let decoded = |part: &str| {
            let form = format!("x={part}");
            url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        let (client, given) = pair.split_once(':').unwrap_or_default();
        decoded(client) == GATEWAY && secret::equal(decoded(given).as_bytes(), self.secret.as_bytes())
    }
}

fn refusal(status: StatusCode, error: &str) -> Response {
    unstored(json_response(status, &json!({ "error": error })))
}

fn unstored(answer: Response) -> Response {
    ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], answer).into_response()
}
