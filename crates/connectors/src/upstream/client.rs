//! Sends one request to a source and reads its whole answer, within limits.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use overblik_widgets::Language;
use tokio::time::Instant;
use url::Url;

use super::{
    address::{AddressPolicy, check_call},
    connections::Connections,
    failure::Failure,
    outgoing::Outgoing,
    resolve::{Resolve, SystemResolver},
    sending::Sending,
    tls::SourceTls,
};
use crate::error::ConnectorError;

/// One request to a source.
#[derive(Clone)]
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
    /// Whether asking twice is the same as asking once, so that it may be sent again where nobody knows whether it was read.
    pub(crate) idempotent: bool,
    /// When its caller stops waiting, which the source is told.
    pub(crate) deadline: Option<Instant>,
    /// Most bytes of the answer's body.
    pub(crate) body_limit: usize,
}

/// A whole answer.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body, read to the end.
    pub(crate) body: Bytes,
}

/// Without what is about citizens, or opens something: bodies, what headers say, and what stands in an address.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} {})", self.method, self.url.host_str().unwrap_or_default())
    }
}

/// As [`Call`]'s.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.status.as_u16())
    }
}

impl Answer {
    /// The answer, if its status is one of success.
    ///
    /// # Errors
    /// [`ConnectorError::CredentialsRefused`] for 401 and 403, [`ConnectorError::Status`] for any other.
    pub(crate) fn successful(self) -> Result<Self, ConnectorError> {
        match self.status.as_u16() {
            // What is only accepted (202) or a part (206) is not the answer, and would look like one that holds little.
            incomplete @ (202 | 206) => Err(ConnectorError::Status(incomplete)),
            200..=299 => Ok(self),
            refused @ (401 | 403) => Err(ConnectorError::CredentialsRefused(refused)),
            other => Err(ConnectorError::Status(other)),
        }
    }
}

/// Sends requests to one source. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamClient {
    pub(super) policy: AddressPolicy,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) tls: SourceTls,
    /// The header in which the source sends back what it finds there, if it does.
    pub(super) echo: Option<HeaderName>,
    pub(super) connections: Arc<Connections>,
}

impl UpstreamClient {
    /// A client for a source that may have such addresses, and is trusted and shown us as `tls` says.
    pub(crate) fn new(policy: AddressPolicy, tls: SourceTls) -> Self {
        Self { policy, resolver: Arc::new(SystemResolver), tls, echo: None, connections: Arc::default() }
    }

    /// The same client, for a source that sends back what each call carries in a header.
    pub(crate) fn with_echo(self, echo: Option<HeaderName>) -> Self {
        Self { echo, ..self }
    }

    /// The same client for another party than the source, which has promised no echo: with other trust and other
    /// certificates, where there are any.
    pub(crate) fn for_other_party(&self, tls: Option<&SourceTls>) -> Self {
        Self { tls: tls.unwrap_or(&self.tls).clone(), echo: None, ..self.clone() }
    }

    /// Sends one request and reads the whole answer, whatever its status; a redirect is an answer like any other. Sets no
    /// deadline for it: the caller's is for all of a source's requests. Dropping the future ends the request.
    ///
    /// # Errors
    /// [`ConnectorError`]: unreachable, malformed, too large, contract broken by a header.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, ConnectorError> {
        // Boxed: with all of TLS and HTTP in it, it would be large in every future around it.
        Box::pin(self.answer(&call)).await.map_err(|failure| failure.told(call.url.host_str().unwrap_or_default()))
    }

    /// As [`UpstreamClient::send`], with the whole reason of a failure.
    pub(super) async fn answer(&self, call: &Call) -> Result<Answer, Failure> {
        check_call(&call.url, self.policy).map_err(|_| Failure::Forbidden)?;
        let outgoing = Outgoing::of(call, self.echo.as_ref())?;
        Sending::new(self, call, &outgoing)?.send().await
    }
}
