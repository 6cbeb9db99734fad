//! The keys of those who are logged in. A key lasts a few calls, so that everybody who asks has to cope with one that has
//! expired.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::secret::{self, NoRandomness};

/// How many calls a key is good for: a few visits to an overview.
pub(super) const USES: u32 = 8;

/// The keys that were given, with the calls that each is still good for.
#[derive(Default)]
pub(super) struct SessionKeys(Mutex<BTreeMap<String, u32>>);

impl SessionKeys {
    /// Gives a new key.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub(super) fn give(&self) -> Result<String, NoRandomness> {
        let key = secret::random()?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), USES);
        Ok(key)
    }

    /// Whether a key counts; it counts for one call less then.
    pub(super) fn use_up(&self, key: &str) -> bool {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = keys.get_mut(key) else { return false };
        *left = left.saturating_sub(1);
        if *left == 0 {
            keys.remove(key);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_for_so_many_calls() {
        let keys = SessionKeys::default();
        let key = keys.give().expect("a key");
        assert!((0..USES).all(|_| keys.use_up(&key)));
        assert!(!keys.use_up(&key) && !keys.use_up(""));
    }
}
