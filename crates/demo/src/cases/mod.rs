//! The cases of the fictitious municipalities 0901 and 0902, as a data source of the national orchestrator is asked
//! (`hentsagsliste`, version 2.0.0): by name of parameter, with the list of authorities that have an agreement.

mod answers;
mod files;

use axum::{Extension, Router, extract::State, response::Response, routing::post};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use crate::{
    calendar::Calendar,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
};

/// The case system's calls: the orchestrator's, and its own for one case.
pub(crate) fn router(clock: Clock) -> Router {
    Router::new()
        .route("/hentsagsliste/v2.0.0", post(case_list))
        .route("/forloeb/v1/sag", post(course))
        .with_state(clock)
}

#[derive(Deserialize)]
struct CaseListRequest {
    #[serde(rename = "CPR-nr")]
    cpr: String,
    /// Only KOMBIT's systems need it, so nobody must send it.
    kommunenr: Option<String>,
    myndighedsliste: Vec<String>,
    #[serde(rename = "visningsklientID")]
    display_client: String,
    /// The citizen's ticket; this system does not filter by it.
    #[serde(rename = "Token")]
    _token: Option<String>,
}

async fn case_list(mistaken: Option<Extension<Mistaken>>, State(clock): State<Clock>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<CaseListRequest>(&body) else {
        return input_error("CPR-nr, myndighedsliste and visningsklientID are expected");
    };
    let code = |text: &String| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if request.myndighedsliste.is_empty() || !request.myndighedsliste.iter().all(code) {
        return input_error("myndighedsliste must hold authorities' codes of four digits");
    }
    if request.kommunenr.as_ref().is_some_and(|kommunenr| !code(kommunenr)) || request.display_client.is_empty() {
        return input_error("kommunenr or visningsklientID is malformed");
    }
    let Some(subject) = Subject::of(&request.cpr, mistaken.is_some()) else {
        return input_error("CPR-nr must be ten digits");
    };
    let mut cases = files::of(subject.slug());
    // What no agreement lets out stays here.
    cases.retain(|case| request.myndighedsliste.iter().any(|code| code == case.authority));
    json_response(StatusCode::OK, &answers::envelope(&subject.number, &cases, &Calendar::at(clock())))
}

#[derive(Deserialize)]
struct CourseRequest {
    #[serde(rename = "CPR-nr")]
    cpr: String,
    #[serde(rename = "sagsId")]
    id: String,
}

/// What happened in one case, and its documents.
async fn course(mistaken: Option<Extension<Mistaken>>, State(clock): State<Clock>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<CourseRequest>(&body) else {
        return input_error("CPR-nr and sagsId are expected");
    };
    let both = Subject::of(&request.cpr, false).zip(Subject::of(&request.cpr, mistaken.is_some()));
    let Some((asked, subject)) = both else { return input_error("CPR-nr must be ten digits") };
    // A mistaken system tells another person's number with what was asked for.
    let Some(case) = files::of(asked.slug()).into_iter().find(|case| case.id == request.id) else {
        return message(StatusCode::NOT_FOUND, "no such case of this person");
    };
    json_response(StatusCode::OK, &answers::course(&subject.number, &case, &Calendar::at(clock())))
}

/// The request's own words are not repeated, as they may hold a number.
fn input_error(text: &str) -> Response {
    message(StatusCode::BAD_REQUEST, text)
}
