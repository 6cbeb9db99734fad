//! What a token must look like before anybody looks at its signature (requirements R9, R10, R12).
//!
//! `jwk`, `jku`, `x5c` and `x5u` are never read: keys come from the provider's own key set alone.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{TokenError, TokenKind, form};
use crate::config::SignatureAlgorithm;

/// Largest header looked at, in bytes after decoding.
const LARGEST_HEADER: usize = 2 * 1024;

/// What a token says about its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenHeader {
    /// The algorithm: one of those accepted.
    pub(crate) algorithm: SignatureAlgorithm,
    /// Which key.
    pub(crate) key_id: Option<String>,
}

/// Reads the header of a token that looks as its kind must.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn header(token: &str, kind: TokenKind, accepted: &[SignatureAlgorithm]) -> Result<TokenHeader, TokenError> {
    let [header, ..] = form::parts(token)?;
    if header.len() > LARGEST_HEADER {
        return Err(TokenError::Refused("the token's header is too large"));
    }
    let header = form::members(&header).ok_or(TokenError::Refused("the token's header is not one JSON object"))?;
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(TokenError::Refused("the token's header has members that must be understood"));
    }
    if !kind.is_named(header.get("typ")) {
        return Err(TokenError::Refused("the token is of another type"));
    }
    let algorithm = match header.get("alg") {
        // A text and nothing else: an object with one member could stand for an enumeration's value too.
        Some(name @ Value::String(_)) => SignatureAlgorithm::deserialize(name).ok(),
        _ => None,
    };
    let algorithm = algorithm
        .filter(|algorithm| accepted.contains(algorithm))
        .ok_or(TokenError::Refused("the token is signed by an algorithm that is not accepted"))?;
    let key_id = match header.get("kid") {
        None => None,
        Some(Value::String(key_id)) => Some(key_id.clone()),
        Some(_) => return Err(TokenError::Refused("the token's key id is not a text")),
    };
    Ok(TokenHeader { algorithm, key_id })
}

/// The members of a token's header, once [`header`] has found it to be as it must; `None` when they cannot be read.
pub(crate) fn members(token: &str) -> Option<Map<String, Value>> {
    let [header, ..] = form::parts(token).ok()?;
    form::members(&header)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    const ACCEPTED: [SignatureAlgorithm; 2] = [SignatureAlgorithm::ES256, SignatureAlgorithm::PS256];

    fn token(header: &str) -> String {
        [header, "{}", "signature"].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
    }

    fn of_header(header_text: &str) -> Result<TokenHeader, TokenError> {
        header(&token(header_text), TokenKind::Id, &ACCEPTED)
    }

    #[test]
    fn r9_a_plain_header_passes() {
        let plain = TokenHeader { algorithm: SignatureAlgorithm::ES256, key_id: Some("k".to_owned()) };
        assert_eq!(of_header(r#"{"alg":"ES256","kid":"k"}"#), Ok(plain));
        let bare = TokenHeader { algorithm: SignatureAlgorithm::PS256, key_id: None };
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
        assert!(header(&token(r#"{"alg":"ES256"}"#), TokenKind::Id, &[]).is_err());
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
    fn r10_each_kind_has_its_own_name_and_no_other_s() {
        let kinds = [TokenKind::Id, TokenKind::Access, TokenKind::Logout];
        let names = [("at+jwt", 1), ("application/at+jwt", 1), ("AT+JWT", 1), ("logout+jwt", 2), ("JWT", 0)];
        for (name, owner) in names {
            for (place, kind) in kinds.into_iter().enumerate() {
                let token = token(&format!(r#"{{"alg":"ES256","typ":"{name}"}}"#));
                assert_eq!(header(&token, kind, &ACCEPTED).is_ok(), place == owner, "{name} as {kind:?}");
            }
        }
        for kind in [TokenKind::Access, TokenKind::Logout] {
            for without in
                [r#"{"alg":"ES256"}"#, r#"{"alg":"ES256","typ":null}"#, r#"{"alg":"ES256","typ":["at+jwt"]}"#]
            {
                assert!(header(&token(without), kind, &ACCEPTED).is_err(), "{without} as {kind:?}");
            }
        }
    }

    #[test]
    fn r12_the_header_s_limit_holds_to_the_byte() {
        let padded = |length: usize| {
            let empty = r#"{"alg":"ES256","x":""}"#.len();
            format!(r#"{{"alg":"ES256","x":"{}"}}"#, "x".repeat(length - empty))
        };
        assert!(of_header(&padded(LARGEST_HEADER)).is_ok());
        assert!(of_header(&padded(LARGEST_HEADER + 1)).is_err());
    }
}
