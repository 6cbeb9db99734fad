//! What a login asks of the provider, and what must come back for it.

use std::collections::BTreeSet;

use overblik_gateway::{
    api_error::ApiError,
    login::{Begun, Login, Platform},
    telemetry::PartOf,
};
use overblik_tests::{Draft, MORNING, ProviderStandIn, SigningKey};
use overblik_widgets::AssuranceLevel::{self, High, Low, Substantial};
use serde_json::{Value, json};

use crate::party;

const SESSION: &str = "__Host-Http-overblik";

fn loa(name: &str) -> String {
    format!("https://data.gov.dk/concept/core/nsis/loa/{name}")
}

async fn start() -> ProviderStandIn {
    ProviderStandIn::start(SigningKey::es256("first")).await
}

async fn begin(login: &Login, level: AssuranceLevel) -> Begun {
    login.begin(level, None, PartOf::NOTHING).await.expect("a login")
}

/// The parameters that a login was begun with, all values of a name.
fn asked<'b>(begun: &'b Begun, name: &'b str) -> Vec<String> {
    begun.redirect.query_pairs().filter(|(own, _)| own == name).map(|(_, value)| value.into_owned()).collect()
}

#[tokio::test]
async fn r1_a_thousand_logins_share_no_value() {
    let provider = start().await;
    let login = party::at(&provider, &json!({}));
    let mut seen = BTreeSet::new();
    for _ in 0..1000 {
        let begun = begin(&login, Substantial).await;
        let [challenge] = asked(&begun, "code_challenge").try_into().expect("one challenge");
        assert_eq!(asked(&begun, "code_challenge_method"), ["S256"]);
        for value in [begun.state, begun.nonce, begun.verifier, challenge] {
            assert!(value.len() >= 43, "256 bits in base64: {value}");
            assert!(seen.insert(value), "a value stands twice");
        }
    }
    assert_eq!(seen.len(), 4000);
}

#[tokio::test]
async fn r7_the_level_is_asked_for_exactly_pushed_or_not() {
    for pushes in [false, true] {
        let provider = start().await;
        if pushes {
            provider.offer_pushing();
        }
        let login = party::at(&provider, &json!({ "max_age_s": 300 }));
        for (level, name) in [(Low, "Low"), (Substantial, "Substantial"), (High, "High")] {
            let begun = begin(&login, level).await;
            let request = provider.received("/par").pop();
            let sent = |name: &str| match &request {
                Some(pushed) => vec![pushed.field(name).to_owned()],
                None => asked(&begun, name),
            };
            assert_eq!(request.is_some(), pushes);
            assert_eq!((sent("acr_values"), sent("max_age")), (vec![loa(name)], vec!["300".to_owned()]));
            assert!(!begun.redirect.as_str().contains("prompt"), "step-up goes on with the provider's session");
            assert_eq!(begun.redirect.as_str().contains("acr_values"), !pushes);
        }
    }
}

