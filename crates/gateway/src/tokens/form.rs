//! The form of a token, whatever its kind: size, parts, and JSON that can be read in one way only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::TokenError;

/// Largest token looked at, in bytes.
const LARGEST_TOKEN: usize = 16 * 1024;

/// Header, claims and signature of a token.
pub(super) fn parts(token: &str) -> Result<[Vec<u8>; 3], TokenError> {
    const MALFORMED: TokenError = TokenError::Refused("the token is not three parts in base64url");
    if token.len() > LARGEST_TOKEN {
        return Err(TokenError::Refused("the token is too large"));
    }
    // One more than wanted: a token of dots makes no long list.
    let mut decoded = token.split('.').take(4).map(|part| URL_SAFE_NO_PAD.decode(part));
    let mut next = || decoded.next().and_then(Result::ok).ok_or(MALFORMED);
    let parts = [next()?, next()?, next()?];
    match decoded.next() {
        None => Ok(parts),
        Some(_) => Err(MALFORMED),
    }
}

/// The members of a JSON object that names none twice.
pub(super) fn members(json: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(json).ok().map(|Members(members)| members)
}

/// A JSON object. One that names a member twice does not parse: readers differ in which of the two they believe.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> serde::de::Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object that names no member twice")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a member is named twice"));
                    }
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(parts: [&str; 3]) -> String {
        parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    #[test]
    fn r12_only_three_parts_in_base64url_are_a_token() {
        let good = token([r#"{"alg":"ES256"}"#, "{}", "signature"]);
        assert!(parts(&good).is_ok());
        let (start, signature) = good.rsplit_once('.').expect("three parts");
        for bad in [
            String::new(),
            ".".to_owned(),
            start.to_owned(),
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.a.b"),
            format!("{good}="),
            format!("{good} "),
            format!("{good}\n"),
            format!("{start}.{signature}+"),
            format!("{start}.{signature}/"),
            ".".repeat(LARGEST_TOKEN),
        ] {
            assert!(parts(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn r12_the_limit_holds_to_the_byte() {
        let sized = |length: usize| {
            let start = token([r#"{"alg":"ES256"}"#, "{}", ""]);
            format!("{start}{}", "A".repeat(length - start.len()))
        };
        let lengths = LARGEST_TOKEN - 3..=LARGEST_TOKEN;
        assert!(lengths.into_iter().any(|length| parts(&sized(length)).is_ok()));
        assert!((LARGEST_TOKEN + 1..LARGEST_TOKEN + 5).all(|length| parts(&sized(length)).is_err()));
    }

    #[test]
    fn r11_an_object_that_names_a_member_twice_is_none() {
        assert!(members(br#"{"sub":"a","iss":"b"}"#).is_some());
        assert!(members(br#"{"sub":"a","sub":"b"}"#).is_none());
        assert!(members(b"[]").is_none() && members(b"").is_none() && members(b"{} {}").is_none());
    }
}
