//! How often it is looked for more of an answer that comes in drops.
//!
//! Each look costs some microseconds, whatever it finds. A source whose answers drip would be looked at for as often as it
//! likes, by as many calls as it may have, and what that takes is missing to everybody else (docs/performance.md).

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// What is fewer bytes than this is a drop.
const DROP: usize = 256;

/// So many drops are taken as they come: a head and a body written line by line are no drip.
const AS_THEY_COME: u32 = 8;

/// After that the next look comes this part of the time later that the answer has taken so far, so that an answer which
/// trickles to its end takes at most so much longer.
const PART: u32 = 4;

/// A shorter wait is not worth its timer, which counts whole milliseconds.
const SHORTEST: Duration = Duration::from_millis(5);

/// As long as that, it costs nothing any more.
const LONGEST: Duration = Duration::from_millis(250);

/// The looks at one answer.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the first drop came.
    since: Option<Instant>,
    drops: u32,
}

impl Pace {
    /// Nothing has come yet.
    pub(super) const fn new() -> Self {
        Self { since: None, drops: 0 }
    }

    /// A look has found so many bytes, and they are not all.
    pub(super) fn found(&mut self, bytes: usize) {
        if bytes < DROP {
            self.since.get_or_insert_with(Instant::now);
            self.drops = self.drops.saturating_add(1);
        }
    }

    /// Waits until the next look is due.
    pub(super) async fn due(&self) {
        if let Some(since) = self.since.filter(|_| self.drops > AS_THEY_COME) {
            let wait = since.elapsed() / PART;
            if wait >= SHORTEST {
                sleep(wait.min(LONGEST)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often it is looked for more within some time, where so many bytes come every so often.
    async fn looks(bytes: usize, every: Duration, over: Duration) -> u32 {
        let (begun, mut pace, mut looks) = (Instant::now(), Pace::new(), 0);
        while begun.elapsed() < over {
            pace.due().await;
            sleep(every).await;
            pace.found(bytes);
            looks += 1;
        }
        looks
    }

    #[tokio::test(start_paused = true)]
    async fn what_drips_is_looked_at_ever_more_seldom() {
        let second = Duration::from_secs(1);
        let dripping = looks(1, Duration::from_millis(20), second).await;
        assert!((12..=20).contains(&dripping), "{dripping} instead of 50");
        let for_long = looks(1, Duration::from_millis(20), 10 * second).await;
        assert!(for_long < dripping + 45, "{for_long} instead of 500");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_pieces_or_quickly_is_taken_as_it_comes() {
        let second = Duration::from_secs(1);
        assert_eq!(looks(DROP, Duration::from_millis(20), second).await, 50);
        // A hundred lines in a tenth of a second: no wait is longer than a quarter of that.
        let begun = Instant::now();
        let mut pace = Pace::new();
        let mut line = 0;
        while line < 100 {
            pace.due().await;
            sleep(Duration::from_millis(1)).await;
            // What has come meanwhile is found together.
            line = u32::try_from(begun.elapsed().as_millis()).expect("small");
            pace.found(20);
        }
        assert!(begun.elapsed() <= Duration::from_millis(126), "{:?}", begun.elapsed());
    }
}
