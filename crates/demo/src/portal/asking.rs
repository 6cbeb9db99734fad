//! How the portal's server asks others: one request, one connection, plain HTTP on this machine.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::{Url, form_urlencoded};

/// Beyond the longest that the gateway lets a page wait.
const PATIENCE: Duration = Duration::from_secs(15);

/// The largest answer that is read, in bytes.
const LARGEST: usize = 4 << 20;

/// Nobody answered, or not in a way that can be read.
#[derive(Debug, thiserror::Error)]
#[error("no answer from {host}: {reason}")]
pub(super) struct NoAnswer {
    host: String,
    reason: String,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Fetches something for whoever a token stands for, if it stands for somebody.
pub(super) async fn get(address: &Url, accept: &'static str, token: Option<&str>) -> Result<Answer, NoAnswer> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    if let Some(value) = token.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok()) {
        headers.insert(header::AUTHORIZATION, value);
    }
    ask(address, Method::GET, headers, Bytes::new()).await
}

/// Sends a form.
pub(super) async fn post(address: &Url, fields: &[(&str, &str)]) -> Result<Answer, NoAnswer> {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    ask(address, Method::POST, headers, form.into()).await
}

async fn ask(address: &Url, method: Method, headers: HeaderMap, body: Bytes) -> Result<Answer, NoAnswer> {
    let no_answer = |reason: String| NoAnswer { host: address.host_str().unwrap_or_default().to_owned(), reason };
    match tokio::time::timeout(PATIENCE, exchange(address, method, headers, body)).await {
        Ok(answer) => answer.map_err(|error| no_answer(error.to_string())),
        Err(_) => Err(no_answer("it took too long".to_owned())),
    }
}

async fn exchange(
    address: &Url,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
    let host = address.host_str().unwrap_or_default();
    let port = address.port_or_known_default().unwrap_or_default();
    let stream = TcpStream::connect((host, port)).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let target = address.query().map_or(address.path().to_owned(), |query| format!("{}?{query}", address.path()));
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = target.parse()?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(header::HOST, HeaderValue::from_str(&format!("{host}:{port}"))?);
    let answer = async move {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LARGEST).collect().await?.to_bytes();
        Ok(Answer { status: parts.status, body })
    };
    // The connection ends when its sender is gone, with the answer.
    let (answer, _) = tokio::join!(answer, connection);
    answer
}
