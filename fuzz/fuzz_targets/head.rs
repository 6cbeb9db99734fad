//! Any bytes as what a source says over HTTP/1.1: read as the judge reads them, or refused.
//!
//! The first byte chooses in what pieces they come, and whether the connection is closed then.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overblik_fuzz::wire::agree;

fuzz_target!(|data: &[u8]| {
    let Some((choice, said)) = data.split_first() else { return };
    agree(said, *choice);
});
