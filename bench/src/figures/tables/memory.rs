//! Resident memory: of overviews under way, of sessions and event streams that wait, and what is left when all have gone.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http_body_util::BodyExt;
use tokio::{
    sync::Semaphore,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::say;
use crate::{
    client::Client,
    gateway::{Gateway, Kind, Setup},
    load::Load,
    ours,
    sources::Which,
    statistics::{Table, short},
    world::World,
};

const IN_FLIGHT: usize = 1_000;
const SOURCES: usize = 8;

/// Time in which what has ended is cleared away.
const REST: Duration = Duration::from_secs(3);

/// Longest that memory is waited for to be given back: allocators keep it for some seconds.
const RETURN: Duration = Duration::from_secs(15);

/// Streams that are opened at the same time.
const OPENING: usize = 100;

pub(crate) async fn table(world: &World) {
    let binary = fs::read(world.binary("overblik")).expect("the gateway");
    let holds = |name: &str| binary.windows(name.len()).any(|part| part == name.as_bytes());
    let allocator = ["mimalloc", "jemalloc"].into_iter().find(|name| holds(name)).unwrap_or("the system's");
    say(
        "Memory",
        &format!(
            "1,000 overviews in flight, 8 sources of 100 ms; KiB of resident memory above that before. Ours is with as many \
             sessions; its allocator is {allocator}. 'after' is the memory 15 s after all have left at the latest, \
             against that before; the floor and Node keep their connections to the sources."
        ),
    );
    let mut table = Table::new(&["gateway", "before, MiB", "KiB each", "after"]);
    for kind in [Kind::Floor, Kind::Nginx, Kind::Node, Kind::Ours] {
        table.row(in_flight(world, kind).await);
    }
    table.print();
    let mut table = Table::new(&["overblik", "before, MiB", "KiB each", "after"]);
    table.row(idle_sessions(world).await);
    table.row(idle_streams(world).await);
    table.print();
}

async fn in_flight(world: &World, kind: Kind) -> Vec<String> {
    world.sources.heal().await;
    let setup = Setup { citizens: IN_FLIGHT, page_ms: 10_000, timeout_ms: 10_000, ..Setup::of(SOURCES) };
    let gateway = Gateway::start(kind, world, &setup).await;
    sleep(REST).await;
    world.sources.set(Which::All, Duration::from_millis(100), "healthy").await;
    let before = gateway.process.resident_kib();
    let load = Load::closed(&gateway.target(), IN_FLIGHT);
    let mut most = before;
    for _ in 0..if world.is_quick { 30 } else { 100 } {
        sleep(Duration::from_millis(100)).await;
        most = most.max(gateway.process.resident_kib());
    }
    let answers = load.end().await;
    assert!(answers.latencies.len() > IN_FLIGHT, "{}: {} answers", kind.name(), answers.latencies.len());
    row(kind.name(), [before, most, left(&gateway, before).await], IN_FLIGHT)
}

async fn idle_sessions(world: &World) -> Vec<String> {
    world.sources.heal().await;
    let sessions = if world.is_quick { 2_000 } else { 10_000 };
    let gateway = Gateway::start(Kind::Ours, world, &Setup { citizens: 500, ..Setup::of(SOURCES) }).await;
    sleep(REST).await;
    let before = gateway.process.resident_kib();
    // Nothing is asked for them.
    drop(ours::citizens(gateway.port, 500, sessions).await);
    sleep(REST).await;
    let after = gateway.process.resident_kib();
    let mut cells = row(&format!("idle session ({sessions})"), [before, after, after], sessions);
    "they stay".clone_into(&mut cells[3]);
    cells
}

/// Streams that wait for one source that never answers.
async fn idle_streams(world: &World) -> Vec<String> {
    world.sources.heal().await;
    let (sessions, streams) = if world.is_quick { (200, 2_000) } else { (1_000, 10_000) };
    let setup = Setup { citizens: sessions, stream_ms: 60_000, timeout_ms: 10_000, ..Setup::of(SOURCES) };
    let gateway = Gateway::start(Kind::Ours, world, &setup).await;
    sleep(REST).await;
    world.sources.set(Which::One(0), Duration::ZERO, "hang").await;
    let before = gateway.process.resident_kib();
    let (open, opening) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(OPENING)));
    let mut running = JoinSet::new();
    for request in gateway.stream_requests().iter().cycle().take(streams).cloned() {
        let (open, opening, port) = (Arc::clone(&open), Arc::clone(&opening), gateway.port);
        running.spawn(async move {
            let place = opening.acquire_owned().await.expect("never closed");
            let mut client = Client::connect(port).await.expect("a connection");
            let response = client.start(request).await.expect("an answer");
            assert!(response.status().is_success(), "a stream is refused: {}", response.status());
            let mut body = response.into_body();
            // The seven sections that are there.
            drop(body.frame().await);
            open.fetch_add(1, Ordering::Relaxed);
            drop(place);
            while body.frame().await.is_some() {}
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
    let (mut most_open, mut resident) = (0, before);
    while most_open < streams && open.load(Ordering::Relaxed) >= most_open {
        most_open = open.load(Ordering::Relaxed);
        resident = gateway.process.resident_kib();
        sleep(Duration::from_millis(200)).await;
    }
    running.shutdown().await;
    world.sources.heal().await;
    row(&format!("idle event stream ({most_open})"), [before, resident, left(&gateway, before).await], most_open)
}

/// What is left when all have gone: as soon as it is within 10 % of what was before, or when no more is waited for.
async fn left(gateway: &Gateway, before: u64) -> u64 {
    let begun = Instant::now();
    loop {
        sleep(Duration::from_secs(1)).await;
        let resident = gateway.process.resident_kib();
        if resident * 10 <= before * 11 || begun.elapsed() > RETURN {
            return resident;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "mebibytes")]
fn row(name: &str, [before, most, after]: [u64; 3], number: usize) -> Vec<String> {
    let each = most.saturating_sub(before) as f64 / number as f64;
    let (mebibytes, ratio) = (before as f64 / 1024.0, after as f64 / before as f64);
    vec![name.to_owned(), short(mebibytes), short(each), short(ratio)]
}
