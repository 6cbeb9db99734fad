//! What stands before a source: whether it may be asked now, by how many, and what its answers teach about that.
//!
//! 1. `windows`: the source's authority may have announced that it is closed.
//! 2. The switch: an operator may have switched the source off, or an answer about somebody else cut it off.
//! 3. `breaker`: a source that fails again and again is left alone for a while.
//! 4. `pace`: how many may ask at the same time, fewer when the source becomes slow; `line`: who waits for that.
//! 5. `pass`: being let in, and the room that is given back whatever happens.
//! 6. `asking`: the one way to ask a source; `twice`, with `hedge`: once more when the answer is late.
//!
//! All of it is one state behind one lock, which is held for a few dozen instructions twice for each answer, and never
//! while anything is waited for. Only waiting in line allocates.

mod asking;
mod breaker;
mod hedge;
mod limits;
mod line;
mod pace;
mod pass;
mod standing;
#[cfg(test)]
mod tests;
mod twice;
mod windows;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use self::{
    breaker::{Breaker, Change, Lesson, Passage},
    hedge::Hedge,
    line::Line,
    pace::{Pace, Reply},
    pass::{Pass, Ticket, Waiting},
};
use crate::error::ConnectorError;

pub use asking::ask;
pub use limits::GateLimits;
pub use standing::{BreakerStanding, GateStanding, Suspension};
pub use windows::ServiceWindow;

/// That a source has no room is logged once in this time.
const CROWDED_TOLD_EVERY: Duration = Duration::from_mins(1);

/// The gate of one source, for all who ask it. Its state lives in the process: a restart asks again.
#[derive(Debug)]
pub struct Gate {
    /// Whose it is, for the log.
    source: String,
    limits: GateLimits,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// An operator's switch.
    is_switched_off: bool,
    /// A source that once mixed two citizens up may do so for everybody, so one such answer is enough, and time alone
    /// heals nothing.
    is_cut_off: bool,
    /// How often it was switched off or cut off: an answer from before the last time is not used, even when the source is
    /// asked again by now.
    stops: u64,
    /// Why it was stopped last.
    stopped_by: ConnectorError,
    breaker: Breaker,
    pace: Pace,
    line: Line,
    in_use: usize,
    hedge: Option<Hedge>,
    crowded_told_at: Option<Instant>,
}

/// What somebody who comes to the gate is told.
enum Admission {
    In(Ticket),
    Wait(u64, tokio::sync::oneshot::Receiver<line::Call>),
    Not(ConnectorError),
}

impl Default for Gate {
    fn default() -> Self {
        Self::new("", GateLimits::default())
    }
}

impl Gate {
    /// The gate of a source.
    #[must_use]
    pub fn new(source: &str, limits: GateLimits) -> Self {
        let state = State {
            is_switched_off: false,
            is_cut_off: false,
            stops: 0,
            stopped_by: ConnectorError::SwitchedOff,
            breaker: Breaker::new(limits.failures, limits.rest),
            pace: Pace::new(limits.concurrency),
            line: Line::new(limits.waiting),
            in_use: 0,
            hedge: limits.hedge.then(Hedge::new),
            crowded_told_at: None,
        };
        Self { source: source.to_owned(), limits, state: Mutex::new(state) }
    }

    /// Why the source is not asked at this time of day, and until when, if it is not. Nobody need wait to be told.
    #[must_use]
    pub fn suspension(&self, at: Timestamp) -> Option<Suspension> {
        let now = Instant::now();
        let state = self.lock();
        if let Some(reason) = state.stopped() {
            return Some(Suspension { reason, until: None });
        }
        if let Some(end) = windows::closed_until(&self.limits.windows, at) {
            return Some(Suspension { reason: ConnectorError::Maintenance, until: Some(end) });
        }
        match state.breaker.passage(now) {
            Passage::Barred => {
                let rest = state.breaker.open_until().map(|until| until.saturating_duration_since(now));
                let until = rest.filter(|rest| !rest.is_zero()).and_then(|rest| at.checked_add(rest).ok());
                Some(Suspension { reason: ConnectorError::BreakerOpen, until })
            }
            Passage::Free | Passage::OnlyNow | Passage::Probe => None,
        }
    }

    /// Stops all asking from this moment, after an answer that the source should never give.
    pub fn cut_off(&self) {
        let mut state = self.lock();
        if !state.is_cut_off {
            state.is_cut_off = true;
            state.stop(ConnectorError::CutOff);
        }
    }

