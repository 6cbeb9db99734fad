//! The only place that sends requests to sources, and every safeguard of sending.
//!
//! 1. `client` checks the call and sends it.
//! 2. `connect` makes a connection of its own for it, through the guard of `address` and `resolve`; `tls` secures it.
//! 3. `exchange` sends the request on it and reads the answer, within limits.
//!
//! Whatever goes wrong on the way is a `Failure`, told to operators and then as an error of the connector.

mod address;
mod client;
mod connect;
mod exchange;
mod failure;
mod head_budget;
mod resolve;
#[cfg(test)]
mod tests;
mod tls;

pub use address::AddressPolicy;
pub(crate) use address::check;
pub(crate) use client::{Answer, Call, UpstreamClient};
pub use tls::TlsFiles;
pub(crate) use tls::{FollowedTls, READ_EVERY, SourceTls, TlsError};
