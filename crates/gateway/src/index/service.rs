//! What is done with indexes, and that every instance holds the same ones.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use overblik_connectors::AcceptedPersons;
use overblik_registry::{Actor, Change, IndexId, Refusal, RegistryService, Slug, StoreError};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    at_rest,
    entries::{Changed, Entries, MOST_CHANGES},
    fingerprint::{Fingerprint, IndexKey},
    held::{HowItIs, Index, Indexes},
    store::IndexStore,
    upload::Upload,
};
use crate::{
    config::IndexConfig,
    followed_file::{FileMistake, FileStanding},
    secrets::random_bytes,
    session::{
        key_file::{self, KeyFile},
        master_keys::KeyRing,
    },
};

/// How often the registry and the store are asked what is new.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long an index that cannot be used is left alone.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// How often changes are tried anew when another instance was faster.
const ATTEMPTS: usize = 5;

/// Why an index is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotChanged {
    /// The registry does not allow it.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// There is none that could be changed.
    #[error("there is no index in use that could be changed ({0}); load it anew")]
    NotInUse(String),
    /// It was changed too often.
    #[error("an index is changed at most {MOST_CHANGES} times; load it anew, as it is now")]
    TooOften,
    /// Others change it all the time.
    #[error("others change it all the time; try again")]
    Others,
}

impl From<StoreError> for NotChanged {
    fn from(error: StoreError) -> Self {
        Self::Refused(Refusal::Store(error))
    }
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct IndexService(Arc<Parts>);

struct Parts {
    settings: IndexConfig,
    accepted: AcceptedPersons,
    indexes: Indexes,
    registry: Arc<RegistryService>,
    store: Arc<dyn IndexStore>,
    keys: KeyRing,
    key_file: KeyFile,
    /// Held by whoever changes what is held.
    turn: Mutex<Turn>,
    /// Whether it was told that the store is away.
    told: AtomicBool,
}

#[derive(Default)]
struct Turn {
    /// How many changes of an index there were at most: a store that says less has lost some.
    changes: BTreeMap<IndexId, u64>,
    /// When what could not be used is tried again.
    again: BTreeMap<IndexId, Instant>,
}

impl IndexService {
    /// Over a store from which what crashes left is cleared away.
    ///
    /// # Errors
    /// [`FileMistake`] when the keys cannot be used.
    pub(crate) async fn open(
        settings: &IndexConfig,
        accepted: AcceptedPersons,
        indexes: Indexes,
        registry: Arc<RegistryService>,
        store: Arc<dyn IndexStore>,
    ) -> Result<Self, FileMistake> {
        let (key_file, keys) = key_file::open(Path::new(&settings.keys_file))?;
        let service = Self(Arc::new(Parts {
            settings: settings.clone(),
            accepted,
            indexes,
            registry,
            store,
            keys: KeyRing::new(keys),
            key_file,
            turn: Mutex::default(),
            told: AtomicBool::new(false),
        }));
        let named: Vec<_> = service.named().into_values().map(|(id, _)| id).collect();
        if let Err(error) = service.0.store.keep_only(&named).await {
            tracing::error!(%error, "what is left of former indexes cannot be removed");
        }
        Ok(service)
    }

    pub(crate) fn settings(&self) -> &IndexConfig {
        &self.0.settings
    }

    /// How the file of their keys stands.
    pub(crate) fn keys_file(&self) -> Arc<FileStanding> {
        self.0.key_file.standing()
    }

    /// How the index of a source is here.
    pub(crate) fn how_it_is(&self, source: &str, id: &IndexId) -> HowItIs {
        self.0.indexes.how_it_is(source, id)
    }

    /// Holds what the registry names, and what the store says of it by then, until stopped.
    pub(crate) fn follow(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let (service, stopped) = (self.clone(), stop.clone());
        tasks.spawn(async move { stopped.run_until_cancelled(service.keep_up()).await });
        let (service, stopped) = (self.clone(), stop.clone());
        tasks.spawn(async move { stopped.run_until_cancelled(service.follow_keys()).await });
    }

