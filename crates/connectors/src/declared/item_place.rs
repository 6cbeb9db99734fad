//! The key of an item on its way to its source: where it stands in a request, and whether it may.
//!
//! In an address it is one whole segment of the path or one whole value of the query, escaped, and nothing that could be
//! the number of a person: addresses end up in logs (R60).

use url::Url;

use super::{
    place::Place,
    spelling::{holds_number, spells, spells_anybody},
    template::{Body, HeaderTemplate, RequestTemplate, plain_header},
    xml_events::is_xml,
};
use crate::{citizen::Cpr, item_key::ItemKey};

/// How the place is written in the path of a [`Url`].
const IN_PATH: &str = "%7Bitem.key%7D";

/// Where the address of a request names the item.
#[derive(Debug, Default)]
pub(crate) struct ItemInAddress {
    /// As a segment of the path.
    pub(crate) in_path: bool,
    /// As the value of these names of the query.
    pub(crate) in_query: Vec<String>,
}

impl ItemInAddress {
    /// Puts the key where the address has a place for it.
    pub(super) fn fill(&self, url: &mut Url, key: &str) {
        if self.in_path {
            let path = url.path().replace(IN_PATH, &escaped(key));
            url.set_path(&path);
        }
        for name in &self.in_query {
            url.query_pairs_mut().append_pair(name, key);
        }
    }

    fn is_anywhere(&self) -> bool {
        self.in_path || !self.in_query.is_empty()
    }
}

impl RequestTemplate {
    /// Whether a citizen's item may be asked about by its key: the key can stand where the request has a place for it, and
    /// holds nobody's number where it must not.
    pub(super) fn takes(&self, key: &ItemKey, cpr: &Cpr) -> bool {
        let text = key.as_str();
        if holds_number(text, cpr) {
            return false;
        }
        let in_header = |(_, header): &(_, HeaderTemplate)| matches!(header, HeaderTemplate::Place(Place::ItemKey));
        let fits_header = !self.headers.iter().any(in_header) || plain_header(text).is_some();
        let fits_body = !matches!(self.body, Some(Body::Xml { .. })) || text.chars().all(is_xml);
        // Dots alone are no segment but a way through the path.
        let fits_address = !self.item.is_anywhere()
            || (!spells(text, cpr) && !spells_anybody(text) && text.chars().any(|character| character != '.'));
        fits_header && fits_body && fits_address
    }
}

/// A segment of a path in which nothing but letters, digits and what RFC 3986 calls unreserved stands for itself.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            let halves = [byte >> 4, byte & 0x0f].into_iter();
            let digits = halves.filter_map(|half| char::from_digit(u32::from(half), 16));
            escaped.push('%');
            escaped.extend(digits.map(|digit| digit.to_ascii_uppercase()));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, Method};
    use overblik_widgets::Language;

    use super::*;
    use crate::{
        citizen::AcceptedPersons,
        declared::{place::Filling, template::BodyTemplate},
        error::ConnectorError,
    };

    fn template(item: ItemInAddress, path: &str) -> RequestTemplate {
        RequestTemplate {
            method: Method::GET,
            url: format!("https://api.birkerup.example{path}").parse().expect("a URL"),
            language_in_query: Vec::new(),
            item,
            headers: vec![(HeaderName::from_static("x-cpr"), HeaderTemplate::Place(Place::CitizenCpr))],
            accept: HeaderValue::from_static("application/json"),
            body: None,
            idempotent: true,
            body_limit: 1,
        }
    }

    fn in_path() -> RequestTemplate {
        template(ItemInAddress { in_path: true, in_query: Vec::new() }, "/cases/{item.key}/steps")
    }

    fn cpr() -> Cpr {
        Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number")
    }

    fn key(text: &str) -> ItemKey {
        ItemKey::parse(text).expect("a key")
    }

    fn url(template: &RequestTemplate, text: &str) -> Result<String, ConnectorError> {
        let (cpr, item) = (cpr(), key(text));
        let about = Filling::Citizen { cpr: &cpr, municipality: None, display_client: "overblik", item: Some(&item) };
        template.fill(about, Language::Da).map(|call| call.url.to_string())
    }

    #[test]
    fn a_key_is_one_segment_of_a_path_and_one_value_of_a_query_whatever_stands_in_it() {
        for (text, segment) in [
            ("2026-1234", "2026-1234"),
            ("25/12345", "25%2F12345"),
            ("../admin", "..%2Fadmin"),
            ("a?b#c%2e", "a%3Fb%23c%252e"),
            ("æ b", "%C3%A6%20b"),
        ] {
            let expected = format!("https://api.birkerup.example/cases/{segment}/steps");
            assert_eq!(url(&in_path(), text), Ok(expected), "{text}");
        }
        let in_query = template(ItemInAddress { in_path: false, in_query: vec!["id".to_owned()] }, "/case?a=b");
        assert_eq!(url(&in_query, "1&c=d"), Ok("https://api.birkerup.example/case?a=b&id=1%26c%3Dd".to_owned()));
    }

    #[test]
    fn r60_no_number_of_a_person_gets_into_an_address_by_way_of_a_key() {
        let (cpr, address) = (cpr(), in_path());
        let body = RequestTemplate {
            body: Some(Body::Json(BodyTemplate::Place(Place::ItemKey))),
            ..template(ItemInAddress::default(), "/case")
        };
        for text in ["6101010001", "sag-610101-0001", "61 01 01 00 01"] {
            assert!(!address.takes(&key(text), &cpr) && !body.takes(&key(text), &cpr), "{text}");
        }
        // Anybody else's could be one, which a body may hold and an address may not.
        for text in ["6103880002", "NjEwMzg4MDAwMg"] {
            assert!(!address.takes(&key(text), &cpr) && body.takes(&key(text), &cpr), "{text}");
        }
        assert!(!address.takes(&key(".."), &cpr) && address.takes(&key("S-2026.17"), &cpr));
    }

    #[test]
    fn r44_a_key_that_cannot_stand_in_a_header_is_not_asked_by() {
        let header = (HeaderName::from_static("x-case"), HeaderTemplate::Place(Place::ItemKey));
        let template = RequestTemplate { headers: vec![header], ..template(ItemInAddress::default(), "/case") };
        assert!(template.takes(&key("S/1"), &cpr()));
        assert!(template.takes(&key("S-1"), &cpr()) && !template.takes(&key("sæg"), &cpr()));
    }
}
