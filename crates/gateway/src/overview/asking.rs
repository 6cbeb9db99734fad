//! Asks one source through its gate, with the one log line about it, the one place that counts calls, and its entry in the audit
//! trail.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::Timestamp;
use overblik_connectors::{CitizenScope, ConnectorError, FetchRequest, LogLevel, Pseudonym, SourceInfo};
use tokio::time::Instant;

use super::{answer::Answer, declared::Declared, outcome::Outcome};
use crate::{
    audit::{
        self, Trail, Unrecorded,
        entry::{Asked, Ended, Event, Happened, Purpose, Via},
        names::CitizenName,
    },
    clock::Clock,
    session::Viewer,
    statistics::{CallEnd, SourceCounters},
    telemetry::OpenSpan,
};

/// What a call is about that is for all of a source's data.
const SECTION: &str = "section";

/// Asks one source for a viewer, through its gate. Nobody is asked where it cannot be written down.
pub(super) async fn ask(
    declared: &Declared,
    (request, span): (FetchRequest, Option<OpenSpan>),
    viewer: &Viewer,
    purpose: Purpose,
    (trail, clock): (&Trail, &Clock),
) -> Outcome {
    let (connector, source) = (declared.connector.as_ref(), declared.source());
    let Ok(entry) = Entry::begin(trail, source, viewer, purpose, clock.now()) else {
        let error = ConnectorError::Unrecorded;
        declared.counters.failed(error);
        tracing::debug!(source.id = source.slug, outcome = error.consequence().name, "source not asked");
        return Outcome::Failed(error);
    };
    let mut record = Record {
        source: &source.slug,
        about: if request.item.is_some() { "item" } else { SECTION },
        citizen: request.scope.subject().pseudonym.clone(),
        started: Instant::now(),
        is_asked: AtomicBool::new(false),
        counters: &declared.counters,
        end: Some(CallEnd::Ended),
        reason: None,
        entry: Some(entry),
        span,
    };
    let result = overblik_connectors::ask(connector, request, || record.is_asked.store(true, Ordering::Relaxed)).await;
    match result {
        Ok(fetched) => {
            record.answered(fetched.left_out, !fetched.widgets.is_empty());
            let answer = Answer::of(viewer, source, fetched, clock.moment());
            record.came_to(answer.state.into(), None);
            Outcome::Answered(Arc::new(answer))
        }
        Err(error) => {
            record.failed(error);
            Outcome::Failed(error)
        }
    }
}

/// What will be written into the audit trail, and its place there.
struct Entry<'a> {
    place: audit::Place,
    at: Timestamp,
    citizen: CitizenName,
    by: Option<CitizenName>,
    via: Via,
    source: &'a SourceInfo,
    purpose: Purpose,
    outcome: Ended,
    reason: Option<&'static str>,
}

impl<'a> Entry<'a> {
    fn begin(
        trail: &Trail,
        source: &'a SourceInfo,
        viewer: &Viewer,
        purpose: Purpose,
        at: Timestamp,
    ) -> Result<Self, Unrecorded> {
        let place = trail.place()?;
        let (keys, scope): (_, &CitizenScope) = (trail.keys(), &viewer.scope);
        let is_another = scope.actor().pseudonym != scope.subject().pseudonym;
        Ok(Self {
            place,
            at,
            citizen: keys.name(&scope.subject().cpr),
            by: is_another.then(|| keys.name(&scope.actor().cpr)),
            via: Via::of(viewer),
            source,
            purpose,
            // Until there is an outcome.
            outcome: Ended::Ended,
            reason: None,
        })
    }

    fn write(self, duration_ms: u64) {
        let Self { place, at, citizen, by, via, source, purpose, outcome, reason } = self;
        place.take(|| {
            let asked = Asked {
                citizen,
                by,
                via,
                source: source.slug.clone(),
                authority: source.authority.cvr.clone(),
                agreement: source.agreement.clone(),
                contract: source.version.clone(),
                purpose,
                outcome,
                reason: reason.map(str::to_owned),
                duration_ms,
            };
            Happened { at, event: Event::Asked(asked) }
        });
    }
}

/// The log line about asking a source, at level debug if nothing is amiss. A call that is ended before it has an outcome is told
/// too: the citizen's number did go out. A source that was not asked has none: its gate has said why, once.
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
    /// Why it failed, if it did.
    reason: Option<&'static str>,
    /// What the audit trail will say. A source that was not asked after all has no entry there: nothing of anybody left us.
    entry: Option<Entry<'a>>,
    /// Its part of the trace, if one is kept.
    span: Option<OpenSpan>,
}

impl Record<'_> {
    fn answered(&mut self, left_out: u32, with_data: bool) {
        self.end = Some(CallEnd::Answered);
        if self.about == SECTION {
            self.counters.answered(&self.citizen, with_data);
        }
        let (citizen, duration_ms) = (&self.citizen, self.duration_ms());
        // What goes well has its place in the overview's one line, and is told apart only to whoever asks for it.
        if left_out == 0 {
            tracing::debug!(source.id = self.source, about = self.about, outcome = "answered", left_out, duration_ms, %citizen, "source asked");
        } else {
            tracing::info!(source.id = self.source, about = self.about, outcome = "answered", left_out, duration_ms, %citizen, "source asked");
        }
    }

    /// What the audit trail will say of it.
    fn came_to(&mut self, outcome: Ended, reason: Option<&'static str>) {
        if let Some(entry) = &mut self.entry {
            (entry.outcome, entry.reason) = (outcome, reason);
        }
    }

    fn failed(&mut self, error: ConnectorError) {
        self.end = CallEnd::of_error(error);
        self.reason = Some(error.consequence().name);
        self.counters.failed(error);
        self.came_to(error.consequence().state.into(), Some(error.consequence().name));
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
        // Of what was not asked after all there is nothing to tell, and nothing to write down.
        let Some(end) = self.end else { return };
        let duration_ms = self.duration_ms();
        if let Some(entry) = self.entry.take() {
            entry.write(duration_ms);
        }
        if let Some(span) = self.span.take() {
            span.asked(self.about, end, self.reason);
        }
        self.counters.call(&self.citizen, end, self.started.elapsed());
        if end == CallEnd::Ended {
            let citizen = &self.citizen;
            tracing::debug!(source.id = self.source, about = self.about, outcome = "ended", duration_ms, %citizen, "source asked");
        }
    }
}
