//! What is done to Redis behind the registry's back is noticed, and what Redis may lose is not entrusted to it.

use bytes::Bytes;
use overblik_registry::{Appended, Digest, Record, RegistryStore, StoreError, verify};

use super::{KEEPING, append, next, of, store};
use crate::redis_link::redis_server::RedisServer;

const HISTORY: &str = "overblik:{registry}:history";

#[tokio::test]
async fn r63_a_record_that_was_changed_removed_or_moved_in_redis_is_found_and_refused() {
    let server = RedisServer::start_with(&KEEPING).await;
    let records = append(store(&of(&server)).as_ref(), 6).await;
    let lines: Vec<String> = records.iter().map(Record::to_line).collect();
    let verified = verify(store(&of(&server)).as_ref(), Some(records[5].head())).await.expect("untouched");
    assert_eq!((verified.head, verified.blobs), (records[5].head(), 4));
    let renamed = lines[3].replacen("birkerup-libraries/ci", "birkerup-libraries/cj", 1);
    let spaced = lines[3].replacen("\"number\":4", "\"number\": 4", 1);
    let other_hash = lines[3].strip_suffix("\"}").map(|line| format!("{line}0\"}}")).expect("a hash");
    let cases = [
        ("changed", vec![0, 1, 2, 6, 4, 5], 4),
        ("respelled", vec![0, 1, 2, 7, 4, 5], 4),
        ("its hash", vec![0, 1, 2, 8, 4, 5], 4),
        ("removed", vec![0, 1, 2, 4, 5], 4),
        ("first removed", vec![1, 2, 3, 4, 5], 1),
        ("moved", vec![0, 1, 2, 4, 3, 5], 4),
        ("twice", vec![0, 1, 2, 2, 3, 4, 5], 4),
        ("last changed", vec![0, 1, 2, 6], 4),
    ];
    let all: Vec<&String> = lines.iter().chain([&renamed, &spaced, &other_hash]).collect();
    for (what, order, number) in cases {
        server.cli(&["DEL", HISTORY]);
        for index in &order {
            server.cli(&["RPUSH", HISTORY, all[*index].as_str()]);
        }
        let store = store(&of(&server));
        let told = verify(store.as_ref(), None).await.expect_err(what).to_string();
        assert!(told.contains(&format!("record {number} in Redis ")), "{what}: {told}");
        assert!(matches!(store.read(0, 100).await, Err(StoreError::Damaged(_))), "{what}");
        // Reading on from the middle meets it too, for what follows must follow what was read.
        assert!(matches!(store.read(number - 1, 100).await, Err(StoreError::Damaged(_))), "{what}");
    }
}

#[tokio::test]
async fn r63_a_cut_or_rewritten_history_is_noticed_by_whoever_saw_it_before() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = store(&of(&server));
    let records = append(store.as_ref(), 4).await;
    server.cli(&["RPOP", HISTORY]);
    let told = store.head().await.expect_err("cut").to_string();
    assert!(told.contains("its history ends with record 3, and ended with record 4 before"), "{told}");
    let reader = super::store(&of(&server));
    assert_eq!(reader.head().await, Ok(records[2].head()), "it fits in itself: the control");
    let told = verify(reader.as_ref(), Some(records[3].head())).await.expect_err("cut").to_string();
    assert!(told.ends_with("its end was cut off"), "{told}");
    let other = next(reader.as_ref(), records[2].head(), "# another\n".to_owned()).await;
    assert_eq!(reader.append(&other).await, Ok(Appended::Kept));
    let told = store.head().await.expect_err("another").to_string();
    assert!(told.contains("was written anew: record 4 is not the one"), "{told}");
}

#[tokio::test]
async fn r63_a_blob_that_was_changed_in_redis_is_refused_and_one_that_is_put_anew_is_whole() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = store(&of(&server));
    let records = append(store.as_ref(), 3).await;
    let digest = records[2].change.blobs()[0];
    let blob = store.blob(digest).await.expect("a blob").expect("there");
    let key = format!("overblik:{{registry}}:blob:{digest}");
    server.cli(&["APPEND", &key, "x"]);
    assert!(matches!(store.blob(digest).await, Err(StoreError::Damaged(_))));
    let told = verify(store.as_ref(), None).await.expect_err("changed").to_string();
    assert!(told.starts_with("record 3 names blob ") && told.contains("is not what its name says"), "{told}");
    server.cli(&["DEL", &key]);
    let told = verify(store.as_ref(), None).await.expect_err("gone").to_string();
    assert!(told.ends_with("is not there"), "{told}");
    server.cli(&["SET", &key, "half"]);
    assert_eq!(store.put_blob(blob.clone()).await, Ok(digest));
    assert_eq!(store.blob(digest).await, Ok(Some(blob)));
}

#[tokio::test]
async fn nothing_is_written_into_a_redis_that_may_lose_it_and_what_is_there_is_read() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = store(&of(&server));
    let records = append(store.as_ref(), 3).await;
    let following = next(store.as_ref(), records[2].head(), "# next\n".to_owned()).await;
    for (name, value, needed) in [
        ("appendfsync", "everysec", "always"),
        ("no-appendfsync-on-rewrite", "yes", "no"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
        ("appendonly", "no", "yes"),
    ] {
        assert_eq!(server.cli(&["CONFIG", "SET", name, value]), "OK");
        let refused = [store.append(&following).await.map(|_| ()), store.put_blob("x".into()).await.map(|_| ())];
        for refused in refused {
            let Err(StoreError::ReadOnly(told)) = refused else { panic!("{name} {value}: {refused:?}") };
            assert!(told.contains(&format!("{name} is {value} and must be {needed}")), "{told}");
        }
        assert_eq!(store.read(0, 10).await, Ok(records.clone()), "reading goes on");
        assert_eq!(server.cli(&["CONFIG", "SET", name, needed]), "OK");
    }
    assert_eq!(store.blob(Digest::of_blob(b"x")).await, Ok(None), "nothing was written");
    // Its log is begun anew after it was off, which a server does beside its work.
    assert_eq!(store.append(&following).await, Ok(Appended::Kept), "the control");
}

#[tokio::test]
async fn a_redis_that_forgot_is_not_taken_for_an_empty_registry() {
    let mut server = RedisServer::start().await;
    for (name, value) in [("appendonly", "yes"), ("appendfsync", "always")] {
        assert_eq!(server.cli(&["CONFIG", "SET", name, value]), "OK");
    }
    let store = store(&of(&server));
    append(store.as_ref(), 3).await;
    // As it was started, without its log.
    server.start_again().await;
    let lost = loop {
        match store.head().await {
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            other => break other,
        }
    };
    let Err(StoreError::Damaged(told)) = lost else { panic!("{lost:?}") };
    assert!(told.contains("its history ends with record 0, and ended with record 3 before"), "{told}");
    assert!(matches!(store.changed(3).await, Err(StoreError::Damaged(_))), "whoever waits is told too");
}

#[tokio::test]
async fn a_full_redis_gives_an_error_that_says_why_and_no_record() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = store(&of(&server));
    let records = append(store.as_ref(), 3).await;
    assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    let following = next(store.as_ref(), records[2].head(), "# next\n".to_owned()).await;
    let refused = [store.append(&following).await.map(|_| ()), store.put_blob(Bytes::from("x")).await.map(|_| ())];
    for refused in refused {
        let Err(StoreError::Unavailable(told)) = refused else { panic!("{refused:?}") };
        assert!(told.contains("OOM"), "{told}");
    }
    assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    assert_eq!(store.head().await, Ok(records[2].head()));
}
