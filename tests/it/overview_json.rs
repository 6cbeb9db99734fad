//! The overview as one JSON document.

use overblik_tests::System;

#[tokio::test]
async fn three_sources_answer_in_one_document() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let answer = browser.get("/api/v1/overview").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    insta::assert_json_snapshot!(answer.json());
    system.stop(&[&browser]).await;
}
