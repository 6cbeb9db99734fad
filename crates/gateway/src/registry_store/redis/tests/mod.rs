//! The registry over real Redis servers.

mod away;
mod crashes;
mod damage;
mod indexes;
mod lists;
mod modes;

use std::sync::Arc;

use overblik_registry::{
    Appended, Bundle, CONTRACT, Change, Head, Record, RegistryStore,
    testing::{at, libraries, library, machine_of, operator},
};

use super::RedisStore;
use crate::{
    config::{RedisConfig, RedisMode, RedisNode},
    redis_link::redis_server::RedisServer,
};

/// What a Redis must be set to.
const KEEPING: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

fn config(mode: RedisMode, urls: &[String]) -> RedisConfig {
    let nodes = urls.iter().map(|url| RedisNode::parse(url).expect("an address")).collect();
    // What a store must do does not depend on how busy the machine is.
    let answer_within_ms = 20_000;
    RedisConfig { mode, nodes, sentinel_master: Some("overblik".into()), answer_within_ms, ..RedisConfig::default() }
}

fn of(server: &RedisServer) -> RedisConfig {
    config(RedisMode::Standalone, &[server.url()])
}

fn store(config: &RedisConfig) -> Arc<RedisStore> {
    Arc::new(RedisStore::new(config).expect("usable settings"))
}

/// A record that the rules allow after this head, whose blob is put; each push has something of its own in it.
async fn next(store: &dyn RegistryStore, head: Head, text: String) -> Record {
    let (actor, change) = match head.number {
        0 => (operator("anna"), Change::AuthorityProposed { authority: libraries() }),
        1 => (operator("bo"), Change::AuthorityApproved { authority: libraries().slug, proposal: 1 }),
        _ => {
            let bundle = Bundle::new([(CONTRACT.to_owned(), text.into())].into()).expect("a bundle");
            // Where it cannot be put the record is not appended either.
            let _put = store.put_blob(bundle.to_blob()).await;
            let (source, authority) = (library(), libraries().slug);
            let pushed = Change::Pushed { source, authority, version: 1, bundle: bundle.digest(), mistakes: 1 };
            (machine_of("birkerup-libraries", "ci"), pushed)
        }
    };
    Record::next(head, at(0), actor, change)
}

/// Appends as many records.
async fn append(store: &dyn RegistryStore, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    for _ in 0..count {
        let head = store.head().await.expect("a head");
        let record = next(store, head, format!("# {}\n", head.number)).await;
        assert_eq!(store.append(&record).await, Ok(Appended::Kept));
        records.push(record);
    }
    records
}
