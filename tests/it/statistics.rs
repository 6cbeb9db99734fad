//! What was counted is what citizens were shown, and says nothing of who they were.

use std::fs;

use overblik_demo::{DemoWorld, Fault, FaultTarget};
use overblik_gateway::statistics::{By, Figures};
use overblik_tests::{LeakSearch, Setup, System, section};
use serde_json::Value;

const SUNDAY: &str = "2026-11-22";

fn figures(system: &System, source: &str) -> Figures {
    let day = SUNDAY.parse().expect("a date");
    let mut rows = system.demo.app.statistics.of(source, day, day, By::Day);
    assert_eq!(rows.len(), 1, "{source}: {rows:?}");
    rows.remove(0).figures.expect("exact").figures
}

fn sections(figures: &Figures) -> Vec<(&str, u64)> {
    figures.sections.iter().map(|(state, number)| (state.as_str(), *number)).collect()
}

#[tokio::test]
async fn an_overview_is_counted_as_it_was_shown_and_no_file_says_whose_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let kept_in = directory.path().to_owned();
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Error).keeping_answers();
    let system = setup.adjust(move |config| config.statistics.directory = Some(kept_in)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    let mut other = system.logged_in("nothing-ingrid").await;
    let states = |overview: Value| {
        ["daycare", "payments"].map(|source| section(&overview, source)["state"].as_str().map(str::to_owned))
    };
    let expected = |daycare: &str| [Some(daycare.to_owned()), Some("failed".to_owned())];
    assert_eq!(states(browser.overview().await), expected("ready"), "the control");
    assert_eq!(states(other.overview().await), expected("empty"), "the control");
    system.until("nothing runs any more", |demo| demo.app.overviews.fetches().running() == 0).await;

    let answered = figures(&system, "daycare");
    let Figures { calls, with_data, ended, kept, .. } = answered;
    assert_eq!((calls, answered.answered, with_data, answered.latency.calls(), ended, kept), (2, 2, 1, 2, 0, 0));
    assert_eq!(sections(&answered), [("empty", 1), ("ready", 1)]);
    let failed = figures(&system, "payments");
    let Figures { calls, with_data, ended, kept, .. } = failed;
    assert_eq!((calls, failed.answered, with_data, failed.latency.calls(), ended, kept), (2, 0, 0, 2, 0, 0));
    assert_eq!(sections(&failed), [("failed", 2)]);

    browser.overview().await;
    let again = figures(&system, "daycare");
    assert_eq!((again.calls, again.kept), (2, 1), "shown as it was kept, without a call");
    assert_eq!(sections(&again), [("empty", 1), ("ready", 2)]);

    let pseudonyms = pseudonyms(&system.log());
    assert!(!pseudonyms.is_empty(), "the control: the log names them");
    system.stop(&[&browser, &other]).await;
    let mut search = LeakSearch::new();
    for citizen in DemoWorld::citizens() {
        citizen.cpr.iter().for_each(|number| search.person_number(number));
        search.text("a name", citizen.name);
    }
    pseudonyms.iter().for_each(|pseudonym| search.text("a pseudonym", pseudonym));
    let mut months = 0;
    for entry in fs::read_dir(directory.path()).expect("a directory") {
        let path = entry.expect("a file").path();
        let bytes = fs::read(&path).expect("readable");
        months += usize::from(path.ends_with("2026-11.json") && !bytes.is_empty());
        assert_eq!(search.find(&bytes), None, "{}", path.display());
    }
    assert_eq!(months, 1, "written at the end");
}

/// Every pseudonym that the log names.
fn pseudonyms(log: &str) -> Vec<String> {
    let after = log.split("citizen").skip(1);
    let words = after.filter_map(|rest| rest.split(|c: char| !c.is_ascii_hexdigit()).find(|word| word.len() >= 16));
    words.map(str::to_owned).collect()
}
