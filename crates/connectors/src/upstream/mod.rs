//! The only place that sends requests to sources, and every safeguard of sending.
//!
//! 1. `client` checks the call, and `outgoing` writes it as it goes over the wire.
//! 2. `sending` finds the connection it goes on: one of `connections` that may be used again, or a new one. `connect` makes
//!    that through the guard of `address` and `resolve`; `tls` secures it.
//! 3. `http1`, with `head` and `chunks`, or `http2` sends the request and reads the answer, within the limits of `body`.
//!
//! Whatever goes wrong on the way is a `Failure`, told to operators and then as an error of the connector.

mod address;
mod body;
mod chunks;
mod client;
mod connect;
mod connections;
#[cfg(feature = "fuzzing")]
pub(crate) mod door;
mod failure;
mod head;
mod http1;
mod http2;
mod outgoing;
mod pace;
mod resolve;
mod sending;
mod signs;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

pub use address::AddressPolicy;
pub(crate) use address::check;
pub(crate) use client::{Answer, Call, UpstreamClient};
pub use tls::{CertificateFacts, TlsFiles};
pub(crate) use tls::{FollowedTls, NoTls, READ_EVERY, SourceTls, TlsError};
