//! What is declared, one section, and more about one item: as JSON and as pages.

use std::time::Duration;

use overblik_demo::{Fault, Source};
use overblik_gateway::config::Rate;
use overblik_tests::{Answer, Browser, SOURCES, Setup, System};
use serde_json::Value;

const CITIZEN: &str = "family-signe";
const PAYMENTS: &str = "/api/v1/sections/payments";
const BOTH: &[Source] = &[Source::Cases, Source::Payments];
/// What only the details of her payments and of her case say.
const LINE: &str = "Ferielukning";
const STEP: &str = "Naboerne høres; høringen slutter om to uger.";

async fn json(browser: &mut Browser, path: &str) -> Value {
    let answer = browser.get(path).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"), "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

async fn html(browser: &mut Browser, path: &str) -> Answer {
    browser.get_with(path, &[("accept", "text/html")]).await
}

/// The ids of a section's items, in the order of its widgets.
async fn ids(browser: &mut Browser, source: &str) -> Vec<String> {
    let section = json(browser, &format!("/api/v1/sections/{source}")).await;
    let widgets = section["widgets"].as_array().cloned().unwrap_or_default();
    widgets.iter().filter_map(|widget| widget["item"].as_str().map(str::to_owned)).collect()
}

async fn first_id(browser: &mut Browser, source: &str) -> String {
    ids(browser, source).await.into_iter().next().expect("an item")
}

fn item(source: &str, id: &str) -> String {
    format!("/api/v1/sections/{source}/items/{id}")
}

#[track_caller]
fn assert_not_found(answer: &Answer, what: &str) {
    assert_eq!((answer.status.as_u16(), &answer.json()["type"]), (404, &nowhere_type()), "{what}: {}", answer.text);
}

fn nowhere_type() -> Value {
    "/problems#not-found".into()
}

fn calls(system: &System) -> usize {
    SOURCES.iter().chain(BOTH).map(|source| system.calls(*source)).sum()
}

#[tokio::test]
async fn the_declaration_says_what_is_asked_and_why_other_sources_are_not_and_asks_nobody() {
    let system = System::start().await;
    let mut browser = system.logged_in("elsewhere-frede").await;
    let declared = json(&mut browser, "/api/v1/sources").await;
    let said = |key: &str| -> Vec<Value> {
        declared["sources"].as_array().expect("sources").iter().map(|source| source[key].clone()).collect()
    };
    assert_eq!(said("source"), ["daycare", "payments", "library"]);
    let not_asked = said("not_asked");
    let states: Vec<_> = not_asked.iter().map(|why| why["state"].clone()).collect();
    assert_eq!(states, [Value::from("not_covered"), Value::Null, Value::from("not_covered")]);
    assert_eq!(said("detail"), [false, true, false]);
    assert!(not_asked[0]["message"]["da"].as_str().is_some_and(|text| text.contains("ikke tilsluttet")));
    assert!(!declared.to_string().contains("widgets"));
    assert_eq!(calls(&system), 0);
    assert_eq!(system.browser().get("/api/v1/sources").await.status, 401);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn one_section_is_as_in_the_overview_and_asks_one_source() {
    let system = System::start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let mut one = json(&mut browser, PAYMENTS).await;
    assert_eq!((system.calls(Source::Payments), calls(&system)), (1, 2), "once, and BOTH counts it a second time");
    overblik_tests::hide_items(&mut one);
    let overview = browser.overview().await;
    assert_eq!(&one, overblik_tests::section(&overview, "payments"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn one_section_is_kept_and_asked_anew_when_the_citizen_wants_it() {
    let system = Setup::default().keeping_answers().start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let first = json(&mut browser, PAYMENTS).await;
    system.until("nothing runs any more", |demo| demo.app.overviews.fetches().running() == 0).await;
    assert_eq!(json(&mut browser, PAYMENTS).await, first, "kept, with its ids");
    assert_eq!(system.calls(Source::Payments), 1);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    json(&mut browser, &format!("{PAYMENTS}?fresh=1")).await;
    assert_eq!(system.calls(Source::Payments), 2, "by a link");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let anew = browser.get_with(PAYMENTS, &[("cache-control", "no-cache")]).await;
    assert_eq!((anew.status.as_u16(), system.calls(Source::Payments)), (200, 3), "by the header");
    // A page that asks by itself is content with what there is.
    browser.get_with(PAYMENTS, &[("cache-control", "no-cache"), ("x-overblik-background", "1")]).await;
    assert_eq!(system.calls(Source::Payments), 3);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r46_an_unknown_source_and_one_without_agreement_are_not_found_alike() {
    let system = Setup::default()
        .contract(Source::Daycare, "displayClients: [overblik, birkerup-portal]", "displayClients: [birkerup-portal]")
        .start()
        .await;
    let mut browser = system.logged_in(CITIZEN).await;
    let mut said = Vec::new();
    for path in
        ["daycare", "nowhere", "daycare/items/x", "nowhere/items/x", "payments/items/x", "payments/items/B-0001"]
    {
        let answer = browser.get(&format!("/api/v1/sections/{path}")).await;
        assert_not_found(&answer, path);
        let mut problem = answer.json();
        problem.as_object_mut().expect("an object").retain(|key, _| key != "instance" && key != "reference");
        said.push(problem);
        let page = html(&mut browser, &format!("/sections/{path}")).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (404, "text/html; charset=utf-8"), "{path}");
    }
    assert!(said.iter().all(|problem| *problem == said[0]), "{said:#?}");
    assert_eq!(calls(&system), 0, "and nobody was asked");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn more_about_an_item_is_told_by_its_source_and_by_nobody_else() {
    let system = Setup::default().sources(BOTH).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let payments = ids(&mut browser, "payments").await;
    assert_eq!(payments.len(), 2);
    let mut payment = json(&mut browser, &item("payments", &payments[0])).await;
    assert_eq!(system.calls(Source::Payments), 2, "the section, and this");
    overblik_tests::hide_items(&mut payment);
    insta::assert_json_snapshot!("more_about_a_payment", payment);
    let case = first_id(&mut browser, "cases").await;
    let case = json(&mut browser, &item("cases", &case)).await;
    insta::assert_json_snapshot!("more_about_a_case", case["widgets"]);
    // Neither the source's key nor the citizen's number is in any id, and neither the key nor the id in the log.
    assert!(!payments.concat().contains("B-0001"));
    let log = system.log();
    assert!(log.contains("about=\"item\"") || log.contains("\"about\":\"item\""), "the control: {log}");
    assert!(!log.contains("B-0001") && !log.contains(&payments[0]));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r50_an_id_is_good_for_one_session_and_one_source() {
    let system = Setup::default().sources(BOTH).start().await;
    let mut own = system.logged_in(CITIZEN).await;
    let mut again = system.logged_in(CITIZEN).await;
    let mut another = system.logged_in("twins-tove").await;
    let (payment, case) = (first_id(&mut own, "payments").await, first_id(&mut own, "cases").await);
    let before = calls(&system);
    for (browser, who) in [(&mut again, "another session of hers"), (&mut another, "another citizen")] {
        for (source, id) in [("payments", &payment), ("cases", &case)] {
            assert_not_found(&browser.get(&item(source, id)).await, who);
            assert_eq!(html(browser, &format!("/sections/{source}/items/{id}")).await.status, 404, "{who}");
        }
    }
    assert_not_found(&own.get(&item("cases", &payment)).await, "another source");
    let (first, rest) = payment.split_at(1);
    let changed = format!("{}{rest}", if first == "A" { "B" } else { "A" });
    assert_not_found(&own.get(&item("payments", &changed)).await, "a changed id");
    assert_eq!(calls(&system), before, "nobody was asked");
    assert!(own.get(&item("payments", &payment)).await.text.contains(LINE), "the control");
    system.stop(&[&own, &again, &another]).await;
}

#[tokio::test]
async fn r50_an_id_ends_with_its_session() {
    let system = Setup::default().sources(BOTH).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let id = first_id(&mut browser, "payments").await;
    let before = system.calls(Source::Payments);
    browser.post("/auth/logout").await;
    assert_eq!(browser.get(&item("payments", &id)).await.status, 401, "logged out");
    let page = html(&mut browser, &format!("/sections/payments/items/{id}")).await;
    assert!(page.status == 200 && page.text.contains("/auth/login") && !page.text.contains(LINE));
    browser.log_in(CITIZEN, "substantial").await;
    assert_not_found(&browser.get(&item("payments", &id)).await, "logged in again");
    let id = first_id(&mut browser, "payments").await;
    system.pass(Duration::from_hours(9));
    assert_eq!(browser.get(&item("payments", &id)).await.status, 401, "expired");
    assert_eq!(system.calls(Source::Payments), before + 1, "the section, once more");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn what_is_wrong_with_the_source_is_said_of_the_item_and_within_its_time() {
    for (fault, state) in [
        (Fault::Error, "failed"),
        (Fault::Refused, "failed"),
        (Fault::BadJson, "invalid"),
        (Fault::Huge, "invalid"),
        (Fault::Unauthorised, "refused"),
        (Fault::Stall, "timed_out"),
        (Fault::WrongPerson, "failed"),
    ] {
        let setup = Setup::default().sources(BOTH);
        // Only where it is waited for is a limit short that a busy machine might reach.
        let short = |setup: Setup| setup.contract(Source::Payments, "  detail:\n", "  detail:\n    timeoutMs: 400\n");
        let system = if fault == Fault::Stall { short(setup) } else { setup }.start().await;
        let mut browser = system.logged_in(CITIZEN).await;
        let id = first_id(&mut browser, "payments").await;
        system.demo.world.order(Source::Payments.into(), Some(fault)).await;
        let started = std::time::Instant::now();
        let told = json(&mut browser, &item("payments", &id)).await;
        assert_eq!((&told["state"], &told["widgets"]), (&state.into(), &serde_json::json!([])), "{fault:?}");
        assert!(started.elapsed() < Duration::from_secs(3), "{fault:?}: {:?}", started.elapsed());
        if fault == Fault::WrongPerson {
            let section = json(&mut browser, PAYMENTS).await;
            assert_eq!(section["state"], "suspended", "the whole source is cut off");
        }
        system.stop(&[&browser]).await;
    }
}

#[tokio::test]
async fn sections_and_items_count_as_overviews_against_the_citizen_s_limit() {
    let rate = Rate { at_once: 3, per_minute: 1 };
    let setup = Setup::limits_as_shipped().adjust(move |config| config.limits.overviews_per_citizen = Some(rate));
    let system = setup.start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let id = first_id(&mut browser, "payments").await;
    assert_eq!(browser.get(&item("payments", &id)).await.status, 200);
    // Guessing is counted, too.
    assert_eq!(browser.get(&item("payments", "AAAA")).await.status, 404);
    let before = calls(&system);
    for path in [format!("{PAYMENTS}?fresh=1"), item("payments", &id), "/sections/payments".to_owned()] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 429, "{path}");
        assert!(!answer.header("retry-after").is_empty());
    }
    assert_eq!(calls(&system), before);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn the_pages_of_a_section_and_of_an_item_work_without_a_script() {
    let system = Setup::default().sources(BOTH).start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let overview = html(&mut browser, "/").await.text;
    assert!(overview.contains("href=\"/sections/cases?fresh=1\""), "asking one source anew is a link");
    let page = html(&mut browser, "/sections/cases").await;
    assert_eq!(page.status, 200);
    let link = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let link = link.into_iter().find(|href| href.contains("/items/")).expect("a way to more").to_owned();
    assert!(!link.contains("A-17"), "no number of the authority's in an address: {link}");
    let more = html(&mut browser, &link).await;
    assert_eq!((more.status.as_u16(), more.header("cache-control")), (200, "no-store"));
    assert!(more.text.contains(STEP) && more.text.contains("Situationsplan") && more.text.contains("Forløb"));
    assert!(more.text.contains("href=\"/#section-cases\"") && more.text.contains("href=\"/sections/cases\""));
    // The other language, at the same address.
    let english = html(&mut browser, &format!("{link}?lang=en")).await.text;
    assert!(english.contains("What has happened") && english.contains(STEP));
    // For the overview's own script, the section alone, in the overview's form.
    let alone = browser.get_with("/sections/cases?fresh=1", &[("x-overblik-section", "1")]).await.text;
    assert!(alone.starts_with("<article slot=\"section-cases\"") && !alone.contains("<html"), "{alone}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r18_a_link_from_another_site_leads_on_and_strangers_are_told_nothing() {
    let system = System::start().await;
    let mut stranger = system.browser();
    for path in ["/sections/payments", "/sections/nowhere", "/sections/payments/items/AAAA"] {
        let page = html(&mut stranger, path).await;
        assert!(page.status == 200 && page.text.contains("/auth/login"), "{path}");
        let hop = stranger.get_with(path, &[("accept", "text/html"), ("sec-fetch-site", "cross-site")]).await;
        let to = path.split("/items").next().unwrap_or_default();
        assert_eq!(hop.leads_on_to().as_deref(), Some(to), "{path}");
    }
    // What another site puts where a source's name stands leads nowhere else (R35).
    for name in [
        "..%2Fauth%2Flogin%3Flevel=high",
        "..%2F..%2Fauth%2Flogged-out",
        "%2e%2e%2F%2Fevil.example",
        "payments%3Ffresh=1",
        "payments%23x",
        "%5C%5Cevil.example",
        "payments%0d%0ax",
    ] {
        for path in [format!("/sections/{name}"), format!("/sections/{name}/items/AAAA")] {
            let page = stranger.get_with(&path, &[("accept", "text/html"), ("sec-fetch-site", "cross-site")]).await;
            assert_eq!((page.status.as_u16(), page.leads_on_to()), (200, None), "{path}");
        }
    }
    system.stop(&[&stranger]).await;
}
