//! Redis goes away and comes back, announcements are lost, and two instances write.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use overblik_registry::{
    Appended, Change, Head, RegistryService, RegistryStore, StoreError,
    testing::{at, authority, operator},
    verify,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{KEEPING, append, next, of, store};
use crate::{
    config::RedisConfig,
    redis_link::{Again, redis_server::RedisServer},
};

#[tokio::test]
async fn a_change_is_told_within_two_seconds_though_its_announcement_is_lost() {
    let server = RedisServer::start_with(&KEEPING).await;
    let (here, there) = (store(&of(&server)), store(&of(&server)));
    let records = append(here.as_ref(), 3).await;
    let mut waiting = JoinSet::new();
    waiting.spawn(async move { there.changed(3).await });
    sleep(Duration::from_millis(300)).await;
    // Nobody announces what is not appended by the script.
    let record = next(here.as_ref(), records[2].head(), "# next\n".to_owned()).await;
    let begun = Instant::now();
    server.cli(&["RPUSH", "overblik:{registry}:history", &record.to_line()]);
    let told = timeout(Duration::from_secs(2), waiting.join_all()).await.expect("in time").remove(0);
    assert_eq!(told, Ok(record.head()), "after {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_change_is_announced_and_not_only_looked_for() {
    let server = RedisServer::start_with(&KEEPING).await;
    let (here, there) = (store(&of(&server)), store(&of(&server)));
    // It must have subscribed.
    assert!(timeout(Duration::from_millis(800), there.changed(0)).await.is_err());
    let mut shortest = Duration::MAX;
    for number in 0..10 {
        let mut waiting = JoinSet::new();
        waiting.spawn({
            let there = Arc::clone(&there);
            async move { there.changed(number).await.map(|head| (head, Instant::now())) }
        });
        sleep(Duration::from_millis(20)).await;
        let record = append(here.as_ref(), 1).await.remove(0);
        let kept = Instant::now();
        let (head, told) = waiting.join_all().await.remove(0).expect("told");
        assert_eq!(head, record.head());
        shortest = shortest.min(told.saturating_duration_since(kept));
    }
    assert!(
        shortest < Duration::from_millis(50),
        "{shortest:?}: looking alone is that quick once in ten times at most"
    );
}

/// Waits as whoever keeps up does: a moment after an error, and again.
async fn keep_waiting(store: &dyn RegistryStore, after: u64) -> (Head, usize) {
    let mut errors = 0;
    loop {
        match store.changed(after).await {
            Ok(head) => return (head, errors),
            Err(StoreError::Unavailable(_)) => errors += 1,
            Err(other) => panic!("{other}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn whoever_waits_goes_on_after_redis_was_away() {
    let mut server = RedisServer::start_with(&KEEPING).await;
    let (here, there) = (store(&of(&server)), store(&of(&server)));
    append(here.as_ref(), 3).await;
    for number in 3..5 {
        let mut waiting = JoinSet::new();
        waiting.spawn({
            let there = Arc::clone(&there);
            async move { keep_waiting(there.as_ref(), number).await }
        });
        sleep(Duration::from_millis(100)).await;
        server.stop();
        sleep(Duration::from_millis(700)).await;
        assert!(matches!(here.head().await, Err(StoreError::Unavailable(_))));
        server.start_again().await;
        while here.head().await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
        let record = append(here.as_ref(), 1).await.remove(0);
        let (told, errors) = timeout(Duration::from_secs(2), waiting.join_all()).await.expect("in time").remove(0);
        assert_eq!(told, record.head());
        assert!(errors > 0, "the control: it was told that Redis was away");
    }
    assert!(verify(there.as_ref(), None).await.is_ok());
}

#[tokio::test]
async fn an_append_that_is_sent_twice_is_kept_once_and_said_to_be() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = store(&of(&server));
    let records = append(store.as_ref(), 3).await;
    let record = next(store.as_ref(), records[2].head(), "# next\n".to_owned()).await;
    let command = store.append_command(records[2].head(), record.to_line());
    for _ in 0..2 {
        assert_eq!(store.link.ask::<bool>(&command, Again::Never).await, Ok(true));
    }
    assert_eq!(store.read(0, 10).await, Ok([records, vec![record.clone()]].concat()));
    assert_eq!(store.append(&record).await, Ok(Appended::HeadIs(record.head())), "not to whoever did not send it");
}

#[tokio::test]
async fn while_connections_are_cut_nothing_is_kept_twice_and_nothing_is_lost() {
    let server = RedisServer::start_with(&KEEPING).await;
    let store = store(&of(&server));
    append(store.as_ref(), 3).await;
    let cutting = AtomicBool::new(true);
    let cut = async {
        for _ in 0..40 {
            server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
            sleep(Duration::from_millis(15)).await;
        }
        cutting.store(false, Ordering::Relaxed);
    };
    let writing = async {
        let mut kept = Vec::new();
        while cutting.load(Ordering::Relaxed) {
            let Ok(head) = store.head().await else { continue };
            let record = next(store.as_ref(), head, format!("# {}\n", head.number)).await;
            match store.append(&record).await {
                Ok(Appended::Kept) => kept.push(record),
                Ok(Appended::HeadIs(now)) => panic!("nobody else writes: {} and now {}", head.number, now.number),
                Err(StoreError::Unavailable(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        kept
    };
    let (kept, ()) = tokio::join!(writing, cut);
    assert!(kept.len() > 20, "the control: {}", kept.len());
    let records = super::store(&of(&server)).read(0, usize::MAX).await.expect("records");
    assert!(kept.iter().all(|record| records.contains(record)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r47_of_two_instances_that_record_at_once_one_is_first_and_both_arrive_at_the_same() {
    let server = RedisServer::start_with(&KEEPING).await;
    let folder = tempfile::tempdir().expect("a folder");
    let open = |config: RedisConfig| RegistryService::open(store(&config), folder.path().to_owned());
    let one = Arc::new(open(of(&server)).await.expect("a service"));
    let two = Arc::new(open(of(&server)).await.expect("a service"));
    for round in 0..10 {
        let seen = one.current().head().number;
        two.refresh().await.expect("read on");
        let mut racing = JoinSet::new();
        for (service, name) in [(&one, "anna"), (&two, "bo")] {
            let service = Arc::clone(service);
            // The same authority, proposed by either with another name for its domain.
            let domain = format!("{name}.example");
            let proposed = authority(&format!("authority-{round}"), &format!("{}", 90_000_000 + round), &domain);
            racing.spawn(async move {
                let change = Change::AuthorityProposed { authority: proposed };
                service.submit(&operator(name), at(0), Some(seen), change).await
            });
        }
        let outcomes = racing.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        one.refresh().await.expect("read on");
        two.refresh().await.expect("read on");
        assert_eq!(one.current(), two.current());
        assert_eq!(one.current().head().number, seen + 1);
    }
}
