//! Many share one connection, and nobody gets another's answer: requirements R54 and R39.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{candidate, of, until_it_serves};
use crate::{
    redis_link::redis_server::RedisServer,
    secrets::random_bytes,
    session::{StoreError, store::SessionKey},
};

const SESSIONS: u8 = 50;
const ASKERS: u8 = 40;
const QUESTIONS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r54_of_many_questions_a_third_of_which_is_cut_short_each_gets_its_own_answer() {
    let server = RedisServer::start().await;
    let candidate = candidate(&of(&server));
    for number in 0..SESSIONS {
        candidate.begin(number, number, "a").await;
    }
    let mut askers = JoinSet::new();
    for _ in 0..ASKERS {
        let store = Arc::clone(&candidate.store);
        askers.spawn(async move {
            let (mut answered, mut cut) = (0, 0);
            for _ in 0..QUESTIONS {
                let [which, fate, patience, ..] = random_bytes();
                let number = which % SESSIONS;
                let asking = store.find(SessionKey([number; 32]));
                let answer = if fate < 85 {
                    timeout(Duration::from_micros(u64::from(patience) * 8), asking).await.ok()
                } else {
                    Some(asking.await)
                };
                match answer {
                    None => cut += 1,
                    Some(answer) => {
                        let record = answer.expect("an answer").expect("a session");
                        assert_eq!((record.sealed[0], record.facts.citizen.bytes()), (number, [number; 16]));
                        answered += 1;
                    }
                }
            }
            (answered, cut)
        });
    }
    let all = askers.join_all().await;
    let (answered, cut) = all.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(answered > 10_000, "{answered}");
    assert!(cut > 1000, "the control: {cut} were cut short");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r39_stopped_and_started_under_load_redis_never_answers_for_another() {
    let mut server = RedisServer::start().await;
    let candidate = candidate(&of(&server));
    let stop = CancellationToken::new();
    let mut askers = JoinSet::new();
    for _ in 0..ASKERS {
        let (store, stop) = (Arc::clone(&candidate.store), stop.clone());
        askers.spawn(async move {
            let (mut found, mut refused) = (0, 0);
            while !stop.is_cancelled() {
                let [which, ..] = random_bytes();
                let number = which % SESSIONS;
                match store.find(SessionKey([number; 32])).await {
                    Ok(Some(record)) => {
                        assert_eq!(record.sealed[0], number);
                        found += 1;
                    }
                    Ok(None) => {}
                    Err(StoreError) => refused += 1,
                }
                // What is refused is refused at once, and would leave no time for anything else.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            (found, refused)
        });
    }
    for _ in 0..3 {
        until_it_serves(&*candidate.store).await;
        for number in 0..SESSIONS {
            candidate.begin(number, number, "a").await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.stop();
        tokio::time::sleep(Duration::from_millis(400)).await;
        server.start_again().await;
    }
    stop.cancel();
    let all = askers.join_all().await;
    assert!(all.iter().all(|(found, refused)| *found > 0 && *refused > 0), "{all:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r24_each_success_of_fifty_who_replace_counts_once() {
    let server = RedisServer::start().await;
    let candidate = candidate(&of(&server));
    let key = candidate.begin(1, 1, "a").await;
    let mut writers = JoinSet::new();
    for _ in 0..50 {
        let store = Arc::clone(&candidate.store);
        writers.spawn(async move {
            for _ in 0..5 {
                loop {
                    let record = store.find(key).await.expect("an answer").expect("a session");
                    let next = (record.version + 1).to_be_bytes().to_vec();
                    if store.replace(key, record.version, next).await.expect("an answer") {
                        break;
                    }
                }
            }
        });
    }
    writers.join_all().await;
    let record = candidate.store.find(key).await.expect("an answer").expect("a session");
    assert_eq!((record.version, record.sealed), (250, 250_u64.to_be_bytes().to_vec()));
}
