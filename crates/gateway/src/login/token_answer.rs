//! The token endpoint's answer (RFC 6749 section 5.1), read by ourselves: what we need must be as it should, and what we
//! do not need is not looked at.

use jiff::{SignedDuration, Timestamp};
use overblik_connectors::Secret;
use serde::Deserialize;
use zeroize::Zeroizing;

/// Seconds that an access token is taken to last when the answer does not say.
const ASSUMED_LIFE_S: u64 = 5 * 60;
/// Most seconds that an access token is taken to last, whatever the answer says.
const LONGEST_LIFE_S: u64 = 24 * 60 * 60;
/// Largest token kept, in bytes.
const LARGEST_TOKEN: usize = 16 * 1024;

/// What the provider gave for a citizen, beside the ID token.
#[derive(Debug)]
pub struct Tokens {
    /// Opens what the citizen may open, as long as it lasts.
    pub access: Secret,
    /// When it lasts no longer.
    pub access_expires: Timestamp,
    /// Brings new ones, once.
    pub refresh: Option<Secret>,
}

/// An answer that gave tokens.
pub(super) struct TokenAnswer {
    pub(super) tokens: Tokens,
    pub(super) id_token: Option<Zeroizing<String>>,
}

/// What counts of an answer. A member that stands twice makes it unreadable.
#[derive(Deserialize)]
struct Members {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

impl TokenAnswer {
    /// Reads an answer that came at this time.
    ///
    /// # Errors
    /// What is wrong with it, for our log.
    pub(super) fn read(body: &[u8], now: Timestamp) -> Result<Self, &'static str> {
        // Serde would take a list of the members' values for an object too.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err("the token answer is not a JSON object");
        }
        let members: Members = serde_json::from_slice(body).map_err(|_| "the token answer is malformed")?;
        let access = secret(members.access_token).ok_or("the access token is malformed")?;
        let refresh = members.refresh_token.map(|token| secret(token).ok_or("the refresh token is malformed"));
        // A token of another type, such as one bound to a key, is used otherwise than we would.
        if !members.token_type.eq_ignore_ascii_case("Bearer") {
            return Err("the access token is of a type that we do not know");
        }
        let life = members.expires_in.unwrap_or(ASSUMED_LIFE_S).min(LONGEST_LIFE_S);
        let life = SignedDuration::from_secs(i64::try_from(life).unwrap_or_default());
        let access_expires = now.checked_add(life).map_err(|_| "the access token lasts beyond all time")?;
        let tokens = Tokens { access, access_expires, refresh: refresh.transpose()? };
        Ok(Self { tokens, id_token: members.id_token.map(Zeroizing::new) })
    }
}

/// A token that fits into a header: visible ASCII (RFC 6749 appendices A.12 and A.17, without the space).
fn secret(token: String) -> Option<Secret> {
    let token = Secret::new(token);
    let length = token.reveal().len();
    ((1..=LARGEST_TOKEN).contains(&length) && token.reveal().bytes().all(|byte| byte.is_ascii_graphic()))
        .then_some(token)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).expect("a time")
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<TokenAnswer, &'static str> {
        let mut answer = json!({
            "access_token": "the-access-token", "token_type": "Bearer", "expires_in": 300,
            "refresh_token": "the-refresh-token", "id_token": "x.y.z",
        });
        change(&mut answer);
        TokenAnswer::read(answer.to_string().as_bytes(), now())
    }

    fn with(name: &str, value: Value) -> Result<TokenAnswer, &'static str> {
        read(|answer| answer[name] = value)
    }

    #[test]
    fn what_is_needed_is_read_and_what_is_not_may_be_anything() {
        let answer = read(|answer| answer["scope"] = json!({ "not": ["a", "text"] })).expect("an answer");
        assert_eq!(answer.tokens.access.reveal(), "the-access-token");
        assert_eq!(answer.tokens.refresh.expect("a token").reveal(), "the-refresh-token");
        assert_eq!(answer.tokens.access_expires.as_second(), 1_800_000_300);
        assert_eq!(answer.id_token.expect("a token").as_str(), "x.y.z");
    }

    #[test]
    fn what_may_be_missing_may_be_null_too() {
        for name in ["refresh_token", "id_token", "expires_in"] {
            for answer in [with(name, json!(null)), read(|answer| drop(answer.as_object_mut().unwrap().remove(name)))] {
                let answer = answer.expect(name);
                assert_eq!(answer.tokens.refresh.is_none(), name == "refresh_token");
                assert_eq!(answer.id_token.is_none(), name == "id_token");
            }
        }
        let unlimited = with("expires_in", json!(null)).expect("an answer");
        assert_eq!(unlimited.tokens.access_expires.as_second(), 1_800_000_300);
    }

    #[test]
    fn a_token_of_another_type_or_form_is_refused() {
        for good in ["bearer", "BEARER"] {
            assert!(with("token_type", json!(good)).is_ok(), "{good}");
        }
        for bad in [json!("DPoP"), json!(""), json!(null), json!(["Bearer"]), json!("Bearer ")] {
            assert!(with("token_type", bad.clone()).is_err(), "{bad}");
        }
        let large = "x".repeat(LARGEST_TOKEN + 1);
        for bad in [json!(""), json!("a b"), json!("a\nb"), json!("å"), json!(1), json!(["a"]), json!(large)] {
            assert!(with("access_token", bad.clone()).is_err(), "{bad}");
            assert!(with("refresh_token", bad.clone()).is_err(), "{bad}");
        }
        for bad in [json!(-1), json!(1.5), json!("300"), json!([300])] {
            assert!(with("expires_in", bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_lasts_for_ever_is_taken_to_last_a_day() {
        let answer = with("expires_in", json!(u64::MAX)).expect("an answer");
        assert_eq!(answer.tokens.access_expires.as_second(), 1_800_086_400);
    }

    #[test]
    fn what_is_no_object_or_names_a_member_twice_is_refused() {
        let list = r#"["a","Bearer",300,"b","x.y.z"]"#;
        let twice = r#"{"access_token":"a","token_type":"Bearer","access_token":"b"}"#;
        for text in ["", "[]", "null", "<html>", list, twice, r#"{"access_token":"a","token_type":"Bearer""#] {
            assert!(TokenAnswer::read(text.as_bytes(), now()).is_err(), "{text}");
        }
    }

    #[test]
    fn r61_no_token_can_be_printed() {
        let tokens = read(|_| {}).expect("an answer").tokens;
        assert!(!format!("{tokens:?}").contains("the-"), "{tokens:?}");
    }
}
