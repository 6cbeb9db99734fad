//! The digital mailbox in figures: never the messages. Whoever asks has a token for itself from the mailbox's own token
//! endpoint (RFC 6749 section 4.4).

mod boxes;
mod tokens;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    calendar::Calendar,
    options::Clock,
    source_gate::{Mistaken, json_response, message},
    subject::Subject,
};
use boxes::MailBox;
use tokens::TokenDesk;

/// Where tokens are to be had.
pub(crate) const TOKEN_PATH: &str = "/oauth/token";

/// Where a citizen opens the mailbox.
const SITE: &str = "https://www.borgerpost.example/indbakke";

struct Mailboxes {
    clock: Clock,
    desk: TokenDesk,
}

/// The mailbox's calls; the client's secret is the secret.
pub(crate) fn router(secret: &str, clock: Clock) -> Router {
    let desk = TokenDesk::new(secret.to_owned());
    Router::new()
        .route(TOKEN_PATH, post(token))
        .route("/postkasse/v1/overblik", post(overview))
        .with_state(Arc::new(Mailboxes { clock, desk }))
}

async fn token(State(mailboxes): State<Arc<Mailboxes>>, headers: HeaderMap, body: Bytes) -> Response {
    mailboxes.desk.answer(&headers, &body, (mailboxes.clock)())
}

#[derive(Deserialize)]
struct OverviewRequest {
    cpr: String,
}

async fn overview(
    mistaken: Option<Extension<Mistaken>>,
    State(mailboxes): State<Arc<Mailboxes>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = (mailboxes.clock)();
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !bearer.is_some_and(|token| mailboxes.desk.admits(token, now)) {
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        let refusal = message(StatusCode::UNAUTHORIZED, "the token is unknown or has expired");
        return ([(WWW_AUTHENTICATE, challenge)], refusal).into_response();
    }
    let request = serde_json::from_slice::<OverviewRequest>(&body).ok();
    let Some(subject) = request.and_then(|request| Subject::of(&request.cpr, mistaken.is_some())) else {
        return message(StatusCode::BAD_REQUEST, "a JSON object with `cpr` (ten digits) is expected");
    };
    let answer = answer(&subject.number, boxes::of(subject.slug()).as_ref(), &Calendar::at(now));
    json_response(StatusCode::OK, &answer)
}

fn answer(number: &str, mailbox: Option<&MailBox>, calendar: &Calendar) -> Value {
    let Some(mailbox) = mailbox else { return json!({ "cpr": number, "tilmelding": "FRITAGET" }) };
    let mut answer = json!({
        "cpr": number,
        "tilmelding": "TILMELDT",
        "ialt": mailbox.total,
        "seneste": mailbox.latest.map(|(day, time, sender)| {
            json!({ "modtaget": calendar.offset(day, time), "afsender": { "navn": sender, "emne": "[skjult]" } })
        }),
        "afventerSvar": mailbox.awaiting_answer,
        "indbakke": SITE,
    });
    if let (Some(fields), Some(unread)) = (answer.as_object_mut(), mailbox.unread) {
        fields.insert("ulaest".to_owned(), unread.into());
    }
    answer
}
