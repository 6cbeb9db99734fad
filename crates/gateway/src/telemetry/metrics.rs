//! The metrics of one gateway: everything that is counted while it runs, registered under its entry of the catalogue.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{self, Registry},
};
use tokio::time::Instant;

use super::{
    catalogue::Metric,
    of_overviews::OverviewMetrics,
    of_provider::ProviderMetrics,
    of_requests::RequestMetrics,
    of_sessions::{SessionMetrics, StoreMetrics},
    of_sources::SourceMetrics,
    of_spans::SpanMetrics,
};
use crate::{edge::tls::ListenerTls, followed_file::FileStanding, redis_link::Link};

/// What tells the series of a metric apart, in the order of its entry.
pub(super) type Labels = Vec<(&'static str, Cow<'static, str>)>;
pub(super) type Counters = Family<Labels, Counter>;
pub(super) type Gauges = Family<Labels, Gauge>;
pub(super) type Histograms = Family<Labels, Histogram, fn() -> Histogram>;
/// Seconds and bytes.
pub(super) type Amounts = Family<Labels, Gauge<f64, AtomicU64>>;

/// Bounds of the classes of durations, in seconds.
const BOUNDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];

/// The metrics of one gateway. Handles of it are cheap to clone, and count without a lock.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub(crate) requests: RequestMetrics,
    pub(crate) sources: SourceMetrics,
    pub(crate) overviews: OverviewMetrics,
    pub(crate) sessions: SessionMetrics,
    pub(crate) store: StoreMetrics,
    /// Of the citizens' identity provider.
    pub(crate) provider: ProviderMetrics,
    /// Of the provider of whoever works at the console.
    pub(crate) console_provider: ProviderMetrics,
    /// Of traces.
    pub(crate) spans: SpanMetrics,
    pub(crate) contact: RegistryContact,
    /// The file of the keys of indexes, where there is one.
    pub(crate) index_keys: OnceLock<Arc<FileStanding>>,
    /// The files of keys of the admin API's own, by what is in them.
    pub(crate) admin_keys: OnceLock<Vec<(&'static str, Arc<FileStanding>)>>,
    /// The way to the Redis of the registry, where it is in one.
    pub(crate) registry_redis: OnceLock<Arc<Link>>,
    /// What listeners show, those that speak TLS.
    pub(crate) certificates: OnceLock<Vec<ListenerTls>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut book = Book::default();
        let requests = RequestMetrics::new(&mut book);
        let sources = SourceMetrics::new(&mut book);
        let overviews = OverviewMetrics::new(&mut book);
        let sessions = SessionMetrics::new(&mut book);
        let store = StoreMetrics::new(&mut book);
        let (provider, console_provider) = ProviderMetrics::both(&mut book);
        let spans = SpanMetrics::new(&mut book);
        Self {
            registry: book.0,
            requests,
            sources,
            overviews,
            sessions,
            store,
            provider,
            console_provider,
            spans,
            contact: RegistryContact::default(),
            index_keys: OnceLock::new(),
            admin_keys: OnceLock::new(),
            registry_redis: OnceLock::new(),
            certificates: OnceLock::new(),
        }
    }
}

impl Metrics {
    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }
}

/// Whether this instance hears of the registry.
#[derive(Debug, Default)]
pub(crate) struct RegistryContact {
    /// Since when it does not.
    lost: Mutex<Option<Instant>>,
    refused: AtomicU64,
}

impl RegistryContact {
    pub(crate) fn lost(&self) {
        self.since().get_or_insert_with(Instant::now);
    }

    pub(crate) fn found(&self) {
        *self.since() = None;
    }

    /// So many sources cannot be asked here as the registry says.
    pub(crate) fn refused(&self, sources: usize) {
        self.refused.store(u64::try_from(sources).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn age(&self) -> Duration {
        self.since().map_or(Duration::ZERO, |lost| lost.elapsed())
    }

    pub(super) fn number_refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn since(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        // One value, whole at any time.
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where metrics are registered.
#[derive(Default)]
pub(super) struct Book(pub(super) Registry);

impl Book {
    pub(super) fn counters(&mut self, entry: &'static Metric) -> Counters {
        let counters = Counters::default();
        self.enter(entry, counters.clone());
        counters
    }

    pub(super) fn gauges(&mut self, entry: &'static Metric) -> Gauges {
        let gauges = Gauges::default();
        self.enter(entry, gauges.clone());
        gauges
    }

    pub(super) fn amounts(&mut self, entry: &'static Metric) -> Amounts {
        let amounts = Amounts::default();
        self.enter(entry, amounts.clone());
        amounts
    }

    pub(super) fn histograms(&mut self, entry: &'static Metric) -> Histograms {
        let new: fn() -> Histogram = || Histogram::new(BOUNDS);
        let histograms = Histograms::new_with_constructor(new);
        self.enter(entry, histograms.clone());
        histograms
    }

    pub(super) fn enter(&mut self, entry: &'static Metric, metric: impl registry::Metric) {
        match entry.unit {
            Some(unit) => self.0.register_with_unit(entry.stem(), entry.meaning, unit.exposed(), metric),
            None => self.0.register(entry.stem(), entry.meaning, metric),
        }
    }
}

/// Labels of an entry with their values.
pub(super) fn labels<const N: usize>(entry: &Metric, values: [&str; N]) -> Labels {
    debug_assert_eq!(entry.labels.len(), N, "{}", entry.name);
    entry.labels.iter().zip(values).map(|(label, value)| (label.name, Cow::Owned(value.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_agreement_grows_old_from_when_contact_was_lost_and_not_before() {
        let contact = RegistryContact::default();
        let minute = Duration::from_mins(1);
        tokio::time::advance(minute).await;
        assert_eq!(contact.age(), Duration::ZERO);
        for _ in 0..2 {
            contact.lost();
            tokio::time::advance(minute).await;
        }
        assert_eq!(contact.age(), 2 * minute, "losing it twice is losing it once");
        contact.found();
        assert_eq!(contact.age(), Duration::ZERO);
    }

    #[test]
    fn names_are_registered_without_what_kind_and_unit_add() {
        use super::super::catalogue::METRICS;
        for metric in METRICS.iter().flat_map(|(_, metrics)| *metrics) {
            let unit = metric.unit.map(|unit| format!("_{}", unit.name())).unwrap_or_default();
            let total = if metric.kind == super::super::catalogue::Kind::Counter { "_total" } else { "" };
            assert_eq!(format!("{}{unit}{total}", metric.stem()), metric.name);
        }
    }
}
