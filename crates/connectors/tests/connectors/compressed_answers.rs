//! Answers that a source compresses although nobody asked it to.

use std::io::Write;

use crate::source::Source;
use crate::support::{CONTRACT, CPR, connector_set, request};
use axum::{body::Body, http::header, response::Response};
use flate2::{Compression, write::GzEncoder};
use overblik_connectors::{ConnectorError, ConnectorSet, Fetched};
use overblik_widgets::SectionState;

fn zipped(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

async fn world(encoding: &'static str, body: Vec<u8>) -> (Source, ConnectorSet) {
    let source = Source::start().await;
    source.on("/archive", move |_| {
        Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_ENCODING, encoding)
            .header("x-owner", CPR)
            .body(Body::from(body.clone()))
            .expect("an answer")
    });
    source.status("/cases", 404);
    let set = connector_set(CONTRACT, &source.url);
    (source, set)
}

async fn fetch(set: &ConnectorSet) -> Result<Fetched, ConnectorError> {
    set.get("permits").expect("the source").main.fetch(request()).await
}

#[tokio::test]
async fn gzip_is_read_though_it_was_not_asked_for() {
    let (source, set) = world("gzip", zipped(br#"[{ "text": "Carport", "paid": "1.234,50" }]"#)).await;
    let fetched = fetch(&set).await.expect("an answer");
    assert_eq!((fetched.state(), fetched.widgets.len()), (SectionState::Ready, 1));
    assert!(source.seen().iter().all(|seen| !seen.headers.contains_key("accept-encoding")));
}

#[tokio::test]
async fn r43_a_bomb_of_gzip_stops_at_the_body_s_limit_and_other_encodings_are_malformed() {
    // 20 MB of white space in 20 kB, under a limit of 64 KiB; as JSON it would be an empty list.
    let bomb = [zipped(&vec![b' '; 2_000_000]).repeat(10), zipped(b"[]")].concat();
    assert!(bomb.len() < 64 * 1024);
    let zip = zipped(b"[]");
    for (encoding, body, expected) in [
        ("gzip", bomb, ConnectorError::TooLarge),
        ("br", zip.clone(), ConnectorError::Malformed),
        ("gzip, gzip", zip.clone(), ConnectorError::Malformed),
        ("gzip", b"[]".to_vec(), ConnectorError::Malformed),
    ] {
        let (_source, set) = world(encoding, body).await;
        let fetched = fetch(&set).await.expect("the other part");
        assert_eq!(
            (fetched.state(), fetched.problems),
            (SectionState::Partial, vec![expected.problem()]),
            "{encoding}"
        );
    }
}
