//! The outbound client against sources and networks that mean it no good.

mod addresses;
mod amiss;
mod authority;
mod bombs;
mod differential;
mod frames;
mod headers;
mod kept;
mod listening;
mod proxies;
mod redirects;
mod repeated;
mod replies;
mod secured;
mod shared;
mod sharing;
mod streams;

use http::{HeaderMap, HeaderValue, Method};
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
        idempotent: true,
        deadline: None,
        body_limit: 4096,
    }
}

/// What came of an answer: its body as text.
fn text(answer: Result<Answer, ConnectorError>) -> Result<String, ConnectorError> {
    answer.map(|answer| String::from_utf8_lossy(&answer.body).into_owned())
}

#[test]
fn r61_neither_a_call_nor_an_answer_can_be_printed_with_what_is_in_it() {
    let body = b"subject_token=the-login-token&cpr=6101010001".to_vec();
    let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static("Bearer the-token"))]);
    let call = Call { body: Some(body.clone()), headers: headers.clone(), ..get("https://library.example/a?b=c") };
    assert_eq!(format!("{call:?}"), "Call(GET library.example)");
    let answer = Answer { status: http::StatusCode::OK, headers, body: body.into() };
    assert_eq!(format!("{answer:?}"), "Answer(200)");
}
