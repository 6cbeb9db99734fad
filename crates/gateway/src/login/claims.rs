//! What a verified ID token says about the citizen, under the names that the provider uses.

use jiff::Timestamp;
use overblik_widgets::AssuranceLevel;
use serde_json::{Map, Value};

use super::{refused, token};
use crate::{api_error::ApiError, config::LoginConfig};

/// Seconds that our clock and the provider's may differ: the one allowance for `exp`, `iat` and `nbf` (requirement R11).
pub(super) const CLOCK_SKEW_S: i64 = 60;

/// What a verified login says. Not yet a person: the CPR number is still text.
pub struct VerifiedLogin {
    /// The provider's stable name for the citizen.
    pub subject: String,
    /// CPR number as the provider wrote it.
    pub cpr: String,
    /// The citizen's name.
    pub name: Option<String>,
    /// Municipality of residence as the provider wrote it.
    pub municipality: Option<String>,
    /// How surely the citizen was identified.
    pub level: AssuranceLevel,
    /// When the provider issued the ID token.
    pub issued: Timestamp,
    /// The provider's own session (`sid`).
    pub provider_session: Option<String>,
    /// When the citizen proved who they are (`auth_time`).
    pub authenticated: Option<Timestamp>,
}

/// What the claims are held against.
pub(super) struct Expected<'c> {
    pub(super) config: &'c LoginConfig,
    /// Seconds since its issue after which a token counts no more: the longest that a session can last.
    pub(super) oldest_s: i64,
    pub(super) now: Timestamp,
}

/// Reads the claims of an ID token whose signature, issuer, audience, expiry and nonce were verified.
pub(super) fn read(id_token: &str, expected: &Expected<'_>) -> Result<VerifiedLogin, ApiError> {
    let claims = token::claims(id_token).ok_or_else(|| refused("the ID token's claims cannot be read"))?;
    from_claims(&claims, expected)
}

fn from_claims(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<VerifiedLogin, ApiError> {
    let config = expected.config;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());

    let moment = |name: &str| Timestamp::from_second(claims.get(name)?.as_i64()?).ok();

    if text("iss") != Some(&config.issuer) {
        return Err(refused("the ID token is another issuer's"));
    }
    let for_us = |value: &Value| value.as_str() == Some(&config.client_id);
    let audience_is_ours = match claims.get("aud") {
        Some(Value::Array(several)) => several.len() == 1 && several.iter().all(for_us),
        Some(one) => for_us(one),
        None => false,
    };
    if !audience_is_ours || claims.get("azp").is_some_and(|party| !for_us(party)) {
        return Err(refused("the ID token is not for us alone"));
    }
    check_times(claims, expected)?;
    let subject = text("sub").ok_or_else(|| refused("the ID token names no subject"))?;
    let level = text(&config.claims.level)
        .and_then(|name| config.levels.level(name))
        .ok_or_else(|| refused("the ID token names no level that the configuration knows"))?;
    let cpr = match claims.get(&config.claims.cpr) {
        None | Some(Value::Null) => return Err(ApiError::LoginWithoutCpr),
        Some(Value::String(cpr)) if cpr.is_empty() => return Err(ApiError::LoginWithoutCpr),
        Some(Value::String(cpr)) => cpr.clone(),
        Some(_) => return Err(refused("the CPR claim is not one text")),
    };
    Ok(VerifiedLogin {
        subject: subject.to_owned(),
        cpr,
        name: text(&config.claims.name).map(str::to_owned),
        municipality: text(&config.claims.municipality).map(str::to_owned),
        level,
        issued: moment("iat").ok_or_else(|| refused("the ID token does not say when it was issued"))?,
        provider_session: text("sid").map(str::to_owned),
        authenticated: moment("auth_time"),
    })
}

