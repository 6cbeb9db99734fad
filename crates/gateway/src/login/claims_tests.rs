//! What the claims of an ID token may be, one by one.

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
        &Expected { config: &config, oldest_s: SESSION_S, now, nonce: Some("n-1"), role: None, max_age_s: None },
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
    for wrong in [json!("Substantial"), json!(format!("{low}x")), json!(format!("{low}/")), json!(null), json!([low])] {
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
        let expected = Expected { config: &config, oldest_s: SESSION_S, now, nonce: None, role: None, max_age_s };
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
