//! The files that portals' pages load, and their hashes.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, Uri, header};

use crate::{
    api_error::ApiError,
    embed::files::{files, integrity},
};

/// Pages of other origins load these; browsers are told so.
const RESOURCE_POLICY: (HeaderName, &str) = (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin");

pub(crate) async fn file(uri: Uri) -> Result<Response, ApiError> {
    let file = files().into_iter().find(|file| file.path == uri.path()).ok_or(ApiError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, file.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // Who may read it stands in the answer.
        (header::VARY, "Origin, Accept-Encoding"),
        RESOURCE_POLICY,
    ];
    Ok((headers, file.bytes).into_response())
}

pub(crate) async fn list() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        // A new version is to be had soon, and a former one stays.
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::VARY, "Origin, Accept-Encoding"),
        RESOURCE_POLICY,
    ];
    (headers, integrity().to_string()).into_response()
}
