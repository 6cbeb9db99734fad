//! Sources are exchanged while citizens ask.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use overblik_connectors::{
    AnnouncedWindow, Coverage, LiveSource, LiveVersion, Municipality, Revision, Share, Versions,
};
use overblik_demo::{DemoWorld, Fault, FaultTarget, Source};
use overblik_tests::{SOURCES, Setup, System, copy_contracts, hide_items, raw_get, section};
use overblik_widgets::LocalizedText;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;

type Sources = BTreeMap<String, LiveSource>;

/// The shipped contracts of the demo's sources, as somebody decides that they are asked.
fn shipped() -> Sources {
    let folder = TempDir::new().expect("a folder");
    copy_contracts(folder.path());
    let folders = |of: &std::path::Path| -> Vec<_> {
        fs::read_dir(of).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    };
    let name = |path: &std::path::Path| path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let mut sources = BTreeMap::new();
    for authority in folders(folder.path()) {
        for source in folders(&authority) {
            let text = fs::read_to_string(source.join("connector.yaml")).expect("a contract");
            sources.insert(name(&source), LiveSource::new(&name(&authority), version(&text)));
        }
    }
    assert_eq!(sources.len(), SOURCES.len());
    sources
}

fn version(text: &str) -> LiveVersion {
    let files = BTreeMap::from([("connector.yaml".to_owned(), text.as_bytes().to_vec())]);
    LiveVersion { revision: Revision::of_text(text), files: Arc::new(files) }
}

/// A source's contract with another heading.
fn renamed(source: &LiveSource, from: &str, to: &str) -> LiveVersion {
    let text = String::from_utf8(source.versions.main.files["connector.yaml"].clone()).expect("a text");
    assert_eq!(text.matches(from).count(), 1, "{from}");
    version(&text.replace(from, to))
}

fn exchange(system: &System, sources: &Sources) {
    let exchanged = system.demo.app.exchange_sources(sources);
    assert!(exchanged.mistakes.is_empty() && exchanged.missing.is_empty(), "{exchanged:?}");
}

fn slugs(overview: &Value) -> Vec<&str> {
    overview["sections"].as_array().expect("sections").iter().filter_map(|one| one["source"].as_str()).collect()
}

