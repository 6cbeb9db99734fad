//! Checks how a request goes on to the next page.

use super::{
    call::header_name,
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    manifest::{self, Method},
};
use crate::declared::{CursorPlace, Pages};

/// Makes the way from one page of a request's answer to the next.
pub(super) fn pages(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &manifest::Pages,
    request: &manifest::Request,
    shared: &Shared,
) -> Result<Pages, Noted> {
    let next = examination.selector(&at.key("next"), &declared.next);
    let place = place(examination, &at.key("at"), &declared.at, request, shared);
    Ok(Pages { next: next?, at: place?, max: declared.max })
}

/// The contract may set a value for the first page in the same place, but nothing that depends on the citizen.
fn place(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &manifest::CursorPlace,
    request: &manifest::Request,
    shared: &Shared,
) -> Result<CursorPlace, Noted> {
    const TAKEN: &str = "something else than the page stands there";
    match declared {
        manifest::CursorPlace::Query(name) => {
            let at = at.key("query");
            let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}".contains(&byte));
            examination.require(plain, &at, "the name of a parameter is visible ASCII without braces")?;
            let place = request.query.get(name).is_some_and(|value| value.contains('{'));
            examination.require(!place, &at, TAKEN)?;
            Ok(CursorPlace::Query(name.clone()))
        }
        manifest::CursorPlace::Header(name) => {
            let at = at.key("header");
            let header = header_name(name).map_err(|message| examination.wrong_value(&at, message, None))?;
            let credentials = shared.gateway_headers.iter().any(|taken| taken == header.as_str());
            let place =
                request.headers.iter().any(|(other, value)| other.eq_ignore_ascii_case(name) && value.contains('{'));
            examination.require(!credentials && !place, &at, TAKEN)?;
            Ok(CursorPlace::Header(header))
        }
        manifest::CursorPlace::Body(key) => {
            let at = at.key("body");
            examination.require(request.method != Method::Get, &at, "a GET request has no body")?;
            let body = request.body.as_ref().and_then(serde_json::Value::as_object).ok_or_else(|| {
                let hint = Some("the body must be a JSON object, in which the page is named by a key".to_owned());
                examination.wrong_value(&at, "the request has no body with keys", hint)
            })?;
            if body.len() == 1 && body.get("xml").is_some_and(serde_json::Value::is_string) {
                let hint = Some("name the page in the query or in a header".to_owned());
                return Err(examination.wrong_value(&at, "a body in XML has no keys at its top", hint));
            }
            let hint = key.strip_prefix('/').map(|name| format!("write the key alone: {name}"));
            if key.is_empty() || key.contains('/') {
                return Err(examination.wrong_value(&at, "must be the name of a key at the top of the body", hint));
            }
            let fixed = body.get(key).is_none_or(|value| !value.to_string().contains(['{', '}', '[']));
            examination.require(fixed, &at, TAKEN)?;
            Ok(CursorPlace::Body(key.clone()))
        }
    }
}
