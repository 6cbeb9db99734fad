//! Figures of several instances in a real Redis.

use std::{path::Path, time::Duration};

use overblik_connectors::{Pseudonym, Secret};
use overblik_widgets::Date;
use tokio::time::sleep;

use super::{Batch, RedisFigures};
use crate::{
    clock::Clock,
    config::{RedisConfig, RedisMode, RedisNode, RedisTlsConfig},
    redis_link::redis_server::{RedisCluster, RedisServer},
    statistics::{By, CallEnd, Row, Statistics, days::Source, figures::Figures, store::Store},
};

const DAY: &str = "2026-11-26";

fn day() -> Date {
    DAY.parse().expect("a date")
}

fn config(urls: &[String], mode: RedisMode) -> RedisConfig {
    let nodes = urls.iter().map(|url| RedisNode::parse(url).expect("an address")).collect();
    RedisConfig { mode, nodes, answer_within_ms: 20_000, ..RedisConfig::default() }
}

fn of(server: &RedisServer) -> RedisConfig {
    config(&[server.url()], RedisMode::Standalone)
}

fn instance(config: &RedisConfig) -> Statistics {
    let figures = RedisFigures::new("statistics.redis", config).expect("usable settings");
    let noon = "2026-11-26T12:00:00Z".parse().expect("a time");
    Statistics::kept_in(Store::Redis(figures), true, Clock::new(move || noon), crate::statistics::Recorder::default())
}

fn source(slug: &str) -> Source {
    Source { authority: "birkerup".to_owned(), slug: slug.to_owned() }
}

fn call(statistics: &Statistics, slug: &str, citizen: u8) {
    let counters = statistics.recorder().of(source(slug));
    counters.call(&Pseudonym::from_keyed_hash([citizen; 16]), CallEnd::Answered, Duration::from_millis(120));
}

async fn calls(statistics: &Statistics, slug: &str) -> u64 {
    let rows = statistics.of_source(slug, (day(), day()), By::Day).await.expect("readable");
    rows.iter().map(|row| row.calls.all).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_all_instances_counted_adds_up_and_their_citizens_do_not() {
    let server = RedisServer::start().await;
    let instances = [(); 3].map(|()| instance(&of(&server)));
    for round in 1..=5 {
        for instance in &instances {
            // The same six citizens at every instance are six citizens, not eighteen.
            for citizen in 0..6 {
                call(instance, "daycare", citizen);
            }
            call(instance, "library", 1);
            instance.hand_in().await.expect("kept");
        }
        for instance in &instances {
            assert_eq!((calls(instance, "daycare").await, calls(instance, "library").await), (18 * round, 3 * round));
        }
    }
    let days = instances[0].0.store.between((day(), day()), |_| true).await.expect("readable");
    let citizens = days.0[&day()][&source("daycare")].named().find(|(name, _)| *name == "citizens:asked");
    assert_eq!(citizens, Some(("citizens:asked", 6)));
    let rows: Vec<Row> = instances[1].of_authorities((day(), day()), By::Month).await.expect("readable");
    assert_eq!(rows.iter().map(|row| row.calls.all).collect::<Vec<_>>(), [105]);

    let key = format!("overblik:{{statistics}}:day:{DAY}");
    let left: u64 = server.cli(&["TTL", &key]).trim().parse().expect("seconds");
    assert!((780 * 86_400..=806 * 86_400).contains(&left), "25 months and no more: {left}");
    let kept = server.cli(&["HGETALL", &key]);
    assert!(kept.contains("call:answered/birkerup/daycare"), "the control: {kept}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_sent_twice_counts_once() {
    let server = RedisServer::start().await;
    let figures = RedisFigures::new("statistics.redis", &of(&server)).expect("usable settings");
    let mut two = Figures::default();
    two.add_named("call:answered", 2);
    let batch = |number| Batch { number, day: day(), figures: vec![(source("daycare"), two.clone())] };
    for _ in 0..3 {
        figures.add(&batch(1)).await.expect("kept");
    }
    figures.add(&batch(2)).await.expect("kept");
    let days = figures.between((day(), day()), |_| true).await.expect("readable");
    assert_eq!(days.0[&day()][&source("daycare")].calls(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_counted_while_redis_was_away_or_cut_off_is_kept_once() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    let statistics = instance(&of(&server));
    call(&statistics, "daycare", 1);
    statistics.hand_in().await.expect("kept");
    server.stop();
    for _ in 0..3 {
        call(&statistics, "daycare", 1);
        assert!(statistics.hand_in().await.is_err(), "the control: it is away");
    }
    server.start_again().await;
    while statistics.hand_in().await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(calls(&statistics, "daycare").await, 4);

    let counting = async {
        for _ in 0..60 {
            call(&statistics, "daycare", 1);
            drop(statistics.hand_in().await);
            sleep(Duration::from_millis(5)).await;
        }
    };
    let cutting = async {
        for _ in 0..20 {
            server.cli(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
            sleep(Duration::from_millis(15)).await;
        }
    };
    tokio::join!(counting, cutting);
    while statistics.hand_in().await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(calls(&statistics, "daycare").await, 64, "neither lost nor twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_wrote_there_stops_nobody() {
    let server = RedisServer::start().await;
    let key = format!("overblik:{{statistics}}:day:{DAY}");
    for (field, value) in [
        ("call:answered/birkerup/daycare", "many"),
        ("citizens:asked/birkerup/daycare", "some"),
        ("call:answered", "7"),
        ("from_tomorrow/birkerup/daycare", "7"),
        ("call:failed/birkerup/daycare", "1"),
    ] {
        server.cli(&["HSET", &key, field, value]);
    }
    let statistics = instance(&of(&server));
    call(&statistics, "daycare", 1);
    call(&statistics, "library", 1);
    statistics.hand_in().await.expect("what can be kept is");
    assert_eq!((calls(&statistics, "daycare").await, calls(&statistics, "library").await), (1, 1));
}

/// The user that the documentation tells operators to make.
fn documented_user() -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/registry-redis.md");
    let document = std::fs::read_to_string(document).expect("docs/registry-redis.md");
    let user = document.lines().find(|line| line.starts_with("user registry ")).expect("a line of an ACL file");
    user.replace(">PASSWORD", ">a-password-of-the-test")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_rights_are_enough_also_for_statistics() {
    let server = RedisServer::start_guarded(&documented_user()).await;
    let statistics = instance(&RedisConfig {
        username: Some("registry".into()),
        password: Some(Secret::new("a-password-of-the-test".to_owned())),
        tls: RedisTlsConfig { ca_file: Some(server.authority()) },
        ..of(&server)
    });
    call(&statistics, "daycare", 1);
    statistics.hand_in().await.expect("kept");
    call(&statistics, "daycare", 2);
    statistics.hand_in().await.expect("kept");
    assert_eq!(calls(&statistics, "daycare").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_keeps_them_too() {
    let cluster = RedisCluster::start().await;
    let statistics = instance(&config(&cluster.urls(), RedisMode::Cluster));
    while statistics.hand_in().await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    call(&statistics, "daycare", 1);
    while statistics.hand_in().await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(calls(&statistics, "daycare").await, 1);
}
