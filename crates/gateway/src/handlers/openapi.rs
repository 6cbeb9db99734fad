//! The description of the API, as whoever writes a program fetches it. It is the same for everybody.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header;

use crate::openapi;

/// Made once: of the types, which do not change.
static DESCRIPTION: LazyLock<String> = LazyLock::new(openapi::description);

pub(crate) async fn show() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, DESCRIPTION.as_str()).into_response()
}
