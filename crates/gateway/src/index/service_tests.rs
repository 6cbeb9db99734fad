//! What indexes become when their keys, their store or a crash have their way. Whatever is in doubt leaves nobody out.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use overblik_registry::{
    FileStore,
    testing::{at, establish, libraries, library, library_files, machine_of},
};
use tempfile::TempDir;

use super::*;
use crate::{
    clock::Clock,
    index::{FileIndexes, fingerprint::tests::citizen, upload::WrongUpload},
};

const IN: &str = "6101010001";
const OUT: &str = "6101010002";

/// A store that can be away.
struct Sometimes {
    files: FileIndexes,
    away: AtomicBool,
    /// What another instance puts in an index's place while it is changed.
    overtaking: std::sync::Mutex<Option<(Arc<RegistryService>, IndexId)>>,
}

impl Sometimes {
    fn there(&self) -> Result<&FileIndexes, StoreError> {
        let away = || StoreError::Unavailable("away".to_owned());
        Some(&self.files).filter(|_| !self.away.load(Ordering::Relaxed)).ok_or_else(away)
    }
}

#[async_trait]
impl IndexStore for Sometimes {
    async fn put(&self, index: &IndexId, blocks: Vec<Bytes>, until: Timestamp) -> Result<(), StoreError> {
        self.there()?.put(index, blocks, until).await
    }

    async fn whole(&self, index: &IndexId) -> Result<Option<Vec<u8>>, StoreError> {
        self.there()?.whole(index).await
    }

    async fn append(&self, index: &IndexId, so_far: u64, lines: Vec<u8>, until: Timestamp) -> Result<bool, StoreError> {
        let appended = self.there()?.append(index, so_far, lines, until).await;
        let overtaking = self.overtaking.lock().expect("no panic").take();
        if let Some((registry, index)) = overtaking {
            let loaded = Change::IndexLoaded { source: library(), index, entries: 1, expires: at(900) };
            registry.submit(&machine_of("birkerup-libraries", "ci"), at(10), None, loaded).await.expect("on record");
        }
        appended
    }

    async fn changes(&self, after: &[(IndexId, u64)]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.there()?.changes(after).await
    }

    async fn remove(&self, index: &IndexId) -> Result<(), StoreError> {
        self.there()?.remove(index).await
    }

    async fn keep_only(&self, named: &[IndexId]) -> Result<(), StoreError> {
        self.there()?.keep_only(named).await
    }
}

struct World {
    folder: TempDir,
    registry: Arc<RegistryService>,
}

/// An instance that was started on it.
struct Instance {
    service: IndexService,
    indexes: Indexes,
    store: Arc<Sometimes>,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = FileStore::open(&folder.path().join("registry")).expect("a store");
        let registry =
            RegistryService::open(Arc::new(store), folder.path().join("unfolded")).await.expect("a registry");
        establish(&registry, libraries()).await;
        let ci = machine_of("birkerup-libraries", "ci");
        let owned = (&libraries().slug, &library());
        registry.push(&ci, at(1), None, owned, &library_files()).await.expect("pushed");
        let world = Self { folder, registry: Arc::new(registry) };
        world.write_keys(&[("2026-11", 1)]);
        world
    }

    fn keys_file(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    fn write_keys(&self, keys: &[(&str, u8)]) {
        let line = |(id, seed): &(&str, u8)| {
            let bytes: Vec<u8> = (0..32_u8).map(|number| number.wrapping_mul(37).wrapping_add(*seed)).collect();
            format!("{id} {}\n", STANDARD.encode(bytes))
        };
        fs::write(self.keys_file(), keys.iter().map(line).collect::<String>()).expect("written");
    }

    /// Starts an instance, which has looked once.
    async fn start(&self) -> Instance {
        let settings =
            IndexConfig { keys_file: self.keys_file(), expires_after_s: 1000, longest_s: 1000, most_entries: 100 };
        let files = FileIndexes::open(&self.folder.path().join("registry")).expect("a store");
        let store =
            Arc::new(Sometimes { files, away: AtomicBool::new(false), overtaking: std::sync::Mutex::default() });
        let (indexes, kept): (_, Arc<dyn IndexStore>) = (Indexes::new(Clock::new(|| at(10))), Arc::clone(&store) as _);
        let registry = Arc::clone(&self.registry);
        let opened =
            IndexService::open(&settings, AcceptedPersons::FictitiousToo, indexes.clone(), registry, kept).await;
        let service = opened.expect("usable keys");
        service.catch_up().await;
        Instance { service, indexes, store }
    }

    fn files(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.folder.path().join("registry/indexes")).expect("a folder");
        let mut files: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    }
}

impl Instance {
    async fn load(&self, world: &World, numbers: &[&str]) -> Result<(), NotChanged> {
        let begun = self.service.begin(&library());
        let citizens = numbers.iter().map(|number| begun.key.fingerprint(&citizen(number))).collect();
        let seen = world.registry.current().head().number;
        let ci = machine_of("birkerup-libraries", "ci");
        self.service.load(&ci, at(10), seen, begun, citizens, at(900)).await
    }

