//! A small production on this machine: two gateways behind nginx with TLS, their sessions in Redis under sentinels or in a
//! cluster, citizens who use them all the time, and one thing after the other that goes wrong or is exchanged meanwhile.
//!
//! Every answer is judged: it is about its own citizen, and complete or says what is missing. No session may be lost, and
//! requests may fail in the stated seconds after a fault alone.
#![expect(clippy::print_stdout, reason = "it takes minutes, and tells how far it is")]

mod answers;
mod authority_troubles;
mod certificates;
mod citizens;
mod clustered;
mod front;
mod gateways;
mod guarded;
mod network;
mod prometheus;
mod report;
mod sentinels;
mod sizing;
mod tally;
mod town;

use std::time::Duration;

pub use clustered::over_a_cluster;
pub use guarded::over_sentinels;
pub use prometheus::Prometheus;
pub use report::Report;
pub use tally::Phase;

/// Twice the default: a machine that does other things besides takes Redis off its processors for half a second now and then.
const LATE: &str = "answer_within_ms: 2000";

/// How much happens, and how long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many citizens.
    pub citizens: usize,
    /// Milliseconds from one request of a citizen to the next.
    pub thinks_ms: (u64, u64),
    /// How long nothing happens, and how long is looked on after something did.
    pub calm: Duration,
    /// Whether everything is tried that there is, and sizes are measured.
    pub in_full: bool,
}

impl Pace {
    /// For every change: the faults and exchanges that need the most parts to work together.
    pub const SHORT: Self =
        Self { citizens: 12, thinks_ms: (100, 1_000), calm: Duration::from_secs(2), in_full: false };
    /// For operators, and before a release.
    pub const FULL: Self = Self { citizens: 30, thinks_ms: (200, 2_000), calm: Duration::from_secs(6), in_full: true };
}
