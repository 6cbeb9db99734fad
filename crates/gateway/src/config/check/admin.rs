//! The settings of the admin API.

use super::is_secure;
use crate::config::{AdminConfig, Config};

/// What is wrong with the settings of the admin API.
pub(super) fn contradictions(admin: &AdminConfig, config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let takes = |address: &std::net::SocketAddr| *address == admin.listen && address.port() != 0;
    wrong(
        takes(&config.server.listen),
        "admin.listen",
        "is the address that citizens use",
        "the admin API has a port of its own, which the internet need not reach",
    );
    wrong(
        config.operations.listen.as_ref().is_some_and(takes),
        "admin.listen",
        "is the address of operations.listen",
        "whoever reaches that one may use it; here everybody proves who they are",
    );
    let url = &admin.public_url;
    wrong(
        !is_secure(url, config.development.loopback_http),
        "admin.public_url",
        "must be https",
        "use the https address that clients call; development.loopback_http allows http on localhost",
    );
    wrong(
        url.path() != "/" || url.query().is_some() || url.fragment().is_some(),
        "admin.public_url",
        "must be an origin, without path, query or fragment",
        "write https://admin.overblik.example",
    );
    wrong(
        url.origin() == config.server.public_url.origin(),
        "admin.public_url",
        "is the origin that citizens use",
        "an assertion for one door must not count at the other: name a host of its own",
    );
    wrong(admin.operators.is_empty(), "admin.operators", "is empty", "name at least two: nobody approves alone");
    wrong(admin.tests_at_once == 0, "admin.tests_at_once", "lets nobody test", "it must be at least 1");
    wrong(
        config.registry.is_none(),
        "registry",
        "is missing, and admin is set",
        "say where the registry is kept: registry: { directory: /var/lib/overblik/registry }",
    );
    for (name, operator) in &admin.operators {
        let place = |key: &str| format!("admin.operators.{name}.{key}");
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        wrong(
            !(1..=64).contains(&name.len()) || !name.bytes().all(is_plain),
            &format!("admin.operators.{name}"),
            "must be called by lower-case letters, digits and hyphens, 64 at most",
            "the name stands in the client's assertions and in the history",
        );
        wrong(
            operator.name.trim().is_empty(),
            &place("name"),
            "is empty",
            "the history tells people by it who did something",
        );
        wrong(
            operator.keys.is_none() && operator.keys_file.is_none(),
            &place("keys_file"),
            "is missing",
            "name a file that holds the client's public keys as a JWKS, or write the set itself under `keys`",
        );
        wrong(
            operator.keys.is_some() && operator.keys_file.is_some(),
            &place("keys_file"),
            "is set, and keys too",
            "keep one of them; a file can be exchanged without a restart",
        );
    }
}
