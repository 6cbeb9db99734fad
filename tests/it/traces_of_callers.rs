//! What a caller says of a trace of its own: a portal's server gets a link to it, and nobody else's word counts.

use overblik_tests::Setup;

use crate::{
    collector::{Collector, hex},
    native_app,
    portal::{BIRKERUP, IN_FRAME, ORIGIN, OVERVIEW, Portals},
};

const SPAN: &str = "00f067aa0ba902b7";

fn trace(number: u8) -> String {
    format!("4bf92f3577b34da6a3ce929d0e0e47{number:02x}")
}

fn parent(number: u8, flags: &str) -> String {
    format!("00-{}-{SPAN}-{flags}", trace(number))
}

#[tokio::test]
async fn r44_a_portal_s_server_gets_a_link_to_its_trace_and_chooses_none_of_ours() {
    let collector = Collector::start().await;
    let portals = Portals::start_with(collector.told_by(Setup::default()), |_| {}).await;
    let access = portals.access("family-signe", BIRKERUP).await;
    let (whole, one) = (parent(1, "00"), parent(2, "01"));
    let beside = [("tracestate", "vendor=secretish-state"), ("baggage", "who=secretish-baggage")];
    let headers = |parent| [&[("traceparent", parent)], &beside[..]].concat();
    assert_eq!(portals.show_with(OVERVIEW, &access, &headers(&whole)).await.status, 200);
    assert_eq!(portals.show_with("/embed/v1/sections/library", &access, &headers(&one)).await.status, 200);

    // In bad form, twice, or not at all: no link, and the overview all the same.
    let (upper, good) = (parent(3, "00").to_uppercase(), parent(4, "01"));
    assert_eq!(portals.show_with(OVERVIEW, &access, &[("traceparent", &upper)]).await.status, 200);
    let twice = [("traceparent", good.as_str()), ("traceparent", good.as_str())];
    assert_eq!(portals.show_with(OVERVIEW, &access, &twice).await.status, 200);
    assert_eq!(portals.show(OVERVIEW, &access).await.status, 200);

    // A page of the portal's, a frame on it, and an app are in the hands of a citizen.
    let page = portals.embed_token(BIRKERUP, &access, ORIGIN).await;
    let from_page = [("origin", ORIGIN), ("sec-fetch-site", "cross-site"), ("traceparent", good.as_str())];
    assert_eq!(portals.show_with(OVERVIEW, &page, &from_page).await.status, 200);
    let from_frame = [&IN_FRAME[..], &[("traceparent", good.as_str())]].concat();
    assert_eq!(portals.show_in_frame("birkerup", &page, &from_frame).await.status, 200);
    let app = portals.apps.token("family-signe");
    assert_eq!(
        portals.show_with(native_app::OVERVIEW, &app, &[("traceparent", &good)]).await.status,
        200,
        "an app's door"
    );
    portals.stop(&[&access, &page, &app]).await;

    let roots = collector.named("overview");
    assert_eq!(roots.len(), 8, "every overview is kept, whatever its caller's flags");
    let chosen: Vec<_> = (1..=4).map(trace).collect();
    assert!(roots.iter().all(|root| !chosen.contains(&hex(&root.trace_id)) && root.parent_span_id.is_empty()));
    let mut links: Vec<_> = roots.iter().flat_map(|root| &root.links).collect();
    links.sort_by_key(|link| link.trace_id.clone());
    let told: Vec<_> = links.iter().map(|link| (hex(&link.trace_id), hex(&link.span_id), link.flags & 1)).collect();
    assert_eq!(told, [(trace(1), SPAN.to_owned(), 0), (trace(2), SPAN.to_owned(), 1)]);
    assert!(links.iter().all(|link| link.trace_state.is_empty() && link.attributes.is_empty()));
    let others = collector.spans().into_iter().filter(|span| span.name != "overview");
    assert!(others.into_iter().all(|span| span.links.is_empty()));
    for body in collector.bodies() {
        assert!(!body.windows(9).any(|part| part == b"secretish"), "neither state nor baggage");
    }
}
