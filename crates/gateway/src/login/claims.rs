//! What a verified ID token says about the citizen, under the names that the provider uses.

use jiff::Timestamp;
use overblik_widgets::AssuranceLevel;
use serde_json::Value;

use super::id_token::IdTokenError;
use crate::{
    config::LoginConfig,
    tokens::{CLOCK_SKEW_S, ClaimSet, Window},
};

/// What an ID token says.
pub(super) struct Claims {
    pub(super) subject: String,
    /// CPR number as the provider wrote it, if it did.
    pub(super) cpr: Option<String>,
    pub(super) name: Option<String>,
    pub(super) municipality: Option<String>,
    /// How surely the citizen was identified, if the token says so.
    pub(super) level: Option<AssuranceLevel>,
    pub(super) issued: Timestamp,
    pub(super) authenticated: Option<Timestamp>,
    pub(super) provider_session: Option<String>,
    pub(super) session_expiry: Option<Timestamp>,
}

/// What claims say about a citizen, in ID tokens and access tokens alike.
pub(crate) struct CitizenClaims {
    /// CPR number as the provider wrote it, if it did.
    pub(crate) cpr: Option<String>,
    pub(crate) name: Option<String>,
    /// Municipality of residence as the provider wrote it.
    pub(crate) municipality: Option<String>,
    /// How surely the citizen was identified, if the token says so.
    pub(crate) level: Option<AssuranceLevel>,
}

impl CitizenClaims {
    /// Reads the claims of a token whose signature was verified.
    ///
    /// # Errors
    /// What is wrong with them, for our log.
    pub(crate) fn read(claims: &ClaimSet, config: &LoginConfig) -> Result<Self, &'static str> {
        let text = |name: &str| claims.text(name).map(str::to_owned);
        Ok(Self {
            cpr: optional_text(claims, &config.claims.cpr, "the CPR claim is not one text")?,
            name: text(&config.claims.name),
            municipality: text(&config.claims.municipality),
            level: match claims.get(&config.claims.level) {
                None => None,
                Some(Value::String(name)) => Some(config.levels.level(name).ok_or(UNKNOWN_LEVEL)?),
                Some(_) => return Err(UNKNOWN_LEVEL),
            },
        })
    }
}

/// What the claims are held against.
pub(super) struct Expected<'c> {
    pub(super) config: &'c LoginConfig,
    /// Seconds since its issue after which a token counts no more: the longest that a session can last.
    pub(super) oldest_s: i64,
    pub(super) now: Timestamp,
    /// The login's `nonce`, where the token answers a login.
    pub(super) nonce: Option<&'c str>,
    /// Seconds since the citizen was authenticated that are not too many, where the login asked for that.
    pub(super) max_age_s: Option<i64>,
}

/// Reads the claims of an ID token whose signature was verified.
///
/// # Errors
/// What is wrong with them, for our log.
pub(super) fn read(claims: &ClaimSet, expected: &Expected<'_>) -> Result<Claims, IdTokenError> {
    let config = expected.config;
    let text = |name: &str| claims.text(name);

    claims.check_issuer(&config.issuer)?;
    claims.check_audience(&config.client_id)?;
    if claims.get("azp").is_some_and(|party| party.as_str() != Some(&config.client_id)) {
        return Err("the ID token is another party's".into());
    }
    if expected.nonce.is_some_and(|nonce| text("nonce") != Some(nonce)) {
        return Err("the ID token answers another login".into());
    }
    let issued = claims.check_times(expected.now, Window::at_most(expected.oldest_s))?;
    let authenticated = optional_time(claims, "auth_time", "the time of authentication is not a time")?;
    check_age(authenticated, expected)?;
    let CitizenClaims { cpr, name, municipality, level } = CitizenClaims::read(claims, config)?;
    Ok(Claims {
        subject: text("sub").ok_or("the ID token names no subject")?.to_owned(),
        cpr,
        name,
        municipality,
        level,
        issued,
        authenticated,
        provider_session: optional_text(
            claims,
            &config.claims.session,
            "the provider's name for its session is not one text",
        )?,
        session_expiry: match &config.claims.session_expiry {
            None => None,
            Some(name) => session_expiry(claims, name, expected.now)?,
        },
    })
}

