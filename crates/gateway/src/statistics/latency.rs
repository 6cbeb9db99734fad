//! How long calls took, in classes with fixed bounds. Files keep the classes by position: a changed bound needs another
//! field.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// Upper bounds of the classes, each included, in milliseconds. What took longer than the last is in a class of its own.
pub const BOUNDS_MS: [u64; 17] =
    [25, 50, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 5000, 8000, 15_000, 30_000];

/// Classes there are.
pub(super) const CLASSES: usize = BOUNDS_MS.len() + 1;

/// The class of a call, counted from none.
pub(super) fn class_of(took: Duration) -> usize {
    BOUNDS_MS.partition_point(|bound| Duration::from_millis(*bound) < took)
}

/// Calls per class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency([u64; CLASSES]);

impl Latency {
    pub(super) fn of_classes(calls: [u64; CLASSES]) -> Self {
        Self(calls)
    }

    /// Adds another's calls.
    pub fn add(&mut self, other: &Self) {
        for (sum, calls) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(calls);
        }
    }

    /// Calls in all classes.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.iter().sum()
    }

    /// What so many per cent of the calls did not exceed, as a bound; `None` without calls.
    #[must_use]
    pub fn percentile(&self, per_cent: u64) -> Option<Percentile> {
        let wanted = self.calls().saturating_mul(per_cent).div_ceil(100).max(1);
        let mut calls = 0_u64;
        for (class, in_class) in self.0.iter().enumerate() {
            calls = calls.saturating_add(*in_class);
            if calls >= wanted {
                return Some(BOUNDS_MS.get(class).map_or(Percentile::Longer, |bound| Percentile::AtMost(*bound)));
            }
        }
        None
    }
}

/// A percentile, in milliseconds, as the bound of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percentile {
    /// At most so long.
    AtMost(u64),
    /// Longer than the last bound.
    Longer,
}

impl std::fmt::Display for Percentile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(bound) => write!(f, "{bound}"),
            Self::Longer => f.write_str("over 30000"),
        }
    }
}

impl Serialize for Percentile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AtMost(bound) => serializer.serialize_u64(*bound),
            Self::Longer => serializer.collect_str(self),
        }
    }
}
