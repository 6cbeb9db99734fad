//! What becomes of one source's fault: the right state there, and nothing anywhere else.

use std::time::{Duration, Instant};

use overblik_demo::{Fault, FaultTarget, Source};
use overblik_tests::{SOURCES, Setup, section};
use serde_json::Value;

/// Somebody about whom every source has something to tell.
const CITIZEN: &str = "family-signe";

/// The limit of a source that is ordered to be late.
const SHORT_LIMIT: Duration = Duration::from_secs(2);

/// What a fault becomes: the section's state, and type and status of its problem (orkestrering.md section 2.4).
type Becomes = (&'static str, Option<(&'static str, u16)>);

const TIMED_OUT: Becomes = ("timed_out", Some(("Data-source-timeout-error", 408)));
/// No status came, so the status is the one for a bad gateway.
const UNREACHABLE: Becomes = ("failed", Some(("Data-source-error", 502)));
const FAILED_ITSELF: Becomes = ("failed", Some(("Data-source-internal-error", 500)));
const UNREADABLE: Becomes = ("invalid", Some(("Data-source-format-error", 422)));
const WRONG_PERSON: Becomes = ("failed", Some(("Data-validation-error", 400)));
const CREDENTIALS_REFUSED: Becomes = ("refused", Some(("Data-source-security-error", 400)));
const READY: Becomes = ("ready", None);

fn becomes(fault: Fault) -> Becomes {
    match fault {
        // Words that would be markup somewhere are words; the page's and the component's tests look at them.
        Fault::Slow | Fault::HostileText => READY,
        Fault::Stall | Fault::Drip => TIMED_OUT,
        Fault::Error => FAILED_ITSELF,
        Fault::Refused => UNREACHABLE,
        Fault::BadJson | Fault::Huge => UNREADABLE,
        Fault::WrongPerson => WRONG_PERSON,
        Fault::Unauthorised => CREDENTIALS_REFUSED,
    }
}

fn setup(target: FaultTarget, fault: Fault) -> Setup {
    let setup = Setup::default().fault(target, fault);
    // Only the source at fault has a limit that a busy machine might reach.
    if matches!(fault, Fault::Stall | Fault::Drip) { setup.limit(target.source(), SHORT_LIMIT) } else { setup }
}

async fn overview(setup: Setup) -> Value {
    let system = setup.start().await;
    let mut browser = system.logged_in(CITIZEN).await;
    let overview = browser.overview().await;
    system.stop(&[&browser]).await;
    overview
}

