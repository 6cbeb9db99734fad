//! The storm (requirement R57): citizens by the hundred log in, read, step up, log out and give up at once, through
//! several gateways, while authorities misbehave; whatever anybody is shown is inspected.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use url::Url;

use crate::{
    crowd::{Crowd, CrowdBrowser, Look, Outcome, find},
    dice::Dice,
    fleet::Fleet,
    redis_server::RedisServer,
};

/// A step that took longer counts as this long when it is thought about.
const LONGEST_THOUGHT: Duration = Duration::from_secs(1);

/// How long Redis stands still: longer than any gateway waits for it.
const STANDSTILL: Duration = Duration::from_millis(1_500);

/// How long a storm lasts, and what else happens meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct StormSetup {
    /// Decides all that visitors do.
    pub seed: u64,
    /// It goes on at least until so many answers came.
    pub responses: u64,
    /// How often the master keys are exchanged meanwhile.
    pub key_exchanges: u32,
    /// A process is killed and started again so often, and then Redis stands still for a moment.
    pub kill_every: Option<Duration>,
    /// Whether it ends as soon as something is found.
    pub stops_at_first_finding: bool,
}

/// What a storm came to.
#[derive(Debug)]
pub struct StormReport {
    seed: u64,
    took: Duration,
    /// Answers that came.
    pub responses: u64,
    /// Answers that were given up in the middle.
    pub cut_short: u64,
    /// Texts of their own citizens that answers held.
    pub own_texts: u64,
    /// Persons who were shown something of their own.
    pub persons_shown: usize,
    /// Logins that finished.
    pub logins: u64,
    /// Step-ups that finished.
    pub step_ups: u64,
    /// Logouts that finished.
    pub logouts: u64,
    /// Logins and logouts that were given up or broken: each may have left a session that no browser knows.
    pub uncertain: u64,
    /// Requests that nobody answered.
    pub broken: u64,
    /// Views that were ended though nobody ended their session, as far as the browser knew.
    pub cut: u64,
    /// What must not be.
    pub found: u64,
    /// The first of those, in words.
    pub findings: Vec<String>,
    /// Answers by status.
    pub statuses: Vec<(String, u64)>,
}

impl StormReport {
    /// How many answers said that the gateway could not do what it was asked for just now.
    #[must_use]
    pub fn refused(&self) -> u64 {
        let refused = |status: &str| status.starts_with("429") || status.starts_with('5');
        self.statuses.iter().filter(|(status, _)| refused(status)).map(|(_, count)| count).sum()
    }
}

impl fmt::Display for StormReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, responses, cut_short, own_texts, persons_shown, logins, step_ups, logouts, .. } = self;
        let Self { uncertain, broken, cut, found, .. } = self;
        let seconds = self.took.as_secs_f32();
        writeln!(f, "storm with seed {seed}: {responses} answers in {seconds:.1} s, {cut_short} of them given up")?;
        writeln!(f, "  {own_texts} texts of their own were shown to {persons_shown} persons")?;
        writeln!(f, "  {logins} logins, {step_ups} step-ups, {logouts} logouts; {uncertain} given up or broken")?;
        writeln!(f, "  {broken} requests without an answer, {cut} views cut; answers by status: {:?}", self.statuses)?;
        writeln!(f, "  found: {found}")?;
        self.findings.iter().try_for_each(|finding| writeln!(f, "    {finding}"))
    }
}

/// Lets a storm rage. Everybody has logged out when it is over.
pub async fn rage(crowd: &Crowd, fleet: &mut Fleet, redis: &RedisServer, setup: StormSetup) -> StormReport {
    let mut dice = Dice::seeded(setup.seed);
    let sky = Sky { setup, doors: Mutex::new(fleet.doors()), calm: AtomicBool::new(false), counts: Counts::default() };
    let began = Instant::now();
    let first = crowd.browser();
    let persons = crowd.persons.count();
    let visitors: Vec<Visitor<'_>> = (0..persons)
        .map(|person| Visitor {
            crowd,
            sky: &sky,
            // A computer that two persons share, and each of whom has another one too.
            household: [person, (person + 1) % persons],
            browser: first.neighbour(),
            dice: dice.fork(),
            may_be_over: false,
        })
        .collect();
    let weather = async {
        for _ in 0..setup.key_exchanges {
            fleet.keys().exchange().await;
        }
        while !enough(crowd, &setup) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if let Some(every) = setup.kill_every {
                kill_one(fleet, &sky, every).await;
                redis.stand_still(true);
                tokio::time::sleep(STANDSTILL).await;
                redis.stand_still(false);
            }
        }
        sky.calm.store(true, Ordering::SeqCst);
    };
    futures::join!(weather, join_all(visitors.into_iter().map(Visitor::visit)));
    report(crowd, &sky, began.elapsed())
}

fn enough(crowd: &Crowd, setup: &StormSetup) -> bool {
    let inspection = &crowd.inspection;
    inspection.responses() >= setup.responses || (setup.stops_at_first_finding && inspection.found() > 0)
}

async fn kill_one(fleet: &mut Fleet, sky: &Sky, every: Duration) {
    tokio::time::sleep(every).await;
    let index = sky.counts.kills.fetch_add(1, Ordering::Relaxed);
    let count = u64::try_from(fleet.doors().len()).unwrap_or(1).max(1);
    let index = usize::try_from(index % count).unwrap_or_default();
    fleet.kill(index);
    sky.open(fleet.doors());
    fleet.start_process(index).await;
    sky.open(fleet.doors());
}

fn report(crowd: &Crowd, sky: &Sky, took: Duration) -> StormReport {
    let (inspection, counts) = (&crowd.inspection, &sky.counts);
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    StormReport {
        seed: sky.setup.seed,
        took,
        responses: inspection.responses(),
        cut_short: inspection.cut_short(),
        own_texts: inspection.own_texts(),
        persons_shown: crowd.persons.shown(),
        logins: count(&counts.logins),
        step_ups: count(&counts.step_ups),
        logouts: count(&counts.logouts),
        uncertain: count(&counts.uncertain),
        broken: count(&counts.broken),
        cut: count(&counts.cut),
        found: inspection.found(),
        findings: inspection.findings(),
        statuses: inspection.statuses().into_iter().collect(),
    }
}

/// What all visitors are under.
struct Sky {
    setup: StormSetup,
    doors: Mutex<Vec<Url>>,
    calm: AtomicBool,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    logins: AtomicU64,
    step_ups: AtomicU64,
    logouts: AtomicU64,
    uncertain: AtomicU64,
    broken: AtomicU64,
    cut: AtomicU64,
    kills: AtomicU64,
}

impl Sky {
    fn open(&self, doors: Vec<Url>) {
        *self.doors.lock().unwrap_or_else(PoisonError::into_inner) = doors;
    }

    #[expect(clippy::expect_used, reason = "a fleet without a process is a mistake in the test")]
    fn door(&self, dice: &mut Dice) -> Url {
        let doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        dice.one_of(&doors).expect("a process that runs").clone()
    }
}

/// Somebody before a browser.
struct Visitor<'s> {
    crowd: &'s Crowd,
    sky: &'s Sky,
    household: [usize; 2],
    browser: CrowdBrowser,
    dice: Dice,
    /// Whether the session may be over without the browser knowing it: a login or logout was given up.
    may_be_over: bool,
}

impl Visitor<'_> {
    async fn visit(mut self) {
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
