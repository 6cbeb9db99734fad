//! What an ID token must look like before anybody looks at its signature (requirements R9, R10, R12).
//!
//! | Part | Accepted |
//! |---|---|
//! | whole | at most 16 kB; three parts in base64url without padding |
//! | header | at most 2 kB; a JSON object that names no member twice |
//! | `alg` | one of those configured, spelt exactly so; the configuration knows no symmetric one and no `none` |
//! | `typ` | absent or `JWT` in any case: access tokens (`at+jwt`) and logout tokens (`logout+jwt`) never pass |
//! | `kid` | absent or a text |
//! | `crit`, `b64` | absent |
//!
//! `jwk`, `jku`, `x5c` and `x5u` are never read: keys come from the provider's own key set alone.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::IdTokenAlgorithm;

/// Largest token looked at, in bytes.
const LARGEST_TOKEN: usize = 16 * 1024;
/// Largest header looked at, in bytes after decoding.
const LARGEST_HEADER: usize = 2 * 1024;

/// What a token says about its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenHeader {
    /// The algorithm: one of those accepted.
    pub(super) algorithm: IdTokenAlgorithm,
    /// Which key.
    pub(super) key_id: Option<String>,
}

/// Reads the header of a token that looks as it must.
///
/// # Errors
/// What is wrong with it, for our log.
pub(super) fn header(token: &str, accepted: &[IdTokenAlgorithm]) -> Result<TokenHeader, &'static str> {
    if token.len() > LARGEST_TOKEN {
        return Err("the ID token is too large");
    }
    let [header, ..] = parts(token)?;
    if header.len() > LARGEST_HEADER {
        return Err("the ID token's header is too large");
    }
    let header = members(&header).ok_or("the ID token's header is not one JSON object")?;
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err("the ID token's header has members that must be understood");
    }
    match header.get("typ") {
        None => {}
        Some(Value::String(name)) if name.eq_ignore_ascii_case("JWT") => {}
        Some(_) => return Err("the token is of another type than an ID token"),
    }
    let algorithm = match header.get("alg") {
        // A text and nothing else: an object with one member could stand for an enumeration's value too.
        Some(name @ Value::String(_)) => IdTokenAlgorithm::deserialize(name).ok(),
        _ => None,
    };
    let algorithm = algorithm
        .filter(|algorithm| accepted.contains(algorithm))
        .ok_or("the ID token is signed by an algorithm that is not accepted")?;
    let key_id = match header.get("kid") {
        None => None,
        Some(Value::String(key_id)) => Some(key_id.clone()),
        Some(_) => return Err("the ID token's key id is not a text"),
    };
    Ok(TokenHeader { algorithm, key_id })
}

/// The claims of a token; `None` when they are not one JSON object that names no member twice.
pub(super) fn claims(token: &str) -> Option<Map<String, Value>> {
    let [_, claims, _] = parts(token).ok()?;
    members(&claims)
}

fn parts(token: &str) -> Result<[Vec<u8>; 3], &'static str> {
    const MALFORMED: &str = "the ID token is not three parts in base64url";
    // One more than wanted: a token of dots makes no long list.
    let mut decoded = token.split('.').take(4).map(|part| URL_SAFE_NO_PAD.decode(part));
    let mut next = || decoded.next().and_then(Result::ok).ok_or(MALFORMED);
    let parts = [next()?, next()?, next()?];
    match decoded.next() {
        None => Ok(parts),
        Some(_) => Err(MALFORMED),
    }
}

