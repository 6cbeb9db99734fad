//! What a request carries: the fixed parts of the contract, and its places.
//!
//! In a header, a query and a JSON body a place is a whole value, never a part of one, so nothing is ever glued; in XML
//! it is escaped. Nothing about the citizen has a place in a path or query, for those end up in logs; only the key of an
//! item may stand there (`item_place`).

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use overblik_widgets::Language;
use serde_json::{Map, Value};
use url::Url;

use super::{
    item_place::ItemInAddress,
    place::{Filling, Fillings, Place},
    xml_template::XmlTemplate,
};
use crate::{error::ConnectorError, upstream::Call};

/// Everything about a request that does not depend on the citizen.
#[derive(Debug)]
pub(crate) struct RequestTemplate {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Names of the query whose value is the citizen's language.
    pub(crate) language_in_query: Vec<String>,
    /// Where the address names the item that more is asked about.
    pub(crate) item: ItemInAddress,
    pub(crate) headers: Vec<(HeaderName, HeaderTemplate)>,
    /// What the source is asked to answer in.
    pub(crate) accept: HeaderValue,
    pub(crate) body: Option<Body>,
    /// Whether asking twice is the same as asking once.
    pub(crate) idempotent: bool,
    /// Most bytes of the answer's body.
    pub(crate) body_limit: usize,
}

/// The value of one header.
#[derive(Debug)]
pub(crate) enum HeaderTemplate {
    Fixed(HeaderValue),
    Place(Place),
}

/// A body.
#[derive(Debug)]
pub(crate) enum Body {
    Json(BodyTemplate),
    Xml { template: XmlTemplate, content_type: HeaderValue },
}

/// A JSON body, or a part of one.
#[derive(Debug)]
pub(crate) enum BodyTemplate {
    Fixed(Value),
    /// A text, or for the keys of a lookup a list of texts.
    Place(Place),
    /// A place of an object that is left out, with its key, where nothing is known to fill it.
    IfKnown(Place),
    /// The display client, by the id that the source knows it under; by its slug if that is not among these.
    DisplayClient(BTreeMap<String, String>),
    Object(Vec<(String, BodyTemplate)>),
    List(Vec<BodyTemplate>),
}

impl RequestTemplate {
    /// The request itself.
    ///
    /// # Errors
    /// [`ConnectorError::MunicipalityUnknown`] if it names the citizen's municipality and that is not known;
    /// [`ConnectorError::ContractBroken`] if a place has nothing to fill it, which a checked contract does not have.
    pub(crate) fn fill(&self, about: Filling<'_>, language: Language) -> Result<Call, ConnectorError> {
        let fillings = Fillings::new(about, language)?;
        let mut url = self.url.clone();
        for name in &self.language_in_query {
            url.query_pairs_mut().append_pair(name, language.tag());
        }
        if let Filling::Citizen { item: Some(item), .. } = about {
            self.item.fill(&mut url, item.as_str());
        }
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 2);
        headers.insert(header::ACCEPT, self.accept.clone());
        for (name, template) in &self.headers {
            headers.insert(name.clone(), template.fill(&fillings)?);
        }
        let body = match &self.body {
            None => None,
            Some(Body::Json(template)) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let value = template.fill(&fillings)?;
                Some(serde_json::to_vec(&value).map_err(|_| ConnectorError::ContractBroken)?)
            }
            Some(Body::Xml { template, content_type }) => {
                headers.insert(header::CONTENT_TYPE, content_type.clone());
                Some(template.fill(&fillings)?.into_bytes())
            }
        };
        let (method, idempotent, body_limit) = (self.method.clone(), self.idempotent, self.body_limit);
        Ok(Call { method, url, headers, body, language, idempotent, deadline: None, body_limit })
    }
}

impl HeaderTemplate {
    fn fill(&self, fillings: &Fillings<'_>) -> Result<HeaderValue, ConnectorError> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Place(place) => sensitive_header(&fillings.text(*place)?).ok_or(ConnectorError::ContractBroken),
        }
    }
}

