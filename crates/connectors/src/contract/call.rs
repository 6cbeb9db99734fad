//! Checks what a request or a lookup sends: method, path, query, headers, body, and what their places are filled with.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::{
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    manifest::{Format, Method},
    place::{Places, QueryValue},
};
use crate::declared::{Body, HeaderTemplate, ItemInAddress, Place, RequestTemplate, SoapVersion, plain_header};

/// Longest SOAP action, in bytes.
const LONGEST_ACTION: usize = 500;

/// Headers that the gateway sets itself or that steer connections, credentials and proxies (R44).
const RESERVED_HEADERS: [&str; 32] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "baggage",
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
    "overblik-timeout-ms",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "set-cookie",
    "soapaction",
    "te",
    "traceparent",
    "tracestate",
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
    pub(super) soap_action: Option<&'m str>,
    pub(super) idempotent: bool,
    /// What the source answers in.
    pub(super) format: Format,
}

/// Whom a call is about, and so what its places may be filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The citizen: the number must stand in a header or in the body.
    Citizen,
    /// The keys of a lookup: they must stand in the body, and nothing tells whose they are.
    Keys,
    /// An item of the citizen's: its key must stand somewhere, besides the citizen's number.
    Item,
}

/// Makes the template of a call.
pub(super) fn template(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    part: &CallPart<'_>,
    about: About,
    shared: &Shared,
) -> Result<RequestTemplate, Noted> {
    let mut places = Places { about, filled: false, item: false };
    let url = url(examination, at, part, &mut places, shared);
    let headers = headers(examination, &at.key("headers"), part.headers, &mut places, shared);
    let body = body(examination, at, part, &mut places);
    let ((url, language_in_query, item), mut headers, (body, soap)) = (url?, headers?, body?);
    let is_said = places.filled || (about != About::Keys && shared.credentials_name_citizen);
    if !is_said {
        let message = match about {
            About::Citizen | About::Item => {
                format!("nothing says whom it is about: {} must be in a header or the body", Place::CitizenCpr.name())
            }
            About::Keys => format!("nothing says what is looked up: {} must be in the body", Place::Keys.name()),
        };
        return Err(examination.wrong_key(at, message, None));
    }
    if about == About::Item && !places.item {
        let message =
            format!("nothing says which item more is asked about: {} must be somewhere", Place::ItemKey.name());
        return Err(examination.wrong_key(at, message, None));
    }
    let method = match part.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    headers.extend(soap.header);
    let accept = match (part.format, soap.version) {
        (Format::Json, _) => "application/json",
        (Format::Xml, None) => "application/xml, text/xml",
        (Format::Xml, Some(SoapVersion::V11)) => "text/xml",
        (Format::Xml, Some(SoapVersion::V12)) => "application/soap+xml",
    };
    let accept = HeaderValue::from_static(accept);
    if part.idempotent && part.method == Method::Get {
        let hint = Some("leave it out".to_owned());
        return Err(examination.wrong_key(&at.key("idempotent"), "a GET request always only reads", hint));
    }
    let (idempotent, body_limit) = (part.idempotent || part.method == Method::Get, shared.body_limit);
    Ok(RequestTemplate { method, url, language_in_query, item, headers, accept, body, idempotent, body_limit })
}

/// What a SOAP envelope adds to its request.
#[derive(Default)]
struct Soap {
    version: Option<SoapVersion>,
    header: Option<(HeaderName, HeaderTemplate)>,
}

/// The body: JSON, or XML if `xml` with a text is all that it holds.
fn body(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    part: &CallPart<'_>,
    places: &mut Places,
) -> Result<(Option<Body>, Soap), Noted> {
    let path = at.key("body");
    let only_entry = part.body.and_then(Value::as_object).filter(|entries| entries.len() == 1);
    let xml = only_entry.and_then(|entries| entries.get("xml")?.as_str());
    let made = match (part.body, xml) {
        (None, _) => Ok((None, Soap::default())),
        (Some(_), _) if part.method == Method::Get => {
            Err(examination.wrong_key(&path, "a GET request has no body", Some("use POST".to_owned())))
        }
        (Some(body), None) => {
            places.body(examination, &path, body).map(|body| (Some(Body::Json(body)), Soap::default()))
        }
        (Some(_), Some(text)) => xml_body(examination, at, text, part.soap_action, places),
    }?;
    if part.soap_action.is_some() && made.1.version.is_none() {
        let hint = Some("the root of \"body.xml\" is Envelope, in the namespace of SOAP 1.1 or 1.2".to_owned());
        return Err(examination.wrong_key(&at.key("soapAction"), "goes with a SOAP envelope only", hint));
    }
    Ok(made)
}

