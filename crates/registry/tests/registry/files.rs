//! The store of files does what every store must.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use overblik_registry::{FileStore, StoreError, conformance::Candidate};

fn candidate() -> Ready<Candidate> {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FileStore::open(folder.path()).expect("a store");
    let other = FileStore::read_only(folder.path()).expect("a reader");
    ready(Candidate { store: Arc::new(store), other: Arc::new(other), other_writes: false, kept: Box::new(folder) })
}

overblik_registry::conformance_list!(candidate);

#[test]
fn a_second_writer_is_told_who_is_there_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = FileStore::open(folder.path()).expect("a store");
    let Err(StoreError::Locked(message)) = FileStore::open(folder.path()) else { panic!("two write") };
    assert!(message.contains(&format!("another process ({})", std::process::id())), "{message}");
    assert!(message.contains("stop it, or make the change through its admin API"), "{message}");
    assert!(FileStore::read_only(folder.path()).is_ok(), "whoever reads needs no lock");
    drop(first);
    assert!(FileStore::open(folder.path()).is_ok(), "the lock goes with its holder");
}
