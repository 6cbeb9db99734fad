//! Counts overviews.

use std::{sync::Arc, time::Duration};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};

use super::{
    catalogue::metrics_of_visits::{OVERVIEW_DURATION, OVERVIEWS, OVERVIEWS_LATE, OVERVIEWS_UNDERWAY},
    metrics::{Book, Metrics, labels},
};

/// So much after its deadline an overview is late: less is the time that sending takes.
const LATE_AFTER: Duration = Duration::from_millis(100);

/// As what an overview is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// One JSON document.
    Json,
    /// An event stream.
    Stream,
    /// The citizen's page.
    Page,
    /// What a portal shows.
    Portal,
}

impl Face {
    const ALL: [Self; 4] = [Self::Json, Self::Stream, Self::Page, Self::Portal];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Stream => "stream",
            Self::Page => "page",
            Self::Portal => "portal",
        }
    }
}

/// Counts overviews. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OverviewMetrics([Arc<OfFace>; 4]);

#[derive(Debug)]
struct OfFace {
    complete: Counter,
    incomplete: Counter,
    pending: Counter,
    left: Counter,
    late: Counter,
    took: Histogram,
    underway: Gauge,
}

impl Default for OverviewMetrics {
    fn default() -> Self {
        Metrics::default().overviews
    }
}

impl OverviewMetrics {
    pub(super) fn new(book: &mut Book) -> Self {
        let (ends, late) = (book.counters(&OVERVIEWS), book.counters(&OVERVIEWS_LATE));
        let (took, underway) = (book.histograms(&OVERVIEW_DURATION), book.gauges(&OVERVIEWS_UNDERWAY));
        Self(Face::ALL.map(|face| {
            let end = |name| ends.get_or_create_owned(&labels(&OVERVIEWS, [face.name(), name]));
            Arc::new(OfFace {
                complete: end("complete"),
                incomplete: end("incomplete"),
                pending: end("pending"),
                left: end("left"),
                late: late.get_or_create_owned(&labels(&OVERVIEWS_LATE, [face.name()])),
                took: took.get_or_create_owned(&labels(&OVERVIEW_DURATION, [face.name()])),
                underway: underway.get_or_create_owned(&labels(&OVERVIEWS_UNDERWAY, [face.name()])),
            })
        }))
    }

    /// One more is under way.
    pub(crate) fn begun(&self, face: Face) -> Underway {
        let [json, stream, page, portal] = &self.0;
        let of_face = match face {
            Face::Json => json,
            Face::Stream => stream,
            Face::Page => page,
            Face::Portal => portal,
        };
        of_face.underway.inc();
        Underway { of_face: Arc::clone(of_face), has_ended: false }
    }
}

/// An overview that is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Underway {
    of_face: Arc<OfFace>,
    has_ended: bool,
}

impl Underway {
    /// All of it was handed out.
    pub(crate) fn ended(&mut self, is_complete: bool, has_pending: bool, took: Duration, deadline: Duration) {
        self.has_ended = true;
        let end = match () {
            () if has_pending => &self.of_face.pending,
            () if is_complete => &self.of_face.complete,
            () => &self.of_face.incomplete,
        };
        end.inc();
        self.of_face.took.observe(took.as_secs_f64());
        if took > deadline + LATE_AFTER {
            self.of_face.late.inc();
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.of_face.underway.dec();
        if !self.has_ended {
            self.of_face.left.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overview_is_counted_once_whatever_becomes_of_it() {
        let metrics = OverviewMetrics::default();
        let [.., page, _] = &metrics.0;
        let second = Duration::from_secs(1);
        let mut late = metrics.begun(Face::Page);
        let left = metrics.begun(Face::Page);
        assert_eq!(page.underway.get(), 2);
        late.ended(true, false, second + LATE_AFTER * 2, second);
        metrics.begun(Face::Page).ended(false, false, second + LATE_AFTER, second);
        metrics.begun(Face::Page).ended(false, true, second, second);
        drop((late, left));
        let counted = [&page.complete, &page.incomplete, &page.pending, &page.left, &page.late].map(Counter::get);
        assert_eq!((counted, page.underway.get()), ([1, 1, 1, 1, 1], 0));
    }
}
