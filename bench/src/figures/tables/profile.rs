//! Where ours spends its processor time: `perf` on the gateway under the load of the cost table.

use std::{process::Command, time::Duration};

use tokio::time::sleep;

use super::say;
use crate::{
    gateway::{Gateway, Kind, Setup},
    load::Load,
    world::World,
};

const SOURCES: usize = 20;
const CONNECTIONS: usize = 50;
const LINES: usize = 120;

pub(crate) async fn table(world: &World) {
    say(
        "Profile",
        "20 sources, closed loop of 50 connections; share of the gateway's processor time by function (perf)",
    );
    world.sources.heal().await;
    let setup = Setup { page_ms: 10_000, timeout_ms: 10_000, ..Setup::of(SOURCES) };
    let gateway = Gateway::start(Kind::Ours, world, &setup).await;
    let load = Load::closed(&gateway.target(), CONNECTIONS);
    sleep(Duration::from_secs(1)).await;
    let data = world.folder.path().join("perf.data").to_string_lossy().into_owned();
    let (process, seconds) = (gateway.process.child.id().to_string(), if world.is_quick { "5" } else { "20" });
    let record = ["record", "-q", "-F", "1999", "-p", &process, "-o", &data, "--", "sleep", seconds].map(str::to_owned);
    // Beside the load, which runs on this thread.
    let recorded = tokio::task::spawn_blocking(move || Command::new("perf").args(record).output()).await;
    let recorded = recorded.expect("a thread").expect("perf (linux-perf)");
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    drop(load.end().await);
    let report = ["report", "-q", "--stdio", "--no-children", "-F", "overhead,dso,symbol", "-w", "7,20", "-i", &data];
    let report = Command::new("perf").args(report).output().expect("perf");
    for line in String::from_utf8_lossy(&report.stdout).lines().filter(|line| !line.is_empty()).take(LINES) {
        println!("{}", line.trim_end());
    }
    println!();
}
