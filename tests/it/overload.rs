//! More is asked than can be done: whoever is logged in goes on, new logins wait for their turn, nobody takes everything.

use std::time::Duration;

use http::Method;
use overblik_demo::{Fault, FaultTarget};
use overblik_gateway::config::Config;
use overblik_tests::{Answer, Browser, EventStream, Setup, System, raw_get};

/// Longer than a round of the waiting room.
const A_ROUND: Duration = Duration::from_secs(21);

const TICKET: &str = "__Host-overblik-waiting";

/// Sources that do not answer, so that an overview stays under way for as long as the test wants.
async fn stalled(adjust: impl FnOnce(&mut Config) + Send + 'static) -> System {
    let setup = Setup::default().fault(FaultTarget::Library, Fault::Stall);
    setup.json_deadline(Duration::from_secs(1)).adjust(adjust).start().await
}

/// A system with five places, four of them taken: new logins wait.
async fn busy() -> (System, Vec<Browser>, Vec<EventStream>) {
    let system = stalled(|config| config.limits.overviews_in_flight = Some(5)).await;
    let (mut browsers, mut streams) = (Vec::new(), Vec::new());
    for citizen in ["family-signe", "twins-tove", "debt-gert", "nothing-ingrid"] {
        browsers.push(system.logged_in(citizen).await);
    }
    for browser in &mut browsers {
        streams.push(browser.open_stream().await);
    }
    (system, browsers, streams)
}

async fn ask(browser: &mut Browser, path: &str) -> Answer {
    browser.get_with(path, &[("accept", "text/html")]).await
}

