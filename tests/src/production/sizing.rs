//! How much of Redis the sessions take: memory, commands and connections.

use std::collections::BTreeMap;

use super::{gateways::GATEWAYS, sentinels::Sentinels, town::Town};
use crate::crowd::{CrowdBrowser, Look};

/// What Redis and its sentinels do by themselves, and what is asked here.
const OF_REDIS: [&str; 12] =
    ["ping", "info", "role", "replconf", "psync", "publish", "client", "config", "scan", "memory", "auth", "multi"];

/// Everybody logs in, looks, looks again and logs out; rows of a table.
pub(super) async fn measure(town: &Town, redis: &Sentinels) -> Vec<String> {
    let front = &town.front.url;
    let browsers: Vec<CrowdBrowser> = (0..town.pace.citizens).map(|_| town.first.neighbour()).collect();
    let mut rows = Vec::new();
    redis.ask_master(&["CONFIG", "RESETSTAT"]);
    for (person, browser) in browsers.iter().enumerate() {
        assert_eq!(browser.log_in([front, front], person, "", None).await.status(), 200, "a login");
    }
    rows.push(format!("| commands of a login | {} |", commands(redis, browsers.len())));
    rows.push(format!(
        "| memory of a session in which nothing was looked at | {} |",
        memory(redis, "overblik:session:*")
    ));
    rows.push(format!("| memory of what is known of a citizen beside it | {} |", memory(redis, "overblik:owner:*")));
    for what in ["the first overview", "an overview that is kept"] {
        redis.ask_master(&["CONFIG", "RESETSTAT"]);
        for browser in &browsers {
            assert_eq!(browser.look(front, Look::Json, None).await.status(), 200, "an overview");
        }
        rows.push(format!("| commands of {what} | {} |", commands(redis, browsers.len())));
    }
    rows.push(format!("| memory of a session with three kept answers | {} |", memory(redis, "overblik:session:*")));
    let list = redis.ask_master(&["CLIENT", "LIST"]);
    let connections = list.lines().filter(|line| line.contains("user=overblik ")).count();
    rows.push(format!("| connections of a gateway to the master | {} |", connections / GATEWAYS));
    redis.ask_master(&["CONFIG", "RESETSTAT"]);
    for browser in &browsers {
        assert_eq!(browser.log_out(front, None).await.status(), 200, "a logout");
    }
    rows.push(format!("| commands of a logout | {} |", commands(redis, browsers.len())));
    rows.push(format!("| memory of what is known of a citizen after it | {} |", memory(redis, "overblik:owner:*")));
    rows
}

/// How many commands there were for each of so many, by name.
fn commands(redis: &Sentinels, each: usize) -> String {
    let stats = redis.ask_master(&["INFO", "commandstats"]);
    let mut calls = BTreeMap::new();
    for line in stats.lines() {
        let Some((name, rest)) = line.strip_prefix("cmdstat_").and_then(|line| line.split_once(":calls=")) else {
            continue;
        };
        let name = name.split('|').next().unwrap_or_default();
        let count: f64 = rest.split(',').next().and_then(|count| count.parse().ok()).unwrap_or_default();
        if !OF_REDIS.contains(&name) {
            *calls.entry(name).or_insert(0.0) += count;
        }
    }
    let each: f64 = u32::try_from(each).unwrap_or(u32::MAX).into();
    let named: Vec<_> = calls.iter().map(|(name, count)| format!("{name} {:.1}", count / each)).collect();
    named.join(", ")
}

/// Bytes of one key of a kind, and how many there are.
fn memory(redis: &Sentinels, pattern: &str) -> String {
    let names = redis.ask_master(&["--scan", "--pattern", pattern]);
    let sizes: Vec<u64> = names
        .lines()
        .filter_map(|name| redis.ask_master(&["MEMORY", "USAGE", name, "SAMPLES", "0"]).parse().ok())
        .collect();
    let (count, all) = (u64::try_from(sizes.len()).unwrap_or_default(), sizes.iter().sum::<u64>());
    format!("{} bytes ({count} keys)", all.checked_div(count).unwrap_or_default())
}
