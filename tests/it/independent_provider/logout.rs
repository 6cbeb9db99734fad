//! Logging out, here and there.

use std::time::Duration;

use http::Method;
use overblik_demo::{Fault, FaultTarget};
use overblik_tests::{ChosenLogin, IndependentProvider, Noted, Setup};
use serde_json::json;
use url::Url;

use super::{SESSION, logged_in, opens, session, status};

#[tokio::test]
async fn r27_logging_out_here_ends_the_session_at_the_provider_too() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browser = logged_in(&system, "family-signe").await;
    let old = session(&browser);
    let answer = browser.post("/auth/logout").await;
    assert!(!opens(&system, &old).await);
    let leave = answer.next_stop().expect("the provider's logout");
    assert_eq!(leave.origin().ascii_serialization(), provider.issuer);
    let back = browser.log_out_at_provider(&leave).await;
    assert_eq!(back, browser.at("/auth/logged-out"));
    let page = browser.come_back(&back).await;
    assert!(page.text.contains("Du er logget ud"), "{}", page.text);
    let chosen = Some(ChosenLogin { citizen: "family-signe", level: "Substantial" });
    let way = browser.way_to_callback("/auth/login", chosen).await;
    assert!(way.asked, "the provider still knows whoever logged out");
    // Its own word of that logout came too, and names no session that began afterwards.
    assert_eq!(browser.follow(&way.callback).await.status, 200);
    assert_eq!(status(&mut browser).await, 200);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r27_whoever_logs_out_here_alone_logs_in_again_without_being_asked() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut browser = logged_in(&system, "family-signe").await;
    browser.post("/auth/logout").await;
    // The provider asks, and the citizen closes the page. What the login granted is taken back all the same.
    for _ in 0..100 {
        match provider.received("/token/revocation").await.as_slice() {
            [] => tokio::time::sleep(Duration::from_millis(20)).await,
            revoked => {
                assert_eq!(revoked.iter().map(Noted::status).collect::<Vec<_>>(), [200]);
                break;
            }
        }
    }
    let way = browser.way_to_callback("/auth/login", None).await;
    assert!(!way.asked);
    assert_eq!(browser.follow(&way.callback).await.status, 200);
    assert_eq!(status(&mut browser).await, 200);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn r28_r30_logging_out_at_the_provider_ends_that_session_here_and_no_other() {
    let provider = IndependentProvider::start();
    let system = provider.system().await;
    let mut phone = logged_in(&system, "family-signe").await;
    let mut laptop = logged_in(&system, "family-signe").await;
    let mut neighbour = logged_in(&system, "debt-gert").await;
    // A step-up changes our session and not the provider's.
    let raised = phone.log_in_independently("/auth/login?level=high", "family-signe", "High").await;
    assert_eq!(raised.status, 200, "{}", raised.text);
    let at_provider = Url::parse(&format!("{}/session/end", provider.issuer)).expect("an address");
    // It answers when it has told us.
    phone.log_out_at_provider(&at_provider).await;
    assert_eq!(status(&mut phone).await, 401);
    assert_eq!((status(&mut laptop).await, status(&mut neighbour).await), (200, 200));
    let landed = phone.log_in_independently("/auth/login", "family-signe", "Substantial").await;
    assert_eq!(landed.status, 200, "a login after the logout is another one: {}", landed.text);
    assert_eq!(status(&mut phone).await, 200);
    system.stop(&[&phone, &laptop, &neighbour]).await;
}

#[tokio::test]
async fn r30_r31_a_logout_that_names_the_citizen_alone_ends_all_of_theirs_and_what_is_open_in_them() {
    let provider = IndependentProvider::start();
    let setup = Setup::default().fault(FaultTarget::Library, Fault::Stall);
    let system = provider.system_with(setup, &json!({ "backchannel_logout_session_required": false })).await;
    let phone = logged_in(&system, "family-signe").await;
    let mut laptop = logged_in(&system, "family-signe").await;
    let neighbour = logged_in(&system, "debt-gert").await;
    let sessions = [&phone, &laptop, &neighbour].map(session);
    let url = laptop.at("/api/v1/overview");
    let open = laptop.start(Method::GET, &url, &[("accept", "text/event-stream")], None).await;
    assert_eq!(provider.end_sessions("family-signe").await, ["told", "told"]);
    let rest = tokio::time::timeout(Duration::from_secs(1), open.text()).await.expect("the stream ends");
    assert!(rest.unwrap_or_default().contains("session_over"));
    for (session, goes_on) in sessions.iter().zip([false, false, true]) {
        let mut browser = system.browser();
        browser.set_cookie(SESSION, session);
        assert_eq!(browser.get("/api/v1/session").await.status.as_u16(), if goes_on { 200 } else { 401 });
    }
    system.stop(&[&phone, &laptop, &neighbour]).await;
}
