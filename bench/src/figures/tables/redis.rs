//! What an overview asks of a Redis that keeps the sessions.

use std::{collections::BTreeMap, fs, process::Command, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::time::sleep;

use super::say;
use crate::{
    gateway::{Gateway, Kind, Setup},
    load::Load,
    process::{OTHER_CORE, Process, free_port},
    statistics::{Table, short},
    world::World,
};

const SOURCES: usize = 8;
const CONNECTIONS: usize = 8;

/// Commands that Redis counts beside what was asked: our own, and those that keep connections.
const NOT_ASKED: [&str; 5] = ["info", "ping", "hello", "client|setinfo", "config|resetstat"];

pub(crate) async fn table(world: &World) {
    say("Store round trips", "sessions in Redis, 8 sources; commands for one overview");
    if Command::new("redis-server").arg("--version").output().is_err() {
        println!("redis-server is not installed.\n");
        return;
    }
    world.sources.heal().await;
    let port = free_port();
    let (folder, log) = (world.folder.path(), world.folder.path().join("redis.log"));
    let mut key = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut key).expect("random bytes");
    let keys = folder.join("session-keys");
    fs::write(&keys, format!("bench {}\n", STANDARD.encode(key))).expect("written");
    let server = ["redis-server", "--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1"];
    let mut redis = Process::start(OTHER_CORE, &server, &log, false);
    redis.answers(port, &log).await;
    let store = format!("store: redis, redis: {{ nodes: [\"redis://127.0.0.1:{port}\"] }}");
    let session = format!("{{ keys_file: \"{}\", {store} }}", keys.display());
    let gateway = Gateway::start(Kind::Ours, world, &Setup { session, ..Setup::of(SOURCES) }).await;
    cli(port, &["config", "resetstat"]);
    let load = Load::closed(&gateway.target(), CONNECTIONS);
    sleep(Duration::from_secs(2)).await;
    let outcome = load.end().await;
    assert!(outcome.failures == 0, "overviews fail");
    let mut table = Table::new(&["command", "for one overview"]);
    for (command, calls) in commands(port) {
        #[expect(clippy::cast_precision_loss, reason = "thousands")]
        let each = calls as f64 / outcome.latencies.len() as f64;
        table.row(vec![command, short(each)]);
    }
    table.print();
}

fn commands(port: u16) -> BTreeMap<String, u64> {
    let statistics = cli(port, &["info", "commandstats"]);
    let counted = statistics.lines().filter_map(|line| {
        let (command, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((command.to_owned(), rest.split(',').next()?.parse().ok()?))
    });
    counted.filter(|(command, _)| !NOT_ASKED.contains(&command.as_str())).collect()
}

fn cli(port: u16, arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(arguments).output();
    String::from_utf8_lossy(&output.expect("redis-cli").stdout).into_owned()
}
