//! TLS on one of our own listeners.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Files for TLS on a listener, all of them PEM. They are followed: what is exchanged there is shown without a restart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Our certificate, and those of its issuers after it, each before its own issuer's.
    pub certificate_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
    /// Issuers of the certificates that clients must show; without it none is asked for.
    #[serde(default)]
    pub client_roots_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::config::Config;

    fn mistakes(change: impl FnOnce(&mut Value)) -> String {
        let mut config = json!({
            "server": { "public_url": "https://overblik.example" },
            "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret": "x".repeat(16) },
            "contracts": { "directory": "." },
            "audit": { "sink": "stdout", "key_file": "audit-keys" },
        });
        change(&mut config);
        let config: Result<Config, _> = serde_json::from_value(config);
        match config {
            Ok(config) => config.checked().err().map(|mistakes| mistakes.to_string()).unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn r74_tls_of_our_own_is_a_pair_of_files_at_an_https_address() {
        let files = || json!({ "certificate_file": "a.pem", "key_file": "a-key.pem" });
        assert_eq!(mistakes(|config| config["server"]["tls"] = files()), "");
        assert_eq!(mistakes(|config| config["operations"]["tls"] = files()), "");
        let alone = mistakes(|config| config["server"]["tls"] = json!({ "certificate_file": "a.pem" }));
        assert!(alone.contains("missing field `key_file`"), "{alone}");
        let unknown = mistakes(|config| {
            config["server"]["tls"] = files();
            config["server"]["tls"]["versions"] = json!(["1.0"]);
        });
        assert!(unknown.contains("unknown field `versions`"), "{unknown}");
        let http = mistakes(|config| {
            config["server"] = json!({ "public_url": "http://localhost:8080", "tls": files() });
            config["development"] = json!({ "loopback_http": true });
        });
        assert!(http.contains("server.public_url: is http, and server.tls is set"), "{http}");
        let nowhere = mistakes(|config| config["operations"] = json!({ "listen": null, "tls": files() }));
        assert!(nowhere.contains("operations.tls: is set, and operations.listen is not"), "{nowhere}");
    }

    #[test]
    fn r72_handshakes_of_one_address_are_no_more_than_all() {
        let message = mistakes(|config| config["limits"] = json!({ "handshakes": 10, "handshakes_per_address": 11 }));
        assert!(message.contains("limits.handshakes_per_address: is more than limits.handshakes"), "{message}");
        let nobody = mistakes(|config| config["limits"] = json!({ "handshakes_per_address": 0 }));
        assert!(nobody.contains("limits.handshakes_per_address: lets nobody in"), "{nobody}");
    }
}
