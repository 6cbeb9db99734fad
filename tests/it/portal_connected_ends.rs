//! Connected frames: whose word counts, which windows ask for it, and when it ends (requirements R20, R31, R33, R66 and R69).

use std::time::Duration;

use http::Method;
use overblik_demo::{Fault, FaultTarget, Party, Source};
use overblik_gateway::demo::Demo;
use overblik_tests::{Browser, Person, Setup};
use serde_json::json;

use crate::{
    portal::Portals,
    portal_connected::{
        CONNECTED, COOKIE, assert_button, assert_shown, bring, code, connected, frame, logged_in, say_yes, send, start,
        start_with,
    },
};

const QUERY: &str = "portal=birkerup&lang=da";

#[tokio::test]
async fn r31_logging_out_ends_it_at_once_and_so_does_every_other_end_of_the_citizen_s_session() {
    for way in ["logout", "list", "all", "another login", "at the provider", "by name at the provider"] {
        let portals = start().await;
        let mut browser = connected(&portals, "family-signe").await;
        assert_shown(&frame(&portals, &mut browser, QUERY).await);
        let before = portals.calls();
        // As the browser of the frame's partition keeps it, whatever becomes of the others.
        let mut framed = portals.apps.system.browser();
        framed.set_cookie(COOKIE, browser.cookie(COOKIE).expect("a cookie"));
        let ours = [("x-overblik-csrf", "1"), ("sec-fetch-site", "same-origin")];
        match way {
            "logout" => assert_eq!(browser.post("/auth/logout").await.status, 200),
            "list" => {
                let sessions =
                    browser.get("/api/v1/sessions").await.json()["sessions"].as_array().expect("sessions").clone();
                let own = sessions.iter().find(|session| session["current"] == true).expect("the citizen's own");
                let url = browser.at(&format!("/api/v1/sessions/{}", own["id"].as_str().expect("an id")));
                assert_eq!(browser.send(Method::DELETE, &url, &ours, None).await.status, 204);
            }
            "all" => {
                let url = browser.at("/api/v1/sessions");
                assert_eq!(browser.send(Method::DELETE, &url, &ours, None).await.status, 204);
            }
            "another login" => {
                portals.apps.provider.log_in_as(Person::of("neighbour-nanna"));
                let begun = browser.get("/auth/login").await;
                let sent = browser.send(Method::GET, &begun.location().expect("an address"), &[], None).await;
                assert_eq!(browser.follow(&sent.location().expect("the callback")).await.status, 200);
            }
            "at the provider" => {
                portals.apps.log_out_at_provider(&json!({ "sid": Person::of("family-signe").session })).await;
            }
            _ => {
                portals.apps.log_out_at_provider(&json!({ "sub": Person::of("family-signe").subject })).await;
            }
        }
        assert_button(&frame(&portals, &mut framed, QUERY).await, way);
        assert_eq!(portals.calls(), before, "{way}: nobody was asked");
        portals.apps.stop(&[&browser], &[]).await;
    }
}

#[tokio::test]
async fn r31_a_logout_ends_what_a_frame_is_being_shown() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Stall).json_deadline(Duration::from_secs(10));
    let portals = start_with(setup).await;
    let mut browser = connected(&portals, "family-signe").await;
    let mut framed = portals.apps.system.browser();
    framed.set_cookie(COOKIE, browser.cookie(COOKIE).expect("a cookie"));
    let log_out = async {
        let in_flight = |demo: &Demo, source| demo.world.in_flight(Party::Source(source));
        let is_asked = |demo: &Demo| in_flight(demo, Source::Payments) == 1 && in_flight(demo, Source::Library) == 0;
        portals.apps.system.until("payments alone is being asked", is_asked).await;
        assert_eq!(browser.post("/auth/logout").await.status, 200);
    };
    let (answer, ()) = tokio::join!(frame(&portals, &mut framed, QUERY), log_out);
    assert_button(&answer, "the library had answered");
    portals.apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r69_a_code_of_a_session_that_ended_meanwhile_opens_nothing_whoever_is_logged_in_now() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    let code = code(&say_yes(&portals, &mut browser, "birkerup").await);
    assert_eq!(browser.post("/auth/logout").await.status, 200);
    let mut next = logged_in(&portals, "neighbour-nanna").await;
    let answer = bring(&portals, &mut next, "birkerup", &code).await;
    assert_eq!(answer.status, 401);
    assert_button(&answer, "another session");
    assert!(next.cookie(COOKIE).is_none());
    assert_button(&frame(&portals, &mut next, QUERY).await, "another session");
    assert_eq!(portals.calls(), 0);
    portals.apps.stop(&[&browser, &next], &[&code]).await;
}

