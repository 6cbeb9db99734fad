//! The list that every store is held to, over one server.

use overblik_registry::conformance::Candidate;

use super::{KEEPING, of, store};
use crate::{config::RedisConfig, redis_link::redis_server::RedisServer};

/// An empty store under a prefix of its own, as two instances see it.
pub(super) fn candidate_of(config: &RedisConfig, number: u32) -> Candidate {
    let config = RedisConfig { prefix: format!("overblik:{number}"), ..config.clone() };
    Candidate { store: store(&config), other: store(&config), other_writes: true, kept: Box::new(()) }
}

async fn candidate() -> Candidate {
    let server = RedisServer::start_with(&KEEPING).await;
    let config = of(&server);
    Candidate { kept: Box::new(server), ..candidate_of(&config, 1) }
}

overblik_registry::conformance_list!(candidate);
