//! How late the process runs: how long what could go on waits for its turn.
//!
//! Somebody looks every few milliseconds: they join the end of the line of all that could go on, and note how long it was
//! until they had their turn. That is what a request waits before anybody sees it, an answer of a source before it is read,
//! and an overview after its deadline before it is sent. How late the timer was is not counted: where a neighbour had the
//! processor and nobody is in line, refusing somebody helps nobody.
//!
//! - A look that comes too late by the limit, and the next one too: there is a line that does not go away by itself, and
//!   whatever is begun now makes it longer. The first alone may have been a pause of the whole machine.
//! - A look that is on time: the line is gone.
//!
//! Whoever is under way when that begins costs no more than was begun within one look or two, so that it is soon over, and
//! nothing has to be reckoned of what anything costs.

use std::{
    future::poll_fn,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// The time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks in a row that are too late before it is a line and no pause.
const IN_A_ROW: u32 = 2;

/// Into the smoothed lateness goes what there was for about so many times [`LOOK_EVERY`], each look as long as it took.
const SMOOTHED_OVER: u32 = 128;

/// Of one look no more counts than so many limits, for so many times [`LOOK_EVERY`]: a pause is no line, however long.
const MOST_OF_ONE: (u32, u32) = (2, 16);

/// What is known about how late the process runs.
#[derive(Debug, Default)]
pub struct Lateness {
    looks: Mutex<Looks>,
}

#[derive(Debug, Default)]
struct Looks {
    limit: Option<Duration>,
    /// When the one that is under way joined the line. None while nobody is in it.
    joined: Option<Instant>,
    last: Duration,
    /// How many were too late since one was not.
    late: u32,
    smoothed: Duration,
}

impl Lateness {
    /// Nobody has looked yet. Without a limit nothing is ever too late.
    #[must_use]
    pub fn new(limit: Option<Duration>) -> Self {
        Self { looks: Mutex::new(Looks { limit, ..Looks::default() }) }
    }

    /// Takes another limit from now on. What was too late under the former one does not count any more.
    pub(crate) fn set_limit(&self, limit: Option<Duration>) {
        let mut looks = self.lock();
        if looks.limit != limit {
            (looks.limit, looks.late, looks.smoothed) = (limit, 0, Duration::ZERO);
        }
    }

    /// Looks once.
    pub(crate) async fn look(&self) {
        sleep(LOOK_EVERY).await;
        self.begin(Instant::now());
        to_the_end_of_the_line().await;
        self.end(Instant::now());
    }

    /// Whether nothing should be begun that costs much.
    pub(crate) fn is_too_much(&self, now: Instant) -> bool {
        let looks = self.lock();
        let Some(limit) = looks.limit else { return false };
        let under_way = u32::from(looks.in_line(now) >= limit);
        looks.late >= IN_A_ROW || looks.late > 0 && looks.late + under_way >= IN_A_ROW
    }

    /// How long what has its turn now has waited for it, as far as it may count: a request that came after a pause did not
    /// wait for it.
    pub(crate) fn waited(&self, now: Instant) -> Duration {
        let looks = self.lock();
        looks.last.max(looks.in_line(now)).min(looks.limit.unwrap_or_default())
    }

    /// What it is in the long run.
    pub(crate) fn smoothed(&self) -> Duration {
        self.lock().smoothed
    }

    /// What of it is too much.
    pub(crate) fn limit(&self) -> Option<Duration> {
        self.lock().limit
    }

    /// As if a look had been so late.
    #[cfg(test)]
    pub(crate) fn was(&self, late: Duration) {
        let now = Instant::now();
        self.begin(now.checked_sub(late).unwrap_or(now));
        self.end(now);
    }

    fn begin(&self, now: Instant) {
        self.lock().joined = Some(now);
    }

    fn end(&self, now: Instant) {
        let mut looks = self.lock();
        let late = looks.in_line(now);
        looks.joined = None;
        looks.last = late;
        if let Some(limit) = looks.limit {
            looks.late = if late >= limit { looks.late.saturating_add(1) } else { 0 };
            let (limits, times) = MOST_OF_ONE;
            let took = (LOOK_EVERY + late).as_millis() / LOOK_EVERY.as_millis();
            let share = u32::try_from(took).unwrap_or(times).min(times);
            let new = late.min(limit * limits) * share / SMOOTHED_OVER;
            looks.smoothed = looks.smoothed * (SMOOTHED_OVER - share) / SMOOTHED_OVER + new;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Looks> {
        // A few numbers, each whole after every step.
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Looks {
    fn in_line(&self, now: Instant) -> Duration {
        self.joined.map_or(Duration::ZERO, |joined| now.saturating_duration_since(joined))
    }
}

/// Goes on when all have had their turn that could go on before. Whoever wakes themselves joins the line at its end, whereas
/// whoever is woken, or yields to the runtime, is put before it.
async fn to_the_end_of_the_line() {
    let mut has_joined = false;
    poll_fn(|context| {
        if has_joined {
            return Poll::Ready(());
        }
        has_joined = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
#[path = "lateness_tests.rs"]
mod tests;
