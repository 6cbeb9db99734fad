//! What stands before a source: whether it may be asked now, by how many, and what its answers teach about that.
//!
//! 1. `windows`: the source's authority may have announced that it is closed.
//! 2. `switches`: an operator may have switched the source off, the registry suspended it, or an answer about somebody else
//!    cut it off. They are the source's, whichever version of its contract asks; all else is each version's own.
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
mod switches;
#[cfg(test)]
mod tests;
mod twice;
mod windows;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
    switches::{Stop, Switched},
};
use crate::error::ConnectorError;

pub use asking::ask;
pub use limits::GateLimits;
pub use standing::{BreakerStanding, GateStanding, Suspension};
pub(crate) use switches::Switches;
pub use windows::{AnnouncedWindow, ServiceWindow};

/// That a source has no room is logged once in this time.
const CROWDED_TOLD_EVERY: Duration = Duration::from_mins(1);

/// The gate of one version of a source, for all who ask it. Its state lives in the process: a restart asks again.
#[derive(Debug)]
pub struct Gate {
    /// Whose it is, for the log.
    source: String,
    version: String,
    limits: GateLimits,
    switches: Arc<Switches>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// How the switches stood when this was last looked at.
    switched: Switched,
    /// When it is closed, beside what its contract says.
    announced: Vec<AnnouncedWindow>,
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
    /// The gate of a source that has one version.
    #[must_use]
    pub fn new(source: &str, limits: GateLimits) -> Self {
        Self::of_version(source, "", limits, Arc::default())
    }

    /// The gate of one version of a source, whose switches are those of all its versions.
    pub(crate) fn of_version(source: &str, version: &str, limits: GateLimits, switches: Arc<Switches>) -> Self {
        let state = State {
            switched: switches.now(),
            announced: Vec::new(),
            breaker: Breaker::new(limits.failures, limits.rest),
            pace: Pace::new(limits.concurrency),
            line: Line::new(limits.waiting),
            in_use: 0,
            hedge: limits.hedge.then(Hedge::new),
            crowded_told_at: None,
        };
        Self { source: source.to_owned(), version: version.to_owned(), limits, switches, state: Mutex::new(state) }
    }

    /// Why the source is not asked at this time of day, and until when, if it is not. Nobody need wait to be told.
    #[must_use]
    pub fn suspension(&self, at: Timestamp) -> Option<Suspension> {
        let now = Instant::now();
        let state = self.lock();
        if let Some(reason) = state.switched.stopped() {
            return Some(Suspension { reason, until: None, announced: None });
        }
        if let Some(end) = windows::closed_until(&self.limits.windows, &state.announced, at) {
            let announced = state.announced.iter().filter(|window| window.is_open(at)).find_map(|one| one.text.clone());
            return Some(Suspension { reason: ConnectorError::Maintenance, until: Some(end), announced });
        }
        match state.breaker.passage(now) {
            Passage::Barred => {
                let rest = state.breaker.open_until().map(|until| until.saturating_duration_since(now));
                let until = rest.filter(|rest| !rest.is_zero()).and_then(|rest| at.checked_add(rest).ok());
                Some(Suspension { reason: ConnectorError::BreakerOpen, until, announced: None })
            }
            Passage::Free | Passage::OnlyNow | Passage::Probe => None,
        }
    }

    /// Stops all asking of the source from this moment, after an answer that it should never give.
    pub fn cut_off(&self) {
        self.switches.stop(Stop::WrongAnswer);
        self.follow_switches();
    }

    /// Stops all asking of the source from this moment, by an operator's decision. Says whether that is new.
    pub fn switch_off(&self) -> bool {
        let is_new = self.switches.stop(Stop::Operator);
        if is_new {
            tracing::warn!(source.id = self.source, event = "switched_off", "source switched off by an operator");
        }
        self.follow_switches();
        is_new
    }

    /// Lets the source be asked again. Says whether an operator had switched it off.
    pub fn switch_on(&self) -> bool {
        let was_off = self.switches.let_go(Stop::Operator);
        if was_off {
            tracing::warn!(source.id = self.source, event = "switched_on", "source switched on by an operator");
        }
        was_off
    }

    /// Stops all asking of the source from this moment, or no longer, as the registry says.
    pub(crate) fn set_suspended(&self, is_suspended: bool) {
        if is_suspended {
            if self.switches.stop(Stop::Registry) {
                tracing::warn!(source.id = self.source, event = "suspended", "source suspended in the registry");
            }
            self.follow_switches();
        } else if self.switches.let_go(Stop::Registry) {
            tracing::warn!(source.id = self.source, event = "resumed", "source resumed in the registry");
        }
    }

    /// Says when the source is closed, beside what its contract says.
    pub(crate) fn announce(&self, windows: &[AnnouncedWindow]) {
        windows.clone_into(&mut self.lock().announced);
    }

    /// Lets a source in again that was cut off, or that its breaker left alone, by an operator's decision. Says whether
    /// it was. What an operator switched off, or the registry suspended, stays so.
    pub fn reset(&self) -> bool {
        let was_cut_off = self.switches.let_go(Stop::WrongAnswer);
        let mut state = self.lock();
        let was_stopped = was_cut_off || state.breaker.is_open();
        if was_stopped {
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
            version: self.version.clone(),
            switched_off: state.switched.is_stopped_by(Stop::Operator),
            suspended: state.switched.is_stopped_by(Stop::Registry),
            cut_off: state.switched.is_stopped_by(Stop::WrongAnswer),
            closed_until: windows::closed_until(&self.limits.windows, &state.announced, at),
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

    /// Most questions that are under way or wait in line at once.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.limits.concurrency.saturating_add(self.limits.waiting)
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
        if let Some(reason) = state.switched.stopped() {
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
        let is_well =
            state.switched.stopped().is_none() && !state.breaker.is_open() && !state.breaker.is_on_probation(now);
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
        let switched = state.switched;
        let stopped = if switched.stops() == ticket.stops { Ok(()) } else { Err(switched.stopped_by()) };
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

    /// Sends those away who wait for a source that was stopped.
    fn follow_switches(&self) {
        drop(self.lock());
    }

    /// The state, after what the switches say.
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding the lock.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let switched = self.switches.now();
        if switched != state.switched {
            state.follow(switched);
        }
        state
    }
}

impl State {
    /// Whoever waited when the source was stopped is told, and it is asked carefully once it is again.
    fn follow(&mut self, switched: Switched) {
        if switched.stops() != self.switched.stops() {
            self.line.dismiss(switched.stopped_by());
            self.pace.restart(Instant::now());
        }
        self.switched = switched;
    }

    fn ticket(&self, now: Instant) -> Ticket {
        Ticket { era: self.breaker.era(), stops: self.switched.stops(), begun: now }
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
