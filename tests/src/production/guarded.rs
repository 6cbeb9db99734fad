//! Over a master and replicas under sentinels, with TLS and the documented rights.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{
    Pace, Report, authority_troubles, certificates::Authority, citizens::everybody_renews, gateways::GATEWAYS,
    network::Network, prometheus::Prometheus, sentinels::Sentinels, sizing, town::Town,
};

/// Sentinels miss a master after three seconds and elect another within two more; if their votes are split, the next vote is
/// nine seconds later (twice their failover time, and one by chance). A gateway looks for the master several times a second,
/// each attempt bounded by two: sixteen in all, and two for a machine that does other things besides.
const ANOTHER_MASTER: Duration = Duration::from_secs(18);

/// Nothing may fail: somebody else can answer, or nobody is needed.
const NEVER: Duration = Duration::ZERO;

/// How long something stands still that nobody should miss: longer than it takes to be missed.
const A_WHILE: Duration = Duration::from_secs(6);

/// How long no server of Redis answers: longer than an alert needs.
const ALL_STAND_STILL: Duration = Duration::from_secs(15);

/// Of a session whose tokens fall due just when Redis stops answering, the refresh token may be taken out without anybody
/// knowing it. Nobody sends it then (requirement R25), and its citizen logs in anew.
const RENEWALS_UNDER_WAY: u64 = 3;

/// What was under way at a gateway that is killed was sent just before; a machine that is busy notices late.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// Longest until everybody has logged out and in again.
const ALL_RENEW: Duration = Duration::from_mins(1);

/// Runs it, and says what came of it.
pub async fn over_sentinels(pace: Pace) -> Report {
    println!("two gateways behind nginx, sessions under three sentinels, {} citizens", pace.citizens);
    let authority = Authority::new();
    let network = pace.in_full.then(Network::lay);
    let mut redis = Sentinels::start(&authority, network.as_ref()).await;
    let mut town = Town::found(pace, authority, &redis.settings()).await;
    let sizes = if pace.in_full { sizing::measure(&town, &redis).await } else { Vec::new() };
    town.begin("everybody logs in, and nothing happens", NEVER);
    town.open();
    town.look_on().await;
    master_is_killed(&town, &mut redis).await;
    gateways_roll(&mut town).await;
    keys_are_exchanged(&mut town).await;
    certificates_are_exchanged(&town, &mut redis).await;
    if pace.in_full {
        let prometheus = Prometheus::start(&town.gateways.operations()).await;
        authority_troubles::in_turn(&town, &prometheus).await;
        master_is_cut_off(&town, &mut redis).await;
        something_stands_still(&town, &mut redis).await;
        nothing_of_redis_answers(&town, &mut redis, &prometheus).await;
        a_gateway_is_killed(&mut town, &prometheus).await;
        the_keys_are_spoilt(&town, &prometheus).await;
    }
    town.close("Sessions in Redis under Sentinel", Some(redis.failovers()), sizes).await
}

async fn master_is_killed(town: &Town, redis: &mut Sentinels) {
    town.begin("the Redis master is killed", ANOTHER_MASTER);
    let killed = redis.kill_master();
    town.until_ready(ANOTHER_MASTER).await;
    town.look_on().await;
    town.begin("it comes back, as a replica", NEVER);
    redis.start_again(killed);
    redis.until_whole().await;
    town.look_on().await;
}

/// One after the other, as every upgrade does.
pub(super) async fn gateways_roll(town: &mut Town) {
    town.begin("the gateways are started anew, one after the other", NEVER);
    for index in 0..GATEWAYS {
        town.gateways.roll(index).await;
    }
    town.look_on().await;
}

/// The steps of docs/configuration.md, for both kinds of keys at the same time.
async fn keys_are_exchanged(town: &mut Town) {
    town.begin("session keys and the key at the provider are exchanged", NEVER);
    let sky = std::sync::Arc::clone(&town.sky);
    let keys = town.gateways.keys();
    let of_sessions = async {
        keys.exchange().await;
        // In a real production one waits until no session under the former key is left, `session.absolute_s`.
        everybody_renews(&sky, ALL_RENEW).await;
        keys.remove_former().await;
    };
    tokio::join!(of_sessions, town.gateways.exchange_client_key());
    town.look_on().await;
}

async fn certificates_are_exchanged(town: &Town, redis: &mut Sentinels) {
    town.begin("certificates of nginx and Redis are exchanged", NEVER);
    town.front.exchange_certificate(&town.authority).await;
    redis.exchange_certificate(&town.authority);
    town.look_on().await;
}

async fn master_is_cut_off(town: &Town, redis: &mut Sentinels) {
    town.begin("the network to the Redis master is cut", ANOTHER_MASTER);
    let master = redis.cut_master();
    town.until_ready(ANOTHER_MASTER).await;
    town.look_on().await;
    town.begin("the network is mended, and it comes back, as a replica", NEVER);
    redis.cut(master, false);
    redis.until_whole().await;
    town.look_on().await;
}

async fn something_stands_still(town: &Town, redis: &mut Sentinels) {
    town.begin("the Redis master stands still", ANOTHER_MASTER);
    let master = redis.freeze_master();
    town.until_ready(ANOTHER_MASTER).await;
    town.look_on().await;
    town.begin("it goes on, as a replica", NEVER);
    redis.freeze(master, false);
    redis.until_whole().await;
    town.look_on().await;
    town.begin("a replica stands still", NEVER);
    let replica = redis.freeze_replica();
    sleep(A_WHILE).await;
    redis.freeze(replica, false);
    redis.until_whole().await;
    town.begin("a sentinel stands still", NEVER);
    redis.freeze_sentinel(true);
    sleep(A_WHILE).await;
    redis.freeze_sentinel(false);
    redis.until_whole().await;
}

async fn nothing_of_redis_answers(town: &Town, redis: &mut Sentinels, prometheus: &Prometheus) {
    town.begin("nothing of Redis answers, and then it does again", ALL_STAND_STILL + ANOTHER_MASTER);
    town.sky.tally.may_lose(RENEWALS_UNDER_WAY);
    redis.freeze_all(true);
    let began = Instant::now();
    prometheus.fires("OverblikStoreAway").await;
    sleep_until(began + ALL_STAND_STILL).await;
    redis.freeze_all(false);
    prometheus.resolves("OverblikStoreAway").await;
    sleep_until(began + ALL_STAND_STILL + ANOTHER_MASTER).await;
    redis.until_whole().await;
    town.look_on().await;
}

/// Without time to say anything. What was under way there breaks; whoever comes next is led to the other one.
async fn a_gateway_is_killed(town: &mut Town, prometheus: &Prometheus) {
    town.begin("a gateway is killed", UNDER_WAY);
    town.gateways.kill(0);
    prometheus.fires("OverblikInstanceDown").await;
    town.gateways.start_one(0).await;
    prometheus.resolves("OverblikInstanceDown").await;
    town.look_on().await;
}

/// The gateways go on with the keys that they have, and say that the file is no good.
async fn the_keys_are_spoilt(town: &Town, prometheus: &Prometheus) {
    town.begin("the file of session keys is spoilt, and mended", NEVER);
    town.gateways.keys().spoil();
    prometheus.fires("OverblikKeysFileUnusable").await;
    town.look_on().await;
    town.gateways.keys().mend();
    prometheus.resolves("OverblikKeysFileUnusable").await;
    town.look_on().await;
}
