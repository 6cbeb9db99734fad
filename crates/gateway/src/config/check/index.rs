//! The settings of indexes.

use crate::config::IndexConfig;

/// Longest that an index may last, in seconds: a year.
const LONGEST_S: u64 = 366 * 24 * 60 * 60;

/// Most entries that an index may have: more persons than have ever had a number. At 8 bytes each.
const MOST_ENTRIES: u64 = 20_000_000;

/// What is wrong with them.
pub(super) fn contradictions(settings: &IndexConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    wrong(
        settings.expires_after_s == 0 || settings.expires_after_s > settings.longest_s,
        "registry.index.expires_after_s",
        "must be at least 1 and at most registry.index.longest_s",
        "it holds for indexes whose source does not say when they expire",
    );
    wrong(
        settings.longest_s > LONGEST_S,
        "registry.index.longest_s",
        "is more than a year",
        "citizens about whom a source has something by now are not asked about as long as an old index counts",
    );
    wrong(
        !(1..=MOST_ENTRIES).contains(&settings.most_entries),
        "registry.index.most_entries",
        "must be at least 1 and at most 20000000",
        "an index is held in memory, at 8 bytes for each citizen",
    );
}
