//! The indexes that this instance has in memory, and whom they leave out.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;
use overblik_connectors::Cpr;
use overblik_registry::IndexId;
use tokio::time::Instant;

use super::{
    entries::{Changed, Entries},
    fingerprint::{Fingerprint, IndexKey},
};
use crate::clock::Clock;

/// How long what is held counts after the store last said that it is still so.
const CONFIRMED_FOR: Duration = Duration::from_secs(3);

/// All indexes of this instance. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Indexes(Arc<Parts>);

struct Parts {
    clock: Clock,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// By the source's slug.
    held: BTreeMap<String, Held>,
    /// When the store was last known to say nothing else.
    confirmed: Option<Instant>,
}

/// The index of a source that the registry names.
struct Held {
    id: IndexId,
    expires: Timestamp,
    /// Or why it cannot be used.
    index: Result<Arc<Index>, String>,
}

/// An index in memory.
pub(super) struct Index {
    pub(super) key: IndexKey,
    pub(super) entries: RwLock<Entries>,
}

impl Index {
    pub(super) fn new(key: IndexKey, loaded: Vec<Fingerprint>) -> Self {
        Self { key, entries: RwLock::new(Entries::new(loaded)) }
    }

    /// Whether it names a citizen.
    pub(super) fn contains(&self, citizen: Fingerprint) -> bool {
        self.read(|entries| entries.contain(citizen))
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Entries) -> T) -> T {
        read(&self.entries.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn apply(&self, changes: Vec<Changed>) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            entries.apply(change);
        }
    }
}

/// How an index is at this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HowItIs {
    /// Citizens who are not in it are not asked about; how many are.
    InUse(u64),
    /// All are asked about, and why.
    Away(String),
}

impl Indexes {
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Arc::new(Parts { clock, state: RwLock::default() }))
    }

    /// Whether a source's index says that it holds nothing about a citizen. Where there is no index, or any doubt about it, it
    /// says nothing.
    pub(crate) fn leave_out(&self, source: &str, citizen: &Cpr) -> bool {
        let index = {
            let state = self.state();
            if state.held.is_empty() || !state.is_confirmed() {
                return false;
            }
            state
                .held
                .get(source)
                .filter(|held| held.expires > self.0.clock.now())
                .and_then(|held| held.usable().cloned())
        };
        index.is_some_and(|index| !index.contains(index.key.fingerprint(citizen)))
    }

    /// The time that indexes are over by.
    pub(super) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// How the index of a source is that has this name.
    pub(crate) fn how_it_is(&self, source: &str, id: &IndexId) -> HowItIs {
        let state = self.state();
        match state.held.get(source).filter(|held| held.id == *id).map(|held| &held.index) {
            Some(Ok(_)) if !state.is_confirmed() => HowItIs::Away("where indexes are kept is away".to_owned()),
            Some(Ok(index)) => HowItIs::InUse(index.read(Entries::count)),
            Some(Err(why)) => HowItIs::Away(why.clone()),
            None => HowItIs::Away("it is not loaded here yet".to_owned()),
        }
    }

    /// The index of a source that has this name, if it can be used.
    pub(super) fn usable(&self, source: &str, id: &IndexId) -> Option<Arc<Index>> {
        self.state().held.get(source).filter(|held| held.id == *id)?.usable().cloned()
    }

    /// Every index that can be used: the source, its name, and how many changes of it are known.
    pub(super) fn all_usable(&self) -> Vec<(String, IndexId, Arc<Index>)> {
        let state = self.state();
        let usable = state
            .held
            .iter()
            .filter_map(|(source, held)| Some((source.clone(), held.id.clone(), Arc::clone(held.usable()?))));
        usable.collect()
    }

    /// Holds an index from now on, or why it cannot be used; another that was in its place is handed back.
    pub(super) fn hold(
        &self,
        source: &str,
        id: &IndexId,
        expires: Timestamp,
        index: Result<Arc<Index>, String>,
    ) -> Option<IndexId> {
        let held = Held { id: id.clone(), expires, index };
        let former = self.change(|state| state.held.insert(source.to_owned(), held));
        former.map(|former| former.id).filter(|former| former != id)
    }

    /// Holds an index no more of which somebody says why not.
    pub(super) fn give_up(&self, source: &str, id: &IndexId, why: String) {
        self.change(|state| {
            if let Some(held) = state.held.get_mut(source).filter(|held| held.id == *id) {
                held.index = Err(why);
            }
        });
    }

    /// Forgets all but these, and tells which were forgotten.
    pub(super) fn keep_only(&self, named: &BTreeMap<String, IndexId>) -> Vec<IndexId> {
        let mut forgotten = Vec::new();
        self.change(|state| {
            state.held.retain(|source, held| {
                let is_named = named.get(source) == Some(&held.id);
                if !is_named {
                    forgotten.push(held.id.clone());
                }
                is_named
            });
        });
        forgotten
    }

    /// Notes that what is held was so at this moment.
    pub(super) fn confirm(&self, at: Instant) {
        self.change(|state| state.confirmed = Some(at));
    }

    fn state(&self) -> std::sync::RwLockReadGuard<'_, State> {
        // Whatever is under the lock is exchanged whole.
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn is_confirmed(&self) -> bool {
        self.confirmed.is_some_and(|at| at.elapsed() < CONFIRMED_FOR)
    }
}

