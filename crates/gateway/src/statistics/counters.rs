//! What is added to while overviews are made: no lock, no allocation, each version of a source by itself.

use std::{
    array,
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use overblik_connectors::SourceInfo;
use overblik_widgets::SectionState;

use super::{
    days::Source,
    figures::Figures,
    latency::{self, CLASSES, Latency},
};

/// Hands out the counters of sources, and takes what they counted. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Recorder(pub(super) Arc<Mutex<HashMap<Source, Arc<SourceCounters>>>>);

impl Recorder {
    /// The counters of a version of a source; the same each time. Asked for when sources are exchanged, not per call.
    #[must_use]
    pub fn counters(&self, source: &SourceInfo) -> Arc<SourceCounters> {
        let SourceInfo { slug, version, authority, .. } = source;
        let source = Source { slug: slug.clone(), version: version.clone(), authority: authority.code.clone() };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(source).or_default())
    }

    /// What was counted since it was last taken.
    pub(super) fn take(&self) -> Vec<(Source, Figures)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = all.iter().map(|(source, counters)| (source.clone(), counters.take()));
        taken.filter(|(_, figures)| !figures.is_nothing()).collect()
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// With a usable answer.
    Answered {
        /// Whether there is anything in it to show.
        with_data: bool,
    },
    /// Without.
    Failed,
    /// By us, because nobody waited for it any more.
    Ended,
}

/// Counts for one version of a source. The numbers are independent of each other: one is not read to decide about another.
#[derive(Debug)]
pub struct SourceCounters {
    calls: AtomicU64,
    answered: AtomicU64,
    with_data: AtomicU64,
    ended: AtomicU64,
    kept: AtomicU64,
    /// In the order of [`SectionState::ALL`].
    sections: [AtomicU64; SectionState::ALL.len()],
    latency: [AtomicU64; CLASSES],
}

impl Default for SourceCounters {
    fn default() -> Self {
        Self {
            calls: AtomicU64::default(),
            answered: AtomicU64::default(),
            with_data: AtomicU64::default(),
            ended: AtomicU64::default(),
            kept: AtomicU64::default(),
            sections: array::from_fn(|_| AtomicU64::default()),
            latency: array::from_fn(|_| AtomicU64::default()),
        }
    }
}

impl SourceCounters {
    /// A call came to its end.
    pub fn call(&self, end: CallEnd, took: Duration) {
        one_more(&self.calls);
        match end {
            CallEnd::Answered { with_data } => {
                one_more(&self.answered);
                if with_data {
                    one_more(&self.with_data);
                }
            }
            CallEnd::Failed => {}
            CallEnd::Ended => return one_more(&self.ended),
        }
        if let Some(class) = self.latency.get(latency::class_of(took)) {
            one_more(class);
        }
    }

    /// A section was handed out.
    pub fn section(&self, state: SectionState) {
        let of_state = SectionState::ALL.iter().zip(&self.sections).find(|(one, _)| **one == state);
        if let Some((_, sections)) = of_state {
            one_more(sections);
        }
    }

    /// A section is shown as it was kept.
    pub fn kept(&self) {
        one_more(&self.kept);
    }

    fn take(&self) -> Figures {
        let sections =
            SectionState::ALL.iter().zip(&self.sections).map(|(state, number)| (name_of(*state), take(number)));
        Figures {
            calls: take(&self.calls),
            answered: take(&self.answered),
            with_data: take(&self.with_data),
            ended: take(&self.ended),
            kept: take(&self.kept),
            sections: sections
                .filter(|(_, number)| *number > 0)
                .map(|(name, number)| (name.to_owned(), number))
                .collect(),
            latency: Latency::of_classes(self.latency.each_ref().map(take)),
        }
    }
}

fn one_more(number: &AtomicU64) {
    number.fetch_add(1, Ordering::Relaxed);
}

fn take(number: &AtomicU64) -> u64 {
    number.swap(0, Ordering::Relaxed)
}

/// A state as it is written in every document.
pub(super) fn name_of(state: SectionState) -> &'static str {
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