fn problems(section: &Value) -> Vec<(&str, u64)> {
    let problems = section["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |problem: &'_ Value| problem["status"].as_u64().unwrap_or_default();
    problems.iter().map(|problem| (problem["type"].as_str().unwrap_or_default(), of(problem))).collect()
}

/// Orders one fault for each source in turn and looks at all sections.
async fn each_source(fault: Fault) {
    let calm = overview(Setup::default()).await;
    let (state, problem) = becomes(fault);
    let looks = SOURCES.iter().map(|&source| {
        let calm = &calm;
        async move {
            let overview = overview(setup(source.into(), fault)).await;
            let hit = section(&overview, source.name());
            assert_eq!(hit["state"], state, "{source} {fault}");
            let expected: Vec<_> = problem.into_iter().map(|(name, status)| (name, u64::from(status))).collect();
            assert_eq!(problems(hit), expected, "{source} {fault}");
            if state == "ready" {
                assert_eq!(hit, section(calm, source.name()), "{source} {fault}");
            } else {
                assert_eq!(hit["widgets"], Value::Array(vec![]), "{source} {fault}");
                assert!(hit["message"]["da"].is_string() && hit["message"]["en"].is_string(), "{source} {fault}");
                assert_eq!(hit["link"], section(calm, source.name())["link"], "{source} {fault}");
            }
            for other in SOURCES.iter().filter(|other| **other != source) {
                let (there, without) = (section(&overview, other.name()), section(calm, other.name()));
                assert_eq!(there, without, "{other} while {source} has {fault}");
            }
            let answered = if state == "ready" { 3 } else { 2 };
            assert_eq!(overview["counts"]["answered"], answered, "{source} {fault}");
            assert_eq!(overview["complete"], state == "ready", "{source} {fault}");
        }
    });
    futures::future::join_all(looks).await;
}

#[tokio::test]
async fn a_slow_answer_within_the_limits_is_an_answer() {
    each_source(Fault::Slow).await;
}

#[tokio::test]
async fn a_stall_after_the_headers_ends_at_the_source_s_own_limit() {
    each_source(Fault::Stall).await;
}

#[tokio::test]
async fn a_body_that_drips_ends_at_the_source_s_own_limit() {
    each_source(Fault::Drip).await;
}

#[tokio::test]
async fn a_source_that_says_it_failed_is_failed() {
    each_source(Fault::Error).await;
}

#[tokio::test]
async fn a_port_that_refuses_is_failed() {
    each_source(Fault::Refused).await;
}

#[tokio::test]
async fn half_a_json_text_is_invalid() {
    each_source(Fault::BadJson).await;
}

#[tokio::test]
async fn an_answer_about_another_person_is_failed() {
    each_source(Fault::WrongPerson).await;
}

#[tokio::test]
async fn more_than_the_contract_allows_is_invalid() {
    each_source(Fault::Huge).await;
}

/// What becomes of such words on a page, the tests of pages and of the component say.
#[tokio::test]
async fn words_that_would_be_markup_elsewhere_are_words() {
    for &source in SOURCES {
        let overview = overview(setup(source.into(), Fault::HostileText)).await;
        let hit = section(&overview, source.name());
        assert_eq!(hit["state"], "ready", "{source}");
        assert!(hit["widgets"].to_string().contains("window.hostile"), "{source}: {}", hit["widgets"]);
    }
}

#[tokio::test]
async fn credentials_that_are_refused_are_refused() {
    each_source(Fault::Unauthorised).await;
}

#[tokio::test]
async fn the_list_of_faults_tested_here_is_whole() {
    let tested = [
        Fault::Slow,
        Fault::Stall,
        Fault::Drip,
        Fault::Error,
        Fault::Refused,
        Fault::BadJson,
        Fault::WrongPerson,
        Fault::Huge,
        Fault::HostileText,
        Fault::Unauthorised,
    ];
    assert_eq!(tested, Fault::ALL);
}

#[tokio::test]
async fn without_the_catalogue_loans_are_shown_without_their_titles() {
    let calm = overview(Setup::default()).await;
    let looks = Fault::ALL.iter().map(|&fault| {
        let calm = &calm;
        async move {
            let overview = overview(setup(FaultTarget::LibraryCatalogue, fault)).await;
            let (library, without) = (section(&overview, "library"), section(calm, "library"));
            if fault == Fault::Slow {
                assert_eq!(library, without);
                return;
            }
            if fault == Fault::HostileText {
                assert_eq!(library["state"], without["state"]);
                assert_ne!(library["widgets"], without["widgets"]);
                return;
            }
            assert_eq!(library["state"], "partial", "{fault}");
            let expected = match fault {
                // Titles of other records are no answer about the records that were asked about.
                Fault::WrongPerson => ("Data-validation-error", 400),
                _ => becomes(fault).1.expect("a problem"),
            };
            assert_eq!(problems(library), [(expected.0, u64::from(expected.1))], "{fault}");
            let untitled: Vec<Value> = without["widgets"].as_array().expect("widgets").iter().map(untitled).collect();
            assert_eq!(library["widgets"], Value::Array(untitled), "{fault}");
            for other in ["daycare", "payments"] {
                assert_eq!(section(&overview, other), section(calm, other), "{fault}");
            }
        }
    });
    futures::future::join_all(looks).await;
}

/// A loan or reservation as it is known without the catalogue.
fn untitled(widget: &Value) -> Value {
    let mut widget = widget.clone();
    if widget["kind"] == "loan" || widget["kind"] == "reservation" {
        widget["title"] = Value::Null;
        widget["author"] = Value::Null;
    }
    widget
}

#[tokio::test]
async fn whatever_a_source_does_the_page_deadline_holds() {
    let late = [Fault::Slow, Fault::Stall, Fault::Drip];
    let looks = SOURCES.iter().flat_map(|source| late.map(|fault| (*source, fault))).map(async |(source, fault)| {
        let setup = Setup::default().fault(source.into(), fault).json_deadline(Duration::from_millis(700));
        let system = setup.start().await;
        let mut browser = system.logged_in(CITIZEN).await;
        let began = Instant::now();
        let overview = browser.overview().await;
        let waited = began.elapsed();
        assert_eq!(section(&overview, source.name())["state"], "pending", "{source} {fault}");
        // The source's own limit is ten seconds: what ended the waiting was the page deadline.
        assert!(waited < Duration::from_secs(8), "{source} {fault}: {waited:?}");
        assert_eq!(overview["deadline_met"], false);
    });
    futures::future::join_all(looks).await;
}

#[tokio::test]
async fn when_every_source_fails_the_overview_still_answers_and_says_so() {
    let setup = Setup::default()
        .fault(FaultTarget::Library, Fault::Refused)
        .fault(FaultTarget::Daycare, Fault::Error)
        .fault(FaultTarget::Payments, Fault::BadJson);
    let overview = overview(setup).await;
    let counts = &overview["counts"];
    assert_eq!((&counts["asked"], &counts["answered"], &counts["failed"]), (&3.into(), &0.into(), &3.into()));
    assert_eq!((&overview["complete"], &overview["deadline_met"]), (&false.into(), &true.into()));
}

/// Lessons, section 6, no. 2 and 8: a source's own words, its host and our library's words reach nobody.
#[tokio::test]
async fn no_failure_tells_the_host_or_the_source_s_words() {
    for fault in [Fault::Error, Fault::Refused, Fault::BadJson, Fault::Unauthorised] {
        let system = Setup::default().fault(FaultTarget::Payments, fault).start().await;
        let mut browser = system.logged_in(CITIZEN).await;
        let answers =
            [browser.get("/api/v1/overview").await.text, browser.get_with("/", &[("accept", "text/html")]).await.text];
        for text in answers {
            let address = system.demo.world.source_url(Source::Payments);
            for word in
                [address, "internal error", "Connection refused", "the API key is not accepted", "EOF", "reqwest"]
            {
                assert!(!text.contains(word), "{fault}: {word}");
            }
        }
        system.stop(&[&browser]).await;
    }
}