#[tokio::test]
async fn r50_each_citizen_is_shown_their_own() {
    let portals = start().await;
    let mut signe = connected(&portals, "family-signe").await;
    let mut laila = connected(&portals, "overdue-laila").await;
    let [hers, theirs] = [frame(&portals, &mut signe, QUERY).await, frame(&portals, &mut laila, QUERY).await];
    assert!(hers.text.contains("Traktoren") && !theirs.text.contains("Traktoren"));
    assert!(theirs.text.contains("data-standing=\"shown\"") && theirs.text != hers.text);
    portals.apps.stop(&[&signe, &laila], &[]).await;
}

#[tokio::test]
async fn r69_it_lasts_a_quarter_of_an_hour_whatever_the_citizen_does_and_never_longer_than_their_session() {
    let portals = start().await;
    let mut browser = connected(&portals, "family-signe").await;
    for _ in 0..2 {
        portals.pass(Duration::from_secs(449));
        assert_shown(&frame(&portals, &mut browser, QUERY).await);
        assert_eq!(browser.get("/api/v1/overview").await.status, 200);
    }
    portals.pass(Duration::from_secs(2));
    let mut framed = portals.apps.system.browser();
    framed.set_cookie(COOKIE, browser.cookie(COOKIE).expect("a cookie"));
    let over = frame(&portals, &mut framed, QUERY).await;
    assert_button(&over, "after a quarter of an hour");
    assert!(over.header("set-cookie").starts_with(&format!("{COOKIE}=;")), "a cookie that opens nothing goes");
    assert_eq!(browser.get("/api/v1/overview").await.status, 200, "the citizen's own session goes on");
    portals.apps.stop(&[&browser], &[]).await;

    // A frame keeps no session alive, and shows nothing without it.
    let portals = start_with_idle_limit(120).await;
    let mut browser = connected(&portals, "family-signe").await;
    portals.pass(Duration::from_secs(119));
    assert_shown(&frame(&portals, &mut browser, QUERY).await);
    portals.pass(Duration::from_secs(2));
    assert_button(&frame(&portals, &mut browser, QUERY).await, "the session's idle limit");
    assert_eq!(browser.get("/api/v1/overview").await.status, 401);
    portals.apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r26_it_shows_nothing_by_tokens_that_have_expired() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    portals.apps.provider.change_answer(|answer| answer["expires_in"] = json!(300));
    let mut short = logged_in_again(&portals).await;
    for (browser, seconds) in [(&mut browser, 900), (&mut short, 300)] {
        let allowed = say_yes(&portals, browser, "birkerup").await;
        let given = bring(&portals, browser, "birkerup", &code(&allowed)).await;
        assert_eq!(given.status, 303, "{}", given.text);
        let goes = frame(&portals, browser, QUERY).await.header("refresh").to_owned();
        assert!(goes.starts_with(&format!("{};", seconds + 1)), "{goes}");
    }
    portals.pass(Duration::from_mins(5));
    assert_shown(&frame(&portals, &mut browser, QUERY).await);
    assert_button(&frame(&portals, &mut short, QUERY).await, "the tokens have expired");
    portals.apps.stop(&[&browser, &short], &[]).await;
}

async fn logged_in_again(portals: &Portals) -> Browser {
    let (browser, landed) = overblik_tests::ProviderStandIn::log_in(&portals.apps.system).await;
    assert_eq!(landed.status, 200, "{}", landed.text);
    browser
}

