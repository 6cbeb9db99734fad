//! Load on a gateway: a closed loop, in which each connection asks again as soon as it has its answer, and an open one, in
//! which requests leave at a fixed rate whatever becomes of those before.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Request, header};
use overblik_bench::answer::CITIZEN_HEADER;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    citizens::Citizen,
    client::{Answer, Client},
    world::World,
};

/// Connections of an open loop, unless there must be more: more than are ever under way.
pub(crate) const OPEN_CONNECTIONS: u32 = 256;

/// What is asked of a gateway, and what counts as an answer.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) port: u16,
    /// One for each citizen.
    pub(crate) requests: Arc<[Request<()>]>,
    /// An answer that is shorter lacks something.
    pub(crate) least_bytes: usize,
}

impl Target {
    /// A source itself, by its number.
    pub(crate) fn source(world: &World, number: usize) -> Self {
        let request =
            Request::get("/cases").header(header::HOST, "localhost").header(CITIZEN_HEADER, &Citizen::of(0).number);
        let port = world.sources.plain[number];
        Self { port, requests: [request.body(()).expect("a request")].into(), least_bytes: 1_000 }
    }
}

/// What came of some load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// How long each whole answer took.
    pub(crate) latencies: Vec<Duration>,
    /// How long it took to be told to come again later.
    pub(crate) turned_away: Vec<Duration>,
    /// Other answers that were no success, or too short, and connections that broke.
    pub(crate) failures: usize,
}

impl Outcome {
    /// Adds what came of more of the same load.
    pub(crate) fn add(&mut self, more: Self) {
        self.latencies.extend(more.latencies);
        self.turned_away.extend(more.turned_away);
        self.failures += more.failures;
    }

    /// The latency that this share of the answers stayed within.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        percentile(&self.latencies, share)
    }

    /// The same of those that are told to come again later.
    pub(crate) fn percentile_of_turned_away(&self, share: f64) -> Duration {
        percentile(&self.turned_away, share)
    }

    /// How many of a hundred were turned away.
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    pub(crate) fn percent_turned_away(&self) -> f64 {
        let all = self.latencies.len() + self.turned_away.len();
        100.0 * self.turned_away.len() as f64 / all.max(1) as f64
    }

    /// Whether so many of a hundred had their answer in time.
    pub(crate) fn keeps(&self, percent: usize, time: Duration) -> bool {
        let in_time = self.latencies.iter().filter(|latency| **latency <= time).count();
        let all = self.latencies.len() + self.turned_away.len() + self.failures;
        all > 0 && in_time * 100 >= all * percent
    }
}

/// Load that goes on until it is dropped or ended.
pub(crate) struct Load {
    outcome: Arc<Mutex<Outcome>>,
    connections: JoinSet<()>,
}

impl Load {
    /// A closed loop of so many connections.
    pub(crate) fn closed(target: &Target, connections: usize) -> Self {
        Self::start(target, connections, |_| None)
    }

    /// An open loop of so many requests a second.
    pub(crate) fn open(target: &Target, per_second: u32) -> Self {
        Self::open_on(target, OPEN_CONNECTIONS, per_second)
    }

    /// The same on so many connections. If they are all under way it is no open loop any more.
    pub(crate) fn open_on(target: &Target, connections: u32, per_second: u32) -> Self {
        let begin = Instant::now() + Duration::from_millis(50);
        let step = Duration::from_secs(1) / per_second;
        let schedule = move |connection| {
            let first = begin + step * u32::try_from(connection).unwrap_or_default();
            Some((first, step * connections))
        };
        Self::start(target, usize::try_from(connections).unwrap_or_default(), schedule)
    }

    /// Each connection asks for a citizen of its own, as far as there are enough. With a schedule it waits for its times.
    fn start(target: &Target, connections: usize, schedule: impl Fn(usize) -> Option<(Instant, Duration)>) -> Self {
        let outcome = Arc::<Mutex<Outcome>>::default();
        let mut running = JoinSet::new();
        for (index, request) in target.requests.iter().cycle().take(connections).enumerate() {
            let (target, request, outcome) = (target.clone(), request.clone(), Arc::clone(&outcome));
            let mut next = schedule(index);
            running.spawn(async move {
                loop {
                    let Ok(mut client) = Client::connect(target.port).await else {
                        lock(&outcome).failures += 1;
                        sleep(Duration::from_millis(10)).await;
                        continue;
                    };
                    while ask(&mut client, &target, &request, &mut next, &outcome).await {}
                }
            });
        }
        Self { outcome, connections: running }
    }

    /// Forgets what was so far.
    pub(crate) fn forget(&self) {
        *lock(&self.outcome) = Outcome::default();
    }

    /// How many answers there are so far.
    pub(crate) fn answers(&self) -> usize {
        lock(&self.outcome).latencies.len()
    }

    /// What came of it since it was last taken.
    pub(crate) fn take(&self) -> Outcome {
        std::mem::take(&mut *lock(&self.outcome))
    }

    /// Ends the load and closes its connections.
    pub(crate) async fn end(mut self) -> Outcome {
        self.connections.shutdown().await;
        self.take()
    }
}

/// Asks once; whether the connection can be used again.
async fn ask(
    client: &mut Client,
    target: &Target,
    request: &Request<()>,
    next: &mut Option<(Instant, Duration)>,
    outcome: &Mutex<Outcome>,
) -> bool {
    let begun = match next {
        None => Instant::now(),
        Some((time, step)) => {
            let (due, late) = (*time, *time < Instant::now());
            *time += *step;
            if late {
                // The answer before took too long: whoever wanted this one has waited since.
                due
            } else {
                sleep_until(due).await;
                // How late a timer is here is not the gateway's doing.
                Instant::now()
            }
        }
    };
    let answer = client.answer(request.clone()).await;
    let good =
        answer.as_ref().is_ok_and(|answer| answer.status.is_success() && answer.body.len() >= target.least_bytes);
    let later = |answer: &Answer| answer.status == 503 && answer.header(header::RETRY_AFTER).is_some();
    let mut outcome = lock(outcome);
    if good {
        outcome.latencies.push(begun.elapsed());
    } else if answer.as_ref().is_ok_and(later) {
        outcome.turned_away.push(begun.elapsed());
    } else {
        outcome.failures += 1;
    }
    answer.is_ok()
}

fn percentile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
    let place = (sorted.len() as f64 * share) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(Duration::MAX)
}

fn lock(outcome: &Mutex<Outcome>) -> std::sync::MutexGuard<'_, Outcome> {
    outcome.lock().unwrap_or_else(PoisonError::into_inner)
}
