//! The national agency for licences and study grants: what a citizen must do by a day, and what licences they have. It
//! speaks SOAP 1.1: requests and answers are XML with namespaces, and what is wrong comes as a fault.

mod answers;
mod posts;
mod question;

use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};

use crate::{calendar::Calendar, options::Clock, source_gate::Mistaken, subject::Subject};

/// What the SOAP action says; in quotes, as the header has it.
const ACTION: &str = "\"urn:tilladelser.example:oversigt:v1:HentOversigt\"";

/// The agency's only call.
pub(crate) fn router(clock: Clock) -> Router {
    Router::new().route("/ws/OversigtService", post(overview)).with_state(clock)
}

/// What is wrong, as a SOAP fault. SOAP 1.1 has the status 500 for all of them; whoever may not call at all is told so
/// by HTTP.
pub(crate) fn fault(status: StatusCode, text: &str) -> Response {
    let (status, code) = match status {
        StatusCode::UNAUTHORIZED => (status, "Client.Authentication"),
        status if status.is_client_error() => (StatusCode::INTERNAL_SERVER_ERROR, "Client"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "Server"),
    };
    xml(status, answers::fault(code, text))
}

fn xml(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"))], text).into_response()
}

async fn overview(
    mistaken: Option<Extension<Mistaken>>,
    State(clock): State<Clock>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if headers.get("soapaction").is_none_or(|action| action != ACTION) {
        return fault(StatusCode::BAD_REQUEST, "there is no such action");
    }
    let asked = question::number(&body);
    let Some(subject) = asked.and_then(|asked| Subject::of(&asked, mistaken.is_some())) else {
        // The request's own words are not repeated, as they may hold a number.
        return fault(StatusCode::BAD_REQUEST, "HentOversigt with CPRNummer (ten digits) is expected");
    };
    if subject.citizen.is_none() {
        return fault(StatusCode::NOT_FOUND, "the citizen is unknown");
    }
    let posts = posts::of(subject.slug());
    xml(StatusCode::OK, answers::overview(&subject.number, &posts, &Calendar::at(clock())))
}
