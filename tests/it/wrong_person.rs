//! A source that answers about another person: nothing of it is shown, and nobody is asked there any more.

use http::Method;
use overblik_demo::{Fault, Source};
use overblik_tests::{Browser, SOURCES, Setup, System, section};
use url::Url;

use crate::distinctive::{Face, assert_nobody_else};

/// The demo answers her about Signe, and Signe about Nanna; both strangers have something everywhere.
const CITIZENS: [&str; 2] = ["twins-tove", "family-signe"];

async fn mixed_up(source: Source) -> System {
    Setup::default().fault(source.into(), Fault::WrongPerson).start().await
}

async fn look(browser: &mut Browser, face: Face) -> String {
    let (path, accept) = face.door();
    let answer = browser.get_with(path, &[("accept", accept)]).await;
    assert_eq!(answer.status, 200);
    answer.text
}

/// Somebody at the control page lets a source in again.
async fn reset(system: &System, source: Source) {
    let url: Url = format!("{}/reset", system.demo.world.control_url()).parse().expect("a URL");
    let form = [("source".to_owned(), source.name().to_owned())];
    let answer = system.browser().send(Method::POST, &url, &[], Some(&form)).await;
    assert!(answer.status.is_redirection(), "{}", answer.text);
}

#[tokio::test]
async fn nothing_of_the_other_person_is_shown_on_any_face() {
    for source in SOURCES {
        for citizen in CITIZENS {
            for face in Face::ALL {
                let system = mixed_up(*source).await;
                let mut browser = system.logged_in(citizen).await;
                let first = look(&mut browser, face).await;
                assert_nobody_else(citizen, face, &first);
                // Nor later: the answer was dropped, not put aside.
                let second = look(&mut browser, face).await;
                assert_nobody_else(citizen, face, &second);
                system.stop(&[&browser]).await;
            }
        }
    }
}

#[tokio::test]
async fn the_source_is_cut_off_at_once_and_for_everybody() {
    for &source in SOURCES {
        let system = mixed_up(source).await;
        let mut browser = system.logged_in("twins-tove").await;
        let mut other = system.logged_in("family-signe").await;
        let first = browser.overview().await;
        let hit = section(&first, source.name());
        assert_eq!((&hit["state"], &hit["widgets"]), (&"failed".into(), &serde_json::json!([])));
        system.until("no call runs any more", |demo| demo.app.overviews.fetches().running() == 0).await;
        let calls = system.calls(source);
        for browser in [&mut browser, &mut other] {
            let overview = browser.overview().await;
            let hit = section(&overview, source.name());
            assert_eq!(hit["state"], "suspended", "{source}");
            assert_eq!(hit["problems"][0]["type"], "Circuit-breaker-error");
            assert_eq!(hit["problems"][0]["status"], 502);
            assert_eq!(overview["counts"]["answered"], 2, "the others go on");
            assert_eq!(overview["counts"]["not_asked"], 1);
        }
        assert_eq!(system.calls(source), calls, "{source} was asked although it is cut off");
        system.stop(&[&browser, &other]).await;
    }
}

#[tokio::test]
async fn it_stays_cut_off_though_it_answers_well_again_until_somebody_lets_it_in() {
    for &source in SOURCES {
        let system = mixed_up(source).await;
        let mut browser = system.logged_in("family-signe").await;
        browser.overview().await;
        system.demo.world.order(source.into(), None).await;
        // Time alone heals nothing. The session lives on because it is used.
        for _ in 0..4 {
            system.pass(std::time::Duration::from_mins(15));
            assert_eq!(section(&browser.overview().await, source.name())["state"], "suspended", "{source}");
        }
        reset(&system, source).await;
        assert_eq!(section(&browser.overview().await, source.name())["state"], "ready", "{source}");
        system.stop(&[&browser]).await;
    }
}

#[tokio::test]
async fn letting_in_a_source_that_still_mixes_people_up_cuts_it_off_again() {
    let system = mixed_up(Source::Payments).await;
    let mut browser = system.logged_in("family-signe").await;
    for _ in 0..2 {
        assert_eq!(section(&browser.overview().await, "payments")["state"], "failed");
        assert_eq!(section(&browser.overview().await, "payments")["state"], "suspended");
        reset(&system, Source::Payments).await;
    }
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r61_the_log_has_the_event_and_the_source_and_neither_person() {
    for &source in SOURCES {
        let system = mixed_up(source).await;
        let mut browser = system.logged_in("twins-tove").await;
        browser.overview().await;
        let log = system.log();
        let event = |line: &&str| line.contains("\"level\":\"ERROR\"") && line.contains("wrong_person");
        let events: Vec<_> = log.lines().filter(event).collect();
        assert!(events.iter().any(|line| line.contains(&format!("\"{source}\""))), "{source}: {events:?}");
        for others in SOURCES.iter().filter(|other| **other != source) {
            assert!(!events.iter().any(|line| line.contains(&format!("\"{others}\""))), "{others}: {events:?}");
        }
        // The guard looks for every person's number in everything that was logged.
        system.stop(&[&browser]).await;
    }
}

#[tokio::test]
async fn a_call_of_somebody_else_that_was_under_way_is_not_trusted_either() {
    let setup = Setup::default().fault(Source::Payments.into(), Fault::Slow);
    let system = setup.start().await;
    let mut slow = system.logged_in("family-signe").await;
    let mut other = system.logged_in("twins-tove").await;
    let mut stream = slow.open_stream().await;
    system
        .until("the call is under way", |demo| {
            demo.world.in_flight(overblik_demo::Party::Source(Source::Payments)) == 1
        })
        .await;
    // Calls being answered keep the fault they began with; the next one is mixed up.
    system.demo.world.order(Source::Payments.into(), Some(Fault::WrongPerson)).await;
    assert_eq!(section(&other.overview().await, "payments")["state"], "failed");
    let payments = loop {
        let (_, data) = stream.next_event().await.expect("the payments section");
        if data["source"] == "payments" {
            break data;
        }
    };
    assert_eq!((&payments["state"], &payments["widgets"]), (&"suspended".into(), &serde_json::json!([])));
    drop(stream);
    system.stop(&[&slow, &other]).await;
}
