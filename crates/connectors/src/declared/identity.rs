//! Whom an answer says it is about, checked before anything else is read from it.

use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::selector::Selector;
use crate::{citizen::Cpr, error::ConnectorError};

/// Where an answer names its person.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// In the body.
    Path(Selector),
    /// In a header.
    Header(HeaderName),
    /// Nowhere. The contract gives the reason why the source cannot say.
    Unstated,
}

impl Identity {
    /// Checks that an answer is about a person; its headers also when it has no readable body.
    ///
    /// # Errors
    /// [`ConnectorError::WrongPerson`] if any of its statements names somebody else;
    /// [`ConnectorError::ContractBroken`] if it makes none, or one that cannot be a number, or an item lacks its own.
    pub(crate) fn check(&self, cpr: &Cpr, headers: &HeaderMap, body: Option<&Value>) -> Result<(), ConnectorError> {
        let statements: Vec<Option<String>> = match self {
            Self::Unstated => return Ok(()),
            Self::Header(name) => {
                headers.get_all(name).iter().map(|value| value.to_str().ok().map(str::to_owned)).collect()
            }
            Self::Path(selector) => {
                let stated = body.into_iter().flat_map(|body| selector.stated(body));
                stated.flat_map(stated_numbers).collect()
            }
        };
        if statements.iter().flatten().any(|stated| !cpr.matches(stated)) {
            return Err(ConnectorError::WrongPerson);
        }
        if statements.is_empty() || statements.iter().any(Option::is_none) {
            return Err(ConnectorError::ContractBroken);
        }
        Ok(())
    }
}

/// What one statement says. Several where one belongs, as of an element of XML that is there twice, are no statement, but
/// each of them may name somebody else.
fn stated_numbers(node: Option<&Value>) -> Vec<Option<String>> {
    match node {
        Some(Value::Array(several)) => [None].into_iter().chain(several.iter().map(stated_number)).collect(),
        one => vec![one.and_then(stated_number)],
    }
}

/// A number written as JSON number has lost the zeros it starts with.
fn stated_number(node: &Value) -> Option<String> {
    match node {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(format!("{:0>10}", number.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;
    use crate::citizen::AcceptedPersons;

    fn in_body(path: &str, body: &Value) -> Result<(), ConnectorError> {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        Identity::Path(Selector::parse(path).expect("a path")).check(&cpr, &HeaderMap::new(), Some(body))
    }

    fn in_headers(values: &[&'static [u8]]) -> Result<(), ConnectorError> {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        let name = HeaderName::from_static("x-patron");
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&name, HeaderValue::from_bytes(value).expect("a value"));
        }
        Identity::Header(name).check(&cpr, &headers, None)
    }

    #[test]
    fn every_statement_must_name_the_citizen() {
        assert_eq!(in_body("$.cpr", &json!({ "cpr": "6101010001" })), Ok(()));
        assert_eq!(in_body("$.cpr", &json!({ "cpr": "610101-0001" })), Ok(()));
        assert_eq!(in_body("$.cpr", &json!({ "cpr": 6_101_010_001_u64 })), Ok(()));
        assert_eq!(in_body("$[*].cpr", &json!([{ "cpr": "6101010001" }, { "cpr": "6101010001" }])), Ok(()));
        assert_eq!(in_headers(&[b"610101-0001"]), Ok(()));
    }

    #[test]
    fn one_statement_about_somebody_else_is_enough() {
        let wrong = Err(ConnectorError::WrongPerson);
        for body in [
            json!([{ "cpr": "6201010002" }]),
            json!([{ "cpr": "6101010001" }, { "cpr": "6201010002" }]),
            json!([{ "cpr": null }, { "cpr": "6201010002" }]),
            json!([{ "cpr": "" }]),
            json!([{ "cpr": "610101-XXXX" }]),
            json!([{ "cpr": 6_201_010_002_u64 }]),
        ] {
            assert_eq!(in_body("$[*].cpr", &body), wrong, "{body}");
        }
        assert_eq!(
            in_body("$.cpr", &json!({ "cpr": ["6101010001", "6201010002"] })),
            wrong,
            "an element that is doubled"
        );
        assert_eq!(in_headers(&[b"6201010002"]), wrong);
        assert_eq!(in_headers(&[b"6101010001", b"6201010002"]), wrong);
    }

    #[test]
    fn an_answer_that_names_nobody_breaks_the_contract() {
        let broken = Err(ConnectorError::ContractBroken);
        for body in [
            json!({}),
            json!({ "cpr": null }),
            json!({ "cpr": {} }),
            json!({ "cpr": [] }),
            json!({ "cpr": ["6101010001", "6101010001"] }),
            json!([]),
        ] {
            assert_eq!(in_body("$.cpr", &body), broken, "{body}");
        }
        assert_eq!(in_headers(&[]), broken);
        assert_eq!(in_headers(&[b"\xff"]), broken);
    }
}
