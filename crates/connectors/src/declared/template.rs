//! What a request carries: the fixed parts of the contract, and the places for the citizen's number and for keys.
//!
//! A place is a whole header value or a whole text of the body, never a part of one, so nothing is ever escaped or
//! glued. There is no place in a path or query: those end up in logs.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use overblik_widgets::Language;
use serde_json::{Map, Value};
use url::Url;

use crate::{citizen::Cpr, upstream::Call};

/// Everything about a request that does not depend on the citizen.
#[derive(Debug)]
pub(crate) struct RequestTemplate {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(HeaderName, HeaderTemplate)>,
    pub(crate) body: Option<BodyTemplate>,
    /// Most bytes of the answer's body.
    pub(crate) body_limit: usize,
}

/// The value of one header.
#[derive(Debug)]
pub(crate) enum HeaderTemplate {
    Fixed(HeaderValue),
    CitizenCpr,
}

/// A JSON body, or a part of one.
#[derive(Debug)]
pub(crate) enum BodyTemplate {
    Fixed(Value),
    CitizenCpr,
    /// The keys of a lookup, as a list of texts.
    Keys,
    Object(Vec<(String, BodyTemplate)>),
    List(Vec<BodyTemplate>),
}

/// What fills the places of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filling<'a> {
    /// A request about a citizen.
    Citizen(&'a Cpr),
    /// A lookup, which is about no citizen.
    Keys(&'a [String]),
}

impl RequestTemplate {
    /// The request itself. `None` if a place has nothing to fill it, which a checked contract does not have.
    pub(crate) fn fill(&self, filling: Filling<'_>, language: Language) -> Option<Call> {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, template) in &self.headers {
            headers.insert(name.clone(), template.fill(filling)?);
        }
        let body = match &self.body {
            Some(template) => Some(serde_json::to_vec(&template.fill(filling)?).ok()?),
            None => None,
        };
        Some(Call {
            method: self.method.clone(),
            url: self.url.clone(),
            headers,
            body,
            language,
            body_limit: self.body_limit,
        })
    }
}

impl HeaderTemplate {
    fn fill(&self, filling: Filling<'_>) -> Option<HeaderValue> {
        match (self, filling) {
            (Self::Fixed(value), _) => Some(value.clone()),
            (Self::CitizenCpr, Filling::Citizen(cpr)) => sensitive_header(digits(cpr)),
            (Self::CitizenCpr, Filling::Keys(_)) => None,
        }
    }
}

impl BodyTemplate {
    fn fill(&self, filling: Filling<'_>) -> Option<Value> {
        match (self, filling) {
            (Self::Fixed(value), _) => Some(value.clone()),
            (Self::CitizenCpr, Filling::Citizen(cpr)) => Some(Value::from(digits(cpr))),
            (Self::Keys, Filling::Keys(keys)) => Some(Value::from(keys)),
            (Self::CitizenCpr, Filling::Keys(_)) | (Self::Keys, Filling::Citizen(_)) => None,
            (Self::Object(entries), _) => entries
                .iter()
                .map(|(name, part)| Some((name.clone(), part.fill(filling)?)))
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object),
            (Self::List(parts), _) => {
                parts.iter().map(|part| part.fill(filling)).collect::<Option<Vec<_>>>().map(Value::Array)
            }
        }
    }
}

/// The citizen's number, on its way to a source.
#[expect(clippy::disallowed_methods, reason = "the places that contracts declare are the way out that the ban leaves")]
pub(crate) fn digits(cpr: &Cpr) -> &str {
    cpr.reveal()
}

/// A header value of visible ASCII and spaces. `HeaderValue` itself would also take tabs and bytes above 127 (R44).
pub(crate) fn plain_header(text: &str) -> Option<HeaderValue> {
    let plain = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if plain { HeaderValue::from_str(text).ok() } else { None }
}

/// As [`plain_header`], hidden from debug output.
pub(crate) fn sensitive_header(text: &str) -> Option<HeaderValue> {
    let mut value = plain_header(text)?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::citizen::AcceptedPersons;

    fn template(header: HeaderTemplate, body: BodyTemplate) -> RequestTemplate {
        RequestTemplate {
            method: Method::POST,
            url: "https://api.birkerup.example/x".parse().expect("a URL"),
            headers: vec![(HeaderName::from_static("x-cpr"), header)],
            body: Some(body),
            body_limit: 1,
        }
    }

    #[test]
    fn the_citizen_stands_where_the_contract_says_and_not_in_debug_output() {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        let body = BodyTemplate::Object(vec![
            ("who".into(), BodyTemplate::List(vec![BodyTemplate::CitizenCpr])),
            ("lang".into(), BodyTemplate::Fixed(json!("da"))),
        ]);
        let call =
            template(HeaderTemplate::CitizenCpr, body).fill(Filling::Citizen(&cpr), Language::Da).expect("a request");
        let sent: Value = serde_json::from_slice(call.body.as_deref().expect("a body")).expect("JSON");
        assert_eq!(sent, json!({ "who": ["6101010001"], "lang": "da" }));
        assert_eq!(call.headers["x-cpr"], "6101010001");
        assert!(!format!("{:?}", call.headers).contains("6101"));
    }

    #[test]
    fn a_lookup_cannot_carry_the_citizen() {
        let keys = ["870970-basis:1".to_owned()];
        let fixed = || HeaderTemplate::Fixed(HeaderValue::from_static("x"));
        let filled = template(fixed(), BodyTemplate::Keys).fill(Filling::Keys(&keys), Language::Da);
        assert_eq!(filled.expect("a request").body.as_deref(), Some(br#"["870970-basis:1"]"#.as_slice()));
        assert!(template(fixed(), BodyTemplate::CitizenCpr).fill(Filling::Keys(&keys), Language::Da).is_none());
        assert!(
            template(HeaderTemplate::CitizenCpr, BodyTemplate::Keys).fill(Filling::Keys(&keys), Language::Da).is_none()
        );
    }

    #[test]
    fn r44_header_values_are_visible_ascii() {
        assert!(plain_header("a b-c/1").is_some());
        for evil in ["a\tb", "a\r\nb", "æ", "a\u{7f}"] {
            assert!(plain_header(evil).is_none(), "{evil:?}");
        }
    }
}
