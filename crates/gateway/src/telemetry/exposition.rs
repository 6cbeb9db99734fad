//! The metrics as they are read: `OpenMetrics` text.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use prometheus_client::encoding::text;

use super::{process::Process, standing};
use crate::{api_error::ApiError, app::App};

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// All metrics as they are now; whether stores are up was asked just before.
///
/// # Errors
/// [`ApiError::Internal`] when they cannot be written, which is a defect of ours.
pub(crate) async fn metrics(app: &App, is_store_up: bool, links: &[(&str, bool)]) -> Result<Response, ApiError> {
    let process = crate::blocking::run(Process::read).await.map_err(|_panic| ApiError::Internal)?;
    let looked_at = standing::looked_at(app, is_store_up, links, &process);
    let mut written = String::with_capacity(64 * 1024);
    let whole = text::encode_registry(&mut written, app.metrics.registry())
        .and_then(|()| text::encode_registry(&mut written, &looked_at))
        .and_then(|()| text::encode_eof(&mut written));
    whole.map_err(|_| ApiError::Internal)?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], written).into_response())
}
