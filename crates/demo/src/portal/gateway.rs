//! What the portal's server asks of the gateway: the ways of docs/portals.md, as a portal would write them.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    Portal,
    asking::{self, Answer, NoAnswer},
};
use crate::secret;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SECTIONS: &str = "urn:overblik:token-type:sections";
const EMBED: &str = "urn:overblik:token-type:embed";

/// Seconds that an assertion counts: it is sent at once.
const ASSERTION_LIFE_S: i64 = 60;

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub(super) enum GatewayError {
    /// The citizen must log in anew.
    #[error("the citizen is logged out")]
    LoggedOut,
    /// The gateway refused, or answered something else than what was asked for.
    #[error("the gateway answered {0}")]
    Refused(StatusCode),
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("no assertion can be signed")]
    NoAssertion,
}

/// By what a portal proves who it is (RFC 7523).
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
}

/// A file of the gateway's in the version that it publishes now. A portal in service writes both in its pages.
#[derive(Default, Deserialize)]
pub(super) struct File {
    name: String,
    path: String,
    pub(super) integrity: String,
    current: bool,
}

#[derive(Deserialize)]
struct Files {
    files: Vec<File>,
}

impl Portal {
    /// Access to the citizen's sections for this server, in exchange for the access token of their login.
    pub(super) async fn section_access(&self, access_token: &str) -> Result<String, GatewayError> {
        self.exchange(&[("subject_token", access_token), ("subject_token_type", ACCESS_TOKEN)]).await
    }

    /// A token with which one of our pages, or a frame on it, shows the sections: for minutes, and for our origin alone.
    pub(super) async fn embed_token(&self, section_access: &str) -> Result<String, GatewayError> {
        self.exchange(&[
            ("subject_token", section_access),
            ("subject_token_type", SECTIONS),
            ("requested_token_type", EMBED),
            ("audience", &self.origin),
        ])
        .await
    }

    /// Ends what the section access opens, when the citizen logs out here.
    pub(super) async fn revoke(&self, section_access: &str) -> Result<(), GatewayError> {
        self.prove("/embed/v1/revoke", &[("token", section_access)]).await.map(drop)
    }

    /// The citizen's overview as JSON, for the web component.
    pub(super) async fn overview(&self, section_access: &str) -> Result<Answer, GatewayError> {
        self.fetch("application/json", section_access).await
    }

    /// The citizen's overview as ready HTML.
    pub(super) async fn fragments(&self, section_access: &str) -> Result<String, GatewayError> {
        let answer = self.fetch("text/html", section_access).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Where a file of the gateway's is, and its hash.
    pub(super) async fn file(&self, name: &str) -> Result<(Url, File), GatewayError> {
        let answer = asking::get(&self.at_gateway("/embed/v1/integrity.json"), "application/json", None).await?;
        let files: Files = read(&answer)?;
        let current = files.files.into_iter().find(|file| file.current && file.name == name);
        let file = current.ok_or(GatewayError::Refused(StatusCode::NOT_FOUND))?;
        Ok((self.at_gateway(&file.path), file))
    }

    async fn fetch(&self, accept: &'static str, section_access: &str) -> Result<Answer, GatewayError> {
        let mut address = self.at_gateway("/embed/v1/overview");
        address.set_query(Some("lang=da"));
        let answer = asking::get(&address, accept, Some(section_access)).await?;
        succeeded(answer)
    }

    async fn exchange(&self, fields: &[(&str, &str)]) -> Result<String, GatewayError> {
        let fields = [&[("grant_type", GRANT_TYPE)], fields].concat();
        let given: Given = read(&self.prove("/embed/v1/token", &fields).await?)?;
        Ok(given.access_token)
    }

    /// Asks as this portal, which signs for it each time.
    async fn prove(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer, GatewayError> {
        let now = (self.clock)().as_second();
        let assertion = Assertion {
            iss: super::NAME,
            sub: super::NAME,
            aud: &self.gateway.origin().ascii_serialization(),
            iat: now,
            exp: now.saturating_add(ASSERTION_LIFE_S),
            jti: &secret::random().map_err(|_| GatewayError::NoAssertion)?,
        };
        let signed = self.key.sign_as("client-authentication+jwt", &assertion);
        let signed = signed.map_err(|_| GatewayError::NoAssertion)?;
        let proof = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", signed.as_str())];
        let answer = asking::post(&self.at_gateway(path), &[fields, &proof].concat()).await?;
        if answer.status == StatusCode::BAD_REQUEST && code(&answer) == "subject-token-refused" {
            return Err(GatewayError::LoggedOut);
        }
        succeeded(answer)
    }

    pub(super) fn at_gateway(&self, path: &str) -> Url {
        let mut address = self.gateway.clone();
        address.set_path(path);
        address
    }
}

fn succeeded(answer: Answer) -> Result<Answer, GatewayError> {
    match answer.status {
        StatusCode::OK => Ok(answer),
        StatusCode::UNAUTHORIZED => Err(GatewayError::LoggedOut),
        status => {
            tracing::warn!(%status, code = code(&answer), "the gateway refused the portal");
            Err(GatewayError::Refused(status))
        }
    }
}

/// The gateway's own name for what is wrong.
fn code(answer: &Answer) -> String {
    let problem = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    problem.get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn read<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, GatewayError> {
    serde_json::from_slice(&answer.body).map_err(|_| GatewayError::Refused(answer.status))
}
