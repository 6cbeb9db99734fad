//! The figures of every day, by source.

use std::collections::BTreeMap;

use jiff::ToSpan;
use overblik_widgets::Date;
use serde::{Deserialize, Serialize};

use super::figures::Figures;

/// Months that figures are kept for: two whole years beside the month that is under way.
const KEPT_MONTHS: i32 = 25;

/// A version of a source, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The source's slug.
    #[serde(rename = "source")]
    pub slug: String,
    /// The contract's version, as it numbers itself.
    pub version: String,
    /// The authority's code.
    pub authority: String,
}

/// Figures by day and source.
#[derive(Debug, Default)]
pub(super) struct Days {
    days: BTreeMap<Date, BTreeMap<Source, Figures>>,
}

impl Days {
    pub(super) fn add(&mut self, day: Date, source: Source, figures: &Figures) {
        self.days.entry(day).or_default().entry(source).or_default().add(figures);
    }

    /// From one day to another, both included.
    pub(super) fn between(&self, from: Date, to: Date) -> impl Iterator<Item = (Date, &Source, &Figures)> {
        let days = self.days.iter().filter(move |(day, _)| (from..=to).contains(*day));
        days.flat_map(|(day, sources)| sources.iter().map(|(source, figures)| (*day, source, figures)))
    }

    /// Forgets what is older than is kept.
    pub(super) fn drop_old(&mut self, today: Date) {
        let oldest = oldest_kept(today);
        self.days.retain(|day, _| *day >= oldest);
    }
}

/// The first day of the first month that is kept.
pub(super) fn oldest_kept(today: Date) -> Date {
    today.first_of_month().saturating_sub(KEPT_MONTHS.months())
}
