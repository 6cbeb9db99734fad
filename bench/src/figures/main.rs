//! What overviews cost, against peers on the same sources in the same run: tables of ratios (bench/README.md).
//!
//! `figures [--quick] [--only TABLE] [--nginx-root FOLDER]`, as `bench/run` starts it.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made ends"
)]

mod citizens;
mod client;
mod events;
mod gateway;
mod load;
mod ours;
mod process;
mod provider;
mod sources;
mod statistics;
mod tables;
mod world;

use world::World;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let world = World::start(is_quick, value("--nginx-root").unwrap_or_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&world, value("--only").as_deref()));
}

/// Every table by name, in the order in which they are printed. The last is printed only when it is asked for.
const TABLES: [&str; 10] =
    ["cost", "kept", "tls", "latency", "degraded", "streaming", "memory", "redis", "ready", "profile"];

async fn measure(world: &World, only: Option<&str>) {
    assert!(only.is_none_or(|only| TABLES.contains(&only)), "the tables are {TABLES:?}");
    let wanted = |name: &&str| only.map_or(*name != "profile", |only| only == *name);
    for name in TABLES.into_iter().filter(wanted) {
        match name {
            "cost" => tables::cost::plain(world).await,
            "kept" => tables::cost::kept(world).await,
            "tls" => tables::cost::tls(world).await,
            "latency" => tables::latency::table(world).await,
            "degraded" => tables::degraded::table(world).await,
            "streaming" => tables::streaming::table(world).await,
            "memory" => tables::memory::table(world).await,
            "redis" => tables::redis::table(world).await,
            "ready" => tables::ready::table(world).await,
            _ => tables::profile::table(world).await,
        }
    }
}