impl Held {
    fn usable(&self) -> Option<&Arc<Index>> {
        self.index.as_ref().ok()
    }
}

impl fmt::Debug for Indexes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Indexes")
    }
}

#[cfg(test)]
impl Indexes {
    /// With an index of a source that names these citizens, made by a test.
    pub(crate) fn with(self, source: &str, citizens: &[&str]) -> Self {
        use super::fingerprint::tests::{citizen, index, master};
        let key = IndexKey::of(&master(1), source, &index("a"));
        let mut entries: Vec<_> = citizens.iter().map(|number| key.fingerprint(&citizen(number))).collect();
        entries.sort_unstable();
        self.hold(source, &index("a"), Timestamp::MAX, Ok(Arc::new(Index::new(key, entries))));
        self.confirm(Instant::now());
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::index::fingerprint::tests::{citizen, index, master};

    fn clock() -> (Arc<AtomicI64>, Clock) {
        let second = Arc::new(AtomicI64::new(0));
        let read = Arc::clone(&second);
        let clock = Clock::new(move || Timestamp::from_second(read.load(Ordering::Relaxed)).expect("a time"));
        (second, clock)
    }

    const IN: &str = "6101010001";
    const OUT: &str = "6101010002";

    fn holding(clock: Clock) -> Indexes {
        let indexes = Indexes::new(clock);
        let key = IndexKey::of(&master(1), "library", &index("a"));
        let entries = vec![key.fingerprint(&citizen(IN))];
        let expires = Timestamp::from_second(100).expect("a time");
        indexes.hold("library", &index("a"), expires, Ok(Arc::new(Index::new(key, entries))));
        indexes.confirm(Instant::now());
        indexes
    }

    #[tokio::test(start_paused = true)]
    async fn only_who_is_not_in_an_index_that_counts_is_left_out() {
        let (second, clock) = clock();
        let indexes = holding(clock);
        assert!(indexes.leave_out("library", &citizen(OUT)));
        assert!(!indexes.leave_out("library", &citizen(IN)));
        assert!(!indexes.leave_out("daycare", &citizen(OUT)), "which has none");
        second.store(99, Ordering::Relaxed);
        assert!(indexes.leave_out("library", &citizen(OUT)));
        second.store(100, Ordering::Relaxed);
        assert!(!indexes.leave_out("library", &citizen(OUT)), "it is over");
        assert_eq!(indexes.how_it_is("library", &index("a")), HowItIs::InUse(1));
        assert!(matches!(indexes.how_it_is("library", &index("b")), HowItIs::Away(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_says_is_still_so_leaves_nobody_out() {
        let indexes = holding(clock().1);
        tokio::time::advance(Duration::from_millis(2_999)).await;
        assert!(indexes.leave_out("library", &citizen(OUT)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!indexes.leave_out("library", &citizen(OUT)));
        assert!(matches!(indexes.how_it_is("library", &index("a")), HowItIs::Away(_)));
        indexes.confirm(Instant::now());
        assert!(indexes.leave_out("library", &citizen(OUT)), "and does again when somebody says so");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_given_up_or_no_longer_named_leaves_nobody_out() {
        let indexes = holding(clock().1);
        indexes.give_up("library", &index("b"), "another".to_owned());
        assert!(indexes.leave_out("library", &citizen(OUT)));
        indexes.give_up("library", &index("a"), "it is damaged".to_owned());
        assert!(!indexes.leave_out("library", &citizen(OUT)));
        assert_eq!(indexes.how_it_is("library", &index("a")), HowItIs::Away("it is damaged".to_owned()));

        let indexes = holding(clock().1);
        assert!(indexes.keep_only(&[("library".to_owned(), index("a"))].into()).is_empty());
        assert!(indexes.leave_out("library", &citizen(OUT)));
        assert_eq!(indexes.keep_only(&[("library".to_owned(), index("b"))].into()), [index("a")]);
        assert!(!indexes.leave_out("library", &citizen(OUT)));
    }
}
