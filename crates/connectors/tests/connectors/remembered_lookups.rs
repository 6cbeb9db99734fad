//! Lookups: in their own time, once for a session, and about nobody.

use std::{future::pending, sync::Arc, time::Instant};

use crate::{
    services::{answer, asked, bill, fetch, page, pages, problems, titles, world, world_of},
    source::Source,
    support::{CPR, SERVICES, request},
};
use overblik_widgets::{Language, ProblemType, SectionState};
use serde_json::{Value, json};

/// The keys of every lookup so far.
fn asked_about(source: &Source) -> Vec<Value> {
    let seen = source.seen();
    let lookups = seen.iter().filter(|seen| seen.uri == "/offices");
    lookups.map(|seen| serde_json::from_slice::<Value>(&seen.body).expect("JSON")["ids"].clone()).collect()
}

#[tokio::test]
async fn a_session_asks_only_about_keys_that_it_does_not_know_yet() {
    let (source, set) = world().await;
    let session = request();
    fetch(&set, session.clone()).await.expect("an answer");
    fetch(&set, session.clone()).await.expect("an answer");
    assert_eq!(asked_about(&source), [json!(["1"])], "asked once");
    pages(&source, vec![page(&[bill("Vand", 1), bill("Varme", 2), bill("El", 9)], None)]);
    let fetched = fetch(&set, session.clone()).await.expect("an answer");
    assert_eq!(asked_about(&source), [json!(["1"]), json!(["2", "9"])]);
    // The catalogue does not know office 9: the bill's title cannot be told, now or when the session looks again.
    let missing = |fetched| (titles(fetched).len(), fetched.left_out, problems(fetched));
    assert_eq!(missing(&fetched), (2, 1, vec![ProblemType::DataValidation]));
    let fetched = fetch(&set, session.clone()).await.expect("an answer");
    assert_eq!(missing(&fetched), (2, 1, vec![ProblemType::DataValidation]));
    assert_eq!(asked(&source, "/offices"), 2, "that there is no such office is remembered too");
    let mut english = session;
    english.language = Language::Da;
    fetch(&set, english).await.expect("an answer");
    assert_eq!(asked(&source, "/offices"), 4, "in another language the texts are others");
    fetch(&set, request()).await.expect("an answer");
    assert_eq!(asked(&source, "/offices"), 6, "another session knows nothing of it");
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_asked_every_time() {
    let (source, set) = world_of(&SERVICES.replace("keepSeconds: 60", "keepSeconds: 0")).await;
    let session = request();
    for _ in 0..2 {
        fetch(&set, session.clone()).await.expect("an answer");
    }
    assert_eq!(asked(&source, "/offices"), 2);
}

#[tokio::test]
async fn two_views_of_a_session_ask_once() {
    let (source, set) = world().await;
    source.later("/offices", |_| {
        Box::pin(async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            answer(&json!({ "offices": [{ "id": 1, "name": "Byg" }] }))
        })
    });
    let session = request();
    let (one, other) = tokio::join!(fetch(&set, session.clone()), fetch(&set, session.clone()));
    for fetched in [one, other] {
        assert_eq!(titles(&fetched.expect("an answer")), ["Vand / Byg"]);
    }
    assert_eq!(asked(&source, "/offices"), 1);
}

#[tokio::test]
async fn a_lookup_that_is_slow_costs_only_what_it_gives() {
    let (source, set) = world().await;
    source.later("/offices", |_| Box::pin(pending()));
    let started = Instant::now();
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!((fetched.state(), titles(&fetched)), (SectionState::Partial, vec!["Vand"]));
    assert_eq!(problems(&fetched), [ProblemType::SourceTimeout]);
    assert!((300..1_000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_lookup_that_failed_is_not_remembered_and_a_part_of_it_is() {
    let (source, set) = world().await;
    pages(&source, vec![page(&[bill("Vand", 1), bill("Varme", 2), bill("El", 3)], None)]);
    source.on("/offices", |seen| {
        let asked: Value = serde_json::from_slice(&seen.body).expect("JSON");
        if asked["ids"] == json!(["3"]) {
            return answer(&json!({ "offices": "none" }));
        }
        answer(&json!({ "offices": [{ "id": "1", "name": "Byg" }, { "id": "2", "name": "Vej" }] }))
    });
    let session = request();
    for round in 1..=2 {
        let fetched = fetch(&set, session.clone()).await.expect("an answer");
        assert_eq!(titles(&fetched), ["Vand / Byg", "Varme / Vej", "El"], "round {round}");
        assert_eq!(problems(&fetched), [ProblemType::DataValidation], "once");
    }
    let mut asked = asked_about(&source);
    asked.sort_by_key(Value::to_string);
    assert_eq!(asked, [json!(["1", "2"]), json!(["3"]), json!(["3"])]);
}

#[tokio::test]
async fn the_citizens_number_is_no_key() {
    let (source, set) = world().await;
    let mut personal = bill("Vand", 1);
    personal["office"] = json!(CPR);
    let mut hyphened = bill("Varme", 1);
    hyphened["office"] = json!("610101-0001");
    pages(&source, vec![page(&[personal, hyphened, bill("El", 2)], None)]);
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!((titles(&fetched), fetched.left_out), (vec!["El / Kontor 2"], 2));
    assert_eq!(asked_about(&source), [json!(["2"])]);
}

#[tokio::test]
async fn a_view_that_is_left_while_it_asks_lets_the_next_one_ask() {
    let (source, set) = world().await;
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    source.later("/offices", move |_| {
        let first = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        Box::pin(async move {
            if first {
                pending::<()>().await;
            }
            answer(&json!({ "offices": [{ "id": 1, "name": "Byg" }] }))
        })
    });
    let session = request();
    let left = tokio::time::timeout(std::time::Duration::from_millis(100), fetch(&set, session.clone())).await;
    assert!(left.is_err(), "still asking");
    assert_eq!(titles(&fetch(&set, session).await.expect("an answer")), ["Vand / Byg"]);
}

#[tokio::test]
async fn an_entry_that_comes_twice_and_says_two_things_is_none() {
    let (source, set) = world().await;
    for (second, shown, state) in
        [("Kontor 1", "Vand / Kontor 1", SectionState::Ready), ("Andet", "", SectionState::Partial)]
    {
        source.on("/offices", move |_| {
            let office = |name: &str| json!({ "id": 1, "name": name });
            answer(&json!({ "offices": [office("Kontor 1"), office(second)] }))
        });
        let fetched = fetch(&set, request()).await.expect("an answer");
        assert_eq!((titles(&fetched).concat().as_str(), fetched.state()), (shown, state), "{fetched:?}");
    }
}

#[tokio::test]
async fn what_holds_the_citizens_number_is_never_looked_up() {
    let (source, set) = world().await;
    let mut odd = bill("Varme", 1);
    odd["office"] = json!("sag/610101-0001/7");
    pages(&source, vec![page(&[bill("Vand", 1), odd], None)]);
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!((titles(&fetched), fetched.left_out), (vec!["Vand / Kontor 1"], 1));
    let asked = source.seen().into_iter().filter(|seen| seen.uri == "/offices");
    assert!(asked.into_iter().all(|seen| !String::from_utf8_lossy(&seen.body).contains("0001")));
}
