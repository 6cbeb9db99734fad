//! What the stand-in answers.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, Uri, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use serde_json::{Value, json};

use super::board::{Board, Document, Grant, Request, TokenOrder, value};

type Shared = Arc<Mutex<Board>>;

pub(super) fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every answer says when it was made, by the stand-in's clock.
pub(super) async fn answer(State(board): State<Shared>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let mut response = undated(&board, &uri, &headers, &body).await;
    let date = Timestamp::from_second(lock(&board).now()).ok();
    let date = date.and_then(|date| DateTimePrinter::new().timestamp_to_rfc9110_string(&date).ok());
    if let Some(date) = date.and_then(|date| date.parse().ok()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn undated(board: &Shared, uri: &Uri, headers: &HeaderMap, body: &str) -> Response {
    let request = Request {
        path: uri.path().to_owned(),
        query: pairs(uri.query().unwrap_or_default()),
        authorization: headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned),
        form: pairs(body),
    };
    lock(board).requests.push(request.clone());
    match uri.path() {
        "/.well-known/openid-configuration" => document(&lock(board).metadata),
        "/jwks" => document(&lock(board).key_set),
        "/par" => push(&mut lock(board), &request),
        "/authorize" => Redirect::to(&authorise(&mut lock(board), &request)).into_response(),
        "/token" => token(board, &request).await,
        "/revoke" => {
            lock(board).refresh_tokens.remove(request.field("token"));
            StatusCode::OK.into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

fn document((status, location, body): &Document) -> Response {
    let location = location.iter().map(|location| (header::LOCATION, location.clone()));
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned())].into_iter().chain(location);
    (*status, axum::response::AppendHeaders(headers.collect::<Vec<_>>()), body.clone()).into_response()
}

fn push(board: &mut Board, request: &Request) -> Response {
    let reference = format!("urn:ietf:params:oauth:request_uri:{}", board.count());
    board.pushed.insert(reference.clone(), request.form.clone());
    (StatusCode::CREATED, Json(json!({ "request_uri": reference, "expires_in": 60 }))).into_response()
}

/// Where a browser is led that comes here: whoever comes is logged in at once.
pub(super) fn authorise(board: &mut Board, request: &Request) -> String {
    let pushed = board.pushed.remove(request.parameter("request_uri"));
    let asked = pushed.as_ref().unwrap_or(&request.query);
    let person = board.next.pop_front().unwrap_or_else(|| board.person.clone());
    let family = board.count();
    let code = format!("code-{family}");
    let nonce = value(asked, "nonce").to_owned();
    board.codes.insert(code.clone(), Grant { person, nonce, authenticated: board.now(), family });
    let mut answer = url::form_urlencoded::Serializer::new(String::new());
    answer.append_pair("code", &code).append_pair("state", value(asked, "state"));
    format!("{}?{}", value(asked, "redirect_uri"), answer.finish())
}

async fn token(board: &Shared, request: &Request) -> Response {
    let order = lock(board).orders.pop_front();
    match order {
        None => exchange(&mut lock(board), request),
        Some(TokenOrder::Late(time)) => {
            // It has done its work before it waits: whoever gives up meanwhile cannot know.
            let answer = exchange(&mut lock(board), request);
            tokio::time::sleep(time).await;
            answer
        }
        Some(TokenOrder::Status(status)) => (status, "{}").into_response(),
        Some(TokenOrder::InvalidGrant) => invalid_grant(),
        Some(TokenOrder::Cut) => {
            drop(exchange(&mut lock(board), request));
            let cut = futures::stream::once(async { Err::<Bytes, _>(io::Error::other("cut")) });
            Body::from_stream(cut).into_response()
        }
        Some(TokenOrder::Body(body)) => {
            drop(exchange(&mut lock(board), request));
            body.into_response()
        }
    }
}

fn exchange(board: &mut Board, request: &Request) -> Response {
    let of_refresh = request.field("grant_type") == "refresh_token";
    let grant = if of_refresh {
        board.use_refresh_token(request.field("refresh_token"))
    } else {
        board.codes.remove(request.field("code"))
    };
    grant.map_or_else(invalid_grant, |grant| Json::<Value>(board.tokens(grant, of_refresh)).into_response())
}

fn invalid_grant() -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response()
}
