//! The library: a loan system that knows record numbers but no titles, behind an adapter that finds the patron, and
//! a catalogue that knows titles but no patrons.
//!
//! The paths are the adapter's own: `agencyid` and `patronid` are literal and stand for what the adapter fills in.
//! Whom a call is about comes in the header `x-cpr`; the answer repeats it in `x-patron-cpr`.

mod accounts;
mod answers;
mod catalogue;

use std::collections::BTreeSet;

use axum::{
    Extension, Router,
    extract::{FromRequestParts, RawQuery, State},
    response::Response,
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, request};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    calendar::Calendar,
    citizens,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
};
use accounts::Account;

/// The most record numbers the catalogue takes in one call.
const MOST_RECORDS: usize = 100;

/// The library's calls.
pub(crate) fn router(clock: Clock) -> Router {
    Router::new()
        .route("/external/agencyid/patrons/patronid/v4", get(patron))
        .route("/external/agencyid/patrons/patronid/loans/v2", get(loans))
        .route("/external/v1/agencyid/patrons/patronid/reservations/v2", get(reservations))
        .route("/external/agencyid/patron/patronid/fees/v2", get(fees))
        .route("/catalogue/v1/titles", post(titles))
        .with_state(clock)
}

/// Whom the adapter looked up.
struct Patron {
    number: String,
    /// `None` for somebody the loan system does not know.
    account: Option<Account>,
}

impl<S: Send + Sync> FromRequestParts<S> for Patron {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        let asked = parts.headers.get("x-cpr").and_then(|value| value.to_str().ok());
        let Some(asked) = asked.filter(|text| citizens::has_form_of_number(text)) else {
            return Err(message(StatusCode::BAD_REQUEST, "x-cpr is missing or malformed"));
        };
        let citizen = if parts.extensions.get::<Mistaken>().is_some() {
            Some(citizens::stranger_to(asked))
        } else {
            citizens::by_cpr(asked)
        };
        Ok(Self {
            number: citizen.and_then(|citizen| citizen.cpr).unwrap_or(asked).to_owned(),
            account: citizen.map(|citizen| accounts::of(citizen.slug)),
        })
    }
}

impl Patron {
    /// An answer about this patron.
    fn answer(&self, value: &Value) -> Response {
        self.identify(json_response(StatusCode::OK, value))
    }

    fn identify(&self, mut response: Response) -> Response {
        // Ten digits always are a header value.
        if let Ok(number) = HeaderValue::from_str(&self.number) {
            response.headers_mut().insert("x-patron-cpr", number);
        }
        response
    }
}

async fn patron(patron: Patron, State(clock): State<Clock>) -> Response {
    patron.answer(&answers::patron(patron.account.as_ref(), &Calendar::at(clock())))
}

async fn loans(patron: Patron, State(clock): State<Clock>) -> Response {
    let loans = patron.account.as_ref().map(|account| account.loans.as_slice()).unwrap_or_default();
    patron.answer(&answers::loans(loans, &Calendar::at(clock())))
}

async fn reservations(patron: Patron, State(clock): State<Clock>) -> Response {
    if patron.account.as_ref().is_some_and(|account| account.reservations_unwritten) {
        return patron.identify(Response::default());
    }
    let reservations = patron.account.as_ref().map(|account| account.reservations.as_slice()).unwrap_or_default();
    patron.answer(&answers::reservations(reservations, &Calendar::at(clock())))
}

async fn fees(patron: Patron, RawQuery(query): RawQuery, State(clock): State<Clock>) -> Response {
    let query = query.unwrap_or_default();
    let asked_for = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).and_then(|(_, value)| value.parse::<bool>().ok())
    };
    let (Some(paid), Some(not_payable)) = (asked_for("includepaid"), asked_for("includenonpayable")) else {
        return message(StatusCode::BAD_REQUEST, "includepaid and includenonpayable are required");
    };
    let fees = patron.account.as_ref().map(|account| account.fees.as_slice()).unwrap_or_default();
    let wanted = fees
        .iter()
        .filter(|fee| (paid || fee.paid.is_none()) && (not_payable || fee.payable_by_client))
        .copied()
        .collect::<Vec<_>>();
    patron.answer(&answers::fees(&wanted, &Calendar::at(clock())))
}

#[derive(Deserialize)]
struct TitlesRequest {
    faust: Vec<String>,
}

async fn titles(mistaken: Option<Extension<Mistaken>>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<TitlesRequest>(&body) else {
        return message(StatusCode::BAD_REQUEST, "a JSON object with a list `faust` is expected");
    };
    let faust: BTreeSet<&str> = request.faust.iter().map(String::as_str).collect();
    if faust.len() > MOST_RECORDS {
        return message(StatusCode::BAD_REQUEST, "too many record numbers");
    }
    let materials = if mistaken.is_some() { catalogue::other_materials(&faust) } else { catalogue::materials(&faust) };
    json_response(StatusCode::OK, &materials)
}
