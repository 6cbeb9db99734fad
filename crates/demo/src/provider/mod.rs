//! The identity provider: a small, strict `OpenID` provider for the authorization code flow.
//!
//! It keeps no login session: every login shows the page, and a logout has nothing to end but the browser's journey.
//! It asks more than the standards do (`state`, `nonce` and PKCE with S256 are required), so that a client that
//! forgets one of them is found out here.
//!
//! # Logging in without a browser
//!
//! 1. `GET` the authorization endpoint. The page holds one form, which posts to [`LOGIN_PATH`], with a hidden field
//!    [`field::TRANSACTION`].
//! 2. `POST` that field, [`field::CITIZEN`] (a [`DemoCitizen::slug`]) and [`field::LEVEL`] (`low`, `substantial` or
//!    `high`) to [`LOGIN_PATH`]. With [`field::CANCEL`] (any value) instead of a citizen the login is cancelled.
//! 3. The answer is a 303 to the client's redirect URI.
//!
//! [`DemoCitizen::slug`]: crate::DemoCitizen::slug

mod authorize;
mod client;
mod discovery;
mod exchange;
mod keys;
mod level;
mod login;
mod logout;
mod par;
mod parameters;
mod person;
mod request;
mod tickets;
mod token;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    middleware::map_response_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, DATE},
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822::DateTimePrinter};
use serde_json::json;

use crate::options::{Clock, DemoClient};
pub(crate) use keys::KeyError;
pub(crate) use keys::SigningKey;
use request::AuthorizationRequest;
pub(crate) use tickets::Tickets;
use token::Grant;
pub(crate) use token::subject;

/// Where the login page's form is posted, below the issuer.
pub const LOGIN_PATH: &str = "/authorize/login";

/// The names of the login form's fields.
pub mod field {
    /// Hidden: which login this is.
    pub const TRANSACTION: &str = "transaction";
    /// The slug of the citizen who logs in, or of whoever works here.
    pub const CITIZEN: &str = "citizen";
    /// The assurance level: `low`, `substantial` or `high`.
    pub const LEVEL: &str = "level";
    /// Present when the login is cancelled.
    pub const CANCEL: &str = "cancel";
}

/// How long a pushed request and a code can be used (RFC 9126 section 2.2 and FAPI 2.0: at most a minute).
const ONE_MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// How long the login page can be left open.
const LOGIN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// How long an access token can be exchanged. There are no refresh tokens here, so it is as long as a visit may take.
const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// The provider's state.
pub(crate) struct Provider {
    issuer: String,
    /// The gateway, and whoever else sends citizens here to log in.
    clients: Vec<DemoClient>,
    key: Arc<SigningKey>,
    clock: Clock,
    pushed: Tickets<AuthorizationRequest>,
    logins: Tickets<AuthorizationRequest>,
    codes: Tickets<Grant>,
    /// What access tokens stand for, as long as they last.
    access_tokens: Tickets<Grant>,
}

impl Provider {
    /// A provider that signs with this key.
    pub(crate) fn new(issuer: String, clients: Vec<DemoClient>, clock: Clock, key: Arc<SigningKey>) -> Self {
        Self {
            issuer,
            clients,
            key,
            clock,
            pushed: Tickets::lasting(ONE_MINUTE),
            logins: Tickets::lasting(LOGIN_LIFETIME),
            codes: Tickets::lasting(ONE_MINUTE),
            access_tokens: Tickets::lasting(ACCESS_LIFETIME),
        }
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn client(&self, client_id: &str) -> Option<&DemoClient> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }

    /// The provider's endpoints.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery::metadata))
            .route("/jwks", get(discovery::key_set))
            .route("/par", post(par::push))
            .route("/authorize", get(authorize::by_query).post(authorize::by_form))
            .route(LOGIN_PATH, post(login::submit))
            .route("/token", post(token::exchange))
            .route("/logout", get(logout::by_query).post(logout::by_form))
            .layer(map_response_with_state(Arc::clone(&self.clock), dated))
            .with_state(Arc::new(self))
    }
}

/// Says when an answer was made, by the provider's own clock.
async fn dated(State(clock): State<Clock>, mut response: Response) -> Response {
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&clock());
    if let Some(date) = date.ok().and_then(|date| date.parse().ok()) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// An error of OAuth 2.0 or `OpenID` Connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ProtocolError {
    /// The registered error code.
    code: &'static str,
    /// For the developer; in ASCII without quotes or backslashes (RFC 6749 section 5.2).
    description: &'static str,
}

impl ProtocolError {
    const fn new(code: &'static str, description: &'static str) -> Self {
        Self { code, description }
    }

    const fn invalid_request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    const fn server_error() -> Self {
        Self::new("server_error", "the provider could not make its answer")
    }
}

/// Errors of the endpoints that clients call directly (RFC 6749 section 5.2).
impl IntoResponse for ProtocolError {
    fn into_response(self) -> Response {
        let status = match self.code {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        tracing::debug!(error = self.code, description = self.description, "refused");
        let body = Json(json!({ "error": self.code, "error_description": self.description }));
        let mut response = (status, [(CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"demo identity provider\"");
            response.headers_mut().insert(http::header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
