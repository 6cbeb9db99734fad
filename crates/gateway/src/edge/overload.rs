//! What is done when more is asked of the process than it can do.
//!
//! | pressure | whoever is logged in | new logins |
//! | --- | --- | --- |
//! | low, middling | served | served |
//! | high: many overviews under way, or the process runs late in the long run | served | wait for their turn |
//! | late: what can go on waits too long for its turn | an overview more is refused (503 `overloaded`) | wait for their turn |
//! | full: every place of an overview is taken | an overview more is refused (503 `overloaded`) | wait, and nobody enters |
//! | the process is stopping | refused (503 `going-away`), elsewhere they are served | the same |
//!
//! Whatever ends something or costs next to nothing is always served: logout by citizen or provider, a login that the
//! provider sends back, how long a session lasts, a single section, the landing page, assets, health.
//!
//! The number of overviews is what the memory is for, and the lateness ([`crate::lateness`]) what the processors are for:
//! who is let in is answered by the deadline, and who cannot be is told so at once, at next to no cost. Lateness makes new
//! logins wait long before it costs those who are logged in their overview: at half of it, in the long run.
//!
//! High and low lie apart ([`Marks`]), so that nothing flaps. What follows from the pressure for new logins, and when it
//! ends, is the waiting room's.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use overblik_connectors::Pseudonym;
use tokio::time::Instant;

use super::{
    places::{Place, Places, come_back_s},
    waiting_room::{Account, Answer, Arrival, Change, Pressure, WaitingRoom},
};
use crate::{api_error::ApiError, clock::Clock, config::LimitsConfig, lateness::Lateness, session::SessionKey};

/// Let in during the first round of waiting, if there is no limit to overviews to reckon it from.
const FIRST_RATE: u32 = 16;

/// What counts as much and as little. Of overviews: four and three fifths of the places; of lateness in the long run: half
/// and a quarter of the limit.
#[derive(Clone, Copy, Debug)]
struct Marks {
    overviews: Option<u32>,
    lateness: Option<Duration>,
}

impl Marks {
    fn pressure(self, overviews: u32, lateness: Duration) -> Pressure {
        let of_overviews = self.overviews.map_or(Pressure::Low, |most| {
            let fifths = u64::from(overviews) * 5;
            let most = u64::from(most);
            match () {
                () if fifths >= most * 5 => Pressure::Full,
                () if fifths >= most * 4 => Pressure::High,
                () if fifths >= most * 3 => Pressure::Middling,
                () => Pressure::Low,
            }
        });
        let of_lateness = self.lateness.map_or(Pressure::Low, |limit| match () {
            () if lateness >= limit / 2 => Pressure::High,
            () if lateness >= limit / 4 => Pressure::Middling,
            () => Pressure::Low,
        });
        of_overviews.max(of_lateness)
    }
}

/// Let in during the first round of waiting.
fn first_rate(limits: &LimitsConfig) -> u32 {
    limits.overviews_in_flight.map_or(FIRST_RATE, |most| most / 16)
}

/// The process's load, and who is let in under it.
pub(crate) struct Overload {
    places: Places,
    lateness: Arc<Lateness>,
    room: Mutex<WaitingRoom>,
    /// Whether an overview was refused and the pressure has not been low since.
    refuses: AtomicBool,
    clock: Clock,
}

impl Overload {
    pub(crate) fn new(limits: &LimitsConfig, lateness: Arc<Lateness>, clock: Clock) -> Self {
        Self {
            places: Places::new(limits),
            lateness,
            room: Mutex::new(WaitingRoom::new(first_rate(limits))),
            refuses: AtomicBool::new(false),
            clock,
        }
    }

    /// Takes other limits from now on. What has begun under the former ones goes on.
    pub(crate) fn limit(&self, limits: &LimitsConfig) {
        self.places.limit(limits);
        self.lateness.set_limit(limits.lateness_ms.map(|limit| Duration::from_millis(limit.into())));
        self.lock().set_first_rate(first_rate(limits));
    }

    /// A place for an overview of this citizen in this session.
    ///
    /// # Errors
    /// [`ApiError::TooManyStreams`], [`ApiError::Overloaded`].
    pub(crate) fn overview(&self, session: SessionKey, citizen: &Pseudonym) -> Result<Place, ApiError> {
        let place = self.places.take(session, citizen);
        if matches!(place, Err(ApiError::Overloaded { .. })) && !self.refuses.swap(true, Ordering::Relaxed) {
            tracing::warn!(event = "overload", "every place is taken: further overviews are refused");
        }
        place
    }

