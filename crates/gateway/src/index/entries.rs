//! Whom an index names, in memory: as it was loaded, and what changed since.

use std::collections::BTreeMap;

use super::fingerprint::Fingerprint;

/// Most changes of an index until it is loaded anew: at 17 bytes each on the disk, and some fifty in memory.
pub(crate) const MOST_CHANGES: u64 = 100_000;

/// That a citizen is in an index by now, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) citizen: Fingerprint,
    pub(super) is_in: bool,
}

/// See the module. Eight bytes for each citizen.
#[derive(Debug)]
pub(super) struct Entries {
    /// In order, each once.
    loaded: Vec<Fingerprint>,
    changed: BTreeMap<Fingerprint, bool>,
    /// How many changes there were.
    changes: u64,
    count: u64,
}

impl Entries {
    /// Of fingerprints in order, each once.
    pub(super) fn new(loaded: Vec<Fingerprint>) -> Self {
        let count = u64::try_from(loaded.len()).unwrap_or(u64::MAX);
        Self { loaded, changed: BTreeMap::new(), changes: 0, count }
    }

    pub(super) fn contain(&self, citizen: Fingerprint) -> bool {
        let changed = self.changed.get(&citizen).copied();
        changed.unwrap_or_else(|| self.loaded.binary_search(&citizen).is_ok())
    }

    /// Takes in the next change.
    pub(super) fn apply(&mut self, Changed { citizen, is_in }: Changed) {
        if self.contain(citizen) != is_in {
            self.count = if is_in { self.count.saturating_add(1) } else { self.count.saturating_sub(1) };
            self.changed.insert(citizen, is_in);
        }
        self.changes = self.changes.saturating_add(1);
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// How many citizens it names.
    pub(super) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_since_counts_more_than_what_was_loaded() {
        let mut entries = Entries::new([2, 5, 9].map(Fingerprint).to_vec());
        let holds =
            |entries: &Entries| (0..10).filter(|number| entries.contain(Fingerprint(*number))).collect::<Vec<_>>();
        assert_eq!((holds(&entries), entries.count()), (vec![2, 5, 9], 3));
        for (citizen, is_in) in [(5, false), (6, true), (6, true), (1, false), (5, false)] {
            entries.apply(Changed { citizen: Fingerprint(citizen), is_in });
        }
        assert_eq!((holds(&entries), entries.count(), entries.changes()), (vec![2, 6, 9], 3, 5));
        entries.apply(Changed { citizen: Fingerprint(5), is_in: true });
        assert_eq!((holds(&entries), entries.count()), (vec![2, 5, 6, 9], 4));
    }
}
