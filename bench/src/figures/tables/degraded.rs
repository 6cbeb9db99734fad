//! One of twelve sources fails: what becomes of the overview's deadline, and of the other sources' sections, under load.

use std::time::Duration;

use http::Request;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};

use super::say;
use crate::{
    events,
    gateway::{Gateway, Kind, Setup, as_stream},
    load::{Load, OPEN_CONNECTIONS, Outcome, Target},
    sources::Which,
    statistics::{Table, milliseconds, short},
    world::World,
};

const SOURCES: usize = 12;
const SLOWEST_MS: u64 = 50;
const PAGE_MS: u64 = 300;
const TIMEOUT_MS: u64 = 1_000;

/// Overviews a second of all gateways, and by how many it is looked how many more ours can take.
const PER_SECOND: u32 = 100;

/// Connections at the highest load: with a source that hangs, an overview takes the page deadline, and some wait for longer.
const CONNECTIONS: u32 = 640;

/// Event streams a second besides, by citizens of their own.
const STREAMS_PER_SECOND: u32 = 40;
const STREAM_CITIZENS: usize = 64;

/// How often each fault is measured at the highest load, where the machine's own pauses are as long as what is looked for.
const ROUNDS: usize = 3;

/// A load is carried while 99 of 100 overviews are had in this time, with every source well: twice the slowest source.
const CARRIED: Duration = Duration::from_millis(2 * SLOWEST_MS);

/// No fault.
const HEALTHY: &str = "healthy";

/// The source that fails; it is neither the fastest nor the slowest.
const FAILING: usize = 5;

pub(crate) async fn table(world: &World) {
    let faults: &[&str] = if world.is_quick {
        &["hang", "drip", "refuse"]
    } else {
        &[HEALTHY, "hang", "stall", "drip", "refuse", "error"]
    };
    let kinds: &[Kind] =
        if world.is_quick { &[Kind::Floor, Kind::Ours] } else { &[Kind::Floor, Kind::Nginx, Kind::Node, Kind::Ours] };
    say(
        "One of twelve sources fails",
        &format!(
            "open loop of {PER_SECOND} overviews a second, sources of 5 to 50 ms, page deadline 300 ms (peers: limit for \
             each source, as they have no other), ours waits 1 s for a source; milliseconds. 'later' begins three seconds \
             after the failure, when a breaker can have opened, and is the time above the slowest healthy source. 'others' \
             is the last healthy section on event streams under the same load, against the time before the failure: what \
             is added to the slowest source (median), and the whole time (p99); first at once after the failure, then later."
        ),
    );
    let mut table = Table::new(&HEAD);
    for fault in faults {
        for kind in kinds {
            let run =
                Run { rounds: 1, kind: *kind, refuses: true, connections: OPEN_CONNECTIONS, per_second: PER_SECOND };
            table.row(measure(world, &run, fault, fault).await);
        }
    }
    table.print();
    let most = most_carried(world).await;
    say(
        "The same at the highest load that ours carries with every source well",
        &format!(
            "{most} overviews a second, of which 99 of 100 are had within {} ms while every source is well; {ROUNDS} rounds \
             together; the first row is the control, in which no source fails, and the last is ours as it would \
             be if nobody were turned away",
            CARRIED.as_millis()
        ),
    );
    let mut table = Table::new(&HEAD);
    let run = Run { rounds: ROUNDS, kind: Kind::Ours, refuses: true, connections: CONNECTIONS, per_second: most };
    let control = faults.iter().all(|fault| *fault != HEALTHY).then_some(&HEALTHY);
    for fault in control.into_iter().chain(faults) {
        table.row(measure(world, &run, fault, fault).await);
    }
    let none_refused = Run { rounds: 1, refuses: false, ..run };
    table.row(measure(world, &none_refused, "hang", "hang, none turned away").await);
    table.print();
    world.sources.heal().await;
}

/// What is measured, and by how much load.
struct Run {
    rounds: usize,
    kind: Kind,
    /// Ours: whether overviews are refused while it runs late.
    refuses: bool,
    connections: u32,
    per_second: u32,
}

const HEAD: [&str; 10] = [
    "the source",
    "gateway",
    "p50",
    "p99",
    "p99 over the deadline, at first and later",
    "% turned away: healthy, at first, later",
    "p99 of being turned away",
    "later, p50 above",
    "others at first, p50 added and p99",
    "others later, p50 added and p99",
];

async fn start(world: &World, run: &Run) -> Gateway {
    let citizens = usize::try_from(run.connections).unwrap_or_default() + STREAM_CITIZENS;
    let setup = Setup { page_ms: PAGE_MS, floor_has_limit: true, timeout_ms: TIMEOUT_MS, ..Setup::of(SOURCES) };
    let setup = Setup { citizens, stream_ms: 3_000, refuses_when_late: run.refuses, ..setup };
    world.sources.heal().await;
    let gateway = Gateway::start(run.kind, world, &setup).await;
    for number in 0..SOURCES {
        world.sources.set(Which::One(number), delay(number), "healthy").await;
    }
    gateway
}

