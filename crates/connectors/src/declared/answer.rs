//! From an answer's bytes to JSON, within limits (requirement R43) and without doubt about what it says.

use std::{cell::Cell, fmt};

use http::{HeaderMap, header};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{error::ConnectorError, upstream::Answer};

/// Deepest nesting.
const MAX_DEPTH: usize = 32;
/// Most values, keys not counted.
const MAX_NODES: usize = 10_000;
/// Longest text or key, in characters.
const MAX_TEXT: usize = 10_000;

/// Reads an answer as JSON.
///
/// # Errors
/// [`ConnectorError::Malformed`] if it is not JSON, is not declared as JSON, or names a key twice (two readers could
/// then understand two different persons); [`ConnectorError::TooLarge`] beyond a limit.
pub(crate) fn read_json(answer: &Answer) -> Result<Value, ConnectorError> {
    if !is_declared_json(&answer.headers) {
        return Err(ConnectorError::Malformed);
    }
    let budget = Budget { nodes: Cell::new(MAX_NODES), exceeded: Cell::new(false) };
    let mut deserializer = serde_json::Deserializer::from_slice(&answer.body);
    let value = Bounded { budget: &budget, depth: MAX_DEPTH }.deserialize(&mut deserializer);
    match (value, deserializer.end()) {
        (Ok(value), Ok(())) => Ok(value),
        _ if budget.exceeded.get() => Err(ConnectorError::TooLarge),
        _ => Err(ConnectorError::Malformed),
    }
}

/// `application/json` or a type that ends in `+json` (RFC 6839); the character set is always UTF-8 (RFC 8259).
fn is_declared_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// What is left of the limits while an answer is read.
struct Budget {
    nodes: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Budget {
    fn exceeded<E: serde::de::Error>(&self) -> E {
        self.exceeded.set(true);
        E::custom("beyond a limit")
    }

    fn checked_text<E: serde::de::Error>(&self, text: String) -> Result<String, E> {
        if text.chars().count() > MAX_TEXT { Err(self.exceeded()) } else { Ok(text) }
    }
}

/// Builds a [`Value`], giving up as soon as a limit is passed.
#[derive(Clone, Copy)]
struct Bounded<'b> {
    budget: &'b Budget,
    depth: usize,
}

impl<'b> Bounded<'b> {
    fn deeper<E: serde::de::Error>(self) -> Result<Bounded<'b>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| self.budget.exceeded())?;
        Ok(Bounded { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.budget.nodes.get().checked_sub(1).ok_or_else(|| self.budget.exceeded())?;
        self.budget.nodes.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.budget.checked_text(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let key = self.budget.checked_text(key)?;
            if object.insert(key, entries.next_value_seed(inside)?).is_some() {
                return Err(A::Error::custom("a key twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    fn read(content_type: &'static str, body: &str) -> Result<Value, ConnectorError> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        read_json(&Answer { status: StatusCode::OK, headers, body: body.to_owned().into() })
    }

    #[test]
    fn json_is_read_as_it_stands() {
        let text = r#"{"a":[1,-2,1234.5,true,null,"æ"],"b":{}}"#;
        assert_eq!(read("application/json", text).expect("JSON").to_string(), text);
    }

    #[test]
    fn only_declared_json_is_read() {
        for good in [
            "application/json",
            "application/json; charset=iso-8859-1",
            "Application/HAL+JSON",
            "application/problem+json",
        ] {
            assert_eq!(read(good, "[]"), Ok(Value::Array(vec![])), "{good}");
        }
        for wrong in ["text/html", "text/plain", "", "application/jsonx", "text/x+json", "application/xml"] {
            assert_eq!(read(wrong, "[]"), Err(ConnectorError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_one_whole_json_text_is_malformed() {
        for wrong in ["", " ", "{", "[1,]", "[1] x", "{\"a\":1,\"a\":2}", "<html>", "NaN", "[01]", "\u{feff}[]"] {
            assert_eq!(read("application/json", wrong), Err(ConnectorError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn r43_depth_nodes_and_text_are_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read("application/json", &nested(MAX_DEPTH)).is_ok());
        assert_eq!(read("application/json", &nested(MAX_DEPTH + 1)), Err(ConnectorError::TooLarge));
        assert_eq!(read("application/json", &"[".repeat(100_000)), Err(ConnectorError::TooLarge));
        let many = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(read("application/json", &many(MAX_NODES - 1)).is_ok());
        assert_eq!(read("application/json", &many(MAX_NODES)), Err(ConnectorError::TooLarge));
        let long = |length: usize| format!("\"{}\"", "ø".repeat(length));
        assert!(read("application/json", &long(MAX_TEXT)).is_ok());
        assert_eq!(read("application/json", &long(MAX_TEXT + 1)), Err(ConnectorError::TooLarge));
        let key = format!("{{\"{}\":1}}", "k".repeat(MAX_TEXT + 1));
        assert_eq!(read("application/json", &key), Err(ConnectorError::TooLarge));
    }
}
