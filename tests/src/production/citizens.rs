//! Citizens who log in, look, look anew, log out and come back, as long as the production runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use url::Url;

use super::{
    answers::{Verdict, judge, kind},
    tally::Tally,
};
use crate::{
    crowd::{Crowd, CrowdBrowser, Look, Outcome},
    dice::Dice,
};

/// What all citizens are under.
pub(super) struct Sky {
    pub(super) crowd: Crowd,
    pub(super) tally: Tally,
    pub(super) front: Url,
    /// Milliseconds from one request of a citizen to the next.
    pub(super) thinks_ms: (u64, u64),
    pub(super) is_over: AtomicBool,
    /// Raised when everybody shall log out and in again.
    pub(super) generation: AtomicU64,
    /// How many are logged in by a login since it was raised.
    pub(super) renewed: AtomicU64,
}

/// One of them, before a browser.
pub(super) struct Citizen {
    sky: Arc<Sky>,
    person: usize,
    browser: CrowdBrowser,
    dice: Dice,
    generation: u64,
    /// A copy of the browser from before the last logout.
    before: Option<CrowdBrowser>,
    /// Since when everything fails.
    failing: Option<Instant>,
}

impl Citizen {
    pub(super) fn new(sky: Arc<Sky>, person: usize, browser: CrowdBrowser, dice: Dice) -> Self {
        Self { sky, person, browser, dice, generation: 0, before: None, failing: None }
    }

    /// Lives as long as the production runs; then what was ended must be over, and what was not must be there.
    pub(super) async fn live(mut self) {
        while !self.sky.is_over.load(Ordering::SeqCst) {
            self.step().await;
            let (shortest, longest) = self.sky.thinks_ms;
            tokio::time::sleep(self.dice.milliseconds(shortest..longest)).await;
        }
        if self.browser.citizen().is_some() {
            self.look(Look::Session, false).await;
        }
        self.expect_over().await;
    }

    async fn step(&mut self) {
        if self.browser.citizen().is_none() {
            return self.log_in().await;
        }
        if self.generation != self.sky.generation.load(Ordering::SeqCst) {
            return self.log_out().await;
        }
        match self.dice.below(100) {
            0..35 => self.look(Look::Json, false).await,
            35..50 => self.look(Look::Json, true).await,
            50..65 => self.look(Look::Stream, false).await,
            65..80 => self.look(Look::Page, false).await,
            80..90 => self.look(Look::Session, false).await,
            90..95 => self.expect_over().await,
            _ => self.log_out().await,
        }
    }

    async fn log_in(&mut self) {
        let began = Instant::now();
        let generation = self.sky.generation.load(Ordering::SeqCst);
        let outcome = self.browser.log_in([&self.sky.front; 2], self.person, "", None).await;
        let verdict = match &outcome {
            Outcome::Answered(seen) if seen.status == 200 && self.browser.citizen().is_some() => Verdict::Complete,
            Outcome::Answered(seen) => Verdict::Failed(format!("login: {}", kind(seen))),
            Outcome::GivenUp | Outcome::Broken => Verdict::Failed("login: no answer".to_owned()),
        };
        if verdict == Verdict::Complete && self.generation != generation {
            self.generation = generation;
            self.sky.renewed.fetch_add(1, Ordering::SeqCst);
        }
        self.note(began, "a login", &verdict);
    }

    async fn look(&mut self, look: Look, anew: bool) {
        let (began, front) = (Instant::now(), &self.sky.front);
        let outcome =
            if anew { self.browser.look_anew(front, look).await } else { self.browser.look(front, look, None).await };
        let verdict = match &outcome {
            Outcome::Answered(seen) => judge(look, self.sky.crowd.persons.of(self.person), seen),
            Outcome::GivenUp | Outcome::Broken => Verdict::Failed("no answer".to_owned()),
        };
        if verdict == Verdict::LoggedOut {
            self.browser.forget();
        }
        self.note(began, &format!("{look:?} of citizen {}", self.person), &verdict);
    }

    /// Whatever becomes of it, the browser forgets its session, as a person who walks away does. A session whose logout was
    /// refused may go on, and nobody says that it is over.
    async fn log_out(&mut self) {
        let (began, copy) = (Instant::now(), self.browser.copy());
        let outcome = self.browser.log_out(&self.sky.front, None).await;
        let verdict = match &outcome {
            Outcome::Answered(seen) if seen.status == 200 => Verdict::Complete,
            Outcome::Answered(seen) if seen.status == 401 => Verdict::LoggedOut,
            Outcome::Answered(seen) => Verdict::Failed(format!("logout: {}", kind(seen))),
            Outcome::GivenUp | Outcome::Broken => Verdict::Failed("logout: no answer".to_owned()),
        };
        self.before = (verdict == Verdict::Complete).then_some(copy);
        self.browser.forget();
        self.note(began, "a logout", &verdict);
    }

    /// The session that was logged out last opens nothing.
    async fn expect_over(&mut self) {
        let Some(before) = &self.before else { return };
        let began = Instant::now();
        let verdict = match before.look(&self.sky.front, Look::Session, None).await {
            Outcome::Answered(seen) if seen.status == 401 => Verdict::Complete,
            Outcome::Answered(seen) if seen.status == 200 => {
                Verdict::Wrong("a session that was logged out still opens".to_owned())
            }
            Outcome::Answered(seen) => Verdict::Failed(kind(&seen)),
            Outcome::GivenUp | Outcome::Broken => Verdict::Failed("no answer".to_owned()),
        };
        self.note(began, "a look after a logout", &verdict);
    }

    fn note(&mut self, began: Instant, what: &str, verdict: &Verdict) {
        let fails = matches!(verdict, Verdict::Failed(_) | Verdict::Cut);
        let failing = self.failing.or(fails.then_some(began));
        self.failing = failing.filter(|_| fails);
        self.sky.tally.note(began, what, verdict, failing);
    }
}

/// Waits until everybody has logged in anew.
pub(super) async fn everybody_renews(sky: &Sky, within: Duration) {
    sky.renewed.store(0, Ordering::SeqCst);
    sky.generation.fetch_add(1, Ordering::SeqCst);
    let everybody = u64::try_from(sky.crowd.persons.count()).unwrap_or(u64::MAX);
    let began = Instant::now();
    while sky.renewed.load(Ordering::SeqCst) < everybody {
        assert!(began.elapsed() < within, "not everybody has logged in anew");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
