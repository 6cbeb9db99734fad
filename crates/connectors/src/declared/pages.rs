//! Answers that come in pages: where a page names the next one, and where the next request says it.

use http::HeaderName;
use serde_json::{Map, Value};

use super::{
    reading::text_of,
    selector::{One, Selector},
    spelling::{spells, spells_anybody},
    template::sensitive_header,
};
use crate::{citizen::Cpr, error::ConnectorError, upstream::Call};

/// Longest cursor, in characters.
const MAX_CURSOR: usize = 512;

/// How a request goes on to the next page.
#[derive(Debug)]
pub(crate) struct Pages {
    /// Where a page names the next.
    pub(crate) next: Selector,
    pub(crate) at: CursorPlace,
    /// Most pages, the first included.
    pub(crate) max: usize,
}

/// Where the next request names its page.
#[derive(Debug)]
pub(crate) enum CursorPlace {
    /// A parameter of the query.
    Query(String),
    Header(HeaderName),
    /// A key at the top of a JSON body.
    Body(String),
}

/// The source's own word for a page: a text or a number, and nothing personal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Cursor(Value);

impl Pages {
    /// The cursor of the page after this one; `None` if this is the last.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if it is no text or number, too long, not visible ASCII, or holds the
    /// citizen's number in any spelling, or what could be anybody else's: it may go into an address, and addresses end up
    /// in logs (R61).
    pub(super) fn next(&self, page: &Value, cpr: &Cpr) -> Result<Option<Cursor>, ConnectorError> {
        let node = match self.next.one(page) {
            One::Absent => return Ok(None),
            One::Several => return Err(ConnectorError::ContractBroken),
            One::Node(node) => node,
        };
        let text = text_of(node).ok_or(ConnectorError::ContractBroken)?;
        if text.is_empty() {
            return Ok(None);
        }
        let fits = text.len() <= MAX_CURSOR && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits || spells(&text, cpr) || spells_anybody(&text) {
            return Err(ConnectorError::ContractBroken);
        }
        Ok(Some(Cursor(node.clone())))
    }

    /// Makes of the request for the first page the one for another.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if there is no place for a cursor, which a checked contract has.
    pub(super) fn put(&self, call: &mut Call, cursor: &Cursor) -> Result<(), ConnectorError> {
        let text = text_of(&cursor.0).ok_or(ConnectorError::ContractBroken)?;
        match &self.at {
            CursorPlace::Query(name) => {
                let others = call.url.query_pairs().filter(|(other, _)| other != name);
                let others: Vec<_> = others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
                call.url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, &text);
            }
            CursorPlace::Header(name) => {
                let value = sensitive_header(&text).ok_or(ConnectorError::ContractBroken)?;
                call.headers.insert(name.clone(), value);
            }
            CursorPlace::Body(key) => {
                let body = call.body.as_deref().and_then(|body| serde_json::from_slice::<Map<_, _>>(body).ok());
                let mut body = body.ok_or(ConnectorError::ContractBroken)?;
                body.insert(key.clone(), cursor.0.clone());
                call.body = Some(serde_json::to_vec(&body).map_err(|_| ConnectorError::ContractBroken)?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method};
    use overblik_widgets::Language;
    use serde_json::json;

    use super::*;
    use crate::citizen::AcceptedPersons;

    fn pages(at: CursorPlace) -> Pages {
        Pages { next: Selector::parse("$.next").expect("a path"), at, max: 3 }
    }

    /// The next cursor as JSON text, `-` for none, or what is wrong.
    fn next(next: &Value) -> Result<String, ConnectorError> {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        let cursor = pages(CursorPlace::Query("page".into())).next(&json!({ "next": next }), &cpr)?;
        Ok(cursor.map_or("-".to_owned(), |cursor| cursor.0.to_string()))
    }

    fn call(at: CursorPlace, cursor: Value) -> Call {
        let mut call = Call {
            method: Method::POST,
            url: "https://api.birkerup.example/x?size=10&page=first".parse().expect("a URL"),
            headers: HeaderMap::new(),
            body: Some(br#"{"cpr":"6101010001","page":"first"}"#.to_vec()),
            language: Language::Da,
            idempotent: true,
            deadline: None,
            body_limit: 1,
        };
        pages(at).put(&mut call, &Cursor(cursor)).expect("a place");
        call
    }

    #[test]
    fn a_cursor_is_a_short_plain_text_or_a_number_and_its_absence_is_the_end() {
        assert_eq!(next(&json!("abc/+=&?")).as_deref(), Ok("\"abc/+=&?\""));
        assert_eq!(next(&json!(17)).as_deref(), Ok("17"));
        assert_eq!(next(&json!("x".repeat(512))).map(|cursor| cursor.len()), Ok(514));
        for end in [json!(null), json!("")] {
            assert_eq!(next(&end).as_deref(), Ok("-"));
        }
        let broken = Err(ConnectorError::ContractBroken);
        for wrong in
            [json!(true), json!({}), json!([1]), json!("a b"), json!("æ"), json!("a\r\nb"), json!("x".repeat(513))]
        {
            assert_eq!(next(&wrong), broken, "{wrong}");
        }
    }

    #[test]
    fn r61_a_cursor_with_the_citizens_number_is_refused() {
        for spelled in ["6101010001", "610101-0001", "p:610101%2D0001", "NjEwMTAxMDAwMQ==", "36313031303130303031"] {
            assert_eq!(next(&json!(spelled)), Err(ConnectorError::ContractBroken), "{spelled}");
        }
        assert_eq!(next(&json!(6_101_010_001_u64)), Err(ConnectorError::ContractBroken));
    }

    #[test]
    fn r61_a_cursor_with_what_could_be_anybodys_number_is_refused() {
        for spelled in ["6201010002", "after:620101-0002", "eyJjcHIiOiI2MjAxMDEwMDAyIn0"] {
            assert_eq!(next(&json!(spelled)), Err(ConnectorError::ContractBroken), "{spelled}");
        }
        assert_eq!(next(&json!(6_201_010_002_u64)), Err(ConnectorError::ContractBroken));
        assert_eq!(next(&json!(1_764_115_200_123_u64)).as_deref(), Ok("1764115200123"), "a time");
    }

    #[test]
    fn the_next_request_names_its_page_once_where_the_contract_says() {
        let called = call(CursorPlace::Query("page".into()), json!("a&b=c d"));
        assert_eq!(called.url.query(), Some("size=10&page=a%26b%3Dc+d"));
        let called = call(CursorPlace::Header(HeaderName::from_static("x-page")), json!(2));
        assert_eq!(
            (&called.headers["x-page"], called.url.query()),
            (&"2".parse().expect("a value"), Some("size=10&page=first"))
        );
        let called = call(CursorPlace::Body("page".into()), json!(2));
        let body: Value = serde_json::from_slice(called.body.as_deref().expect("a body")).expect("JSON");
        assert_eq!(body, json!({ "cpr": "6101010001", "page": 2 }));
    }
}