/// Whether a token is valid now, our clock and the provider's differing by the allowance at most.
fn check_times(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), ApiError> {
    let now = expected.now.as_second();
    // Whole seconds only: the library would take fractions too.
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let earliest = now.saturating_sub(CLOCK_SKEW_S);
    let latest = now.saturating_add(CLOCK_SKEW_S);
    if seconds("exp").is_none_or(|end| end <= earliest) {
        return Err(refused("the ID token has expired"));
    }
    match seconds("iat") {
        Some(issued) if issued > latest => return Err(refused("the ID token was issued in the future")),
        Some(issued) if issued < earliest.saturating_sub(expected.oldest_s) => {
            return Err(refused("the ID token is older than a session can be"));
        }
        Some(_) => {}
        None => return Err(refused("the ID token does not say when it was issued")),
    }
    if claims.contains_key("nbf") && seconds("nbf").is_none_or(|from| from > latest) {
        return Err(refused("the ID token is not valid yet"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const SESSION_S: i64 = 8 * 60 * 60;

    fn config() -> LoginConfig {
        serde_json::from_value(json!({ "issuer": "https://login.example", "client_id": "overblik" })).expect("a config")
    }

    fn result(change: impl Fn(&mut Map<String, Value>)) -> Result<VerifiedLogin, ApiError> {
        let Value::Object(mut claims) = json!({
            "iss": "https://login.example", "sub": "s-1", "aud": "overblik", "iat": NOW, "exp": NOW + 60, "cpr": "6101010001", "name": "Åse",
            "acr": "https://data.gov.dk/concept/core/nsis/loa/Substantial", "municipality_code": "0901",
        }) else {
            panic!("an object")
        };
        change(&mut claims);
        let now = Timestamp::from_second(NOW).expect("a time");
        from_claims(&claims, &Expected { config: &config(), oldest_s: SESSION_S, now })
    }

    fn with(name: &str, value: impl Into<Value>) -> Option<ApiError> {
        let value = value.into();
        result(|claims| {
            claims.insert(name.to_owned(), value.clone());
        })
        .err()
    }

    #[test]
    fn the_claims_of_a_login_are_read() {
        let Ok(login) = result(|_| {}) else { panic!("a login") };
        assert_eq!(login.subject, "s-1");
        assert_eq!(login.name.as_deref(), Some("Åse"));
        assert_eq!(login.level, AssuranceLevel::Substantial);
    }

    #[test]
    fn r7_only_an_exact_level_name_counts() {
        let low = "https://data.gov.dk/concept/core/nsis/loa/Low";
        assert_eq!(with("acr", json!(low)), None, "whether it suffices is decided by the caller");
        for wrong in
            [json!("Substantial"), json!(format!("{low}x")), json!(format!("{low}/")), json!(null), json!([low])]
        {
            assert_eq!(with("acr", wrong.clone()), Some(ApiError::LoginRefused), "{wrong}");
        }
    }

    #[test]
    fn r8_the_cpr_claim_is_one_text() {
        assert_eq!(with("cpr", json!(["6101010001"])), Some(ApiError::LoginRefused));
        assert_eq!(with("cpr", json!(6_101_010_001_u64)), Some(ApiError::LoginRefused));
        assert_eq!(with("cpr", json!(null)), Some(ApiError::LoginWithoutCpr));
        assert_eq!(result(|claims| drop(claims.remove("cpr"))).err(), Some(ApiError::LoginWithoutCpr));
    }

    #[test]
    fn r11_the_token_must_be_for_us_alone_and_from_now() {
        assert_eq!(with("aud", json!(["overblik"])), None);
        assert_eq!(with("aud", json!(["overblik", "other"])), Some(ApiError::LoginRefused));
        assert_eq!(with("aud", json!("other")), Some(ApiError::LoginRefused));
        assert_eq!(with("azp", json!("other")), Some(ApiError::LoginRefused));
        assert_eq!(with("azp", json!("overblik")), None);
        for wrong in [json!([]), json!({}), json!(null), json!(1), json!([["overblik"]]), json!("")] {
            assert_eq!(with("aud", wrong.clone()), Some(ApiError::LoginRefused), "{wrong}");
        }
        for wrong in [json!("https://login.example/"), json!(["https://login.example"]), json!(null), json!("")] {
            assert_eq!(with("iss", wrong.clone()), Some(ApiError::LoginRefused), "{wrong}");
        }
        for wrong in [json!(""), json!(1), json!(null), json!(["s-1"])] {
            assert_eq!(with("sub", wrong.clone()), Some(ApiError::LoginRefused), "{wrong}");
        }
    }

    #[test]
    fn r11_times_hold_within_one_allowance_and_are_whole_seconds() {
        let oldest = NOW - SESSION_S - CLOCK_SKEW_S;
        for (name, good, bad) in [
            ("exp", NOW - 59, NOW - 60),
            ("iat", NOW + 60, NOW + 61),
            ("iat", oldest, oldest - 1),
            ("nbf", NOW + 60, NOW + 61),
        ] {
            assert_eq!(with(name, good), None, "{name}");
            assert_eq!(with(name, bad), Some(ApiError::LoginRefused), "{name}");
        }
        for name in ["exp", "iat", "nbf"] {
            for wrong in [json!("1800000000"), json!(1.8e9), json!(null), json!([NOW]), json!(u64::MAX), json!(true)] {
                assert_eq!(with(name, wrong.clone()), Some(ApiError::LoginRefused), "{name}: {wrong}");
            }
        }
    }

    #[test]
    fn r11_no_required_claim_may_be_missing() {
        for name in ["iss", "sub", "aud", "exp", "iat", "acr"] {
            let without = result(|claims| drop(claims.remove(name)));
            assert_eq!(without.err(), Some(ApiError::LoginRefused), "{name}");
        }
    }
}
