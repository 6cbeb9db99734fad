//! The settings of portals.

use url::Url;

use super::{api::is_scope, is_secure};
use crate::config::{Config, EmbedConfig, PortalConfig};

/// What is wrong with the settings of portals.
pub(super) fn contradictions(embed: &EmbedConfig, config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let api_audience = config.api.as_ref().map(|api| &api.audience);
    wrong(
        embed.audience.is_empty() || embed.audience == config.login.client_id || api_audience == Some(&embed.audience),
        "embed.audience",
        "must be a name of its own, other than login.client_id and api.audience",
        "it is what citizens' access tokens name as their audience for portals: none opens another door",
    );
    wrong(
        !is_scope(&embed.scope),
        "embed.scope",
        "must be one scope",
        "write it as the provider does, without spaces, quotes or backslashes",
    );
    wrong(embed.algorithms.is_empty(), "embed.algorithms", "is empty", "name at least one, such as ES256");
    wrong(
        embed.portals.is_empty(),
        "embed.portals",
        "is empty",
        "register a portal by a name for it, or leave the section `embed` out",
    );
    for (name, portal) in &embed.portals {
        of_portal(name, portal, config, wrong);
        let others: Vec<_> = embed.portals.iter().filter(|(other, _)| *other != name).map(|(_, other)| other).collect();
        beside_others(name, portal, &others, config, wrong);
    }
}

fn of_portal(name: &str, portal: &PortalConfig, config: &Config, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let place = |key: &str| format!("embed.portals.{name}.{key}");
    let (keys, keys_file) = (place("keys"), place("keys_file"));
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    wrong(
        !(1..=64).contains(&name.len()) || !name.bytes().all(is_plain),
        &format!("embed.portals.{name}"),
        "must be called by lower-case letters, digits and hyphens, 64 at most",
        "the name stands in addresses and in the portal's assertions",
    );
    wrong(
        portal.name.da.trim().is_empty() || portal.name.en.trim().is_empty(),
        &place("name"),
        "is empty in one language",
        "citizens read there who shows them their overview",
    );
    wrong(
        portal.display_client.is_empty(),
        &place("display_client"),
        "is empty",
        "it must be the name that contracts list under agreement.displayClients",
    );
    wrong(
        portal.origins.is_empty(),
        &place("origins"),
        "is empty",
        "name the origin of each of the portal's sites, such as https://www.birkerup.example",
    );
    let ours = config.server.public_url.origin().ascii_serialization();
    for origin in &portal.origins {
        wrong(
            !is_origin(origin, config.development.loopback_http),
            &place("origins"),
            &format!("holds {origin:?}, which is no origin as browsers write it"),
            "write https://www.birkerup.example: https, lower case, no default port, nothing after it, no asterisk",
        );
        wrong(*origin == ours, &place("origins"), "is our own origin", "a portal has a site of its own");
    }
    let has_keys = portal.keys.is_some() || portal.keys_file.is_some();
    wrong(
        portal.has_server() && !has_keys,
        &place("keys_file"),
        "is missing",
        "name a file that holds the portal's public keys as a JWKS, or write the set itself under `keys`",
    );
    wrong(
        portal.keys.is_some() && portal.keys_file.is_some(),
        &place("keys_file"),
        "is set, and keys too",
        "keep one of them; a file can be exchanged without a restart",
    );
    wrong(portal.sources.is_empty(), &place("sources"), "is empty", "name what the portal may show");
    wrong(
        portal.ways.is_empty(),
        &place("ways"),
        "is empty",
        "name at least one of server, component, frame and connected",
    );
    // A key or a client that nobody uses is one that nobody watches.
    let is_static = !portal.ways.is_empty() && !portal.has_server();
    wrong(
        is_static && has_keys,
        if portal.keys_file.is_some() { &keys_file } else { &keys },
        "is set for a portal without a server",
        "leave it out, or name a way that needs a server",
    );
    wrong(
        is_static && portal.provider_client.is_some(),
        &place("provider_client"),
        "is set for a portal without a server",
        "leave it out, or name a way that needs a server",
    );
}

/// What must be a portal's alone: whoever mistakes one for another shows citizens' data to the wrong site.
fn beside_others(
    name: &str,
    portal: &PortalConfig,
    others: &[&PortalConfig],
    config: &Config,
    wrong: &mut impl FnMut(bool, &str, &str, &str),
) {
    let place = |key: &str| format!("embed.portals.{name}.{key}");
    let apps = || config.api.iter().flat_map(|api| &api.clients);
    let display = &portal.display_client;
    let is_taken = |provider: &String| {
        provider.is_empty()
            || *provider == config.login.client_id
            || apps().any(|(client, _)| client == provider)
            || others.iter().any(|other| other.provider_client.as_ref() == Some(provider))
    };
    wrong(
        *display == config.overview.display_client
            || apps().any(|(_, app)| app.display_client == *display)
            || others.iter().any(|other| other.display_client == *display),
        &place("display_client"),
        "is another's: overview.display_client, an app's or another portal's",
        "authorities agree with each display client by its own name",
    );
    wrong(
        portal.provider_client.as_ref().map_or(portal.has_server(), is_taken),
        &place("provider_client"),
        "must be a client_id of its own, other than login.client_id, an app's and another portal's",
        "register the portal at the identity provider as a client of its own",
    );
    wrong(
        others.iter().any(|other| !other.origins.is_disjoint(&portal.origins)),
        &place("origins"),
        "names an origin of another portal",
        "browsers keep pages of one origin apart from nothing: they are one portal",
    );
}

/// Whether this is an origin to the letter in which browsers send it, at which pages are safe.
fn is_origin(text: &str, loopback_http: bool) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    // It is told to browsers in headers, between spaces and semicolons.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:/[]".contains(&byte));
    is_plain && is_secure(&url, loopback_http) && url.origin().ascii_serialization() == text
}
