//! What every store must do: one list of tests, which each store runs with [`conformance_list!`](crate::conformance_list).

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "tests end where they fail"
)]

use std::{any::Any, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::join_all;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    change::Change,
    digest::Digest,
    record::{Head, Record},
    refusal::Refusal,
    registry::Registry,
    service::RegistryService,
    store::{Appended, MOST_BLOB_BYTES, RegistryStore},
    testing::{at, establish, line, operator, slug},
};

/// An empty store under test.
pub struct Candidate {
    /// The store.
    pub store: Arc<dyn RegistryStore>,
    /// The same as another instance sees it.
    pub other: Arc<dyn RegistryStore>,
    /// Whether the other instance may write.
    pub other_writes: bool,
    /// What the store works with, kept for as long as it.
    pub kept: Box<dyn Any + Send>,
}

/// Within what time another instance knows of a change, with room for a busy machine.
const SOON: Duration = Duration::from_secs(3);

/// Changes that need not be allowed: a store knows no rules.
fn change(number: u64) -> Change {
    Change::Suspended { source: slug("library"), reason: line(&format!("reason {number}")), until: None }
}

fn next(head: Head, name: &str) -> Record {
    let second = i64::try_from(head.number).unwrap_or(i64::MAX);
    Record::next(head, at(second), operator(name), change(head.number + 1))
}

async fn append(store: &dyn RegistryStore, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    for _ in 0..count {
        let record = next(store.head().await.expect("a head"), "anna");
        assert_eq!(store.append(&record).await, Ok(Appended::Kept));
        records.push(record);
    }
    records
}

/// An empty store.
pub async fn in_an_empty_store_nothing_stands(candidate: Candidate) {
    for store in [&candidate.store, &candidate.other] {
        assert_eq!(store.head().await, Ok(Head::of_nothing()));
        assert_eq!(store.read(0, 10).await, Ok(Vec::new()));
        assert_eq!(store.blob(Digest::of_blob(b"x")).await, Ok(None));
    }
}

/// Reading on.
pub async fn records_are_read_as_they_were_appended_from_any_place(candidate: Candidate) {
    let records = append(candidate.store.as_ref(), 7).await;
    for store in [&candidate.store, &candidate.other] {
        assert_eq!(store.head().await.expect("a head"), records[6].head());
        for after in 0..=8_usize {
            for most in [1, 3, 100] {
                let read = store.read(after as u64, most).await.expect("records");
                let expected: Vec<_> = records.iter().skip(after).take(most).cloned().collect();
                assert_eq!(read, expected, "{most} after {after}");
            }
        }
    }
}

/// Optimistic locking.
pub async fn a_record_that_does_not_follow_the_last_changes_nothing(candidate: Candidate) {
    let store = candidate.store.as_ref();
    let first = next(Head::of_nothing(), "anna");
    assert_eq!(store.append(&first).await, Ok(Appended::Kept));
    let twin = next(Head::of_nothing(), "bo");
    let head = Appended::HeadIs(first.head());
    assert_eq!(store.append(&twin).await, Ok(head), "another was first");
    assert_eq!(store.append(&first).await, Ok(head), "the same twice");
    let second = next(first.head(), "anna");
    assert_eq!(store.append(&next(second.head(), "anna")).await, Ok(head), "one is missing between");
    assert_eq!(store.append(&next(twin.head(), "anna")).await, Ok(head), "of another history");
    let forged = Record { actor: operator("eve"), ..second.clone() };
    assert_eq!(store.append(&forged).await, Ok(head), "not what its hash says");
    assert_eq!(store.read(0, 10).await, Ok(vec![first]));
    assert_eq!(store.append(&second).await, Ok(Appended::Kept));
}

/// Races.
pub async fn of_all_who_append_to_one_head_one_succeeds(candidate: Candidate) {
    let stores = if candidate.other_writes { vec![&candidate.store, &candidate.other] } else { vec![&candidate.store] };
    for round in 0..20 {
        let head = candidate.store.head().await.expect("a head");
        let mut tasks = JoinSet::new();
        for number in 0..8 {
            let store = Arc::clone(stores[number % stores.len()]);
            let record = next(head, &format!("name-{round}-{number}"));
            tasks.spawn(async move { (store.append(&record).await.expect("an answer"), record) });
        }
        let mut kept = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (appended, record) = done.expect("done");
            match appended {
                Appended::Kept => kept.push(record),
                Appended::HeadIs(head) => assert_eq!(head.number, round + 1),
            }
        }
        assert_eq!(kept.len(), 1);
        assert_eq!(candidate.store.read(round, 10).await, Ok(kept));
    }
}

