//! The settings of where sessions, the registry and statistics are kept.

use super::SHORTEST_SECRET;
use crate::config::{
    AuditConfig, AuditSink, RedisConfig, RedisMode, RegistryConfig, RegistryStoreKind, SessionConfig, SessionStoreKind,
    StatisticsConfig, StatisticsStoreKind,
};

/// What is wrong with the settings of where sessions are kept.
pub(super) fn of_sessions(session: &SessionConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let redis = &session.redis;
    if session.store == SessionStoreKind::Memory {
        wrong(
            !redis.nodes.is_empty(),
            "session.store",
            "is memory, and session.redis.nodes names a Redis",
            "write session.store: redis, or leave session.redis out",
        );
        return;
    }
    wrong(
        session.keys_file.is_none(),
        "session.keys_file",
        "is missing, and session.store is redis",
        "instances share sessions only if they share the master keys that open them; docs/configuration.md shows how to make them",
    );
    contradictions("session.redis", redis, wrong);
}

/// What is wrong with the settings of where the registry is kept.
pub(super) fn of_the_registry(registry: &RegistryConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    if registry.store == RegistryStoreKind::Redis {
        contradictions("registry.redis", &registry.redis, wrong);
        return;
    }
    wrong(
        !registry.redis.nodes.is_empty(),
        "registry.store",
        "is files, and registry.redis.nodes names a Redis",
        "write registry.store: redis, or leave registry.redis out",
    );
}

/// What is wrong with the settings of where statistics are kept.
pub(super) fn of_statistics(statistics: &StatisticsConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let StatisticsConfig { store, directory, redis, .. } = statistics;
    wrong(
        *store == Some(StatisticsStoreKind::Files) && directory.is_none(),
        "statistics.directory",
        "is missing, and statistics.store is files",
        "name a directory of this process alone",
    );
    wrong(
        directory.is_some() && store.is_some_and(|store| store != StatisticsStoreKind::Files),
        "statistics.directory",
        "is set, and statistics.store is not files",
        "write statistics.store: files, or leave the directory out",
    );
    if *store == Some(StatisticsStoreKind::Redis) {
        contradictions("statistics.redis", redis, wrong);
        return;
    }
    wrong(
        !redis.nodes.is_empty(),
        "statistics.store",
        "is not redis, and statistics.redis.nodes names a Redis",
        "write statistics.store: redis, or leave statistics.redis out",
    );
}

/// What is wrong with the settings of where the audit trail is kept.
pub(super) fn of_the_trail(audit: &AuditConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    if audit.sink == AuditSink::Redis {
        contradictions("audit.redis", &audit.redis, wrong);
        return;
    }
    wrong(
        !audit.redis.nodes.is_empty(),
        "audit.sink",
        "is not redis, and audit.redis.nodes names a Redis",
        "write audit.sink: redis, or leave audit.redis out",
    );
}

/// What is wrong with the settings of a Redis, which stand in this place.
fn contradictions(place: &str, redis: &RedisConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let of = |name: &str| format!("{place}.{name}");
    wrong(
        redis.nodes.is_empty(),
        &of("nodes"),
        "names no node",
        "write [rediss://redis.example:6379]; the sentinels or some cluster nodes in those modes",
    );
    wrong(
        redis.mode == RedisMode::Standalone && redis.nodes.len() > 1,
        &of("nodes"),
        &format!("names several nodes, and {place}.mode is standalone"),
        "several servers that know nothing of each other keep different sessions; name one, or set the mode",
    );
    wrong(
        redis.nodes.windows(2).any(|pair| matches!(pair, [a, b] if a.tls != b.tls)),
        &of("nodes"),
        "mixes redis and rediss",
        "all nodes must speak TLS, or none",
    );
    wrong(
        !redis.allow_plaintext && !redis.nodes.iter().all(|node| node.tls || node.is_on_this_machine()),
        &of("nodes"),
        "must be rediss beyond this machine",
        &format!("give Redis TLS; where the network itself is encrypted, set {place}.allow_plaintext: true"),
    );
    wrong(
        redis.tls.ca_file.is_some() && redis.nodes.iter().any(|node| !node.tls),
        &of("tls.ca_file"),
        "is set, and the nodes are redis, which is without TLS",
        "write the nodes as rediss",
    );
    wrong(
        redis.tls.ca_file.as_ref().is_some_and(|file| !file.is_file()),
        &of("tls.ca_file"),
        "is not a file",
        "it holds the certificates of the authority that vouches for Redis, as PEM",
    );
    let for_sentinel = [
        ("sentinel_master", redis.sentinel_master.is_some()),
        ("sentinel_username", redis.sentinel_username.is_some()),
        ("sentinel_password", redis.sentinel_password.is_some()),
    ];
    for (name, is_set) in for_sentinel {
        let mode = format!("set {place}.mode: sentinel, or leave it out");
        wrong(is_set && redis.mode != RedisMode::Sentinel, &of(name), "is for sentinels only", &mode);
    }
    wrong(
        redis.mode == RedisMode::Sentinel && redis.sentinel_master.as_ref().is_none_or(String::is_empty),
        &of("sentinel_master"),
        "is missing",
        "it is what `sentinel monitor` calls the master",
    );
    wrong(
        redis.database < 0 || (redis.mode == RedisMode::Cluster && redis.database != 0),
        &of("database"),
        "must be 0 or more, and 0 in a cluster",
        &format!("prefer {place}.prefix to keep deployments apart"),
    );
    wrong(
        !(100..=60_000).contains(&redis.answer_within_ms),
        &of("answer_within_ms"),
        "must be 100 to 60000",
        "nobody waits longer than this for a Redis that does not answer",
    );
    wrong(
        !(1..=64).contains(&redis.prefix.len())
            || !redis.prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte)),
        &of("prefix"),
        "must be 1 to 64 letters, digits, '-', '_', '.' or ':'",
        "what every key begins with; the rights of the Redis user are written with it",
    );
    for (name, user, password) in [
        ("password", &redis.username, &redis.password),
        ("sentinel_password", &redis.sentinel_username, &redis.sentinel_password),
    ] {
        let short = password.as_ref().is_some_and(|password| password.reveal().len() < SHORTEST_SECRET);
        wrong(short, &of(name), "is shorter than 16 characters", "make a longer one; `openssl rand -hex 32` does");
        wrong(user.is_some() && password.is_none(), &of(name), "is missing, and a user is named", "name its file");
    }
}
