//! What the provider says about itself (`OpenID` Connect Discovery 1.0, RFC 8414).

use std::sync::Arc;

use axum::{Json, extract::State};
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use super::{Provider, level};

pub(super) async fn metadata(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    let levels = level::ALL.map(level::uri);
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "pushed_authorization_request_endpoint": format!("{issuer}/par"),
        "require_pushed_authorization_requests": false,
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", super::exchange::GRANT_TYPE],
        "subject_types_supported": ["public"],
        "acr_values_supported": levels,
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "cpr", "name", "municipality_code",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        // About request objects by reference; the references of RFC 9126 are another matter.
        "request_uri_parameter_supported": false,
        "prompt_values_supported": ["none", "login"],
        "ui_locales_supported": ["da", "en"],
    }))
}

pub(super) async fn key_set(State(provider): State<Arc<Provider>>) -> Json<JwkSet> {
    Json(provider.key.key_set().clone())
}
