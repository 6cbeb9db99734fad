//! Answers in pages: asked one after another, as one list, and never a source's cursor against the citizen.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    services::{answer, asked, bill, cursor_of, fetch, page, pages, problems, titles, world, world_of},
    source::Source,
    support::{CPR, OTHER_CPR, SERVICES, request},
};
use overblik_connectors::{ConnectorError, ConnectorSet, Fetched};
use overblik_widgets::{ProblemType, SectionState};
use serde_json::{Value, json};

/// What comes of these pages.
async fn fetch_pages(all: Vec<Value>) -> (Source, ConnectorSet, Result<Fetched, ConnectorError>) {
    let (source, set) = world().await;
    pages(&source, all);
    let fetched = fetch(&set, request()).await;
    (source, set, fetched)
}

fn cursors(source: &Source) -> Vec<String> {
    source.seen().iter().filter(|seen| seen.uri.starts_with("/bills")).map(cursor_of).collect()
}

#[tokio::test]
async fn pages_are_asked_one_after_another_and_are_one_list() {
    let last = json!({ "cpr": CPR, "bills": [bill("El", 2)], "next": "" });
    let all = vec![page(&[bill("Vand", 1)], Some(json!("2"))), page(&[bill("Varme", 1)], Some(json!(3))), last];
    let (source, _, fetched) = fetch_pages(all).await;
    let fetched = fetched.expect("an answer");
    assert_eq!(fetched.state(), SectionState::Ready);
    assert_eq!(titles(&fetched), ["Vand / Kontor 1", "Varme / Kontor 1", "El / Kontor 2"]);
    assert_eq!(cursors(&source), ["first", "2", "3"]);
    let seen = source.seen();
    for seen in seen.iter().filter(|seen| seen.uri.starts_with("/bills")) {
        assert!(seen.uri.contains("size=2"), "{}", seen.uri);
        let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
        assert_eq!(body, json!({ "cpr": CPR, "page": 1 }), "the rest of the request stays");
    }
    assert_eq!(asked(&source, "/offices"), 1, "one lookup for the keys of all pages");
}

#[tokio::test]
async fn a_cursor_in_the_body_or_in_a_header_stands_there() {
    for (at, header) in [("body: page", false), ("header: x-page", true)] {
        let (source, set) = world_of(&SERVICES.replace("at: { query: cursor }", &format!("at: {{ {at} }}"))).await;
        source.on("/bills", move |seen| {
            let body: Value = serde_json::from_slice(&seen.body).expect("JSON");
            let named = if header { seen.headers.get("x-page").cloned() } else { None };
            let second = named.is_some_and(|named| named == "17") || body["page"] == json!(17);
            let next = (!second).then(|| json!(17));
            answer(&page(&[bill(if second { "Varme" } else { "Vand" }, 1)], next))
        });
        let fetched = fetch(&set, request()).await.expect("an answer");
        assert_eq!(
            (fetched.state(), titles(&fetched).len(), asked(&source, "/bills")),
            (SectionState::Ready, 2, 2),
            "{at}"
        );
    }
}

#[tokio::test]
async fn pages_beyond_the_limit_are_told_as_missing() {
    let all = (2..=9).map(|next| page(&[bill("Vand", 1)], Some(json!(next)))).collect();
    let (source, _, fetched) = fetch_pages(all).await;
    let fetched = fetched.expect("an answer");
    assert_eq!((fetched.state(), titles(&fetched).len(), fetched.left_out), (SectionState::Partial, 3, 0));
    assert_eq!(problems(&fetched), [ProblemType::DataValidation]);
    assert_eq!(cursors(&source), ["first", "2", "3"]);
}

#[tokio::test]
async fn a_later_page_that_fails_leaves_the_earlier_ones_and_says_so() {
    use ProblemType::{DataValidation, SourceError, SourceFormat};
    let nobody = json!({ "bills": [bill("Varme", 1)] });
    let no_list = json!({ "cpr": CPR });
    for (name, second, shown, expected) in [
        ("a status of nothing on the first page", None, 1, vec![SourceError]),
        ("about nobody", Some(nobody), 1, vec![DataValidation]),
        ("no list", Some(no_list), 1, vec![DataValidation]),
        ("too large", Some(json!({ "cpr": CPR, "bills": ["x".repeat(70_000)] })), 1, vec![SourceFormat]),
    ] {
        let contract = SERVICES.replace("      pages:", "      emptyStatus: [404]\n      pages:");
        let (source, set) = world_of(&contract).await;
        let first = page(&[bill("Vand", 1)], Some(json!("2")));
        pages(&source, std::iter::once(first).chain(second).collect());
        let fetched = fetch(&set, request()).await.expect("an answer");
        assert_eq!((fetched.state(), titles(&fetched).len()), (SectionState::Partial, shown), "{name}");
        assert_eq!(problems(&fetched), expected, "{name}");
    }
}

