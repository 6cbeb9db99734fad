//! Counts what is asked of sources, and what becomes of it.

use std::time::Duration;

use overblik_connectors::ConnectorError;
use overblik_widgets::SectionState;
use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

use super::{
    catalogue::metrics_of_sources::{ASK_DURATION, ASKS, FAILURES, SECTIONS, SECTIONS_KEPT},
    metrics::{Book, Counters, Histograms, Metrics, labels},
};
use crate::statistics::CallEnd;

/// Counts what is asked of sources. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SourceMetrics {
    asks: Counters,
    failures: Counters,
    took: Histograms,
    sections: Counters,
    kept: Counters,
}

impl Default for SourceMetrics {
    fn default() -> Self {
        Metrics::default().sources
    }
}

impl SourceMetrics {
    pub(super) fn new(book: &mut Book) -> Self {
        Self {
            asks: book.counters(&ASKS),
            failures: book.counters(&FAILURES),
            took: book.histograms(&ASK_DURATION),
            sections: book.counters(&SECTIONS),
            kept: book.counters(&SECTIONS_KEPT),
        }
    }

    /// What counts for a source; for the same one the same.
    #[must_use]
    pub fn of(&self, slug: &str) -> OfSource {
        let asks = CallEnd::ALL.map(|end| self.asks.get_or_create_owned(&labels(&ASKS, [slug, end.name()])));
        let section = |state| self.sections.get_or_create_owned(&labels(&SECTIONS, [slug, state_name(state)]));
        // Those that page somebody are there from the beginning: what appears with a first one cannot be seen to grow.
        for error in [ConnectorError::WrongPerson, ConnectorError::WrongAuthority, ConnectorError::Unrecorded] {
            self.failures.get_or_create_owned(&labels(&FAILURES, [slug, error.consequence().name]));
        }
        OfSource {
            slug: slug.to_owned(),
            asks,
            failures: self.failures.clone(),
            took: self.took.get_or_create_owned(&labels(&ASK_DURATION, [slug])),
            sections: SectionState::ALL.map(section),
            kept: self.kept.get_or_create_owned(&labels(&SECTIONS_KEPT, [slug])),
        }
    }
}

/// What counts for one source.
#[derive(Debug)]
pub struct OfSource {
    slug: String,
    asks: [Counter; CallEnd::ALL.len()],
    failures: Counters,
    took: Histogram,
    sections: [Counter; SectionState::ALL.len()],
    kept: Counter,
}

impl OfSource {
    pub(crate) fn asked(&self, end: CallEnd, took: Duration) {
        if let Some(counter) = CallEnd::ALL.iter().zip(&self.asks).find_map(|(one, ask)| (*one == end).then_some(ask)) {
            counter.inc();
        }
        if end != CallEnd::Ended {
            self.took.observe(took.as_secs_f64());
        }
    }

    pub(crate) fn failed(&self, error: ConnectorError) {
        self.failures.get_or_create_owned(&labels(&FAILURES, [&self.slug, error.consequence().name])).inc();
    }

    pub(crate) fn section(&self, state: SectionState) {
        let mut all = SectionState::ALL.iter().zip(&self.sections);
        if let Some(counter) = all.find_map(|(one, section)| (*one == state).then_some(section)) {
            counter.inc();
        }
    }

    pub(crate) fn kept(&self) {
        self.kept.inc();
    }
}

/// As the overview document writes it.
fn state_name(state: SectionState) -> &'static str {
    match state {
        SectionState::Ready => "ready",
        SectionState::Empty => "empty",
        SectionState::Partial => "partial",
        SectionState::Stale => "stale",
        SectionState::Pending => "pending",
        SectionState::TimedOut => "timed_out",
        SectionState::Failed => "failed",
        SectionState::Invalid => "invalid",
        SectionState::Refused => "refused",
        SectionState::Suspended => "suspended",
        SectionState::StepUpRequired => "step_up_required",
        SectionState::NotCovered => "not_covered",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_called_as_in_the_overview() {
        for state in SectionState::ALL {
            assert_eq!(serde_json::to_value(state).expect("a name"), state_name(state));
        }
        assert_eq!(CallEnd::ALL.map(CallEnd::name)[1], "timed_out");
    }
}
