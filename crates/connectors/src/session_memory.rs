//! What connectors remember for one session: tokens that sources gave for its citizen, and what look-ups found.
//!
//! What belongs to a source and no citizen, such as a token of the gateway's own, is remembered in the same way for as long as
//! the process lasts. It lives in this process's memory only, belongs to one session, and is dropped, overwritten, with it. Nothing in it is
//! older than it says of itself.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Most things remembered of one source for one session, so that no source's take the room of another's (requirement R46).
/// Of more, the one that lapses first goes, but never the one that just came.
const MOST_ENTRIES: usize = 64;

/// What is remembered, by the source's slug and a name within the source.
type Key = (String, String);

#[derive(Clone)]
struct Remembered {
    value: Arc<dyn Any + Send + Sync>,
    until: Instant,
}

/// What connectors remember for one session.
#[derive(Default)]
pub struct SessionMemory {
    remembered: Mutex<BTreeMap<Key, Remembered>>,
    /// One gate for each thing that is being fetched, so that it is fetched once.
    gates: Mutex<BTreeMap<Key, Arc<tokio::sync::Mutex<()>>>>,
}

impl SessionMemory {
    /// What is remembered of a source under a name, if it has not lapsed.
    #[must_use]
    pub(crate) fn recall<T: Any + Send + Sync>(&self, source: &str, name: &str) -> Option<Arc<T>> {
        let remembered = lock(&self.remembered);
        let entry = remembered.get(&(source.to_owned(), name.to_owned()))?;
        if entry.until <= Instant::now() {
            return None;
        }
        Arc::clone(&entry.value).downcast().ok()
    }

    /// Remembers something of a source for some time.
    pub(crate) fn remember<T: Any + Send + Sync>(&self, source: &str, name: &str, value: Arc<T>, time: Duration) {
        let mut remembered = lock(&self.remembered);
        let new = (source.to_owned(), name.to_owned());
        remembered.insert(new.clone(), Remembered { value, until: Instant::now() + time });
        // In the order of the keys, those of a source stand side by side.
        let of_source =
            || remembered.range((source.to_owned(), String::new())..).take_while(|(key, _)| key.0 == source);
        if of_source().count() > MOST_ENTRIES {
            let others = of_source().filter(|(key, _)| **key != new);
            let first = others.min_by_key(|(_, entry)| entry.until).map(|(key, _)| key.clone());
            first.and_then(|key| remembered.remove(&key));
        }
    }

    /// Forgets this very thing of a source, as when the source no longer takes it, and nothing that has taken its place.
    /// Whether it was there.
    pub(crate) fn forget_this<T: Any + Send + Sync>(&self, source: &str, name: &str, value: &Arc<T>) -> bool {
        let mut remembered = lock(&self.remembered);
        let key = (source.to_owned(), name.to_owned());
        let held = remembered.get(&key).and_then(|entry| Arc::clone(&entry.value).downcast::<T>().ok());
        let is_this = held.is_some_and(|held| Arc::ptr_eq(&held, value));
        is_this && remembered.remove(&key).is_some()
    }

    /// The gate through which only one caller at a time fetches something of a source; look again once it is passed.
    pub(crate) fn gate(&self, source: &str, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(lock(&self.gates).entry((source.to_owned(), name.to_owned())).or_default())
    }

    /// Forgets what has lapsed. Whether anything is left.
    pub fn drop_lapsed(&self) -> bool {
        let now = Instant::now();
        let mut remembered = lock(&self.remembered);
        remembered.retain(|_, entry| entry.until > now);
        !remembered.is_empty()
    }
}

impl fmt::Debug for SessionMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionMemory(..)")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code panics while holding one of these locks in a way that leaves a map half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_lapses_and_belongs_to_its_source() {
        let memory = SessionMemory::default();
        memory.remember("library", "token", Arc::new("t".to_owned()), Duration::from_mins(1));
        assert_eq!(memory.recall::<String>("library", "token").as_deref().map(String::as_str), Some("t"));
        assert!(memory.recall::<String>("daycare", "token").is_none());
        assert!(memory.recall::<u64>("library", "token").is_none(), "another type");
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(memory.recall::<String>("library", "token").is_none());
        assert!(!memory.drop_lapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn it_holds_a_bounded_number_of_things_and_drops_the_first_to_lapse() {
        let memory = SessionMemory::default();
        for number in 0..=MOST_ENTRIES {
            let time = Duration::from_secs(u64::try_from(number).expect("a number") + 1);
            memory.remember("library", &number.to_string(), Arc::new(number), time);
        }
        assert!(memory.recall::<usize>("library", "0").is_none());
        assert!(memory.recall::<usize>("library", "1").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn r46_what_a_source_is_remembered_by_takes_no_room_of_another_s_nor_of_its_token() {
        let memory = SessionMemory::default();
        let minute = Duration::from_mins(1);
        memory.remember("daycare", "token", Arc::new(()), minute);
        memory.remember("mail", "token", Arc::new(()), minute);
        for number in 0..2 * MOST_ENTRIES {
            memory.remember("library", &number.to_string(), Arc::new(number), 10 * minute);
        }
        memory.remember("library", "token", Arc::new(()), minute);
        for source in ["daycare", "mail", "library"] {
            assert!(memory.recall::<()>(source, "token").is_some(), "{source}");
        }
        let kept =
            (0..2 * MOST_ENTRIES).filter(|number| memory.recall::<usize>("library", &number.to_string()).is_some());
        assert_eq!(kept.count(), MOST_ENTRIES - 1);
    }
}