/// Whether the citizen was authenticated as lately as was asked for (requirement R7).
fn check_age(authenticated: Option<Timestamp>, expected: &Expected<'_>) -> Result<(), &'static str> {
    let now = expected.now.as_second();
    let authenticated = authenticated.map(Timestamp::as_second);
    if authenticated.is_some_and(|at| at > now.saturating_add(CLOCK_SKEW_S)) {
        return Err("the citizen was authenticated in the future");
    }
    let Some(age) = expected.max_age_s else { return Ok(()) };
    match authenticated {
        None => Err("the ID token does not say when the citizen was authenticated, though that was asked"),
        Some(at) if at < now.saturating_sub(age).saturating_sub(CLOCK_SKEW_S) => {
            Err("the citizen was authenticated longer ago than was asked for")
        }
        Some(_) => Ok(()),
    }
}

/// The absolute end of the provider's session. The one provider that is known to name it writes it as digits in a text.
fn session_expiry(claims: &ClaimSet, name: &str, now: Timestamp) -> Result<Option<Timestamp>, &'static str> {
    const MALFORMED: &str = "the end of the provider's session is not a time";
    let end = match claims.get(name) {
        Some(Value::String(digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let second = digits.parse().map_err(|_| MALFORMED)?;
            Some(Timestamp::from_second(second).map_err(|_| MALFORMED)?)
        }
        _ => optional_time(claims, name, MALFORMED)?,
    };
    if end.is_some_and(|end| end <= now) {
        return Err("the provider's session is over");
    }
    Ok(end)
}

const UNKNOWN_LEVEL: &str = "the token names no level that the configuration knows";

/// A claim that is one text, or absent: null and empty count as that.
fn optional_text(claims: &ClaimSet, name: &str, otherwise: &'static str) -> Result<Option<String>, &'static str> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then(|| text.clone())),
        Some(_) => Err(otherwise),
    }
}

