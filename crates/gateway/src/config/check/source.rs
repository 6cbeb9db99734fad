//! The settings of one source.

use super::{SHORTEST_SECRET, is_secure};
use crate::config::SourceConfig;

/// What is wrong with the settings of a source.
pub(super) fn contradictions(
    slug: &str,
    source: &SourceConfig,
    loopback: bool,
    wrong: &mut impl FnMut(bool, &str, &str, &str),
) {
    let name = |key: &str| format!("sources.{slug}.{key}");
    for (key, secret) in [("api_key", &source.api_key), ("client_secret", &source.client_secret)] {
        let short = secret.as_ref().is_some_and(|secret| secret.reveal().len() < SHORTEST_SECRET);
        wrong(short, &name(key), "is shorter than 16 characters", "ask the authority for a longer one");
    }
    for (key, address) in [
        ("base_url", &source.base_url),
        ("test_url", &source.test_url),
        ("token_url", &source.token_url),
        ("exchange_url", &source.exchange_url),
    ] {
        let insecure = address.as_ref().is_some_and(|url| !is_secure(url, loopback));
        wrong(insecure, &name(key), "must be https", "development.loopback_http allows http on this machine");
    }
    wrong(
        source.client_secret.is_some() && source.client_id.is_none(),
        &name("client_id"),
        "is missing, and client_secret is set",
        "a secret is of use with the name that it belongs to",
    );
    wrong(
        source.user.is_some() != source.password.is_some(),
        &name("user"),
        "and password belong together, and one of them is missing",
        "set both, or neither; the password best by password_file",
    );
}
