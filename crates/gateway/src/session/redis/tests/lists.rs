//! The list that every store is held to, over one server.

use super::of;
use crate::{
    redis_link::redis_server::RedisServer,
    session::conformance::{self, Candidate},
};

async fn candidate() -> Candidate {
    let server = RedisServer::start().await;
    let candidate = super::candidate(&of(&server));
    Candidate { _kept: Box::new(server), ..candidate }
}

conformance::list!(candidate);
