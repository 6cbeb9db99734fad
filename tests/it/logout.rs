//! Logout: the session and everything of it is gone at once.

use std::time::Duration;

use http::Method;
use overblik_demo::{Fault, FaultTarget, Outcome, Party, Source};
use overblik_tests::{Answer, SOURCES, Setup, System, section};

const SESSION: &str = "__Host-Http-overblik";

/// Longer than anything but a source's own limit may take, and shorter than that limit.
const SOON: Duration = Duration::from_secs(8);

#[track_caller]
fn assert_session_taken_away(answer: &Answer) {
    let lines: Vec<_> = answer.header_all("set-cookie").filter(|line| line.starts_with(SESSION)).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    // A browser replaces a cookie only by one with the same attributes.
    for attribute in ["=;", "Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(lines[0].contains(attribute), "{attribute}: {}", lines[0]);
    }
}

#[tokio::test]
async fn r27_after_logout_the_session_is_dead_and_the_browser_forgets() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let session = browser.cookie(SESSION).expect("a session").to_owned();
    let mut thief = system.browser();
    thief.set_cookie(SESSION, &session);
    assert_eq!(thief.get("/api/v1/overview").await.status, 200, "whoever has the cookie has the session");

    let answer = browser.post("/auth/logout").await;
    assert_session_taken_away(&answer);
    let cleared = answer.header("clear-site-data");
    assert!(cleared.contains("\"cache\"") && cleared.contains("\"storage\""), "{cleared}");
    assert_eq!(answer.header("cache-control"), "no-store");
    for path in ["/api/v1/overview", "/"] {
        let gone = thief.get_with(path, &[("accept", "application/json")]).await;
        assert!(!gone.text.contains("Signe") && !gone.text.contains("Traktoren"), "{path}");
    }
    assert_eq!(thief.get("/api/v1/overview").await.status, 401);

    // The provider ends its session too, and sends the browser to a page that says what happened.
    let provider = answer.next_stop().expect("the provider's logout");
    assert_eq!(provider.origin().ascii_serialization(), system.demo.world.issuer());
    assert!(!provider.query_pairs().any(|(name, _)| name == "id_token_hint"), "it would carry the CPR claim");
    let back = browser.send(Method::GET, &provider, &[], None).await.location().expect("the way back");
    let page = browser.come_back(&back).await;
    assert_eq!((page.status.as_u16(), back.path()), (200, "/auth/logged-out"));
    assert!(page.text.contains("Du er logget ud"), "{}", page.text);
    system.stop(&[&browser, &thief]).await;
}

