//! What a client gets for its assertion (RFC 6749 section 4.4, RFC 7523 section 2.2) and shows with each request: sealed by us
//! for ourselves, ten minutes, and of no use at any other door (requirement R47).
//!
//! It says who asks and by which key that was proved. What they may is looked up with every request, so that a client or a
//! key that is registered no more opens nothing from that moment on.

use axum::{
    Json,
    extract::{FromRequestParts, Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, header, request::Parts};
use jiff::SignedDuration;
use overblik_registry::Actor;
use overblik_widgets::Language;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Admin, AdminRefusal, error::AdminError};
use crate::{
    api_error::ApiError,
    client_assertion::{self, Door, Proved, Registered},
    edge::body,
    form::Form,
    own_token::OwnToken,
    secrets::random_bytes,
};

/// Seconds that a token lasts.
const LIFE_S: i64 = 600;

/// Largest form of a client, in bytes.
const LARGEST_FORM: usize = 16 * 1024;

const KIND: OwnToken = OwnToken { header: r#"{"alg":"HS256","typ":"overblik-admin+jwt"}"#, key: b"admin-token" };

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    /// What the client calls itself.
    sub: String,
    /// The thumbprint of the key by which it proved that.
    key: String,
    exp: i64,
    jti: String,
}

/// Whoever asks, from their token alone.
pub(super) struct Caller(pub(super) Actor);

impl FromRequestParts<Admin> for Caller {
    type Rejection = AdminError;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, AdminError> {
        let refused = |reason: &'static str| {
            tracing::warn!(reason, "token at the admin API refused");
            AdminError::from(AdminRefusal::Token)
        };
        let mut fields = parts.headers.get_all(header::AUTHORIZATION).iter();
        let (Some(field), None) = (fields.next(), fields.next()) else {
            return Err(refused("there is not one Authorization field"));
        };
        let shown = field.to_str().ok().and_then(|field| field.split_once(' '));
        let (_, token) = shown
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .ok_or_else(|| refused("it is no bearer token"))?;
        let claims: Claims = KIND.verify(token.trim_start(), &admin.app.sessions.ring().keys()).map_err(refused)?;
        if claims.iss != admin.origin || claims.aud != admin.origin {
            return Err(refused("the token is another gateway's"));
        }
        if claims.exp <= admin.app.clock.now().as_second() {
            return Err(refused("the token has expired"));
        }
        let client = admin.client(&claims.sub).await?.ok_or_else(|| refused("the client is registered no more"))?;
        if !client.keys().iter().any(|key| key.thumbprint() == claims.key) {
            return Err(refused("the client's key is registered no more"));
        }
        admin.app.limits.admin(&claims.sub)?;
        // What they asked and what became of it says the request's own line, under the same id.
        tracing::info!(client = claims.sub, "client at the admin API");
        Ok(Self(client.actor))
    }
}

/// A token for a client that proves itself.
pub(super) async fn issue(State(admin): State<Admin>, request: Request) -> Response {
    match given(&admin, request).await {
        Ok(token) => {
            Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFE_S })).into_response()
        }
        Err(error) => in_oauth(error),
    }
}

async fn given(admin: &Admin, request: Request) -> Result<String, ApiError> {
    let request = body::read(request, LARGEST_FORM, admin.app.patience).await?;
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_FORM).await.map_err(|_| ApiError::BodyTooLarge)?;
    let known: Vec<&str> = ["grant_type"].iter().chain(&client_assertion::FIELDS).copied().collect();
    let form = Form::read(&parts.headers, &body, &known)?;
    if form.required("grant_type")? != "client_credentials" {
        return Err(ApiError::BadParameter);
    }
    // The registry is read before, as far as a name could be in it: who is registered is then at hand.
    let registry = admin.registry().await.map_err(|error| error.kind())?;
    let refusal = ApiError::AdminRefused(AdminRefusal::Client);
    let door = Door { us: &admin.origin, used_at: "admin-assertion", refusal };
    let registered = |name: &str| admin.client_in(&registry, name);
    let count = |client: &super::client::Client| admin.app.limits.admin(client.name());
    let Proved { client, key } = door.authenticate(&admin.app, &form, registered, count).await?;
    let now = admin.app.clock.now();
    let expires = now.checked_add(SignedDuration::from_secs(LIFE_S)).unwrap_or(now);
    let claims = Claims {
        iss: admin.origin.clone(),
        aud: admin.origin.clone(),
        sub: client.name().to_owned(),
        key,
        exp: expires.as_second(),
        jti: URL_SAFE_NO_PAD.encode(random_bytes()),
    };
    tracing::info!(client = client.name(), "token for the admin API given");
    Ok(KIND.sign(&claims, &admin.app.sessions.ring().keys()))
}

/// An error as RFC 6749 section 5.2 writes it, with our own code beside it.
fn in_oauth(error: ApiError) -> Response {
    let face = error.face();
    let name = match error {
        ApiError::AdminRefused(AdminRefusal::Client) => "invalid_client",
        ApiError::BadParameter => "invalid_request",
        ApiError::Internal => "server_error",
        _ => "temporarily_unavailable",
    };
    let told = json!({ "error": name, "error_description": face.explanation.get(Language::En), "code": face.code });
    let mut response = error.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = told.to_string().into();
    response
}
