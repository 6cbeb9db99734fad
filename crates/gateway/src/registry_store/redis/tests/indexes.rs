//! The list that every store of indexes is held to, with the documented rights, and in a Cluster; and that they go by themselves.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    super::indexes::RedisIndexes,
    KEEPING,
    modes::{documented_user, guarded},
    of,
};
use crate::{
    index::{
        IndexStore,
        conformance::{Candidate, conformance_list},
        named,
    },
    redis_link::redis_server::RedisServer,
};

async fn candidate() -> Candidate {
    let server = RedisServer::start_guarded_with(&documented_user(), &KEEPING).await;
    let open = || Arc::new(RedisIndexes::new(&guarded(&server)).expect("usable settings"));
    Candidate { store: open(), other: open(), kept: Box::new(server) }
}

conformance_list!(candidate);

mod in_a_cluster {
    use super::{
        super::{super::indexes::RedisIndexes, config, modes::set_to_keep},
        Candidate, conformance_list,
    };
    use crate::{config::RedisMode, redis_link::redis_server::RedisCluster};
    use std::sync::Arc;

    async fn candidate() -> Candidate {
        let cluster = RedisCluster::start().await;
        set_to_keep(&cluster.servers);
        let config = config(RedisMode::Cluster, &cluster.urls());
        let open = || Arc::new(RedisIndexes::new(&config).expect("usable settings"));
        Candidate { store: open(), other: open(), kept: Box::new(cluster) }
    }

    conformance_list!(candidate);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_goes_by_itself_when_it_is_over_with_its_changes() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = RedisIndexes::new(&of(&server)).expect("usable settings");
    let until: Timestamp = "2099-01-01T00:00:00Z".parse().expect("a time");
    store.put(&named("a"), vec![Bytes::from_static(b"x"), Bytes::from_static(b"y")], until).await.expect("kept");
    assert_eq!(store.append(&named("a"), 0, vec![1; crate::index::CHANGE], until).await, Ok(true));
    let keys = server.cli(&["KEYS", "*"]);
    assert_eq!(keys.lines().count(), 2, "{keys}");
    for key in keys.lines() {
        assert_eq!(server.cli(&["PEXPIRETIME", key]), until.as_millisecond().to_string(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r47_a_redis_that_may_lose_an_index_is_given_none() {
    let server = RedisServer::start().await;
    let store = RedisIndexes::new(&of(&server)).expect("usable settings");
    let refused = store.put(&named("a"), vec![Bytes::from_static(b"x")], Timestamp::MAX).await;
    assert!(matches!(refused, Err(overblik_registry::StoreError::ReadOnly(_))), "{refused:?}");
    assert_eq!(server.cli(&["DBSIZE"]), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_a_second_time_is_kept_once() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = RedisIndexes::new(&of(&server)).expect("usable settings");
    let (a, line) = (named("a"), vec![1; crate::index::CHANGE]);
    for _ in 0..2 {
        store.put(&a, vec![Bytes::from_static(b"x")], Timestamp::MAX).await.expect("kept");
        assert_eq!(store.append(&a, 0, line.clone(), Timestamp::MAX).await, Ok(true));
    }
    assert_eq!(store.whole(&a).await, Ok(Some(b"x".to_vec())));
    assert_eq!(store.changes(&[(a.clone(), 0)]).await, Ok(vec![Some(line)]));
    assert_eq!(store.append(&a, 0, vec![2; crate::index::CHANGE], Timestamp::MAX).await, Ok(false), "something else");
}