#[tokio::test]
async fn r7_a_level_that_is_lower_missing_or_not_exactly_one_of_ours_opens_nothing() {
    let provider = start().await;
    let system = provider.system().await;
    let cases = [
        ("/auth/login?level=high", json!(loa("High")), 200, ""),
        ("/auth/login?level=high", json!(loa("Substantial")), 403, "login-level-too-low"),
        ("/auth/login?level=high", json!(loa("Low")), 403, "login-level-too-low"),
        ("/auth/login", json!(loa("Low")), 403, "login-level-too-low"),
        ("/auth/login", json!(loa("High")), 200, ""),
        ("/auth/login", json!(null), 502, "login-refused"),
        ("/auth/login", json!("High"), 502, "login-refused"),
        ("/auth/login", json!(loa("high")), 502, "login-refused"),
        ("/auth/login", json!(loa("Highest")), 502, "login-refused"),
        ("/auth/login", json!(format!("{}/", loa("High"))), 502, "login-refused"),
        ("/auth/login", json!(format!("{} {}", loa("Low"), loa("High"))), 502, "login-refused"),
        ("/auth/login", json!([loa("High")]), 502, "login-refused"),
        ("/auth/login", json!(3), 502, "login-refused"),
        ("/auth/login", Value::String(String::new()), 502, "login-refused"),
    ];
    for (path, level, status, code) in cases {
        provider.forge({
            let level = level.clone();
            move |mut draft: Draft| {
                draft.claims["acr"] = level.clone();
                draft.signed()
            }
        });
        let (browser, answer) = ProviderStandIn::log_in_at(&system, path).await;
        assert_eq!((answer.status.as_u16(), answer.text.contains(code)), (status, true), "{level}: {}", answer.text);
        assert_eq!(browser.cookie(SESSION).is_some(), status == 200, "{level}");
    }
    provider.forge(|mut draft: Draft| {
        if let Some(claims) = draft.claims.as_object_mut() {
            claims.remove("acr");
        }
        draft.signed()
    });
    let (_, answer) = ProviderStandIn::log_in(&system).await;
    assert_eq!(answer.status, 502, "no level at all");
    system.stop(&[]).await;
}

#[tokio::test]
async fn r7_an_authentication_that_is_older_than_asked_for_is_refused() {
    let now = MORNING.parse::<jiff::Timestamp>().expect("a time").as_second();
    let provider = start().await;
    let (asking, other) = (party::at(&provider, &json!({ "max_age_s": 300 })), party::at(&provider, &json!({})));
    for (authenticated, fresh) in [
        (json!(now), true),
        (json!(now - 360), true),
        (json!(now - 361), false),
        (json!(null), false),
        (json!(now.to_string()), false),
        (json!(now + 61), false),
    ] {
        provider.forge({
            let authenticated = authenticated.clone();
            move |mut draft: Draft| {
                draft.claims["auth_time"] = authenticated.clone();
                draft.signed()
            }
        });
        assert_eq!(party::log_in(&provider, &asking).await.is_ok(), fresh, "{authenticated}");
    }
    provider.forge(|mut draft: Draft| {
        draft.claims["auth_time"] = json!(1);
        draft.signed()
    });
    assert!(party::log_in(&provider, &other).await.is_ok(), "who did not ask takes what comes");
}

#[tokio::test]
async fn r8_a_cpr_claim_is_one_text_with_a_cpr_number_or_the_login_is_refused() {
    let provider = start().await;
    let system = provider.system().await;
    let own = overblik_tests::System::citizen("family-signe").cpr.expect("a number");
    let cases = [
        (json!(own), 200, ""),
        (json!([own]), 502, "login-refused"),
        (json!([own, own]), 502, "login-refused"),
        (json!({ "cpr": own }), 502, "login-refused"),
        (json!(own.parse::<u64>().expect("a number")), 502, "login-refused"),
        (json!(true), 502, "login-refused"),
        (json!(own.chars().skip(1).collect::<String>()), 502, "login-refused"),
        (json!(format!("{own}0")), 502, "login-refused"),
        (json!(format!("{own} ")), 502, "login-refused"),
        (json!("not a number"), 502, "login-refused"),
        (json!("9999999999"), 502, "login-refused"),
        (json!(""), 403, "login-without-cpr"),
        (json!(null), 403, "login-without-cpr"),
    ];
    for (cpr, status, code) in cases {
        provider.forge({
            let cpr = cpr.clone();
            move |mut draft: Draft| {
                draft.claims["cpr"] = cpr.clone();
                draft.signed()
            }
        });
        let (browser, answer) = ProviderStandIn::log_in(&system).await;
        assert_eq!((answer.status.as_u16(), answer.text.contains(code)), (status, true), "{cpr}: {}", answer.text);
        assert_eq!(browser.cookie(SESSION).is_some(), status == 200, "{cpr}");
    }
    system.stop(&[]).await;
}