fn members(json: &[u8]) -> Option<Map<String, Value>> {
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

    const ACCEPTED: [IdTokenAlgorithm; 2] = [IdTokenAlgorithm::ES256, IdTokenAlgorithm::PS256];

    fn token(header: &str) -> String {
        [header, "{}", "signature"].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    fn of_header(header_text: &str) -> Result<TokenHeader, &'static str> {
        header(&token(header_text), &ACCEPTED)
    }

    #[test]
    fn r9_a_plain_header_passes() {
        let plain = TokenHeader { algorithm: IdTokenAlgorithm::ES256, key_id: Some("k".to_owned()) };
        assert_eq!(of_header(r#"{"alg":"ES256","kid":"k"}"#), Ok(plain));
        let bare = TokenHeader { algorithm: IdTokenAlgorithm::PS256, key_id: None };
        assert_eq!(of_header(r#"{"alg":"PS256"}"#), Ok(bare));
    }

    #[test]
    fn r9_only_algorithms_on_the_list_pass_spelt_exactly() {
        for algorithm in [
            r#""none""#,
            r#""None""#,
            r#""NONE""#,
            r#""nOnE""#,
            r#""""#,
            r#""HS256""#,
            r#""HS384""#,
            r#""HS512""#,
            r#""RS256""#,
            r#""ES384""#,
            r#""ES512""#,
            r#""EdDSA""#,
            r#""es256""#,
            r#""ES256 ""#,
            r#""dir""#,
            "null",
            "1",
            r#"["ES256"]"#,
            r#"{"ES256":null}"#,
        ] {
            assert!(of_header(&format!(r#"{{"alg":{algorithm}}}"#)).is_err(), "{algorithm}");
        }
        assert!(of_header(r#"{"kid":"k"}"#).is_err());
        assert!(header(&token(r#"{"alg":"ES256"}"#), &[]).is_err());
    }

    #[test]
    fn r9_headers_that_must_be_understood_or_are_ambiguous_are_refused() {
        for more in [
            r#","crit":["x"],"x":1"#,
            r#","crit":[]"#,
            r#","crit":null"#,
            r#","b64":false"#,
            r#","b64":true"#,
            r#","kid":1"#,
            r#","kid":null"#,
            r#","kid":["k"]"#,
            r#","alg":"ES256""#,
            r#","kid":"k","kid":"k""#,
        ] {
            assert!(of_header(&format!(r#"{{"alg":"ES256"{more}}}"#)).is_err(), "{more}");
        }
        for text in ["", "[]", "null", r#""ES256""#, r#"{"alg":"ES256"} {}"#, r#"{"alg":"ES256""#] {
            assert!(of_header(text).is_err(), "{text}");
        }
    }

    #[test]
    fn r10_tokens_of_other_types_are_refused() {
        for name in ["JWT", "jwt", "Jwt"] {
            assert!(of_header(&format!(r#"{{"alg":"ES256","typ":"{name}"}}"#)).is_ok(), "{name}");
        }
        for name in [
            r#""at+jwt""#,
            r#""application/at+jwt""#,
            r#""logout+jwt""#,
            r#""application/jwt""#,
            r#""JWT ""#,
            r#""""#,
            r#""dpop+jwt""#,
            r#""secevent+jwt""#,
            "null",
            "1",
            r#"["JWT"]"#,
        ] {
            assert!(of_header(&format!(r#"{{"alg":"ES256","typ":{name}}}"#)).is_err(), "{name}");
        }
    }

    #[test]
    fn r12_the_form_is_checked_before_anything_is_parsed() {
        let good = token(r#"{"alg":"ES256"}"#);
        assert!(header(&good, &ACCEPTED).is_ok());
        let (start, signature) = good.rsplit_once('.').expect("three parts");
        for bad in [
            String::new(),
            ".".to_owned(),
            "..".to_owned(),
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
            assert!(header(&bad, &ACCEPTED).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn r12_the_limits_hold_to_the_byte() {
        let padded = |length: usize| {
            let empty = r#"{"alg":"ES256","x":""}"#.len();
            format!(r#"{{"alg":"ES256","x":"{}"}}"#, "x".repeat(length - empty))
        };
        assert!(of_header(&padded(LARGEST_HEADER)).is_ok());
        assert!(of_header(&padded(LARGEST_HEADER + 1)).is_err());
        let sized = |length: usize| {
            let start = token(r#"{"alg":"ES256"}"#);
            let (start, _) = start.rsplit_once('.').expect("three parts");
            format!("{start}.{}", "A".repeat(length - start.len() - 1))
        };
        let lengths = LARGEST_TOKEN - 3..=LARGEST_TOKEN;
        assert!(lengths.into_iter().any(|length| header(&sized(length), &ACCEPTED).is_ok()));
        assert!((LARGEST_TOKEN + 1..LARGEST_TOKEN + 5).all(|length| header(&sized(length), &ACCEPTED).is_err()));
    }

    #[test]
    fn r11_claims_that_name_a_member_twice_are_none() {
        let with = |claims: &str| ["{}", claims, ""].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        assert!(claims(&with(r#"{"sub":"a","iss":"b"}"#)).is_some());
        assert!(claims(&with(r#"{"sub":"a","sub":"b"}"#)).is_none());
        assert!(claims(&with("[]")).is_none());
    }
}