    /// Holds what the registry names by now.
    pub(crate) async fn catch_up(&self) {
        self.look(&mut *self.0.turn.lock().await).await;
    }

    async fn keep_up(&self) {
        let mut changes = self.0.registry.follow();
        loop {
            let is_more = self.look(&mut *self.0.turn.lock().await).await;
            if !is_more {
                drop(tokio::time::timeout(LOOK_EVERY, changes.changed()).await);
            }
        }
    }

    /// A key that is gone opens nothing any more; one that came may open what could not be read.
    async fn follow_keys(&self) {
        let mut file = self.0.key_file.clone();
        loop {
            match file.changed().await {
                Ok(keys) => {
                    let turn = &mut *self.0.turn.lock().await;
                    let gone = self.0.keys.exchange(keys);
                    for (source, id, index) in self.0.indexes.all_usable() {
                        if gone.contains(&index.key.master) {
                            let why = at_rest::Unreadable::Key.to_string();
                            tracing::warn!(source.id = source, why, "an index is used no more");
                            self.0.indexes.give_up(&source, &id, why);
                        }
                    }
                    turn.again.clear();
                }
                Err(mistake) => tracing::error!(%mistake, "the keys of indexes stay as they were"),
            }
        }
    }

    /// Looks once what the registry names and the store says. Whether there is more to be read.
    async fn look(&self, turn: &mut Turn) -> bool {
        match self.look_until_away(turn).await {
            Ok(is_more) => {
                if self.0.told.swap(false, Ordering::Relaxed) {
                    tracing::info!(event = "indexes_back", "indexes are used again");
                }
                is_more
            }
            Err(error) => {
                if !self.0.told.swap(true, Ordering::Relaxed) {
                    tracing::error!(event = "indexes_away", %error, "no index is used: all sources are asked about all");
                }
                false
            }
        }
    }

    async fn look_until_away(&self, turn: &mut Turn) -> Result<bool, StoreError> {
        let Parts { registry, indexes, store, .. } = &*self.0;
        let now = Instant::now();
        registry.refresh().await?;
        let named = self.named();
        let ids: BTreeMap<_, _> = named.iter().map(|(source, (id, _))| (source.clone(), id.clone())).collect();
        for forgotten in indexes.keep_only(&ids) {
            store.remove(&forgotten).await?;
        }
        turn.again.retain(|id, _| ids.values().any(|named| named == id));
        turn.changes.retain(|id, _| ids.values().any(|named| named == id));
        self.take_changes(turn).await?;
        indexes.confirm(now);
        let is_due = |source: &str, id: &IndexId| {
            indexes.usable(source, id).is_none() && turn.again.get(id).is_none_or(|at| *at <= now)
        };
        // One at a time: meanwhile the others must be known to be still so.
        let mut due = named.into_iter().filter(|(source, (id, _))| is_due(source, id));
        let Some((source, (id, expires))) = due.next() else { return Ok(false) };
        let is_more = due.next().is_some();
        let read = self.read(&source, &id).await?.and_then(|index| turn.holds_all(&id, index));
        if let Err(why) = &read {
            tracing::error!(source.id = source, why, "an index cannot be used: all are asked about");
            turn.again.insert(id.clone(), now + TRY_AGAIN_AFTER);
        }
        indexes.hold(&source, &id, expires, read.map(Arc::new));
        Ok(is_more)
    }

    /// The indexes that the registry names and that are not over, by source.
    fn named(&self) -> BTreeMap<String, (IndexId, Timestamp)> {
        let (registry, now) = (self.0.registry.current(), self.0.indexes.now());
        let named = registry.sources().filter_map(|source| {
            let index = source.index.as_ref().filter(|index| index.expires > now)?;
            Some((source.slug.to_string(), (index.id.clone(), index.expires)))
        });
        named.collect()
    }