    /// Stops all asking from this moment, by an operator's decision. Says whether that is new.
    pub fn switch_off(&self) -> bool {
        let mut state = self.lock();
        let is_new = !state.is_switched_off;
        if is_new {
            state.is_switched_off = true;
            state.stop(ConnectorError::SwitchedOff);
            drop(state);
            tracing::warn!(source.id = self.source, event = "switched_off", "source switched off by an operator");
        }
        is_new
    }

    /// Lets the source be asked again. Says whether it was switched off.
    pub fn switch_on(&self) -> bool {
        let mut state = self.lock();
        let was_off = std::mem::take(&mut state.is_switched_off);
        if was_off {
            state.pace.restart(Instant::now());
            drop(state);
            tracing::warn!(source.id = self.source, event = "switched_on", "source switched on by an operator");
        }
        was_off
    }

    /// Lets a source in again that was cut off, or that its breaker left alone, by an operator's decision. Says whether
    /// it was. What an operator switched off stays off.
    pub fn reset(&self) -> bool {
        let mut state = self.lock();
        let was_stopped = state.is_cut_off || state.breaker.is_open();
        if was_stopped {
            state.is_cut_off = false;
            state.breaker.reset();
            state.pace.restart(Instant::now());
            drop(state);
            tracing::warn!(source.id = self.source, event = "reset", "source let in again by an operator");
        }
        was_stopped
    }

    /// How things stand, at this time of day.
    #[must_use]
    pub fn standing(&self, at: Timestamp) -> GateStanding {
        let now = Instant::now();
        let state = self.lock();
        let probe_in = state.breaker.open_until().map(|until| until.saturating_duration_since(now));
        GateStanding {
            source: self.source.clone(),
            switched_off: state.is_switched_off,
            cut_off: state.is_cut_off,
            closed_until: windows::closed_until(&self.limits.windows, at),
            breaker: match probe_in {
                Some(Duration::ZERO) => BreakerStanding::Probing,
                Some(_) => BreakerStanding::Open,
                None if state.breaker.is_on_probation(now) => BreakerStanding::OnProbation,
                None => BreakerStanding::Closed,
            },
            // Rounded up: 0 is for those that are not open.
            probe_in_s: probe_in.map_or(0, |rest| rest.as_secs() + u64::from(rest.subsec_nanos() > 0)),
            in_use: state.in_use,
            waiting: state.line.len(),
            limit: state.pace.limit(),
            maximum: self.limits.concurrency,
        }
    }

