//! Nobody waits any more: the calls end.

use std::time::Duration;

use http::Method;
use overblik_demo::{Fault, FaultTarget, Outcome, Party, Source};
use overblik_tests::{SOURCES, Setup, System, section};

use crate::distinctive::Face;

async fn stalled() -> System {
    Setup::default().fault(FaultTarget::Payments, Fault::Stall).start().await
}

async fn until_payments_is_asked(system: &System) {
    system.until("payments is being asked", |demo| demo.world.in_flight(Party::Source(Source::Payments)) == 1).await;
}

async fn until_nothing_runs(system: &System) {
    // Far within the source's own limit of ten seconds: it is the client's leaving that ends the call.
    system
        .until("every call has ended", |demo| {
            let in_flight: usize = SOURCES.iter().map(|one| demo.world.in_flight(Party::Source(*one))).sum();
            in_flight == 0 && demo.app.overviews.fetches().running() == 0
        })
        .await;
    let payments = system.demo.world.received(Party::Source(Source::Payments));
    assert!(payments.iter().all(|call| call.outcome == Outcome::Aborted), "{payments:?}");
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_calls_with_it_whatever_it_was_reading() {
    for face in Face::ALL {
        let system = stalled().await;
        let mut browser = system.logged_in("family-signe").await;
        let (path, accept) = face.door();
        let url = browser.at(path);
        {
            let headers = [("accept", accept)];
            let mut request = Box::pin(browser.start(Method::GET, &url, &headers, None));
            // The stream and the page give their headers at once; the document only when it is whole.
            tokio::select! {
                response = &mut request => {
                    until_payments_is_asked(&system).await;
                    drop(response);
                }
                () = until_payments_is_asked(&system) => {}
            }
        }
        until_nothing_runs(&system).await;
        system.stop(&[&browser]).await;
    }
}

#[tokio::test]
async fn one_view_that_leaves_does_not_end_the_call_for_another() {
    let system = Setup::default().fault(FaultTarget::Payments, Fault::Slow).start().await;
    let mut one = system.logged_in("family-signe").await;
    let mut two = one.clone();
    let leaving = one.open_stream().await;
    let mut staying = two.open_stream().await;
    until_payments_is_asked(&system).await;
    drop(leaving);
    let payments = loop {
        let (_, data) = staying.next_event().await.expect("the payments section");
        if data["source"] == "payments" {
            break data;
        }
    };
    assert_eq!(payments["state"], "ready");
    assert_eq!(system.calls(Source::Payments), 1);
    drop(staying);
    system.stop(&[&one, &two]).await;
}

#[tokio::test]
async fn what_a_page_left_running_is_not_ended_by_the_next_view_s_leaving() {
    let setup = Setup::default().fault(FaultTarget::Payments, Fault::Slow);
    let system = setup.json_deadline(Duration::from_millis(300)).start().await;
    let mut browser = system.logged_in("family-signe").await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "pending");
    // Joins the running call, and leaves.
    drop(browser.open_stream().await);
    system.until("the call has ended", |demo| demo.app.overviews.fetches().running() == 0).await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "ready");
    assert_eq!(system.calls(Source::Payments), 1);
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn after_a_cancelled_view_the_next_one_asks_anew_and_is_answered() {
    let system = stalled().await;
    let mut browser = system.logged_in("family-signe").await;
    let stream = browser.open_stream().await;
    until_payments_is_asked(&system).await;
    drop(stream);
    until_nothing_runs(&system).await;
    system.demo.world.order(FaultTarget::Payments, None).await;
    assert_eq!(section(&browser.overview().await, "payments")["state"], "ready");
    system.stop(&[&browser]).await;
}