async fn start_with_idle_limit(seconds: u64) -> Portals {
    Portals::start_with(Setup::default(), move |config| {
        config.session.idle_s = seconds;
        let portal = config.embed.as_mut().expect("portals").portals.get_mut("birkerup").expect("a portal");
        portal.ways.insert(serde_json::from_value(json!("connected")).expect("a way"));
    })
    .await
}

#[tokio::test]
async fn r69_saying_yes_again_gives_a_new_quarter_of_an_hour_and_ends_the_former_one() {
    let portals = start().await;
    let mut browser = connected(&portals, "family-signe").await;
    let former = browser.cookie(COOKIE).expect("a cookie").to_owned();
    let allowed = say_yes(&portals, &mut browser, "birkerup").await;
    assert_eq!(bring(&portals, &mut browser, "birkerup", &code(&allowed)).await.status, 303);
    assert_ne!(browser.cookie(COOKIE), Some(former.as_str()));
    assert_shown(&frame(&portals, &mut browser, QUERY).await);
    let mut framed = portals.apps.system.browser();
    framed.set_cookie(COOKIE, &former);
    assert_button(&frame(&portals, &mut framed, QUERY).await, "the former one");
    let sessions = browser.get("/api/v1/sessions").await.json()["sessions"].as_array().expect("sessions").len();
    assert_eq!(sessions, 2, "the citizen's own, and what they let the portal show");
    portals.apps.stop(&[&browser], &[&former]).await;
}

