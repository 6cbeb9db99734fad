//! Pushed authorization requests (RFC 9126): the client hands over its request directly, and the browser carries
//! nothing but a reference to it.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CACHE_CONTROL};
use serde_json::json;

use super::{
    ONE_MINUTE, ProtocolError, Provider, client,
    parameters::Parameters,
    request::{AuthorizationRequest, Refusal},
};

/// What the references begin with (RFC 9126 section 2.2).
const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:";

pub(super) async fn push(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    match provider.push(&headers, &body) {
        Ok(request_uri) => {
            let body = Json(json!({ "request_uri": request_uri, "expires_in": ONE_MINUTE.as_secs() }));
            (StatusCode::CREATED, [(CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response()
        }
        Err(error) => error.into_response(),
    }
}

impl Provider {
    fn push(&self, headers: &HeaderMap, body: &Bytes) -> Result<String, ProtocolError> {
        let parameters = Parameters::parse(body)?;
        let client = client::authenticate(&self.clients, headers, &parameters)?;
        if parameters.get("request_uri").is_some() {
            return Err(ProtocolError::invalid_request("a pushed request cannot refer to another"));
        }
        let request =
            AuthorizationRequest::check(&parameters, std::slice::from_ref(client)).map_err(Refusal::into_error)?;
        let ticket = self.pushed.issue(request, self.now()).map_err(|_| ProtocolError::server_error())?;
        Ok(format!("{REFERENCE}{ticket}"))
    }

    /// The request that a reference stands for; it can be fetched once.
    pub(super) fn pushed_request(&self, request_uri: &str) -> Option<AuthorizationRequest> {
        self.pushed.redeem(request_uri.strip_prefix(REFERENCE)?, self.now())
    }
}
