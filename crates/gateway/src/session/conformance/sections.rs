//! What every session store must do with the sections that are kept of a session.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use overblik_connectors::Pseudonym;
use tokio::task::JoinSet;

use super::{Candidate, IDLE_S};
use crate::session::{
    master_keys::KeyId,
    section_seal::SectionName,
    store::{MOST_KEPT_OF_SESSION, Owner, ProviderSession, SealedSection, SessionKey},
};

impl Candidate {
    async fn keep(&self, key: SessionKey, name: u8, sealed: &[u8]) {
        let sealed = Bytes::copy_from_slice(sealed);
        self.store.keep_section(key, section(name, sealed)).await.expect("an answer");
    }

    /// What is kept of a session, by the first byte of its name; `None` if there is no session.
    async fn kept(&self, key: SessionKey) -> Option<HashMap<u8, Bytes>> {
        let (_, kept) = self.store.find_with_sections(key).await.expect("an answer")?;
        Some(kept.iter().map(|(name, sealed)| (name.0[0], sealed.clone())).collect())
    }
}

fn section(name: u8, sealed: Bytes) -> SealedSection {
    SealedSection { name: SectionName([name; 32]), source: "library".into(), sealed }
}

fn as_kept(sections: &[(u8, &[u8])]) -> HashMap<u8, Bytes> {
    sections.iter().map(|(name, sealed)| (*name, Bytes::copy_from_slice(sealed))).collect()
}

pub(crate) async fn sections_are_found_with_their_session_and_with_no_other(candidate: Candidate) {
    let (key, other) = (candidate.begin(1, 1, "a").await, candidate.begin(2, 1, "a").await);
    assert_eq!(candidate.kept(key).await, Some(as_kept(&[])));
    candidate.keep(key, 1, b"one").await;
    candidate.keep(key, 2, &[0, 255, 13, 10]).await;
    candidate.keep(other, 1, b"another's").await;
    candidate.keep(key, 1, b"one, anew").await;
    assert_eq!(candidate.kept(key).await, Some(as_kept(&[(1, b"one, anew"), (2, &[0, 255, 13, 10])])));
    assert_eq!(candidate.kept(other).await, Some(as_kept(&[(1, b"another's")])));
    let (record, _) = candidate.store.find_with_sections(key).await.expect("an answer").expect("a session");
    assert_eq!(record, candidate.record(1, "a"), "the record is the one that is found without them");
    assert_eq!(candidate.store.find(key).await, Ok(Some(record)));
    assert_eq!(candidate.kept(SessionKey([9; 32])).await, None);
    // Neither activity nor renewed tokens touch them.
    candidate.store.touch(key).await.expect("touched");
    assert_eq!(candidate.store.replace(key, 0, vec![7]).await, Ok(true));
    assert_eq!(candidate.kept(key).await.map(|kept| kept.len()), Some(2));
}

pub(crate) async fn r31_sections_go_with_their_session_however_it_ends(candidate: Candidate) {
    let store = &candidate.store;
    let mut number = 0;
    let mut begin = async |citizen| {
        number += 1;
        let key = candidate.begin(number, citizen, if citizen == 8 { "old" } else { "a" }).await;
        candidate.keep(key, 1, b"something").await;
        key
    };
    let ended = begin(1).await;
    store.end(ended).await.expect("ended");
    let of_citizen = begin(2).await;
    let owner = Owner::Citizen(Pseudonym::from_keyed_hash([2; 16]));
    store.end_of(&owner, candidate.time.now()).await.expect("ended");
    let of_provider = begin(3).await;
    let owner = Owner::ProviderSession(ProviderSession([1; 16]));
    store.end_of(&owner, candidate.time.now()).await.expect("ended");
    let of_removed_key = begin(8).await;
    store.end_sealed_under(&KeyId::parse("old").expect("an id")).await.expect("ended");
    for key in [ended, of_citizen, of_provider, of_removed_key] {
        // What comes too late finds no session, and leaves nothing for the next one of that key.
        candidate.keep(key, 2, b"too late").await;
        assert_eq!(candidate.kept(key).await, None);
    }
    // Odd ones came from the session at the provider that is over for good; some time has passed since the other logouts.
    candidate.time.pass(1);
    for key in [ended, of_citizen, of_removed_key] {
        store.create(key, candidate.record(4, "a")).await.expect("an answer");
        assert_eq!(candidate.kept(key).await, Some(as_kept(&[])));
    }
    let idle = begin(6).await;
    candidate.time.pass(IDLE_S);
    assert_eq!(candidate.kept(idle).await, None);
    candidate.keep(idle, 2, b"too late").await;
    store.remove_expired().await.expect("removed");
    assert_eq!(candidate.kept(idle).await, None);
}

pub(crate) async fn r31_of_an_answer_and_a_logout_that_meet_nothing_is_left(candidate: Candidate) {
    for round in 0..100 {
        let key = candidate.begin(round, round, "a").await;
        let (keeping, ending) = (Arc::clone(&candidate.store), Arc::clone(&candidate.store));
        let mut both = JoinSet::new();
        both.spawn(async move { keeping.keep_section(key, section(1, Bytes::from_static(b"late"))).await });
        both.spawn(async move { ending.end(key).await });
        assert!(both.join_all().await.iter().all(Result::is_ok));
        candidate.begin(round, round, "a").await;
        assert_eq!(candidate.kept(key).await, Some(as_kept(&[])), "round {round}");
    }
}

pub(crate) async fn of_one_session_a_bounded_amount_is_kept(candidate: Candidate) {
    let (key, other) = (candidate.begin(1, 1, "a").await, candidate.begin(2, 1, "a").await);
    candidate.keep(other, 1, b"another's").await;
    let large = vec![1; MOST_KEPT_OF_SESSION / 3];
    for name in 0..10 {
        candidate.keep(key, name, &large).await;
        let kept = candidate.kept(key).await.expect("a session");
        assert!(kept.values().map(Bytes::len).sum::<usize>() <= MOST_KEPT_OF_SESSION);
        assert!(kept.contains_key(&name), "the last one is there");
    }
    candidate.keep(key, 0, b"small").await;
    for _ in 0..10 {
        candidate.keep(key, 9, &large).await;
    }
    let kept = candidate.kept(key).await.expect("a session");
    assert!(kept.contains_key(&0) && kept.contains_key(&9), "what takes its own place takes no more room");
    let before = candidate.kept(key).await;
    candidate.keep(key, 10, &vec![1; MOST_KEPT_OF_SESSION + 1]).await;
    assert_eq!(candidate.kept(key).await, before, "what is too large is not kept, and drives nothing out");
    assert_eq!(candidate.kept(other).await, Some(as_kept(&[(1, b"another's")])));
}
