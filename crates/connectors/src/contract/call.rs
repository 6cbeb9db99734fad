//! Checks what a request or a lookup sends: method, path, query, headers, body, and what their places are filled with.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderName;
use serde_json::Value;
use url::Url;

use super::{
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    manifest::Method,
    suggestion::suggestion,
};
use crate::declared::{BodyTemplate, HeaderTemplate, RequestTemplate, plain_header};

/// The place for the citizen's CPR number.
const CITIZEN_CPR: &str = "{citizen.cpr}";
/// The place for the keys of a lookup.
const KEYS: &str = "{keys}";

/// Headers that the gateway sets itself or that steer connections, credentials and proxies (R44).
const RESERVED_HEADERS: [&str; 27] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

/// What a contract says about one call.
pub(super) struct CallPart<'m> {
    pub(super) method: Method,
    pub(super) path: &'m str,
    pub(super) query: &'m BTreeMap<String, String>,
    pub(super) headers: &'m BTreeMap<String, String>,
    pub(super) body: Option<&'m Value>,
}

/// Whom a call is about, and so what its places may be filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The citizen: the number must stand in a header or in the body.
    Citizen,
    /// The keys of a lookup: they must stand in the body, and nothing tells whose they are.
    Keys,
}

/// Makes the template of a call.
pub(super) fn template(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    part: &CallPart<'_>,
    about: About,
    shared: &Shared,
) -> Result<RequestTemplate, Noted> {
    let mut places = Places { about, filled: false };
    let url = url(examination, at, part, shared);
    let headers = headers(examination, &at.key("headers"), part.headers, &mut places, shared);
    let body_path = at.key("body");
    let body = match part.body {
        Some(_) if part.method == Method::Get => {
            Err(examination.wrong_key(&body_path, "a GET request has no body", Some("use POST".to_owned())))
        }
        Some(body) => places.body(examination, &body_path, body).map(Some),
        None => Ok(None),
    };
    let (url, headers, body) = (url?, headers?, body?);
    if !places.filled {
        let message = match about {
            About::Citizen => format!("nothing says whom it is about: {CITIZEN_CPR} must be in a header or the body"),
            About::Keys => format!("nothing says what is looked up: {KEYS} must be in the body"),
        };
        return Err(examination.wrong_key(at, message, None));
    }
    let method = match part.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    Ok(RequestTemplate { method, url, headers, body, body_limit: shared.body_limit })
}

/// The name of a header that a contract may set or read.
///
/// # Errors
/// Why it may not.
pub(super) fn header_name(text: &str) -> Result<HeaderName, &'static str> {
    const NOT_A_NAME: &str = "a header name is letters, digits and hyphens";
    let lower = text.to_ascii_lowercase();
    // An underscore is refused with the rest: some servers read it as a hyphen, and so as another header.
    if !lower.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Err(NOT_A_NAME);
    }
    if RESERVED_HEADERS.contains(&lower.as_str()) || lower.starts_with("x-forwarded-") {
        return Err("this header belongs to the gateway");
    }
    HeaderName::from_bytes(lower.as_bytes()).map_err(|_| NOT_A_NAME)
}

fn url(examination: &mut Examination<'_>, at: &KeyPath, part: &CallPart<'_>, shared: &Shared) -> Result<Url, Noted> {
    let path = url_path(examination, &at.key("path"), part.path);
    let query_path = at.key("query");
    let mut query = Ok(());
    for (name, value) in part.query {
        if [name, value].iter().any(|text| text.contains(['{', '}'])) {
            let message = "the citizen's number and keys never stand in a query: it ends up in logs";
            query = Err(examination.wrong_value(&query_path.key(name), message, None));
        }
    }
    let mut url = shared.base_url.clone()?;
    let full_path = format!("{}{}", url.path().trim_end_matches('/'), path?);
    query?;
    url.set_path(&full_path);
    if !part.query.is_empty() {
        url.query_pairs_mut().extend_pairs(part.query);
    }
    Ok(url)
}

