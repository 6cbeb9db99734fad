//! Any bytes as an answer, under any content type and encoding: decoded within the limits, or refused.
//!
//! The first byte chooses what the contract expects and what the answer says of itself; the rest is the body.
#![no_main]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use http::{HeaderValue, StatusCode, header};
use libfuzzer_sys::fuzz_target;
use overblik_connectors::{ConnectorError, fuzzing::decoded};
use overblik_fuzz::{longest_text, size, told};

const BODY_LIMIT: usize = 64 * 1024;
const MAX_DEPTH: usize = 32;
const MAX_NODES: usize = 10_000;
const MAX_TEXT: usize = 10_000;

const JSON: [&str; 4] = ["application/json", "application/hal+json; charset=utf-8", "text/html", ""];
const XML: [&str; 4] =
    ["text/xml", "application/xml; charset=utf-8", "text/xml; charset=iso-8859-1", "application/soap+xml"];
const LISTS: [(&str, &str); 3] = [("a", "b"), ("ydelser", "ydelse"), ("Envelope", "Body")];

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let is_xml = choice & 1 == 1;
    let content_type = if is_xml { XML } else { JSON }[usize::from(choice >> 1 & 3)];
    let mut answer = told(content_type, body.to_vec());
    let zipped = match choice >> 3 & 3 {
        1 => {
            answer.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            true
        }
        2 => {
            answer.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(body).expect("memory");
            answer.body = encoder.finish().expect("memory").into();
            false
        }
        3 => {
            answer.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
            true
        }
        _ => false,
    };
    if choice >> 5 & 3 == 3 {
        answer.status = StatusCode::INTERNAL_SERVER_ERROR;
    }
    let outcome = decoded(&answer, is_xml.then_some(LISTS.as_slice()), BODY_LIMIT);
    let Ok(value) = outcome else {
        assert!(!matches!(outcome, Err(ConnectorError::WrongPerson | ConnectorError::WrongAuthority)));
        return;
    };
    assert!(answer.status.is_success(), "a failure is not decoded");
    assert!(content_type != "text/html" && !content_type.is_empty(), "a page is no answer");
    assert!(choice >> 3 & 3 != 3, "an encoding that nobody asked for");
    let (nodes, depth) = size(&value);
    // XML's root is an entry of a document, which has a level of its own.
    assert!(nodes <= MAX_NODES && depth <= MAX_DEPTH + 1, "{nodes} values, {depth} deep");
    assert!(longest_text(&value) <= MAX_TEXT + 1);
    if !is_xml && !zipped {
        let plain: serde_json::Value = serde_json::from_slice(body).expect("what is decoded is JSON");
        assert_eq!(value, plain, "and says the same");
    }
});
