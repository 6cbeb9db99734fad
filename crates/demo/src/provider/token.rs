//! The token endpoint: a code becomes an `id_token`, and other grants what `exchange` says.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CACHE_CONTROL};
use jiff::{SignedDuration, Timestamp};
use overblik_widgets::AssuranceLevel;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    ACCESS_LIFETIME, ProtocolError, Provider, client, level, parameters::Parameters, person::Person,
    request::AuthorizationRequest,
};
use crate::{secret, token_check::ACCESS_TOKEN_TYPE};

/// How long an `id_token` is valid.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// What a code stands for.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) request: AuthorizationRequest,
    pub(super) person: Person,
    pub(super) level: AssuranceLevel,
    pub(super) auth_time: Timestamp,
}

/// What an ID token says, or a signed access token.
#[derive(Serialize)]
struct TokenClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    sid: &'a str,
    acr: &'static str,
    /// Absent for a citizen without a number, as with real logins.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpr: Option<&'static str>,
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    municipality_code: Option<&'static str>,
    /// What somebody may who works with sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    overblik_role: Option<&'static str>,
    /// Of an ID token.
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    /// Of an access token, as all that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
}

pub(super) async fn exchange(State(provider): State<Arc<Provider>>, headers: HeaderMap, body: Bytes) -> Response {
    match provider.exchange(&headers, &body) {
        Ok(tokens) => ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(tokens)).into_response(),
        Err(error) => error.into_response(),
    }
}

impl Provider {
    fn exchange(&self, headers: &HeaderMap, body: &Bytes) -> Result<Value, ProtocolError> {
        let form = Parameters::parse(body)?;
        let client = client::authenticate(&self.clients, headers, &form)?;
        match form.get("grant_type") {
            Some("authorization_code") => {}
            // Only who asks authorities has tokens for them.
            Some(_) if client.api.is_some() => {
                return Err(ProtocolError::new("unauthorized_client", "this grant_type is not for this client"));
            }
            Some("client_credentials") => return self.system_token(client, &form),
            Some(super::exchange::GRANT_TYPE) => return self.exchanged(client, &form),
            Some(_) => return Err(ProtocolError::new("unsupported_grant_type", "this grant_type is not supported")),
            None => return Err(ProtocolError::invalid_request("grant_type is missing")),
        }
        let code = form.get("code").ok_or(ProtocolError::invalid_request("code is missing"))?;
        // The code is used up whatever else is wrong, so that nobody gets a second guess.
        let grant = self
            .codes
            .redeem(code, self.now())
            .filter(|grant| grant.request.client_id == client.client_id)
            .ok_or(ProtocolError::new("invalid_grant", "code is unknown, used or expired"))?;
        if form.get("redirect_uri") != Some(grant.request.redirect_uri.as_str()) {
            return Err(ProtocolError::new("invalid_grant", "redirect_uri differs from the one asked for"));
        }
        let verifier = form.get("code_verifier").ok_or(ProtocolError::invalid_request("code_verifier is missing"))?;
        if !proves(verifier, &grant.request.code_challenge) {
            return Err(ProtocolError::new("invalid_grant", "code_verifier does not fit the code_challenge"));
        }
        let now = self.now().as_second();
        let sid = secret::random().map_err(|_| ProtocolError::server_error())?;
        let claims = |aud| TokenClaims {
            iss: &self.issuer,
            sub: subject(grant.person.slug()),
            aud,
            exp: now.saturating_add(TOKEN_LIFETIME.as_secs()),
            iat: now,
            auth_time: grant.auth_time.as_second(),
            sid: &sid,
            acr: level::uri(grant.level),
            cpr: grant.person.cpr(),
            name: grant.person.name(),
            municipality_code: grant.person.municipality_code(),
            overblik_role: grant.person.role(),
            nonce: None,
            client_id: None,
            scope: None,
            jti: None,
        };
        let id_token =
            self.signed("JWT", &TokenClaims { nonce: Some(&grant.request.nonce), ..claims(&client.client_id) })?;
        let ticket = self.access_tokens.issue(grant.clone(), self.now()).map_err(|_| ProtocolError::server_error())?;
        let access_token = match &client.api {
            None => ticket,
            Some(api) => self.signed(
                ACCESS_TOKEN_TYPE,
                &TokenClaims {
                    client_id: Some(&client.client_id),
                    scope: Some(&grant.request.scope),
                    jti: Some(&ticket),
                    exp: now.saturating_add(ACCESS_LIFETIME.as_secs()),
                    ..claims(api)
                },
            )?,
        };
        Ok(json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFETIME.as_secs(),
            "scope": grant.request.scope,
            "id_token": id_token,
        }))
    }

    fn signed(&self, kind: &str, claims: &TokenClaims<'_>) -> Result<String, ProtocolError> {
        self.key.sign_as(kind, claims).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            ProtocolError::server_error()
        })
    }

    /// What an access token stands for: the ticket that it is, or that a signed one is called by.
    pub(super) fn grant_of(&self, access_token: &str) -> Option<Grant> {
        let called = self.key.id_of(access_token, &self.issuer);
        self.access_tokens.look(called.as_deref().unwrap_or(access_token), self.now())
    }
}

/// Whether the verifier has the form of RFC 7636 section 4.1 and hashes to the challenge.
fn proves(verifier: &str, challenge: &str) -> bool {
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    well_formed && secret::equal(hash.as_bytes(), challenge.as_bytes())
}

/// Somebody's subject identifier: a UUID (version 8, RFC 9562) made from the slug, hence stable between runs and
/// without any bearing on the civil registration number.
pub(crate) fn subject(slug: &str) -> String {
    let hash = digest(&SHA256, format!("overblik demo subject: {slug}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0x3 << 62) | (0x8 << 76) | (0x2 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        (number >> 80) & 0xffff,
        (number >> 64) & 0xffff,
        (number >> 48) & 0xffff,
        number & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_holds() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(proves("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge));
        assert!(!proves("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", challenge));
    }

    #[test]
    fn subjects_are_uuids_of_version_8_and_stable() {
        let subject_of_tove = subject("twins-tove");
        assert_eq!(subject_of_tove, subject("twins-tove"));
        assert_ne!(subject_of_tove, subject("debt-gert"));
        let parts: Vec<_> = subject_of_tove.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('8') && parts[3].starts_with(['8', '9', 'a', 'b']), "{subject_of_tove}");
    }
}