    /// Takes in what was changed at other instances.
    async fn take_changes(&self, turn: &mut Turn) -> Result<(), StoreError> {
        let Parts { indexes, store, .. } = &*self.0;
        let usable = indexes.all_usable();
        if usable.is_empty() {
            return Ok(());
        }
        let asked: Vec<_> = usable.iter().map(|(_, id, index)| (id.clone(), index.read(Entries::changes))).collect();
        let came = store.changes(&asked).await?;
        for ((source, id, index), lines) in usable.into_iter().zip(came) {
            let known = index.read(Entries::changes);
            let why = match lines.map(|lines| at_rest::read_changes(&index.key, known, &lines)) {
                Some(Ok(changes)) => {
                    index.apply(changes);
                    turn.changes.insert(id, index.read(Entries::changes));
                    continue;
                }
                Some(Err(wrong)) => wrong.to_string(),
                None => "it is not there any more".to_owned(),
            };
            tracing::error!(source.id = source, why, "an index is used no more: all are asked about");
            indexes.give_up(&source, &id, why);
        }
        Ok(())
    }

    /// Reads an index as it is kept, with its changes; or why it cannot be used.
    async fn read(&self, source: &str, id: &IndexId) -> Result<Result<Index, String>, StoreError> {
        let Parts { store, keys, .. } = &*self.0;
        let not_there = || Ok(Err("it is not there".to_owned()));
        let Some(whole) = store.whole(id).await? else { return not_there() };
        let (keys, name, named) = (keys.keys(), source.to_owned(), id.clone());
        let reading = crate::blocking::run(move || at_rest::read(&whole, &keys, &name, &named));
        let read = reading.await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let (key, entries) = match read {
            Ok(read) => read,
            Err(wrong) => return Ok(Err(wrong.to_string())),
        };
        let changes = store.changes(&[(id.clone(), 0)]).await?;
        let Some(Some(lines)) = changes.into_iter().next() else { return not_there() };
        Ok(match at_rest::read_changes(&key, 0, &lines) {
            Ok(changes) => {
                let index = Index::new(key, entries);
                index.apply(changes);
                Ok(index)
            }
            Err(wrong) => Err(wrong.to_string()),
        })
    }

    /// Begins a new index of a source.
    pub(crate) fn begin(&self, source: &Slug) -> Begun {
        let id = IndexId::from_chance(random_bytes().first_chunk().copied().unwrap_or_default());
        let key = IndexKey::of(self.0.keys.keys().first(), source, &id);
        Begun { source: source.clone(), id, key }
    }

