//! What the targets share: an answer, and the size of what was made of it.

pub mod wire;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use overblik_connectors::fuzzing::Told;
use serde_json::Value;

/// The fictitious citizen whom all answers should be about.
pub const CPR: &str = "6101010001";

/// Another one.
pub const OTHER_CPR: &str = "6201010002";

/// A successful answer of this type.
pub fn told(content_type: &'static str, body: impl Into<Bytes>) -> Told {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    // The headers in which the contracts here have their sources name the person.
    for name in ["x-patron-cpr", "x-owner"] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(CPR));
    }
    Told { status: StatusCode::OK, headers, body: body.into() }
}

/// How many values a value holds, itself among them, and how deep they stand.
pub fn size(value: &Value) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match value {
        Value::Array(items) => items.iter().map(size).collect(),
        Value::Object(members) => members.values().map(size).collect(),
        _ => return (1, 0),
    };
    let nodes = inner.iter().map(|(nodes, _)| nodes).sum::<usize>() + 1;
    (nodes, inner.iter().map(|(_, depth)| depth).max().unwrap_or(&0) + 1)
}

/// The longest text or key in a value, in characters.
pub fn longest_text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(longest_text).max().unwrap_or(0),
        Value::Object(members) => {
            members.iter().map(|(key, value)| key.chars().count().max(longest_text(value))).max().unwrap_or(0)
        }
        _ => 0,
    }
}
