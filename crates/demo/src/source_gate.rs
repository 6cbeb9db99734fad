//! What every call of an authority passes: the API key, and whichever fault is ordered for it.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::{
    connection::Connection,
    delivery::Pace,
    fault::Fault,
    fault_board::FaultBoard,
    party::{FaultTarget, Source},
    secret,
};

/// How late a slow answer is.
pub(crate) const SLOW_DELAY: Duration = Duration::from_millis(2500);

/// How much a huge answer is enlarged by: 4 MiB.
const HUGE_FILLING: usize = 4 << 20;

/// The largest request body an authority reads.
const LARGEST_REQUEST: usize = 64 << 10;

/// Present in a request's extensions when the authority is to answer about somebody, or something, else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mistaken;

/// What stands before one authority's calls.
pub(crate) struct SourceGate {
    pub(crate) source: Source,
    pub(crate) api_key: String,
    pub(crate) board: FaultBoard,
}

/// A short answer that says what is wrong, as the authorities do.
pub(crate) fn message(status: StatusCode, text: &str) -> Response {
    json_response(status, &json!({ "message": text }))
}

/// An answer in JSON.
pub(crate) fn json_response(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], value.to_string()).into_response()
}

/// The layer itself.
pub(crate) async fn pass(
    State(gate): State<Arc<SourceGate>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let fault = gate.board.get(FaultTarget::of_call(gate.source, request.uri().path()));
    // The request is read whole first: only then can the connection tell that the caller has left.
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
    };
    match fault {
        Some(Fault::Refused) => {
            connection.cut();
            // The cut connection drops this future.
            return std::future::pending().await;
        }
        Some(Fault::Slow) => tokio::time::sleep(SLOW_DELAY).await,
        Some(Fault::Error) => return message(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
        Some(Fault::WrongPerson) => {
            parts.extensions.insert(Mistaken);
        }
        _ => {}
    }
    if fault == Some(Fault::Unauthorised) || !gate.admits(&parts.headers) {
        return message(StatusCode::UNAUTHORIZED, "the API key is not accepted");
    }
    let mut answer = next.run(Request::from_parts(parts, Body::from(body))).await;
    match fault {
        Some(Fault::Stall) => {
            answer.extensions_mut().insert(Pace::Stall);
            answer
        }
        Some(Fault::Drip) => {
            answer.extensions_mut().insert(Pace::Drip);
            answer
        }
        Some(Fault::BadJson) => rewritten(answer, |bytes| truncated(&bytes)).await,
        Some(Fault::Huge) => rewritten(answer, |bytes| enlarged(&bytes)).await,
        _ => answer,
    }
}

impl SourceGate {
    fn admits(&self, headers: &HeaderMap) -> bool {
        headers.get("x-api-key").is_some_and(|given| secret::equal(given.as_bytes(), self.api_key.as_bytes()))
    }
}

/// The same answer with other bytes and status 200.
async fn rewritten(answer: Response, rewrite: impl FnOnce(Bytes) -> Bytes) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = to_bytes(body, HUGE_FILLING).await else {
        return message(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
    };
    parts.status = StatusCode::OK;
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Body::from(rewrite(bytes)))
}

/// The first half: never valid, because an object or array is not closed before its last byte.
fn truncated(json: &Bytes) -> Bytes {
    if json.len() < 2 { Bytes::from_static(b"{") } else { json.slice(..json.len() / 2) }
}

/// The answer with a surplus field (in an array: with a surplus last item) of 4 MiB.
fn enlarged(json: &Bytes) -> Bytes {
    let filling = Value::String("x".repeat(HUGE_FILLING));
    let enlarged = match serde_json::from_slice(json) {
        Ok(Value::Object(mut fields)) => {
            fields.insert("fyld".to_owned(), filling);
            Value::Object(fields)
        }
        Ok(Value::Array(mut items)) => {
            items.push(json!({ "fyld": filling }));
            Value::Array(items)
        }
        _ => json!({ "fyld": filling }),
    };
    enlarged.to_string().into()
}
