//! Trails of several instances in a real Redis.

use std::time::Duration;

use overblik_connectors::Secret;
use overblik_registry::Digest;
use tokio::{runtime::Handle, task::block_in_place, time::sleep};

use super::RedisTrail;
use crate::{
    audit::{
        Trail, Unrecorded,
        names::tests::keys,
        own_log::{ON_A_PAGE, Position},
        reading::Which,
        record::Record,
        sink::Sink,
        tests::{GERT, SIGNE, Time, ask, citizen, happened},
    },
    config::{AuditConfig, RedisConfig, RedisMode, RedisNode, RedisTlsConfig},
    redis_link::redis_server::{RedisCluster, RedisServer},
};

fn config(urls: &[String], mode: RedisMode) -> RedisConfig {
    let nodes = urls.iter().map(|url| RedisNode::parse(url).expect("an address")).collect();
    RedisConfig { mode, nodes, answer_within_ms: 20_000, ..RedisConfig::default() }
}

fn of(server: &RedisServer) -> RedisConfig {
    config(&[server.url()], RedisMode::Standalone)
}

async fn instance(config: &RedisConfig, audit: &AuditConfig) -> Trail {
    let chain = Digest::by_chance().expect("random bytes");
    let redis = RedisTrail::new(config, audit.retention_days, chain).expect("usable settings");
    let trail = Trail::kept_in(Sink::Redis(redis), keys(1), None, audit, Time::default().clock());
    trail.begin().await.expect("begun");
    trail
}

/// How many entries a citizen finds, page by page; none can be told while Redis is away.
async fn own(trail: &Trail, about: &str) -> Option<usize> {
    let (mut count, mut before) = (0, None);
    loop {
        let page = trail.about(&citizen(about), before).await.ok()?.expect("kept here");
        assert!(page.entries.windows(2).all(|pair| pair[0].position > pair[1].position), "newest first");
        count += page.entries.len();
        before = page.next();
        if before.is_none() {
            return Some(count);
        }
    }
}