    /// Waits for room, in the order of arrival, at most until the deadline.
    async fn enter(&self, deadline: Instant) -> Result<Pass<'_>, ConnectorError> {
        let waiting = match self.admit(Instant::now()) {
            Admission::In(ticket) => return Ok(Pass::new(self, ticket)),
            Admission::Wait(number, call) => Waiting::new(self, number, call),
            Admission::Not(reason) => {
                self.tell_if_crowded(reason);
                return Err(reason);
            }
        };
        match timeout_at(deadline, waiting).await {
            Ok(entered) if Instant::now() < deadline => entered,
            Ok(Err(reason)) => Err(reason),
            // Nothing was asked, so nobody was too slow.
            Ok(Ok(_)) | Err(_) => {
                self.tell_if_crowded(ConnectorError::Crowded);
                Err(ConnectorError::Crowded)
            }
        }
    }

    fn admit(&self, now: Instant) -> Admission {
        let mut state = self.lock();
        if let Some(reason) = state.stopped() {
            return Admission::Not(reason);
        }
        let passage = state.breaker.passage(now);
        let room = match passage {
            Passage::Barred => 0,
            // Those who were under way when it opened may be so still.
            Passage::Probe => self.limits.concurrency,
            Passage::Free | Passage::OnlyNow => state.pace.limit(),
        };
        if state.in_use < room && state.line.is_empty() {
            if passage == Passage::Probe {
                state.breaker.probe_begins();
            }
            state.note_entry();
            return Admission::In(state.ticket(now));
        }
        match passage {
            Passage::Barred | Passage::Probe | Passage::OnlyNow => Admission::Not(ConnectorError::BreakerOpen),
            Passage::Free => match state.line.join() {
                Some((number, call)) => Admission::Wait(number, call),
                None => Admission::Not(ConnectorError::Crowded),
            },
        }
    }

    /// After how long an answer is late, if the contract lets it be asked for once more.
    fn late(&self) -> Option<Duration> {
        if self.limits.hedge { self.lock().hedge.as_ref().and_then(Hedge::late) } else { None }
    }

    /// An answer that nobody waits for any more took at least so long.
    fn note_late(&self, took: Duration) {
        if let Some(hedge) = &mut self.lock().hedge {
            hedge.learn(took);
        }
    }

    /// Room for asking once more, if there is some that nobody else needs, and if it was not done too often.
    fn enter_again(&self) -> Option<Pass<'_>> {
        let now = Instant::now();
        let mut state = self.lock();
        let is_well = state.stopped().is_none() && !state.breaker.is_open() && !state.breaker.is_on_probation(now);
        let has_room = state.in_use < state.pace.limit() && state.line.is_empty();
        let hedge = state.hedge.as_mut().filter(|hedge| is_well && has_room && hedge.can_spend())?;
        hedge.spend();
        state.occupy();
        let ticket = state.ticket(now);
        drop(state);
        Some(Pass::new(self, ticket))
    }

    /// Frees the room of a call and learns from it. An error says that the source was stopped meanwhile.
    fn leave(&self, ticket: Ticket, lesson: Lesson, reply: Option<Reply>, now: Instant) -> Result<(), ConnectorError> {
        let mut state = self.lock();
        let stopped = if state.stops == ticket.stops { Ok(()) } else { Err(state.stopped_by) };
        let change = state.learn(ticket, lesson, reply, now);
        state.call_next(now);
        drop(state);
        if let Some(change) = change {
            self.tell(change);
        }
        stopped
    }

    /// Somebody leaves the line.
    fn give_up(&self, number: u64) {
        self.lock().line.leave(number);
    }

    fn tell(&self, change: Change) {
        match change {
            Change::Opened(rest) => {
                let rest_s = rest.as_secs();
                tracing::warn!(
                    source.id = self.source,
                    event = "breaker_opened",
                    rest_s,
                    "source left alone for a while"
                );
            }
            Change::Closed => {
                tracing::warn!(source.id = self.source, event = "breaker_closed", "source asked again");
            }
        }
    }

    fn tell_if_crowded(&self, reason: ConnectorError) {
        if reason != ConnectorError::Crowded {
            return;
        }
        let now = Instant::now();
        let mut state = self.lock();
        if state.crowded_told_at.is_none_or(|at| at + CROWDED_TOLD_EVERY <= now) {
            state.crowded_told_at = Some(now);
            let (in_use, limit) = (state.in_use, state.pace.limit());
            drop(state);
            tracing::warn!(source.id = self.source, event = "crowded", in_use, limit, "no room among those who ask");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Why nobody may ask, if an operator or a wrong answer stopped it.
    fn stopped(&self) -> Option<ConnectorError> {
        if self.is_cut_off {
            Some(ConnectorError::CutOff)
        } else {
            self.is_switched_off.then_some(ConnectorError::SwitchedOff)
        }
    }

    fn stop(&mut self, by: ConnectorError) {
        self.stops = self.stops.wrapping_add(1);
        self.stopped_by = by;
        self.line.dismiss(by);
    }

    fn ticket(&self, now: Instant) -> Ticket {
        Ticket { era: self.breaker.era(), stops: self.stops, begun: now }
    }

    /// Somebody is let in with a new question.
    fn note_entry(&mut self) {
        if let Some(hedge) = &mut self.hedge {
            hedge.note_question();
        }
        self.occupy();
    }

    fn occupy(&mut self) {
        self.in_use += 1;
        self.pace.note(self.in_use);
    }

    fn learn(&mut self, ticket: Ticket, lesson: Lesson, reply: Option<Reply>, now: Instant) -> Option<Change> {
        self.in_use = self.in_use.saturating_sub(1);
        if let (Some(hedge), Some(Reply::In(took) | Reply::NoneIn(took))) = (&mut self.hedge, reply) {
            hedge.learn(took);
        }
        if let Some(reply) = reply {
            self.pace.learn(ticket.begun, reply, now);
        }
        let is_of_this_era = ticket.era == self.breaker.era();
        let change = self.breaker.learn(ticket.era, lesson, now);
        match change {
            // From one at a time, and one more for each good answer.
            Some(Change::Closed) => self.pace.restart(now),
            Some(Change::Opened(_)) => self.line.dismiss(ConnectorError::BreakerOpen),
            None if is_of_this_era && lesson == Lesson::Failed && self.breaker.is_on_probation(now) => {
                self.pace.restart(now);
                // Nobody waits behind a source that may be failing again.
                self.line.dismiss(ConnectorError::BreakerOpen);
            }
            None => {}
        }
        change
    }

    /// Calls those who wait, as far as there is room.
    fn call_next(&mut self, now: Instant) {
        while self.in_use < self.pace.limit() && !self.line.is_empty() {
            let ticket = self.ticket(now);
            if self.line.call_first(ticket) {
                self.note_entry();
            }
        }
    }
}
