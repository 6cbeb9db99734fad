//! The region's health cards. Whoever asks shows a token that was exchanged for it (RFC 8693): the token says about whom,
//! so no number is sent beside it.

mod cards;

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::{
    calendar::Calendar,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
    token_check::{ACCESS_TOKEN_TYPE, TokenCheck},
};
use cards::Card;

struct HealthCards {
    clock: Clock,
    check: TokenCheck,
}

/// The region's only call; who signed a token that counts is for the check to say.
pub(crate) fn router(check: TokenCheck, clock: Clock) -> Router {
    Router::new().route("/sundhedskort/v1/mit-kort", get(card)).with_state(Arc::new(HealthCards { clock, check }))
}

async fn card(
    mistaken: Option<Extension<Mistaken>>,
    State(cards): State<Arc<HealthCards>>,
    headers: HeaderMap,
) -> Response {
    let claims = match cards.check.bearer(&headers, ACCESS_TOKEN_TYPE) {
        Ok(claims) => claims,
        Err(reason) => return message(StatusCode::UNAUTHORIZED, &reason.to_string()),
    };
    let Some(subject) = claims.cpr.and_then(|cpr| Subject::of(&cpr, mistaken.is_some())) else {
        return message(StatusCode::FORBIDDEN, "the token is about no citizen");
    };
    match cards::of(subject.slug()) {
        Some(card) => json_response(StatusCode::OK, &answer(&subject.number, &card, &Calendar::at((cards.clock)()))),
        None => message(StatusCode::NOT_FOUND, "no health card was issued"),
    }
}

fn answer(number: &str, card: &Card, calendar: &Calendar) -> Value {
    json!({
        "patient": {
            "cpr": number,
            "kort": {
                "sikringsgruppe": card.group,
                "gyldigFra": calendar.danish(card.valid_from),
                "region": { "kode": "1089", "navn": "Region Birkeland" },
                "laege": card.doctor.map(|doctor| json!({
                    "ydernummer": doctor.number,
                    "navn": doctor.name,
                    "vej": doctor.street,
                    "postby": doctor.town,
                    "telefon": doctor.phone,
                })),
            },
        },
    })
}
