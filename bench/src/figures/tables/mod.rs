//! The tables, one a file.

pub(crate) mod cost;
pub(crate) mod degraded;
pub(crate) mod latency;
pub(crate) mod memory;
pub(crate) mod profile;
pub(crate) mod ready;
pub(crate) mod redis;
pub(crate) mod streaming;

/// The heading of a table, and how it was measured.
pub(crate) fn say(title: &str, method: &str) {
    println!("## {title}\n\n{method}\n");
}
