//! The edge: what is decided about a connection and a request before any handler sees it.

pub(crate) mod admission;
pub(crate) mod body;
mod bucket;
mod client_address;
pub(crate) mod connections;
mod http1;
mod http2;
mod line_ends;
pub(crate) mod overload;
pub(crate) mod own_pages;
mod patient_stream;
pub(crate) mod places;
pub(crate) mod rate_limits;
pub(crate) mod shedding;
pub(crate) mod tally;
pub(crate) mod tls;
mod waiting_room;
mod waiting_ticket;
