//! Processor time of one overview, against the floor; what each further source adds.

use std::time::Duration;

use tokio::time::sleep;

use super::say;
use crate::{
    gateway::{Gateway, Kind, Setup},
    load::Load,
    statistics::{Rounds, Table, short},
    world::World,
};

/// Connections of the closed loop.
const CONNECTIONS: usize = 50;

/// Fewest answers of a round.
const LEAST_ANSWERS: usize = 10 * CONNECTIONS;

/// Time before anything counts: connections open, pools fill.
const WARM_UP: Duration = Duration::from_millis(500);

/// In the clear, over connections that are kept by those who keep them.
pub(crate) async fn plain(world: &World) {
    say("CPU for one overview", "closed loop of 50 connections, sources answer 2 KB at once over HTTP/1.1");
    let sizes: &[usize] = if world.is_quick { &[8, 20, 50] } else { &[3, 8, 20, 50] };
    compare(world, &[Kind::Floor, Kind::Nginx, Kind::Node, Kind::Ours], sizes, asking).await;
}

/// Over TLS.
pub(crate) async fn tls(world: &World) {
    say("CPU for one overview, sources over TLS 1.3", "as before; the floor has one HTTP/2 connection for each source");
    let sizes: &[usize] = if world.is_quick { &[20] } else { &[8, 20, 50] };
    compare(world, &[Kind::FloorTls, Kind::OursTls], sizes, asking).await;
}

/// From memory: what was fetched for a citizen is shown again.
pub(crate) async fn kept(world: &World) {
    say("CPU for one overview from answers that are kept", "as before; nothing is asked of any source");
    let setup = |size| Setup { keeps_answers: true, ..Setup::of(size) };
    compare(world, &[Kind::Floor, Kind::Ours], &[8, 20], setup).await;
}

/// What is under way when the machine is full must not run out of time: this is about what it costs.
fn asking(size: usize) -> Setup {
    Setup { page_ms: 10_000, timeout_ms: 10_000, ..Setup::of(size) }
}

/// Measures all kinds at all sizes; the first kind is what the others are compared with.
async fn compare(world: &World, kinds: &[Kind], sizes: &[usize], setup: fn(usize) -> Setup) {
    world.sources.heal().await;
    let mut costs: Vec<Vec<Rounds>> = Vec::new();
    for size in sizes {
        costs.push(measure(world, kinds, &setup(*size)).await);
    }
    let head: Vec<String> = sizes.iter().map(|size| format!("{size} sources, ratio (µs)")).collect();
    let mut head: Vec<&str> = head.iter().map(String::as_str).collect();
    head.insert(0, "gateway");
    head.extend(["each further source", "what it does"]);
    let mut table = Table::new(&head);
    for (place, kind) in kinds.iter().enumerate() {
        let of = |size: usize, kind: usize| &costs[size][kind];
        let ratios = (0..sizes.len()).map(|size| {
            let own = of(size, place);
            format!("{} ({} µs)", own.over(of(size, 0)).shown(), short(own.median()))
        });
        let mut cells: Vec<String> = std::iter::once(kind.name().to_owned()).chain(ratios).collect();
        let (first, last) = (0, sizes.len() - 1);
        let slope = |kind| of(last, kind).slope(of(first, kind), sizes[last] - sizes[first]);
        let growth = slope(place);
        let shown = format!("{} ({} µs)", growth.over(&slope(0)).shown(), short(growth.median()));
        cells.push(if last == first { "-".to_owned() } else { shown });
        cells.push(kind.lacks().to_owned());
        table.row(cells);
    }
    table.print();
}

/// Microseconds of processor time of an overview, by kind.
async fn measure(world: &World, kinds: &[Kind], setup: &Setup) -> Vec<Rounds> {
    let (rounds, time) = if world.is_quick { (3, Duration::from_secs(2)) } else { (7, Duration::from_secs(4)) };
    let mut gateways = Vec::new();
    for kind in kinds {
        gateways.push(Gateway::start(*kind, world, setup).await);
    }
    let mut costs = vec![Rounds::default(); kinds.len()];
    for _ in 0..rounds {
        for (gateway, costs) in gateways.iter().zip(&mut costs) {
            costs.push(cost(world, gateway, setup, time).await);
        }
    }
    costs
}

/// Microseconds of processor time of an overview, in one round.
async fn cost(world: &World, gateway: &Gateway, setup: &Setup, time: Duration) -> f64 {
    let size = setup.sources;
    let [asked, _] = world.sources.counts(size).await;
    let load = Load::closed(&gateway.target(), CONNECTIONS);
    sleep(WARM_UP).await;
    let (before, begun) = (gateway.process.processor_time(), load.answers());
    // On a machine that others use too, a round lasts until what is under way at its ends does not matter.
    sleep(time).await;
    while load.answers() - begun < LEAST_ANSWERS {
        sleep(Duration::from_millis(100)).await;
    }
    let (after, answers) = (gateway.process.processor_time(), load.answers() - begun);
    let outcome = load.end().await;
    let name = gateway.kind.name();
    assert!(outcome.failures == 0, "{name}: {} answers lack something", outcome.failures);
    let [asked_since, _] = world.sources.counts(size).await;
    let whole = u64::try_from(outcome.latencies.len() * size).expect("a number");
    assert!(
        setup.keeps_answers || asked_since - asked >= whole,
        "{name}: overviews were made without asking every source"
    );
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let answers = answers as f64;
    after.saturating_sub(before).as_secs_f64() * 1e6 / answers
}
