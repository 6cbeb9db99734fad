//! One of twelve sources fails: what becomes of the overview's deadline, and of the other sources' sections.

use std::time::Duration;

use tokio::{task::JoinSet, time::sleep};

use super::say;
use crate::{
    events,
    gateway::{Gateway, Kind, Setup},
    load::{Load, Outcome},
    sources::Which,
    statistics::{Table, milliseconds, short},
    world::World,
};

const SOURCES: usize = 12;
const SLOWEST_MS: u64 = 50;
const PAGE_MS: u64 = 300;
const TIMEOUT_MS: u64 = 1_000;

/// Overviews a second.
const PER_SECOND: u32 = 100;

/// The source that fails; it is neither the fastest nor the slowest.
const FAILING: usize = 5;

pub(crate) async fn table(world: &World) {
    say(
        "One of twelve sources fails",
        "open loop of 100 overviews a second, sources of 5 to 50 ms, page deadline 300 ms (peers: limit for each source), \
         ours waits 1 s for a source; milliseconds. 'later' begins three seconds after the failure, when a breaker can have \
         opened, and is the time above the slowest healthy source. 'others' is the p99 of the last healthy section on the \
         event stream against the healthy run.",
    );
    let head = ["the source", "gateway", "p50", "p99", "p99 over the deadline", "later, p50 above", "others, ratio"];
    let mut table = Table::new(&head);
    let faults: &[&str] = if world.is_quick {
        &["hang", "drip", "refuse"]
    } else {
        &["healthy", "hang", "stall", "drip", "refuse", "error"]
    };
    let kinds: &[Kind] =
        if world.is_quick { &[Kind::Floor, Kind::Ours] } else { &[Kind::Floor, Kind::Nginx, Kind::Node, Kind::Ours] };
    for fault in faults {
        for kind in kinds {
            table.row(measure(world, *kind, fault).await);
        }
    }
    table.print();
    world.sources.heal().await;
}

fn setup() -> Setup {
    let setup = Setup { page_ms: PAGE_MS, floor_has_limit: true, timeout_ms: TIMEOUT_MS, ..Setup::of(SOURCES) };
    Setup { citizens: 128, stream_ms: 3_000, ..setup }
}

async fn measure(world: &World, kind: Kind, fault: &str) -> Vec<String> {
    let time = if world.is_quick { Duration::from_secs(2) } else { Duration::from_secs(10) };
    world.sources.heal().await;
    // Anew each time: what a breaker learnt of one failure would help with the next.
    let gateway = Gateway::start(kind, world, &setup()).await;
    for number in 0..SOURCES {
        world.sources.set(Which::One(number), delay(number), "healthy").await;
    }
    let is_ours = kind == Kind::Ours;
    let healthy = if is_ours { others(&gateway, time).await } else { Outcome::default() };
    let load = Load::open(&gateway.lenient_target(), PER_SECOND);
    sleep(Duration::from_millis(800)).await;
    world.sources.set(Which::One(FAILING), delay(FAILING), fault).await;
    // Answers under way were asked for before.
    sleep(Duration::from_millis(100)).await;
    load.forget();
    sleep(time).await;
    let first = load.take();
    sleep(Duration::from_secs(3).saturating_sub(time)).await;
    load.forget();
    sleep(time).await;
    let later = load.end().await;
    assert!(first.failures + later.failures == 0, "{} with {fault}: overviews fail", kind.name());
    let others = if is_ours {
        let degraded = others(&gateway, time).await;
        short(milliseconds(degraded.percentile(0.99)) / milliseconds(healthy.percentile(0.99)))
    } else {
        "-".to_owned()
    };
    let [p50, p99] = [0.5, 0.99].map(|share| milliseconds(first.percentile(share)));
    let over = p99 - milliseconds(Duration::from_millis(PAGE_MS));
    let above = milliseconds(later.percentile(0.5)) - milliseconds(Duration::from_millis(SLOWEST_MS));
    let figures = [p50, p99, over, above].map(short);
    [fault.to_owned(), kind.name().to_owned()].into_iter().chain(figures).chain([others]).collect()
}

fn delay(number: usize) -> Duration {
    let number = u64::try_from(number).unwrap_or_default();
    Duration::from_millis(5 + (SLOWEST_MS - 5) * number / (SOURCES as u64 - 1))
}

/// When the last section of the healthy sources was there, on streams one after the other.
async fn others(gateway: &Gateway, time: Duration) -> Outcome {
    let mut running = JoinSet::new();
    for request in gateway.stream_requests().iter().take(4) {
        let (port, request) = (gateway.port, request.clone());
        running.spawn(async move {
            let begun = tokio::time::Instant::now();
            let mut latencies = Vec::new();
            while begun.elapsed() < time {
                let events = events::read(port, request.clone()).await.expect("a stream");
                let healthy = events.iter().filter(|event| event.source().is_some_and(|source| source != FAILING));
                latencies.extend(healthy.map(|event| event.after).max());
            }
            latencies
        });
    }
    Outcome { latencies: running.join_all().await.concat(), failures: 0 }
}
