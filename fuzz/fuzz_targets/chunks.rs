//! Any bytes as a body in chunks and what follows it: read as the judge reads them, or refused.
//!
//! The first byte chooses in what pieces they come, and whether the connection is closed then.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overblik_fuzz::wire::agree;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    agree(&[HEAD, body].concat(), *choice);
});
