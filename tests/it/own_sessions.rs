//! A citizen sees where they are logged in, and ends it there (requirement R23).

use std::time::Duration;

use http::Method;
use overblik_tests::{Answer, Browser, System};

const FROM_OUR_PAGE: [(&str, &str); 2] = [("x-overblik-csrf", "1"), ("sec-fetch-site", "same-origin")];

async fn sessions(browser: &mut Browser) -> Vec<serde_json::Value> {
    let answer = browser.get("/api/v1/sessions").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["sessions"].as_array().expect("a list").clone()
}

async fn end(browser: &mut Browser, path: &str) -> Answer {
    let url = browser.at(path);
    browser.send(Method::DELETE, &url, &FROM_OUR_PAGE, None).await
}

async fn status(browser: &mut Browser) -> u16 {
    browser.get("/api/v1/overview").await.status.as_u16()
}

#[tokio::test]
async fn r23_of_two_devices_the_ended_one_is_out_at_once_and_the_other_stays() {
    let system = System::start().await;
    let mut phone = system.logged_in("family-signe").await;
    system.pass(Duration::from_mins(2));
    let mut laptop = system.logged_in("family-signe").await;
    let mut neighbour = system.logged_in("debt-gert").await;

    let own = sessions(&mut laptop).await;
    assert_eq!(own.len(), 2, "the citizen's own and nobody else's: {own:?}");
    assert_eq!((&own[0]["current"], &own[1]["current"]), (&false.into(), &true.into()), "oldest first");
    assert_eq!(own[0]["started"], "2026-11-22T09:00:00Z");
    assert_eq!(own[1]["started"], "2026-11-22T09:02:00Z");

    let path = format!("/api/v1/sessions/{}", own[0]["id"].as_str().expect("an id"));
    assert_eq!(end(&mut neighbour, &path).await.status, 404, "another citizen's session is none");
    assert_eq!(status(&mut phone).await, 200);
    let ended = end(&mut laptop, &path).await;
    assert_eq!((ended.status.as_u16(), ended.header("set-cookie")), (204, ""));
    assert_eq!(status(&mut phone).await, 401);
    assert_eq!(status(&mut laptop).await, 200);
    assert_eq!(end(&mut laptop, &path).await.status, 404, "it is over");
    system.stop(&[&phone, &laptop, &neighbour]).await;
}

#[tokio::test]
async fn r23_a_citizen_ends_all_their_sessions_the_one_that_asks_too() {
    let system = System::start().await;
    let mut own = [system.logged_in("family-signe").await, system.logged_in("family-signe").await];
    let mut neighbour = system.logged_in("debt-gert").await;
    assert_eq!(end(&mut own[1], "/api/v1/sessions").await.status, 204);
    assert_eq!(own[1].cookie("__Host-Http-overblik"), None);
    for browser in &mut own {
        assert_eq!(status(browser).await, 401);
    }
    assert_eq!(status(&mut neighbour).await, 200);
    system.stop(&[&own[0], &own[1], &neighbour]).await;
}

#[tokio::test]
async fn r23_who_is_not_logged_in_has_no_sessions() {
    let system = System::start().await;
    let mut stranger = system.browser();
    assert_eq!(stranger.get("/api/v1/sessions").await.status, 401);
    assert_eq!(end(&mut stranger, "/api/v1/sessions").await.status, 401);
    assert_eq!(end(&mut stranger, "/api/v1/sessions/x").await.status, 401);
    system.stop(&[]).await;
}

#[tokio::test]
async fn r37_a_name_that_is_no_text_is_a_problem_like_any_other() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    for name in ["%ff", "%c3%28", "%00"] {
        let answer = end(&mut browser, &format!("/api/v1/sessions/{name}")).await;
        let found = (answer.status.as_u16(), answer.header("content-type"));
        assert_eq!(found, (404, "application/problem+json"), "{name}: {}", answer.text);
        assert_eq!(answer.json()["code"], "not-found");
        let stranger = end(&mut system.browser(), &format!("/api/v1/sessions/{name}")).await;
        assert_eq!(stranger.status, 401, "{name}: {}", stranger.text);
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r21_what_asks_by_itself_keeps_no_session_alive() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    for by_itself in [("x-overblik-background", "1"), ("last-event-id", "1")] {
        browser.log_in("family-signe", "substantial").await;
        for _ in 0..19 {
            system.pass(Duration::from_mins(1));
            for path in ["/api/v1/overview", "/api/v1/sessions"] {
                assert_eq!(browser.get_with(path, &[by_itself]).await.status, 200, "{path} {by_itself:?}");
            }
        }
        system.pass(Duration::from_mins(1));
        assert_eq!(browser.get_with("/api/v1/overview", &[by_itself]).await.status, 401, "{by_itself:?}");
    }
    browser.log_in("family-signe", "substantial").await;
    for _ in 0..25 {
        system.pass(Duration::from_mins(1));
        assert_eq!(status(&mut browser).await, 200, "the control: the citizen's own doing");
    }
    system.stop(&[&browser]).await;
}
