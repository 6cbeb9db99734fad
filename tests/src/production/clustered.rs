//! Over a cluster of three masters with a replica each, with TLS.

use std::time::Duration;

use tokio::time::sleep;

use super::{LATE, Pace, Report, certificates::Authority, guarded::gateways_roll, town::Town};
use crate::redis_server::RedisCluster;

/// After so long without an answer the others take a server for down. Shorter, and a busy machine looks like a broken one.
const DOWN_AFTER_MS: &str = "3000";

/// The cluster misses a master after three seconds and elects its replica within two more; a gateway then asks for the slots
/// anew, each attempt bounded by two: seven in all, and half as much again for a machine that does other things besides.
const ANOTHER_MASTER: Duration = Duration::from_millis(10_500);

/// Runs it, and says what came of it.
///
/// # Panics
/// When something does not start.
pub async fn over_a_cluster(pace: Pace) -> Report {
    println!("two gateways behind nginx, sessions in a cluster of six, {} citizens", pace.citizens);
    let mut redis = RedisCluster::start_with_tls().await;
    for server in &redis.servers {
        // Otherwise a third of the sessions would take the other two thirds with them.
        assert_eq!(server.cli(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]), "OK");
        assert_eq!(server.cli(&["CONFIG", "SET", "cluster-node-timeout", DOWN_AFTER_MS]), "OK");
    }
    let nodes: Vec<_> = redis.urls().iter().map(|url| format!("\"{url}\"")).collect();
    let settings = format!(
        "{{ mode: cluster, nodes: [{}], tls: {{ ca_file: \"{}\" }}, {LATE} }}",
        nodes.join(", "),
        redis.authority().display()
    );
    let mut town = Town::found(pace, Authority::new(), &settings).await;
    town.begin("everybody logs in, and nothing happens", Duration::ZERO);
    town.open();
    town.look_on().await;
    if let Some(master) = redis.servers.first_mut() {
        town.begin("one of three Redis masters is killed", ANOTHER_MASTER);
        master.stop();
        sleep(ANOTHER_MASTER).await;
        town.look_on().await;
        town.begin("it comes back, as a replica", Duration::ZERO);
        master.start_again().await;
        town.look_on().await;
    }
    if pace.in_full {
        gateways_roll(&mut town).await;
        if let Some(master) = redis.servers.get(1) {
            town.begin("another master stands still", ANOTHER_MASTER);
            master.stand_still(true);
            sleep(ANOTHER_MASTER).await;
            town.look_on().await;
            town.begin("it goes on, as a replica", Duration::ZERO);
            master.stand_still(false);
            town.look_on().await;
        }
    }
    town.close("Sessions in a Redis Cluster", None, Vec::new()).await
}
