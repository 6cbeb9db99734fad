//! What a verified ID token says about the citizen, under the names that the provider uses.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use overblik_widgets::AssuranceLevel;
use serde_json::{Map, Value};

use super::refused;
use crate::{api_error::ApiError, config::LoginConfig};

/// Seconds that our clock and the provider's may differ (requirement R11).
const CLOCK_SKEW_S: i64 = 60;

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
}

/// Reads the claims of an ID token whose signature, issuer, audience, expiry and nonce were verified.
pub(super) fn read(id_token: &str, config: &LoginConfig, now: Timestamp) -> Result<VerifiedLogin, ApiError> {
    let claims = payload(id_token).ok_or_else(|| refused("the ID token's claims cannot be read"))?;
    from_claims(&claims, config, now)
}

fn payload(id_token: &str) -> Option<Map<String, Value>> {
    let payload = id_token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

fn from_claims(claims: &Map<String, Value>, config: &LoginConfig, now: Timestamp) -> Result<VerifiedLogin, ApiError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());

    let for_us = |value: &Value| value.as_str() == Some(&config.client_id);
    let audience_is_ours = match claims.get("aud") {
        Some(Value::Array(several)) => several.len() == 1 && several.iter().all(for_us),
        Some(one) => for_us(one),
        None => false,
    };
    if !audience_is_ours || claims.get("azp").is_some_and(|party| !for_us(party)) {
        return Err(refused("the ID token is not for us alone"));
    }
    let issued = claims.get("iat").and_then(Value::as_i64);
    if issued.is_none_or(|issued| issued > now.as_second() + CLOCK_SKEW_S) {
        return Err(refused("the ID token was issued in the future"));
    }
    if claims.get("nbf").is_some_and(|from| from.as_i64().is_none_or(|from| from > now.as_second() + CLOCK_SKEW_S)) {
        return Err(refused("the ID token is not valid yet"));
    }
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
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn config() -> LoginConfig {
        serde_json::from_value(json!({ "issuer": "https://login.example", "client_id": "overblik" })).expect("a config")
    }

    fn result(change: impl Fn(&mut Map<String, Value>)) -> Result<VerifiedLogin, ApiError> {
        let Value::Object(mut claims) = json!({
            "sub": "s-1", "aud": "overblik", "iat": NOW, "exp": NOW + 60, "cpr": "6101010001", "name": "Åse",
            "acr": "https://data.gov.dk/concept/core/nsis/loa/Substantial", "municipality_code": "0901",
        }) else {
            panic!("an object")
        };
        change(&mut claims);
        from_claims(&claims, &config(), Timestamp::from_second(NOW).expect("a time"))
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
        assert_eq!(with("iat", json!(NOW + 61)), Some(ApiError::LoginRefused));
        assert_eq!(with("iat", json!("soon")), Some(ApiError::LoginRefused));
        assert_eq!(with("nbf", json!(NOW + 61)), Some(ApiError::LoginRefused));
        assert_eq!(with("nbf", json!("x")), Some(ApiError::LoginRefused));
        assert_eq!(with("sub", json!("")), Some(ApiError::LoginRefused));
    }
}