impl BodyTemplate {
    fn fill(&self, fillings: &Fillings<'_>) -> Result<Value, ConnectorError> {
        match self {
            Self::Fixed(value) => Ok(value.clone()),
            Self::Place(Place::Keys) => fillings.keys().map(Value::from),
            Self::Place(place) | Self::IfKnown(place) => fillings.text(*place).map(Value::from),
            Self::DisplayClient(ids) => {
                let slug = fillings.display_client()?;
                Ok(ids.get(slug).map_or(slug, String::as_str).into())
            }
            Self::Object(entries) => entries
                .iter()
                .filter_map(|(name, part)| match (part, part.fill(fillings)) {
                    (Self::IfKnown(_), Err(ConnectorError::MunicipalityUnknown)) => None,
                    (_, filled) => Some(filled.map(|value| (name.clone(), value))),
                })
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Self::List(parts) => {
                parts.iter().map(|part| part.fill(fillings)).collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
        }
    }
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
    use crate::citizen::{AcceptedPersons, Cpr};

    fn template(header: HeaderTemplate, body: BodyTemplate) -> RequestTemplate {
        RequestTemplate {
            method: Method::POST,
            url: "https://api.birkerup.example/x?a=b".parse().expect("a URL"),
            language_in_query: vec!["sprog".into()],
            item: ItemInAddress::default(),
            headers: vec![(HeaderName::from_static("x-cpr"), header)],
            accept: HeaderValue::from_static("application/json"),
            body: Some(Body::Json(body)),
            idempotent: true,
            body_limit: 1,
        }
    }

    #[test]
    fn the_citizen_stands_where_the_contract_says_and_not_in_debug_output() {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        let body = BodyTemplate::Object(vec![
            ("who".into(), BodyTemplate::List(vec![BodyTemplate::Place(Place::CitizenCprWithHyphen)])),
            ("lang".into(), BodyTemplate::Fixed(json!("da"))),
        ]);
        let about = Filling::Citizen { cpr: &cpr, municipality: None, display_client: "overblik", item: None };
        let template = template(HeaderTemplate::Place(Place::CitizenCpr), body);
        let call = template.fill(about, Language::Da).expect("a request");
        let sent: Value = serde_json::from_slice(call.body.as_deref().expect("a body")).expect("JSON");
        assert_eq!(sent, json!({ "who": ["610101-0001"], "lang": "da" }));
        assert_eq!(call.headers["x-cpr"], "6101010001");
        assert_eq!(call.headers["content-type"], "application/json");
        assert!(!format!("{:?}", call.headers).contains("6101"));
        assert_eq!(call.url.query(), Some("a=b&sprog=da"));
    }

    #[test]
    fn a_lookup_cannot_carry_the_citizen() {
        let keys = ["870970-basis:1".to_owned()];
        let fixed = || HeaderTemplate::Fixed(HeaderValue::from_static("x"));
        let fill = |template: RequestTemplate| template.fill(Filling::Keys(&keys), Language::Da);
        let filled = fill(template(fixed(), BodyTemplate::Place(Place::Keys)));
        assert_eq!(filled.expect("a request").body.as_deref(), Some(br#"["870970-basis:1"]"#.as_slice()));
        for place in [Place::CitizenCpr, Place::CitizenCprWithHyphen, Place::CitizenMunicipality] {
            let broken = Some(ConnectorError::ContractBroken);
            assert_eq!(fill(template(fixed(), BodyTemplate::Place(place))).err(), broken);
            assert_eq!(fill(template(HeaderTemplate::Place(place), BodyTemplate::Place(Place::Keys))).err(), broken);
        }
    }

    #[test]
    fn the_id_of_a_request_is_the_same_within_it_and_another_in_the_next() {
        let template = template(HeaderTemplate::Place(Place::RequestId), BodyTemplate::Place(Place::RequestId));
        let ids = || {
            let call = template.fill(Filling::Keys(&[]), Language::Da).expect("a request");
            let body: String = serde_json::from_slice(&call.body.expect("a body")).expect("JSON");
            assert_eq!(call.headers["x-cpr"], body);
            assert!(body.len() <= 46, "as long as a source takes");
            body
        };
        assert_ne!(ids(), ids());
    }

    #[test]
    fn r44_header_values_are_visible_ascii() {
        assert!(plain_header("a b-c/1").is_some());
        for evil in ["a\tb", "a\r\nb", "æ", "a\u{7f}"] {
            assert!(plain_header(evil).is_none(), "{evil:?}");
        }
    }
}
