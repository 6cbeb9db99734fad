//! Which settings can change while the process runs.

/// Sections and settings that are taken anew. Whatever else changes takes a restart.
const TAKEN: [&str; 10] = [
    "api",
    "contracts.directory",
    "embed",
    "limits",
    "log.filter",
    "login",
    "overview",
    "page",
    "server.trusted_proxies",
    "sources",
];

/// What is said of a setting that changed and cannot be taken anew; `None` of one that can.
pub(super) fn needs_restart(setting: &str) -> Option<String> {
    let is_in =
        |section: &&str| setting.strip_prefix(*section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    // The admin API has those from its start.
    let is_of_admin = setting.starts_with("sources.") && setting.ends_with(".test_url");
    if TAKEN.iter().any(is_in) && !is_of_admin {
        return None;
    }
    let hint =
        "restart the gateway, one instance after the other; or put the setting back, and the rest is taken at once";
    Some(format!("{setting}: has changed, and takes a restart; nothing was taken\n  hint: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bound_to_the_start_takes_a_restart() {
        for setting in [
            "limits.lateness_ms",
            "limits.overviews_per_citizen.at_once",
            "login.client_secret",
            "log.filter",
            "sources.library.api_key",
            "server.trusted_proxies",
            "contracts.directory",
            "api",
        ] {
            assert_eq!(needs_restart(setting), None, "{setting}");
        }
        for setting in [
            "server.listen",
            "server.public_url",
            "session.store",
            "session.redis.password",
            "session.idle_s",
            "log.format",
            "registry.directory",
            "operations.listen",
            "development.loopback_http",
            "sources.library.test_url",
            "apis",
            "loginx.issuer",
        ] {
            let told = needs_restart(setting);
            assert!(told.is_some_and(|told| told.starts_with(setting) && told.contains("restart")), "{setting}");
        }
    }
}
