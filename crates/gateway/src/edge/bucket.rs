//! How often each caller did something lately, in bounded memory.
//!
//! For each key one moment is kept: when it will be as rested as somebody never seen (the generic cell rate algorithm).
//! Whoever is rested need not be kept.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::{capacity, config::Rate};

/// Keys kept at most, for each limit. All further ones share one place, so that making up keys gets nobody around a limit.
const MOST_KEYS: usize = 100_000;

/// With every place taken the rested are looked for at most this often.
const LOOK_EVERY: Micros = 1_000_000;

type Micros = i64;

/// Counts by key.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    /// Microseconds of rest that one time takes.
    interval: Micros,
    /// Microseconds of rest after which a key is as good as new.
    full_rest: Micros,
    most_keys: usize,
    kept: Mutex<Kept<K>>,
}

#[derive(Debug)]
struct Kept<K> {
    by_key: HashMap<K, Bucket>,
    everybody_else: Bucket,
    looked: Micros,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    rested: Micros,
    was_refused: bool,
}

/// Why something may not happen yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooOften {
    /// When it may.
    pub(crate) wait: Duration,
    /// Whether this is the first refusal since something was last allowed: worth a log line.
    pub(crate) is_first: bool,
}

impl<K: Eq + Hash> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self::with_most_keys(rate, MOST_KEYS)
    }

    fn with_most_keys(rate: Rate, most_keys: usize) -> Self {
        let interval = (60_000_000 / Micros::from(rate.per_minute.max(1))).max(1);
        Self {
            interval,
            full_rest: interval.saturating_mul(Micros::from(rate.at_once.max(1))),
            most_keys,
            kept: Mutex::new(Kept { by_key: HashMap::new(), everybody_else: Bucket::default(), looked: 0 }),
        }
    }

    /// Counts one time for a key, if it may be.
    pub(crate) fn count(&self, key: K, now: Timestamp) -> Result<(), TooOften> {
        let now = now.as_microsecond();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_key.len() >= self.most_keys && !kept.by_key.contains_key(&key) && now - kept.looked >= LOOK_EVERY {
            kept.looked = now;
            kept.by_key.retain(|_, bucket| !self.is_rested(*bucket, now));
        }
        let bucket = if kept.by_key.len() < self.most_keys || kept.by_key.contains_key(&key) {
            kept.by_key.entry(key).or_default()
        } else {
            &mut kept.everybody_else
        };
        // Never further ahead than a full rest, also when the machine's clock was set back.
        let rested = bucket.rested.clamp(now, now.saturating_add(self.full_rest));
        let after = rested.saturating_add(self.interval);
        let over = after - now - self.full_rest;
        if over > 0 {
            let is_first = !bucket.was_refused;
            *bucket = Bucket { rested, was_refused: true };
            return Err(TooOften { wait: Duration::from_micros(over.unsigned_abs()), is_first });
        }
        *bucket = Bucket { rested: after, was_refused: false };
        Ok(())
    }

    /// Forgets the keys that are as rested as those never seen, and gives their memory back.
    pub(crate) fn forget_rested(&self, now: Timestamp) {
        let now = now.as_microsecond();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_key.retain(|_, bucket| !self.is_rested(*bucket, now));
        capacity::fit(&mut kept.by_key);
    }

    /// A moment too far ahead was written before the clock was set back.
    fn is_rested(&self, bucket: Bucket, now: Micros) -> bool {
        bucket.rested <= now || bucket.rested > now.saturating_add(self.full_rest)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const RATE: Rate = Rate { per_minute: 60, at_once: 3 };

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365) + SignedDuration::from_millis(milliseconds)
    }

    #[test]
    fn r73_a_limit_is_reached_and_released() {
        let buckets = Buckets::new(RATE);
        for _ in 0..3 {
            assert_eq!(buckets.count("a", at(0)), Ok(()));
        }
        assert_eq!(buckets.count("a", at(0)), Err(TooOften { wait: Duration::from_secs(1), is_first: true }));
        assert_eq!(buckets.count("a", at(400)), Err(TooOften { wait: Duration::from_millis(600), is_first: false }));
        assert_eq!(buckets.count("b", at(400)), Ok(()), "nobody pays for another");
        assert_eq!(buckets.count("a", at(1_000)), Ok(()), "a refusal costs nothing");
        assert!(buckets.count("a", at(1_000)).is_err_and(|too_often| too_often.is_first));
        let allowed = (0..60_000).filter(|moment| buckets.count("a", at(2_000 + moment)).is_ok()).count();
        assert_eq!(allowed, 60, "sixty a minute in the long run");
    }

    #[test]
    fn r73_after_a_full_rest_as_many_at_once_as_ever() {
        let buckets = Buckets::new(RATE);
        for round in 0..3 {
            let now = at(round * 3_000);
            assert_eq!((0..10).filter(|_| buckets.count("a", now).is_ok()).count(), 3);
        }
    }

    #[test]
    fn r73_made_up_keys_neither_fill_the_memory_nor_get_around_the_limit() {
        let buckets = Buckets::with_most_keys(RATE, 1_000);
        let allowed = (0..10_000).filter(|key| buckets.count(*key, at(0)).is_ok()).count();
        assert_eq!(allowed, 1_000 + 3, "the rest shares one place");
        assert_eq!(buckets.count(7, at(0)), Ok(()), "whoever has a place keeps it");
        assert_eq!(buckets.kept.lock().expect("a lock").by_key.len(), 1_000);
        assert_eq!(buckets.count(10_001, at(3_001)), Ok(()), "those at rest make room");
        assert_eq!(buckets.kept.lock().expect("a lock").by_key.len(), 1);
        buckets.forget_rested(at(10_000));
        let kept = buckets.kept.lock().expect("a lock");
        assert_eq!((kept.by_key.len(), kept.by_key.capacity()), (0, 0));
    }

    #[test]
    fn r73_a_clock_that_is_set_back_shuts_nobody_out() {
        let buckets = Buckets::new(RATE);
        assert_eq!(buckets.count("a", at(3_600_000)), Ok(()));
        let refused = buckets.count("a", at(0)).expect_err("as if just exhausted");
        assert!(refused.wait <= Duration::from_secs(1), "{refused:?}");
        assert_eq!(buckets.count("a", at(1_000)), Ok(()));
    }
}
