//! The payer of benefits: who is let in, and what it is particular about.

use http::StatusCode;
use overblik_demo::{DemoWorld, Fault, FaultTarget, Party, Source};
use serde_json::Value;

use crate::visitor::*;

#[tokio::test]
async fn nobody_is_let_in_without_a_certificate() {
    let world = world().await;
    let files = world.client_files().expect("files").clone();
    let roots = std::fs::read(files.trusted_roots()).expect("a file");
    let stranger = trusting(&roots, None);
    let url = format!("{}/ydelser/v2/borger", world.source_url(Source::Benefits));
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert!(stranger.post(&url).send().await.is_err());
    // One of another issuer, though made in the same way, counts no more.
    let other = DemoWorld::start(options().0).await.expect("another demo world");
    let foreign = other.client_files().expect("files");
    let identity = [foreign.certificate(), foreign.key()].map(|file| std::fs::read(file).expect("a file")).concat();
    assert!(trusting(&roots, Some(&identity)).post(&url).send().await.is_err());
    assert!(world.received(Party::Source(Source::Benefits)).is_empty(), "neither was heard");
    let known = call(&world, Source::Benefits, "overview", cpr("family-signe")).send().await.expect("an answer");
    assert_eq!(known.status(), StatusCode::OK);
    other.shutdown().await;
    world.shutdown().await;
}

#[tokio::test]
async fn the_gateway_s_files_go_with_the_world_and_only_their_owner_reads_the_key() {
    let world = world().await;
    let key = world.client_files().expect("files").key();
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&key).expect("a file"));
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    world.shutdown().await;
    assert!(!key.exists());
}

#[tokio::test]
async fn a_request_s_number_counts_once() {
    let world = world().await;
    let ask = |number: &str| {
        let call = call(&world, Source::Benefits, "overview", cpr("debt-gert"));
        let (client, request) = call.build_split();
        let mut request = request.expect("a request");
        request.headers_mut().insert("x-request-id", number.parse().expect("a header"));
        async move { client.execute(request).await.expect("an answer").status() }
    };
    assert_eq!(ask("0f52fab1-6c18-448e-99c3-6f68e343d52b").await, StatusCode::OK);
    assert_eq!(ask("0f52fab1-6c18-448e-99c3-6f68e343d52b").await, StatusCode::PRECONDITION_FAILED);
    assert_eq!(ask("another").await, StatusCode::OK);
    assert_eq!(ask(&"x".repeat(47)).await, StatusCode::BAD_REQUEST);
    world.shutdown().await;
}

#[tokio::test]
async fn its_port_refuses_and_opens_again_like_any_other() {
    let world = world().await;
    world.order(FaultTarget::Benefits, Some(Fault::Refused)).await;
    let refused = call(&world, Source::Benefits, "overview", cpr("debt-gert")).send().await;
    assert!(refused.expect_err("refused").is_connect());
    world.order(FaultTarget::Benefits, None).await;
    let answer = call(&world, Source::Benefits, "overview", cpr("debt-gert")).send().await.expect("an answer");
    let answer: Value = json_of(answer).await;
    assert_eq!(answer["oekonomiskeYdelser"][0]["ydelsesnavn"], "Kontanthjælp");
    world.shutdown().await;
}
