//! The edge: what is decided about a request before any handler sees it.

mod bucket;
mod client_address;
pub(crate) mod own_pages;
pub(crate) mod rate_limits;