#[tokio::test]
async fn r23_a_citizen_finds_it_among_their_sessions_and_ends_it_there() {
    let portals = start().await;
    let mut browser = connected(&portals, "family-signe").await;
    let sessions = browser.get("/api/v1/sessions").await.json()["sessions"].as_array().expect("sessions").clone();
    let other = sessions.iter().find(|session| session["current"] == false).expect("the portal's");
    let url = browser.at(&format!("/api/v1/sessions/{}", other["id"].as_str().expect("an id")));
    let ours = [("x-overblik-csrf", "1"), ("sec-fetch-site", "same-origin")];
    assert_eq!(browser.send(Method::DELETE, &url, &ours, None).await.status, 204);
    assert_button(&frame(&portals, &mut browser, QUERY).await, "ended from the list");
    assert_eq!(browser.get("/api/v1/overview").await.status, 200);
    portals.apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r33_nobody_but_the_citizen_in_a_window_of_ours_says_yes() {
    let portals = start().await;
    let mut browser = logged_in(&portals, "family-signe").await;
    let url = portals.at("/connect/birkerup");
    let [mode, document] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    for (what, headers) in [
        ("another site", [("sec-fetch-site", "cross-site"), mode, document]),
        ("a sister site", [("sec-fetch-site", "same-site"), mode, document]),
        ("the address bar", [("sec-fetch-site", "none"), mode, document]),
        ("a frame", [("sec-fetch-site", "same-origin"), mode, ("sec-fetch-dest", "iframe")]),
        ("a script", [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
    ] {
        let mut browser = browser.clone();
        let answer = browser.send(Method::POST, &url, &headers, Some(&[])).await;
        assert_eq!(answer.status, 403, "{what}");
        assert!(!answer.text.contains("data-code"), "{what}");
    }
    let framed = [("sec-fetch-site", "same-origin"), mode, ("sec-fetch-dest", "iframe")];
    assert_eq!(browser.send(Method::GET, &url, &framed, None).await.status, 403, "the question in a frame");
    let mut stranger = portals.apps.system.browser();
    let unknown = say_yes(&portals, &mut stranger, "birkerup").await;
    assert_eq!((unknown.status.as_u16(), unknown.header("location")), (303, "/connect/birkerup"), "nobody");
    let form = [("portal", "birkerup"), ("lang", "da")];
    for path in [CONNECTED, "/embed/v1/connected/end"] {
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let from_there = [("sec-fetch-site", "cross-site"), mode, ("sec-fetch-dest", "iframe")];
        let answer = browser.send(Method::POST, &portals.at(path), &from_there, Some(&form)).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    assert_eq!(send(&portals, &mut browser, CONNECTED, &[("portal", "birkerup"), ("x", "y")]).await.status, 400);
    portals.apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r66_only_the_window_s_pages_keep_the_window_that_opened_them_and_none_may_be_framed() {
    let portals = start().await;
    let mut stranger = portals.apps.system.browser();
    let mut citizen = logged_in(&portals, "family-signe").await;
    let policy = |answer: &overblik_tests::Answer| answer.header("cross-origin-opener-policy").to_owned();
    let html = [("accept", "text/html")];
    for (who, browser) in [("a stranger", &mut stranger), ("a citizen", &mut citizen)] {
        let window = browser.get_with("/connect/birkerup", &html).await;
        assert_eq!((window.status.as_u16(), policy(&window).as_str()), (200, "unsafe-none"), "{who}");
        assert!(window.header("content-security-policy").contains("frame-ancestors 'none'"), "{who}");
        assert_eq!(window.header("cache-control"), "no-store");
        for path in ["/", "/auth/login", "/auth/logged-in", "/connect/nobody", "/declaration", "/auth/logged-out"] {
            assert_eq!(policy(&browser.get_with(path, &html).await), "same-origin", "{path} of {who}");
        }
        assert_eq!(policy(&frame(&portals, browser, QUERY).await), "same-origin", "a frame has no opener");
    }
    let allowed = say_yes(&portals, &mut citizen, "birkerup").await;
    assert_eq!(policy(&allowed), "unsafe-none");
    assert!(allowed.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(citizen.get_with("/connect/%ff", &html).await.status, 404);
    let error = citizen.get_with("/connect/nobody", &html).await;
    assert_eq!((error.status.as_u16(), error.header("content-type")), (404, "text/html; charset=utf-8"), "a page");
    portals.apps.stop(&[&citizen], &[]).await;
}

#[tokio::test]
async fn r18_whoever_logs_in_in_the_window_is_told_to_press_the_button_again() {
    let portals = start().await;
    let mut browser: Browser = portals.apps.system.browser();
    let window = browser.get_with("/connect/birkerup", &[("accept", "text/html")]).await;
    assert!(window.text.contains("href=\"/auth/login?return_to=/auth/logged-in\""), "{}", window.text);
    assert!(!window.text.contains("data-standing=\"ask\""));
    portals.apps.provider.log_in_as(Person::of("family-signe"));
    let begun = browser.get("/auth/login?return_to=/auth/logged-in").await;
    let sent = browser.send(Method::GET, &begun.location().expect("an address"), &[], None).await;
    let landed = browser.follow(&sent.location().expect("the callback")).await;
    assert_eq!(landed.leads_on_to().as_deref(), Some("/auth/logged-in"));
    let told = browser.get_with("/auth/logged-in", &[("accept", "text/html")]).await;
    assert!(told.text.contains("Luk dette vindue") && !told.text.contains("Signe"), "{}", told.text);
    let asked = browser.get_with("/connect/birkerup", &[("accept", "text/html")]).await;
    assert!(asked.text.contains("data-standing=\"ask\""), "the next press goes straight to the question");
    portals.apps.stop(&[&browser], &[]).await;
}

#[tokio::test]
async fn r73_whoever_has_nothing_to_show_uses_up_no_portal_s_share() {
    let limited = |config: &mut overblik_gateway::config::Config| {
        config.limits.requests_per_client = Some(overblik_gateway::config::Rate { per_minute: 1, at_once: 4 });
    };
    let portals = crate::portal_connected::start_with(Setup::default().adjust(limited)).await;
    let mut browser = connected(&portals, "family-signe").await;
    let mut stranger = portals.apps.system.browser();
    for number in 0..8 {
        let ticket = format!("{number}").repeat(86);
        stranger.set_cookie(COOKIE, &ticket);
        assert_button(&frame(&portals, &mut stranger, QUERY).await, "a cookie of one's own making");
        assert_eq!(bring(&portals, &mut stranger, "birkerup", &ticket).await.status, 401, "and a code");
    }
    // The code that was brought was the first; three are left, however often strangers asked.
    for _ in 0..3 {
        assert_shown(&frame(&portals, &mut browser, QUERY).await);
    }
    assert_eq!(frame(&portals, &mut browser, QUERY).await.status, 429);
    portals.apps.stop(&[&browser], &[]).await;
}
