//! Login, step-up, refresh and logout at an identity provider that others wrote.

mod login;
mod logout;
mod renewal;

use std::time::Duration;

use overblik_tests::{Browser, IndependentProvider, System};

const SESSION: &str = "__Host-Http-overblik";

async fn logged_in(system: &System, citizen: &str) -> Browser {
    let mut browser = system.browser();
    let landed = browser.log_in_independently("/auth/login", citizen, "Substantial").await;
    assert_eq!(landed.status, 200, "{}", landed.text);
    browser
}

async fn status(browser: &mut Browser) -> u16 {
    browser.get("/api/v1/overview").await.status.as_u16()
}

async fn level(browser: &mut Browser) -> String {
    browser.get("/api/v1/session").await.json()["level"].as_str().unwrap_or_default().to_owned()
}

fn session(browser: &Browser) -> String {
    browser.cookie(SESSION).expect("a session").to_owned()
}

/// Whether a session that a browser had still opens anything.
async fn opens(system: &System, session: &str) -> bool {
    let mut left_behind = system.browser();
    left_behind.set_cookie(SESSION, session);
    status(&mut left_behind).await == 200
}

/// Looks at the overview until the provider has been asked so often for new tokens.
async fn until_refreshed(provider: &IndependentProvider, browser: &mut Browser, times: usize) {
    for _ in 0..100 {
        assert_eq!(status(browser).await, 200, "nobody notices that tokens are renewed");
        if provider.refreshes().await.len() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the tokens were not renewed");
}

/// Looks at the overview until it answers so, which it did not before.
async fn until(browser: &mut Browser, expected: u16) {
    for _ in 0..100 {
        match status(browser).await {
            200 => tokio::time::sleep(Duration::from_millis(100)).await,
            other => return assert_eq!(other, expected),
        }
    }
    panic!("the overview is shown on and on");
}