    /// When a request came that has its turn now, if an overview can be begun for it that ends in time.
    ///
    /// # Errors
    /// [`ApiError::Overloaded`] when what is under way waits too long for its turn already.
    pub(crate) fn arrival_of_overview(&self) -> Result<Instant, ApiError> {
        let now = Instant::now();
        if !self.lateness.is_too_much(now) {
            return Ok(now.checked_sub(self.lateness.waited(now)).unwrap_or(now));
        }
        if !self.refuses.swap(true, Ordering::Relaxed) {
            tracing::warn!(event = "overload", "the process runs late: overviews are refused until it is on time");
        }
        Err(ApiError::Overloaded { retry_after_s: come_back_s() })
    }

    /// Whether somebody who came then may log in now.
    pub(crate) fn login(&self, arrival: Arrival) -> Answer {
        let mut room = self.look();
        room.ask(arrival)
    }

    /// Whether new logins wait.
    pub(crate) fn logins_wait(&self) -> bool {
        self.look().is_open()
    }

    /// Places of overviews that are taken.
    pub(crate) fn places_taken(&self) -> u32 {
        self.places.taken()
    }

    /// How late the process runs in the long run.
    pub(crate) fn lateness(&self) -> Duration {
        self.lateness.smoothed()
    }

    /// From so much lateness on overviews are refused, if at all.
    pub(crate) fn lateness_limit(&self) -> Option<Duration> {
        self.lateness.limit()
    }

    /// Gives back the turn of somebody who was let in and did not come in after all.
    pub(crate) fn give_back_turn(&self) {
        self.lock().give_back();
    }

    /// Measures how late the process runs, and looks how much is asked of it. Never ends.
    pub(crate) async fn watch(&self) {
        loop {
            self.lateness.look().await;
            drop(self.look());
        }
    }

    fn pressure(&self) -> Pressure {
        let marks = Marks { overviews: self.places.most(), lateness: self.lateness.limit() };
        marks.pressure(self.places.taken(), self.lateness.smoothed())
    }

