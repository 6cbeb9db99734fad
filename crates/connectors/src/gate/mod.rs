//! What stands before a source: whether it may be asked now.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::ConnectorError;

/// Cuts a source off after an answer about another person, until an operator lets it in again.
///
/// A source that once mixed two citizens up may do so for everybody, so one such answer is enough and time alone
/// heals nothing. The state lives in the process: a restart asks again.
#[derive(Debug, Default)]
pub struct Gate {
    cut_off: AtomicBool,
}

impl Gate {
    /// Whether the source may be asked, or its answer kept.
    ///
    /// # Errors
    /// [`ConnectorError::CutOff`] if not.
    pub fn check(&self) -> Result<(), ConnectorError> {
        if self.cut_off.load(Ordering::Acquire) { Err(ConnectorError::CutOff) } else { Ok(()) }
    }

    /// Stops all asking from this moment.
    pub fn cut_off(&self) {
        self.cut_off.store(true, Ordering::Release);
    }

    /// Lets the source in again. Says whether it was cut off.
    pub fn reset(&self) -> bool {
        self.cut_off.swap(false, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_off_source_stays_so_until_it_is_reset() {
        let gate = Gate::default();
        assert_eq!(gate.check(), Ok(()));
        assert!(!gate.reset(), "nothing to let in");
        gate.cut_off();
        assert_eq!(gate.check(), Err(ConnectorError::CutOff));
        assert_eq!(gate.check(), Err(ConnectorError::CutOff));
        assert!(gate.reset());
        assert_eq!(gate.check(), Ok(()));
    }
}