#[tokio::test]
async fn another_version_is_asked_anew_and_everything_else_stays_as_it_was() {
    let system = Setup::default().keeping_answers().start().await;
    let mut sources = shipped();
    exchange(&system, &sources);
    let mut browser = system.logged_in("family-signe").await;
    let before = browser.overview().await;
    let calls = |source| system.calls(source);
    let (library, daycare) = (calls(Source::Library), calls(Source::Daycare));
    system.until("nothing runs any more", |demo| demo.app.overviews.fetches().running() == 0).await;
    let new = renamed(&sources["library"], "{ da: Bibliotek, en", "{ da: Biblioteket, en");
    sources.get_mut("library").expect("the library").versions.main = new;
    exchange(&system, &sources);
    let after = browser.overview().await;
    assert_eq!(slugs(&before), slugs(&after));
    assert_eq!(section(&after, "library")["title"]["da"], "Biblioteket");
    assert_eq!(section(&after, "library")["state"], "ready");
    assert!(calls(Source::Library) > library, "nothing that is kept of the former one is shown");
    assert_eq!(calls(Source::Daycare), daycare, "what is kept of others is");
    assert_eq!(section(&before, "daycare"), section(&after, "daycare"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn what_stays_wrong_with_a_source_is_told_once() {
    let system = Setup::default().start().await;
    let mut sources = shipped();
    exchange(&system, &sources);
    let told = || system.log().matches("something is wrong with a source, which stays as it was").count();
    sources.get_mut("library").expect("the library").versions.main = version("nothing: of a contract");
    for _ in 0..3 {
        assert!(system.demo.app.exchange_sources(&sources).mistakes.contains_key("library"));
    }
    assert_eq!(told(), 1, "it is tried again and again");
    sources.get_mut("library").expect("the library").versions.main = version("kind: something else");
    assert!(system.demo.app.exchange_sources(&sources).mistakes.contains_key("library"));
    assert_eq!(told(), 2, "another mistake is told at once");
    system.stop(&[]).await;
}

#[tokio::test]
async fn a_suspension_reaches_what_is_under_way_and_windows_say_until_when() {
    let system = Setup::default().fault(FaultTarget::Payments, Fault::Slow).start().await;
    let sources = shipped();
    exchange(&system, &sources);
    let mut browser = system.logged_in("family-signe").await;
    let mut stream = browser.open_stream().await;
    system.until("payments is asked", |_| system.calls(Source::Payments) == 1).await;
    let mut suspended = sources.clone();
    suspended.get_mut("payments").expect("payments").suspended = true;
    exchange(&system, &suspended);
    let mut browser_of_another = system.logged_in("childless-bent").await;
    let overview = browser_of_another.overview().await;
    assert_eq!(section(&overview, "payments")["state"], "suspended");
    assert_eq!(system.calls(Source::Payments), 1, "nobody asks any more");
    let mut states = BTreeMap::new();
    while let Some((event, data)) = stream.next_event().await {
        if event == "section" {
            states.insert(data["source"].as_str().expect("a source").to_owned(), data["state"].clone());
        }
    }
    assert_eq!((&states["payments"], &states["daycare"]), (&"suspended".into(), &"ready".into()));
    let mut closed = sources.clone();
    let [from, to] = ["2026-11-22T08:00:00Z", "2026-11-22T11:30:00Z"].map(|text| text.parse().expect("a time"));
    let text = Some(LocalizedText::new("Vi flytter.", "We are moving."));
    closed.get_mut("library").expect("the library").windows = vec![AnnouncedWindow { from, to, text }];
    exchange(&system, &closed);
    let library = section(&browser.overview().await, "library").clone();
    assert_eq!(library["state"], "suspended");
    let words = library["message"]["da"].as_str().expect("why");
    assert!(words.contains("vedligeholdelse indtil kl. 12:30") && words.ends_with("Vi flytter."), "{words}");
    exchange(&system, &sources);
    assert_eq!(section(&browser.overview().await, "library")["state"], "ready");
    let log = system.log();
    for told in ["source suspended in the registry", "source resumed in the registry"] {
        assert_eq!(log.matches(told).count(), 1, "{told}");
    }
    system.stop(&[&browser, &browser_of_another]).await;
}

#[tokio::test]
async fn two_versions_stand_side_by_side_and_operators_see_both() {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    let setup = Setup::default().adjust(move |config| config.operations.listen = Some(any_port));
    let system = setup.start().await;
    let mut sources = shipped();
    let mut browsers = Vec::new();
    for citizen in ["family-signe", "childless-bent", "elsewhere-frede"] {
        browsers.push(system.logged_in(citizen).await);
    }
    let next = renamed(&sources["payments"], "version: 1.1.0", "version: 9.1.0");
    for percent in [1, 50, 100] {
        let payments = sources.get_mut("payments").expect("payments");
        let share = Share::try_from(percent).expect("a share");
        payments.versions = Versions { main: payments.versions.main.clone(), next: Some((next.clone(), share)) };
        exchange(&system, &sources);
        for browser in &mut browsers {
            let overview = browser.overview().await;
            assert_eq!(slugs(&overview).iter().filter(|slug| **slug == "payments").count(), 1);
            assert_eq!(
                section(&overview, "payments")["state"],
                section(&browser.overview().await, "payments")["state"]
            );
        }
    }
    let address = system.demo.operations.expect("a listener");
    let operations = url::Url::parse(&format!("http://{address}/")).expect("an address");
    let standings = raw_get(&operations, "/sources", &["x-overblik-operator: 1".to_owned()]).await.body;
    let standings: Vec<Value> = serde_json::from_str(&standings).expect("JSON");
    let versions: Vec<_> =
        standings.iter().filter(|one| one["source"] == "payments").map(|one| &one["version"]).collect();
    assert_eq!(versions.len(), 2);
    assert_ne!(versions[0], versions[1]);
    let all: Vec<_> = browsers.iter().collect();
    system.stop(&all).await;
}

#[tokio::test]
async fn what_cannot_be_asked_here_is_told_and_leaves_the_rest() {
    let system = Setup::default().start().await;
    let sources = shipped();
    exchange(&system, &sources);
    let mut browser = system.logged_in("family-signe").await;
    let before = browser.overview().await;
    let mut wrong = sources.clone();
    let another_kind = renamed(&sources["library"], "kind: Connector", "kind: Something");
    wrong.get_mut("library").expect("the library").versions.main = another_kind;
    let near = Coverage::Municipalities([Municipality::parse("0999").expect("a code")].into());
    wrong.get_mut("daycare").expect("daycare").agreements = Some(BTreeMap::from([("overblik".to_owned(), near)]));
    wrong.get_mut("payments").expect("payments").agreements = Some(BTreeMap::new());
    let exchanged = system.demo.app.exchange_sources(&wrong);
    assert!(exchanged.mistakes["library"].to_string().contains("must be \"Connector\""), "{exchanged:?}");
    assert_eq!(exchanged.mistakes.len(), 1);
    let after = browser.overview().await;
    assert_eq!(section(&after, "library"), section(&before, "library"), "as before");
    assert_eq!(section(&after, "daycare")["state"], "not_covered");
    assert!(!slugs(&after).contains(&"payments"), "without an agreement it does not exist");
    let log = system.log();
    assert!(log.contains("source_refused") && log.contains("sources_exchanged"));
    // Nothing at all is an overview of nothing, and whoever runs it is told.
    let exchanged = system.demo.app.exchange_sources(&BTreeMap::new());
    assert!(exchanged.missing.iter().any(|missing| missing.starts_with("overview.display_client")), "{exchanged:?}");
    assert!(slugs(&browser.overview().await).is_empty());
    system.stop(&[&browser]).await;
}

/// What a section says, whichever version of its contract says it.
fn said(overview: &Value) -> Vec<(Value, Value, Value)> {
    let mut overview = overview.clone();
    hide_items(&mut overview);
    let sections = overview["sections"].as_array().expect("sections").iter();
    sections.map(|one| (one["source"].clone(), one["state"].clone(), one["widgets"].clone())).collect()
}

#[tokio::test]
async fn nobody_notices_a_hundred_exchanges_while_fifty_citizens_ask() {
    let system = Setup::default().start().await;
    let sources = shipped();
    exchange(&system, &sources);
    let persons = DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some());
    let mut citizens = Vec::new();
    for person in persons.cycle().take(50) {
        let mut browser = system.logged_in(person.slug).await;
        let expected = said(&browser.overview().await);
        assert_eq!(expected.len(), SOURCES.len());
        citizens.push((browser, expected));
    }
    let (is_over, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut asking = JoinSet::new();
    for (mut browser, expected) in citizens {
        let (is_over, asked) = (Arc::clone(&is_over), Arc::clone(&asked));
        asking.spawn(async move {
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(said(&browser.overview().await), expected, "what is this citizen's, all of it");
                asked.fetch_add(1, Ordering::Relaxed);
            }
            browser
        });
    }
    for round in 1..=100_u8 {
        let mut next = sources.clone();
        let title = format!("{{ da: Bibliotek {round}, en");
        next.get_mut("library").expect("the library").versions.main =
            renamed(&sources["library"], "{ da: Bibliotek, en", &title);
        let beside = renamed(&sources["payments"], "version: 1.1.0", &format!("version: 9.{}.0", round / 10));
        let payments = next.get_mut("payments").expect("payments");
        payments.versions.next = Some((beside, Share::try_from(round).expect("a share")));
        let app = system.demo.app.clone();
        let exchanged = tokio::task::spawn_blocking(move || app.exchange_sources(&next)).await.expect("an exchange");
        assert!(exchanged.mistakes.is_empty(), "{exchanged:?}");
        // Somebody asks each of them.
        let before = asked.load(Ordering::Relaxed);
        while asked.load(Ordering::Relaxed) < before + 5 && !asking.is_empty() {
            if let Some(ended) = asking.try_join_next() {
                ended.expect("nobody ends before they are told to");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let browsers = asking.join_all().await;
    assert_eq!(browsers.len(), 50, "all of them to the end");
    system.stop(&browsers.iter().collect::<Vec<_>>()).await;
}
