//! The children's book: logging in, keys that expire, pages.

use http::StatusCode;
use overblik_demo::{DemoWorld, Source};
use serde_json::{Value, json};

use crate::visitor::*;

async fn page(world: &DemoWorld, key: &str, from: Option<&str>) -> (StatusCode, Value) {
    let url = format!("{}/barnetsbog/v1/opslag", world.source_url(Source::ChildBook));
    let mut body = json!({ "foraelderCpr": cpr("family-signe") });
    if let Some(from) = from {
        body["fra"] = from.into();
    }
    let answer = client().post(url).header("x-session", key).body(body.to_string()).send().await.expect("an answer");
    (answer.status(), json_of(answer).await)
}

#[tokio::test]
async fn pages_lead_from_one_to_the_next_and_hold_everything_once() {
    let world = world().await;
    let key = session_key(&world).await;
    let (mut from, mut titles, mut pages) = (None::<String>, Vec::new(), 0);
    loop {
        let (status, answer) = page(&world, &key, from.as_deref()).await;
        assert_eq!((status, &answer["foraelder"]["cpr"]), (StatusCode::OK, &json!(cpr("family-signe"))));
        let entries = answer["opslag"].as_array().expect("entries");
        titles.extend(entries.iter().map(|entry| entry["overskrift"].as_str().expect("a title").to_owned()));
        pages += 1;
        match answer["naeste"].as_str() {
            Some(next) => from = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!((pages, titles.len()), (3, 12));
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 12);
    assert_eq!(page(&world, &key, Some("efter-12")).await.0, StatusCode::BAD_REQUEST);
    world.shutdown().await;
}

#[tokio::test]
async fn a_key_is_needed_and_expires() {
    let world = world().await;
    assert_eq!(page(&world, "made-up", None).await.0, StatusCode::UNAUTHORIZED);
    let key = session_key(&world).await;
    let mut calls = 0;
    while page(&world, &key, None).await.0 == StatusCode::OK {
        calls += 1;
        assert!(calls < 100, "it never expires");
    }
    assert_eq!(calls, 8);
    let next = session_key(&world).await;
    assert_ne!(next, key);
    assert_eq!(page(&world, &next, None).await.0, StatusCode::OK);
    world.shutdown().await;
}

#[tokio::test]
async fn nobody_logs_in_with_another_password() {
    let world = world().await;
    let url = format!("{}/barnetsbog/v1/login", world.source_url(Source::ChildBook));
    for (body, status) in [
        (json!({ "bruger": "overblik", "adgangskode": "another" }), StatusCode::UNAUTHORIZED),
        (json!({ "bruger": "another", "adgangskode": "the key" }), StatusCode::UNAUTHORIZED),
        (json!({ "bruger": "overblik" }), StatusCode::BAD_REQUEST),
    ] {
        let answer = client().post(&url).body(body.to_string()).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{body}");
    }
    world.shutdown().await;
}
