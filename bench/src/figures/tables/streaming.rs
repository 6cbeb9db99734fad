//! How soon the first section is on an event stream.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::say;
use crate::{
    events,
    gateway::{Gateway, Kind, Setup},
    load::{Load, Outcome, Target},
    sources::Which,
    statistics::{Rounds, Table, milliseconds},
    world::World,
};

const SOURCES: usize = 8;
const FASTEST: Duration = Duration::from_millis(20);
const OTHERS: Duration = Duration::from_millis(200);

/// Streams that are open at the same time: fifty new ones a second.
const STREAMS: usize = 10;
const PER_SECOND: u32 = 50;

pub(crate) async fn table(world: &World) {
    say(
        "First section on the event stream",
        "8 sources, one of 20 ms and seven of 200 ms, 50 new streams a second; milliseconds from the request to the first \
         section, less the 20. How late the source itself is, asked directly at the same rate, stands beside it; 'after \
         it' is what lies between them. No peer streams.",
    );
    world.sources.heal().await;
    world.sources.set(Which::All, OTHERS, "healthy").await;
    world.sources.set(Which::One(0), FASTEST, "healthy").await;
    let (rounds, time) = if world.is_quick { (3, Duration::from_secs(2)) } else { (7, Duration::from_secs(10)) };
    let gateway = Gateway::start(Kind::Ours, world, &Setup::of(SOURCES)).await;
    let [mut streams, mut source, mut between] = <[[Rounds; 2]; 3]>::default();
    for _ in 0..rounds {
        let first = first_sections(&gateway, time).await;
        let load = Load::open(&Target::source(world, 0), PER_SECOND);
        sleep(time).await;
        let direct = load.end().await;
        for (place, share) in [0.5, 0.99].into_iter().enumerate() {
            let [ours, direct] = [&first, &direct].map(|outcome| milliseconds(outcome.percentile(share)));
            streams[place].push(ours - milliseconds(FASTEST));
            source[place].push(direct - milliseconds(FASTEST));
            between[place].push(ours - direct);
        }
    }
    let mut table = Table::new(&["", "p50", "p99"]);
    for (name, [p50, p99]) in [(gateway.kind.name(), streams), ("the source itself", source), ("after it", between)] {
        table.row(vec![name.to_owned(), p50.shown(), p99.shown()]);
    }
    table.print();
    world.sources.heal().await;
}

async fn first_sections(gateway: &Gateway, time: Duration) -> Outcome {
    let until = Instant::now() + time;
    let mut running = JoinSet::new();
    for (place, request) in gateway.stream_requests().iter().take(STREAMS).cloned().enumerate() {
        let port = gateway.port;
        running.spawn(async move {
            // Not all at the same moment.
            sleep(OTHERS * u32::try_from(place).unwrap_or_default() / u32::try_from(STREAMS).unwrap_or(1)).await;
            let mut latencies = Vec::new();
            while Instant::now() < until {
                let events = events::read(port, request.clone()).await.expect("a stream");
                let first =
                    events.iter().find(|event| event.source() == Some(0)).expect("the fastest source's section");
                latencies.push(first.after);
            }
            latencies
        });
    }
    Outcome { latencies: running.join_all().await.concat(), ..Outcome::default() }
}
