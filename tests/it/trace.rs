//! What lets sources find the parts of one overview again, and what of a request they never see.

use std::collections::BTreeSet;

use overblik_demo::Party;
use overblik_tests::{SOURCES, System};

/// The trace that each request to a source named since the last look, which begins behind so many.
fn traces(system: &System, seen: &mut usize) -> Vec<String> {
    let received = SOURCES.iter().flat_map(|source| system.demo.world.received(Party::Source(*source)));
    let all: Vec<_> = received.map(|request| request.trace).collect();
    assert!(all.iter().all(|trace| trace.len() == 1), "one parent, and nothing else of the kind: {all:?}");
    let traces = all.into_iter().flatten().map(|parent| {
        let parts: Vec<_> = parent.split('-').map(str::to_owned).collect();
        assert!(parts.len() == 4 && parts[0] == "00" && parts[1].len() == 32 && parts[3] == "00", "{parent}");
        parts[1].clone()
    });
    let traces: Vec<_> = traces.collect();
    *seen = traces.len() - *seen;
    traces
}

#[tokio::test]
async fn r44_the_requests_of_one_overview_have_one_trace_that_no_caller_chose() {
    let system = System::start().await;
    let mut browser = system.logged_in("family-signe").await;
    let chosen = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{chosen}-00f067aa0ba902b7-01");
    let headers = [
        ("accept", "application/json"),
        ("traceparent", parent.as_str()),
        ("tracestate", "vendor=1"),
        ("baggage", "citizen=1"),
    ];
    let mut overviews = BTreeSet::new();
    let (mut before, mut all) = (0, Vec::new());
    for number in 1..=2 {
        assert_eq!(browser.get_with("/api/v1/overview", &headers).await.status, 200);
        let mut asked = before;
        all = traces(&system, &mut asked);
        assert!(asked >= SOURCES.len(), "every source was asked in overview {number}");
        before = all.len();
        overviews = all.iter().cloned().collect();
        assert_eq!(overviews.len(), number, "one trace for each overview: {all:?}");
    }
    assert!(!overviews.contains(chosen), "{all:?}");
    system.stop(&[&browser]).await;
}
