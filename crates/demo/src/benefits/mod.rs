//! The national payer of benefits: what is granted in money and in kind. It lets in nobody without a certificate, and
//! takes each request's number once.

mod answers;
mod grants;
mod seen;

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::{
    calendar::Calendar,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
};
use seen::SeenNumbers;

/// Longest number of a request.
const LONGEST_REQUEST_NUMBER: usize = 46;

struct Benefits {
    clock: Clock,
    seen: SeenNumbers,
}

/// The payer's only call.
pub(crate) fn router(clock: Clock) -> Router {
    let state = Arc::new(Benefits { clock, seen: SeenNumbers::default() });
    Router::new().route("/ydelser/v2/borger", post(overview)).with_state(state)
}

#[derive(Deserialize)]
struct OverviewRequest {
    #[serde(rename = "civilRegistrationIdentifier")]
    cpr: String,
}

async fn overview(
    mistaken: Option<Extension<Mistaken>>,
    State(benefits): State<Arc<Benefits>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let number = headers.get("x-request-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !(1..=LONGEST_REQUEST_NUMBER).contains(&number.len()) {
        return message(StatusCode::BAD_REQUEST, "x-request-id is missing or too long");
    }
    // A number that comes again is taken for the same request, sent twice.
    if !benefits.seen.is_new(number) {
        return message(StatusCode::PRECONDITION_FAILED, "x-request-id was used before");
    }
    let request = serde_json::from_slice::<OverviewRequest>(&body).ok();
    let Some(subject) = request.and_then(|request| Subject::of(&request.cpr, mistaken.is_some())) else {
        return message(StatusCode::BAD_REQUEST, "`civilRegistrationIdentifier` (ten digits) is expected");
    };
    let calendar = Calendar::at((benefits.clock)());
    json_response(StatusCode::OK, &answers::overview(&subject.number, &grants::of(subject.slug()), &calendar))
}
