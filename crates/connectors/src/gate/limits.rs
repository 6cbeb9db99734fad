//! What a contract says about how its source may be asked.

use std::time::Duration;

use super::windows::ServiceWindow;

/// How a source may be asked; the defaults are those of a contract that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// Most answers that are fetched at the same time.
    pub concurrency: usize,
    /// Most that wait for one of these to end.
    pub waiting: usize,
    /// Failures in a row after which the source is left alone.
    pub failures: u32,
    /// How long it is left alone the first time. Also the shortest time between two changes of the breaker.
    pub rest: Duration,
    /// Whether a late answer is asked for once more.
    pub hedge: bool,
    /// When the source is closed.
    pub windows: Vec<ServiceWindow>,
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            concurrency: 64,
            waiting: 64,
            failures: 5,
            rest: Duration::from_secs(30),
            hedge: false,
            windows: Vec::new(),
        }
    }
}
