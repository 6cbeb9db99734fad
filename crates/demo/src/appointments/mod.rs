//! The appointments of a region's hospitals, as a calendar (iCalendar, RFC 5545). The answer names the patient in
//! `x-patient-cpr`, as a calendar has no place for it.

mod calendar_text;
mod events;

use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;

use crate::{
    calendar::Calendar,
    options::Clock,
    source_gate::{Mistaken, message},
    subject::Subject,
};

/// The hospitals' only call.
pub(crate) fn router(clock: Clock) -> Router {
    Router::new().route("/aftaler/v1/kalender", post(calendar)).with_state(clock)
}

#[derive(Deserialize)]
struct CalendarRequest {
    cpr: String,
}

async fn calendar(mistaken: Option<Extension<Mistaken>>, State(clock): State<Clock>, body: Bytes) -> Response {
    let request = serde_json::from_slice::<CalendarRequest>(&body).ok();
    let Some(subject) = request.and_then(|request| Subject::of(&request.cpr, mistaken.is_some())) else {
        return message(StatusCode::BAD_REQUEST, "a JSON object with the patient's `cpr` (ten digits) is expected");
    };
    let text = calendar_text::calendar(&events::of(subject.slug()), &Calendar::at(clock()));
    let media_type = HeaderValue::from_static("text/calendar; charset=utf-8");
    let mut answer = ([(CONTENT_TYPE, media_type)], text).into_response();
    // Ten digits always are a header value.
    if let Ok(number) = HeaderValue::from_str(&subject.number) {
        answer.headers_mut().insert("x-patient-cpr", number);
    }
    answer
}
