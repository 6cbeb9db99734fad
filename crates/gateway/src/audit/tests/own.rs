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
        all.extend(page.entries.iter().map(|entry| entry.position.0));
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
async fn r63_an_entry_that_cannot_be_read_hides_no_other_and_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    written(folder.path(), &time, 60).await;
    // In a closed segment, behind its first line: what a later version may have written, and what somebody changed.
    let path = super::segments(folder.path()).swap_remove(2);
    let spoil = |with: fn(&str) -> String| {
        let text = std::fs::read_to_string(&path).expect("text");
        let (first, others) = text.split_once('\n').expect("lines");
        std::fs::write(&path, format!("{first}\n{}", with(others))).expect("written");
    };
    for with in [
        |text: &str| text.replacen("\"source\"", "\"later\":1,\"source\"", 2),
        |text: &str| text.replacen("\"duration_ms\":12", "\"duration_ms\":13", 6).replacen("\"later\":1,", "", 2),
    ] {
        spoil(with);
        std::fs::remove_file(path.with_extension("index")).expect("it is made anew");
        let trail = trail(folder.path(), &time);
        trail.begin().await.expect("begun");
        let (mut unreadable, mut before) = (0, None);
        for about in [SIGNE, GERT] {
            loop {
                let page = trail.about(&citizen(about), before).await.expect("readable").expect("kept here");
                unreadable += page.unreadable();
                before = page.next();
                if before.is_none() {
                    break;
                }
            }
        }
        assert!(unreadable >= 2, "{unreadable}");
        assert_eq!((own(&trail, SIGNE).await.len(), own(&trail, GERT).await.len()), (60, 60), "none is passed over");
        trail.finish().await;
    }
    // What does not even say which entry it is is a failure, and not nothing.
    let trail = trail(folder.path(), &time);
    trail.begin().await.expect("begun");
    spoil(|text| text.replace("\"number\"", "\"nummer\""));
    let mut before = None;
    let failed = loop {
        match trail.about(&citizen(SIGNE), before).await {
            Ok(page) => before = Some(page.expect("kept here").next().expect("it comes to that segment")),
            Err(error) => break error.to_string(),
        }
    };
    assert!(failed.contains("is no record"), "{failed}");
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
