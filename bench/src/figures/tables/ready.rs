//! How soon the gateway is ready after its start.

use std::time::Duration;

use http::{Request, header};
use tokio::time::{Instant, sleep};

use super::say;
use crate::{
    client::Client,
    gateway::Setup,
    ours,
    process::{GATEWAY_CORE, Process, free_port},
    statistics::{Rounds, Table, milliseconds},
    world::{MOST_SOURCES, World},
};

pub(crate) async fn table(world: &World) {
    say("Ready after start", "50 contracts, sessions in memory; milliseconds until `/health/ready` says so");
    let mut times = Rounds::default();
    for _ in 0..if world.is_quick { 3 } else { 9 } {
        times.push(milliseconds(ready(world).await));
    }
    let mut table = Table::new(&["gateway", "ready after"]);
    table.row(vec!["overblik".to_owned(), times.shown()]);
    table.print();
}

async fn ready(world: &World) -> Duration {
    let (port, operations) = (free_port(), free_port());
    let command = ours::command_with_operations(world, port, operations, &Setup::of(MOST_SOURCES), false);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let log = world.folder.path().join(format!("ready-{port}.log"));
    let begun = Instant::now();
    let mut process = Process::start(GATEWAY_CORE, &command, &log, false);
    process.answers(operations, &log).await;
    loop {
        let request = Request::get("/health/ready").header(header::HOST, "localhost").body(()).expect("a request");
        if let Ok(mut client) = Client::connect(operations).await
            && client.answer(request).await.is_ok_and(|answer| answer.status.is_success())
        {
            return begun.elapsed();
        }
        sleep(Duration::from_millis(1)).await;
    }
}
