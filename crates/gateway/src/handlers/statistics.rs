//! The open total: how often all sources together were called, by month. It is the same for everybody, and caches may keep it.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api_error::ApiError,
    app::App,
    statistics::{CSV, ENOUGH_CITIZENS, Row, to_csv, wants_csv},
};

/// The answer in JSON.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OpenTotal<'r> {
    /// A day on which a source was asked about fewer citizens is not in it.
    fewest_citizens: u64,
    /// By month.
    months: &'r [Row],
}

pub(crate) async fn open_total(State(app): State<App>, headers: HeaderMap) -> Result<Response, ApiError> {
    let months = app.statistics.open_total().ok_or(ApiError::NotFound)?.ok_or(ApiError::StatisticsAway)?;
    let kept = [
        // It changes once a day, and a little while other instances hand in what they counted.
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::VARY, "Accept, Accept-Encoding"),
    ];
    if wants_csv(&headers) {
        return Ok((kept, [(header::CONTENT_TYPE, CSV)], to_csv(&months)).into_response());
    }
    Ok((kept, Json(OpenTotal { fewest_citizens: ENOUGH_CITIZENS, months: &months })).into_response())
}
