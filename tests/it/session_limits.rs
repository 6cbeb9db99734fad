//! Sessions end by themselves: without activity, and in any case after a while. The server decides, not the cookie.

use std::time::Duration;

use overblik_demo::{Fault, FaultTarget};
use overblik_tests::{Browser, Setup, System, section};

const IDLE: Duration = Duration::from_mins(20);
const ABSOLUTE: Duration = Duration::from_hours(8);
const SECOND: Duration = Duration::from_secs(1);

async fn status(browser: &mut Browser) -> u16 {
    browser.get("/api/v1/overview").await.status.as_u16()
}

#[tokio::test]
async fn r21_a_session_ends_after_twenty_minutes_without_activity() {
    let system = System::start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    let cookie = browser.cookie_header();
    system.pass(IDLE.checked_sub(SECOND).expect("time"));
    assert_eq!(status(&mut browser).await, 200, "one second before");
    system.pass(IDLE.checked_sub(SECOND).expect("time"));
    assert_eq!(status(&mut browser).await, 200, "one second before, counted from the last view");
    system.pass(IDLE);
    assert_eq!(status(&mut browser).await, 401);
    let again = system.browser().get_with("/api/v1/overview", &[("cookie", &cookie)]).await;
    assert_eq!(again.status, 401, "asking does not bring it back");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r21_a_session_ends_after_eight_hours_however_active() {
    let system = System::start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    let step = Duration::from_mins(15);
    for _ in 0..ABSOLUTE.as_secs() / step.as_secs() - 1 {
        system.pass(step);
        assert_eq!(status(&mut browser).await, 200);
    }
    system.pass(step.checked_sub(SECOND).expect("time"));
    assert_eq!(status(&mut browser).await, 200, "one second before");
    system.pass(SECOND);
    assert_eq!(status(&mut browser).await, 401);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_page_says_that_the_session_ended() {
    let system = System::start().await;
    let mut browser = system.logged_in("nothing-ingrid").await;
    system.pass(IDLE);
    let page = browser.get_with("/?lang=da", &[("accept", "text/html")]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("din session er udløbet"), "{}", page.text);
    assert!(!page.text.contains("Ingrid"));
    let page = browser.get_with("/?lang=da", &[("accept", "text/html")]).await;
    assert!(!page.text.contains("din session er udløbet"), "it is said once: the cookie is gone");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r37_an_unknown_an_expired_and_a_tampered_session_get_the_same_answer() {
    let system = System::start().await;
    let session = |browser: &Browser| {
        let value = browser.cookie("__Host-Http-overblik").expect("a session");
        format!("__Host-Http-overblik={value}")
    };
    let expired = session(&system.logged_in("nothing-ingrid").await);
    system.pass(IDLE);
    let live = session(&system.logged_in("nothing-ingrid").await);
    let logged_out = {
        let mut browser = system.logged_in("nothing-ingrid").await;
        let cookie = session(&browser);
        browser.post("/auth/logout").await;
        cookie
    };
    let unknown = format!("__Host-Http-overblik={}", "A".repeat(86));
    // The last character holds two bits: A and Q are two of the four that it can be.
    let tampered = live.split_at(live.len() - 1).0.to_owned() + if live.ends_with('A') { "Q" } else { "A" };
    let mut answers = Vec::new();
    for cookie in [&unknown, &expired, &tampered, &logged_out] {
        let answer = system.browser().get_with("/api/v1/overview", &[("cookie", cookie)]).await;
        let mut problem = answer.json();
        assert!(problem["reference"].take().is_string());
        let mut headers = answer.headers.clone();
        assert!(headers.remove("x-request-id").is_some());
        headers.remove("date");
        answers.push((answer.status, problem, headers));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(answers[0].0, 401);
}

#[tokio::test]
async fn calls_that_run_when_a_session_ends_leave_nothing_behind() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let system = setup.json_deadline(Duration::from_millis(300)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "pending");
    system.pass(IDLE);
    assert_eq!(status(&mut browser).await, 401);
    system.until("the call has ended", |demo| demo.app.overviews.fetches().running() == 0).await;
    browser.log_in("family-signe", "substantial").await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "pending", "not the old session's answer");
    system.stop(&[&browser]).await;
}