/// A body in XML. Its root says whether it is SOAP, and so what is sent along: SOAP 1.1 has its action in a header, also
/// an empty one (WS-I Basic Profile 1.1), 1.2 in the content type.
fn xml_body(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    text: &str,
    action: Option<&str>,
    places: &mut Places,
) -> Result<(Option<Body>, Soap), Noted> {
    let template = places.xml(examination, &at.key("body").key("xml"), text)?;
    let action_path = at.key("soapAction");
    let plain = action.is_none_or(|action| {
        action.len() <= LONGEST_ACTION
            && action.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
    });
    let message = "must be at most 500 characters of visible ASCII without \"\\\" and quotes";
    examination.require(plain, &action_path, message)?;
    let version = template.soap();
    let content_type = match (version, action) {
        (None, _) => "application/xml; charset=utf-8".to_owned(),
        (Some(SoapVersion::V11), _) => "text/xml; charset=utf-8".to_owned(),
        (Some(SoapVersion::V12), None) => "application/soap+xml; charset=utf-8".to_owned(),
        (Some(SoapVersion::V12), Some(action)) => format!("application/soap+xml; charset=utf-8; action=\"{action}\""),
    };
    let mut value = |text: &str| plain_header(text).ok_or_else(|| examination.wrong_value(&action_path, message, None));
    let header = match version {
        Some(SoapVersion::V11) => {
            let quoted = value(&format!("\"{}\"", action.unwrap_or_default()))?;
            Some((HeaderName::from_static("soapaction"), HeaderTemplate::Fixed(quoted)))
        }
        Some(SoapVersion::V12) | None => None,
    };
    let content_type = value(&content_type)?;
    Ok((Some(Body::Xml { template, content_type }), Soap { version, header }))
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

/// The address, the names in its query whose value is the citizen's language, and where it names an item.
fn url(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    part: &CallPart<'_>,
    places: &mut Places,
    shared: &Shared,
) -> Result<(Url, Vec<String>, ItemInAddress), Noted> {
    let (path, in_path) = path_with_item(examination, &at.key("path"), part.path, places);
    let query_path = at.key("query");
    let (mut fixed, mut language_in_query, mut in_query) = (Vec::new(), Vec::new(), Vec::new());
    let mut query = Ok(());
    for (name, value) in part.query {
        let at = query_path.key(name);
        let parameter = if name.contains(['{', '}']) {
            Err(examination.wrong_key(&at, "a name in a query is no place", None))
        } else {
            places.query(examination, &at, value)
        };
        match parameter {
            Ok(QueryValue::Fixed(value)) => fixed.push((name, value)),
            Ok(QueryValue::Language) => language_in_query.push(name.clone()),
            Ok(QueryValue::Item) => in_query.push(name.clone()),
            Err(noted) => query = Err(noted),
        }
    }
    let mut url = shared.base_url.clone()?;
    let full_path = format!("{}{}", url.path().trim_end_matches('/'), path?);
    query?;
    url.set_path(&full_path);
    if !fixed.is_empty() {
        url.query_pairs_mut().extend_pairs(fixed);
    }
    Ok((url, language_in_query, ItemInAddress { in_path, in_query }))
}

/// A path that may name an item by one of its segments, and whether it does.
fn path_with_item<'t>(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    text: &'t str,
    places: &mut Places,
) -> (Result<&'t str, Noted>, bool) {
    let name = Place::ItemKey.name();
    let segments: Vec<&str> = text.split('/').collect();
    let is_whole = segments.iter().filter(|segment| **segment == name).count() == 1 && text.matches('{').count() == 1;
    if text.contains(name) && !is_whole {
        let message = "in a path {item.key} stands once, as a whole segment: \"/cases/{item.key}\"";
        return (Err(examination.wrong_value(at, message, None)), false);
    }
    if !is_whole {
        return (url_path(examination, at, text), false);
    }
    let plain: Vec<&str> = segments.into_iter().map(|segment| if segment == name { "key" } else { segment }).collect();
    let taken = places.take(examination, at, Place::ItemKey);
    (taken.and_then(|()| url_path(examination, at, &plain.join("/")).map(|_| text)), true)
}

/// A path below a source's base address.
pub(super) fn url_path<'t>(examination: &mut Examination<'_>, at: &KeyPath, text: &'t str) -> Result<&'t str, Noted> {
    examination.require(text.starts_with('/'), at, "must start with \"/\"")?;
    let message =
        "the citizen's number and keys never stand in a path: it ends up in logs; put them in a header or the body";
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
    let mut names: BTreeSet<String> = shared.gateway_headers.iter().cloned().collect();
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
