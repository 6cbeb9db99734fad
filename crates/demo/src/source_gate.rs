//! What every call of an authority passes: who may call, and whichever fault is ordered for it.

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
    hostile::with_hostile_texts,
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
    pub(crate) admission: Admission,
    pub(crate) board: FaultBoard,
    pub(crate) complaint: Complaint,
}

/// How an authority says what is wrong, in its own form.
pub(crate) type Complaint = fn(StatusCode, &str) -> Response;

/// How an authority knows who calls.
#[derive(Clone, Debug)]
pub(crate) enum Admission {
    /// By this key in `x-api-key`.
    ApiKey(String),
    /// The authority's own calls look; or the connection has shown it already.
    Elsewhere,
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
        return (gate.complaint)(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large");
    };
    match fault {
        Some(Fault::Refused) => {
            connection.cut();
            // The cut connection drops this future.
            return std::future::pending().await;
        }
        Some(Fault::Slow) => tokio::time::sleep(SLOW_DELAY).await,
        Some(Fault::Error) => return (gate.complaint)(StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
        Some(Fault::WrongPerson) => {
            parts.extensions.insert(Mistaken);
        }
        _ => {}
    }
    if fault == Some(Fault::Unauthorised) || !gate.admits(&parts.headers) {
        return (gate.complaint)(StatusCode::UNAUTHORIZED, "the caller's credentials are not accepted");
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
        Some(Fault::BadJson) => rewritten(answer, |_, bytes| truncated(&bytes)).await,
        Some(Fault::HostileText) => {
            rewritten(answer, |form, bytes| match form {
                Form::Json => with_hostile_texts(&bytes),
                Form::Xml | Form::Calendar => bytes,
            })
            .await
        }
        Some(Fault::Huge) => rewritten(answer, |form, bytes| enlarged(form, &bytes)).await,
        _ => answer,
    }
}

impl SourceGate {
    fn admits(&self, headers: &HeaderMap) -> bool {
        match &self.admission {
            Admission::ApiKey(key) => {
                headers.get("x-api-key").is_some_and(|given| secret::equal(given.as_bytes(), key.as_bytes()))
            }
            Admission::Elsewhere => true,
        }
    }
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Xml,
    Calendar,
}

impl Form {
    /// What an answer's media type says; JSON where it says nothing of the others.
    fn of(answer: &HeaderMap) -> Self {
        let media_type = answer.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match media_type.split(';').next().unwrap_or_default() {
            "text/xml" => Self::Xml,
            "text/calendar" => Self::Calendar,
            _ => Self::Json,
        }
    }

    fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json",
            Self::Xml => "text/xml; charset=utf-8",
            Self::Calendar => "text/calendar; charset=utf-8",
        })
    }
}

/// The same answer with other bytes and status 200.
async fn rewritten(answer: Response, rewrite: impl FnOnce(Form, Bytes) -> Bytes) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(bytes) = to_bytes(body, HUGE_FILLING).await else {
        return message(StatusCode::INTERNAL_SERVER_ERROR, "internal error");
    };
    let form = Form::of(&parts.headers);
    parts.status = StatusCode::OK;
    parts.headers.insert(CONTENT_TYPE, form.media_type());
    Response::from_parts(parts, Body::from(rewrite(form, bytes)))
}

/// The first half: never valid, because what an answer begins with is not closed before its last bytes.
fn truncated(answer: &Bytes) -> Bytes {
    if answer.len() < 2 { Bytes::from_static(b"{") } else { answer.slice(..answer.len() / 2) }
}

/// The answer with 4 MiB more in it, valid in its form.
fn enlarged(form: Form, answer: &Bytes) -> Bytes {
    let filling = "x".repeat(HUGE_FILLING);
    match form {
        Form::Json => enlarged_json(answer, filling),
        Form::Xml => before_the_last(answer, "</", &format!("<!--{filling}-->")),
        Form::Calendar => before_the_last(answer, "END:VCALENDAR", &format!("X-FYLD:{filling}\r\n")),
    }
}

/// A surplus field; in an array, a surplus last item.
fn enlarged_json(answer: &Bytes, filling: String) -> Bytes {
    let filling = Value::String(filling);
    let enlarged = match serde_json::from_slice(answer) {
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

fn before_the_last(answer: &Bytes, mark: &str, filling: &str) -> Bytes {
    let text = String::from_utf8_lossy(answer);
    let (before, after) = text.rfind(mark).and_then(|at| text.split_at_checked(at)).unwrap_or((&text, ""));
    [before, filling, after].concat().into()
}
