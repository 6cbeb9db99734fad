//! The settings of the identity provider.

use url::{Host, Url};

use super::{LONGEST_SESSION_S, SHORTEST_SECRET, is_secure};
use crate::config::LoginConfig;

/// What is wrong with the settings of the identity provider.
pub(super) fn contradictions(login: &LoginConfig, loopback: bool, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let issuer = Url::parse(&login.issuer);
    wrong(
        !issuer.as_ref().is_ok_and(|url| is_secure(url, loopback)),
        "login.issuer",
        "must be an https address",
        "copy `issuer` from the provider's metadata; development.loopback_http allows http on this machine",
    );
    wrong(
        !login.endpoint_hosts.iter().all(|host| is_plain_host(host)),
        "login.endpoint_hosts",
        "must hold host names in lower case",
        "write keys.login.example, without scheme, port or path",
    );
    wrong(login.client_id.is_empty(), "login.client_id", "is empty", "it is our name at the identity provider");
    let secret = login.client_secret.as_ref();
    wrong(
        secret.is_none() && login.client_keys_file.is_none(),
        "login.client_secret_file",
        "is missing",
        "name a file that holds our secret at the identity provider, or login.client_keys_file with keys of ours",
    );
    wrong(
        secret.is_some() && login.client_keys_file.is_some(),
        "login.client_keys_file",
        "is set, and login.client_secret too",
        "keep one of them; keys are the safer ones",
    );
    wrong(
        secret.is_some_and(|secret| secret.reveal().len() < SHORTEST_SECRET),
        "login.client_secret",
        "is shorter than 16 characters",
        "ask the identity provider for a longer one",
    );
    wrong(
        !login.scopes.iter().any(|scope| scope == "openid"),
        "login.scopes",
        "must hold openid",
        "without it the provider makes no ID token",
    );
    wrong(login.algorithms.is_empty(), "login.algorithms", "is empty", "name at least one, such as ES256");
    wrong(
        login.max_age_s.is_some_and(|age| age > LONGEST_SESSION_S),
        "login.max_age_s",
        "is more than ten hours",
        "no session lasts that long; leave it out to let the provider decide",
    );
    parameter_contradictions(login, wrong);
    let levels = &login.levels;
    let mut names = [&levels.low, &levels.substantial, &levels.high];
    names.sort_unstable();
    wrong(
        names.iter().any(|name| name.is_empty()),
        "login.levels",
        "a level has no name",
        "a login whose level claim is empty would count as one of that level",
    );
    wrong(
        names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)),
        "login.levels",
        "two levels have the same name",
        "each NSIS level needs its own name at the provider",
    );
}

/// Parameters of a login that are ours alone to set: another value, or a second one, would undo what they are for.
const OUR_PARAMETERS: [&str; 16] = [
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code_challenge",
    "code_challenge_method",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// What is wrong with the parameters that the configuration adds to a login.
fn parameter_contradictions(login: &LoginConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let level = &login.level_request.parameter;
    let switch = login.app_switch.as_ref().map(|switch| &switch.parameter);
    let ours = |name: &String| name.is_empty() || OUR_PARAMETERS.contains(&name.as_str());
    wrong(
        login.parameters.keys().any(ours),
        "login.parameters",
        "sets a parameter that is ours alone to set",
        "leave out what OpenID Connect itself defines; scopes have a setting of their own",
    );
    wrong(ours(level), "login.level_request.parameter", "is ours alone to set", "it is usually acr_values");
    wrong(
        switch.is_some_and(ours),
        "login.app_switch.parameter",
        "is ours alone to set",
        "the provider's documentation names it, such as login_hint",
    );
    let twice = login.parameters.contains_key(level)
        || switch.is_some_and(|switch| switch == level || login.parameters.contains_key(switch));
    wrong(
        twice,
        "login.parameters",
        "sets a parameter that login.level_request or login.app_switch sets too, or those two set the same",
        "a parameter that stands twice is refused by providers; write one value that says both",
    );
}

/// Whether this is a host alone, written as URLs write it: it is compared with theirs. An asterisk would stand for
/// itself only.
fn is_plain_host(text: &str) -> bool {
    !text.contains('*') && Host::parse(text).is_ok_and(|host| host.to_string() == text)
}
