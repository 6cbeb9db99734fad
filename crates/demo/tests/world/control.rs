use std::sync::{Arc, Mutex};

use http::StatusCode;
use overblik_demo::{DemoWorld, Fault, FaultTarget, Party, Source};
use serde_json::{Value, json};

use crate::visitor::*;

async fn put(world: &DemoWorld, target: &str, body: &str) -> reqwest::Response {
    let url = format!("{}/faults/{target}", world.control_url());
    client().put(url).body(body.to_owned()).send().await.expect("an answer")
}

#[tokio::test]
async fn faults_are_ordered_and_read_as_json() {
    let world = world().await;
    let answer = put(&world, "library", r#"{"fault":"stall"}"#).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let mut expected: Value = FaultTarget::ALL.iter().map(|target| (target.name(), Value::Null)).collect();
    expected["library"] = "stall".into();
    assert_eq!(json_of(answer).await, expected);
    assert_eq!(world.fault(FaultTarget::Library), Some(Fault::Stall));
    let read = client().get(format!("{}/faults", world.control_url())).send().await.expect("an answer");
    assert_eq!(json_of(read).await, expected);
    put(&world, "library", r#"{"fault":null}"#).await;
    assert_eq!(world.fault(FaultTarget::Library), None);
    world.shutdown().await;
}

#[tokio::test]
async fn a_mistaken_order_changes_nothing_and_says_what_is_possible() {
    let world = world().await;
    for (target, body, said) in [
        ("library", r#"{"fault":"sulk"}"#, "possible: slow,"),
        ("tax", r#"{"fault":"slow"}"#, "possible: library,"),
        ("library", "{}", "expected"),
        ("library", "stall", "expected"),
    ] {
        let answer = put(&world, target, body).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let message = json_of(answer).await["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(world.fault(FaultTarget::Library), None);
    world.shutdown().await;
}

#[tokio::test]
async fn who_takes_no_part_is_neither_listed_nor_ordered_about() {
    let (mut options, _) = options();
    options.sources.retain(|source, _| *source == Source::Daycare);
    let world = DemoWorld::start(options.clone()).await.expect("a demo world");
    let read = client().get(format!("{}/faults", world.control_url())).send().await.expect("an answer");
    assert_eq!(json_of(read).await, json!({ "daycare": null }));
    let refused = json_of(put(&world, "library-catalogue", r#"{"fault":"slow"}"#).await).await;
    assert_eq!(refused["message"], "unknown fault target `library-catalogue`; possible: daycare");
    assert_eq!((world.source_url(Source::Library), world.in_flight(Party::Source(Source::Library))), ("", 0));
    world.shutdown().await;

    options.faults = vec!["payments=slow".parse().expect("an order")];
    let Err(error) = DemoWorld::start(options).await else { panic!("a fault for nobody") };
    assert!(error.to_string().contains("payments takes no part"), "{error}");
}

#[tokio::test]
async fn the_page_shows_what_is_wrong_and_its_form_changes_it() {
    let world = world().await;
    let url = format!("{}/faults", world.control_url());
    let ordered = post_form(url.clone(), &[("target", "daycare"), ("fault", "bad-json")]).await;
    assert_eq!(
        (ordered.status(), &ordered.headers()["location"]),
        (StatusCode::SEE_OTHER, &"/".parse().expect("text"))
    );
    let page = client().get(world.control_url()).send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("<span class=\"faulty\">bad-json</span>"), "{page}");
    assert_eq!(page.matches("<option value=\"bad-json\" selected>").count(), 1);
    assert!(page.contains(world.issuer()) && page.contains("twins-tove") && page.contains("http://localhost:8080"));
    assert!(!page.contains("/reset"), "nobody to call");
    assert!(!page.contains("<script"));
    post_form(url, &[("target", "daycare"), ("fault", "")]).await;
    assert_eq!(world.fault(FaultTarget::Daycare), None);
    world.shutdown().await;
}

#[tokio::test]
async fn other_web_sites_order_nothing() {
    let world = world().await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "http://localhost:8080")] {
        let call = client().post(format!("{}/faults", world.control_url())).header(name, value);
        let call = call.header("content-type", "application/x-www-form-urlencoded").body("target=daycare&fault=error");
        assert_eq!(call.send().await.expect("an answer").status(), StatusCode::FORBIDDEN, "{name}");
    }
    assert_eq!(world.fault(FaultTarget::Daycare), None);
    world.shutdown().await;
}

#[tokio::test]
async fn the_reset_button_calls_the_gateway() {
    let (mut options, _) = options();
    let called = Arc::new(Mutex::new(Vec::new()));
    let calls = called.clone();
    options.on_reset = Some(Arc::new(move |slug: &str| calls.lock().expect("a lock").push(slug.to_owned())));
    let world = DemoWorld::start(options).await.expect("a demo world");
    let url = format!("{}/reset", world.control_url());
    let page = client().get(world.control_url()).send().await.expect("an answer").text().await.expect("a page");
    assert!(page.contains("Let daycare in again"));
    assert_eq!(post_form(url.clone(), &[("source", "daycare")]).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(post_form(url, &[("source", "tax")]).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(*called.lock().expect("a lock"), ["daycare"]);
    world.shutdown().await;
}
