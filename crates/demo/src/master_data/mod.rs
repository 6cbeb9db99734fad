//! The population register. Whoever asks shows what it signed itself about the citizen: the register trusts the gateway's
//! keys and asks for nothing else.

mod people;

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::{
    calendar::Calendar,
    citizens::DemoCitizen,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
    token_check::{CITIZEN_ASSERTION_TYPE, TokenCheck},
};

struct Register {
    clock: Clock,
    check: TokenCheck,
}

/// The register's only call.
pub(crate) fn router(check: TokenCheck, clock: Clock) -> Router {
    Router::new().route("/persondata/v1/mig", get(person)).with_state(Arc::new(Register { clock, check }))
}

async fn person(
    mistaken: Option<Extension<Mistaken>>,
    State(register): State<Arc<Register>>,
    headers: HeaderMap,
) -> Response {
    let claims = match register.check.bearer(&headers, CITIZEN_ASSERTION_TYPE) {
        Ok(claims) => claims,
        Err(reason) => return message(StatusCode::UNAUTHORIZED, &reason.to_string()),
    };
    let Some(subject) = claims.cpr.and_then(|cpr| Subject::of(&cpr, mistaken.is_some())) else {
        return message(StatusCode::FORBIDDEN, "the assertion is about no citizen");
    };
    match subject.citizen {
        Some(citizen) => {
            let answer = answer(&subject.number, citizen, &Calendar::at((register.clock)()));
            json_response(StatusCode::OK, &answer)
        }
        None => json_response(StatusCode::OK, &json!({ "svar": "UKENDT", "person": { "cpr": subject.number } })),
    }
}

fn answer(number: &str, citizen: &DemoCitizen, calendar: &Calendar) -> Value {
    let known = people::of(citizen.slug);
    let (first, last) = citizen.name.rsplit_once(' ').unwrap_or(("", citizen.name));
    json!({
        "svar": "FUNDET",
        "person": {
            "cpr": number,
            "navn": { "fornavne": first, "efternavn": last },
            "adresse": {
                "vejnavn": known.street,
                "husnr": known.house,
                "etageDoer": known.floor,
                "postby": known.town,
                "tilflyttet": known.moved_in.map(|day| calendar.iso(day)),
            },
            "kommune": { "kode": citizen.municipality_code, "navn": people::municipality(citizen.municipality_code) },
            "civilstand": known.marital_status,
            "adressebeskyttet": if known.protected { "J" } else { "N" },
            "kontakt": { "mobil": known.phone, "epost": known.email },
        },
    })
}
