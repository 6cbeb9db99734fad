//! Asks one source through its gate, with the one log line about it, and the one place that counts calls.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use overblik_connectors::{ConnectorError, FetchRequest, LogLevel, Pseudonym};
use tokio::time::Instant;

use super::{answer::Answer, declared::Declared, outcome::Outcome};
use crate::{
    clock::Clock,
    session::Viewer,
    statistics::{CallEnd, SourceCounters},
};

/// What a call is about that is for all of a source's data.
const SECTION: &str = "section";

/// Asks one source for a viewer, through its gate.
pub(super) async fn ask(declared: &Declared, request: FetchRequest, viewer: &Viewer, clock: &Clock) -> Outcome {
    let (connector, source) = (declared.connector.as_ref(), declared.source());
    let mut record = Record {
        source: &source.slug,
        about: if request.item.is_some() { "item" } else { SECTION },
        citizen: request.scope.subject().pseudonym.clone(),
        started: Instant::now(),
        is_asked: AtomicBool::new(false),
        counters: &declared.counters,
        end: Some(CallEnd::Ended),
    };
    let result = overblik_connectors::ask(connector, request, || record.is_asked.store(true, Ordering::Relaxed)).await;
    match &result {
        Ok(fetched) => record.answered(fetched.left_out, !fetched.widgets.is_empty()),
        Err(error) => record.failed(*error),
    }
    match result {
        Ok(fetched) => Outcome::Answered(Arc::new(Answer::of(viewer, source, fetched, clock.moment()))),
        Err(error) => Outcome::Failed(error),
    }
}

/// The log line about asking a source. A call that is ended before it has an outcome is told too: the citizen's number
/// did go out. A source that was not asked has none: its gate has said why, once.
struct Record<'a> {
    source: &'a str,
    /// Whether all of its data are asked for, or more about one item. Which item is the citizen's business.
    about: &'static str,
    citizen: Pseudonym,
    started: Instant,
    is_asked: AtomicBool,
    counters: &'a SourceCounters,
    /// What is known of the end so far: that it is ended, until there is an outcome. None where nothing was asked after all.
    end: Option<CallEnd>,
}

impl Record<'_> {
    fn answered(&mut self, left_out: u32, with_data: bool) {
        self.end = Some(CallEnd::Answered);
        if self.about == SECTION {
            self.counters.answered(&self.citizen, with_data);
        }
        let (citizen, duration_ms) = (&self.citizen, self.duration_ms());
        tracing::info!(source.id = self.source, about = self.about, outcome = "answered", left_out, duration_ms, %citizen, "source asked");
    }

    fn failed(&mut self, error: ConnectorError) {
        self.end = CallEnd::of_error(error);
        self.counters.failed(error);
        let (citizen, duration_ms, outcome) = (&self.citizen, self.duration_ms(), error.consequence().name);
        match error.consequence().log {
            _ if !*self.is_asked.get_mut() => {
                tracing::debug!(source.id = self.source, about = self.about, outcome, duration_ms, "source not asked");
            }
            LogLevel::Warn => {
                tracing::warn!(source.id = self.source, about = self.about, outcome, %error, duration_ms, %citizen, "source asked");
            }
            LogLevel::Error => {
                tracing::error!(source.id = self.source, about = self.about, outcome, %error, duration_ms, %citizen, "source asked");
            }
        }
    }

    fn duration_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if !*self.is_asked.get_mut() {
            return;
        }
        let Some(end) = self.end else { return };
        self.counters.call(&self.citizen, end, self.started.elapsed());
        if end == CallEnd::Ended {
            let (citizen, duration_ms) = (&self.citizen, self.duration_ms());
            tracing::info!(source.id = self.source, about = self.about, outcome = "ended", duration_ms, %citizen, "source asked");
        }
    }
}
