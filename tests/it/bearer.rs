//! Native apps with access tokens: what opens the API, and what does not (requirements R15, R10, R7, R37).

use std::fs;

use http::Method;
use overblik_demo::Source;
use overblik_gateway::{
    app::App,
    clock::Clock,
    config::{Config, Dpop},
};
use overblik_tests::{Answer, ProviderStandIn, Setup, SigningKey, System, copy_contracts, raw_get, section};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    distinctive::{Face, assert_nobody_else},
    native_app::{Apps, DISPLAY_CLIENT, DPOP, OVERVIEW, SESSION, assert_invalid, assert_refused, now},
    session_keys,
};

const LEVEL: &str = "https://data.gov.dk/concept/core/nsis/loa/";

#[track_caller]
fn assert_ambiguous(answer: &Answer, what: &str) {
    assert_refused(answer, what, (400, "ambiguous-credentials"), &[r#"Bearer error="invalid_request""#, DPOP]);
}

pub(crate) fn sources(overview: &Value) -> Vec<&str> {
    overview["sections"].as_array().expect("sections").iter().filter_map(|one| one["source"].as_str()).collect()
}

#[tokio::test]
async fn r15_a_token_opens_the_overview_of_its_citizen_with_the_sources_that_know_the_app() {
    let apps = Apps::start().await;
    let token = apps.token("family-signe");
    let answer = apps.show(OVERVIEW, &token).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("www-authenticate"));
    assert_eq!((answer.header("cache-control"), answer.header("dpop-nonce")), ("no-store", ""));
    assert!(answer.header("vary").contains("Authorization"));
    let overview = answer.json();
    assert_eq!(sources(&overview), ["payments", "library"], "daycare's contract does not name {DISPLAY_CLIENT}");
    assert_eq!(section(&overview, "library")["state"], "ready");
    assert!(answer.text.contains("Traktoren, der ville flyve"));
    assert_nobody_else("family-signe", Face::Json, &answer.text);
    let events = apps.open_stream(&token).await.events().await;
    assert_eq!(events.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["section", "section", "end"]);
    apps.stop(&[], &[&token]).await;
}

#[tokio::test]
async fn r15_level_and_seconds_left_are_told_of_a_token_too() {
    let apps = Apps::start().await;
    let token = apps.token_with("acr", json!(format!("{LEVEL}High")));
    apps.system.pass(std::time::Duration::from_secs(100));
    let endless = apps.token_with("exp", json!(now() + 1_000_000));
    let as_long_as_a_session = apps.show(SESSION, &endless).await.json();
    assert_eq!(as_long_as_a_session["absolute_seconds_left"], 8 * 60 * 60 - 100);
    let mut left = apps.show(SESSION, &token).await.json();
    assert_eq!(left["session"].take().as_str().map(str::len), Some(22), "a name that opens nothing");
    let expected = json!({
        "level": "high", "session": null,
        "idle_seconds_left": 200, "absolute_seconds_left": 200, "warn_at_seconds_left": 120,
    });
    assert_eq!(left, expected);
    apps.system.pass(std::time::Duration::from_secs(199));
    assert_eq!(apps.show(SESSION, &token).await.json()["idle_seconds_left"], 1);
    apps.system.pass(std::time::Duration::from_secs(1));
    assert_invalid(&apps.show(SESSION, &token).await, "over");
    assert_invalid(&apps.show(OVERVIEW, &token).await, "over");
    apps.stop(&[], &[&token]).await;
}

#[tokio::test]
async fn r15_no_claim_may_be_missing_or_another_s() {
    let apps = Apps::start().await;
    let session_s = 8 * 60 * 60;
    let wrong: [(&str, &[Value]); 11] = [
        ("iss", &[json!("https://evil.example"), json!([apps.provider.issuer]), json!(""), json!(null)]),
        ("aud", &[json!("overblik-demo"), json!(["https://overblik.example/api", "x"]), json!([]), json!(null)]),
        ("sub", &[json!(""), json!(1), json!(null)]),
        ("client_id", &[json!("another-app"), json!("overblik-demo"), json!(["the-app"]), json!(""), json!(null)]),
        ("exp", &[json!(now()), json!(now() - 1), json!("x"), json!(1.9e9), json!(null)]),
        ("iat", &[json!(now() + 61), json!(now() - session_s - 61), json!("x"), json!(null)]),
        ("nbf", &[json!(now() + 61), json!("x")]),
        ("jti", &[json!(""), json!(1), json!(null)]),
        ("sid", &[json!(1), json!(["x"])]),
        ("acr", &[json!("Substantial"), json!(format!("{LEVEL}Substantial/")), json!(["x"])]),
        ("cpr", &[json!(["6103880002"]), json!(6_103_880_002_u64), json!("610388000"), json!("6113880002")]),
    ];
    for (name, values) in wrong {
        for value in values {
            let answer = apps.show(OVERVIEW, &apps.token_with(name, value.clone())).await;
            assert_invalid(&answer, &format!("{name}: {value}"));
        }
    }
    for cnf in [json!({}), json!({ "x5t#S256": "x" }), json!({ "jkt": "x" }), json!("x")] {
        assert_invalid(&apps.show(OVERVIEW, &apps.token_with("cnf", cnf.clone())).await, &cnf.to_string());
    }
    assert_eq!(apps.show(OVERVIEW, &apps.token("family-signe")).await.status, 200, "the control");
    assert_eq!(
        apps.show(OVERVIEW, &apps.token_with("sid", Value::Null)).await.status,
        200,
        "not every provider has one"
    );
    assert_eq!(apps.system.calls(Source::Payments), 2, "nobody was asked for a token that was refused");
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r15_a_token_without_our_scope_or_a_cpr_number_is_forbidden_and_says_what_it_lacks() {
    let apps = Apps::start().await;
    let challenges = [r#"Bearer error="insufficient_scope", scope="overblik""#, DPOP];
    for scope in [json!("openid"), json!("overblik-other overblikk"), json!("OVERBLIK"), json!(null)] {
        let answer = apps.show(OVERVIEW, &apps.token_with("scope", scope.clone())).await;
        assert_refused(&answer, &scope.to_string(), (403, "insufficient-scope"), &challenges);
    }
    assert_invalid(&apps.show(OVERVIEW, &apps.token_with("scope", json!(["overblik"]))).await, "an array");
    for cpr in [json!(null), json!("")] {
        let answer = apps.show(OVERVIEW, &apps.token_with("cpr", cpr.clone())).await;
        assert_refused(&answer, &cpr.to_string(), (403, "login-without-cpr"), &[]);
    }
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r7_a_token_below_the_least_level_is_told_which_levels_open_the_api() {
    let apps = Apps::start().await;
    let names = format!("{LEVEL}Substantial {LEVEL}High");
    let challenge = format!(r#"Bearer error="insufficient_user_authentication", acr_values="{names}""#);
    for acr in [json!(format!("{LEVEL}Low")), Value::Null] {
        let answer = apps.show(OVERVIEW, &apps.token_with("acr", acr.clone())).await;
        assert_refused(&answer, &acr.to_string(), (401, "insufficient-user-authentication"), &[&challenge, DPOP]);
    }
    apps.stop(&[], &[]).await;

    let stricter = Apps::start_with(Setup::default(), |config| {
        config.login.minimum_level = serde_json::from_value(json!("high")).expect("a level");
    });
    let apps = stricter.await;
    let challenge = format!(r#"Bearer error="insufficient_user_authentication", acr_values="{LEVEL}High""#);
    let answer = apps.show(OVERVIEW, &apps.token("family-signe")).await;
    assert_refused(&answer, "substantial", (401, "insufficient-user-authentication"), &[&challenge, DPOP]);
    let high = apps.token_with("acr", json!(format!("{LEVEL}High")));
    assert_eq!(apps.show(OVERVIEW, &high).await.status, 200);
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r7_a_section_above_the_token_s_level_asks_to_step_up_and_opens_for_a_token_that_did() {
    let setup = Setup::default().contract(Source::Payments, "level: substantial", "level: high");
    let apps = Apps::start_with(setup, |_| {}).await;
    let substantial = apps.show(OVERVIEW, &apps.token("family-signe")).await.json();
    assert_eq!(section(&substantial, "payments")["state"], "step_up_required");
    assert_eq!(section(&substantial, "library")["state"], "ready");
    let high = apps.show(OVERVIEW, &apps.token_with("acr", json!(format!("{LEVEL}High")))).await.json();
    assert_eq!(section(&high, "payments")["state"], "ready");
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r10_no_other_token_stands_in_for_an_access_token() {
    let apps = Apps::start().await;
    for name in [json!("JWT"), json!("logout+jwt"), json!("dpop+jwt"), json!("at+jwt "), json!(1), json!(null)] {
        let mut draft = apps.draft("family-signe");
        draft.header["typ"] = name.clone();
        assert_invalid(&apps.show(OVERVIEW, &draft.signed()).await, &name.to_string());
    }
    let mut draft = apps.draft("family-signe");
    draft.header.as_object_mut().expect("a header").remove("typ");
    assert_invalid(&apps.show(OVERVIEW, &draft.signed()).await, "no type");
    for name in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        let mut draft = apps.draft("family-signe");
        draft.header["typ"] = json!(name);
        assert_eq!(apps.show(OVERVIEW, &draft.signed()).await.status, 200, "{name}");
    }
    // The ID token of a real login, to the letter.
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    apps.provider.forge({
        let seen = std::sync::Arc::clone(&seen);
        move |draft| {
            let token = draft.signed();
            token.clone_into(&mut seen.lock().expect("a lock"));
            token
        }
    });
    let (browser, answer) = ProviderStandIn::log_in(&apps.system).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id_token = seen.lock().expect("a lock").clone();
    assert_invalid(&apps.show(OVERVIEW, &id_token).await, "an ID token");
    apps.stop(&[&browser], &[&id_token]).await;
}

#[tokio::test]
async fn r9_the_signature_is_the_provider_s_own_by_an_algorithm_on_the_list() {
    let apps = Apps::start().await;
    let good = apps.token("family-signe");
    let (start, signature) = good.rsplit_once('.').expect("three parts");
    let other = apps.token("twins-tove");
    let (other_start, _) = other.rsplit_once('.').expect("three parts");
    for (what, token) in [
        ("nobody's signature", format!("{start}.")),
        ("another token's signature", format!("{other_start}.{signature}")),
        ("four parts", format!("{good}.x")),
        ("two parts", start.to_owned()),
        ("no token", "x".to_owned()),
        ("large", "a".repeat(8_000)),
    ] {
        assert_invalid(&apps.show(OVERVIEW, &token).await, what);
    }
    let mut draft = apps.draft("family-signe");
    draft.key = std::sync::Arc::new(SigningKey::es256("first"));
    assert_invalid(&apps.show(OVERVIEW, &draft.signed()).await, "a key that was never published, under a known id");
    for algorithm in ["none", "HS256", "PS256", "ES384"] {
        let mut draft = apps.draft("family-signe");
        draft.header["alg"] = json!(algorithm);
        assert_invalid(&apps.show(OVERVIEW, &draft.signed()).await, algorithm);
    }
    // Its own list, apart from that of ID tokens.
    let rsa = std::sync::Arc::new(SigningKey::ps256("rsa"));
    let narrow = Apps::start_with(Setup::default(), |config| {
        let api = config.api.as_mut().expect("the app is let in");
        api.algorithms = serde_json::from_value(json!(["PS256"])).expect("algorithms");
    });
    let narrow = narrow.await;
    narrow.provider.publish(&[narrow.provider.key().public.clone(), rsa.public.clone()]);
    assert_invalid(&narrow.show(OVERVIEW, &narrow.token("family-signe")).await, "ES256 is not on the API's list");
    narrow.provider.sign_by(rsa);
    assert_eq!(narrow.show(OVERVIEW, &narrow.token("family-signe")).await.status, 200);
    narrow.stop(&[], &[]).await;
    apps.stop(&[], &[&good]).await;
}

#[tokio::test]
async fn r15_whoever_says_in_two_ways_who_they_are_is_nobody() {
    let apps = Apps::start().await;
    let (browser, answer) = ProviderStandIn::log_in(&apps.system).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let (cookie, token) = (browser.cookie_header(), apps.token("family-signe"));
    let bearer = format!("Bearer {token}");
    for path in [OVERVIEW, SESSION] {
        let with_cookie = [("authorization", bearer.as_str()), ("cookie", cookie.as_str())];
        assert_ambiguous(&apps.send(path, &with_cookie).await, "a cookie that opens a session");
        let unusable = [("authorization", bearer.as_str()), ("cookie", "__Host-Http-overblik=x")];
        assert_ambiguous(&apps.send(path, &unusable).await, "a cookie that opens nothing");
        let twice = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
        assert_ambiguous(&apps.send(path, &twice).await, "the same token twice");
        let two = [("authorization", bearer.as_str()), ("authorization", "Basic YTpi")];
        assert_ambiguous(&apps.send(path, &two).await, "a token and a password");
        let and_in_address = format!("{path}?lang=en&access_token={token}");
        assert_ambiguous(&apps.send(&and_in_address, &[("authorization", &bearer)]).await, "in the address too");
    }
    // A token in the address opens nothing, with or without a cookie.
    let in_address = format!("{OVERVIEW}?access_token={token}");
    let refused = apps.send(&in_address, &[]).await;
    assert_refused(&refused, "in the address", (400, "ambiguous-credentials"), &["Bearer", DPOP]);
    assert_eq!(apps.send(&in_address, &[("cookie", &cookie)]).await.status, 400);
    // Nor does one in a form, which the edge does not even let through.
    let mut stranger = apps.system.browser();
    let (url, form) = (stranger.at(OVERVIEW), [("access_token".to_owned(), token.clone())]);
    assert_eq!(stranger.send(Method::POST, &url, &[], Some(&form)).await.status, 403);
    assert_eq!(stranger.send(Method::GET, &url, &[], Some(&form)).await.status, 401);
    // Spaces and letters of the scheme are free; another scheme is not.
    assert_eq!(apps.send(OVERVIEW, &[("authorization", &format!("bEaReR   {token}"))]).await.status, 200);
    for value in ["Basic YTpi", "Bearer", "Token x", "x", ""] {
        let answer = apps.send(OVERVIEW, &[("authorization", value)]).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (401, Some("invalid-token")), "{value}");
    }
    assert_eq!(apps.send(OVERVIEW, &[("cookie", &cookie)]).await.status, 200, "the cookie alone still opens");
    apps.stop(&[&browser], &[&token]).await;
}

#[tokio::test]
async fn r15_beside_a_token_no_door_of_a_browser_reads_a_cookie() {
    let apps = Apps::start().await;
    let (mut browser, answer) = ProviderStandIn::log_in(&apps.system).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let bearer = format!("Bearer {}", apps.token("family-signe"));
    let headers = [("authorization", bearer.as_str()), ("sec-fetch-site", "same-origin")];
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/auth/login"),
        (Method::GET, "/auth/login?level=high"),
        (Method::GET, "/auth/callback?state=x&code=y"),
        (Method::GET, "/auth/logged-out"),
        (Method::POST, "/auth/logout"),
        (Method::GET, "/api/v1/sessions"),
        (Method::DELETE, "/api/v1/sessions"),
    ] {
        let url = browser.at(path);
        for mut sender in [browser.clone(), apps.system.browser()] {
            let answer = sender.send(method.clone(), &url, &headers, None).await;
            assert_refused(&answer, path, (401, "token-not-taken"), &[]);
        }
    }
    assert_eq!(browser.get(OVERVIEW).await.status, 200, "the session is untouched");
    apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r15_where_no_app_is_configured_no_token_is_looked_at() {
    let apps = Apps::start_with(Setup::default(), |config| config.api = None).await;
    let answer = apps.show(OVERVIEW, &apps.token("family-signe")).await;
    assert_refused(&answer, "a good token", (401, "token-not-taken"), &[]);
    let dpop = apps.send(OVERVIEW, &[("authorization", "DPoP x"), ("dpop", "x")]).await;
    assert_refused(&dpop, "a proof", (401, "token-not-taken"), &[]);
    assert!(!dpop.headers.contains_key("dpop-nonce"));
    assert_refused(&apps.send(OVERVIEW, &[]).await, "nothing", (401, "not-logged-in"), &[]);
    assert_eq!(apps.provider.requests("/jwks"), 0);
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r15_whoever_shows_nothing_is_told_what_may_be_shown_and_a_page_is_not() {
    let apps = Apps::start().await;
    assert_refused(&apps.send(OVERVIEW, &[]).await, "nothing", (401, "not-logged-in"), &["Bearer", DPOP]);
    assert!(!apps.send("/", &[]).await.headers.contains_key("www-authenticate"));
    apps.stop(&[], &[]).await;
    let required = Apps::start_with(Setup::default(), |config| {
        config.api.as_mut().expect("the app is let in").dpop = Dpop::Required;
    });
    let apps = required.await;
    assert_refused(&apps.send(OVERVIEW, &[]).await, "nothing", (401, "not-logged-in"), &[DPOP]);
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r37_every_token_that_opens_nothing_gets_the_same_answer() {
    let apps = Apps::start().await;
    let unknown = apps.show(OVERVIEW, "x.y.z").await;
    let mut forged = apps.draft("family-signe");
    forged.key = std::sync::Arc::new(SigningKey::es256("first"));
    for token in [forged.signed(), apps.token_with("exp", json!(now())), apps.token_with("aud", json!("x"))] {
        let answer = apps.show(OVERVIEW, &token).await;
        assert_invalid(&answer, &token);
        let mut bodies = [unknown.json(), answer.json()];
        for body in &mut bodies {
            body["reference"] = json!("");
        }
        assert_eq!(bodies[0], bodies[1]);
    }
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r39_when_keys_cannot_be_had_nobody_can_tell_and_nothing_is_shown() {
    let apps = Apps::start().await;
    apps.provider.publish_document(http::StatusCode::INTERNAL_SERVER_ERROR, None, String::new());
    let answer = apps.show(OVERVIEW, &apps.token("family-signe")).await;
    assert_refused(&answer, "no keys", (503, "login-unavailable"), &[]);
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r38_no_odd_authorization_field_is_answered_with_data_or_a_defect() {
    let apps = Apps::start().await;
    let long = format!("authorization: Bearer {}", "a.".repeat(5_000));
    let odd =
        ["authorization: Bearer \u{e6}", "authorization: \u{1}", "authorization:", "authorization: Bearer a\tb", &long];
    for line in odd {
        let answer = raw_get(&apps.system.demo.url, OVERVIEW, &[line.to_owned()]).await;
        assert!(matches!(answer.status, 400 | 401 | 431), "{line}: {} {}", answer.status, answer.body);
    }
    apps.stop(&[], &[]).await;
}

#[tokio::test]
async fn r8_r59_a_real_gateway_takes_no_fictitious_person_from_a_token_either() {
    let folder = TempDir::new().expect("a directory");
    let audit_keys = folder.path().join("audit-keys");
    fs::write(&audit_keys, session_keys::key("audit", 41)).expect("written");
    let real = |config: &mut Config| {
        config.development.fictitious_persons = false;
        config.audit.key_file = Some(audit_keys);
    };
    let apps = Apps::start_with(Setup::default(), real).await;
    let token = apps.token("family-signe");
    assert_invalid(&apps.show(OVERVIEW, &token).await, "a fictitious person");
    assert!(apps.system.log().contains("access token refused"));
    let number = System::citizen("family-signe").cpr.expect("a number");
    assert!(!apps.system.log().contains(number));
    apps.stop(&[], &[&token]).await;
}

#[test]
fn an_app_that_no_authority_has_an_agreement_with_stops_the_start() {
    let contracts = TempDir::new().expect("a directory");
    copy_contracts(contracts.path());
    fs::write(contracts.path().join("audit-keys"), session_keys::key("audit", 41)).expect("written");
    let key = |source: &str| (source.to_owned(), json!({ "api_key": "source-secret-0123456789" }));
    let sources: serde_json::Map<_, _> = ["library", "daycare", "payments"].map(key).into_iter().collect();
    let started_for = |display_client: &str| {
        let config: Config = serde_json::from_value(json!({
            "server": { "public_url": "https://overblik.example" },
            "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret": "x".repeat(16) },
            "contracts": { "directory": contracts.path() },
            "audit": { "sink": "stdout", "key_file": contracts.path().join("audit-keys") },
            "sources": sources,
            "api": { "audience": "the-api", "clients": { "the-app": { "display_client": display_client } } },
        }))
        .expect("a configuration");
        App::build(&config.checked().expect("no contradictions"), Clock::system(), None)
    };
    let refused = started_for("misspelt").err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.starts_with("api.clients.the-app.display_client: no contract lists \"misspelt\""), "{refused}");
    assert!(started_for("overblik").is_ok(), "an app may share the page's agreements");
}
