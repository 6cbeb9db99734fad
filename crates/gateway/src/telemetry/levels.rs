//! Counts log events by their level.

use std::sync::atomic::{AtomicU64, Ordering};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{Layer, layer::Context};

/// Of the whole process, as its log is.
static COUNTED: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

const LEVELS: [(Level, &str); 5] = [
    (Level::ERROR, "error"),
    (Level::WARN, "warn"),
    (Level::INFO, "info"),
    (Level::DEBUG, "debug"),
    (Level::TRACE, "trace"),
];

/// Counts what passes the filter beside it.
pub(super) struct CountLevels;

impl<S: Subscriber> Layer<S> for CountLevels {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut all = LEVELS.iter().zip(&COUNTED);
        if let Some(number) = all.find_map(|((level, _), number)| (event.metadata().level() == level).then_some(number))
        {
            number.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// How many there were so far, by level.
pub(super) fn counted() -> impl Iterator<Item = (&'static str, u64)> {
    LEVELS.iter().zip(&COUNTED).map(|((_, name), number)| (*name, number.load(Ordering::Relaxed)))
}
