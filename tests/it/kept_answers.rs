//! What sources answered is kept, sealed, for as long as the citizen is logged in.

use std::time::Duration;

use overblik_demo::{Fault, FaultTarget, Source};
use overblik_tests::{Browser, RedisServer, SOURCES, Setup, System, hide_items, section};
use serde_json::{Value, json};

use crate::{
    native_app::{Apps, OVERVIEW},
    redis_store::{EVERYTHING, in_redis, keys},
};

const MINUTE: Duration = Duration::from_mins(1);

/// How many requests all sources have received.
fn asked(system: &System) -> usize {
    SOURCES.iter().map(|source| system.calls(*source)).sum()
}

/// Waits until what was fetched has been kept.
async fn until_kept(system: &System) {
    system.until("nothing runs any more", |demo| demo.app.overviews.fetches().running() == 0).await;
}

async fn overview(system: &System, browser: &mut Browser) -> Value {
    let overview = browser.overview().await;
    until_kept(system).await;
    overview
}

/// Moves the clock on, after the moment of true time in which views share what has just arrived.
async fn pass(system: &System, time: Duration) {
    tokio::time::sleep(Duration::from_millis(1100)).await;
    system.pass(time);
}

async fn keeping() -> System {
    Setup::default().keeping_answers().start().await
}

