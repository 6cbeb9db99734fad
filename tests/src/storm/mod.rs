//! The storm (requirement R57): citizens by the hundred log in, read, step up, log out and give up at once, through
//! several gateways, while authorities misbehave; whatever anybody is shown is inspected.

mod report;
mod visitor;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use url::Url;

pub use report::StormReport;
use visitor::Visitor;

use crate::{crowd::Crowd, dice::Dice, fleet::Fleet, redis_server::RedisServer};

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
