//! When what is open for an access token ends, and what it shares with others: nothing (requirements R15, R31, R53, R58).

use std::time::{Duration, Instant};

use overblik_demo::{Fault, FaultTarget, Source};
use overblik_tests::{Person, ProviderStandIn, Setup, hide_items, section};
use serde_json::json;

use crate::{
    bearer::sources,
    distinctive::{Face, assert_nobody_else},
    native_app::{Apps, OVERVIEW, SESSION, assert_invalid, now},
};

#[tokio::test]
async fn r15_a_logout_at_the_provider_ends_the_tokens_of_its_session_and_of_its_citizen() {
    let apps = Apps::start().await;
    let (first, second) = (apps.token("family-signe"), apps.token_with("sid", json!("another-session")));
    let neighbour = apps.token("neighbour-nanna");
    apps.log_out_at_provider(&json!({ "sid": Person::of("family-signe").session })).await;
    assert_invalid(&apps.show(OVERVIEW, &first).await, "of the session that ended");
    let later = apps.token_with("iat", json!(now() + 30));
    assert_invalid(&apps.show(OVERVIEW, &later).await, "of the session that ended, issued later");
    assert_eq!(apps.show(OVERVIEW, &second).await.status, 200, "of another session of the same citizen");
    apps.log_out_at_provider(&json!({ "sub": Person::of("family-signe").subject })).await;
    assert_invalid(&apps.show(OVERVIEW, &second).await, "of the citizen who logged out");
    assert_invalid(&apps.show(SESSION, &second).await, "at every door");
    let mut anew = apps.draft("family-signe");
    anew.claims["sid"] = json!("a-new-session");
    anew.claims["iat"] = json!(now() + 1);
    assert_eq!(apps.show(OVERVIEW, &anew.signed()).await.status, 200, "of a login after that");
    assert_eq!(apps.show(OVERVIEW, &neighbour).await.status, 200, "of somebody else");
    apps.stop(&[], &[&first, &second]).await;
}

#[tokio::test]
async fn r31_a_logout_at_the_provider_ends_what_is_open_for_a_token() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Stall);
    let apps = Apps::start_with(setup, |_| {}).await;
    let token = apps.token("family-signe");
    let mut stream = apps.open_stream(&token).await;
    assert_eq!(stream.next_event().await.map(|(name, _)| name).as_deref(), Some("section"));
    apps.system.until("payments is being asked", |demo| demo.app.overviews.fetches().running() == 1).await;
    apps.log_out_at_provider(&json!({ "sub": Person::of("family-signe").subject })).await;
    assert_eq!(stream.next_event().await.map(|(name, _)| name).as_deref(), Some("session_over"));
    assert_eq!(stream.next_event().await, None);
    apps.system.until("payments is left alone", |demo| demo.app.overviews.fetches().running() == 0).await;
    assert_invalid(&apps.show(OVERVIEW, &token).await, "after the logout");
    apps.stop(&[], &[&token]).await;
}

#[tokio::test]
async fn r31_what_is_open_for_a_token_ends_when_it_expires() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Stall);
    let apps = Apps::start_with(setup, |_| {}).await;
    let token = apps.token("family-signe");
    let mut stream = apps.open_stream(&token).await;
    assert_eq!(stream.next_event().await.map(|(name, _)| name).as_deref(), Some("section"));
    let (mut other, authorization) = (apps.system.browser(), format!("Bearer {token}"));
    let headers = [("authorization", authorization.as_str())];
    let (document, ()) = futures::join!(other.get_with(OVERVIEW, &headers), async {
        apps.system.until("both wait for one call", |demo| demo.app.overviews.fetches().running() == 1).await;
        apps.system.pass(Duration::from_secs(299));
        let two_looks = tokio::time::timeout(Duration::from_millis(1200), stream.next_event()).await;
        assert!(two_looks.is_err(), "a second is left: {two_looks:?}");
        apps.system.pass(Duration::from_secs(1));
        let began = Instant::now();
        assert_eq!(stream.next_event().await.map(|(name, _)| name).as_deref(), Some("session_over"));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(stream.next_event().await, None);
    });
    assert_invalid(&document, "a document that was being waited for");
    apps.system.until("payments is left alone", |demo| demo.app.overviews.fetches().running() == 0).await;
    apps.stop(&[], &[&token]).await;
}

#[tokio::test]
async fn r53_two_tokens_at_the_same_instant_share_nothing_and_one_token_shares_its_calls() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let apps = Apps::start_with(setup, |_| {}).await;
    let (signe, tove) = (apps.token("family-signe"), apps.token("twins-tove"));
    let (one, two) = futures::join!(apps.show(OVERVIEW, &signe), apps.show(OVERVIEW, &tove));
    for (answer, citizen) in [(&one, "family-signe"), (&two, "twins-tove")] {
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_nobody_else(citizen, Face::Json, &answer.text);
        assert_eq!(section(&answer.json(), "payments")["state"], "ready");
    }
    assert_eq!(apps.system.calls(Source::Payments), 2);
    let renewed = apps.token_with("jti", json!("another"));
    futures::join!(apps.show(OVERVIEW, &signe), apps.show(OVERVIEW, &renewed));
    assert_eq!(apps.system.calls(Source::Payments), 4, "another token of the same citizen asks for itself");
    futures::join!(apps.show(OVERVIEW, &signe), apps.show(OVERVIEW, &signe));
    assert_eq!(apps.system.calls(Source::Payments), 5, "two views by one token share a call");
    apps.stop(&[], &[&signe, &tove]).await;
}

#[tokio::test]
async fn r58_one_person_by_cookie_and_by_token_shares_nothing() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let apps = Apps::start_with(setup, |_| {}).await;
    apps.provider.log_in_as(Person::of("family-signe"));
    let (mut browser, answer) = ProviderStandIn::log_in(&apps.system).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let token = apps.token("family-signe");
    let (by_cookie, by_token) = futures::join!(browser.overview(), apps.show(OVERVIEW, &token));
    let mut by_token = by_token.json();
    hide_items(&mut by_token);
    assert_eq!(sources(&by_cookie), ["daycare", "payments", "library"]);
    assert_eq!(sources(&by_token), ["payments", "library"], "each display client has its own agreements");
    assert_eq!(section(&by_cookie, "payments")["widgets"], section(&by_token, "payments")["widgets"]);
    assert_eq!(apps.system.calls(Source::Payments), 2, "each asks for itself");
    apps.stop(&[&browser], &[&token]).await;
}
