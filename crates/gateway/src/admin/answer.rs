//! Answers in JSON, with the number of the last record about a thing as its `ETag`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A thing of the registry, and the number of the last record about it.
pub(super) struct Tagged<T> {
    pub(super) record: u64,
    pub(super) value: T,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.value).into_response();
        // Digits between quotes are a header's value.
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.record)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// Something new, and where it is.
pub(super) struct Created<T> {
    pub(super) at: String,
    pub(super) thing: Tagged<T>,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut response = self.thing.into_response();
        *response.status_mut() = StatusCode::CREATED;
        if let Ok(at) = HeaderValue::from_str(&self.at) {
            response.headers_mut().insert(header::LOCATION, at);
        }
        response
    }
}
