//! The only place that sends requests to sources, and every safeguard of sending.

mod address;
mod client;

pub use address::AddressPolicy;
pub(crate) use address::check;
pub(crate) use client::{Answer, Call, UpstreamClient};