    /// Reads what is sent for an index, of so many lines at most.
    pub(crate) fn upload<'k>(&self, key: &'k IndexKey, most: u64) -> Upload<'k> {
        Upload::new(key, self.0.accepted, most)
    }

    /// Puts a new index in the place of the former, at once for whoever asks this instance. Until it is on record the former
    /// holds.
    ///
    /// # Errors
    /// [`NotChanged`]; then the former holds on.
    pub(crate) async fn load(
        &self,
        actor: &Actor,
        at: Timestamp,
        seen: u64,
        begun: Begun,
        mut citizens: Vec<Fingerprint>,
        expires: Timestamp,
    ) -> Result<(), NotChanged> {
        let Parts { registry, indexes, store, .. } = &*self.0;
        let Begun { source, id, key } = begun;
        let written = crate::blocking::run(move || {
            citizens.sort_unstable();
            citizens.dedup();
            let blocks = at_rest::write(&key, &citizens);
            (key, citizens, blocks)
        });
        let (key, citizens, blocks) = written.await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let entries = u64::try_from(citizens.len()).unwrap_or(u64::MAX);
        store.put(&id, blocks, expires).await?;
        let _turn = self.0.turn.lock().await;
        // A key may have been taken out of the file while the lines came.
        if !self.0.keys.keys().iter().any(|known| *known.id() == key.master) {
            store.remove(&id).await?;
            return Err(NotChanged::NotInUse(at_rest::Unreadable::Key.to_string()));
        }
        let change = Change::IndexLoaded { source: source.clone(), index: id.clone(), entries, expires };
        if let Err(refused) = registry.submit(actor, at, Some(seen), change).await {
            // Where the registry does not answer, it may be on record.
            if !matches!(refused, Refusal::Store(_)) {
                store.remove(&id).await?;
            }
            return Err(refused.into());
        }
        let former = indexes.hold(&source, &id, expires, Ok(Arc::new(Index::new(key, citizens))));
        tracing::info!(source.id = %source, entries, %expires, "index loaded");
        if let Some(former) = former {
            store.remove(&former).await?;
        }
        Ok(())
    }

    /// The index of a source, to be changed.
    ///
    /// # Errors
    /// [`NotChanged::NotInUse`].
    pub(crate) fn to_change(&self, source: &Slug) -> Result<ToChange, NotChanged> {
        let named = self.named().remove(source.as_str());
        let (id, expires) = named.ok_or_else(|| NotChanged::NotInUse("there is none, or it is over".to_owned()))?;
        match (self.0.indexes.usable(source, &id), self.how_it_is(source, &id)) {
            (Some(index), _) => Ok(ToChange { source: source.clone(), id, expires, index }),
            (None, HowItIs::Away(why)) => Err(NotChanged::NotInUse(why)),
            (None, HowItIs::InUse(_)) => Err(NotChanged::Others),
        }
    }

    /// Adds citizens to an index, or takes them out; how many were not in it, or were.
    ///
    /// # Errors
    /// [`NotChanged`].
    pub(crate) async fn change(
        &self,
        ToChange { source, id, expires, index }: ToChange,
        mut citizens: Vec<Fingerprint>,
        is_in: bool,
    ) -> Result<u64, NotChanged> {
        let Parts { registry, store, .. } = &*self.0;
        citizens.sort_unstable();
        citizens.dedup();
        let taken = || NotChanged::NotInUse("another took its place meanwhile".to_owned());
        let turn = &mut *self.0.turn.lock().await;
        for _ in 0..ATTEMPTS {
            self.take_changes(turn).await?;
            if self.to_change(&source)?.id != id {
                return Err(taken());
            }
            let other = citizens.iter().filter(|citizen| index.contains(**citizen) != is_in);
            let changes: Vec<_> = other.map(|citizen| Changed { citizen: *citizen, is_in }).collect();
            let (so_far, count) = (index.read(Entries::changes), u64::try_from(changes.len()).unwrap_or(u64::MAX));
            if count == 0 {
                return Ok(0);
            }
            if so_far.saturating_add(count) > MOST_CHANGES {
                return Err(NotChanged::TooOften);
            }
            let lines = at_rest::write_changes(&index.key, so_far, &changes);
            if store.append(&id, so_far, lines, expires).await? {
                // Another instance may have put another in its place, which has none of these.
                registry.refresh().await?;
                if self.named().get(source.as_str()).is_none_or(|(named, _)| *named != id) {
                    return Err(taken());
                }
                index.apply(changes);
                turn.changes.insert(id, index.read(Entries::changes));
                let (added, removed) = if is_in { (count, 0) } else { (0, count) };
                tracing::info!(source.id = %source, added, removed, "index changed");
                return Ok(count);
            }
        }
        Err(NotChanged::Others)
    }
}

impl Turn {
    /// An index that was read, unless changes are gone that were there: whoever was added by one of them would be left out.
    fn holds_all(&mut self, id: &IndexId, index: Index) -> Result<Index, String> {
        let (there, known) = (index.read(Entries::changes), self.changes.get(id).copied().unwrap_or_default());
        if there < known {
            return Err("changes of it are gone that were there".to_owned());
        }
        self.changes.insert(id.clone(), there);
        Ok(index)
    }
}

/// An index that is to be changed.
pub(crate) struct ToChange {
    source: Slug,
    id: IndexId,
    expires: Timestamp,
    index: Arc<Index>,
}

impl ToChange {
    pub(crate) fn key(&self) -> &IndexKey {
        &self.index.key
    }
}

/// A new index that is being sent.
pub(crate) struct Begun {
    source: Slug,
    id: IndexId,
    pub(crate) key: IndexKey,
}

impl fmt::Debug for IndexService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexService")
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
