//! The processor has more to do than it can: overviews are refused for a moment, what is under way is answered, and when
//! less is asked for again everybody is served.

use std::{
    future::poll_fn,
    task::Poll,
    time::{Duration, Instant},
};

use overblik_demo::{Fault, FaultTarget};
use overblik_tests::{Setup, section};
use tokio::task::JoinSet;

/// What can wait for its turn before overviews are refused; and a crowd of which each takes a millisecond of every round.
const LIMIT_MS: u32 = 100;
const CROWD: usize = 150;

/// Work without end, beside which everything else waits for its turn longer than it may.
fn crowd() -> JoinSet<()> {
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        crowd.spawn(poll_fn(|context| {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(1) {}
            // To the end of the line, and no further: whoever yields lets timers and connections go first.
            context.waker().wake_by_ref();
            Poll::Pending
        }));
    }
    crowd
}

#[tokio::test]
async fn whoever_cannot_be_served_in_time_is_told_so_at_once_and_whoever_was_let_in_is_served() {
    let system = Setup::default()
        .fault(FaultTarget::Library, Fault::Stall)
        .json_deadline(Duration::from_secs(1))
        .adjust(|config| config.limits.lateness_ms = Some(LIMIT_MS))
        .start()
        .await;
    let (mut browser, mut other) = (system.logged_in("family-signe").await, system.logged_in("twins-tove").await);
    let mut under_way = JoinSet::new();
    under_way.spawn(async move { (other.get("/api/v1/overview").await, other) });
    system.until("it has begun", |demo| demo.app.overviews.fetches().running() > 0).await;

    let crowd = crowd();
    let mut refused = browser.get("/api/v1/overview").await;
    // It takes two measurements in a row.
    while refused.status == 200 {
        refused = browser.get("/api/v1/overview").await;
    }
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (503, &"overloaded".into()));
    let stream = browser.get_with("/api/v1/overview", &[("accept", "text/event-stream")]).await;
    let page = browser.get_with("/", &[("accept", "text/html")]).await;
    for answer in [&refused, &stream, &page] {
        assert_eq!(answer.status, 503);
        let seconds: u32 = answer.header("retry-after").parse().expect("seconds");
        assert!((2..=5).contains(&seconds), "{seconds}");
    }
    assert_eq!(page.header("refresh"), page.header("retry-after"), "a person's page asks again by itself");
    assert_eq!(browser.get("/api/v1/session").await.status, 200, "the session lives");
    let login = system.browser().get_with("/auth/login", &[("accept", "text/html")]).await;
    assert!(login.status == 303 || login.text.contains("Du står i kø til at logge ind"), "{}", login.text);
    assert!(system.log().contains("new logins wait for their turn"));
    let (answer, other) = under_way.join_next().await.expect("one").expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(section(&answer.json(), "library")["state"], "pending", "by the deadline");

    drop(crowd);
    let served = async {
        loop {
            let answer = browser.get("/api/v1/overview").await;
            if answer.status == 200 {
                return answer;
            }
            assert_eq!(answer.status, 503);
        }
    };
    let answer = tokio::time::timeout(Duration::from_mins(1), served).await.expect("everybody is served again");
    // Asked by the first view of all, which was let in: by now it may have had all the time that its contract gives it.
    let state = section(&answer.json(), "library")["state"].clone();
    assert!(["pending", "timed_out"].contains(&state.as_str().unwrap_or_default()), "{state}");
    assert_eq!(system.log().matches("overviews are refused until it is on time").count(), 1, "told once");
    system.until("it is told that it is over", |_| system.log().contains("overviews find places again")).await;
    system.stop(&[&browser, &other]).await;
}