#[tokio::test]
async fn a_second_view_within_a_minute_asks_nothing_and_shows_the_same_in_all_three_faces() {
    let system = keeping().await;
    let mut browser = system.logged_in("family-signe").await;
    let page_when_asked = browser.get("/").await.text;
    until_kept(&system).await;
    let asked_once = asked(&system);
    assert!(asked_once >= SOURCES.len());
    let first = overview(&system, &mut browser).await;
    assert_eq!(first["complete"], true);
    assert!(first["attention"].as_array().is_some_and(|attention| !attention.is_empty()), "the control: {first:#}");

    system.pass(Duration::from_secs(59));
    let second = overview(&system, &mut browser).await;
    assert_eq!(second["sections"], first["sections"], "with the time at which it was answered");
    let events = browser.open_stream().await.events().await;
    let (ends, sections): (Vec<_>, Vec<_>) = events.into_iter().partition(|(name, _)| name == "end");
    let mut sections: Value = sections.into_iter().map(|(_, section)| section).collect();
    hide_items(&mut sections);
    assert_eq!(sections, second["sections"], "what is kept comes in the order of the page");
    for (name, value) in second.as_object().expect("an object").iter().filter(|(name, _)| *name != "sections") {
        assert_eq!(ends[0].1[name], *value, "{name}");
    }
    let page = browser.get("/").await.text;
    let lines = |page: &str| {
        // A page takes itself away when the session ends, in fewer seconds each time.
        let ends = |line: &&str| line.starts_with("<noscript>") || line.starts_with("<meta name=\"overblik-session\"");
        let mut lines: Vec<_> = page.lines().filter(|line| !ends(line)).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&page), lines(&page_when_asked), "in whatever order the sections came");
    assert_eq!(asked(&system), asked_once);
    assert!(system.log().contains("\"kept\":3"));

    pass(&system, Duration::from_secs(1)).await;
    let third = overview(&system, &mut browser).await;
    // What look-ups found is remembered for longer.
    assert!(asked(&system) >= asked_once + SOURCES.len(), "a minute later each is asked again");
    assert_ne!(third["sections"][0]["as_of"], first["sections"][0]["as_of"]);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_citizen_who_loads_the_page_from_the_beginning_has_everything_asked_anew() {
    let system = keeping().await;
    let mut browser = system.logged_in("family-signe").await;
    overview(&system, &mut browser).await;
    let mut so_far = asked(&system);
    for (path, headers, asks) in [
        (OVERVIEW, &[("cache-control", "no-cache")][..], true),
        ("/", &[("cache-control", "no-cache"), ("pragma", "no-cache")], true),
        (OVERVIEW, &[("cache-control", "max-age=0")], false),
        (OVERVIEW, &[("cache-control", "no-cache"), ("x-overblik-background", "1")], false),
        (OVERVIEW, &[("cache-control", "no-cache"), ("accept", "text/event-stream")], false),
    ] {
        assert_eq!(browser.get_with(path, headers).await.status, 200);
        until_kept(&system).await;
        let now = asked(&system);
        assert!(if asks { now >= so_far + SOURCES.len() } else { now == so_far }, "{path} {headers:?}");
        so_far = now;
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r31_who_logs_out_leaves_nothing_and_each_login_has_its_own() {
    let system = keeping().await;
    let mut browser = system.logged_in("family-signe").await;
    overview(&system, &mut browser).await;
    let each = asked(&system);
    let mut elsewhere = system.logged_in("family-signe").await;
    overview(&system, &mut elsewhere).await;
    assert_eq!(asked(&system), 2 * each, "the same person elsewhere shares nothing");
    let mut other = system.logged_in("nothing-ingrid").await;
    let theirs = overview(&system, &mut other).await;
    assert_eq!(section(&theirs, "library")["state"], "empty");
    browser.post("/auth/logout").await;
    let so_far = asked(&system);
    browser.log_in("family-signe", "substantial").await;
    let again = overview(&system, &mut browser).await;
    assert_eq!(asked(&system), so_far + each, "after a login everything is asked again");
    assert_eq!(section(&again, "library")["state"], "ready");
    overview(&system, &mut elsewhere).await;
    overview(&system, &mut other).await;
    assert_eq!(asked(&system), so_far + each, "the others still have theirs");
    system.stop(&[&browser, &elsewhere, &other]).await;
}

#[tokio::test]
async fn a_source_that_fails_later_is_shown_as_it_was_with_the_cause_for_ten_minutes() {
    let system = keeping().await;
    let mut browser = system.logged_in("family-signe").await;
    let before = overview(&system, &mut browser).await;
    system.demo.world.order(FaultTarget::Library, Some(Fault::Error)).await;
    system.demo.world.order(FaultTarget::Payments, Some(Fault::WrongPerson)).await;
    pass(&system, 2 * MINUTE).await;
    let (was, document) = (section(&before, "library"), overview(&system, &mut browser).await);
    let library = section(&document, "library");
    assert_eq!(library["state"], "stale");
    assert_eq!((&library["widgets"], &library["as_of"]), (&was["widgets"], &was["as_of"]));
    assert_eq!(library["problems"][0]["status"], 500, "{library:#}");
    assert!(library["message"]["da"].as_str().is_some_and(|text| text.contains("tidligere svar")));
    let of_library = |document: &Value| {
        let all = document["attention"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|attention| attention["source"] == "library").collect::<Vec<_>>()
    };
    assert_eq!(of_library(&document), of_library(&before));
    assert!(!of_library(&document).is_empty(), "the control");
    assert_eq!((&document["complete"], &document["counts"]["failed"]), (&json!(false), &json!(2)));
    // Whoever mixes citizens up is not shown as they were.
    let payments = section(&document, "payments");
    assert_eq!((&payments["state"], &payments["widgets"]), (&json!("failed"), &json!([])));
    let page = browser.get("/").await.text;
    assert!(page.contains("Du ser et tidligere svar") && page.contains("Godnat, gravko"), "{page}");
    pass(&system, 8 * MINUTE).await;
    let document = overview(&system, &mut browser).await;
    assert_eq!(section(&document, "library")["state"], "failed");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_late_answer_is_kept_for_the_views_after_it() {
    let setup = Setup::default().keeping_answers().fault(FaultTarget::Payments, Fault::Slow);
    let system = setup.json_deadline(Duration::from_millis(500)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "pending");
    until_kept(&system).await;
    for _ in 0..3 {
        assert_eq!(section(&overview(&system, &mut browser).await, "payments")["state"], "ready");
        // Nothing is left of it but what is kept.
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    assert_eq!(system.calls(Source::Payments), 1);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r53_what_is_kept_for_an_app_s_token_is_for_that_token_and_ends_with_it() {
    let apps = Apps::start_with(Setup::default().keeping_answers(), |_| {}).await;
    let (token, another) = (apps.token("family-signe"), apps.token_with("jti", json!("another")));
    let asked = |apps: &Apps| asked(&apps.system);
    let show = async |token: &str| {
        let answer = apps.show(OVERVIEW, token).await;
        until_kept(&apps.system).await;
        answer
    };
    let first = show(&token).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let each = asked(&apps);
    assert_eq!(show(&token).await.json()["sections"], first.json()["sections"]);
    assert_eq!(asked(&apps), each);
    show(&another).await;
    assert_eq!(asked(&apps), 2 * each, "another token of the same citizen and app");
    let fetches = apps.system.demo.app.overviews.fetches();
    assert_eq!(fetches.viewers().len(), 2);
    let kept_for: Vec<_> = fetches.viewers().iter().map(|viewer| viewer.session).collect();
    assert!(kept_for.iter().all(|session| !fetches.cache().of_token(*session).is_empty()), "the control");
    apps.log_out_at_provider(&json!({ "sid": overblik_tests::Person::of("family-signe").session })).await;
    assert!(fetches.viewers().is_empty());
    assert!(kept_for.iter().all(|session| fetches.cache().of_token(*session).is_empty()));
    assert_eq!(show(&token).await.status, 401);
    apps.stop(&[], &[&token, &another]).await;
}

/// What Redis was asked, from now on, apart from what is asked of it anyway.
struct Questions<'r>(&'r RedisServer);

impl<'r> Questions<'r> {
    fn from_now(server: &'r RedisServer) -> Self {
        server.cli(&["CONFIG", "RESETSTAT"]);
        Self(server)
    }

    /// Each command, and how often.
    fn asked(&self) -> Vec<String> {
        let all = self.0.cli(&["INFO", "commandstats"]);
        let besides = ["ping", "info", "config|resetstat", "subscribe", "hello", "client|setinfo", "select", "role"];
        let lines = all.lines().filter_map(|line| line.trim().strip_prefix("cmdstat_")?.split_once(':'));
        let counted = lines.filter(|(command, _)| !besides.contains(command));
        let calls = |rest: &str| rest.split(',').next().unwrap_or_default().replace("calls=", "");
        counted.map(|(command, rest)| format!("{command} {}", calls(rest))).collect()
    }
}

#[tokio::test]
async fn an_overview_of_kept_sections_costs_redis_one_question_and_one_that_asks_sources_a_second_look() {
    let (server, keys) = (RedisServer::start().await, keys());
    let system = Setup::default().keeping_answers().adjust(in_redis(&server, &keys)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let questions = Questions::from_now(&server);
    overview(&system, &mut browser).await;
    let first = questions.asked();
    assert!(first.contains(&"hgetall 1".to_owned()) && first.contains(&"hmget 1".to_owned()), "{first:?}");
    let each = asked(&system);
    for headers in [&[][..], &[("accept", "text/event-stream")], &[("accept", "text/html")]] {
        let path = if headers == [("accept", "text/html")] { "/" } else { OVERVIEW };
        let questions = Questions::from_now(&server);
        assert_eq!(browser.get_with(path, headers).await.status, 200);
        assert_eq!(questions.asked(), ["hgetall 1"], "{path} {headers:?}");
    }
    assert_eq!(asked(&system), each);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r19_r31_what_is_kept_in_redis_is_noise_serves_every_instance_and_goes_with_the_logout() {
    let (server, keys) = (RedisServer::start().await, keys());
    let system = Setup::default().keeping_answers().adjust(in_redis(&server, &keys)).start().await;
    let other = Setup::default().keeping_answers().adjust(in_redis(&server, &keys)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let before = server.cli(&["EVAL", EVERYTHING, "0"]);
    let shown = overview(&system, &mut browser).await;
    let kept = server.cli(&["EVAL", EVERYTHING, "0"]);
    assert!(
        kept.len() > before.len() + 1000 && kept.contains("kept_bytes"),
        "the control: {} {}",
        before.len(),
        kept.len()
    );
    assert!(shown.to_string().contains("Godnat, gravko"), "the control");
    for marker in ["Traktoren", "Godnat", "library", "payments", "daycare", "loan", "widgets", "kind", "2026-11-22"] {
        assert!(!kept.contains(marker), "{marker} in {kept}");
    }
    // The same session at another instance.
    let mut there = browser_with_session_of(&other, &browser);
    let same = there.overview().await;
    assert_eq!(same["sections"], shown["sections"]);
    assert_eq!(asked(&other), 0);
    browser.post("/auth/logout").await;
    assert_eq!(server.cli(&["KEYS", "overblik:session:*"]), "", "the record is gone, and what was kept of it");
    assert!(!server.cli(&["EVAL", EVERYTHING, "0"]).contains("kept_bytes"));
    assert_eq!(there.get(OVERVIEW).await.status, 401);
    other.stop(&[&there]).await;
    system.stop(&[&browser]).await;
}

fn browser_with_session_of(system: &System, browser: &Browser) -> Browser {
    let mut there = system.browser();
    there.set_cookie("__Host-Http-overblik", browser.cookie("__Host-Http-overblik").expect("a session"));
    there
}
