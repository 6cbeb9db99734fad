//! The outbound client against sources and networks that mean it no good.

mod addresses;
mod authority;
mod bombs;
mod headers;
mod listening;
mod proxies;
mod redirects;
mod replies;
mod secured;

use http::{HeaderMap, Method};
use overblik_widgets::Language;

use super::{AddressPolicy, Answer, Call, SourceTls, UpstreamClient};
use crate::error::ConnectorError;

/// A client as for the demonstration's sources, which trusts whom the platform trusts.
fn loopback_client() -> UpstreamClient {
    UpstreamClient::new(AddressPolicy::LoopbackAllowed, SourceTls::platform().expect("TLS"))
}

/// A call with a small limit.
fn get(url: &str) -> Call {
    Call {
        method: Method::GET,
        url: url.parse().expect("a URL"),
        headers: HeaderMap::new(),
        body: None,
        language: Language::En,
        body_limit: 4096,
    }
}

/// What came of an answer: its body as text.
fn text(answer: Result<Answer, ConnectorError>) -> Result<String, ConnectorError> {
    answer.map(|answer| String::from_utf8_lossy(&answer.body).into_owned())
}
