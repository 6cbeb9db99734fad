//! Counts requests.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

use super::{
    catalogue::metrics_of_visits::{HTTP_DURATION, HTTP_PROBLEMS, HTTP_REQUESTS},
    metrics::{Book, Counters, Histograms, labels},
};
use crate::api_error::ApiError;

/// Statuses that have a series of their own.
const STATUSES: [(u16, &str); 28] = [
    (200, "200"),
    (201, "201"),
    (202, "202"),
    (204, "204"),
    (206, "206"),
    (301, "301"),
    (302, "302"),
    (303, "303"),
    (304, "304"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (406, "406"),
    (408, "408"),
    (409, "409"),
    (412, "412"),
    (413, "413"),
    (415, "415"),
    (422, "422"),
    (428, "428"),
    (429, "429"),
    (431, "431"),
    (500, "500"),
    (502, "502"),
    (503, "503"),
    (504, "504"),
];

/// Counts requests by route and status. A route's handles are made at its first request.
#[derive(Clone, Debug)]
pub(crate) struct RequestMetrics {
    requests: Counters,
    took: Histograms,
    problems: Counters,
    routes: Arc<RwLock<HashMap<String, Arc<OfRoute>>>>,
}

#[derive(Debug)]
struct OfRoute {
    statuses: [OnceLock<Counter>; STATUSES.len()],
    took: Histogram,
}

impl RequestMetrics {
    pub(super) fn new(book: &mut Book) -> Self {
        let problems = book.counters(&HTTP_PROBLEMS);
        // There from the beginning: what appears with a first one cannot be seen to grow.
        for error in [ApiError::Internal, ApiError::Overloaded { retry_after_s: 1 }] {
            problems.get_or_create_owned(&labels(&HTTP_PROBLEMS, [error.face().code]));
        }
        Self {
            requests: book.counters(&HTTP_REQUESTS),
            took: book.histograms(&HTTP_DURATION),
            problems,
            routes: Arc::default(),
        }
    }

    /// A request by a route, as code writes it, was answered with a status.
    pub(crate) fn answered(&self, route: &str, status: u16, took: Duration) {
        let of_route = self.of(route);
        of_route.took.observe(took.as_secs_f64());
        let place = STATUSES.binary_search_by_key(&status, |(number, _)| *number).ok();
        let known = place.and_then(|place| Some((of_route.statuses.get(place)?, STATUSES.get(place)?.1)));
        match known {
            Some((counter, name)) => counter.get_or_init(|| self.counter(route, name)).inc(),
            None => self.counter(route, "other").inc(),
        };
    }

    /// A request was refused, or failed: its caller was told this code.
    pub(crate) fn refused(&self, code: &'static str) {
        self.problems.get_or_create_owned(&labels(&HTTP_PROBLEMS, [code])).inc();
    }

    fn counter(&self, route: &str, status: &str) -> Counter {
        self.requests.get_or_create_owned(&labels(&HTTP_REQUESTS, [route, status]))
    }

    fn of(&self, route: &str) -> Arc<OfRoute> {
        // Whole entries are put in, and nothing is taken out.
        let known = self.routes.read().unwrap_or_else(PoisonError::into_inner).get(route).cloned();
        known.unwrap_or_else(|| {
            let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
            let new = || {
                let took = self.took.get_or_create_owned(&labels(&HTTP_DURATION, [route]));
                Arc::new(OfRoute { statuses: [const { OnceLock::new() }; STATUSES.len()], took })
            };
            Arc::clone(routes.entry(route.to_owned()).or_insert_with(new))
        })
    }
}
