//! The end-session endpoint (`OpenID` Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use bytes::Bytes;
use http::StatusCode;

use super::{
    ProtocolError, Provider,
    authorize::{redirect, refused_page},
    parameters::Parameters,
};
use crate::{options::DemoClient, page};

#[derive(Template)]
#[template(path = "logged_out.html")]
struct LoggedOutPage {
    nonce: String,
}

pub(super) async fn by_query(State(provider): State<Arc<Provider>>, RawQuery(query): RawQuery) -> Response {
    provider.end_session(query.unwrap_or_default().as_bytes()).unwrap_or_else(refused_page)
}

pub(super) async fn by_form(State(provider): State<Arc<Provider>>, body: Bytes) -> Response {
    provider.end_session(&body).unwrap_or_else(refused_page)
}

impl Provider {
    /// Sends the browser to where the client wants it, if the client is known and has registered that address. As
    /// there is no session to end, the citizen is not asked whether to end it.
    fn end_session(&self, encoded: &[u8]) -> Result<Response, ProtocolError> {
        let parameters = Parameters::parse(encoded)?;
        let client_id = parameters.get("client_id");
        if client_id.is_some_and(|asked| self.client(asked).is_none()) {
            return Err(ProtocolError::invalid_request("client_id is unknown"));
        }
        let hint = parameters.get("id_token_hint");
        let named = |client: &&DemoClient| client_id.is_none_or(|asked| asked == client.client_id);
        let hinted =
            |client: &&DemoClient| hint.is_none_or(|token| self.key.has_signed(token, &self.issuer, &client.client_id));
        let leaving =
            self.clients.iter().filter(named).find(hinted).ok_or(ProtocolError::invalid_request(
                "id_token_hint is not a token of this provider for the client",
            ))?;
        let Some(target) = parameters.get("post_logout_redirect_uri") else {
            return Ok(page::respond(StatusCode::OK, &[], |nonce| LoggedOutPage { nonce }));
        };
        if client_id.is_none() && hint.is_none() {
            return Err(ProtocolError::invalid_request("client_id or id_token_hint is needed for a return"));
        }
        if !leaving.post_logout_redirect_uris.iter().any(|registered| registered == target) {
            return Err(ProtocolError::invalid_request("post_logout_redirect_uri is not registered"));
        }
        Ok(redirect(target, parameters.get("state").map(|state| ("state", state))))
    }
}
