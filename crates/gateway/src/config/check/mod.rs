//! Contradictions and impossible values, found before anything starts.

mod admin;
mod api;
mod audit;
mod embed;
mod index;
mod login;
mod page;
mod redis;
mod source;
mod traces;

use ipnet::IpNet;
use url::{Host, Url};

use super::{Config, memory, mistake::ConfigMistake};

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
    server(config, &mut wrong);
    login::contradictions(&config.login, loopback, &mut wrong);
    if let Some(api) = &config.api {
        api::contradictions(api, &config.login, &mut wrong);
    }
    if let Some(portals) = &config.embed {
        embed::contradictions(portals, config, &mut wrong);
    }
    if let Some(settings) = &config.admin {
        admin::contradictions(settings, config, &mut wrong);
    }
    edge(config, &mut wrong);
    for (name, rate) in config.limits.rates() {
        wrong(
            rate.per_minute == 0 || rate.at_once == 0,
            name,
            "lets nobody in",
            "both numbers must be at least 1; `null` switches the limit off",
        );
    }
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
    let kept = u64::try_from(session.kept_bytes()).unwrap_or(u64::MAX).saturating_mul(2);
    wrong(
        !memory::has_room_for(kept),
        "session.kept_mib",
        "is more than a quarter of the memory that this process may use, and apps may take as much again",
        "give the process more memory (the limit of its control group counts), or keep less",
    );
    redis::of_sessions(session, &mut wrong);
    if let Some(registry) = &config.registry {
        redis::of_the_registry(registry, &mut wrong);
        if let Some(settings) = &registry.index {
            index::contradictions(settings, &mut wrong);
        }
    }
    redis::of_statistics(&config.statistics, &mut wrong);
    audit::contradictions(config, &mut wrong);
    redis::of_the_trail(&config.audit, &mut wrong);
    page::contradictions(&config.page, &mut wrong);
    if let Some(settings) = &config.traces {
        traces::contradictions(settings, &mut wrong);
    }
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
    sources(config, &mut wrong);
    found
}

/// What citizens call the gateway, and who is in front of it.
fn server(config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let public = &config.server.public_url;
    wrong(
        !is_secure(public, config.development.loopback_http),
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
    wrong(
        config.server.trusted_proxies.iter().any(is_mapped),
        "server.trusted_proxies",
        "holds an IPv4 network written as IPv6",
        "write 10.1.0.0/16: addresses are compared as IPv4, however they came",
    );
}

/// Where the sources come from, and what is set for them.
fn sources(config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    wrong(
        config.contracts.is_some() && config.registry.is_some(),
        "contracts.directory",
        "is set, and registry too",
        "sources come from one place: leave out the one that they do not come from",
    );
    wrong(
        config.contracts.is_none() && config.registry.is_none(),
        "contracts.directory",
        "is missing, and registry too",
        "name the folder of the contracts that run as they are, or the registry where they are approved and released",
    );
    wrong(
        config.contracts.as_ref().is_some_and(|contracts| !contracts.directory.is_dir()),
        "contracts.directory",
        "is not a folder",
        "it holds <authority>/<source>/connector.yaml; a relative path counts from the working directory",
    );
    for (slug, source) in &config.sources {
        wrong(
            config.registry.is_some() && source.authority.is_none(),
            &format!("sources.{slug}.authority"),
            "is missing",
            "in a registry the first authority to take a name has it: say whose source these settings are for",
        );
        source::contradictions(slug, source, config.development.loopback_http, wrong);
    }
}

/// What the edge counts and waits for.
fn edge(config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let (limits, server) = (&config.limits, &config.server);
    for (name, number) in limits.numbers() {
        wrong(number == 0, name, "lets nobody in", "it must be at least 1; `null` switches the limit off");
    }
    for (name, seconds) in server.patience.all() {
        wrong(seconds == 0, name, "waits for nobody", "it must be at least 1 second");
    }
    wrong(
        config.operations.listen.is_some_and(|address| address == server.listen && address.port() != 0),
        "operations.listen",
        "is the address that citizens use",
        "operators have a port of their own, which the internet does not reach",
    );
    wrong(
        server.tls.is_some() && server.public_url.scheme() != "https",
        "server.public_url",
        "is http, and server.tls is set",
        "write the https address: this listener speaks TLS alone",
    );
    wrong(
        config.operations.tls.is_some() && config.operations.listen.is_none(),
        "operations.tls",
        "is set, and operations.listen is not",
        "name the address to listen on, or leave out the certificate",
    );
    let exceeds = |part: Option<u32>, whole: Option<u32>| part.zip(whole).is_some_and(|(part, whole)| part > whole);
    wrong(
        exceeds(limits.streams_per_session, limits.streams_per_citizen),
        "limits.streams_per_session",
        "is more than limits.streams_per_citizen",
        "a citizen's sessions share what the citizen may have",
    );
    wrong(
        exceeds(limits.streams_per_citizen, limits.overviews_in_flight),
        "limits.streams_per_citizen",
        "is more than limits.overviews_in_flight",
        "one citizen could take every place",
    );
    wrong(
        exceeds(limits.connections_per_address, limits.connections),
        "limits.connections_per_address",
        "is more than limits.connections",
        "one address could take every connection",
    );
    wrong(
        exceeds(limits.handshakes_per_address, limits.handshakes),
        "limits.handshakes_per_address",
        "is more than limits.handshakes",
        "one address could keep everybody else out",
    );
    wrong(
        server.grace_s.saturating_mul(1000) <= config.overview.stream_deadline_ms,
        "server.grace_s",
        "must be longer than overview.stream_deadline_ms",
        "an overview that is under way when the process is told to stop may take that long",
    );
}

/// Whether a network holds nothing but IPv4 addresses in IPv6 form.
fn is_mapped(net: &IpNet) -> bool {
    matches!(net, IpNet::V6(net) if net.prefix_len() >= 96 && net.network().to_ipv4_mapped().is_some())
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
