//! What a gateway needs beside its sources is away, slow or about to end.

use std::time::Duration;

use overblik_gateway::config::{
    AuditConfig, AuditSink, Config, RedisNode, RegistryStoreKind, SessionStoreKind, WhenFull,
};
use overblik_tests::{Browser, Certificates, MasterKeyFile, RedisServer};
use tokio::time::sleep;

use super::{Watch, operations, setup};

/// Longer than an instance may be without word of the registry: the alert's own limit, which nobody hurries.
const CUT_OFF: Duration = Duration::from_secs(61);

fn node(server: &RedisServer) -> RedisNode {
    RedisNode::parse(&server.url()).expect("an address")
}

/// Looks at the overview again and again.
async fn looks(browser: &mut Browser) {
    loop {
        browser.get("/api/v1/overview").await;
        sleep(Duration::from_millis(100)).await;
    }
}

pub(super) async fn the_audit_trail_cannot_be_written() {
    let mut redis = RedisServer::start().await;
    let node = node(&redis);
    let setup = setup().adjust(move |config: &mut Config| {
        let when_full = WhenFull::DropAndCount;
        config.audit = AuditConfig { sink: AuditSink::Redis, queue: 16, when_full, ..AuditConfig::default() };
        config.audit.redis.nodes = vec![node];
    });
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    let mut watch = Watch::over("the Redis of the audit trail is stopped", &[operations(&system)]).await;
    redis.stop();
    let alerts = ["OverblikAuditAway", "OverblikRedisAway", "OverblikAuditBacklog", "OverblikAuditEntriesMissing"];
    watch.fires_while(&alerts, &[], looks(&mut browser)).await;
    redis.start_again().await;
    watch.resolves(&alerts).await;
    watch.end().await;
    system.stop(&[&browser]).await;
}

pub(super) async fn a_certificate_ends() {
    const DAY: Duration = Duration::from_hours(24);
    let certificates = Certificates::new();
    let system = setup().secured(&certificates).start().await;
    let mut watch = Watch::over("a certificate is about to end", &[operations(&system)]).await;
    // From November to the last days of September: it is good until October.
    system.pass(300 * DAY);
    watch.fires(&["OverblikCertificateEndsSoon"]).await;
    system.pass(10 * DAY);
    watch.fires(&["OverblikCertificateEndsSoon", "OverblikCertificateEndsNow"]).await;
    certificates.renew(2030);
    watch.resolves(&["OverblikCertificateEndsSoon", "OverblikCertificateEndsNow"]).await;
    watch.end().await;
    system.stop(&[]).await;
}

pub(super) async fn the_session_store_is_slow() {
    let (redis, folder) = (RedisServer::start().await, tempfile::TempDir::new().expect("a folder"));
    let keys = MasterKeyFile::new(folder.path().join("session-keys"));
    let (node, path) = (node(&redis), keys.path().to_owned());
    let setup = setup().adjust(move |config: &mut Config| {
        config.session.keys_file = Some(path);
        config.session.store = SessionStoreKind::Redis;
        config.session.redis.nodes = vec![node];
    });
    let system = setup.start().await;
    let mut browser = system.logged_in("family-signe").await;
    let mut watch = Watch::over("the Redis of the sessions is slow", &[operations(&system)]).await;
    // Less than it may take to answer: nothing fails.
    let sluggish = async {
        loop {
            redis.stand_still(true);
            sleep(Duration::from_millis(300)).await;
            redis.stand_still(false);
            sleep(Duration::from_millis(100)).await;
        }
    };
    let fault = async {
        tokio::join!(sluggish, looks(&mut browser));
    };
    watch.fires_while(&["OverblikStoreSlow"], &[], fault).await;
    redis.stand_still(false);
    watch.resolves(&["OverblikStoreSlow"]).await;
    watch.end().await;
    system.stop(&[&browser]).await;
}

pub(super) async fn the_registry_is_away() {
    let mut redis = RedisServer::start_with(&["--appendonly", "yes", "--appendfsync", "always"]).await;
    let (node, folder) = (node(&redis), tempfile::TempDir::new().expect("a folder"));
    let directory = folder.path().join("registry");
    let setup = setup().adjust(move |config: &mut Config| {
        config.contracts = None;
        let registry = serde_json::json!({ "directory": directory });
        let mut registry: overblik_gateway::config::RegistryConfig =
            serde_json::from_value(registry).expect("a configuration");
        registry.store = RegistryStoreKind::Redis;
        registry.redis.nodes = vec![node];
        config.registry = Some(registry);
        for source in config.sources.values_mut() {
            source.authority = Some("birkerup".to_owned());
        }
    });
    let system = setup.start().await;
    let mut watch = Watch::over("the Redis of the registry is stopped", &[operations(&system)]).await;
    redis.stop();
    watch.fires_while(&["OverblikRedisAway"], &[], std::future::pending()).await;
    sleep(CUT_OFF).await;
    let alerts = ["OverblikRedisAway", "OverblikCutOffFromRegistry"];
    watch.fires_while(&alerts, &[], std::future::pending()).await;
    redis.start_again().await;
    watch.resolves(&alerts).await;
    watch.end().await;
    system.stop(&[]).await;
}
