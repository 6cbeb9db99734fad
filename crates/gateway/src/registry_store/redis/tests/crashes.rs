//! The registry loses nothing to a Redis that is killed at any moment. A kill takes away what the process alone had, and
//! not what the system had yet to write; that is what `appendfsync always` is demanded for.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use overblik_registry::{Appended, Digest, Record, RegistryStore, verify};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{KEEPING, next, of, store};
use crate::redis_link::redis_server::RedisServer;

const ROUNDS: u64 = 200;

/// Chance that can be repeated: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// Appends for as long as the server lives, and tells what was acknowledged.
async fn write(store: &dyn RegistryStore, seed: u64, told: &mpsc::UnboundedSender<Record>) {
    let mut random = Random(seed);
    let Ok(mut head) = store.head().await else { return };
    loop {
        let text =
            format!("# {}\n", random.below(u64::MAX)).repeat(usize::try_from(random.below(1000)).expect("small"));
        let record = next(store, head, text).await;
        match store.append(&record).await {
            Ok(Appended::Kept) => {
                head = record.head();
                told.send(record).expect("heard");
            }
            Ok(Appended::HeadIs(other)) => panic!("nobody else writes: {other:?}"),
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_is_half_there_after_two_hundred_kills() {
    let seed = RandomState::new().build_hasher().finish();
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut server = RedisServer::start_with(&KEEPING).await;
    let begun = Instant::now();
    let mut acknowledged: Vec<(u64, Digest)> = Vec::new();
    let (mut killed_at_work, mut last) = (0, 0);
    for round in 0..ROUNDS {
        let (told, mut acknowledgements) = mpsc::unbounded_channel();
        let (config, seed) = (of(&server), random.below(u64::MAX));
        let mut writer = JoinSet::new();
        writer.spawn(async move { write(store(&config).as_ref(), seed, &told).await });
        let mut kept: Vec<Record> = Vec::new();
        // Most are killed at work, some before anything was said.
        if random.below(5) > 0 {
            kept.extend(acknowledgements.recv().await);
        }
        sleep(Duration::from_micros(random.below(20_000))).await;
        server.stop();
        writer.shutdown().await;
        while let Ok(record) = acknowledgements.try_recv() {
            kept.push(record);
        }
        server.start_again().await;
        let store = store(&of(&server));
        // Each round reads what is new, and what it must follow.
        let records = store.read(last, usize::MAX).await.expect("what a killed server left is whole");
        for record in &kept {
            assert!(records.contains(record), "round {round}: record {} was acknowledged", record.number);
        }
        for digest in records.iter().flat_map(|record| record.change.blobs()) {
            assert!(store.blob(digest).await.expect("a blob that is whole").is_some(), "round {round}");
        }
        last = records.last().map_or(last, |record| record.number);
        killed_at_work += usize::from(!kept.is_empty());
        acknowledged.extend(kept.iter().map(|record| (record.number, record.hash)));
    }
    let store = store(&of(&server));
    let verified = verify(store.as_ref(), None).await.expect("a history that the rules allow");
    assert_eq!(verified.head.number, last);
    let records = store.read(0, usize::MAX).await.expect("records");
    for (number, hash) in &acknowledged {
        let index = usize::try_from(*number).expect("a number") - 1;
        assert_eq!(records[index].hash, *hash, "record {number}");
    }
    let all = acknowledged.len();
    println!("{all} acknowledged, {last} kept, {killed_at_work} of {ROUNDS} killed at work in {:?}", begun.elapsed());
    assert!(killed_at_work > 100, "the writer came to write: {killed_at_work}");
}
