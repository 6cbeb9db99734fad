//! The overview as one JSON document.

use std::time::{Duration, Instant};

use overblik_demo::{Fault, FaultTarget, Source};
use overblik_tests::{SOURCES, Setup, System, section};
use serde_json::Value;

async fn overview_of(citizen: &str) -> Value {
    let system = System::start().await;
    let mut browser = system.logged_in(citizen).await;
    let overview = browser.overview().await;
    system.stop(&[&browser]).await;
    overview
}

fn states(overview: &Value) -> Vec<(&str, &str)> {
    let sections = overview["sections"].as_array().map(Vec::as_slice).unwrap_or_default();
    sections
        .iter()
        .map(|section| (section["source"].as_str().unwrap_or_default(), section["state"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn a_family_with_something_at_every_authority() {
    let overview = overview_of("family-signe").await;
    // By theme, in the order of the page, not in the order of arrival.
    assert_eq!(states(&overview), [("daycare", "ready"), ("payments", "ready"), ("library", "ready")]);
    insta::assert_json_snapshot!(overview);
}

#[tokio::test]
async fn twins_stand_on_two_lists_each_and_404_about_enrolments_is_no_failure() {
    let overview = overview_of("twins-tove").await;
    assert_eq!(states(&overview), [("daycare", "ready"), ("payments", "ready"), ("library", "ready")]);
    assert_eq!(section(&overview, "daycare")["widgets"].as_array().map(Vec::len), Some(4));
    insta::assert_json_snapshot!(overview);
}

#[tokio::test]
async fn nothing_anywhere_is_empty_because_every_source_said_so() {
    let overview = overview_of("nothing-ingrid").await;
    assert_eq!(states(&overview), [("daycare", "empty"), ("payments", "empty"), ("library", "empty")]);
    assert_eq!((&overview["complete"], &overview["attention"]), (&true.into(), &Value::Array(vec![])));
    insta::assert_json_snapshot!(overview);
}

#[tokio::test]
async fn a_municipality_that_is_not_connected_is_not_asked() {
    let system = System::start().await;
    let mut browser = system.logged_in("elsewhere-frede").await;
    let overview = browser.overview().await;
    assert_eq!(states(&overview), [("daycare", "not_covered"), ("payments", "ready"), ("library", "not_covered")]);
    assert_eq!((system.calls(Source::Daycare), system.calls(Source::Library)), (0, 0));
    insta::assert_json_snapshot!(overview);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn an_empty_body_is_a_missing_part_and_never_nothing() {
    let overview = overview_of("emptybody-emil").await;
    assert_eq!(section(&overview, "library")["state"], "partial");
    insta::assert_json_snapshot!(overview);
}

#[tokio::test]
async fn an_item_without_a_required_field_is_left_out_and_counted() {
    let overview = overview_of("undated-dagny").await;
    let library = section(&overview, "library");
    assert_eq!((&library["state"], &library["left_out"]), (&"partial".into(), &1.into()));
    assert_eq!(library["widgets"].as_array().map(Vec::len), Some(2));
    insta::assert_json_snapshot!(overview);
}

/// Design section 2: the state `partial` carries an entry per cause, and invalid items are one.
#[tokio::test]
async fn a_partial_answer_names_every_cause() {
    for (citizen, error_type, status) in [
        ("emptybody-emil", "Data-source-format-error", 422),
        ("unlisted-ulrik", "Data-validation-error", 400),
        ("undated-dagny", "Data-validation-error", 400),
    ] {
        let overview = overview_of(citizen).await;
        let library = section(&overview, "library");
        assert_eq!(library["state"], "partial", "{citizen}");
        let problems = library["problems"].as_array().expect("a list");
        let named = problems.iter().any(|problem| problem["type"] == error_type && problem["status"] == status);
        assert!(named, "{citizen}: {problems:?}");
    }
}

#[tokio::test]
async fn a_loan_that_the_catalogue_does_not_know_is_shown_without_a_title() {
    let overview = overview_of("unlisted-ulrik").await;
    assert_eq!(section(&overview, "library")["widgets"].as_array().map(Vec::len), Some(2));
    insta::assert_json_snapshot!(overview);
}

#[tokio::test]
async fn forty_loans_are_forty_loans_in_the_order_in_which_they_fall_due() {
    let overview = overview_of("many-mogens").await;
    let library = section(&overview, "library");
    assert_eq!(library["state"], "ready");
    let loans = library["widgets"].as_array().expect("widgets");
    assert_eq!(loans.len(), 40);
    assert!(loans.iter().all(|loan| loan["kind"] == "loan" && loan["title"].is_string()), "{library:#}");
    let due: Vec<_> = loans.iter().filter_map(|loan| loan["due_on"].as_str()).collect();
    assert!(due.len() == 40 && due.is_sorted(), "{due:?}");
}

#[tokio::test]
async fn a_login_without_a_cpr_number_gets_no_overview() {
    let system = System::start().await;
    let mut browser = system.browser();
    let callback = browser.choose_at_provider("/auth/login", "numberless-nina", "substantial").await;
    let refused = browser.follow(&callback).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("login-without-cpr"), "{}", refused.text);
    assert_eq!(browser.cookie("__Host-Http-overblik"), None);
    assert_eq!(browser.get("/api/v1/overview").await.status, 401);
    system.stop(&[&browser]).await;
}

/// The names that the design fixes; a document may say more, but these never change.
#[tokio::test]
async fn the_names_of_the_document_s_fields_are_those_of_the_design() {
    let overview = overview_of("overdue-laila").await;
    let names = |value: &Value, expected: &[&str]| {
        let missing: Vec<_> = expected.iter().filter(|name| value.get(**name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?} missing in {value:#}");
    };
    names(&overview, &["generated_at", "deadline_met", "complete", "counts", "attention", "sections"]);
    names(&overview["counts"], &["asked", "answered", "pending", "failed", "not_asked"]);
    names(&overview["attention"][0], &["source", "kind", "date", "text", "link"]);
    let library = section(&overview, "library");
    names(
        library,
        &[
            "source",
            "state",
            "as_of",
            "theme",
            "authority",
            "title",
            "expect",
            "link",
            "contact",
            "level",
            "widgets",
            "problems",
        ],
    );
    names(&library["authority"], &["name", "cvr"]);
    for text in [&library["authority"]["name"], &library["title"], &library["expect"]] {
        names(text, &["da", "en"]);
    }
    assert_eq!(overview["generated_at"], "2026-11-22T10:00:00+01:00");
}

#[tokio::test]
async fn what_is_most_urgent_stands_first_in_the_attention_list() {
    let overview = overview_of("overdue-laila").await;
    let attention = overview["attention"].as_array().expect("a list");
    let kinds: Vec<_> = attention.iter().filter_map(|entry| entry["kind"].as_str()).collect();
    // Two loans past their day, a compensation and a parking charge past theirs; a loan due today is not overdue yet.
    assert_eq!(kinds, ["overdue", "overdue", "overdue", "overdue", "due_soon"]);
    assert_eq!(attention[4]["date"], "2026-11-22");
}

#[tokio::test]
async fn r55_an_overview_is_kept_by_nobody() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let answer = browser.get("/api/v1/overview").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    for name in ["Cookie", "Authorization", "Origin"] {
        assert!(answer.header("vary").split(',').any(|header| header.trim().eq_ignore_ascii_case(name)), "{name}");
    }
    assert!(!answer.headers.contains_key("etag") && !answer.headers.contains_key("last-modified"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_client_says_how_long_it_prefers_to_wait() {
    let setup = Setup::default().json_deadline(Duration::from_millis(100));
    let system = setup.fault(FaultTarget::Daycare, Fault::Stall).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let began = Instant::now();
    let answer = browser.get_with("/api/v1/overview", &[("prefer", "wait=1")]).await;
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(answer.header("preference-applied"), "wait=1");
    assert_eq!(section(&answer.json(), "daycare")["state"], "pending");
    system.demo.world.order(FaultTarget::Daycare, None).await;
    browser.post("/auth/logout").await;
    browser.log_in("family-signe", "substantial").await;
    // Longer than the gateway waits for anything: it says how long it would have waited. What is no wish is ignored.
    for (wish, applied) in [("respond-async, wait=3600", "wait=30"), ("wait=soon", ""), ("wait=-1", "")] {
        let answer = browser.get_with("/api/v1/overview", &[("prefer", wish)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (200, applied), "{wish}");
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn what_is_still_being_fetched_is_called_so_in_both_languages() {
    let setup = Setup::default().json_deadline(Duration::from_millis(300));
    let system = setup.fault(FaultTarget::Library, Fault::Stall).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let overview = browser.overview().await;
    let library = section(&overview, "library");
    assert_eq!((&library["state"], &library["widgets"]), (&"pending".into(), &Value::Array(vec![])));
    assert!(library["message"]["da"].as_str().is_some_and(|text| text.contains("Hentes stadig")), "{library:#}");
    assert!(library["message"]["en"].as_str().is_some_and(|text| text.contains("Still being fetched")));
    assert_eq!((&overview["deadline_met"], &overview["complete"]), (&false.into(), &false.into()));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn without_a_session_there_is_a_problem_document_and_no_data() {
    let system = System::start().await;
    let mut browser = system.browser();
    for (language, title) in [("da", "Du er ikke logget ind"), ("en", "You are not logged in")] {
        // A browser's `Accept` too: the API's errors are for programs.
        let headers = [("accept-language", language), ("accept", "text/html,*/*")];
        let answer = browser.get_with("/api/v1/overview", &headers).await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let problem = answer.json();
        assert_eq!(problem["type"], "/problems#not-logged-in");
        assert_eq!(problem["title"], title);
        assert_eq!(problem["status"], 401);
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert_eq!(problem["code"], "not-logged-in");
        let reference = problem["reference"].as_str().expect("a reference");
        assert!(!reference.is_empty() && reference == answer.header("x-request-id"));
        assert!(system.log().contains(reference), "the reference finds the log line");
    }
    assert_eq!(SOURCES.iter().map(|source| system.calls(*source)).sum::<usize>(), 0);
    system.stop(&[&browser]).await;
}
