//! What the metrics say while something beside the requests is amiss: the audit trail, a Redis, a certificate; and of sessions
//! that run out.

use std::time::{Duration, Instant};

use overblik_gateway::config::{
    AuditConfig, AuditSink, Config, RedisNode, RegistryStoreKind, StatisticsStoreKind, WhenFull,
};
use overblik_tests::{Certificates, RedisServer, System};

use crate::{
    admin::AdminApi,
    telemetry_metrics::{exposed, setup, value},
};

const DAY_S: f64 = 86_400.0;

fn node(server: &RedisServer) -> RedisNode {
    RedisNode::parse(&server.url()).expect("an address")
}

/// Reads the metrics until one of them is as it should be.
async fn until(system: &System, what: &str, holds: impl Fn(&str) -> bool) -> String {
    let began = Instant::now();
    loop {
        let told = exposed(system).await;
        if holds(&told) {
            return told;
        }
        assert!(began.elapsed() < Duration::from_secs(45), "{what}:\n{told}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn is(told: &str, series: &str, expected: f64) -> bool {
    assert!(told.contains(&format!("\n{series} ")), "{series} is told");
    (value(told, series) - expected).abs() < f64::EPSILON
}

const AUDIT_UP: &str = r#"overblik_redis_up{kept="audit"}"#;

#[tokio::test]
async fn r63_a_trail_that_cannot_be_written_shows_how_much_waits_and_what_will_be_missing() {
    let mut server = RedisServer::start().await;
    let node = node(&server);
    let setup = setup().adjust(move |config: &mut Config| {
        config.audit = AuditConfig {
            sink: AuditSink::Redis,
            queue: 16,
            when_full: WhenFull::DropAndCount,
            ..AuditConfig::default()
        };
        config.audit.redis.nodes = vec![node];
    });
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    browser.overview().await;
    let well = |told: &str| is(told, "overblik_audit_away", 0.0) && is(told, "overblik_audit_waiting", 0.0);
    let before = until(&system, "everything is written", well).await;
    for (series, expected) in
        [(AUDIT_UP, 1.0), ("overblik_audit_queue", 16.0), ("overblik_audit_not_written_total", 0.0)]
    {
        assert!(is(&before, series, expected), "{series}");
    }
    server.stop();
    browser.overview().await;
    let away = until(&system, "it is away", |told| is(told, "overblik_audit_away", 1.0)).await;
    assert!(is(&away, AUDIT_UP, 0.0) && value(&away, "overblik_audit_waiting") > 0.5, "{away}");
    // More than there is room for.
    let is_missing = |told: &str| value(told, "overblik_audit_not_written_total") > 0.5;
    while !is_missing(&exposed(&system).await) {
        browser.overview().await;
    }
    let full = exposed(&system).await;
    assert!(value(&full, "overblik_audit_waiting") >= 16.0, "{full}");
    server.start_again().await;
    let after = until(&system, "it is back", well).await;
    assert!(is(&after, AUDIT_UP, 1.0) && is_missing(&after), "what is lost stays lost");
    system.stop(&[&browser]).await;
}

#[tokio::test]
async fn a_redis_of_registry_or_statistics_that_is_away_is_told_and_readiness_is_the_sessions_alone() {
    let mut registry = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    let mut statistics = RedisServer::start().await;
    let (of_registry, of_statistics) = (node(&registry), node(&statistics));
    let api = AdminApi::start_with(move |config| {
        config.operations.listen = Some("127.0.0.1:0".parse().expect("an address"));
        let registry = config.registry.as_mut().expect("a registry");
        registry.store = RegistryStoreKind::Redis;
        registry.redis.nodes = vec![of_registry];
        config.statistics.store = Some(StatisticsStoreKind::Redis);
        config.statistics.redis.nodes = vec![of_statistics];
    })
    .await;
    let both = |registry: f64, statistics: f64| {
        move |told: &str| {
            is(told, r#"overblik_redis_up{kept="registry"}"#, registry)
                && is(told, r#"overblik_redis_up{kept="statistics"}"#, statistics)
        }
    };
    until(&api.system, "both are there", both(1.0, 1.0)).await;
    statistics.stop();
    until(&api.system, "no statistics", both(1.0, 0.0)).await;
    registry.stop();
    let told = until(&api.system, "neither", both(0.0, 0.0)).await;
    assert!(is(&told, "overblik_session_store_up", 1.0), "sessions are elsewhere");
    statistics.start_again().await;
    registry.start_again().await;
    until(&api.system, "both are back", both(1.0, 1.0)).await;
    api.stop().await;
}

#[tokio::test]
async fn r74_how_long_a_certificate_is_good_for_is_told_and_changes_with_its_files() {
    const LEFT: &str = r#"overblik_certificate_left_seconds{listener="server"}"#;
    let certificates = Certificates::new();
    let system = setup().secured(&certificates).start().await;
    let first = value(&exposed(&system).await, LEFT);
    // From the morning of 22 November 2026 to 1 October 2027.
    assert!((310.0 * DAY_S..314.0 * DAY_S).contains(&first), "{first}");
    system.pass(Duration::from_hours(24 * 300));
    let soon = value(&exposed(&system).await, LEFT);
    assert!((first - soon - 300.0 * DAY_S).abs() < 5.0 && soon < 14.0 * DAY_S, "{soon}");
    certificates.renew(2030);
    until(&system, "the new one", |told| value(told, LEFT) > 1000.0 * DAY_S).await;
    system.stop(&[]).await;
}

#[tokio::test]
async fn r21_sessions_that_run_out_are_counted_as_such() {
    const EXPIRED: &str = r#"overblik_sessions_ended_total{cause="expired"}"#;
    let system = setup().start().await;
    let (mut one, mut two) = (system.logged_in("family-signe").await, system.logged_in("debt-gert").await);
    assert!(is(&exposed(&system).await, EXPIRED, 0.0));
    assert!(two.post("/auth/logout").await.status.as_u16() < 400);
    system.pass(Duration::from_hours(9));
    // They are looked for every half minute.
    let told = until(&system, "one has run out", |told| value(told, EXPIRED) > 0.5).await;
    assert!(is(&told, EXPIRED, 1.0) && is(&told, r#"overblik_sessions_ended_total{cause="logout"}"#, 1.0), "{told}");
    assert_eq!(one.get("/api/v1/overview").await.status, 401);
    system.stop(&[&one, &two]).await;
}