/// A path below a source's base address.
pub(super) fn url_path<'t>(examination: &mut Examination<'_>, at: &KeyPath, text: &'t str) -> Result<&'t str, Noted> {
    examination.require(text.starts_with('/'), at, "must start with \"/\"")?;
    let message = "the citizen's number and keys never stand in a path: it ends up in logs";
    examination.require(!text.contains(['{', '}']), at, message)?;
    examination.require(!text.contains('?'), at, "a query belongs under \"query\"")?;
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\'));
    examination.require(plain, at, "must be visible ASCII without \"#\" and \"\\\"")?;
    let straight = !text.split('/').skip(1).any(|segment| matches!(segment, "." | ".."));
    examination.require(straight && !text.contains("//"), at, "must not hold \"//\", \"/./\" or \"/../\"")?;
    Ok(text)
}

fn headers(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &BTreeMap<String, String>,
    places: &mut Places,
    shared: &Shared,
) -> Result<Vec<(HeaderName, HeaderTemplate)>, Noted> {
    let mut headers = Vec::with_capacity(declared.len());
    let mut names: BTreeSet<String> = shared.credential_headers.iter().cloned().collect();
    let mut outcome = Ok(());
    for (name, value) in declared {
        let path = at.key(name);
        let value = places.header(examination, &path, value);
        let name = match header_name(name) {
            Ok(name) if names.insert(name.as_str().to_owned()) => Ok(name),
            Ok(_) => Err(examination.wrong_key(&path, "this header is set twice", None)),
            Err(message) => Err(examination.wrong_key(&path, message, None)),
        };
        match (name, value) {
            (Ok(name), Ok(value)) => headers.push((name, value)),
            (Err(noted), _) | (_, Err(noted)) => outcome = Err(noted),
        }
    }
    outcome.map(|()| headers)
}

/// The places of a call, as they are found.
struct Places {
    about: About,
    /// Whether what the call is about stands somewhere.
    filled: bool,
}

impl Places {
    fn header(&mut self, examination: &mut Examination<'_>, at: &KeyPath, text: &str) -> Result<HeaderTemplate, Noted> {
        match self.text(examination, at, text)? {
            Some(About::Citizen) => Ok(HeaderTemplate::CitizenCpr),
            Some(About::Keys) => Err(examination.wrong_value(at, "keys stand in the body only", None)),
            None => plain_header(text)
                .map(HeaderTemplate::Fixed)
                .ok_or_else(|| examination.wrong_value(at, "a header value is visible ASCII", None)),
        }
    }

    fn body(&mut self, examination: &mut Examination<'_>, at: &KeyPath, part: &Value) -> Result<BodyTemplate, Noted> {
        match part {
            Value::String(text) => Ok(match self.text(examination, at, text)? {
                Some(About::Citizen) => BodyTemplate::CitizenCpr,
                Some(About::Keys) => BodyTemplate::Keys,
                None => BodyTemplate::Fixed(part.clone()),
            }),
            Value::Object(entries) => {
                let parts: Vec<_> = entries
                    .iter()
                    .map(|(name, inner)| Ok((name.clone(), self.body(examination, &at.key(name), inner)?)))
                    .collect();
                parts.into_iter().collect::<Result<_, _>>().map(BodyTemplate::Object)
            }
            Value::Array(items) => {
                let parts: Vec<_> = items
                    .iter()
                    .enumerate()
                    .map(|(index, inner)| self.body(examination, &at.index(index), inner))
                    .collect();
                parts.into_iter().collect::<Result<_, _>>().map(BodyTemplate::List)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(BodyTemplate::Fixed(part.clone())),
        }
    }

    /// What a text is a place for, if it is one.
    fn text(&mut self, examination: &mut Examination<'_>, at: &KeyPath, text: &str) -> Result<Option<About>, Noted> {
        let place = match text {
            CITIZEN_CPR => About::Citizen,
            KEYS => About::Keys,
            other if other.contains(['{', '}']) => {
                let hint = suggestion(other, "places", [CITIZEN_CPR, KEYS]);
                return Err(examination.wrong_value(at, "no such place; a place is the whole value", hint));
            }
            _ => return Ok(None),
        };
        if place != self.about {
            let message = match place {
                About::Citizen => "a lookup never carries the citizen's number",
                About::Keys => "only a lookup has keys",
            };
            return Err(examination.wrong_value(at, message, None));
        }
        self.filled = true;
        Ok(Some(place))
    }
}
