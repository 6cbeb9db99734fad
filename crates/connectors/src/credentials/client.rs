//! How the gateway proves at a token endpoint which client it is: by a secret that both know, or by a signature of its
//! own (RFC 7523), which is of use at that endpoint alone.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, header};
use serde_json::{Map, Value};
use url::Url;

use super::signer::Signer;
use crate::{declared::sensitive_header, error::ConnectorError, secret::Secret, upstream::Call};

/// The type of a signature that says who a client is, so that it passes for no other token (RFC 7523bis).
const ASSERTION_TYPE: &str = "client-authentication+jwt";

/// Seconds that such a signature counts.
const ASSERTION_LIFE_S: u32 = 60;

/// A client as one authorisation server knows it.
#[derive(Debug)]
pub(crate) struct Client {
    /// Its name there.
    pub(crate) id: String,
    /// What proves it.
    pub(crate) proof: ClientProof,
}

/// What proves which client it is.
#[derive(Debug)]
pub(crate) enum ClientProof {
    /// A secret.
    Secret(Secret),
    /// Signatures.
    Keys(Arc<dyn Signer>),
}

/// The fields of a form. Those that are secret are overwritten when dropped.
pub(super) type Fields = Vec<(&'static str, Secret)>;

impl Client {
    /// Adds what proves a call to be the client's.
    ///
    /// # Errors
    /// [`ConnectorError::NothingToShow`] when it cannot be made.
    pub(super) fn prove(&self, call: &mut Call, fields: &mut Fields, endpoint: &Url) -> Result<(), ConnectorError> {
        match &self.proof {
            ClientProof::Secret(secret) => {
                call.headers.insert(header::AUTHORIZATION, self.basic(secret).ok_or(ConnectorError::NothingToShow)?);
            }
            ClientProof::Keys(signer) => {
                let claims = [("iss", self.id.as_str()), ("sub", &self.id), ("aud", endpoint.as_str())];
                let claims: Map<_, _> =
                    claims.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
                let proof =
                    signer.sign(ASSERTION_TYPE, claims, ASSERTION_LIFE_S).ok_or(ConnectorError::NothingToShow)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned();
                fields.push(("client_id", Secret::new(self.id.clone())));
                fields.push(("client_assertion_type", Secret::new(kind)));
                fields.push(("client_assertion", proof));
            }
        }
        Ok(())
    }

    /// Both parts are form-encoded before they become Basic credentials (RFC 6749 section 2.3.1).
    fn basic(&self, secret: &Secret) -> Option<HeaderValue> {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = Secret::new(format!("{}:{}", encoded(&self.id), encoded(secret.reveal())));
        sensitive_header(&format!("Basic {}", STANDARD.encode(pair.reveal())))
    }
}
