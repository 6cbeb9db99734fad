//! The list that every store is held to, over one server.

use super::{of, redis_server::RedisServer};
use crate::session::conformance::{self, Candidate};

async fn candidate() -> Candidate {
    let server = RedisServer::start().await;
    let candidate = super::candidate(&of(&server));
    Candidate { _kept: Box::new(server), ..candidate }
}

conformance::list!(candidate);
