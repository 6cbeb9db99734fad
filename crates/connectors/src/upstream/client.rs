//! Sends one request to a source and reads its whole answer, within limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use overblik_widgets::Language;
use url::Url;

use super::address::{AddressPolicy, GuardedResolver};
use crate::error::ConnectorError;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Most header lines that an answer may have.
const MAX_HEADERS: usize = 100;

/// One request to a source.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// How.
    pub(crate) method: Method,
    /// Where. Never holds anything about a citizen.
    pub(crate) url: Url,
    /// The contract's own headers, and what is sent and wanted where that is not JSON; credentials and identifiers among
    /// them are marked sensitive.
    pub(crate) headers: HeaderMap,
    /// The body, as JSON text unless the headers say otherwise.
    pub(crate) body: Option<Vec<u8>>,
    /// The language the citizen reads.
    pub(crate) language: Language,
    /// Most bytes of the answer's body.
    pub(crate) body_limit: usize,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body, read to the end.
    pub(crate) body: Bytes,
}

impl Answer {
    /// The answer, if its status is one of success.
    ///
    /// # Errors
    /// [`ConnectorError::CredentialsRefused`] for 401 and 403, [`ConnectorError::Status`] for any other.
    pub(crate) fn successful(self) -> Result<Self, ConnectorError> {
        match self.status.as_u16() {
            200..=299 => Ok(self),
            refused @ (401 | 403) => Err(ConnectorError::CredentialsRefused(refused)),
            other => Err(ConnectorError::Status(other)),
        }
    }
}

/// The outbound client could not be set up, for lack of working TLS.
#[derive(Debug, thiserror::Error)]
#[error("the outbound client cannot be set up: {0}")]
pub(crate) struct ClientError(#[source] reqwest::Error);

/// Sends requests to sources. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamClient(reqwest::Client);

impl UpstreamClient {
    /// Sets the client up.
    ///
    /// # Errors
    /// [`ClientError`] when TLS cannot be set up on this machine.
    pub(crate) fn new(policy: AddressPolicy) -> Result<Self, ClientError> {
        #[expect(clippy::disallowed_methods, reason = "this is the client with the limits that the ban points to")]
        let client = reqwest::Client::builder()
            .user_agent(concat!("overblik/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(GuardedResolver::new(policy))
            .https_only(policy == AddressPolicy::Production)
            // A redirect or a proxy of the environment would lead past the address guard (R42).
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            // No connection is used twice: on a kept HTTP/1.1 connection a source that sends a second answer late
            // gives one citizen's data to the next citizen's request (R52).
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .http1_only()
            .http1_max_headers(MAX_HEADERS)
            .build()
            .map_err(ClientError)?;
        Ok(Self(client))
    }

    /// Sends one request and reads the whole answer, whatever its status. Sets no deadline for it: the caller's is for all of a source's
    /// requests. Dropping the future closes the connection.
    ///
    /// # Errors
    /// [`ConnectorError`]: unreachable, too large.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, ConnectorError> {
        let json = || HeaderValue::from_static("application/json");
        let mut headers = call.headers;
        headers.entry(header::ACCEPT).or_insert_with(json);
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(call.language.tag()));
        let mut request = self.0.request(call.method, call.url);
        if let Some(body) = call.body {
            headers.entry(header::CONTENT_TYPE).or_insert_with(json);
            request = request.body(body);
        }
        let request = request.headers(headers);
        let response = request.send().await.map_err(|error| unreachable(&error.without_url()))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = read_body(response, call.body_limit).await?;
        Ok(Answer { status, headers, body })
    }
}

/// Reads a body to its end. The announced length is checked first; what really comes is counted all the same.
async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Bytes, ConnectorError> {
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |announced| announced > limit) {
        return Err(ConnectorError::TooLarge);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error.without_url()))? {
        if body.len() + chunk.len() > limit {
            return Err(ConnectorError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The kind of failure is enough for operators; the library's own text could quote what a source sent.
fn unreachable(error: &reqwest::Error) -> ConnectorError {
    let phase = if error.is_connect() {
        "connect"
    } else if error.is_body() || error.is_decode() {
        "body"
    } else {
        "answer"
    };
    tracing::debug!(phase, "no answer from a source");
    ConnectorError::Unreachable
}
