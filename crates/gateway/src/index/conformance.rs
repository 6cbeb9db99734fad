//! One list of tests for whatever keeps indexes.

use std::{any::Any, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;

use super::{at_rest::CHANGE, fingerprint::tests::index, store::IndexStore};

/// An empty store, as two instances see it.
pub(crate) struct Candidate {
    pub(crate) store: Arc<dyn IndexStore>,
    pub(crate) other: Arc<dyn IndexStore>,
    /// What must live as long as the store.
    pub(crate) kept: Box<dyn Any + Send>,
}

fn line(byte: u8) -> Vec<u8> {
    vec![byte; CHANGE]
}

pub(crate) async fn what_is_put_is_there_whole_for_every_instance(candidate: Candidate) {
    let Candidate { store, other, kept: _kept } = candidate;
    assert_eq!(store.whole(&index("a")).await, Ok(None));
    let blocks: Vec<_> = (0..5_u8).map(|byte| Bytes::from(vec![byte; 1024 * 1024])).collect();
    store.put(&index("a"), blocks.clone(), Timestamp::MAX).await.expect("kept");
    store.put(&index("b"), vec![Bytes::from_static(b"b")], Timestamp::MAX).await.expect("kept");
    for instance in [&store, &other] {
        assert_eq!(instance.whole(&index("a")).await, Ok(Some(blocks.concat())));
        assert_eq!(instance.whole(&index("b")).await, Ok(Some(b"b".to_vec())));
    }
    other.remove(&index("a")).await.expect("removed");
    other.remove(&index("a")).await.expect("twice is as good as once");
    assert_eq!(store.whole(&index("a")).await, Ok(None));
    assert_eq!(store.whole(&index("b")).await, Ok(Some(b"b".to_vec())));
}

pub(crate) async fn of_two_who_append_to_one_place_one_succeeds(candidate: Candidate) {
    let Candidate { store, other, kept: _kept } = candidate;
    let until = Timestamp::MAX;
    let (a, b) = (index("a"), index("b"));
    for one in [&a, &b] {
        store.put(one, vec![Bytes::from_static(b"x")], until).await.expect("kept");
    }
    assert_eq!(store.append(&a, 0, [line(1), line(2)].concat(), until).await, Ok(true));
    assert_eq!(other.append(&a, 0, line(3), until).await, Ok(false), "there are two by now");
    assert_eq!(other.append(&a, 3, line(3), until).await, Ok(false));
    assert_eq!(other.append(&a, 2, line(3), until).await, Ok(true));
    assert_eq!(store.append(&index("c"), 0, line(1), until).await, Ok(false), "there is no such index");
    let asked = [(a.clone(), 1), (b.clone(), 0), (index("c"), 0), (a.clone(), 3), (a.clone(), 0), (a.clone(), 4)];
    let expected = [
        Some([line(2), line(3)].concat()),
        Some(Vec::new()),
        None,
        Some(Vec::new()),
        Some([line(1), line(2), line(3)].concat()),
        None,
    ];
    for instance in [&store, &other] {
        assert_eq!(instance.changes(&asked).await, Ok(expected.to_vec()));
    }
    store.remove(&a).await.expect("removed");
    assert_eq!(store.changes(&[(a.clone(), 0), (b, 0)]).await, Ok(vec![None, Some(Vec::new())]));
    assert_eq!(other.append(&a, 0, line(9), until).await, Ok(false), "and nothing of it is left");
}

/// A test for each of the list, of what a function makes.
macro_rules! conformance_list {
    ($candidate:path) => {
        mod every_store {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn what_is_put_is_there_whole_for_every_instance() {
                crate::index::conformance::what_is_put_is_there_whole_for_every_instance($candidate().await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn of_two_who_append_to_one_place_one_succeeds() {
                crate::index::conformance::of_two_who_append_to_one_place_one_succeeds($candidate().await).await;
            }
        }
    };
}
pub(crate) use conformance_list;
