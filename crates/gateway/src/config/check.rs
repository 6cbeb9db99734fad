//! Contradictions and impossible values, found before anything starts.

use url::{Host, Url};

use super::{ApiConfig, Config, LoginConfig, RedisMode, SessionConfig, SessionStoreKind, mistake::ConfigMistake};

/// Longest session accepted, in seconds (requirement R21).
const LONGEST_SESSION_S: u64 = 10 * 60 * 60;

/// Shortest client secret and API key accepted, in characters (requirement R75).
const SHORTEST_SECRET: usize = 16;

pub(super) fn contradictions(config: &Config) -> Vec<ConfigMistake> {
    let mut found = Vec::new();
    let mut wrong = |is_wrong: bool, place: &str, message: &str, hint: &str| {
        if is_wrong {
            found.push(ConfigMistake::new(place, message).hint(hint));
        }
    };

    let loopback = config.development.loopback_http;
    let public = &config.server.public_url;
    wrong(
        !is_secure(public, loopback),
        "server.public_url",
        "must be https",
        "use the https address that browsers see; development.loopback_http allows http on localhost",
    );
    wrong(
        public.path() != "/" || public.query().is_some() || public.fragment().is_some(),
        "server.public_url",
        "must be an origin, without path, query or fragment",
        "write https://overblik.example",
    );
    wrong(
        config.server.trusted_proxies.iter().any(|net| net.prefix_len() == 0),
        "server.trusted_proxies",
        "trusts everybody",
        "name the networks of your own proxies: whoever is in them says whose address a request comes from",
    );
    login_contradictions(&config.login, loopback, &mut wrong);
    if let Some(api) = &config.api {
        api_contradictions(api, &config.login, &mut wrong);
    }
    for (name, rate) in config.limits.set() {
        wrong(
            rate.per_minute == 0 || rate.at_once == 0,
            name,
            "lets nobody in",
            "both numbers must be at least 1; `null` switches the limit off",
        );
    }
    wrong(
        config.operations.listen.is_some_and(|address| address == config.server.listen && address.port() != 0),
        "operations.listen",
        "is the address that citizens use",
        "operators have a port of their own, which the internet does not reach",
    );
    let session = &config.session;
    wrong(
        session.idle_s == 0 || session.idle_s > session.absolute_s,
        "session.idle_s",
        "must be at least 1 and at most session.absolute_s",
        "a session ends at the first of the two limits",
    );
    wrong(
        session.absolute_s > LONGEST_SESSION_S,
        "session.absolute_s",
        "is more than ten hours",
        "a session that outlasts a working day is forgotten on somebody's desk",
    );
    store_contradictions(session, &mut wrong);
    let overview = &config.overview;
    wrong(
        overview.json_deadline_ms == 0 || overview.json_deadline_ms > overview.stream_deadline_ms,
        "overview.json_deadline_ms",
        "must be at least 1 and at most overview.stream_deadline_ms",
        "a stream may wait longer than a JSON answer, not the other way round",
    );
    wrong(
        overview.heartbeat_s == 0 || overview.heartbeat_s.saturating_mul(1000) >= overview.stream_deadline_ms,
        "overview.heartbeat_s",
        "must be at least 1 and shorter than overview.stream_deadline_ms",
        "heartbeats keep waiting streams open through proxies",
    );
    wrong(
        overview.display_client.is_empty(),
        "overview.display_client",
        "is empty",
        "it must be the name that contracts list under agreement.displayClients",
    );
    wrong(
        !config.contracts.directory.is_dir(),
        "contracts.directory",
        "is not a folder",
        "it holds <authority>/<source>/connector.yaml; a relative path counts from the working directory",
    );
    for (slug, source) in &config.sources {
        let short = source.api_key.as_ref().is_some_and(|key| key.reveal().len() < SHORTEST_SECRET);
        let name = format!("sources.{slug}.api_key");
        wrong(short, &name, "is shorter than 16 characters", "ask the authority for a longer one");
        let insecure = source.base_url.as_ref().is_some_and(|url| !is_secure(url, loopback));
        let name = format!("sources.{slug}.base_url");
        wrong(insecure, &name, "must be https", "development.loopback_http allows http on this machine");
    }
    found
}