#[tokio::test]
async fn logout_ends_the_calls_that_run_for_the_session() {
    let setup = Setup::default().fault(FaultTarget::Library, Fault::Stall).fault(FaultTarget::Daycare, Fault::Drip);
    let system = setup.json_deadline(Duration::from_millis(500)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    // The page deadline leaves both calls running for the next view.
    assert_eq!(section(&browser.overview().await, "library")["state"], "pending");
    assert!(system.in_flight() > 0);
    browser.post("/auth/logout").await;
    system
        .until("every call has ended", |demo| {
            let in_flight = |source: &Source| demo.world.in_flight(Party::Source(*source));
            SOURCES.iter().map(in_flight).sum::<usize>() == 0 && demo.app.overviews.fetches().running() == 0
        })
        .await;
    let library = system.demo.world.received(Party::Source(Source::Library));
    assert!(library.iter().any(|call| call.outcome == Outcome::Aborted), "the source saw the caller leave");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn logout_ends_the_streams_and_pages_that_are_open_in_the_session() {
    for (path, accept) in [("/api/v1/overview", "text/event-stream"), ("/", "text/html")] {
        let system = Setup::default().fault(FaultTarget::Library, Fault::Stall).start().await;
        let mut browser = system.logged_in("family-signe").await;
        let url = browser.at(path);
        let mut open = browser.start(Method::GET, &url, &[("accept", accept)], None).await;
        let mut text = String::new();
        while !text.contains("Alma Eksempelsen") {
            let chunk = open.chunk().await.expect("an unbroken answer").expect("the daycare section");
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        browser.post("/auth/logout").await;
        let rest = tokio::time::timeout(SOON, open.text()).await.expect("the open answer ends soon after logout");
        let rest = rest.unwrap_or_default();
        for title in ["Traktoren", "Godnat, gravko"] {
            assert!(!rest.contains(title), "{path} went on showing data after logout");
        }
        // Not as if the overview had come to its end: it says what happened.
        assert!(rest.contains("session_over") || rest.contains("Du er logget ud"), "{path}: {rest}");
        assert!(!rest.contains("event: end") && !rest.contains("kilder."), "{path}: {rest}");
        system.stop(&[&browser]).await;
    }
}

#[tokio::test]
async fn a_late_answer_does_not_outlive_the_session() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let system = setup.json_deadline(Duration::from_millis(300)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "pending");
    system.until("the late answer is kept", |demo| demo.app.overviews.fetches().running() == 0).await;
    browser.post("/auth/logout").await;
    browser.log_in("family-signe", "substantial").await;
    // Lessons, section 6, no. 4: a second login finds nothing of the first.
    assert_eq!(section(&browser.overview().await, "payments")["state"], "pending");
    assert_eq!(system.calls(Source::Payments), 2);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_citizen_s_other_session_stays_with_what_runs_for_it() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let system = setup.start().await;
    let (mut here, mut there) = (system.logged_in("family-signe").await, system.logged_in("family-signe").await);
    let mut stream = there.open_stream().await;
    system.until("payments is asked", |demo| demo.world.in_flight(Party::Source(Source::Payments)) == 1).await;
    here.post("/auth/logout").await;
    let payments = loop {
        let (_, data) = stream.next_event().await.expect("the payments section");
        if data["source"] == "payments" {
            break data;
        }
    };
    assert_eq!(payments["state"], "ready");
    drop(stream);
    assert_eq!(here.get("/api/v1/overview").await.status, 401);
    assert_eq!(there.get("/api/v1/overview").await.status, 200);
    system.stop(&[&here, &there]).await;
}

#[tokio::test]
async fn r33_only_a_page_of_ours_can_log_out() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let url = browser.at("/auth/logout");
    let own = url.origin().ascii_serialization();
    let foreign: [&[(&str, &str)]; 8] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-site"), ("origin", &own)],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost.evil.example")],
        &[],
    ];
    for headers in foreign {
        // The cookie goes along, as it would from a sibling subdomain.
        let cookie = browser.cookie_header();
        let headers: Vec<_> = headers.iter().copied().chain([("cookie", cookie.as_str())]).collect();
        let answer = system.browser().send(Method::POST, &url, &headers, Some(&[])).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert_eq!(answer.json()["code"], "foreign-origin");
        assert!(!answer.headers.contains_key("set-cookie"), "{headers:?}");
        assert_eq!(browser.get("/api/v1/overview").await.status, 200, "still logged in after {headers:?}");
    }
    // An older browser, without fetch metadata.
    let answer = browser.send(Method::POST, &url, &[("origin", &own)], Some(&[])).await;
    assert_session_taken_away(&answer);
    assert_eq!(browser.get("/api/v1/overview").await.status, 401);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn logout_is_no_link() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH] {
        let url = browser.at("/auth/logout");
        let answer = browser.send(method.clone(), &url, &[("sec-fetch-site", "same-origin")], None).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "POST", "{method}: RFC 9110 section 15.5.6");
    }
    assert_eq!(browser.get("/api/v1/overview").await.status, 200);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn logging_out_without_a_session_takes_the_cookie_away_all_the_same() {
    let system = System::start().await;
    let mut browser = system.browser();
    browser.set_cookie(SESSION, &"A".repeat(86));
    let answer = browser.post("/auth/logout").await;
    assert!(!answer.status.is_client_error() && !answer.status.is_server_error(), "{}", answer.text);
    assert_session_taken_away(&answer);
    system.stop(&[&browser]).await;
}