fn must_wait(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.header("refresh"), answer.header("retry-after")), (200, "12", "12"));
    assert!(answer.text.contains("Du står i kø til at logge ind"), "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn new_logins_wait_while_whoever_is_logged_in_is_served() {
    let (system, mut browsers, streams) = busy().await;
    assert_eq!(ask(&mut system.browser(), "/auth/login").await.status, 303, "one may enter in the first round");
    let mut newcomers = vec![system.browser(); 20];
    for browser in &mut newcomers {
        must_wait(&ask(browser, "/auth/login?return_to=/").await);
        assert_eq!(browser.cookie_names(), [TICKET]);
        assert_eq!(browser.get("/").await.status, 200, "the landing page costs no more than the waiting page");
    }
    for browser in &mut browsers {
        assert_eq!(browser.get("/api/v1/overview").await.status, 200);
        assert_eq!(browser.get("/api/v1/session").await.status, 200);
    }
    let begun = browsers[0].get("/auth/login?level=high").await;
    assert_eq!(begun.status, 303, "whoever is logged in may want another level");
    let forged = format!("cookie: __Host-Http-overblik={}Q", "a".repeat(85));
    let answer = raw_get(&system.demo.url, "/auth/login", &[forged, "accept: text/html".to_owned()]).await;
    assert!(answer.body.contains("Du står i kø"), "a cookie that opens nothing is no way past the others");
    assert_eq!(system.log().matches("new logins wait for their turn").count(), 1, "told once");
    assert_eq!(browsers[3].post("/auth/logout").await.status, 200);
    drop(streams);
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn whoever_came_first_gets_in_first_and_to_the_end_and_then_nobody_waits() {
    let (system, browsers, streams) = busy().await;
    let login = "/auth/login?return_to=/";
    // One may enter in the first round: somebody who goes away.
    assert_eq!(ask(&mut system.browser(), login).await.status, 303);
    let mut waiting = vec![system.browser(); 3];
    for browser in &mut waiting {
        must_wait(&ask(browser, login).await);
        system.pass(Duration::from_secs(1));
    }
    let given = waiting[0].cookie(TICKET).map(str::to_owned);
    system.pass(A_ROUND);
    must_wait(&ask(&mut waiting[2], login).await);
    must_wait(&ask(&mut waiting[1], login).await);
    assert_eq!(waiting[0].cookie(TICKET).map(str::to_owned), given, "a ticket is kept");
    let mut in_english = system.browser();
    in_english.set_cookie(TICKET, waiting[1].cookie(TICKET).expect("a ticket"));
    let page = ask(&mut in_english, "/auth/login?lang=en").await;
    assert!(page.text.contains("You have waited for less than a minute"), "{}", page.text);
    // The first one's turn; the callback arrives while everybody else still waits.
    waiting[0].log_in("letters-aase", "substantial").await;
    assert_eq!(waiting[0].cookie(TICKET), None, "the ticket is used");
    assert_eq!(waiting[0].get("/api/v1/overview").await.status, 200);
    // The same ticket, in another browser, lets nobody in again.
    let mut replaying = system.browser();
    replaying.set_cookie(TICKET, &given.expect("a ticket"));
    must_wait(&ask(&mut replaying, login).await);

    drop(streams);
    // Those two have asked in the round that ends, and may enter one by one or both.
    system.pass(A_ROUND);
    assert_eq!(ask(&mut waiting[1], login).await.status, 303);
    for _ in 0..5 {
        if ask(&mut waiting[2], login).await.status == 303 {
            break;
        }
        system.pass(A_ROUND);
    }
    assert_eq!(waiting[2].cookie(TICKET), None, "its turn has come too");
    system.pass(A_ROUND);
    system.until("nobody waits any more", |_| system.log().contains("new logins need not wait any more")).await;
    for _ in 0..10 {
        assert_eq!(ask(&mut system.browser(), login).await.status, 303);
    }
    let log = system.log();
    for told in ["new logins wait for their turn", "new logins need not wait any more"] {
        assert_eq!(log.matches(told).count(), 1, "{told}");
    }
    system.stop(&browsers.iter().chain(&waiting).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_program_that_waits_is_told_by_a_problem_and_another_site_takes_nobody_s_turn() {
    let (system, browsers, _streams) = busy().await;
    assert_eq!(ask(&mut system.browser(), "/auth/login").await.status, 303, "the one of the first round");
    let answer = raw_get(&system.demo.url, "/auth/login", &[]).await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("\"logins-wait\""), "{}", answer.body);
    for line in ["\r\nretry-after: 12\r\n", "application/problem+json", "set-cookie: __host-overblik-waiting="] {
        assert!(answer.head.contains(line), "{line}: {}", answer.head);
    }
    let image = ["sec-fetch-site: cross-site", "sec-fetch-mode: no-cors", "sec-fetch-dest: image"];
    let answer = raw_get(&system.demo.url, "/auth/login", &image.map(str::to_owned)).await;
    assert!(answer.status == 403 && !answer.head.contains("set-cookie"), "{}", answer.head);
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn beyond_the_last_place_an_overview_is_refused_for_a_moment_and_the_session_lives() {
    let system = stalled(|config| config.limits.overviews_in_flight = Some(2)).await;
    let mut browsers = [system.logged_in("family-signe").await, system.logged_in("twins-tove").await];
    let streams = [browsers[0].open_stream().await, browsers[0].open_stream().await];
    for (path, accept) in [("/api/v1/overview", "*/*"), ("/api/v1/overview", "text/event-stream"), ("/", "text/html")] {
        let answer = browsers[1].get_with(path, &[("accept", accept)]).await;
        assert_eq!(answer.status, 503, "{path} as {accept}");
        let seconds: u32 = answer.header("retry-after").parse().expect("seconds");
        assert!((2..=5).contains(&seconds), "{seconds}");
        assert!(answer.text.contains("overloaded"), "{}", answer.text);
        let again = if path == "/" { answer.header("retry-after") } else { "" };
        assert_eq!(answer.header("refresh"), again, "a person's page asks again by itself");
    }
    assert_eq!(browsers[1].get("/api/v1/session").await.status, 200);
    assert_eq!(system.log().matches("every place is taken").count(), 1, "told once");
    drop(streams);
    system.until("the places are free", |demo| demo.app.overviews.fetches().running() == 0).await;
    assert_eq!(browsers[1].get("/api/v1/overview").await.status, 200);
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn one_citizen_has_so_many_overviews_open_and_the_oldest_is_not_ended_for_a_new_one() {
    let system = stalled(|config| {
        config.limits.streams_per_citizen = Some(3);
        config.limits.streams_per_session = Some(2);
    })
    .await;
    let (mut one, mut other) = (system.logged_in("family-signe").await, system.logged_in("family-signe").await);
    let mut somebody_else = system.logged_in("twins-tove").await;
    let mut oldest = one.open_stream().await;
    let second = one.open_stream().await;
    let of_session = one.get("/api/v1/overview").await;
    assert_eq!((of_session.status.as_u16(), &of_session.json()["code"]), (429, &"too-many-overviews-open".into()));
    assert!(!of_session.header("retry-after").is_empty());
    let third = other.open_stream().await;
    let of_citizen = other.get("/").await;
    assert_eq!(of_citizen.status, 429, "the citizen has three");
    assert_eq!(somebody_else.get("/api/v1/overview").await.status, 200);
    assert!(oldest.next().await.is_some(), "the oldest goes on");

    // A client that goes away, and a logout, each give their places back.
    drop(second);
    let mut again = Err(429);
    for _ in 0..100 {
        again =
            match one.start(Method::GET, &one.at("/api/v1/overview"), &[("accept", "text/event-stream")], None).await {
                response if response.status() == 200 => Ok(EventStream::of(response)),
                response => Err(response.status().as_u16()),
            };
        if again.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let again = again.expect("the place of the one that was closed");
    assert_eq!(one.post("/auth/logout").await.status, 200);
    let events = again.events().await;
    assert_eq!(events.last().map(|(name, _)| name.as_str()), Some("session_over"));
    drop(oldest);
    let (fourth, fifth) = (other.open_stream().await, other.get("/api/v1/overview").await);
    assert_eq!(fifth.status, 429, "two in this session");
    drop((third, fourth));
    system.stop(&[&one, &other, &somebody_else]).await;
}
