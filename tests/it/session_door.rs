//! `GET /api/v1/session`: how long the session lasts.

use std::time::Duration;

use http::Method;
use overblik_tests::{Browser, Setup, System};
use serde_json::json;

const DOOR: &str = "/api/v1/session";
const IDLE_S: u64 = 20 * 60;
const ABSOLUTE_S: u64 = 8 * 60 * 60;

async fn left(browser: &mut Browser) -> serde_json::Value {
    let answer = browser.get(DOOR).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"), "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn r21_the_seconds_left_and_the_level_are_told() {
    let system = System::start().await;
    let mut browser = system.browser();
    browser.log_in("family-signe", "high").await;
    let name = left(&mut browser).await["session"].clone();
    assert_eq!(name.as_str().map(str::len), Some(22));
    let expected = |passed_s: u64| {
        json!({
            "level": "high",
            "session": name,
            "idle_seconds_left": IDLE_S - passed_s,
            "absolute_seconds_left": ABSOLUTE_S - passed_s,
            "warn_at_seconds_left": 120,
        })
    };
    assert_eq!(left(&mut browser).await, expected(0));
    system.pass(Duration::from_secs(77));
    assert_eq!(left(&mut browser).await, expected(77));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r21_a_page_that_only_asks_how_long_it_lasts_keeps_no_session_alive() {
    let system = System::start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    for _ in 0..IDLE_S / 60 - 1 {
        system.pass(Duration::from_mins(1));
        left(&mut browser).await;
    }
    system.pass(Duration::from_secs(59));
    assert_eq!(left(&mut browser).await["idle_seconds_left"], 1);
    system.pass(Duration::from_secs(1));
    assert_eq!(browser.get(DOOR).await.status, 401);
    assert_eq!(browser.get("/api/v1/overview").await.status, 401);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r21_a_view_starts_the_idle_time_again_but_not_the_absolute_one() {
    let system = System::start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    system.pass(Duration::from_mins(10));
    browser.overview().await;
    let left_now = left(&mut browser).await;
    assert_eq!((&left_now["idle_seconds_left"], &left_now["absolute_seconds_left"]), (&json!(IDLE_S), &json!(28_200)));
    // Towards the end the absolute limit is the nearer one.
    for _ in 0..27 {
        system.pass(Duration::from_secs(1000));
        browser.overview().await;
    }
    let left_now = left(&mut browser).await;
    assert_eq!((&left_now["idle_seconds_left"], &left_now["absolute_seconds_left"]), (&json!(1200), &json!(1200)));
    system.pass(Duration::from_secs(100));
    browser.overview().await;
    assert_eq!(left(&mut browser).await["idle_seconds_left"], 1100);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r21_a_citizen_who_says_that_they_are_there_stays_and_nobody_else_can_say_it_for_them() {
    let system = System::start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    let url = browser.at(DOOR);
    system.pass(Duration::from_mins(19));
    for (headers, status) in [
        (&[][..], 403),
        (&[("sec-fetch-site", "same-origin")][..], 403),
        (&[("x-overblik-csrf", "1"), ("sec-fetch-site", "cross-site")][..], 403),
    ] {
        let refused = browser.send(Method::POST, &url, headers, None).await;
        assert_eq!(refused.status, status, "{headers:?}: {}", refused.text);
    }
    assert_eq!(left(&mut browser).await["idle_seconds_left"], 60, "what others cause extends nothing");
    let headers = [("x-overblik-csrf", "1"), ("sec-fetch-site", "same-origin")];
    let answer = browser.send(Method::POST, &url, &headers, None).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["idle_seconds_left"]), (200, &json!(IDLE_S)));
    system.pass(Duration::from_mins(19));
    assert_eq!(left(&mut browser).await["idle_seconds_left"], 60);
    system.pass(Duration::from_mins(1));
    assert_eq!(browser.send(Method::POST, &url, &headers, None).await.status, 401, "nobody comes back to life");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r58_the_name_of_a_session_is_another_for_each_login_and_opens_nothing() {
    let system = System::start().await;
    let (mut one, mut other) = (system.logged_in("nothing-ingrid").await, system.logged_in("nothing-ingrid").await);
    let name = left(&mut one).await["session"].as_str().expect("a name").to_owned();
    assert_eq!(left(&mut one).await["session"], *name, "the same as long as the session lasts");
    assert_ne!(left(&mut other).await["session"], *name);
    assert!(!one.cookie_header().contains(&name));
    let page = one.get_with("/", &[("accept", "text/html")]).await;
    assert!(page.text.contains(&format!("data-session=\"{name}\"")), "the page knows it too");
    system.stop(&[&one, &other]).await;
}

#[tokio::test]
async fn a_short_idle_limit_is_warned_of_in_its_second_half() {
    let system = Setup::default().adjust(|config| config.session.idle_s = 60).start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    assert_eq!(left(&mut browser).await["warn_at_seconds_left"], 30);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r38_whoever_has_no_session_gets_a_problem() {
    let system = System::start().await;
    let over = system.logged_in("nothing-ingrid").await.cookie_header();
    system.pass(Duration::from_secs(IDLE_S));
    let unusable = "__Host-Http-overblik=x";
    for (cookie, is_taken_away) in [("", false), (over.as_str(), false), (unusable, true)] {
        let answer = system.browser().get_with(DOOR, &[("cookie", cookie)]).await;
        assert_eq!(answer.status, 401, "{cookie}");
        assert_eq!(answer.json()["code"], "not-logged-in", "{cookie}");
        assert_eq!(answer.headers.contains_key("set-cookie"), is_taken_away, "{cookie}");
    }
}