#[tokio::test]
async fn a_later_page_that_does_not_come_in_time_leaves_the_earlier_ones() {
    let (source, set) = world_of(&SERVICES.replace("timeoutMs: 2000", "timeoutMs: 400")).await;
    source.later("/bills", |seen| {
        Box::pin(async move {
            if cursor_of(&seen) == "first" {
                answer(&page(&[bill("Vand", 9)], Some(json!("2"))))
            } else {
                pending().await
            }
        })
    });
    let fetched = fetch(&set, request()).await.expect("an answer");
    // The office is looked up when all pages are there, for which no time is left.
    assert_eq!((fetched.state(), titles(&fetched)), (SectionState::Partial, vec!["Vand"]));
    assert!(problems(&fetched).contains(&ProblemType::SourceTimeout), "{fetched:?}");
}

#[tokio::test]
async fn a_cursor_that_comes_again_ends_the_pages() {
    let round = |next: &str| page(&[bill("Vand", 1)], Some(json!(next)));
    let (source, _, fetched) = fetch_pages(vec![round("2"), round("2")]).await;
    let fetched = fetched.expect("an answer");
    assert_eq!((fetched.state(), titles(&fetched).len()), (SectionState::Partial, 2));
    assert_eq!((problems(&fetched), cursors(&source).len()), (vec![ProblemType::DataValidation], 2));
}

#[tokio::test]
async fn r61_a_cursor_with_anybodys_number_is_never_sent() {
    for cursor in [
        json!("610101-0001;2"),
        json!(6_101_010_001_u64),
        json!("eyJjcHIiOiI2MTAxMDEwMDAxIn0"),
        json!({ "a": 1 }),
        json!(format!("after:{OTHER_CPR}")),
        json!("620101-0002"),
    ] {
        let (source, _, fetched) = fetch_pages(vec![page(&[bill("Vand", 1)], Some(cursor.clone()))]).await;
        let fetched = fetched.expect("an answer");
        assert_eq!((fetched.state(), titles(&fetched).len()), (SectionState::Partial, 1), "{cursor}");
        assert_eq!((problems(&fetched), cursors(&source)), (vec![ProblemType::DataValidation], vec!["first".into()]));
    }
}

#[tokio::test]
async fn a_page_about_another_person_or_from_another_authority_drops_all_pages() {
    let first = page(&[bill("Vand", 1)], Some(json!("2")));
    let mut other = page(&[bill("Varme", 1)], None);
    other["cpr"] = json!(OTHER_CPR);
    let (_source, set, fetched) = fetch_pages(vec![first.clone(), other]).await;
    assert_eq!(fetched, Err(ConnectorError::WrongPerson));
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::CutOff));
    let mut foreign = bill("Varme", 1);
    foreign["authority"] = json!("0999");
    let (_source, set, fetched) = fetch_pages(vec![first, page(&[foreign], None)]).await;
    assert_eq!(fetched, Err(ConnectorError::WrongAuthority));
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::CutOff));
}

#[tokio::test]
async fn a_page_with_the_word_for_nothing_adds_nothing_and_hides_nothing() {
    let first = page(&[bill("Vand", 1)], Some(json!("2")));
    let none = json!({ "cpr": CPR, "status": "NONE" });
    let (_source, _, fetched) = fetch_pages(vec![first.clone(), none]).await;
    let fetched = fetched.expect("an answer");
    assert_eq!((fetched.state(), titles(&fetched).len()), (SectionState::Ready, 1));
    let contradiction = json!({ "cpr": CPR, "status": "NONE", "bills": [bill("Varme", 1)] });
    let (_source, _, fetched) = fetch_pages(vec![first, contradiction]).await;
    let fetched = fetched.expect("an answer");
    assert_eq!((fetched.state(), titles(&fetched).len()), (SectionState::Partial, 1));
    // Nothing on the first page, and the next one fails: that is no empty section.
    let nothing_yet = json!({ "cpr": CPR, "status": "NONE", "next": "2" });
    let (_source, _, fetched) = fetch_pages(vec![nothing_yet]).await;
    let fetched = fetched.expect("an answer");
    assert_eq!((fetched.state(), problems(&fetched)), (SectionState::Partial, vec![ProblemType::SourceError]));
}

#[tokio::test]
async fn a_page_is_not_asked_for_before_the_one_before_it_has_come() {
    let (source, set) = world().await;
    let open = Arc::new(AtomicUsize::new(0));
    source.later("/bills", move |seen| {
        let open = open.clone();
        Box::pin(async move {
            assert_eq!(open.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            tokio::task::yield_now().await;
            open.fetch_sub(1, Ordering::SeqCst);
            let next = if cursor_of(&seen) == "first" { Some(json!("2")) } else { None };
            answer(&page(&[bill("Vand", 1)], next))
        })
    });
    assert_eq!(titles(&fetch(&set, request()).await.expect("an answer")).len(), 2);
}
