//! What lies beneath a `login` section, and what must be written.

use serde_json::{Value, json};

use super::*;

fn login(more: Value) -> Result<LoginConfig, String> {
    let mut login = json!({ "issuer": "https://login.example", "client_id": "overblik" });
    if let (Some(login), Value::Object(more)) = (login.as_object_mut(), more) {
        login.extend(more);
    }
    serde_json::from_value(login).map_err(|error| error.to_string())
}

#[test]
fn a_preset_lies_beneath_what_is_written() {
    let login = login(json!({
        "provider": "signaturgruppen", "scopes": ["openid"], "claims": { "cpr": "own.cpr" }, "levels": { "low": "L" },
    }))
    .expect("a login");
    assert_eq!((login.scopes, login.claims.cpr), (vec!["openid".to_owned()], "own.cpr".to_owned()));
    assert_eq!((login.claims.level.as_str(), login.levels.low.as_str()), ("loa", "L"));
    assert_eq!(login.levels.high, "https://data.gov.dk/concept/core/nsis/High");
    assert_eq!(login.claims.session_expiry.as_deref(), Some("session_expiry"));
    assert_eq!(login.level_request.value(AssuranceLevel::High), r#"{"mitid":{"loa_value":"high"}}"#);
    assert_eq!(login.parameters["idp_values"], "mitid");
}

#[test]
fn a_level_is_asked_for_by_its_name_unless_something_else_is_known_or_written() {
    let generic = login(json!({ "levels": { "high": "H" } })).expect("a login").level_request;
    assert_eq!((generic.parameter.as_str(), generic.value(AssuranceLevel::High)), ("acr_values", "H"));
    let signicat = login(json!({ "provider": "signicat" })).expect("a login").level_request;
    assert_eq!(signicat.value(AssuranceLevel::Substantial), "idp:mitid loa:substantial");
    let own = json!({ "parameter": "p", "low": "1", "substantial": "2", "high": "3" });
    let own = login(json!({ "provider": "signicat", "level_request": own })).expect("a login").level_request;
    assert_eq!((own.parameter.as_str(), own.value(AssuranceLevel::Low)), ("p", "1"));
}

#[test]
fn what_is_not_known_must_be_written() {
    for (provider, missing) in
        [("idura", vec!["claims.level"]), ("foxids", vec!["claims.cpr", "claims.level"]), ("signicat", vec![])]
    {
        let mut claims = json!({});
        for setting in missing {
            let message = login(json!({ "provider": provider, "claims": claims })).expect_err(provider);
            assert!(message.contains(&format!("login.{setting} is missing")), "{message}");
            claims[setting.trim_start_matches("claims.")] = json!("x");
        }
        assert!(login(json!({ "provider": provider, "claims": claims })).is_ok(), "{provider}");
    }
    assert!(login(json!({ "provider": "nemlogin" })).is_err(), "NemLog-in itself speaks SAML");
    assert!(login(json!({ "claims": { "unknown": "x" } })).is_err());
}

#[test]
fn idura_s_app_switch_is_known() {
    let idura = login(json!({ "provider": "idura", "claims": { "level": "x" } })).expect("a login");
    let switch = idura.app_switch.expect("an app switch");
    assert_eq!(
        (switch.parameter, switch.ios, switch.android),
        ("login_hint".to_owned(), "appswitch:ios".to_owned(), "appswitch:android".to_owned())
    );
}
