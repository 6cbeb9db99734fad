//! The national payments overview: what is coming, paid, overdue or collected.

mod claims;

use axum::{
    Extension, Router,
    extract::{Path, State},
    response::Response,
    routing::post,
};
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
use claims::{Claim, Line};

/// Where a citizen pays and reads on.
const SITE: &str = "https://www.betalinger.example";

/// The payments overview's calls.
pub(crate) fn router(clock: Clock) -> Router {
    Router::new()
        .route("/gaeldogbetaling/v1/oversigt", post(overview))
        .route("/gaeldogbetaling/v1/betaling/{id}", post(details))
        .with_state(clock)
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

/// One payment with the lines of its bill.
async fn details(
    mistaken: Option<Extension<Mistaken>>,
    State(clock): State<Clock>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let request = serde_json::from_slice::<OverviewRequest>(&body).ok();
    let both = request
        .and_then(|request| Some((Subject::of(&request.cpr, false)?, Subject::of(&request.cpr, mistaken.is_some())?)));
    let Some((asked, subject)) = both else {
        return message(StatusCode::BAD_REQUEST, "a JSON object with `CPR-nr` (ten digits) is expected");
    };
    // A mistaken system tells another person's number with what was asked for.
    let claims = claims::of(asked.slug());
    let Some((claim, number)) = claims.iter().zip(1..).find(|(_, number)| id_of(*number) == id) else {
        return message(StatusCode::NOT_FOUND, "no such payment of this person");
    };
    let calendar = Calendar::at(clock());
    let lines: Vec<_> = claim.lines.iter().map(bill_line).collect();
    let mut answer = payment(claim, number, &calendar);
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("linjer".to_owned(), lines.into());
    }
    let answer = json!({ "CPR-nr": subject.number, "opgjortTidspunkt": calendar.begun_hour(), "betaling": answer });
    json_response(StatusCode::OK, &answer)
}

fn bill_line(line: &Line) -> Value {
    json!({ "tekst": line.text, "beloebOere": line.amount, "periode": line.period })
}

fn id_of(number: u32) -> String {
    format!("B-{number:04}")
}

fn payment(claim: &Claim, number: u32, calendar: &Calendar) -> Value {
    json!({
        "id": id_of(number),
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
