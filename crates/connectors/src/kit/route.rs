//! Which of a contract's calls a request is.
//!
//! Sources that speak SOAP have one address for everything, so the body is compared too where it must be.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

use super::recording::Case;
use crate::contract::model_path;

/// The name of the one call of a source whose contract declares no requests.
pub(super) const ANSWER: &str = "answer";

/// What a call of a contract looks like from outside.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// The name of the request or look-up.
    pub(super) name: String,
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Option<Value>,
}

impl Route {
    /// The calls that a contract declares, and those that a case describes.
    pub(super) fn all(document: &Value, case: &Case) -> Vec<Self> {
        let mut routes = Vec::new();
        for part in ["requests", "lookups"] {
            let declared = document.pointer(&format!("/spec/{part}")).and_then(Value::as_object);
            for (name, call) in declared.into_iter().flatten() {
                let text = |key: &str| call.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                let query = call.get("query").and_then(Value::as_object).into_iter().flatten();
                let query = query.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
                routes.push(Self {
                    name: name.clone(),
                    method: text("method"),
                    path: text("path"),
                    query: query.collect(),
                    body: call.get("body").cloned(),
                });
            }
        }
        // A connector in Rust asks once, at the path that its contract names.
        if let Some(path) = document.pointer("/spec/native/path").and_then(Value::as_str) {
            let (name, method) = (ANSWER.to_owned(), "POST".to_owned());
            routes.push(Self { name, method, path: path.to_owned(), query: BTreeMap::new(), body: None });
        }
        let models = document.pointer("/spec/orkestrering/models").and_then(Value::as_array);
        routes.extend(models.into_iter().flatten().filter_map(Self::of_model));
        routes.extend(case.calls.iter().map(|(name, (method, path))| Self {
            name: name.clone(),
            method: method.clone(),
            path: path.clone(),
            query: BTreeMap::new(),
            body: None,
        }));
        routes
    }

    /// The request of a data model.
    fn of_model(declared: &Value) -> Option<Self> {
        let text = |key: &str| declared.get(key).and_then(Value::as_str);
        let name = text("name")?;
        let path = text("path").map(str::to_owned).or_else(|| model_path(name, text("version")?))?;
        Some(Self { name: name.to_owned(), method: "POST".to_owned(), path, query: BTreeMap::new(), body: None })
    }

    /// The one of several routes that a request takes.
    pub(super) fn of<'r>(routes: &'r [Self], method: &str, target: &str, body: &[u8]) -> Option<&'r Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let sent: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        // A page's number or cursor may stand in the query beside what the contract writes.
        let same = |sent: &String, value: &String| value.contains('{') || sent == value;
        let carries = |route: &&Self| {
            route.query.iter().all(|(name, value)| sent.get(name).is_some_and(|sent| same(sent, value)))
        };
        let fits = |route: &&Self| route.method == method && is_path(&route.path, path) && carries(route);
        let mut fitting = routes.iter().filter(fits).collect::<Vec<_>>();
        if fitting.len() > 1 {
            fitting.retain(|route| route.body.as_ref().is_none_or(|declared| may_be(declared, body)));
        }
        fitting.sort_by_key(|route| std::cmp::Reverse(route.query.len()));
        fitting.first().copied()
    }
}

/// Whether a path may be a filled-in one: the key of an item is a segment of it.
fn is_path(template: &str, path: &str) -> bool {
    let (mut declared, mut sent) = (template.split('/'), path.split('/'));
    let alike = declared.by_ref().zip(sent.by_ref()).all(|(declared, sent)| declared.contains('{') || declared == sent);
    alike && template.split('/').count() == path.split('/').count()
}

/// Whether a body may be a filled-in template.
fn may_be(template: &Value, body: &[u8]) -> bool {
    if let Some(xml) = template.get("xml").and_then(Value::as_str) {
        return holds_in_order(xml, &String::from_utf8_lossy(body));
    }
    serde_json::from_slice(body).is_ok_and(|sent| fills(template, &sent))
}

fn fills(template: &Value, sent: &Value) -> bool {
    match (template, sent) {
        (Value::String(place), _) if place.contains('{') => true,
        // A cursor may be added to what the contract writes.
        (Value::Object(template), Value::Object(sent)) => {
            template.iter().all(|(name, part)| sent.get(name).is_some_and(|sent| fills(part, sent)))
        }
        (Value::Array(template), Value::Array(sent)) => {
            template.len() == sent.len() && template.iter().zip(sent).all(|(part, sent)| fills(part, sent))
        }
        _ => template == sent,
    }
}

/// Whether the fixed pieces between places stand in a text, one after the other.
fn holds_in_order(template: &str, text: &str) -> bool {
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let mut rest = squeeze(text);
    for piece in template.split('{').map(|piece| piece.rsplit('}').next().unwrap_or(piece)) {
        let piece = squeeze(piece);
        let Some(at) = rest.find(&piece) else { return false };
        rest = rest.split_off(at + piece.len());
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn route(name: &str, query: &[(&str, &str)], body: Option<Value>) -> Route {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Route { name: name.to_owned(), method: "POST".to_owned(), path: "/x".to_owned(), query, body }
    }

    fn name<'r>(routes: &'r [Route], target: &str, body: &str) -> Option<&'r str> {
        Route::of(routes, "POST", target, body.as_bytes()).map(|route| route.name.as_str())
    }

    #[test]
    fn calls_of_one_address_are_told_apart_by_query_and_body() {
        let routes = [route("open", &[("state", "open")], None), route("all", &[], None)];
        assert_eq!(name(&routes, "/x?state=open&page=2", ""), Some("open"));
        assert_eq!(name(&routes, "/x", ""), Some("all"));
        assert_eq!(name(&routes, "/y", ""), None);
        let routes = [Route { path: "/x/{item.key}/y".to_owned(), ..route("case", &[("lang", "{language}")], None) }];
        assert_eq!(name(&routes, "/x/S-1/y?lang=da", ""), Some("case"));
        assert_eq!(name(&routes, "/x/S-1/y", "").or(name(&routes, "/x/S-1/z?lang=da", "")), None);
        assert_eq!(name(&routes, "/x/S-1/y/z?lang=da", "").or(name(&routes, "/x/S-1?lang=da", "")), None);
        let routes = [
            route("cases", &[], Some(json!({ "cpr": "{citizen.cpr}", "model": "case" }))),
            route("benefits", &[], Some(json!({ "cpr": "{citizen.cpr}", "model": "benefit" }))),
            route("soap", &[], Some(json!({ "xml": "<a>\n  <cpr>{citizen.cpr}</cpr><list/></a>" }))),
        ];
        assert_eq!(name(&routes, "/x", r#"{"model":"benefit","cpr":"6101010001","cursor":"2"}"#), Some("benefits"));
        assert_eq!(name(&routes, "/x", "<a><cpr>6101010001</cpr><list/></a>"), Some("soap"));
        assert_eq!(name(&routes, "/x", "<a><cpr>6101010001</cpr></a>"), None);
    }
}
