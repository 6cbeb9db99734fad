//! What stops all asking of a source, whichever version of its contract asks it.
//!
//! | who stops it | and lets it be asked again |
//! | --- | --- |
//! | an operator, at the operations listener | an operator there |
//! | the registry, by suspending the source | the registry, by resuming it |
//! | an answer about somebody else, or from another authority | an operator, by a reset |
//!
//! The three are apart: each lets go of its own alone. All of it is one number, so that looking costs one read.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::ConnectorError;

/// Who stops a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Stop {
    /// An operator, by hand.
    Operator = 0b001,
    /// Whoever decides in the registry.
    Registry = 0b010,
    /// An answer that the source should never give: once it mixed two citizens up it may do so for everybody, in whichever
    /// version it is asked, and time alone heals nothing.
    WrongAnswer = 0b100,
}

/// Set where the last stop was for a wrong answer.
const LAST_WAS_WRONG_ANSWER: u64 = 0b1000;
/// Above the flags: how often the source was stopped.
const ONE_STOP: u64 = 0b1_0000;

/// The switches of one source, shared by the gates of all its versions.
#[derive(Debug, Default)]
pub(crate) struct Switches(AtomicU64);

/// How they stood at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Switched(u64);

impl Switches {
    pub(super) fn now(&self) -> Switched {
        Switched(self.0.load(Ordering::Acquire))
    }

    /// Says whether that is new.
    pub(super) fn stop(&self, by: Stop) -> bool {
        let flag = by as u64;
        let changed = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
            let last = if by == Stop::WrongAnswer { LAST_WAS_WRONG_ANSWER } else { 0 };
            let stopped = (state & !LAST_WAS_WRONG_ANSWER) | flag | last;
            (state & flag == 0).then(|| stopped.wrapping_add(ONE_STOP))
        });
        changed.is_ok()
    }

    /// Stops it for whoever has it suspended in the registry.
    pub(crate) fn suspend(&self) -> bool {
        self.stop(Stop::Registry)
    }

    /// Stops it for an operator, where no version is asked through whose gate they could.
    pub(crate) fn switch_off(&self) -> bool {
        self.stop(Stop::Operator)
    }

    /// Lets go of an operator's stop.
    pub(crate) fn switch_on(&self) -> bool {
        self.let_go(Stop::Operator)
    }

    /// Lets go of the stop for an answer that it should never have given.
    pub(crate) fn reset(&self) -> bool {
        self.let_go(Stop::WrongAnswer)
    }

    /// Says whether it had been stopped by this one.
    pub(super) fn let_go(&self, by: Stop) -> bool {
        let flag = by as u64;
        self.0.fetch_and(!flag, Ordering::AcqRel) & flag != 0
    }
}

impl Switched {
    pub(super) fn is_stopped_by(self, who: Stop) -> bool {
        self.0 & who as u64 != 0
    }

    /// Why nobody may ask, if it is stopped.
    pub(super) fn stopped(self) -> Option<ConnectorError> {
        if self.is_stopped_by(Stop::WrongAnswer) {
            return Some(ConnectorError::CutOff);
        }
        let is_off = self.is_stopped_by(Stop::Operator) || self.is_stopped_by(Stop::Registry);
        is_off.then_some(ConnectorError::SwitchedOff)
    }

    /// How often it was stopped: an answer from before the last time is not used, even when the source is asked again by now.
    pub(super) fn stops(self) -> u64 {
        self.0 / ONE_STOP
    }

    /// Why it was stopped last.
    pub(super) fn stopped_by(self) -> ConnectorError {
        if self.0 & LAST_WAS_WRONG_ANSWER == 0 { ConnectorError::SwitchedOff } else { ConnectorError::CutOff }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lets_go_of_its_own_stop_alone() {
        let all = [Stop::Operator, Stop::Registry, Stop::WrongAnswer];
        for own in all {
            let switches = Switches::default();
            assert!(all.into_iter().all(|who| switches.stop(who)) && !switches.stop(own));
            assert_eq!(switches.now().stops(), 3);
            assert!(switches.let_go(own) && !switches.let_go(own));
            for who in all {
                assert_eq!(switches.now().is_stopped_by(who), who != own, "{own:?} {who:?}");
            }
        }
    }

    #[test]
    fn why_it_was_stopped_last_is_known_after_it_is_asked_again() {
        let switches = Switches::default();
        assert_eq!((switches.now().stopped(), switches.now().stops()), (None, 0));
        assert!(switches.stop(Stop::WrongAnswer) && switches.let_go(Stop::WrongAnswer));
        assert_eq!((switches.now().stopped(), switches.now().stopped_by()), (None, ConnectorError::CutOff));
        assert!(switches.stop(Stop::Registry) && switches.let_go(Stop::Registry));
        assert_eq!((switches.now().stopped(), switches.now().stopped_by()), (None, ConnectorError::SwitchedOff));
        assert_eq!(switches.now().stops(), 2);
    }
}
