//! Whether a clock is believed by which something is to be deleted for good.

use std::io::{self, Error};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::day;

/// So much later than the newest record that was found, and the time since, a clock is not believed where something is to be deleted
/// for good.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What time it was at least, as the trail itself says, when it was opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Believed {
    pub(super) at: Timestamp,
    pub(super) since: Instant,
}

impl Believed {
    /// Looks at what a clock says.
    ///
    /// # Errors
    /// That it is too far ahead.
    pub(super) fn look_at(self, now: Timestamp) -> io::Result<()> {
        let passed = SignedDuration::try_from(self.since.elapsed()).unwrap_or(SignedDuration::MAX);
        let latest = self.at.checked_add(passed).and_then(|at| at.checked_add(MOST_AHEAD));
        if latest.is_ok_and(|latest| latest < now) {
            let (clock, newest) = (day(now), day(self.at));
            tracing::error!(
                event = "audit_clock_ahead",
                %clock,
                %newest,
                "the clock is far ahead of the newest audit entry, and nothing is deleted by it"
            );
            return Err(Error::other(format!(
                "the clock says {clock}, and when the trail was opened its newest entry was of {newest}\n  hint: if the clock is right, start the process once more"
            )));
        }
        Ok(())
    }
}
