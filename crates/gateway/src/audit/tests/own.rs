//! Whose entries are whose.

use std::collections::BTreeSet;

use super::{GERT, SIGNE, Time, ask, citizen, ring, trail, trail_with, written};
use crate::{
    audit::{Trail, own_log::ON_A_PAGE},
    config::AuditConfig,
};

/// The numbers of all entries that a citizen finds, page by page.
async fn own(trail: &Trail, about: &str) -> Vec<u64> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = trail.about(&citizen(about), before).await.expect("readable").expect("kept here");
        assert!(page.entries.len() <= ON_A_PAGE);
        all.extend(page.entries.iter().map(|entry| entry.record.number));
        before = page.next();
        if before.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn r63_two_citizens_find_exactly_their_own_newest_first_over_every_segment_and_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 60).await;
    // The same after the next process has opened it, and while it writes.
    let trail = trail(folder.path(), &time);
    trail.begin().await.expect("begun");
    ask(&trail, SIGNE, "daycare");
    while own(&trail, SIGNE).await.len() < 61 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (signe, gert) = (own(&trail, SIGNE).await, own(&trail, GERT).await);
    assert_eq!((signe.len(), gert.len()), (61, 60));
    for own in [&signe, &gert] {
        assert!(own.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once: {own:?}");
    }
    let all: BTreeSet<_> = signe.iter().chain(&gert).collect();
    assert_eq!(all.len(), 121, "nobody's is another's");
    assert!(own(&trail, "6101010003").await.is_empty());
    trail.finish().await;
}

#[tokio::test]
async fn entries_under_a_former_key_are_found_for_as_long_as_it_is_in_the_ring() {
    let folder = tempfile::tempdir().expect("a folder");
    let (time, config) = (Time::default(), AuditConfig::default());
    let rings = [ring(("old", 3), &[]), ring(("new", 4), &[("old", 3)])];
    for keys in rings {
        let trail = trail_with(folder.path(), &time, keys, &config);
        trail.begin().await.expect("begun");
        ask(&trail, SIGNE, "library");
        trail.finish().await;
    }
    let found = async |keys| {
        let trail = trail_with(folder.path(), &time, keys, &config);
        trail.begin().await.expect("begun");
        let found = own(&trail, SIGNE).await.len();
        trail.finish().await;
        found
    };
    assert_eq!(found(ring(("new", 4), &[("old", 3)])).await, 2);
    assert_eq!(found(ring(("newest", 5), &[("new", 4), ("old", 3)])).await, 2);
    assert_eq!(found(ring(("newest", 5), &[("new", 4)])).await, 1, "with the key goes the way to its entries");
}
