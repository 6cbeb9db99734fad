//! Sends one request to a source and reads its whole answer, within limits.

use std::{fmt, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use overblik_widgets::Language;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use super::{
    address::{AddressPolicy, check_call},
    connect::{CONNECT_WITHIN, connect},
    exchange::exchange,
    failure::{Failure, TlsFailure},
    resolve::{Resolve, SystemResolver},
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
}

impl UpstreamClient {
    /// A client for a source that may have such addresses, and is trusted and shown us as `tls` says.
    pub(crate) fn new(policy: AddressPolicy, tls: SourceTls) -> Self {
        Self { policy, resolver: Arc::new(SystemResolver), tls }
    }

    /// The same client, with other trust and other certificates.
    pub(crate) fn with_tls(&self, tls: SourceTls) -> Self {
        Self { tls, ..self.clone() }
    }

    /// Sends one request and reads the whole answer, whatever its status; a redirect is an answer like any other. Sets no
    /// deadline for it: the caller's is for all of a source's requests. Dropping the future closes the connection.
    ///
    /// # Errors
    /// [`ConnectorError`]: unreachable, malformed, too large, contract broken by a header.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, ConnectorError> {
        let url = call.url.clone();
        // Boxed: with all of TLS and HTTP in it, it would be large in every future around it.
        Box::pin(self.answer(call)).await.map_err(|failure| failure.told(url.host_str().unwrap_or_default()))
    }

    /// As [`UpstreamClient::send`], with the whole reason of a failure.
    pub(super) async fn answer(&self, call: Call) -> Result<Answer, Failure> {
        check_call(&call.url, self.policy).map_err(|_| Failure::Forbidden)?;
        let (url, body_limit) = (call.url.clone(), call.body_limit);
        let request = request(call)?;
        if url.scheme() != "https" {
            let deadline = Instant::now() + CONNECT_WITHIN;
            let stream = connect(&url, self.policy, self.resolver.as_ref(), deadline).await?;
            return exchange(stream, request, body_limit).await;
        }
        let ways = self.tls.ways();
        let (shown, first) = ways.first();
        let Some(second) = ways.after_refusal(shown) else {
            return self.secured(&url, first, request, body_limit).await;
        };
        match self.secured(&url, first, request.clone(), body_limit).await {
            // The handshake was not completed, so the source has read nothing of the request.
            Err(Failure::Tls(TlsFailure::OursRefused)) => {
                let answer = self.secured(&url, second, request, body_limit).await?;
                ways.next_was_taken();
                Ok(answer)
            }
            outcome => outcome,
        }
    }

    async fn secured(
        &self,
        url: &Url,
        config: Arc<ClientConfig>,
        request: Request<Full<Bytes>>,
        body_limit: usize,
    ) -> Result<Answer, Failure> {
        let deadline = Instant::now() + CONNECT_WITHIN;
        let stream = connect(url, self.policy, self.resolver.as_ref(), deadline).await?;
        let name = match url.host() {
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| Failure::Forbidden)?,
            Some(Host::Ipv4(ip)) => ServerName::IpAddress(IpAddr::V4(ip).into()),
            Some(Host::Ipv6(ip)) => ServerName::IpAddress(IpAddr::V6(ip).into()),
            None => return Err(Failure::Forbidden),
        };
        let secured = timeout_at(deadline, TlsConnector::from(config).connect(name, stream)).await;
        let stream = secured.map_err(|_| Failure::Connect)?.map_err(|error| Failure::of(&error))?;
        exchange(stream, request, body_limit).await
    }
}

/// What goes over the wire for a call.
fn request(call: Call) -> Result<Request<Full<Bytes>>, Failure> {
    let Call { method, url, mut headers, body, language, body_limit: _ } = call;
    let json = HeaderValue::from_static("application/json");
    headers.entry(header::ACCEPT).or_insert_with(|| json.clone());
    headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("overblik/", env!("CARGO_PKG_VERSION"))));
    // No connection is used twice, and the source may know it.
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    if body.is_some() {
        headers.entry(header::CONTENT_TYPE).or_insert(json);
    }
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(Failure::Forbidden),
    };
    headers.insert(header::HOST, HeaderValue::try_from(host).map_err(|_| Failure::Forbidden)?);
    if !headers.iter().all(|(name, value)| is_plain(name, value)) {
        return Err(Failure::Header);
    }
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let mut request = Request::new(Full::from(body.unwrap_or_default()));
    *request.uri_mut() = target.try_into().map_err(|_| Failure::Forbidden)?;
    *request.method_mut() = method;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Visible ASCII, with spaces between words: what `HeaderValue` lets through beyond that is read in more ways than one.
/// A name with an underscore is another name to some servers (requirement R44).
fn is_plain(name: &HeaderName, value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    let plain = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    plain && !value.starts_with(b" ") && !value.ends_with(b" ") && !name.as_str().contains('_')
}
