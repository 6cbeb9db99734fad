//! The edge: what is decided about a connection and a request before any handler sees it.

pub(crate) mod body;
mod bucket;
mod client_address;
pub(crate) mod connections;
pub(crate) mod overload;
pub(crate) mod own_pages;
mod patient_stream;
pub(crate) mod places;
pub(crate) mod rate_limits;
pub(crate) mod shedding;
pub(crate) mod tally;
mod waiting_room;
mod waiting_ticket;
