//! Renewing tokens, and what ends that.

use std::{collections::BTreeSet, time::Duration};

use overblik_tests::{IndependentProvider, Noted};
use serde_json::json;

use super::{logged_in, status, until, until_refreshed};

#[tokio::test]
async fn r24_r26_tokens_are_renewed_again_and_again_each_time_by_another_refresh_token() {
    let provider = IndependentProvider::start();
    provider.tokens_last(1).await;
    let system = provider.system().await;
    let mut browser = logged_in(&system, "family-signe").await;
    until_refreshed(&provider, &mut browser, 3).await;
    let refreshes = provider.refreshes().await;
    let tokens: BTreeSet<_> = refreshes.iter().map(|refresh| refresh.text("refresh_token")).collect();
    assert_eq!(tokens.len(), refreshes.len(), "no refresh token was sent twice");
    assert!(refreshes.iter().all(|refresh| refresh.status() == 200), "{refreshes:?}");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r26_a_refresh_token_that_the_provider_took_back_ends_the_session() {
    let provider = IndependentProvider::start();
    provider.tokens_last(1).await;
    let system = provider.system().await;
    let mut browser = logged_in(&system, "family-signe").await;
    until_refreshed(&provider, &mut browser, 1).await;
    provider.take_back_grants("family-signe").await;
    until(&mut browser, 401).await;
    let last = provider.refreshes().await.pop().expect("a refresh");
    assert_eq!((last.status(), last.text("error")), (400, "invalid_grant"));
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r26_a_refresh_token_that_somebody_else_used_before_us_ends_the_session() {
    let provider = IndependentProvider::start();
    provider.tokens_last(1).await;
    let system = provider.system().await;
    let mut browser = logged_in(&system, "family-signe").await;
    provider.use_up_refresh_tokens("family-signe").await;
    until(&mut browser, 401).await;
    let refreshes = provider.refreshes().await;
    let errors: Vec<_> = refreshes.iter().map(|refresh| refresh.text("error")).collect();
    assert_eq!(errors, ["invalid_grant"], "asked once, and not again");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r26_while_the_provider_does_not_know_our_key_nothing_is_shown_and_no_session_is_lost() {
    let provider = IndependentProvider::start();
    provider.tokens_last(1).await;
    let system = provider.system().await;
    let mut browser = logged_in(&system, "family-signe").await;
    // As after an exchange of our keys that was too quick for whoever caches them: it looks for them elsewhere.
    let elsewhere = json!({ "jwks_uri": format!("{}/jwks", provider.issuer) });
    provider.register(&system.demo.url, &elsewhere).await;
    until(&mut browser, 503).await;
    let refreshes = provider.refreshes().await;
    assert_eq!(refreshes.iter().map(Noted::status).collect::<Vec<_>>(), [401], "it is left alone for a while");
    provider.register(&system.demo.url, &json!({})).await;
    system.pass(Duration::from_secs(15));
    assert_eq!(status(&mut browser).await, 200);
    system.stop(&[&browser]).await;
}
