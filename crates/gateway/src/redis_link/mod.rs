//! The way to a Redis, for whatever is kept there: how it is found and trusted, that connections come back by
//! themselves, and how announcements are heard. What is kept, and under which names, its users know.

pub(crate) mod announcements;
mod connection;
mod link;
// The harness is the whole-system tests' own; not all of it is used here.
#[cfg(test)]
#[allow(dead_code, unreachable_pub, reason = "part of the harness of another package")]
#[path = "../../../../tests/src/redis_server.rs"]
pub(crate) mod redis_server;
mod target;

pub(crate) use link::{Again, Link, NoAnswer};
pub(crate) use target::Target;

use redis::Cmd;

/// A script on its keys. It is sent whole: Redis knows a script that it has seen.
pub(crate) fn script(script: &str, keys: &[String]) -> Cmd {
    redis::cmd("EVAL").arg(script).arg(keys.len()).arg(keys).take()
}
