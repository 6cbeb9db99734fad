//! The authorization endpoint: where the browser arrives, and how it is sent back.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY},
};
use url::Url;

use super::{
    ProtocolError, Provider,
    parameters::Parameters,
    request::{AuthorizationRequest, Refusal},
};
use crate::page;

#[derive(Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    nonce: String,
    error: ProtocolError,
}

pub(super) async fn by_query(State(provider): State<Arc<Provider>>, RawQuery(query): RawQuery) -> Response {
    provider.authorize(query.unwrap_or_default().as_bytes())
}

pub(super) async fn by_form(State(provider): State<Arc<Provider>>, body: Bytes) -> Response {
    provider.authorize(&body)
}

impl Provider {
    fn authorize(&self, encoded: &[u8]) -> Response {
        match self.requested(encoded) {
            Ok(request) if request.silent => {
                let error = ProtocolError::new("login_required", "the provider keeps no login sessions");
                self.return_error(&request.redirect_uri, Some(&request.state), error)
            }
            Ok(request) => self.login_page(request),
            Err(Refusal::Untrusted(error)) => refused_page(error),
            Err(Refusal::Returned { redirect_uri, state, error }) => {
                self.return_error(&redirect_uri, state.as_deref(), error)
            }
        }
    }

    fn requested(&self, encoded: &[u8]) -> Result<AuthorizationRequest, Refusal> {
        let parameters = Parameters::parse(encoded).map_err(Refusal::Untrusted)?;
        let Some(request_uri) = parameters.get("request_uri") else {
            return AuthorizationRequest::check(&parameters, &self.clients);
        };
        // Whatever else stands beside the reference is ignored; only what was pushed counts (RFC 9126 section 4).
        let client_id = parameters.get("client_id").filter(|asking| self.client(asking).is_some());
        let client_id =
            client_id.ok_or(Refusal::Untrusted(ProtocolError::invalid_request("client_id is missing or unknown")))?;
        let pushed = self.pushed_request(request_uri).filter(|pushed| pushed.client_id == client_id);
        pushed.ok_or(Refusal::Untrusted(ProtocolError::new(
            "invalid_request_uri",
            "request_uri is unknown, used or expired",
        )))
    }

    /// Sends the browser back with an error.
    pub(super) fn return_error(&self, redirect_uri: &str, state: Option<&str>, error: ProtocolError) -> Response {
        tracing::debug!(error = error.code, description = error.description, "authorization refused");
        let state = state.map(|state| ("state", state));
        let parameters = [("error", error.code), ("error_description", error.description)].into_iter().chain(state);
        self.return_to(redirect_uri, parameters)
    }

    /// Sends the browser back to the client. The issuer is named in every answer (RFC 9207).
    pub(super) fn return_to<'a>(
        &'a self,
        redirect_uri: &str,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Response {
        redirect(redirect_uri, parameters.into_iter().chain([("iss", self.issuer.as_str())]))
    }
}

/// Sends the browser elsewhere with parameters in the query.
pub(super) fn redirect<'a>(target: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Response {
    let mut parameters = parameters.into_iter().peekable();
    let Ok(mut location) = Url::parse(target) else {
        return refused_page(ProtocolError::new("server_error", "a registered address is not a URL"));
    };
    if parameters.peek().is_some() {
        location.query_pairs_mut().extend_pairs(parameters);
    }
    let Ok(location) = HeaderValue::from_str(location.as_str()) else {
        return refused_page(ProtocolError::server_error());
    };
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // The address that the browser leaves may hold a reference to the login.
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Tells the citizen that the login cannot go on, for want of anybody else to tell.
pub(super) fn refused_page(error: ProtocolError) -> Response {
    tracing::debug!(error = error.code, description = error.description, "refused with a page");
    page::respond(StatusCode::BAD_REQUEST, &[], |nonce| RefusedPage { nonce, error })
}