/// A claim that is a time in whole seconds, or absent: null counts as that.
fn optional_time(claims: &ClaimSet, name: &str, otherwise: &'static str) -> Result<Option<Timestamp>, &'static str> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => claims.moment(name).map(Some).ok_or(otherwise),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;
    const SESSION_S: i64 = 8 * 60 * 60;

    fn config() -> LoginConfig {
        serde_json::from_value(json!({ "issuer": "https://login.example", "client_id": "overblik" })).expect("a config")
    }

    fn result(change: impl Fn(&mut Map<String, Value>)) -> Result<Claims, IdTokenError> {
        let Value::Object(mut claims) = json!({
            "iss": "https://login.example", "sub": "s-1", "aud": "overblik", "iat": NOW, "exp": NOW + 60, "cpr": "6101010001", "name": "Åse",
            "acr": "https://data.gov.dk/concept/core/nsis/loa/Substantial", "municipality_code": "0901",
            "nonce": "n-1", "sid": "session-1", "auth_time": NOW - 5,
        }) else {
            panic!("an object")
        };
        change(&mut claims);
        let now = Timestamp::from_second(NOW).expect("a time");
        let config = config();
        read(
            &claims.into(),
            &Expected { config: &config, oldest_s: SESSION_S, now, nonce: Some("n-1"), max_age_s: None },
        )
    }

    /// Whether a token is refused for this value.
    fn refuses(name: &str, value: impl Into<Value>) -> bool {
        let value = value.into();
        result(|claims| {
            claims.insert(name.to_owned(), value.clone());
        })
        .is_err()
    }

    #[test]
    fn the_claims_of_a_login_are_read() {
        let Ok(login) = result(|_| {}) else { panic!("a login") };
        assert_eq!(login.subject, "s-1");
        assert_eq!(login.name.as_deref(), Some("Åse"));
        assert_eq!(login.level, Some(AssuranceLevel::Substantial));
        assert_eq!(login.issued.as_second(), NOW);
        assert_eq!(login.authenticated.map(Timestamp::as_second), Some(NOW - 5));
        assert_eq!(login.provider_session.as_deref(), Some("session-1"));
        assert_eq!(login.session_expiry, None);
    }

    #[test]
    fn r7_only_an_exact_level_name_counts() {
        let low = "https://data.gov.dk/concept/core/nsis/loa/Low";
        assert!(!refuses("acr", json!(low)), "whether it suffices is decided by the caller");
        for wrong in
            [json!("Substantial"), json!(format!("{low}x")), json!(format!("{low}/")), json!(null), json!([low])]
        {
            assert!(refuses("acr", wrong.clone()), "{wrong}");
        }
    }

    #[test]
    fn r8_the_cpr_claim_is_one_text() {
        assert!(refuses("cpr", json!(["6101010001"])));
        assert!(refuses("cpr", json!(6_101_010_001_u64)));
        for absent in [json!(null), json!("")] {
            let claims = result(|claims| drop(claims.insert("cpr".to_owned(), absent.clone())));
            assert_eq!(claims.expect("claims").cpr, None, "{absent}");
        }
        assert_eq!(result(|claims| drop(claims.remove("cpr"))).expect("claims").cpr, None);
    }

    #[test]
    fn r11_the_token_must_be_for_us_alone_and_from_now() {
        assert!(!refuses("aud", json!(["overblik"])));
        assert!(refuses("aud", json!(["overblik", "other"])));
        assert!(refuses("aud", json!("other")));
        assert!(refuses("azp", json!("other")));
        assert!(!refuses("azp", json!("overblik")));
        for wrong in [json!([]), json!({}), json!(null), json!(1), json!([["overblik"]]), json!("")] {
            assert!(refuses("aud", wrong.clone()), "{wrong}");
        }
        for wrong in [json!("https://login.example/"), json!(["https://login.example"]), json!(null), json!("")] {
            assert!(refuses("iss", wrong.clone()), "{wrong}");
        }
        for wrong in [json!(""), json!(1), json!(null), json!(["s-1"])] {
            assert!(refuses("sub", wrong.clone()), "{wrong}");
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
            assert!(!refuses(name, good), "{name}");
            assert!(refuses(name, bad), "{name}");
        }
        for name in ["exp", "iat", "nbf"] {
            for wrong in [json!("1800000000"), json!(1.8e9), json!(null), json!([NOW]), json!(u64::MAX), json!(true)] {
                assert!(refuses(name, wrong.clone()), "{name}: {wrong}");
            }
        }
    }

    #[test]
    fn r11_no_required_claim_may_be_missing() {
        for name in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
            let without = result(|claims| drop(claims.remove(name)));
            assert!(without.is_err(), "{name}");
        }
    }

    #[test]
    fn r1_the_nonce_is_compared_exactly() {
        for wrong in [json!("n-2"), json!("n-1 "), json!(""), json!(null), json!(["n-1"])] {
            assert!(refuses("nonce", wrong.clone()), "{wrong}");
        }
    }

    #[test]
    fn claims_that_are_not_needed_may_be_anything_and_those_that_are_may_not() {
        for unneeded in ["amr", "email_verified", "birthdate", "address", "updated_at", "locale"] {
            for value in [json!("text"), json!(1), json!({}), json!(["a"]), json!(null)] {
                assert!(!refuses(unneeded, value.clone()), "{unneeded}: {value}");
            }
        }
        for wrong in [json!(1), json!(["session-1"]), json!({})] {
            assert!(refuses("sid", wrong.clone()), "{wrong}");
        }
        for wrong in [json!("1800000000"), json!(1.5), json!([NOW]), json!(i64::MAX)] {
            assert!(refuses("auth_time", wrong.clone()), "{wrong}");
        }
        assert!(!refuses("sid", json!(null)) && !refuses("auth_time", json!(null)));
    }

    #[test]
    fn r7_the_age_of_an_authentication_is_checked_where_it_was_asked_for() {
        let at = |authenticated: Option<i64>, max_age_s: Option<i64>| {
            let config = config();
            let now = Timestamp::from_second(NOW).expect("a time");
            let expected = Expected { config: &config, oldest_s: SESSION_S, now, nonce: None, max_age_s };
            check_age(authenticated.and_then(|second| Timestamp::from_second(second).ok()), &expected).is_ok()
        };
        for (authenticated, max_age_s, good) in [
            (None, None, true),
            (Some(NOW - 100_000), None, true),
            (Some(NOW + CLOCK_SKEW_S), None, true),
            (Some(NOW + CLOCK_SKEW_S + 1), None, false),
            (None, Some(300), false),
            (Some(NOW - 300 - CLOCK_SKEW_S), Some(300), true),
            (Some(NOW - 301 - CLOCK_SKEW_S), Some(300), false),
            (Some(NOW), Some(0), true),
            (Some(NOW - 1 - CLOCK_SKEW_S), Some(0), false),
        ] {
            assert_eq!(at(authenticated, max_age_s), good, "{authenticated:?} {max_age_s:?}");
        }
    }

    #[test]
    fn r21_the_end_of_the_provider_s_session_is_a_time_or_its_digits_and_not_past() {
        let end = |value: Value| {
            let claims: Map<_, _> = [("session_expiry".to_owned(), value)].into_iter().collect();
            session_expiry(&claims.into(), "session_expiry", Timestamp::from_second(NOW).expect("a time"))
        };
        for good in [json!(NOW + 1), json!((NOW + 1).to_string())] {
            assert_eq!(end(good).map(|end| end.map(Timestamp::as_second)), Ok(Some(NOW + 1)));
        }
        assert_eq!(end(json!(null)), Ok(None));
        for bad in
            [json!(NOW), json!("later"), json!(""), json!("1e10"), json!(1.5), json!([NOW + 1]), json!("9".repeat(30))]
        {
            assert!(end(bad.clone()).is_err(), "{bad}");
        }
    }
}
