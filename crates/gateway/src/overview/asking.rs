//! Asks one source once: its time limit, its panics, and the one log line about it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use overblik_connectors::{Connector, ConnectorError, FetchRequest, HANDOVER, LogLevel, Pseudonym};
use tokio::time::Instant;

use super::{answer::Answer, outcome::Outcome};
use crate::clock::Clock;

/// Asks one source, which keeps its own time limit and is dropped soon after it if it does not. A panic in a connector
/// becomes a state like any other failure.
pub(super) async fn ask(connector: &dyn Connector, request: FetchRequest, clock: &Clock) -> Outcome {
    let source = connector.source();
    let mut record = Record {
        source: &source.slug,
        citizen: request.scope.subject().pseudonym.clone(),
        started: Instant::now(),
        finished: false,
    };
    // Making the call, polling it and dropping it at the limit are the connector's code alike.
    let call = async { tokio::time::timeout_at(request.deadline + HANDOVER, connector.fetch(request)).await };
    let result = match AssertUnwindSafe(call).catch_unwind().await {
        Ok(Ok(result)) => result,
        Ok(Err(_elapsed)) => Err(ConnectorError::TimedOut),
        Err(_panic) => Err(ConnectorError::Panicked),
    };
    match &result {
        Ok(fetched) => record.answered(fetched.left_out),
        Err(error) => record.failed(*error),
    }
    match result {
        Ok(fetched) => Outcome::Answered(Arc::new(Answer::of(source, fetched, clock.moment()))),
        Err(error) => Outcome::Failed(error),
    }
}

/// The log line about asking a source. A call that is ended before it has an outcome is told too: the citizen's number
/// did go out.
struct Record<'a> {
    source: &'a str,
    citizen: Pseudonym,
    started: Instant,
    finished: bool,
}

impl Record<'_> {
    fn answered(&mut self, left_out: u32) {
        self.finished = true;
        let (citizen, duration_ms) = (&self.citizen, self.duration_ms());
        tracing::info!(source.id = self.source, outcome = "answered", left_out, duration_ms, %citizen, "source asked");
    }

    fn failed(&mut self, error: ConnectorError) {
        self.finished = true;
        let (citizen, duration_ms, outcome) = (&self.citizen, self.duration_ms(), error.consequence().name);
        match (error, error.consequence().log) {
            (ConnectorError::CutOff, _) => {
                tracing::warn!(source.id = self.source, outcome, duration_ms, %citizen, "source not asked, or not believed");
            }
            (_, LogLevel::Warn) => {
                tracing::warn!(source.id = self.source, outcome, %error, duration_ms, %citizen, "source asked");
            }
            (_, LogLevel::Error) => {
                tracing::error!(source.id = self.source, outcome, %error, duration_ms, %citizen, "source asked");
            }
        }
    }

    fn duration_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if !self.finished {
            let (citizen, duration_ms) = (&self.citizen, self.duration_ms());
            tracing::info!(source.id = self.source, outcome = "ended", duration_ms, %citizen, "source asked");
        }
    }
}
