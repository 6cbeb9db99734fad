//! Whether the machine's clock keeps time: it is compared with one that nobody can set.
//!
//! Sessions, tokens and limits go by the machine's clock. One that is set forward ends them early. One that is set back lets
//! them last longer by as much, up to what Redis, which counts by itself, lets them: whoever runs the machine must know.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock::Clock;

/// How often they are compared.
const COMPARE_EVERY: Duration = Duration::from_secs(1);

/// What clocks that run a little fast or slow, or are slewed by the network, do not differ by in that time.
const A_JUMP: SignedDuration = SignedDuration::from_secs(2);

/// A wall clock that is compared with one that is never set.
struct Compared {
    time: Timestamp,
    steady: Instant,
}

impl Compared {
    /// By how much the clock was set since the last look, if it was.
    fn look(&mut self, time: Timestamp, steady: Instant) -> Option<SignedDuration> {
        let passed = SignedDuration::try_from(steady.saturating_duration_since(self.steady)).unwrap_or_default();
        let set_by = time.duration_since(self.time) - passed;
        (self.time, self.steady) = (time, steady);
        (set_by.abs() >= A_JUMP).then_some(set_by)
    }
}

/// Tells when the clock is set. Never ends.
pub(crate) async fn watch(clock: Clock) {
    let mut compared = Compared { time: clock.now(), steady: Instant::now() };
    loop {
        tokio::time::sleep(COMPARE_EVERY).await;
        let Some(set_by) = compared.look(clock.now(), Instant::now()) else { continue };
        let seconds = set_by.as_secs();
        if set_by.is_negative() {
            tracing::error!(
                event = "clock_set_back",
                seconds,
                "the clock was set back: sessions may last longer by that, and tokens may count as not yet valid"
            );
        } else {
            tracing::warn!(
                event = "clock_set_forward",
                seconds,
                "the clock was set forward: sessions end earlier by that"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_set_is_noticed_and_one_that_is_slewed_is_not() {
        let noon: Timestamp = "2026-11-26T12:00:00Z".parse().expect("a time");
        let at = |ms: i64| noon.checked_add(SignedDuration::from_millis(ms)).expect("a time");
        let mut compared = Compared { time: noon, steady: Instant::now() };
        let mut look = async |ms: i64| {
            tokio::time::advance(COMPARE_EVERY).await;
            compared.look(at(ms), Instant::now()).map(|set_by| set_by.as_secs())
        };
        assert_eq!(look(1_000).await, None);
        assert_eq!(look(2_400).await, None, "slewed");
        assert_eq!(look(3_603_400).await, Some(3_600));
        assert_eq!(look(3_604_400).await, None, "told once");
        assert_eq!(look(5_400).await, Some(-3_600));
        assert_eq!(look(6_400).await, None);
    }
}
