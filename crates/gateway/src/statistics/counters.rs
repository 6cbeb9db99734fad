//! What is added to while overviews are made, for each source by itself: no allocation, and no lock but for the first citizens
//! of a day.

use std::{
    array,
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use overblik_connectors::{ConnectorError, Pseudonym, SourceInfo};
use overblik_widgets::SectionState;

use super::{
    days::Source,
    few_citizens::FewCitizens,
    figures::{CallEnd, Figures, MEASURES, Measure},
};
use crate::telemetry::{Metrics, OfSource, OverviewMetrics, SourceMetrics};

/// Hands out the counters of sources, and takes what they counted. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    sources: Arc<Mutex<HashMap<Source, Arc<SourceCounters>>>>,
    metrics: SourceMetrics,
    overviews: OverviewMetrics,
}

impl Recorder {
    /// One that adds what it counts to the metrics too.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        Self { sources: Arc::default(), metrics: metrics.sources.clone(), overviews: metrics.overviews.clone() }
    }

    /// What counts overviews.
    pub(crate) fn overviews(&self) -> &OverviewMetrics {
        &self.overviews
    }

    /// The counters of a source, of all its versions; the same each time. Asked for when sources are exchanged, not per call.
    #[must_use]
    pub fn counters(&self, source: &SourceInfo) -> Arc<SourceCounters> {
        let SourceInfo { slug, authority, .. } = source;
        self.of(Source { authority: authority.code.clone(), slug: slug.clone() })
    }

    pub(super) fn of(&self, source: Source) -> Arc<SourceCounters> {
        let mut all = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&source) {
            return Arc::clone(known);
        }
        let new = Arc::new(SourceCounters::new(self.metrics.of(&source.slug)));
        all.insert(source, Arc::clone(&new));
        new
    }

    /// What was counted since it was last taken. At the end of a day its citizens are forgotten, and counters that nobody holds.
    pub(super) fn take(&self, ends_day: bool) -> Vec<(Source, Figures)> {
        let mut all = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = all.iter().map(|(source, counters)| (source.clone(), counters.take(ends_day)));
        let taken = taken.filter(|(_, figures)| !figures.is_nothing()).collect();
        if ends_day {
            all.retain(|_, counters| Arc::strong_count(counters) > 1);
        }
        taken
    }
}

/// Counts for one source. The numbers are independent of each other: one is not read to decide about another.
#[derive(Debug)]
pub struct SourceCounters {
    numbers: [AtomicU64; MEASURES],
    asked: FewCitizens,
    answered: FewCitizens,
    metrics: OfSource,
}

impl SourceCounters {
    fn new(metrics: OfSource) -> Self {
        let numbers = array::from_fn(|_| AtomicU64::new(0));
        Self { numbers, asked: FewCitizens::default(), answered: FewCitizens::default(), metrics }
    }
}

impl SourceCounters {
    /// A call about a citizen came to its end.
    pub fn call(&self, citizen: &Pseudonym, end: CallEnd, took: Duration) {
        self.one_more(Measure::Call(end));
        self.asked.add(citizen);
        self.metrics.asked(end, took);
        if end != CallEnd::Ended {
            self.one_more(Measure::took(took));
        }
    }

    /// A call brought nothing, or was not let through.
    pub fn failed(&self, error: ConnectorError) {
        self.metrics.failed(error);
    }

    /// All data of a citizen were asked for, and the answer has something to show or not.
    pub fn answered(&self, citizen: &Pseudonym, with_data: bool) {
        self.answered.add(citizen);
        self.one_more(Measure::Whole);
        if with_data {
            self.one_more(Measure::WithData);
        }
    }

    /// A section was handed out.
    pub fn section(&self, state: SectionState) {
        self.one_more(Measure::Section(state));
        self.metrics.section(state);
    }

    /// A section is shown as it was kept.
    pub fn kept(&self) {
        self.one_more(Measure::Kept);
        self.metrics.kept();
    }

    fn one_more(&self, measure: Measure) {
        if let Some(number) = self.numbers.get(measure.place()) {
            number.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn take(&self, ends_day: bool) -> Figures {
        let mut numbers = self.numbers.each_ref().map(|number| number.swap(0, Ordering::Relaxed));
        for (measure, citizens) in [(Measure::CitizensAsked, &self.asked), (Measure::CitizensAnswered, &self.answered)]
        {
            if let Some(number) = numbers.get_mut(measure.place()) {
                *number = citizens.number();
            }
            if ends_day {
                citizens.forget();
            }
        }
        Figures::new(&numbers)
    }
}
