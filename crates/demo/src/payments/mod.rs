//! The national payments overview: what is coming, paid, overdue or collected.

mod claims;

use axum::{Extension, Router, extract::State, response::Response, routing::post};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    calendar::Calendar,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
};
use claims::Claim;

/// Where a citizen pays and reads on.
const SITE: &str = "https://www.betalinger.example";

/// The payments overview's only call.
pub(crate) fn router(clock: Clock) -> Router {
    Router::new().route("/gaeldogbetaling/v1/oversigt", post(overview)).with_state(clock)
}

#[derive(Deserialize)]
struct OverviewRequest {
    #[serde(rename = "CPR-nr")]
    cpr: String,
}

async fn overview(mistaken: Option<Extension<Mistaken>>, State(clock): State<Clock>, body: Bytes) -> Response {
    let request = serde_json::from_slice::<OverviewRequest>(&body).ok();
    let Some(subject) = request.and_then(|request| Subject::of(&request.cpr, mistaken.is_some())) else {
        // The request's own words are not repeated, as they may hold a number.
        return message(StatusCode::BAD_REQUEST, "a JSON object with `CPR-nr` (ten digits) is expected");
    };
    let claims = claims::of(subject.slug());
    let calendar = Calendar::at(clock());
    let answer = json!({
        "CPR-nr": subject.number,
        "opgjortTidspunkt": calendar.begun_hour(),
        "antal": claims.len(),
        "betalinger": claims.iter().zip(1..).map(|(claim, index)| payment(claim, index, &calendar)).collect::<Vec<_>>(),
    });
    json_response(StatusCode::OK, &answer)
}

fn payment(claim: &Claim, number: u32, calendar: &Calendar) -> Value {
    json!({
        "id": format!("B-{number:04}"),
        "titel": claim.title,
        "fordringshaver": claim.creditor,
        "beloebOere": claim.amount,
        "restbeloebOere": claim.remaining,
        "status": claim.status.code(),
        "forfaldsdato": claim.due.map(|day| calendar.iso(day)),
        "betaltDato": claim.paid.map(|day| calendar.iso(day)),
        "betalingslink": claim.link.map(|path| format!("{SITE}{path}")),
    })
}
