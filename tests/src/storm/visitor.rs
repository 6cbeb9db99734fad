//! What somebody does before a browser while a storm rages.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use futures::future::join_all;

use super::Sky;
use crate::{
    crowd::{Crowd, CrowdBrowser, Look, Outcome, find},
    dice::Dice,
};

/// A step that took longer counts as this long when it is thought about.
const LONGEST_THOUGHT: Duration = Duration::from_secs(1);

/// Somebody before a browser.
pub(super) struct Visitor<'s> {
    pub(super) crowd: &'s Crowd,
    pub(super) sky: &'s Sky,
    /// The persons who use this browser.
    pub(super) household: [usize; 2],
    pub(super) browser: CrowdBrowser,
    pub(super) dice: Dice,
    /// Whether the session may be over without the browser knowing it: a login or logout was given up.
    pub(super) may_be_over: bool,
}

impl Visitor<'_> {
    pub(super) async fn visit(mut self) {
        while !self.sky.calm.load(Ordering::SeqCst) {
            let began = Instant::now();
            self.step().await;
            // People take the longer to think the longer they had to wait. So the gateways are always busy, and never so
            // busy that they only refuse.
            let thinks = began.elapsed().min(LONGEST_THOUGHT) * u32::try_from(self.dice.below(6)).unwrap_or_default();
            tokio::time::sleep(thinks).await;
        }
        if self.browser.citizen().is_some() {
            self.log_out_for_good().await;
        }
    }

    async fn step(&mut self) {
        if self.browser.citizen().is_none() {
            return self.log_in().await;
        }
        match self.dice.below(100) {
            0..45 => self.look().await,
            45..70 => self.look_around().await,
            70..80 => self.step_up().await,
            // The other person of the household logs in, or the same one anew.
            80..86 => self.log_in().await,
            86..93 => self.log_out().await,
            _ => self.log_out_while_looking().await,
        }
    }

    async fn log_in(&mut self) {
        let person = self.dice.one_of(&self.household).copied().unwrap_or_default();
        self.take_login(person, "", &self.sky.counts.logins).await;
    }

    async fn step_up(&mut self) {
        let Some(person) = self.browser.citizen() else { return };
        let before = self.browser.copy();
        let certain = self.take_login(person, "&level=high", &self.sky.counts.step_ups).await;
        if certain {
            self.expect_over(&before, "a session from before a step-up").await;
        }
    }

    /// Whether the login was finished.
    async fn take_login(&mut self, person: usize, further: &str, counter: &AtomicU64) -> bool {
        let doors = [self.sky.door(&mut self.dice), self.sky.door(&mut self.dice)];
        let give_up = self.patience(100, 1_000);
        let outcome = self.browser.log_in([&doors[0], &doors[1]], person, further, give_up).await;
        match outcome {
            Outcome::Answered(seen) if seen.status == 200 => {
                counter.fetch_add(1, Ordering::Relaxed);
                self.may_be_over = false;
                true
            }
            // Refused before anything of the old session was touched; the provider may be slow on a busy machine.
            Outcome::Answered(_) => {
                self.may_be_over = true;
                false
            }
            outcome => {
                self.uncertain(&outcome);
                false
            }
        }
    }

    async fn look(&mut self) {
        let (door, look) = (self.sky.door(&mut self.dice), self.any_look());
        let give_up = self.patience(150, 1_000);
        let outcome = self.browser.look(&door, look, give_up).await;
        self.judge(look, &outcome, self.may_be_over).await;
    }

    /// Looks at several faces at the same time, as several tabs do: they share the calls to sources.
    async fn look_around(&mut self) {
        let looks: Vec<_> =
            (0..3).map(|_| (self.sky.door(&mut self.dice), self.any_look(), self.patience(300, 1_000))).collect();
        let browser = &self.browser;
        let outcomes = join_all(looks.iter().map(|(door, look, give_up)| browser.look(door, *look, *give_up))).await;
        let may_be_over = self.may_be_over;
        for ((_, look, _), outcome) in looks.iter().zip(&outcomes) {
            self.judge(*look, outcome, may_be_over).await;
        }
    }

    async fn log_out(&mut self) {
        let (door, before, give_up) = (self.sky.door(&mut self.dice), self.browser.copy(), self.patience(100, 300));
        let outcome = self.browser.log_out(&door, give_up).await;
        self.logged_out(&outcome);
        if outcome.status() == 200 {
            self.expect_over(&before, "a session that was logged out").await;
        }
    }

    async fn log_out_while_looking(&mut self) {
        let doors = [0, 1, 2].map(|_| self.sky.door(&mut self.dice));
        let looks = [self.any_look(), self.any_look()];
        let tab = self.browser.copy();
        let pause = self.dice.milliseconds(0..500);
        let leaving = async {
            tokio::time::sleep(pause).await;
            self.browser.log_out(&doors[2], None).await
        };
        let (first, second, outcome) =
            futures::join!(tab.look(&doors[0], looks[0], None), tab.look(&doors[1], looks[1], None), leaving);
        self.logged_out(&outcome);
        for (look, outcome) in looks.iter().zip([first, second]) {
            self.judge(*look, &outcome, true).await;
        }
        if outcome.status() == 200 {
            self.expect_over(&tab, "a session that was logged out").await;
        }
    }

    async fn log_out_for_good(&mut self) {
        for _ in 0..3 {
            let door = self.sky.door(&mut self.dice);
            let outcome = self.browser.log_out(&door, None).await;
            if outcome.status() == 200 {
                return self.logged_out(&outcome);
            }
        }
        self.crowd.inspection.note("a logout was refused three times".to_owned());
    }

    fn logged_out(&mut self, outcome: &Outcome) {
        match outcome.status() {
            200 => drop(self.sky.counts.logouts.fetch_add(1, Ordering::Relaxed)),
            _ => self.uncertain(outcome),
        }
        self.browser.forget();
        self.may_be_over = false;
    }

    fn uncertain(&mut self, outcome: &Outcome) {
        self.may_be_over = true;
        self.sky.counts.uncertain.fetch_add(1, Ordering::Relaxed);
        self.count_broken(outcome);
    }

    fn count_broken(&self, outcome: &Outcome) {
        if matches!(outcome, Outcome::Broken) {
            self.sky.counts.broken.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A session that nobody ended must be there.
    async fn judge(&mut self, look: Look, outcome: &Outcome, may_be_over: bool) {
        self.count_broken(outcome);
        let Outcome::Answered(seen) = outcome else { return };
        let is_cut = match look {
            Look::Page => cut(&seen.body),
            Look::Stream => find(&seen.body, b"event: session_over").is_some(),
            Look::Json | Look::Session => false,
        };
        let mut over = seen.status == 401 || seen.header("set-cookie").contains("Max-Age=0");
        if is_cut && !over && self.browser.citizen().is_some() {
            // What is open is also cut when the store cannot say in time that the session lives.
            self.sky.counts.cut.fetch_add(1, Ordering::Relaxed);
            let door = self.sky.door(&mut self.dice);
            over = self.browser.look(&door, Look::Session, None).await.status() == 401;
        }
        if over {
            self.browser.forget();
            self.may_be_over = false;
            if !may_be_over {
                self.crowd.inspection.note(format!("a session was lost: {look:?}, status {}", seen.status));
            }
        }
    }

    /// A session that was ended must be over at every gateway.
    async fn expect_over(&mut self, browser: &CrowdBrowser, what: &str) {
        let door = self.sky.door(&mut self.dice);
        let outcome = browser.look(&door, Look::Session, None).await;
        self.count_broken(&outcome);
        if outcome.status() == 200 {
            self.crowd.inspection.note(format!("{what} still opens"));
        }
    }

    fn any_look(&mut self) -> Look {
        self.dice.one_of(&Look::ALL).copied().unwrap_or(Look::Json)
    }

    /// How long this visitor waits, if not for good.
    fn patience(&mut self, gives_up_in_thousand: u32, longest_ms: u64) -> Option<Duration> {
        self.dice.in_thousand(gives_up_in_thousand).then(|| self.dice.milliseconds(0..longest_ms))
    }
}

/// What a page says at its end when the session ended while it was being written, and at no other time.
const SESSION_OVER_ON_PAGE: &str = "Du er logget ud. Der vises ikke mere.";

/// Whether the session ended while a page was being written.
fn cut(page: &[u8]) -> bool {
    find(page, SESSION_OVER_ON_PAGE.as_bytes()).is_some()
}