/// The most overviews a second that ours carries beside the streams. What is beyond it is beyond it twice: machines pause.
async fn most_carried(world: &World) -> u32 {
    let run = Run { rounds: 1, kind: Kind::Ours, refuses: true, connections: CONNECTIONS, per_second: PER_SECOND };
    let gateway = start(world, &run).await;
    let (mut most, mut failed) = (PER_SECOND, false);
    loop {
        let load = Load::open_on(&target(&gateway), CONNECTIONS, most + PER_SECOND / 2);
        sleep(Duration::from_secs(1)).await;
        let (outcome, _) = under_load(&gateway, &load, Duration::from_secs(if world.is_quick { 2 } else { 10 })).await;
        load.end().await;
        if outcome.keeps(99, CARRIED) {
            (most, failed) = (most + PER_SECOND / 2, false);
        } else if failed {
            return most;
        } else {
            failed = true;
        }
    }
}

/// What came of the load in all rounds: before the failure, right after it, and later.
#[derive(Default)]
struct Phases {
    /// Overviews.
    overviews: [Outcome; 3],
    /// The last healthy section on event streams.
    others: [Outcome; 3],
}

async fn measure(world: &World, run: &Run, fault: &str, name: &str) -> Vec<String> {
    let mut all = Phases::default();
    for _ in 0..run.rounds {
        round(world, run, fault, &mut all).await;
    }
    let Phases { overviews: [well, first, later], others: [healthy, others_first, others_later] } = all;
    let [p50, p99] = [0.5, 0.99].map(|share| short(milliseconds(first.percentile(share))));
    let over = [&first, &later]
        .map(|outcome| short(milliseconds(outcome.percentile(0.99)) - milliseconds(Duration::from_millis(PAGE_MS))));
    let turned_away = [&well, &first, &later].map(|outcome| short(outcome.percent_turned_away()));
    let being_turned_away = match first.turned_away.len() {
        0 => "-".to_owned(),
        _ => short(milliseconds(first.percentile_of_turned_away(0.99))),
    };
    let figures = [p50, p99, over.join(", "), turned_away.join(", "), being_turned_away, short(added(&later))];
    let others = [&others_first, &others_later].map(|others| against(others, &healthy));
    [name.to_owned(), run.kind.name().to_owned()].into_iter().chain(figures).chain(others).collect()
}

async fn round(world: &World, run: &Run, fault: &str, all: &mut Phases) {
    let time = if world.is_quick { Duration::from_secs(3) } else { Duration::from_secs(10) };
    // Anew each time: what a breaker learnt of one failure would help with the next.
    let gateway = start(world, run).await;
    let load = Load::open_on(&target(&gateway), run.connections, run.per_second);
    sleep(Duration::from_millis(800)).await;
    for phase in 0..all.overviews.len() {
        if phase == 1 {
            world.sources.set(Which::One(FAILING), delay(FAILING), fault).await;
            // Answers under way were asked for before.
            sleep(Duration::from_millis(100)).await;
        }
        let (overviews, others) = under_load(&gateway, &load, time).await;
        assert!(overviews.failures == 0, "{} with {fault}: {} overviews fail", run.kind.name(), overviews.failures);
        all.overviews[phase].add(overviews);
        all.others[phase].add(others);
    }
    let failures = load.end().await.failures;
    assert!(failures == 0, "{} with {fault}: {failures} overviews fail", run.kind.name());
}

/// Overviews of the load, and streams beside them, for so long.
async fn under_load(gateway: &Gateway, load: &Load, time: Duration) -> (Outcome, Outcome) {
    load.forget();
    let others = if gateway.kind == Kind::Ours {
        others(gateway, time).await
    } else {
        sleep(time).await;
        Outcome::default()
    };
    (load.take(), others)
}

/// What is added to the slowest healthy source, in the middle.
fn added(outcome: &Outcome) -> f64 {
    milliseconds(outcome.percentile(0.5)) - milliseconds(Duration::from_millis(SLOWEST_MS))
}

fn against(others: &Outcome, healthy: &Outcome) -> String {
    if healthy.latencies.is_empty() {
        return "-".to_owned();
    }
    let p99 = |outcome: &Outcome| milliseconds(outcome.percentile(0.99));
    format!("{} and {}", short(added(others) / added(healthy)), short(p99(others) / p99(healthy)))
}

fn delay(number: usize) -> Duration {
    let number = u64::try_from(number).unwrap_or_default();
    Duration::from_millis(5 + (SLOWEST_MS - 5) * number / (SOURCES as u64 - 1))
}

/// Overviews of all but those who have streams.
fn target(gateway: &Gateway) -> Target {
    let target = gateway.lenient_target();
    Target { requests: target.requests.iter().skip(STREAM_CITIZENS).cloned().collect(), ..target }
}

/// When the last section of the healthy sources was there, on streams that begin at a fixed rate.
async fn others(gateway: &Gateway, time: Duration) -> Outcome {
    let streams: Vec<Request<()>> = gateway.citizens.iter().take(STREAM_CITIZENS).map(as_stream).collect();
    let mut ticks = interval(Duration::from_secs(1) / STREAMS_PER_SECOND);
    let (port, begun) = (gateway.port, Instant::now());
    let mut running = JoinSet::new();
    for request in streams.iter().cycle().cloned() {
        if begun.elapsed() > time {
            break;
        }
        ticks.tick().await;
        running.spawn(async move {
            let events = events::read(port, request).await.expect("a stream");
            let healthy = events.iter().filter(|event| event.source().is_some_and(|source| source != FAILING));
            // One that was turned away has none.
            healthy.map(|event| event.after).max()
        });
    }
    Outcome { latencies: running.join_all().await.into_iter().flatten().collect(), ..Outcome::default() }
}