#[tokio::test]
async fn claims_that_nobody_reads_may_have_any_form() {
    let provider = start().await;
    let login = party::at(&provider, &json!({}));
    for (name, value) in [
        ("amr", json!("code_app")),
        ("email_verified", json!("true")),
        ("birthdate", json!(19_000_101)),
        ("address", json!("Birkerup")),
        ("updated_at", json!("yesterday")),
    ] {
        provider.forge(move |mut draft: Draft| {
            draft.claims[name] = value.clone();
            draft.signed()
        });
        assert!(party::log_in(&provider, &login).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn an_app_says_what_it_runs_on_where_the_provider_wants_to_know() {
    let provider = start().await;
    let switch = json!({ "parameter": "login_hint", "ios": "appswitch:ios", "android": "appswitch:android" });
    let login = party::at(&provider, &json!({ "app_switch": switch, "parameters": { "idp_values": "mitid" } }));
    for (platform, sent) in [
        (None, vec![]),
        (Some(Platform::Ios), vec!["appswitch:ios"]),
        (Some(Platform::Android), vec!["appswitch:android"]),
    ] {
        let begun = login.begin(Substantial, platform, PartOf::NOTHING).await.expect("a login");
        assert_eq!(asked(&begun, "login_hint"), sent);
        assert_eq!(asked(&begun, "idp_values"), ["mitid"]);
    }
    let plain = party::at(&provider, &json!({}));
    let begun = plain.begin(Substantial, Some(Platform::Ios), PartOf::NOTHING).await.expect("a login");
    assert_eq!(asked(&begun, "login_hint"), Vec::<String>::new());

    let system =
        provider.system_with(move |config| config.login.app_switch = serde_json::from_value(switch).ok()).await;
    let mut browser = system.browser();
    let begun = browser.get("/auth/login?platform=android").await;
    assert!(begun.header("location").contains("login_hint=appswitch%3Aandroid"), "{}", begun.header("location"));
    assert_eq!(browser.get("/auth/login?platform=windows").await.status, 400);
    assert_eq!(browser.get("/auth/login?platform=ios&platform=android").await.status, 400);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn settings_that_would_undo_a_login_s_protection_are_refused() {
    let provider = start().await;
    for (settings, place) in [
        (json!({ "parameters": { "state": "x" } }), "login.parameters: sets a parameter that is ours"),
        (json!({ "parameters": { "prompt": "none" } }), "login.parameters: sets a parameter that is ours"),
        (json!({ "parameters": { "acr_values": "x" } }), "login.parameters: sets a parameter that login.level_request"),
        (
            json!({ "level_request": { "parameter": "nonce", "low": "1", "substantial": "2", "high": "3" } }),
            "login.level_request.parameter",
        ),
        (json!({ "app_switch": { "parameter": "redirect_uri", "ios": "1", "android": "2" } }), "login.app_switch"),
        (json!({ "max_age_s": 36_001 }), "login.max_age_s"),
    ] {
        let mistakes = party::configuration(&provider, &settings).checked().expect_err(place).to_string();
        assert!(mistakes.contains(place), "{mistakes}");
    }
}

#[tokio::test]
async fn a_provider_in_trouble_is_told_from_one_that_refuses() {
    let provider = start().await;
    let login = party::at(&provider, &json!({}));
    assert!(party::log_in(&provider, &login).await.is_ok());
    provider.order(overblik_tests::TokenOrder::Status(http::StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(party::log_in(&provider, &login).await.err(), Some(ApiError::ProviderAway));
    provider.order(overblik_tests::TokenOrder::InvalidGrant);
    assert_eq!(party::log_in(&provider, &login).await.err(), Some(ApiError::LoginRefused));
    provider.order(overblik_tests::TokenOrder::Cut);
    assert_eq!(party::log_in(&provider, &login).await.err(), Some(ApiError::ProviderAway));
}
