//! How many of something each has at this moment, and that nobody has more than they may.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::capacity;

/// In the place of a limit: there is none.
const ANY: u64 = u64::MAX;

/// Counts by key. A key that has nothing takes no memory.
#[derive(Debug)]
pub(crate) struct Tally<K> {
    most: AtomicU64,
    counts: Mutex<HashMap<K, u32>>,
}

impl<K: Clone + Eq + Hash> Tally<K> {
    /// Each key may have so many; without a number, any.
    pub(crate) fn new(most: Option<u32>) -> Arc<Self> {
        Arc::new(Self { most: AtomicU64::new(written(most)), counts: Mutex::default() })
    }

    /// Each may have so many from now on. Whoever has more keeps what it has.
    pub(crate) fn limit(&self, most: Option<u32>) {
        self.most.store(written(most), Ordering::Relaxed);
    }

    /// How many each may have.
    pub(crate) fn most(&self) -> Option<u32> {
        u32::try_from(self.most.load(Ordering::Relaxed)).ok()
    }

    /// One more for a key, for as long as what is returned lives; `None` when it has as many as it may.
    pub(crate) fn take(self: &Arc<Self>, key: K) -> Option<Taken<K>> {
        let mut counts = self.lock();
        let count = counts.get(&key).copied().unwrap_or(0);
        if self.most().is_some_and(|most| count >= most) {
            return None;
        }
        counts.insert(key.clone(), count.saturating_add(1));
        drop(counts);
        Some(Taken { tally: Arc::clone(self), key })
    }

    /// How many a key has.
    pub(crate) fn of(&self, key: &K) -> u32 {
        self.lock().get(key).copied().unwrap_or(0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        // One count at a time; a panic elsewhere cannot leave it half-done.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn written(most: Option<u32>) -> u64 {
    most.map_or(ANY, u64::from)
}

/// One that was counted. It is given back when this is dropped, on whatever way that happens.
#[derive(Debug)]
pub(crate) struct Taken<K: Clone + Eq + Hash> {
    tally: Arc<Tally<K>>,
    key: K,
}

impl<K: Clone + Eq + Hash> Drop for Taken<K> {
    fn drop(&mut self) {
        let mut counts = self.tally.lock();
        if let Some(count) = counts.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
        capacity::fit(&mut counts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_and_gives_it_back() {
        let tally = Tally::new(Some(2));
        let (one, two) = (tally.take("a"), tally.take("a"));
        assert!(one.is_some() && two.is_some() && tally.take("a").is_none());
        let other = tally.take("b");
        assert!(other.is_some());
        drop(one);
        assert_eq!((tally.of(&"a"), tally.of(&"b")), (1, 1));
        let again = tally.take("a");
        assert!(again.is_some());
        drop((two, other, again));
        assert!(tally.lock().is_empty(), "nothing is kept of whoever has nothing");
    }

    #[test]
    fn another_limit_takes_nothing_from_whoever_has_more() {
        let tally = Tally::new(Some(2));
        let held = (tally.take("a").expect("one"), tally.take("a").expect("two"));
        tally.limit(Some(1));
        assert!(tally.take("a").is_none() && tally.of(&"a") == 2);
        drop(held.0);
        assert!(tally.take("a").is_none(), "one is left, and one may be");
        tally.limit(None);
        assert!(tally.take("a").is_some() && tally.most().is_none());
    }

    #[test]
    fn without_a_limit_it_only_counts() {
        let tally = Tally::new(None);
        let taken: Vec<_> = (0..5000).map(|_| tally.take(()).expect("no limit")).collect();
        assert_eq!(tally.of(&()), 5000);
        drop(taken);
        assert_eq!(tally.of(&()), 0);
    }

    #[test]
    fn a_crowd_that_has_left_takes_no_room() {
        let tally = Tally::new(None);
        let crowd: Vec<_> = (0..5000).map(|key| tally.take(key).expect("no limit")).collect();
        assert!(tally.lock().capacity() >= 5000);
        drop(crowd);
        assert!(tally.lock().capacity() < 100);
    }

    #[test]
    fn a_panic_gives_back_what_it_held() {
        let tally = Tally::new(Some(1));
        let held = Arc::clone(&tally);
        let outcome = std::panic::catch_unwind(move || {
            let _held = held.take("a").expect("the first");
            panic!("on purpose");
        });
        assert!(outcome.is_err() && tally.take("a").is_some());
    }
}
