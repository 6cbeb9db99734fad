//! What a gateway adds to the slowest source.

use std::time::Duration;

use tokio::time::sleep;

use super::say;
use crate::{
    gateway::{Gateway, Kind, Setup},
    load::{Load, Outcome, Target},
    sources::Which,
    statistics::{Rounds, Table, milliseconds},
    world::World,
};

const DELAYS_MS: [u64; 8] = [5, 10, 15, 20, 25, 30, 40, SLOWEST_MS];
const SLOWEST_MS: u64 = 50;
const PER_SECOND: u32 = 200;

pub(crate) async fn table(world: &World) {
    say(
        "Latency added to the slowest source",
        "open loop of 200 overviews a second, 8 sources of 5 to 50 ms; milliseconds",
    );
    world.sources.heal().await;
    for (number, delay) in DELAYS_MS.iter().enumerate() {
        world.sources.set(Which::One(number), Duration::from_millis(*delay), "healthy").await;
    }
    let (rounds, time) = if world.is_quick { (3, Duration::from_secs(2)) } else { (7, Duration::from_secs(10)) };
    let mut measured: Vec<(&str, Target, [Rounds; 2])> = Vec::new();
    let mut gateways = Vec::new();
    for kind in [Kind::Floor, Kind::Nginx, Kind::Node, Kind::Ours] {
        let gateway = Gateway::start(kind, world, &Setup { citizens: 128, ..Setup::of(DELAYS_MS.len()) }).await;
        measured.push((kind.name(), gateway.target(), Default::default()));
        gateways.push(gateway);
    }
    measured.push(("the slowest source itself", Target::source(world, DELAYS_MS.len() - 1), Default::default()));
    for _ in 0..rounds {
        for (name, target, [p50, p99]) in &mut measured {
            let outcome = open(target, time).await;
            let answers = outcome.latencies.len();
            assert!(outcome.failures * 100 <= answers, "{name}: {} answers lack something", outcome.failures);
            let added =
                |share| milliseconds(outcome.percentile(share)) - milliseconds(Duration::from_millis(SLOWEST_MS));
            p50.push(added(0.5));
            p99.push(added(0.99));
        }
    }
    let mut table = Table::new(&["gateway", "p50 added", "p50 ratio", "p99 added", "p99 ratio"]);
    let (_, _, [floor50, floor99]) = &measured[0];
    for (name, _, [p50, p99]) in &measured {
        let ratios = [p50.over(floor50).shown(), p99.over(floor99).shown()];
        let [ratio50, ratio99] = ratios;
        table.row(vec![(*name).to_owned(), p50.shown(), ratio50, p99.shown(), ratio99]);
    }
    table.print();
    world.sources.heal().await;
}

async fn open(target: &Target, time: Duration) -> Outcome {
    let load = Load::open(target, PER_SECOND);
    sleep(Duration::from_millis(800)).await;
    load.forget();
    sleep(time).await;
    load.end().await
}
