//! The token service: an access token of a login becomes a token, or an assertion, that one authority takes (RFC 8693),
//! and the gateway gets tokens of its own (RFC 6749 section 4.4).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{ProtocolError, Provider, level, parameters::Parameters, token::subject};
use crate::{
    options::DemoClient,
    secret,
    token_check::{self, ACCESS_TOKEN_TYPE, ASSERTION_TYPE, SourceClaims},
};

/// The exchange's name among the grants.
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SAML2: &str = "urn:ietf:params:oauth:token-type:saml2";

/// Seconds that what is exchanged counts.
const LIFE_S: i64 = 60;

impl Provider {
    /// A token of the gateway's own, of no citizen.
    pub(super) fn system_token(&self, client: &DemoClient, form: &Parameters) -> Result<Value, ProtocolError> {
        let claims = self.claims(client, form, client.client_id.clone())?;
        let token = self.sign(ACCESS_TOKEN_TYPE, &claims)?;
        Ok(json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFE_S }))
    }

    /// A token, or an assertion, about the citizen of an access token.
    pub(super) fn exchanged(&self, client: &DemoClient, form: &Parameters) -> Result<Value, ProtocolError> {
        if form.get("subject_token_type") != Some(ACCESS_TOKEN) || form.get("actor_token").is_some() {
            return Err(ProtocolError::invalid_request("only an access token is exchanged, and nobody else acts"));
        }
        // Only what this provider gave a login counts: what it gave for a source does not become another source's.
        let grant = form
            .get("subject_token")
            .and_then(|token| self.grant_of(token))
            .ok_or(ProtocolError::new("invalid_grant", "subject_token is unknown or expired"))?;
        let citizen = SourceClaims {
            cpr: grant.person.cpr().map(str::to_owned),
            loa: Some(level::english(grant.level).to_owned()),
            act: Some(json!({ "sub": client.client_id })),
            ..self.claims(client, form, subject(grant.person.slug()))?
        };
        match form.get("requested_token_type") {
            None | Some(ACCESS_TOKEN) => Ok(json!({
                "access_token": self.sign(ACCESS_TOKEN_TYPE, &citizen)?,
                "issued_token_type": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": LIFE_S,
            })),
            Some(SAML2) => {
                let assertion = token_check::assertion(&citizen, &self.sign(ASSERTION_TYPE, &citizen)?);
                Ok(json!({
                    "access_token": URL_SAFE_NO_PAD.encode(assertion),
                    "issued_token_type": SAML2, "token_type": "N_A", "expires_in": LIFE_S,
                }))
            }
            Some(_) => Err(ProtocolError::invalid_request("requested_token_type is not supported")),
        }
    }

    fn claims(&self, client: &DemoClient, form: &Parameters, sub: String) -> Result<SourceClaims, ProtocolError> {
        let audience = form.get("audience").filter(|audience| token_check::is_registered(audience));
        let aud = audience.ok_or(ProtocolError::new("invalid_target", "audience is missing or not registered"))?;
        let now = self.now().as_second();
        Ok(SourceClaims {
            iss: self.issuer.clone(),
            aud: aud.to_owned(),
            sub,
            client_id: client.client_id.clone(),
            iat: now,
            exp: now.saturating_add(LIFE_S),
            jti: secret::random().map_err(|_| ProtocolError::server_error())?,
            cpr: None,
            loa: None,
            act: None,
        })
    }

    fn sign(&self, kind: &str, claims: &SourceClaims) -> Result<String, ProtocolError> {
        self.key.sign_as(kind, claims).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            ProtocolError::server_error()
        })
    }
}