/// Waits until what was handed to an instance is written.
async fn until_found(trail: &Trail, about: &str, count: usize) {
    for _ in 0..400 {
        if own(trail, about).await == Some(count) {
            return;
        }
        sleep(Duration::from_millis(25)).await;
    }
    panic!("{:?} entries are found, not {count}", own(trail, about).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r63_each_instance_keeps_a_trail_and_a_citizen_finds_their_own_of_all_of_them() {
    let (server, audit) = (RedisServer::start().await, AuditConfig::default());
    let config = of(&server);
    let instances = [instance(&config, &audit).await, instance(&config, &audit).await];
    let each = ON_A_PAGE;
    for _ in 0..each {
        for trail in &instances {
            ask(trail, SIGNE, "library");
            ask(trail, GERT, "daycare");
        }
    }
    for trail in &instances {
        until_found(trail, SIGNE, 2 * each).await;
        until_found(trail, GERT, 2 * each).await;
        assert_eq!(own(trail, "6101010003").await, Some(0));
        trail.finish().await;
    }
    let reader = instance(&config, &audit).await;
    let verified = reader.verify(None).await.expect("good");
    let heads: Vec<_> = verified.iter().map(|verified| (verified.first, verified.head.number)).collect();
    let last = u64::try_from(2 * each + 1).expect("few");
    assert_eq!(heads, [(1, last), (1, last)], "a beginning, and what each asked");
    // The number is nowhere in it.
    for key in server.cli(&["KEYS", "*"]).lines() {
        assert!(!key.contains(SIGNE));
        if server.cli(&["TYPE", key]) == "stream" {
            assert!(!server.cli(&["XRANGE", key, "-", "+"]).contains(SIGNE), "{key}");
        }
    }
    // One record of one trail, gone.
    let trail = server.cli(&["KEYS", "*:{audit}:trail:*"]).lines().next().expect("a trail").to_owned();
    let third = server.cli(&["XRANGE", &trail, "-", "+", "COUNT", "9"]);
    let id = third.lines().filter(|line| line.split_once('-').is_some_and(|(ms, _)| ms.parse::<u64>().is_ok())).nth(3);
    assert_eq!(server.cli(&["XDEL", &trail, id.expect("an id")]), "1");
    let said = reader.verify(None).await.expect_err("found").to_string();
    assert!(said.contains("does not follow the record before it"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r63_while_redis_is_away_entries_wait_then_nobody_is_asked_and_then_it_goes_on_by_itself() {
    let mut server = RedisServer::start().await;
    let audit = AuditConfig { queue: 16, ..AuditConfig::default() };
    let config = RedisConfig { answer_within_ms: 500, ..of(&server) };
    let trail = instance(&config, &audit).await;
    ask(&trail, SIGNE, "library");
    until_found(&trail, SIGNE, 1).await;
    server.stop();
    let mut waited = 0;
    while let Ok(place) = trail.place() {
        place.take(|| happened(&trail, &citizen(SIGNE), "library"));
        waited += 1;
        assert!(waited < 1000, "it is full at some time");
        sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(trail.place(), Err(Unrecorded)), "the queue is full in the end");
    server.start_again().await;
    // It came back empty: another trail begins, and what waited stands in it.
    until_found(&trail, SIGNE, waited).await;
    ask(&trail, SIGNE, "library");
    until_found(&trail, SIGNE, waited + 1).await;
    trail.finish().await;
    let verified = trail.verify(None).await.expect("good");
    assert_eq!(verified.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r63_what_is_too_old_goes_from_trails_and_citizens_and_the_rest_is_verified_from_its_anchor() {
    let server = RedisServer::start().await;
    let (config, audit) = (of(&server), AuditConfig::default());
    let (gone, trail) = (instance(&config, &audit).await, instance(&config, &audit).await);
    ask(&gone, SIGNE, "library");
    until_found(&gone, SIGNE, 1).await;
    gone.finish().await;
    (0..5).for_each(|_| ask(&trail, SIGNE, "library"));
    until_found(&trail, SIGNE, 6).await;
    let Sink::Redis(redis) = trail.sink() else { panic!("it is kept in Redis") };
    redis.tidy(trail.keys()).await.expect("tidied");
    let all: Vec<_> = trail.verify(None).await.expect("good").iter().map(|verified| verified.first).collect();
    assert_eq!(all, [1, 1], "nothing goes before its time");
    let then = redis.now_ms().await.expect("a time");
    sleep(Duration::from_secs(2)).await;
    ask(&trail, SIGNE, "library");
    until_found(&trail, SIGNE, 7).await;
    // One that keeps what was written in these two seconds, and nothing from before.
    let mut short = RedisTrail::new(&config, 1, redis.chain()).expect("usable settings");
    short.retention_ms = redis.now_ms().await.expect("a time") - then;
    let names = trail.keys().names(&citizen(SIGNE));
    assert_eq!(
        short.about(&names, None, ON_A_PAGE).await.expect("readable").entries.len(),
        1,
        "what is too old is not read"
    );
    short.tidy(trail.keys()).await.expect("tidied");
    let left = trail.verify(None).await.expect("good from its anchor");
    let left: Vec<_> = left.iter().map(|verified| (verified.first, verified.head.number)).collect();
    assert_eq!(left, [(7, 7)], "the other trail is gone, and of this one all but the last");
    trail.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r63_a_trail_that_is_trimmed_or_goes_while_it_is_read_is_no_tampering() {
    let server = RedisServer::start().await;
    let (config, audit) = (of(&server), AuditConfig::default());
    let trail = instance(&config, &audit).await;
    (0..1200).for_each(|_| ask(&trail, SIGNE, "library"));
    until_found(&trail, SIGNE, 1200).await;
    let Sink::Redis(redis) = trail.sink() else { panic!("it is kept in Redis") };
    let then = redis.now_ms().await.expect("a time");
    sleep(Duration::from_secs(1)).await;
    ask(&trail, SIGNE, "library");
    until_found(&trail, SIGNE, 1201).await;
    let mut short = RedisTrail::new(&config, 1, redis.chain()).expect("usable settings");
    short.retention_ms = redis.now_ms().await.expect("a time") - then;
    let which = Which::InRedis(redis.chain());
    let (mut seen, mut is_tidied) = (Vec::new(), false);
    let verified = trail.read(which, |record| {
        if !std::mem::replace(&mut is_tidied, true) {
            // The first page is read, and no other.
            let tidied = short.tidy(trail.keys());
            block_in_place(|| Handle::current().block_on(tidied)).expect("tidied");
        }
        seen.push(record.number);
        Ok(())
    });
    let verified = verified.await.expect("good").expect("there");
    assert_eq!((verified.first, verified.head.number), (1202, 1202), "read again from its anchor");
    assert_eq!((seen.len(), seen.last().copied()), (501, Some(1202)), "each once, and a page before it was trimmed");
    short.retention_ms = 0;
    sleep(Duration::from_millis(5)).await;
    short.tidy(trail.keys()).await.expect("forgotten");
    assert_eq!(trail.read(which, |_| Ok(())).await.expect("nothing wrong"), None, "it went since trails were listed");
    trail.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r63_an_entry_that_cannot_be_read_hides_no_older_one_and_there_is_a_first_position() {
    let server = RedisServer::start().await;
    let trail = instance(&of(&server), &AuditConfig::default()).await;
    let about = format!("overblik:{{audit}}:about:{}", trail.keys().name(&citizen(SIGNE)).hex());
    (0..ON_A_PAGE).for_each(|_| ask(&trail, SIGNE, "library"));
    until_found(&trail, SIGNE, ON_A_PAGE).await;
    // A later version writes more into an entry than this one knows.
    server.cli(&["XADD", &about, "*", "r", "{\"number\":1,\"later\":1}"]);
    server.cli(&["XADD", &about, "*", "r", "nothing"]);
    let page = trail.about(&citizen(SIGNE), None).await.expect("readable").expect("kept here");
    assert_eq!((page.entries.len(), page.unreadable()), (ON_A_PAGE, 2));
    assert!(page.next().is_some(), "there are older ones");
    assert_eq!(own(&trail, SIGNE).await, Some(ON_A_PAGE + 2));
    for (before, found) in [("0-0", 0), ("0-1", 0), ("18446744073709551615-18446744073709551615", ON_A_PAGE)] {
        let before = Position::parse(before);
        assert!(before.is_some());
        let page = trail.about(&citizen(SIGNE), before).await.expect("readable").expect("kept here");
        assert_eq!(page.entries.len(), found, "{before:?}");
    }
    trail.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r63_of_two_that_tidy_the_slower_one_moves_no_anchor_back_and_brings_no_trail_back() {
    let server = RedisServer::start().await;
    let config = of(&server);
    let trail = instance(&config, &AuditConfig::default()).await;
    (0..3).for_each(|_| ask(&trail, SIGNE, "library"));
    until_found(&trail, SIGNE, 3).await;
    trail.finish().await;
    let Sink::Redis(redis) = trail.sink() else { panic!("it is kept in Redis") };
    let chain = redis.chain();
    // Both have looked; the one found the second record to be the first that is kept, the other, later, the fourth.
    let (second, fourth) =
        (redis.from(chain, "-", 2).await.expect("read").pop(), redis.from(chain, "-", 4).await.expect("read").pop());
    for (id, line) in [fourth, second].into_iter().flatten() {
        let record = Record::from_line(&line).expect("a record");
        redis.trim(trail.keys(), chain, &id, &record).await.expect("asked");
        assert_eq!(trail.verify(None).await.expect("good")[0].first, 4);
    }
    let (id, line) = redis.from(chain, "-", 1).await.expect("read").remove(0);
    let mut short = RedisTrail::new(&config, 1, chain).expect("usable settings");
    short.retention_ms = 0;
    sleep(Duration::from_millis(5)).await;
    short.tidy(trail.keys()).await.expect("forgotten");
    redis.trim(trail.keys(), chain, &id, &Record::from_line(&line).expect("a record")).await.expect("asked");
    assert_eq!(server.cli(&["KEYS", "*:{audit}:at:*"]), "", "nothing that nobody deletes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_cannot_be_read_keeps_no_other_trail_past_its_time() {
    let server = RedisServer::start().await;
    let (config, audit) = (of(&server), AuditConfig::default());
    let trails = [instance(&config, &audit).await, instance(&config, &audit).await];
    for (so_many, trail) in trails.iter().enumerate() {
        ask(trail, SIGNE, "library");
        until_found(trail, SIGNE, so_many + 1).await;
    }
    let Sink::Redis(redis) = trails[0].sink() else { panic!("it is kept in Redis") };
    let then = redis.now_ms().await.expect("a time");
    sleep(Duration::from_secs(1)).await;
    // The first record of either that is kept; that of the first is one that a later version wrote.
    let first = server.cli(&["ZRANGE", "overblik:{audit}:trails", "0", "0"]);
    server.cli(&["XADD", &format!("overblik:{{audit}}:trail:{first}"), "*", "r", "{}"]);
    for trail in &trails {
        ask(trail, SIGNE, "library");
    }
    until_found(&trails[0], SIGNE, 4).await;
    let mut short = RedisTrail::new(&config, 1, redis.chain()).expect("usable settings");
    short.retention_ms = redis.now_ms().await.expect("a time") - then;
    let said = short.tidy(trails[0].keys()).await.expect_err("told").to_string();
    assert!(said.contains(&first), "{said}");
    let lengths = trails.iter().map(|trail| {
        let Sink::Redis(redis) = trail.sink() else { panic!("it is kept in Redis") };
        let length = server.cli(&["XLEN", &format!("overblik:{{audit}}:trail:{}", redis.chain())]);
        (redis.chain().to_string() == first, length)
    });
    for (is_unreadable, length) in lengths {
        assert_eq!(length, if is_unreadable { "4" } else { "1" });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documented_rights_are_enough() {
    const PASSWORD: &str = "a-password-of-the-trail";
    let document = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/audit.md");
    let document = std::fs::read_to_string(document).expect("docs/audit.md");
    let user = document.lines().find(|line| line.starts_with("user audit ")).expect("a line of an ACL file");
    let server = RedisServer::start_guarded(&user.replace(">PASSWORD", &format!(">{PASSWORD}"))).await;
    let password = Some(Secret::new(PASSWORD.to_owned()));
    let guarded = RedisConfig {
        username: Some("audit".into()),
        password,
        tls: RedisTlsConfig { ca_file: Some(server.authority()) },
        ..of(&server)
    };
    let trail = instance(&guarded, &AuditConfig::default()).await;
    ask(&trail, SIGNE, "library");
    until_found(&trail, SIGNE, 1).await;
    let Sink::Redis(redis) = trail.sink() else { panic!("it is kept in Redis") };
    let mut short = RedisTrail::new(&guarded, 1, redis.chain()).expect("usable settings");
    let then = redis.now_ms().await.expect("a time");
    sleep(Duration::from_secs(2)).await;
    ask(&trail, SIGNE, "library");
    until_found(&trail, SIGNE, 2).await;
    short.retention_ms = redis.now_ms().await.expect("a time") - then;
    short.tidy(trail.keys()).await.expect("trimmed");
    assert_eq!(trail.verify(None).await.expect("good")[0].first, 3);
    short.retention_ms = 0;
    sleep(Duration::from_millis(5)).await;
    short.tidy(trail.keys()).await.expect("forgotten");
    assert!(trail.verify(None).await.expect("good").is_empty());
    trail.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_keeps_it_too() {
    let cluster = RedisCluster::start().await;
    let trail = instance(&config(&cluster.urls(), RedisMode::Cluster), &AuditConfig::default()).await;
    ask(&trail, SIGNE, "library");
    until_found(&trail, SIGNE, 1).await;
    trail.finish().await;
    assert_eq!(trail.verify(None).await.expect("good").len(), 1);
}
