//! The children's book of the fictitious municipalities: what nurseries, schools and health visitors write about a
//! child, for its parents to read. Whoever asks logs in first and shows the key that this gives; a key is good for a few
//! calls. Entries come page by page.

mod book;
mod keys;

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::post};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::{
    calendar::Calendar,
    options::Clock,
    party::GATEWAY,
    secret,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
};
use book::Entry;
use keys::SessionKeys;

/// Entries of one page.
const PAGE: usize = 5;

struct ChildBook {
    clock: Clock,
    password: String,
    keys: SessionKeys,
}

/// The book's calls; the gateway's password is the secret.
pub(crate) fn router(secret: &str, clock: Clock) -> Router {
    let state = Arc::new(ChildBook { clock, password: secret.to_owned(), keys: SessionKeys::default() });
    Router::new()
        .route("/barnetsbog/v1/login", post(log_in))
        .route("/barnetsbog/v1/opslag", post(entries))
        .with_state(state)
}

#[derive(Deserialize)]
struct LogIn {
    #[serde(rename = "bruger")]
    user: String,
    #[serde(rename = "adgangskode")]
    password: String,
}

async fn log_in(State(book): State<Arc<ChildBook>>, body: Bytes) -> Response {
    let Ok(LogIn { user, password }) = serde_json::from_slice(&body) else {
        return message(StatusCode::BAD_REQUEST, "`bruger` and `adgangskode` are expected");
    };
    if user != GATEWAY || !secret::equal(password.as_bytes(), book.password.as_bytes()) {
        return message(StatusCode::UNAUTHORIZED, "the user or the password is wrong");
    }
    match book.keys.give() {
        Ok(key) => json_response(StatusCode::OK, &json!({ "sessionKey": key })),
        Err(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}

#[derive(Deserialize)]
struct EntriesRequest {
    #[serde(rename = "foraelderCpr")]
    parent: String,
    /// Where the page begins, as the page before it said.
    #[serde(rename = "fra")]
    from: Option<String>,
}

async fn entries(
    mistaken: Option<Extension<Mistaken>>,
    State(book): State<Arc<ChildBook>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let key = headers.get("x-session").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !book.keys.use_up(key) {
        return message(StatusCode::UNAUTHORIZED, "the session key is unknown or has expired");
    }
    let Ok(request) = serde_json::from_slice::<EntriesRequest>(&body) else {
        return message(StatusCode::BAD_REQUEST, "a JSON object with `foraelderCpr` is expected");
    };
    let Some(subject) = Subject::of(&request.parent, mistaken.is_some()) else {
        return message(StatusCode::BAD_REQUEST, "`foraelderCpr` must be ten digits");
    };
    let written = book::of(subject.slug());
    let first = match request.from.as_deref() {
        None => 0,
        Some(cursor) => match cursor.strip_prefix("efter-").and_then(|number| number.parse::<usize>().ok()) {
            Some(number) if number < written.len() => number,
            _ => return message(StatusCode::BAD_REQUEST, "`fra` is no place in the book"),
        },
    };
    let page: Vec<&Entry> = written.iter().skip(first).take(PAGE).collect();
    let end = first + page.len();
    let calendar = Calendar::at((book.clock)());
    let answer = json!({
        "foraelder": { "cpr": subject.number },
        "opslag": page.into_iter().zip(first + 1..).map(|(entry, number)| entry.answer(number, &calendar)).collect::<Vec<_>>(),
        "naeste": (end < written.len()).then(|| format!("efter-{end}")),
    });
    json_response(StatusCode::OK, &answer)
}
