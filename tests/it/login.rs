//! Login, from the button to the overview.

use std::collections::BTreeSet;

use http::Method;
use overblik_demo::{DemoWorld, Fault, FaultTarget, Party, provider};
use overblik_tests::{Answer, Browser, SOURCES, System, section, spellings};

const SESSION: &str = "__Host-Http-overblik";
const ATTEMPT_PREFIX: &str = "__Host-overblik-login-";

fn set_cookie(answer: &Answer, prefix: &str) -> Vec<String> {
    answer.header_all("set-cookie").filter(|cookie| cookie.starts_with(prefix)).map(str::to_owned).collect()
}

/// The attributes of a `Set-Cookie` line, sorted; without the name and value.
fn attributes(line: &str) -> BTreeSet<String> {
    line.split(';').skip(1).map(|attribute| attribute.trim().to_ascii_lowercase()).collect()
}

async fn whose(browser: &mut Browser) -> String {
    browser.get_with("/", &[("accept", "text/html")]).await.text
}

#[tokio::test]
async fn r18_from_the_button_to_the_overview() {
    let system = System::start().await;
    let mut browser = system.browser();
    let landing = browser.get_with("/", &[("accept", "text/html")]).await;
    assert!(landing.text.contains("href=\"/auth/login?return_to=/\""));
    let callback = browser.choose_at_provider("/auth/login?return_to=/", "letters-aase", "substantial").await;
    // The answer to the callback is a page, not a redirect: a redirect chain that began at another site would come
    // without the session cookie.
    let landed = browser.follow(&callback).await;
    assert_eq!((landed.status.as_u16(), landed.header("location")), (200, ""));
    assert_eq!(landed.leads_on_to().as_deref(), Some("/"));
    assert!(!landed.text.contains("Log ind"), "nobody who is logged in is told to log in");
    assert_eq!(landed.header("cache-control"), "no-store");
    let page = whose(&mut browser).await;
    assert!(page.contains("Åse Bjærgøsen"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_browser_carries_nothing_about_the_login_but_a_reference() {
    let system = System::start().await;
    let begun = system.browser().get("/auth/login?level=high").await;
    let authorise = begun.location().expect("the provider's address");
    let names: BTreeSet<_> = authorise.query_pairs().map(|(name, _)| name.into_owned()).collect();
    // Pushed beforehand (RFC 9126): level, scope and the rest stand in no address.
    assert_eq!(names, ["client_id".to_owned(), "request_uri".to_owned()].into());
    assert_eq!(authorise.origin().ascii_serialization(), system.demo.world.issuer());
}

#[tokio::test]
async fn r17_the_session_cookie_is_as_strict_as_cookies_get() {
    let system = System::start().await;
    let mut browser = system.browser();
    let callback = browser.choose_at_provider("/auth/login", "family-signe", "substantial").await;
    let landed = browser.follow(&callback).await;
    let given = set_cookie(&landed, SESSION);
    assert_eq!(given.len(), 1);
    let expected = ["path=/", "secure", "httponly", "samesite=strict"].map(str::to_owned);
    assert_eq!(attributes(&given[0]), expected.into());
    let value = browser.cookie(SESSION).expect("a session");
    // Twice 256 bits, the id and its half of the key, in base64 are 86 characters; nothing else is in it.
    assert_eq!(value.len(), 86);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r1_an_attempt_is_bound_to_the_browser_by_a_cookie_of_its_own() {
    let system = System::start().await;
    let mut browser = system.browser();
    let begun = browser.get("/auth/login").await;
    let given = set_cookie(&begun, ATTEMPT_PREFIX);
    assert_eq!(given.len(), 1);
    let attributes = attributes(&given[0]);
    // Lax: a Strict one would not come back with the provider's redirect.
    for attribute in ["path=/", "secure", "httponly", "samesite=lax"] {
        assert!(attributes.contains(attribute), "{attribute}: {given:?}");
    }
    assert!(!attributes.iter().any(|attribute| attribute.starts_with("domain")));
    let age = attributes.iter().find_map(|attribute| attribute.strip_prefix("max-age=")?.parse::<u32>().ok());
    assert!(age.is_some_and(|seconds| (1..=600).contains(&seconds)), "{given:?}");
    assert!(set_cookie(&begun, SESSION).is_empty(), "R34: to begin a login makes an attempt and no session");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r1_every_attempt_has_values_of_its_own() {
    let system = System::start().await;
    let (mut cookies, mut references, mut states) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..20 {
        let mut browser = system.browser();
        references.insert(browser.get("/auth/login").await.header("location").to_owned());
        let callback = browser.choose_at_provider("/auth/login", "family-signe", "substantial").await;
        cookies.extend(browser.secrets());
        let state = callback.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
        let state = state.expect("a state");
        // 128 bits in base64 are 22 characters.
        assert!(state.len() >= 22, "{state}");
        states.insert(state);
    }
    assert_eq!((cookies.len(), references.len(), states.len()), (40, 20, 20));
}

#[tokio::test]
async fn r2_three_logins_begun_in_one_browser_finish_in_reverse_order() {
    let system = System::start().await;
    let mut browser = system.browser();
    let citizens = ["family-signe", "twins-tove", "debt-gert"];
    let mut callbacks = Vec::new();
    for citizen in citizens {
        callbacks.push(browser.choose_at_provider("/auth/login?return_to=/", citizen, "substantial").await);
    }
    let mut sessions = BTreeSet::new();
    for (citizen, callback) in citizens.iter().zip(&callbacks).rev() {
        let landed = browser.follow(callback).await;
        assert_eq!(landed.status, 200, "{citizen}: {}", landed.text);
        sessions.insert(browser.cookie(SESSION).map(str::to_owned));
        let name = System::citizen(citizen).name;
        assert!(whose(&mut browser).await.contains(name), "the page says whose it is: {name}");
    }
    assert_eq!(sessions.len(), 3, "R20: each login gives a new session id");
    assert_eq!(
        browser.cookie_names(),
        [SESSION, "__Host-overblik-replaced"],
        "finished attempts leave no cookie behind"
    );
    for session in sessions.into_iter().flatten().filter(|session| browser.cookie(SESSION) != Some(session)) {
        let mut left_behind = system.browser();
        left_behind.set_cookie(SESSION, &session);
        assert_eq!(left_behind.get("/api/v1/overview").await.status, 401, "R20: each login ends the one before");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r2_fifty_attempts_keep_the_cookie_header_small_and_the_last_one_works() {
    let system = System::start().await;
    let mut browser = system.browser();
    for _ in 0..49 {
        browser.get("/auth/login").await;
        // The clock tells the oldest attempts from the newest.
        system.pass(std::time::Duration::from_millis(1100));
        assert!(browser.cookie_header().len() < 4096, "{}", browser.cookie_header().len());
    }
    assert!(browser.cookie_names().len() <= 5, "{:?}", browser.cookie_names());
    browser.log_in("family-signe", "substantial").await;
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r20_a_session_id_that_was_planted_before_the_login_never_opens_anything() {
    let system = System::start().await;
    let planted = "A".repeat(86);
    let mut victim = system.browser();
    victim.set_cookie(SESSION, &planted);
    victim.log_in("family-signe", "substantial").await;
    let given = victim.cookie(SESSION).expect("a session").to_owned();
    assert_ne!(given, planted);
    let mut attacker = system.browser();
    attacker.set_cookie(SESSION, &planted);
    assert_eq!(attacker.get("/api/v1/overview").await.status, 401);
    let other = system.logged_in("family-signe").await;
    assert_ne!(other.cookie(SESSION), Some(given.as_str()), "the same citizen gets another id at each login");
    system.stop(&[&victim, &other]).await;
}

#[tokio::test]
async fn r7_the_level_asked_for_reaches_the_provider_and_must_come_back() {
    let system = System::start().await;
    let mut browser = system.browser();
    let checked = |page: &Answer| {
        let level = page.text.split("<label").find(|label| label.contains(" checked")).unwrap_or_default();
        ["low", "substantial", "high"].into_iter().find(|name| level.contains(&format!("value=\"{name}\"")))
    };
    assert_eq!(checked(&browser.provider_page("/auth/login").await), Some("substantial"));
    let page = browser.provider_page("/auth/login?level=high").await;
    assert_eq!(checked(&page), Some("high"));
    let lower = [(provider::field::CITIZEN, "family-signe"), (provider::field::LEVEL, "substantial")];
    let callback = browser.answer_provider(&page, &lower).await;
    let refused = browser.follow(&callback).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("login-level-too-low"), "{}", refused.text);
    assert_eq!(browser.cookie(SESSION), None);
    let callback = browser.choose_at_provider("/auth/login?level=high", "family-signe", "high").await;
    assert_eq!(browser.follow(&callback).await.status, 200);
    assert_eq!(section(&browser.overview().await, "library")["state"], "ready");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r7_r20_after_a_step_up_the_old_session_is_dead() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let old = browser.cookie(SESSION).expect("a session").to_owned();
    browser.log_in("family-signe", "high").await;
    assert_ne!(browser.cookie(SESSION), Some(old.as_str()));
    let mut thief = system.browser();
    thief.set_cookie(SESSION, &old);
    assert_eq!(thief.get("/api/v1/overview").await.status, 401, "the old session id still opens the overview");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r8_a_step_up_that_comes_back_with_another_person_ends_the_session_too() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let old = browser.cookie(SESSION).expect("a session").to_owned();
    let callback = browser.choose_at_provider("/auth/login?level=high", "debt-gert", "high").await;
    let refused = browser.follow(&callback).await;
    assert_eq!(refused.status, 502);
    assert!(refused.text.contains("login-refused"), "{}", refused.text);
    assert!(system.log().contains("another_person"), "an alarm");
    let mut left_behind = system.browser();
    left_behind.set_cookie(SESSION, &old);
    assert_eq!(left_behind.get("/api/v1/overview").await.status, 401, "the session that was to be raised");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r34_a_login_while_somebody_is_logged_in_replaces_the_session_and_says_whose_it_is() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let old = browser.cookie(SESSION).expect("a session").to_owned();
    browser.log_in("debt-gert", "substantial").await;
    let page = whose(&mut browser).await;
    assert!(page.contains("Gert Gældrupsen") && !page.contains("Signe Eksempelsen"));
    let mut left_behind = system.browser();
    left_behind.set_cookie(SESSION, &old);
    assert_eq!(left_behind.get("/api/v1/overview").await.status, 401, "the replaced session still opens the overview");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r61_r62_no_address_that_left_the_gateway_holds_anything_personal() {
    let system = System::start().await;
    let mut browsers = Vec::new();
    for citizen in DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some()) {
        let mut browser = system.logged_in(citizen.slug).await;
        browser.overview().await;
        browsers.push(browser);
    }
    // Failures and a logout leave traces of their own.
    for (target, fault) in [(FaultTarget::Library, Fault::Error), (FaultTarget::Payments, Fault::BadJson)] {
        system.demo.world.order(target, Some(fault)).await;
    }
    let mut browser = browsers.pop().expect("a browser");
    browser.overview().await;
    let out = browser.post("/auth/logout").await.next_stop().expect("the provider's logout");
    let back = browser.send(Method::GET, &out, &[], None).await;
    assert!(back.status.is_redirection(), "{}", back.text);

    let parties = SOURCES.iter().map(|source| Party::Source(*source)).chain([Party::IdentityProvider]);
    let received: Vec<_> = parties.flat_map(|party| system.demo.world.received(party)).collect();
    assert!(received.len() > 100, "everything was asked: {}", received.len());
    let persons = DemoWorld::citizens().iter();
    let numbers = persons.clone().filter_map(|citizen| citizen.cpr).flat_map(spellings);
    let names = persons.flat_map(|citizen| citizen.name.split(' ')).filter(|name| name.is_ascii()).map(str::to_owned);
    let personal: Vec<String> = numbers.chain(names).collect();
    for request in &received {
        assert_eq!(request.referer, None, "{}", request.uri);
        let address = request.uri.replace("%2D", "-").replace('+', " ");
        let found = personal.iter().find(|text| address.contains(text.as_str()));
        assert_eq!(found, None, "{address}");
    }
    system.stop(&browsers.iter().chain([&browser]).collect::<Vec<_>>()).await;
}
