//! Who may log in next when not everybody can: whoever came first (a waiting page asks again and again for them).
//!
//! Nothing is kept of a person who waits: when they came stands in their own ticket. Time goes by in rounds that are
//! longer than a waiting page takes to ask again, so that in each round everybody who is still there asks once. Of all
//! who ask, the earliest are noted, as many as may be let in at most; at the end of the round those who came no later
//! than the last that there is room for are free to enter in the next one. So
//! - of two who stay, the one who came first never enters in a later round;
//! - whoever goes away asks no more, is not noted, and holds up nobody; one who comes back late enters as soon as before;
//! - memory is bounded by how many are let in at once, not by how many wait.
//!
//! How many are let in follows the pressure, as it is round by round: fewer by half while it is too high, more by half
//! when it has gone. The room closes when the pressure has gone *and* everybody who waited has been let in: the crowd
//! that built up does not come in all at once.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

/// How long a round takes: longer than [`ASK_AGAIN_S`] and a slow network.
const ROUND: SignedDuration = SignedDuration::from_secs(20);

/// Seconds after which a waiting page asks again.
pub(crate) const ASK_AGAIN_S: u32 = 12;

/// Let in during a round at most. Bounds the memory, at 16 bytes each and the tree around them.
const MOST_PER_ROUND: u32 = 4096;

/// When somebody came, and chance, so that no two are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrival {
    pub(crate) at_ms: i64,
    pub(crate) chance: u64,
}

/// How much is asked of the process, against what it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pressure {
    /// Well below its limits.
    Low,
    /// Between: what has begun goes on, so that nothing flaps around a limit.
    Middling,
    /// Close to a limit: new logins wait.
    High,
    /// At its limit: nobody is let in.
    Full,
}

/// What came of an attempt to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Come in: nobody waits, or it is one's turn.
    Enter,
    /// Wait, and ask again after [`ASK_AGAIN_S`].
    Wait,
}

/// What changed about the room itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// From now on new logins wait for their turn.
    Opened,
    /// They need not wait any more.
    Closed(Account),
}

/// What happened while the room was open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Account {
    /// How many were let in.
    pub(crate) let_in: u64,
    /// The most who waited in a round, as far as they were counted: to [`MOST_PER_ROUND`].
    pub(crate) most_waiting: u32,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct WaitingRoom {
    /// Who may enter in a round when the room opens.
    first_rate: u32,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// Who may enter in a round, as long as it is not full.
    rate: u32,
    round_ends: Timestamp,
    /// Those who came until then may enter.
    turn: Option<Arrival>,
    /// Places of this round that are nobody's: for newcomers, and only if everybody who waits has one.
    free: u32,
    /// Places of this round in all: twice its share, for those whose turn was in an earlier one.
    left: u32,
    /// The earliest of those who have asked in this round and must wait.
    waiting: BTreeSet<Arrival>,
    /// Whether `waiting` could not hold all of them.
    more: bool,
    /// Whether everybody who asked in the last round may enter in this one.
    everybody_has_a_place: bool,
    account: Account,
}

impl WaitingRoom {
    /// A room that is closed. `first_rate` may enter in the first round after it opens.
    pub(crate) fn new(first_rate: u32) -> Self {
        Self { first_rate: first_rate.clamp(1, MOST_PER_ROUND), open: None }
    }

    /// So many may enter in the first round the next time it opens.
    pub(crate) fn set_first_rate(&mut self, first_rate: u32) {
        self.first_rate = first_rate.clamp(1, MOST_PER_ROUND);
    }

    /// Opens, closes, or begins a new round, if it is time.
    pub(crate) fn look(&mut self, now: Timestamp, pressure: Pressure) -> Option<Change> {
        let Some(open) = &mut self.open else {
            if matches!(pressure, Pressure::Low | Pressure::Middling) {
                return None;
            }
            self.open = Some(Open::new(self.first_rate, now, pressure));
            return Some(Change::Opened);
        };
        // A clock that was set back must not hold a round for longer.
        let is_over = now >= open.round_ends || open.round_ends.duration_since(now) > ROUND;
        if !is_over {
            return None;
        }
        open.next_round(now, pressure);
        if pressure == Pressure::Low && open.everybody_has_a_place {
            let account = open.account;
            self.open = None;
            return Some(Change::Closed(account));
        }
        None
    }

    /// Whether somebody who came then may enter now. [`WaitingRoom::look`] comes first.
    pub(crate) fn ask(&mut self, arrival: Arrival) -> Answer {
        self.open.as_mut().map_or(Answer::Enter, |open| open.ask(arrival))
    }

    /// Gives back the place of somebody who was let in and did not come in after all.
    pub(crate) fn give_back(&mut self) {
        if let Some(open) = &mut self.open {
            open.left = open.left.saturating_add(1);
            open.account.let_in = open.account.let_in.saturating_sub(1);
        }
    }

    /// Whether anybody must wait.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

impl Open {
    fn new(rate: u32, now: Timestamp, pressure: Pressure) -> Self {
        let share = if pressure == Pressure::Full { 0 } else { rate };
        Self {
            rate,
            round_ends: end_of_round(now),
            turn: None,
            free: share,
            left: share,
            waiting: BTreeSet::new(),
            more: false,
            everybody_has_a_place: true,
            account: Account::default(),
        }
    }

    fn ask(&mut self, arrival: Arrival) -> Answer {
        let is_its_turn = self.turn.is_some_and(|turn| arrival <= turn);
        if self.left > 0 && (is_its_turn || self.free > 0) {
            self.left -= 1;
            if !is_its_turn {
                self.free -= 1;
            }
            self.account.let_in += 1;
            return Answer::Enter;
        }
        self.waiting.insert(arrival);
        if self.waiting.len() > MOST_PER_ROUND as usize {
            self.waiting.pop_last();
            self.more = true;
        }
        Answer::Wait
    }

    fn next_round(&mut self, now: Timestamp, pressure: Pressure) {
        self.rate = match pressure {
            Pressure::Low => self.rate.saturating_mul(3).div_ceil(2).min(MOST_PER_ROUND),
            Pressure::Middling => self.rate,
            Pressure::High | Pressure::Full => (self.rate / 2).max(1),
        };
        let share = if pressure == Pressure::Full { 0 } else { self.rate };
        let waited = std::mem::take(&mut self.waiting);
        let next = waited.iter().take(share as usize).next_back().copied();
        // Never back: whose turn it has been once, it stays.
        self.turn = self.turn.max(next);
        let given = u32::try_from(waited.len()).unwrap_or(u32::MAX);
        self.free = if self.more { 0 } else { share.saturating_sub(given) };
        self.left = share.saturating_mul(2);
        self.account.most_waiting = self.account.most_waiting.max(given);
        self.everybody_has_a_place = !self.more && given <= share;
        self.more = false;
        self.round_ends = end_of_round(now);
    }
}

fn end_of_round(now: Timestamp) -> Timestamp {
    now.checked_add(ROUND).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "waiting_room_tests.rs"]
mod tests;
