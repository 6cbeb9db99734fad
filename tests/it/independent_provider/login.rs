//! Logging in, at which level, and who we are to the provider.

use std::{collections::BTreeSet, time::Duration};

use overblik_demo::DemoWorld;
use overblik_tests::{ChosenLogin, IndependentProvider, Setup, section, spellings};
use serde_json::json;
use url::Url;

use super::{SESSION, level, logged_in, opens, session, status};

const SUBSTANTIAL: &str = "https://data.gov.dk/concept/core/nsis/loa/Substantial";
const HIGH: &str = "https://data.gov.dk/concept/core/nsis/loa/High";

#[tokio::test]
async fn a_citizen_logs_in_and_sees_the_overview() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browser = logged_in(&system, "letters-aase").await;
    let page = browser.get_with("/", &[("accept", "text/html")]).await;
    assert!(page.text.contains("Åse Bjærgøsen"), "{}", page.text);
    assert_eq!(level(&mut browser).await, "substantial");
    // The municipality came along: sources of municipalities were asked.
    let overview = browser.overview().await;
    for (source, state) in [("daycare", "empty"), ("library", "ready"), ("payments", "ready")] {
        assert_eq!(section(&overview, source)["state"], state, "{source}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r6_parameters_are_pushed_and_no_address_holds_anything_of_them() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browser = system.browser();
    let chosen = ChosenLogin { citizen: "family-signe", level: "High" };
    let way = browser.way_to_callback("/auth/login?level=high", Some(chosen)).await;
    let names = |url: &Url| url.query_pairs().map(|(name, _)| name.into_owned()).collect::<BTreeSet<_>>();
    assert_eq!(names(&way.addresses[0]), ["client_id", "request_uri"].map(str::to_owned).into());
    assert_eq!(names(&way.callback), ["code", "iss", "state"].map(str::to_owned).into());
    assert_eq!(browser.follow(&way.callback).await.status, 200);
    let persons: Vec<_> = DemoWorld::citizens().iter().filter_map(|citizen| citizen.cpr).flat_map(spellings).collect();
    for address in way.addresses {
        assert!(!persons.iter().any(|person| address.as_str().contains(person)), "{address}");
    }
    let pushed = provider.received("/request").await;
    assert_eq!(
        pushed.iter().map(|request| (request.status(), request.text("asked"))).collect::<Vec<_>>(),
        [(201, HIGH)]
    );
    for path in ["/request", "/token"] {
        let requests = provider.received(path).await;
        assert!(requests.iter().all(|request| request.query().is_empty()), "{path}: {requests:?}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r6_the_provider_accepts_each_of_our_assertions_and_each_is_another() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browsers = Vec::new();
    for citizen in ["family-signe", "debt-gert", "twins-tove"] {
        let mut browser = logged_in(&system, citizen).await;
        browser.post("/auth/logout").await;
        browsers.push(browser);
    }
    let mut ids = BTreeSet::new();
    // A login is pushed and redeemed, a logout revokes beside it.
    let mut accepted = 0;
    for _ in 0..100 {
        accepted = 0;
        for (path, success) in [("/request", 201), ("/token", 200), ("/token/revocation", 200)] {
            for request in provider.received(path).await {
                assert_eq!((request.status(), request.shows_secret()), (success, false), "{path}: {request:?}");
                let [header, claims] = request.assertion().expect("an assertion");
                assert_eq!((&header["typ"], &header["alg"]), (&json!("client-authentication+jwt"), &json!("ES256")));
                assert_eq!(claims["aud"], json!(provider.issuer), "the issuer as one text");
                ids.insert(claims["jti"].to_string());
                accepted += 1;
            }
        }
        if accepted == 9 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((accepted, ids.len()), (9, 9));
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn r6_our_keys_are_exchanged_and_no_login_is_refused() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browsers = vec![logged_in(&system, "family-signe").await];
    let published = browsers[0].get("/jwks.json").await.json();
    provider.exchange_client_keys();
    // The file is read every two seconds, and a change counts when two readings agree on it.
    while browsers[0].get("/jwks.json").await.json() == published {
        browsers.push(logged_in(&system, "debt-gert").await);
        assert!(browsers.len() < 200, "the keys were not exchanged");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    browsers.push(logged_in(&system, "twins-tove").await);
    let requests = provider.received("/token").await;
    let signed_by: Vec<_> = requests.iter().filter_map(|request| Some(&request.assertion()?[0]["kid"])).collect();
    assert_eq!(signed_by.len(), browsers.len());
    assert_eq!(
        (signed_by.first(), signed_by.last()),
        (Some(&&published["keys"][0]["kid"]), Some(&&published["keys"][1]["kid"]))
    );
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_provider_that_wants_a_secret_gets_it_as_basic_credentials() {
    let provider = IndependentProvider::start();
    // Characters that must be encoded before they become credentials.
    let secret = "a secret of: 100% & more +";
    let system = provider.system_by_secret(secret).await;
    let mut browser = logged_in(&system, "family-signe").await;
    assert_eq!(status(&mut browser).await, 200);
    for path in ["/request", "/token"] {
        let requests = provider.received(path).await;
        assert!(requests.iter().all(|request| request.shows_secret() && request.assertion().is_none()), "{requests:?}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r7_r20_a_step_up_raises_the_level_and_changes_the_session() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browser = logged_in(&system, "family-signe").await;
    let old = session(&browser);
    let chosen = Some(ChosenLogin { citizen: "family-signe", level: "High" });
    let way = browser.way_to_callback("/auth/login?level=high", chosen).await;
    assert!(way.asked, "the provider knows the citizen, and not at this level");
    assert_eq!(browser.follow(&way.callback).await.status, 200);
    assert_eq!(level(&mut browser).await, "high");
    assert_ne!(session(&browser), old);
    assert!(!opens(&system, &old).await, "the old session id still opens the overview");
    // The provider's own session has that level now.
    let way = browser.way_to_callback("/auth/login?level=high", None).await;
    assert!(!way.asked);
    assert_eq!(browser.follow(&way.callback).await.status, 200);
    let asked: Vec<_> =
        provider.received("/request").await.iter().map(|noted| noted.text("asked").to_owned()).collect();
    assert_eq!(asked, [SUBSTANTIAL, HIGH, HIGH]);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r7_a_lower_level_than_asked_for_is_refused_and_the_session_before_it_stays() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browser = system.browser();
    let refused = browser.log_in_independently("/auth/login", "family-signe", "Low").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("login-level-too-low"), "{}", refused.text);
    assert_eq!(browser.cookie(SESSION), None);

    let mut browser = logged_in(&system, "family-signe").await;
    let before = session(&browser);
    let refused = browser.log_in_independently("/auth/login?level=high", "family-signe", "Substantial").await;
    assert_eq!(refused.status, 403);
    assert_eq!((session(&browser), level(&mut browser).await.as_str()), (before, "substantial"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r7_whoever_was_authenticated_too_long_ago_is_asked_again() {
    let provider = IndependentProvider::start();
    let setup = Setup::default().adjust(|config| config.login.max_age_s = Some(1));
    let system = provider.system_with(setup, &json!({})).await;
    let mut browser = logged_in(&system, "family-signe").await;
    // The provider counts whole seconds.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let chosen = Some(ChosenLogin { citizen: "family-signe", level: "Substantial" });
    let way = browser.way_to_callback("/auth/login", chosen).await;
    assert!(way.asked, "the provider was content with what the citizen did before");
    assert_eq!(browser.follow(&way.callback).await.status, 200);
    assert_eq!(status(&mut browser).await, 200);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r8_a_step_up_as_somebody_else_opens_nothing() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let browser = logged_in(&system, "family-signe").await;
    let old = session(&browser);
    // Another browser at the provider, so that it does not know the first citizen.
    let mut elsewhere = system.browser();
    elsewhere.set_cookie(SESSION, &old);
    let refused = elsewhere.log_in_independently("/auth/login?level=high", "debt-gert", "High").await;
    assert!(refused.text.contains("login-refused"), "{}", refused.text);
    assert_eq!(status(&mut elsewhere).await, 401);
    assert!(!opens(&system, &old).await, "whose session that is is in doubt too");
    system.stop(&[&browser, &elsewhere]).await;
}

#[tokio::test]
async fn r37_a_cancelled_login_says_so_in_our_own_words() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browser = system.browser();
    let way = browser.way_to_callback("/auth/login", None).await;
    let names: BTreeSet<_> = way.callback.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["error", "error_description", "iss", "state"].map(str::to_owned).into());
    let cancelled = browser.follow(&way.callback).await;
    assert_eq!(cancelled.status, 403);
    assert!(
        cancelled.text.contains("login-cancelled") && !cancelled.text.contains("The citizen"),
        "{}",
        cancelled.text
    );
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r13_logins_and_logouts_go_on_when_the_provider_changes_its_keys() {
    for kept in [0, 1] {
        let provider = IndependentProvider::start();
        let system = provider.system().await;
        let mut before = logged_in(&system, "family-signe").await;
        provider.change_keys(kept).await;
        let mut after = logged_in(&system, "debt-gert").await;
        assert_eq!((status(&mut before).await, status(&mut after).await), (200, 200), "{kept}");
        assert_eq!(provider.end_sessions("family-signe").await, ["told"]);
        assert_eq!((status(&mut before).await, status(&mut after).await), (401, 200), "{kept}");
        system.stop(&[&before, &after]).await;
    }
}