/// What is wrong with the settings of the identity provider.
fn login_contradictions(login: &LoginConfig, loopback: bool, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
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

/// What is wrong with the settings of native apps.
fn api_contradictions(api: &ApiConfig, login: &LoginConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    wrong(
        api.audience.is_empty() || api.audience == login.client_id,
        "api.audience",
        "must be a name of its own, other than login.client_id",
        "it is what access tokens name as their audience; ID tokens name login.client_id",
    );
    wrong(
        !is_scope(&api.scope),
        "api.scope",
        "must be one scope",
        "write it as the provider does, without spaces, quotes or backslashes",
    );
    wrong(
        api.clients.is_empty(),
        "api.clients",
        "is empty",
        "name each app by its client_id at the provider, or leave the section `api` out",
    );
    for (client_id, client) in &api.clients {
        let name = format!("api.clients.{client_id}");
        wrong(
            client_id.is_empty() || *client_id == login.client_id,
            &name,
            "must be an app's own client_id, other than login.client_id",
            "register the app at the identity provider as a client of its own",
        );
        wrong(
            client.display_client.is_empty(),
            &format!("{name}.display_client"),
            "is empty",
            "it must be the name that contracts list under agreement.displayClients",
        );
    }
    wrong(api.algorithms.is_empty(), "api.algorithms", "is empty", "name at least one, such as ES256");
    let levels = &login.levels;
    wrong(
        ![&levels.low, &levels.substantial, &levels.high].into_iter().all(|name| is_scope(name)),
        "login.levels",
        "a level's name cannot be told to an app",
        "names that apps are asked for hold no spaces, quotes or backslashes",
    );
}

/// Whether this is one scope (RFC 6749 section 3.3), which holds nothing that a quoted text in a header could not.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

/// What is wrong with the settings of where sessions are kept.
fn store_contradictions(session: &SessionConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
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
    wrong(
        redis.nodes.is_empty(),
        "session.redis.nodes",
        "names no node",
        "write [rediss://redis.example:6379]; the sentinels or some cluster nodes in those modes",
    );
    wrong(
        redis.mode == RedisMode::Standalone && redis.nodes.len() > 1,
        "session.redis.nodes",
        "names several nodes, and session.redis.mode is standalone",
        "several servers that know nothing of each other keep different sessions; name one, or set the mode",
    );
    wrong(
        redis.nodes.windows(2).any(|pair| matches!(pair, [a, b] if a.tls != b.tls)),
        "session.redis.nodes",
        "mixes redis and rediss",
        "all nodes must speak TLS, or none",
    );
    wrong(
        !redis.allow_plaintext && !redis.nodes.iter().all(|node| node.tls || node.is_on_this_machine()),
        "session.redis.nodes",
        "must be rediss beyond this machine",
        "give Redis TLS; where the network itself is encrypted, set session.redis.allow_plaintext: true",
    );
    wrong(
        redis.tls.ca_file.is_some() && redis.nodes.iter().any(|node| !node.tls),
        "session.redis.tls.ca_file",
        "is set, and the nodes are redis, which is without TLS",
        "write the nodes as rediss",
    );
    wrong(
        redis.tls.ca_file.as_ref().is_some_and(|file| !file.is_file()),
        "session.redis.tls.ca_file",
        "is not a file",
        "it holds the certificates of the authority that vouches for Redis, as PEM",
    );
    let for_sentinel = [
        ("session.redis.sentinel_master", redis.sentinel_master.is_some()),
        ("session.redis.sentinel_username", redis.sentinel_username.is_some()),
        ("session.redis.sentinel_password", redis.sentinel_password.is_some()),
    ];
    for (name, is_set) in for_sentinel {
        let mode = "set session.redis.mode: sentinel, or leave it out";
        wrong(is_set && redis.mode != RedisMode::Sentinel, name, "is for sentinels only", mode);
    }
    wrong(
        redis.mode == RedisMode::Sentinel && redis.sentinel_master.as_ref().is_none_or(String::is_empty),
        "session.redis.sentinel_master",
        "is missing",
        "it is what `sentinel monitor` calls the master",
    );
    wrong(
        redis.database < 0 || (redis.mode == RedisMode::Cluster && redis.database != 0),
        "session.redis.database",
        "must be 0 or more, and 0 in a cluster",
        "prefer session.redis.prefix to keep deployments apart",
    );
    wrong(
        !(100..=60_000).contains(&redis.answer_within_ms),
        "session.redis.answer_within_ms",
        "must be 100 to 60000",
        "a citizen waits no longer than this for a Redis that does not answer",
    );
    wrong(
        !(1..=64).contains(&redis.prefix.len())
            || !redis.prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte)),
        "session.redis.prefix",
        "must be 1 to 64 letters, digits, '-', '_', '.' or ':'",
        "what the keys of the session store begin with; the rights of the Redis user are written with it",
    );
    for (name, user, password) in [
        ("session.redis.password", &redis.username, &redis.password),
        ("session.redis.sentinel_password", &redis.sentinel_username, &redis.sentinel_password),
    ] {
        let short = password.as_ref().is_some_and(|password| password.reveal().len() < SHORTEST_SECRET);
        wrong(short, name, "is shorter than 16 characters", "make a longer one; `openssl rand -hex 32` does");
        wrong(user.is_some() && password.is_none(), name, "is missing, and a user is named", "name its file");
    }
}

/// Whether this is a host alone, written as URLs write it: it is compared with theirs. An asterisk would stand for
/// itself only.
fn is_plain_host(text: &str) -> bool {
    !text.contains('*') && Host::parse(text).is_ok_and(|host| host.to_string() == text)
}

/// `https`, or `http` on this machine where that is permitted.
pub(crate) fn is_secure(url: &Url, loopback_http: bool) -> bool {
    let on_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback_http && on_loopback)
}