    async fn change(&self, number: &str, is_in: bool) -> Result<u64, NotChanged> {
        let target = self.service.to_change(&library())?;
        let citizens = vec![target.key().fingerprint(&citizen(number))];
        self.service.change(target, citizens, is_in).await
    }

    fn leaves_out(&self, number: &str) -> bool {
        self.indexes.leave_out(&library(), &citizen(number))
    }

    /// Whom it leaves out: nobody where it is in doubt.
    fn says(&self) -> (bool, bool) {
        (self.leaves_out(IN), self.leaves_out(OUT))
    }
}

const IN_USE: (bool, bool) = (false, true);
const ALL_ARE_ASKED: (bool, bool) = (false, false);

#[tokio::test]
async fn an_index_with_its_changes_is_there_again_after_a_restart() {
    let world = World::new().await;
    let first = world.start().await;
    assert_eq!(first.says(), ALL_ARE_ASKED);
    first.load(&world, &[IN, OUT]).await.expect("loaded");
    assert_eq!(first.says(), (false, false));
    assert_eq!(first.change(OUT, false).await, Ok(1));
    assert_eq!(first.change(OUT, false).await, Ok(0), "it is so already");
    assert_eq!((first.says(), world.files().len()), (IN_USE, 2));
    drop(first);
    let again = world.start().await;
    assert_eq!(again.says(), IN_USE);
    assert_eq!(again.change(OUT, true).await, Ok(1));
    assert_eq!(world.start().await.says(), (false, false));
    again.load(&world, &[IN]).await.expect("loaded");
    assert_eq!((again.says(), world.files().len()), (IN_USE, 1), "the former is gone");
}

#[tokio::test]
async fn what_a_crash_left_that_is_on_no_record_is_removed_at_the_next_start() {
    let world = World::new().await;
    let first = world.start().await;
    first.load(&world, &[IN]).await.expect("loaded");
    let stray = IndexId::parse("f".repeat(32)).expect("a name");
    first.store.files.put(&stray, vec![Bytes::from_static(b"x")], Timestamp::MAX).await.expect("kept");
    assert_eq!(world.files().len(), 2);
    assert_eq!((world.start().await.says(), world.files().len()), (IN_USE, 1));
}

#[tokio::test]
async fn a_store_that_is_away_or_a_damaged_index_leaves_nobody_out() {
    let world = World::new().await;
    let instance = world.start().await;
    instance.load(&world, &[IN]).await.expect("loaded");
    instance.store.away.store(true, Ordering::Relaxed);
    instance.service.catch_up().await;
    assert_eq!(instance.says(), IN_USE, "it was so a moment ago");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(instance.says(), ALL_ARE_ASKED);
    tokio::time::resume();
    assert!(instance.change(OUT, true).await.is_err() && instance.load(&world, &[OUT]).await.is_err());
    instance.store.away.store(false, Ordering::Relaxed);
    instance.service.catch_up().await;
    assert_eq!(instance.says(), IN_USE, "and the former holds on");

    let file = world.files().remove(0);
    let good = fs::read(&file).expect("a file");
    for damaged in [vec![], good[..good.len() - 1].to_vec(), [good.as_slice(), &[0]].concat()] {
        fs::write(&file, &damaged).expect("written");
        let other = world.start().await;
        assert_eq!(other.says(), ALL_ARE_ASKED);
        assert!(matches!(other.change(OUT, true).await, Err(NotChanged::NotInUse(_))));
    }
    fs::write(&file, &good).expect("written");
    assert_eq!(world.start().await.says(), IN_USE);
    fs::remove_file(&file).expect("removed");
    instance.service.catch_up().await;
    assert_eq!(instance.says(), ALL_ARE_ASKED, "nor one that is there no more");
    instance.load(&world, &[IN]).await.expect("loaded anew");
    assert_eq!(instance.says(), IN_USE);
}

#[tokio::test]
async fn r22_an_index_made_with_a_key_that_is_gone_leaves_nobody_out_until_it_is_loaded_anew() {
    let world = World::new().await;
    world.start().await.load(&world, &[IN]).await.expect("loaded");
    world.write_keys(&[("2026-12", 2), ("2026-11", 1)]);
    assert_eq!(world.start().await.says(), IN_USE, "a former key opens what it made");
    world.write_keys(&[("2026-12", 2)]);
    let rotated = world.start().await;
    assert_eq!(rotated.says(), ALL_ARE_ASKED);
    let id = world.registry.current().source(&library()).and_then(|source| source.index.clone()).expect("one").id;
    let how = rotated.service.how_it_is(&library(), &id);
    assert!(matches!(&how, HowItIs::Away(why) if why.contains("registry.index.keys_file")), "{how:?}");
    rotated.load(&world, &[IN]).await.expect("loaded anew");
    assert_eq!(rotated.says(), IN_USE);
    world.write_keys(&[("2026-12", 3)]);
    assert_eq!(world.start().await.says(), ALL_ARE_ASKED, "nor with another key of the same name");
}

