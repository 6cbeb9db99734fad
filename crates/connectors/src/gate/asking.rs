//! Asking a source: through its gate, and what the gate learns from it.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::FutureExt;
use tokio::time::timeout_at;

use super::{breaker::Lesson, pace::Reply, pass::Pass, twice};
use crate::{
    connector::{Connector, FetchRequest, Fetched, HANDOVER},
    error::ConnectorError,
};

/// What came of a call, with the pass that it was made under.
pub(super) type Came<'a> = (Result<Fetched, ConnectorError>, Pass<'a>);

/// Asks a source for one citizen, as every asker must: its gate lets the call through, the call has its time limit, a
/// connector that fails in its own code fails alone, and the gate learns how it went. `begins` is called when a call is
/// about to go out, and not if none does. Dropping it ends the call and frees its room.
///
/// Service windows are not looked at here but where it is planned who is asked ([`super::Gate::suspension`]): whoever asks
/// in spite of one, as the conformance kit does, is told by the source.
///
/// # Errors
/// [`ConnectorError`]; also when the source was stopped while it was asked, whatever it answered.
pub async fn ask(
    connector: &dyn Connector,
    request: FetchRequest,
    begins: impl FnOnce() + Send,
) -> Result<Fetched, ConnectorError> {
    let gate = connector.gate();
    let (deadline, whole) = (request.deadline, connector.source().timeout);
    let pass = gate.enter(deadline).await?;
    begins();
    // Making the call, polling it and dropping it at the limit are the connector's code alike.
    let called = AssertUnwindSafe(twice::first_usable(connector, request, pass)).catch_unwind();
    let Ok((result, pass)) = called.await else { return Err(ConnectorError::Panicked) };
    if result.as_ref().is_err_and(|error| error.cuts_off()) {
        gate.cut_off();
        return result;
    }
    let begun = pass.ticket.begun;
    let had_its_time = deadline.saturating_duration_since(begun) >= whole / 2;
    let (lesson, reply) = learnt(&result, begun.elapsed(), had_its_time);
    // What the source answered before an operator stopped it must not be used after.
    pass.give_back(lesson, reply)?;
    result
}

/// One call, which is dropped soon after its limit if it does not keep it.
pub(super) async fn call<'a>(connector: &dyn Connector, request: FetchRequest, pass: Pass<'a>) -> Came<'a> {
    let ends = request.deadline + HANDOVER;
    let asked = match request.item {
        None => connector.fetch(request),
        Some(_) => connector.detail(request),
    };
    let called = async { timeout_at(ends, asked).await };
    (called.await.unwrap_or(Err(ConnectorError::TimedOut)), pass)
}

/// What a result says of the source.
fn learnt(result: &Result<Fetched, ConnectorError>, took: Duration, had_its_time: bool) -> (Lesson, Option<Reply>) {
    match result {
        Ok(_) => (Lesson::Answered, Some(Reply::In(took))),
        // It waited for room until hardly any time was left, which is no fault of the source.
        Err(ConnectorError::TimedOut) if !had_its_time => (Lesson::Nothing, None),
        Err(ConnectorError::TimedOut) => (Lesson::Failed, Some(Reply::NoneIn(took))),
        Err(ConnectorError::Status(429 | 503)) => (Lesson::Failed, Some(Reply::Overloaded)),
        Err(error) if error.counts_for_breaker() => (Lesson::Failed, None),
        Err(error) if error.was_answered() => (Lesson::Answered, Some(Reply::In(took))),
        Err(_) => (Lesson::Nothing, None),
    }
}