    /// The waiting room as it is now. What begins and ends is logged here, once each.
    fn look(&self) -> MutexGuard<'_, WaitingRoom> {
        let pressure = self.pressure();
        if pressure == Pressure::Low && self.refuses.swap(false, Ordering::Relaxed) {
            tracing::info!(event = "overload", "overviews find places again");
        }
        let mut room = self.lock();
        match room.look(self.clock.now(), pressure) {
            Some(Change::Opened) => {
                let (overviews, lateness_us) = (self.places.taken(), self.lateness.smoothed().as_micros());
                tracing::warn!(event = "overload", overviews, lateness_us, "new logins wait for their turn");
            }
            Some(Change::Closed(Account { let_in, most_waiting })) => {
                tracing::info!(event = "overload", let_in, most_waiting, "new logins need not wait any more");
            }
            None => {}
        }
        room
    }

    fn lock(&self) -> MutexGuard<'_, WaitingRoom> {
        // Counts and marks, each whole after every step; a panic elsewhere cannot leave them half-done.
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks { overviews: Some(100), lateness: Some(Duration::from_millis(100)) };

    fn overload(limits: &LimitsConfig) -> Overload {
        let lateness = limits.lateness_ms.map(|limit| Duration::from_millis(limit.into()));
        let clock = Clock::new(|| "2026-11-22T09:00:00Z".parse().expect("a time"));
        Overload::new(limits, Arc::new(Lateness::new(lateness)), clock)
    }

    #[test]
    fn overviews_and_lateness_press_each_by_their_own_marks() {
        let cases = [
            (0, 0, Pressure::Low),
            (59, 24, Pressure::Low),
            (60, 0, Pressure::Middling),
            (0, 25, Pressure::Middling),
            (79, 49, Pressure::Middling),
            (80, 0, Pressure::High),
            (0, 50, Pressure::High),
            (99, 60_000, Pressure::High),
            (100, 0, Pressure::Full),
        ];
        for (overviews, late_ms, pressure) in cases {
            let found = MARKS.pressure(overviews, Duration::from_millis(late_ms));
            assert_eq!(found, pressure, "{overviews} overviews, {late_ms} ms late");
        }
        let none = Marks { overviews: None, lateness: None };
        assert_eq!(none.pressure(u32::MAX, Duration::MAX), Pressure::Low);
    }

    #[test]
    fn one_long_pause_turns_nobody_away_and_running_late_for_a_second_makes_new_logins_wait_first() {
        let load = overload(&LimitsConfig { lateness_ms: Some(20), ..LimitsConfig::NONE });
        load.lateness.was(Duration::from_secs(10));
        assert!(!load.logins_wait());
        for _ in 0..20 {
            load.lateness.was(Duration::from_millis(2));
        }
        assert_eq!(load.pressure(), Pressure::Low);
        let late = (1..1000).find(|_| {
            load.lateness.was(Duration::from_millis(15));
            load.logins_wait()
        });
        // Each takes 25 ms with the time between them.
        assert!(matches!(late, Some(30..=100)), "{late:?} looks");
        assert!(load.arrival_of_overview().is_ok(), "whoever is logged in is served still");
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_is_on_time_is_not_late() {
        let load = overload(&LimitsConfig { lateness_ms: Some(5), ..LimitsConfig::NONE });
        assert!(tokio::time::timeout(Duration::from_mins(1), load.watch()).await.is_err(), "it never ends");
        assert_eq!(load.pressure(), Pressure::Low);
    }

    #[test]
    fn while_it_is_too_late_overviews_are_refused_and_if_it_lasts_new_logins_wait() {
        let load = overload(&LimitsConfig { lateness_ms: Some(20), ..LimitsConfig::NONE });
        load.lateness.was(Duration::from_millis(30));
        let came = load.arrival_of_overview().expect("one late look is nothing");
        assert!(came.elapsed() >= Duration::from_millis(20), "it has waited for its turn");
        load.lateness.was(Duration::from_millis(30));
        assert!(matches!(load.arrival_of_overview(), Err(ApiError::Overloaded { retry_after_s: 2..=5 })));
        assert!(!load.logins_wait(), "a moment is no reason for a round of waiting");
        load.lateness.was(Duration::from_millis(3));
        assert!(load.arrival_of_overview().is_ok());
        (0..50).for_each(|_| load.lateness.was(Duration::from_millis(30)));
        assert!(load.logins_wait());
        load.lateness.was(Duration::from_millis(3));
        assert!(load.arrival_of_overview().is_ok() && load.logins_wait(), "as long as their round lasts");
    }

    #[test]
    fn limits_are_changed_while_overviews_are_under_way() {
        let load =
            overload(&LimitsConfig { overviews_in_flight: Some(1), lateness_ms: Some(20), ..LimitsConfig::NONE });
        let take = |number| load.overview(SessionKey([number; 32]), &Pseudonym::from_keyed_hash([number; 16]));
        let held = take(1).expect("a place");
        assert!(matches!(take(2), Err(ApiError::Overloaded { .. })));
        load.limit(&LimitsConfig { overviews_in_flight: Some(2), lateness_ms: Some(20), ..LimitsConfig::NONE });
        let second = take(2).expect("a place more");
        (0..2).for_each(|_| load.lateness.was(Duration::from_millis(30)));
        assert!(load.arrival_of_overview().is_err());
        load.limit(&LimitsConfig { overviews_in_flight: Some(1), ..LimitsConfig::NONE });
        assert!(load.arrival_of_overview().is_ok(), "nothing is too late any more");
        drop(second);
        assert!(take(3).is_err());
        drop(held);
        assert!(take(3).is_ok());
    }

    #[test]
    fn places_are_taken_by_number_alone() {
        let limits = LimitsConfig { overviews_in_flight: Some(5), lateness_ms: Some(1), ..LimitsConfig::NONE };
        let load = overload(&limits);
        for _ in 0..100 {
            load.lateness.was(Duration::from_secs(10));
        }
        let take = |number| load.overview(SessionKey([number; 32]), &Pseudonym::from_keyed_hash([number; 16]));
        let held: Vec<_> = (0..5).map(|number| take(number).expect("a place")).collect();
        assert!(load.logins_wait());
        assert!(matches!(take(5), Err(ApiError::Overloaded { .. })));
        drop(held);
        assert!(take(5).is_ok());
    }
}
