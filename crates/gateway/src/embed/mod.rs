//! Portals: other sites that show a citizen sections of their overview (requirements R67 to R70).
//!
//! 1. `portals` are those that the configuration registers. Nothing is open to anybody else, by any way.
//! 2. `client` tells which portal's server asks, by an assertion of its key; `refusal` is what it is told else.
//! 3. `exchange` gives it, for the citizen's access token, a section access, and for that an embed token for the portal's
//!    pages, `embed_token`: each opens sections alone, of this citizen, for this portal, of these sources.
//! 4. `admission` is the door: from a request with either to the citizen, as far as the portal may see them.
//! 5. `connected` is what a citizen lets a portal without a server show, in a frame that is given a session by a window of ours.
//! 6. `cors` lets scripts on the portal's pages read the answers; `files` are what those pages load.
//!
//! A section access is the ticket of a session in the session store, so that every logout ends it. An embed token holds
//! that ticket wrapped: only we read it.

pub(crate) mod admission;
pub(crate) mod client;
pub(crate) mod connected;
pub(crate) mod cors;
mod embed_token;
pub(crate) mod exchange;
pub(crate) mod files;
mod portals;
mod refusal;

pub(crate) use portals::{Portal, Portals};
pub use refusal::Refusal;