#[tokio::test]
async fn r22_a_key_that_is_taken_out_of_the_file_opens_nothing_from_then_on_without_a_restart() {
    let world = World::new().await;
    let instance = world.start().await;
    instance.load(&world, &[IN]).await.expect("loaded");
    let id = world.registry.current().source(&library()).and_then(|source| source.index.clone()).expect("one").id;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    tokio::time::pause();
    instance.service.follow(&tasks, &stop);
    world.write_keys(&[("2026-12", 2)]);
    let is_away =
        || matches!(instance.service.how_it_is(&library(), &id), HowItIs::Away(why) if why.contains("keys_file"));
    for _ in 0..100 {
        if is_away() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(is_away(), "{:?}", instance.service.how_it_is(&library(), &id));
    assert_eq!(instance.says(), ALL_ARE_ASKED);
    stop.cancel();
    tasks.close();
    tasks.wait().await;
}

#[tokio::test]
async fn what_the_registry_refuses_changes_nothing_and_is_not_kept() {
    let world = World::new().await;
    let instance = world.start().await;
    instance.load(&world, &[IN]).await.expect("loaded");
    let begun = instance.service.begin(&library());
    let citizens = vec![begun.key.fingerprint(&citizen(OUT))];
    let stranger = machine_of("other", "ci");
    let refused = instance.service.load(&stranger, at(10), 9, begun, citizens, at(900)).await;
    assert!(matches!(refused, Err(NotChanged::Refused(Refusal::NotFound { .. }))), "{refused:?}");
    assert_eq!((instance.says(), world.files().len()), (IN_USE, 1));
    let target = instance.service.to_change(&library()).expect("one");
    instance.load(&world, &[IN]).await.expect("loaded");
    let late = instance.service.change(target, Vec::new(), true).await;
    assert!(matches!(late, Err(NotChanged::NotInUse(_))), "it was sent about another: {late:?}");
    let key = IndexKey::of(instance.service.0.keys.keys().first(), "library", &IndexId::from_chance([1; 16]));
    let mut upload = instance.service.upload(&key, 1);
    assert_eq!(upload.take(b"6101010001\n6101010001\n"), Err(WrongUpload::More(1)));
}

#[tokio::test]
async fn what_was_added_and_is_gone_from_the_store_leaves_nobody_out() {
    let world = World::new().await;
    let instance = world.start().await;
    instance.load(&world, &[IN]).await.expect("loaded");
    assert_eq!((instance.change(OUT, true).await, instance.says()), (Ok(1), (false, false)));
    let changes = world.files().pop().expect("a file");
    assert!(changes.to_string_lossy().ends_with(".changes"), "{}", changes.display());
    // As a store that was turned back to a moment before.
    fs::write(&changes, []).expect("written");
    for _ in 0..3 {
        instance.service.catch_up().await;
        assert_eq!(instance.says(), (false, false), "they were told that {OUT} is in it");
    }
    assert!(matches!(instance.change(OUT, true).await, Err(NotChanged::NotInUse(why)) if why.contains("gone")));
    instance.load(&world, &[IN]).await.expect("loaded anew");
    assert_eq!(instance.says(), IN_USE);
}

#[tokio::test]
async fn r22_an_index_is_not_used_whose_key_was_taken_out_while_its_lines_came() {
    let world = World::new().await;
    let instance = world.start().await;
    let begun = instance.service.begin(&library());
    let citizens = vec![begun.key.fingerprint(&citizen(IN))];
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    tokio::time::pause();
    instance.service.follow(&tasks, &stop);
    world.write_keys(&[("2026-12", 2)]);
    let is_exchanged = || instance.service.0.keys.keys().first().id().as_str() == "2026-12";
    for _ in 0..100 {
        if is_exchanged() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(is_exchanged());
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    let seen = world.registry.current().head().number;
    let ci = machine_of("birkerup-libraries", "ci");
    let loaded = instance.service.load(&ci, at(10), seen, begun, citizens, at(900)).await;
    assert!(matches!(&loaded, Err(NotChanged::NotInUse(why)) if why.contains("keys_file")), "{loaded:?}");
    assert_eq!((instance.says(), world.files().len()), (ALL_ARE_ASKED, 0));
}

#[tokio::test]
async fn who_adds_somebody_to_an_index_that_another_takes_the_place_of_is_told() {
    let world = World::new().await;
    let instance = world.start().await;
    instance.load(&world, &[IN]).await.expect("loaded");
    let other = IndexId::parse("e".repeat(32)).expect("a name");
    *instance.store.overtaking.lock().expect("no panic") = Some((Arc::clone(&world.registry), other));
    let added = instance.change(OUT, true).await;
    assert!(matches!(&added, Err(NotChanged::NotInUse(why)) if why.contains("took its place")), "{added:?}");
    instance.service.catch_up().await;
    assert_eq!(instance.says(), ALL_ARE_ASKED, "until the other is there");
}
