//! The settings of the admin API.

use std::collections::BTreeSet;

use super::{is_secure, login};
use crate::config::{AdminConfig, Config, LoginConfig};

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
        admin.tls.is_some() && url.scheme() != "https",
        "admin.public_url",
        "is http, and admin.tls is set",
        "write the https address: this listener speaks TLS alone",
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
        // With a key and at the console somebody would otherwise be two people, and approve what they made themselves.
        wrong(
            admin.login.is_some() && operator.person && operator.subject.is_none(),
            &place("subject"),
            "is missing, and people log in too (admin.login)",
            "write what the identity provider calls this person (`sub`): with a key and at the console they are one",
        );
        wrong(
            operator.subject.is_some() && (admin.login.is_none() || !operator.person),
            &place("subject"),
            "is set where it says nothing",
            "it belongs to person: true, and to admin.login",
        );
    }
    let subjects = admin.operators.values().filter_map(|operator| operator.subject.as_deref());
    let mut named = BTreeSet::new();
    wrong(
        subjects
            .into_iter()
            .any(|subject| subject.trim().is_empty() || subject.trim() != subject || !named.insert(subject)),
        "admin.operators",
        "one person's subject is empty, has blanks around it or is there twice",
        "one person has one client: two would be two pairs of eyes, and so would one that fits no login",
    );
    if let Some(login) = &admin.login {
        people(admin, login, config, wrong);
    }
}

/// What is wrong with how people log in.
fn people(admin: &AdminConfig, login: &LoginConfig, config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    login::contradictions(
        login,
        config.development.loopback_http,
        &mut |is_wrong, place: &str, message: &str, hint: &str| {
            wrong(is_wrong, &format!("admin.{place}"), message, hint);
        },
    );
    wrong(
        login.scopes.iter().any(|scope| matches!(scope.as_str(), "ssn" | "nin" | "cpr")),
        "admin.login.scopes",
        "asks for people's CPR numbers",
        "the console needs nobody's: leave it at openid and profile",
    );
    wrong(
        login.issuer == config.login.issuer && login.client_id == config.login.client_id,
        "admin.login.client_id",
        "is the client of the citizens' login",
        "a citizen's login must open nothing here: register a client of its own",
    );
    wrong(
        admin.public_url.host() == config.server.public_url.host() && !config.development.loopback_http,
        "admin.public_url",
        "is at the host that citizens use, and people log in there (admin.login)",
        "cookies know no ports, and pages of one host are one site to browsers: name a host of its own",
    );
    let roles = &admin.roles;
    wrong(
        roles.claim.is_empty() || roles.operator.is_empty() || roles.authority_prefix.is_empty(),
        "admin.roles",
        "one of the names is empty",
        "an empty name would fit whoever has no role",
    );
    wrong(
        roles.operator.starts_with(&roles.authority_prefix),
        "admin.roles.operator",
        "starts as the role of an authority does",
        "it could be read as either",
    );
}
