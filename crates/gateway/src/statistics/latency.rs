//! How long calls took, in classes with fixed bounds, so that days and sources add up exactly.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::figures::{Figures, Measure};

/// Upper bounds of the classes, each included, in milliseconds. What took longer than the last is in a class of its own. What is
/// kept names the bounds: another bound needs another name.
pub const BOUNDS_MS: [u64; 17] =
    [25, 50, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 5000, 8000, 15_000, 30_000];

/// Classes there are.
pub(super) const CLASSES: usize = BOUNDS_MS.len() + 1;

/// The class of a call, counted from none.
pub(super) fn class_of(took: std::time::Duration) -> usize {
    BOUNDS_MS.partition_point(|bound| std::time::Duration::from_millis(*bound) < took)
}

/// What so many per cent of the calls did not exceed, as the bound of a class, never interpolated; `None` without calls.
pub(super) fn percentile(figures: &Figures, per_cent: u64) -> Option<Percentile> {
    let in_class = |class| figures.get(Measure::Took(class));
    let all: u64 = (0..CLASSES).map(in_class).fold(0, u64::saturating_add);
    let wanted = all.saturating_mul(per_cent).div_ceil(100).max(1);
    let mut calls = 0_u64;
    (0..CLASSES).find_map(|class| {
        calls = calls.saturating_add(in_class(class));
        let bound = || BOUNDS_MS.get(class).map_or(Percentile::Longer, |bound| Percentile::AtMost(*bound));
        (calls >= wanted).then(bound)
    })
}

/// A percentile in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum Percentile {
    /// At most so long.
    AtMost(u64),
    /// Longer than the last bound.
    #[schemars(with = "String")]
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
