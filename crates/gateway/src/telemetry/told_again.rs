//! What is so again and again is told once, and then at a slower pace.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// The first pause; each one is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_mins(5);
/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// What was told last about each thing.
#[derive(Debug, Default)]
pub(crate) struct ToldAgain(BTreeMap<String, Told>);

#[derive(Debug)]
struct Told {
    what: String,
    again_at: Instant,
    pause: Duration,
}

impl ToldAgain {
    /// Whether this is to be told about a thing now: the first time, when it is something else than before, and when the
    /// pause is over.
    pub(crate) fn is_due(&mut self, about: &str, what: &str) -> bool {
        let now = Instant::now();
        let pause = match self.0.get(about) {
            Some(told) if told.what == what && now < told.again_at => return false,
            // Not where it was well in between for as long.
            Some(told) if told.what == what && now < told.again_at + told.pause => (told.pause * 2).min(LONGEST_PAUSE),
            _ => FIRST_PAUSE,
        };
        self.0.insert(about.to_owned(), Told { what: what.to_owned(), again_at: now + pause, pause });
        true
    }

    /// Forgets what is over, so that it is told at once should it come back.
    pub(crate) fn keep(&mut self, is_so: impl Fn(&str) -> bool) {
        self.0.retain(|about, _| is_so(about));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_stays_so_is_told_at_a_slower_pace_and_what_changes_at_once() {
        let mut told = ToldAgain::default();
        let mut times = 0;
        // Ten hours, looked at every half minute: at the start, after 5, 15, 35 and 75 minutes, then every hour.
        for _ in 0..1200 {
            times += usize::from(told.is_due("library", "no key"));
            tokio::time::advance(Duration::from_secs(30)).await;
        }
        assert_eq!(times, 13);
        assert!(told.is_due("library", "no address"));
        assert!(told.is_due("payments", "no address"));
        assert!(!told.is_due("library", "no address"));
        told.keep(|source| source == "payments");
        assert!(told.is_due("library", "no address") && !told.is_due("payments", "no address"));
    }
}
