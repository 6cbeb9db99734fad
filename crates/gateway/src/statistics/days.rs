//! Figures by day and source.

use std::collections::BTreeMap;

use jiff::ToSpan;
use overblik_widgets::Date;
use serde::{Deserialize, Serialize};

use super::figures::Figures;

/// Months that figures are kept for: two whole years beside the month that is under way.
pub const KEPT_MONTHS: i32 = 25;

/// A source, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The authority's code.
    pub authority: String,
    /// The source's slug.
    #[serde(rename = "source")]
    pub slug: String,
}

/// Figures of the sources on one day.
pub(super) type OfDay = BTreeMap<Source, Figures>;

/// Figures by day and source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Days(pub(super) BTreeMap<Date, OfDay>);

impl Days {
    pub(super) fn add(&mut self, day: Date, source: Source, figures: &Figures) {
        self.0.entry(day).or_default().entry(source).or_default().add(figures);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Date, &Source, &Figures)> {
        self.0.iter().flat_map(|(day, sources)| sources.iter().map(|(source, figures)| (*day, source, figures)))
    }

    /// Forgets what is older than is kept.
    pub(super) fn drop_old(&mut self, today: Date) {
        let oldest = oldest_kept(today);
        self.0.retain(|day, _| *day >= oldest);
    }
}

/// The first day of the first month that is kept.
pub(super) fn oldest_kept(today: Date) -> Date {
    today.first_of_month().saturating_sub(KEPT_MONTHS.months())
}

/// The days from one to another, both included.
pub(super) fn days_between(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |day| *day <= to)
}
