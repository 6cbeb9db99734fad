//! The settings of native apps.

use crate::config::{ApiConfig, LoginConfig};

/// What is wrong with the settings of native apps.
pub(super) fn contradictions(api: &ApiConfig, login: &LoginConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
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
pub(super) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}
