//! The daycare allocation of the fictitious municipalities 0901 and 0902: waiting lists and enrolments, asked by the
//! parent's number.
//!
//! The answers hold more than an overview needs, the numbers of child and partner and the income behind the price
//! among it, as real ones do.

mod answers;
mod families;

use axum::{Extension, Router, extract::State, response::Response, routing::post};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::{
    calendar::Calendar,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
};
use families::Family;

/// The daycare allocation's calls.
pub(crate) fn router(clock: Clock) -> Router {
    Router::new()
        .route("/minside/venteliste/hent", post(waiting_lists))
        .route("/minside/indmeldelser/hent", post(enrolments))
        .with_state(clock)
}

#[derive(Deserialize)]
struct ParentRequest {
    cprnr: String,
}

/// Whom an answer is about.
struct Parent {
    number: String,
    family: Family,
}

impl Parent {
    /// Reads the request. Its text is never repeated in an error, as it may hold a number.
    fn from_request(body: &Bytes, mistaken: bool) -> Option<Self> {
        let request: ParentRequest = serde_json::from_slice(body).ok()?;
        let subject = Subject::of(&request.cprnr, mistaken)?;
        Some(Self { family: families::of(subject.slug()), number: subject.number })
    }
}

fn malformed() -> Response {
    message(StatusCode::BAD_REQUEST, "a JSON object with the parent's `cprnr` (ten digits) is expected")
}

async fn waiting_lists(mistaken: Option<Extension<Mistaken>>, State(clock): State<Clock>, body: Bytes) -> Response {
    let Some(parent) = Parent::from_request(&body, mistaken.is_some()) else { return malformed() };
    let answer = answers::waiting_lists(&parent.number, &parent.family.waiting, &Calendar::at(clock()));
    json_response(StatusCode::OK, &answer)
}

async fn enrolments(mistaken: Option<Extension<Mistaken>>, State(clock): State<Clock>, body: Bytes) -> Response {
    let Some(parent) = Parent::from_request(&body, mistaken.is_some()) else { return malformed() };
    if parent.family.enrolled.is_empty() {
        let answer = json!({ "fejlkode": "FORAELDER_IKKE_FUNDET", "besked": "Ingen indmeldelser fundet" });
        return json_response(StatusCode::NOT_FOUND, &answer);
    }
    json_response(StatusCode::OK, &answers::enrolments(&parent.number, &parent.family, &Calendar::at(clock())))
}
