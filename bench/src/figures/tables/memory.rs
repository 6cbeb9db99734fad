//! Resident memory: of overviews under way, of sessions and event streams that wait, and what is left when all have gone.

use std::{fs, time::Duration};

use futures::{StreamExt, stream};
use http::Request;
use tokio::time::{Instant, sleep};

use super::say;
use crate::{
    events::OpenStream,
    gateway::{self, Gateway, Kind, Setup},
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

/// Longest that memory is waited for to be given back: allocators keep it for some seconds, and every half minute the gateway
/// looks for what is not needed any more.
const RETURN: Duration = Duration::from_secs(45);

/// Longest that answers are waited for.
const PATIENCE: Duration = Duration::from_mins(2);

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
             sessions; its allocator is {allocator}. 'after' is the memory {} s after all have left at the latest, against \
             that before; the floor and Node keep their connections to the sources. Before the event streams nobody is \
             logged in but one, and after them everybody has logged out; each stream has shown seven sections and waits \
             for the eighth.",
            RETURN.as_secs(),
        ),
    );
    let mut table = Table::new(&["gateway", "before, MiB", "KiB each", "after"]);
    let kinds: &[Kind] =
        if world.is_quick { &[Kind::Ours] } else { &[Kind::Floor, Kind::Nginx, Kind::Node, Kind::Ours] };
    for kind in kinds {
        table.row(in_flight(world, *kind).await);
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
    let (mut most, rounds, begun) = (before, if world.is_quick { 3 } else { 10 }, Instant::now());
    // As many as that for each connection, however fast the machine is.
    while load.answers() < rounds * IN_FLIGHT {
        assert!(begun.elapsed() < PATIENCE, "{}: {} answers", kind.name(), load.answers());
        sleep(Duration::from_millis(100)).await;
        most = most.max(gateway.process.resident_kib());
    }
    drop(load.end().await);
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

/// Streams that have shown every section but one, and wait for a source that never answers. A source is waited for ten
/// seconds at most, and within them all must be open: so the answers of the other seven are kept, as they are by
/// default, and the ten streams of a session share the call that they wait for.
async fn idle_streams(world: &World) -> Vec<String> {
    world.sources.heal().await;
    let (sessions, streams) = if world.is_quick { (200, 2_000) } else { (1_000, 10_000) };
    let setup = Setup { citizens: 1, stream_ms: 60_000, timeout_ms: 10_000, keeps_answers: true, ..Setup::of(SOURCES) };
    let gateway = Gateway::start(Kind::Ours, world, &setup).await;
    sleep(REST).await;
    let before = gateway.process.resident_kib();
    let citizens = ours::citizens(gateway.port, 1, sessions).await;
    world.sources.set(Which::One(0), Duration::ZERO, "hang").await;
    let requests: Vec<_> = citizens.iter().map(gateway::as_stream).collect();
    // What sessions keep is no matter of the streams.
    drop(open(gateway.port, &requests).await);
    sleep(REST).await;
    let without = gateway.process.resident_kib();
    let all: Vec<_> = requests.iter().cycle().take(streams).cloned().collect();
    let mut open = open(gateway.port, &all).await;
    sleep(Duration::from_millis(500)).await;
    let with = gateway.process.resident_kib();
    let ended = open.iter_mut().map(OpenStream::has_ended).filter(|has_ended| *has_ended).count();
    assert!(ended == 0, "{ended} streams ended before they were counted");
    drop(open);
    world.sources.heal().await;
    ours::log_out(gateway.port, &citizens).await;
    let after = left(&gateway, before).await;
    let each = row(&format!("idle event stream ({streams})"), [without, with, after], streams);
    let of_all = row("", [before, with, after], streams);
    vec![each[0].clone(), of_all[1].clone(), each[2].clone(), of_all[3].clone()]
}

/// Opens event streams, so many at a time, each until all sections are there but the one that is waited for.
async fn open(port: u16, requests: &[Request<()>]) -> Vec<OpenStream> {
    let opening = requests.iter().cloned().map(|request| OpenStream::open(port, request, SOURCES - 1));
    stream::iter(opening).buffer_unordered(OPENING).map(|stream| stream.expect("a stream")).collect().await
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
