//! From JSON text to a value, within limits and without doubt about what it says.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::limits::{BeyondLimit, Budget};
use crate::error::ConnectorError;

/// Reads a whole text as JSON; its character set is always UTF-8 (RFC 8259).
///
/// # Errors
/// [`ConnectorError::Malformed`] if it is not JSON, or names a key twice (two readers could then understand two
/// different persons); [`ConnectorError::TooLarge`] beyond a limit.
pub(super) fn read(text: &[u8]) -> Result<Value, ConnectorError> {
    match std::str::from_utf8(text) {
        // Once for the whole is quicker than for each text in it.
        Ok(text) => read_by(serde_json::Deserializer::from_str(text)),
        // Whether a limit comes first.
        Err(_) => read_by(serde_json::Deserializer::from_slice(text)),
    }
}

fn read_by<'t>(
    mut deserializer: serde_json::Deserializer<impl serde_json::de::Read<'t>>,
) -> Result<Value, ConnectorError> {
    let budget = Budget::new();
    let value = Bounded { budget: &budget, depth: 0 }.deserialize(&mut deserializer);
    match (value, deserializer.end()) {
        (Ok(value), Ok(())) => Ok(value),
        _ if budget.is_exceeded() => Err(ConnectorError::TooLarge),
        _ => Err(ConnectorError::Malformed),
    }
}

/// Why a text is not JSON: a place and the parser's own words, which hold nothing of the text.
pub(super) fn mistake(text: &[u8]) -> String {
    match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
        Err(_) if std::str::from_utf8(text).is_err() => "bytes that are not UTF-8, which JSON always is".to_owned(),
        Err(error) => format!("no JSON: {error}"),
        Ok(_) => "JSON in which an object has a key twice".to_owned(),
    }
}

/// What ends the reading; the budget itself remembers that it was a limit.
fn beyond<E: serde::de::Error>(_: BeyondLimit) -> E {
    E::custom("beyond a limit")
}

/// Builds a [`Value`], giving up as soon as a limit is passed.
#[derive(Clone, Copy)]
struct Bounded<'b> {
    budget: &'b Budget,
    depth: usize,
}

impl<'b> Bounded<'b> {
    fn deeper<E: serde::de::Error>(self) -> Result<Bounded<'b>, E> {
        let depth = self.depth + 1;
        self.budget.check_depth(depth).map_err(beyond)?;
        Ok(Bounded { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.budget.take_node().map_err(beyond)?;
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
        self.budget.check_text(&value).map_err(beyond)?;
        Ok(Value::String(value))
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
            self.budget.check_text(&key).map_err(beyond)?;
            if object.insert(key, entries.next_value_seed(inside)?).is_some() {
                return Err(A::Error::custom("a key twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::{MAX_DEPTH, MAX_NODES, MAX_TEXT};
    use super::*;

    fn read_text(text: &str) -> Result<Value, ConnectorError> {
        read(text.as_bytes())
    }

    #[test]
    fn json_is_read_as_it_stands() {
        let text = r#"{"a":[1,-2,1234.5,true,null,"æ"],"b":{}}"#;
        assert_eq!(read_text(text).expect("JSON").to_string(), text);
    }

    #[test]
    fn what_is_not_one_whole_json_text_is_malformed() {
        for wrong in ["", " ", "{", "[1,]", "[1] x", "{\"a\":1,\"a\":2}", "<html>", "NaN", "[01]", "\u{feff}[]"] {
            assert_eq!(read_text(wrong), Err(ConnectorError::Malformed), "{wrong}");
        }
    }

    #[test]
    fn r43_depth_nodes_and_text_of_json_are_limited() {
        let too_large = Err(ConnectorError::TooLarge);
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read_text(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(read_text(&nested(MAX_DEPTH + 1)), too_large);
        assert_eq!(read_text(&"[".repeat(100_000)), too_large);
        let many = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(read_text(&many(MAX_NODES - 1)).is_ok());
        assert_eq!(read_text(&many(MAX_NODES)), too_large);
        let long = |length: usize| format!("\"{}\"", "ø".repeat(length));
        assert!(read_text(&long(MAX_TEXT)).is_ok());
        assert_eq!(read_text(&long(MAX_TEXT + 1)), too_large);
        let key = format!("{{\"{}\":1}}", "k".repeat(MAX_TEXT + 1));
        assert_eq!(read_text(&key), too_large);
    }
}
