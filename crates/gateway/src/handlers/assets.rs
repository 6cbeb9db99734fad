//! Stylesheet and script. Their names hold a hash of their content, so browsers may keep them for ever.

use axum::response::{IntoResponse, Response};
use http::{Uri, header};

use crate::{api_error::ApiError, page};

pub(crate) async fn asset(uri: Uri) -> Result<Response, ApiError> {
    let asset = page::assets().into_iter().find(|asset| asset.path == uri.path()).ok_or(ApiError::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "Accept-Encoding"),
    ];
    Ok((headers, asset.bytes).into_response())
}
