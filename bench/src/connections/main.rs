//! What a call to a source costs by the connection that it goes over, and what the product's own client adds
//! (docs/decisions/0027-shared-connections-to-sources.md).
//!
//! `cargo run --release -p overblik-bench --features connections --bin connections`. A source that answers 2 KB of JSON runs
//! on one thread, the client on another, whose processor time is read from the kernel. The ways take turns, five rounds of
//! them; medians are printed, and ratios against a kept HTTP/1.1 connection. Needs `openssl`, and Linux.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made ends"
)]

mod client;
mod source;

use std::{sync::Arc, time::Duration};

use overblik_bench::tls::{self, Certificate};
use rustls::{ClientConfig, client::Resumption};

use client::{Measured, Way};

const ROUNDS: usize = 5;

fn main() {
    let certificate = Certificate::new();
    let addresses = [source::start(&certificate, b"http/1.1"), source::start(&certificate, b"h2")];
    let mut rounds: Vec<Vec<Measured>> = vec![Vec::new(); Way::ALL.len()];
    for _ in 0..ROUNDS {
        for (way, measured) in Way::ALL.iter().zip(&mut rounds) {
            let address = addresses[usize::from(way.protocol() == b"h2")];
            measured.push(client::measure(*way, address, &certificate));
        }
    }
    let of = |way: usize, value: fn(&Measured) -> Duration| {
        let mut values: Vec<_> = rounds[way].iter().map(value).collect();
        values.sort();
        values[ROUNDS / 2]
    };
    println!("{:<44} {:>9} {:>6} {:>9} {:>6} {:>9}", "a call over", "CPU", "ratio", "p50", "ratio", "p99");
    for (index, way) in Way::ALL.iter().enumerate() {
        let ratio = |value| of(index, value).as_secs_f64() / of(Way::BASE, value).as_secs_f64();
        println!(
            "{:<44} {:>9.1?} {:>6.2} {:>9.1?} {:>6.2} {:>9.1?}",
            way.name(),
            of(index, |measured| measured.cpu),
            ratio(|measured| measured.cpu),
            of(index, |measured| measured.p50),
            ratio(|measured| measured.p50),
            of(index, |measured| measured.p99),
        );
    }
}

fn client_config(certificate: &Certificate, way: Way) -> Arc<ClientConfig> {
    let mut config = tls::client_config(&certificate.file(), way.protocol());
    if way == Way::NewWithoutResumption {
        config.resumption = Resumption::disabled();
    }
    Arc::new(config)
}