/// Blobs.
pub async fn a_blob_is_found_as_it_was_put(candidate: Candidate) {
    let large: Vec<u8> = (0..MOST_BLOB_BYTES).map(|index| u8::try_from(index % 251).unwrap_or(0)).collect();
    let blobs = [Bytes::new(), Bytes::from_static(b"text"), Bytes::from_static(&[0, 10, 13, 255]), large.into()];
    for blob in &blobs {
        let digest = candidate.store.put_blob(blob.clone()).await.expect("put");
        assert_eq!(digest, Digest::of_blob(blob));
        assert_eq!(candidate.store.put_blob(blob.clone()).await, Ok(digest), "twice is no error");
    }
    for (store, blob) in
        [&candidate.store, &candidate.other].into_iter().flat_map(|store| blobs.iter().map(move |blob| (store, blob)))
    {
        assert!(store.blob(Digest::of_blob(blob)).await == Ok(Some(blob.clone())), "{} bytes", blob.len());
    }
    let larger = Bytes::from(vec![0; MOST_BLOB_BYTES + 1]);
    assert!(candidate.store.put_blob(larger.clone()).await.is_err(), "larger than any bundle");
    assert_eq!(candidate.store.blob(Digest::of_blob(&larger)).await, Ok(None));
}

/// Following.
pub async fn whoever_waits_is_told_of_a_change_within_a_second_or_so(candidate: Candidate) {
    let mut known = Head::of_nothing();
    for _ in 0..5 {
        let mut waiting = JoinSet::new();
        for store in [&candidate.store, &candidate.other] {
            let (store, after) = (Arc::clone(store), known.number);
            waiting.spawn(async move { timeout(SOON, store.changed(after)).await.expect("told").expect("a head") });
        }
        let early = timeout(Duration::from_millis(50), candidate.store.changed(known.number)).await;
        assert!(early.is_err(), "nothing changed yet");
        let record = append(candidate.store.as_ref(), 1).await.remove(0);
        while let Some(told) = waiting.join_next().await {
            assert_eq!(told.expect("done"), record.head());
        }
        known = record.head();
    }
    for store in [&candidate.store, &candidate.other] {
        let told = timeout(SOON, store.changed(2)).await.expect("at once");
        assert_eq!(told, Ok(known), "what changed before is told at once");
    }
}

/// The service on top.
pub async fn what_services_of_two_instances_write_is_one_history(candidate: Candidate) {
    let folder = tempfile::tempdir().expect("a folder");
    let open = |store: &Arc<dyn RegistryStore>| RegistryService::open(Arc::clone(store), folder.path().to_owned());
    let (one, two) =
        (open(&candidate.store).await.expect("a service"), open(&candidate.other).await.expect("a service"));
    let services = [&one, if candidate.other_writes { &two } else { &one }];
    establish(&one, crate::testing::libraries()).await;
    let propose = |service: usize, number: usize| {
        let cvr = format!("{:08}", 90_000_000 + number);
        let authority = crate::testing::authority(&format!("authority-{number}"), &cvr, "x.example");
        let service = services[service % 2];
        async move { service.submit(&operator("anna"), at(9), None, Change::AuthorityProposed { authority }).await }
    };
    let all = (0..20_usize).map(|number| propose(number, number));
    // Not one task each: that two services of one thread take turns is enough for them to overtake each other.
    let results = join_all(all).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    two.refresh().await.expect("read on");
    one.refresh().await.expect("read on");
    assert_eq!(one.current().authorities().count(), 21);
    assert_eq!(one.current(), two.current());
    let records = candidate.store.read(0, 1000).await.expect("records");
    assert_eq!(Registry::fold(records).as_ref(), Ok(one.current().as_ref()), "it is what follows from the records");
    let stale =
        Change::AuthorityProposed { authority: crate::testing::authority("authority-1", "90000001", "y.example") };
    let refused = services[1].submit(&operator("bo"), at(9), Some(2), stale.clone()).await;
    assert!(matches!(refused, Err(Refusal::Stale { seen: 2, .. })), "{refused:?}");
    let seen = services[1].current().head().number;
    assert!(services[1].submit(&operator("bo"), at(9), Some(seen), stale).await.is_ok());
}

/// Runs the whole list with a function that makes a future of a [`Candidate`](crate::conformance::Candidate): as tests of
/// their own, or `in turn` in the midst of one.
#[macro_export]
macro_rules! conformance_list {
    (in turn $candidate:expr) => {
        $crate::conformance_list!(@list in_turn $candidate);
    };
    (@list $how:ident $candidate:expr) => {
        $crate::conformance_list!(@$how $candidate;
            in_an_empty_store_nothing_stands
            records_are_read_as_they_were_appended_from_any_place
            a_record_that_does_not_follow_the_last_changes_nothing
            of_all_who_append_to_one_head_one_succeeds
            a_blob_is_found_as_it_was_put
            whoever_waits_is_told_of_a_change_within_a_second_or_so
            what_services_of_two_instances_write_is_one_history
        );
    };
    (@each $candidate:expr; $($rule:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                $crate::conformance::$rule($candidate().await).await;
            }
        )*
    };
    (@in_turn $candidate:expr; $($rule:ident)*) => {
        $( $crate::conformance::$rule($candidate().await).await; )*
    };
    ($candidate:expr) => {
        $crate::conformance_list!(@list each $candidate);
    };
}
