//! Native apps that fetch overviews with access tokens.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SignatureAlgorithm;

/// Native apps that fetch overviews with access tokens of the identity provider. Without this section none may.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// What the provider's access tokens call this API (`aud`).
    pub audience: String,
    /// The scope that a token must hold.
    #[serde(default = "default_scope")]
    pub scope: String,
    /// The apps, by the names that the provider knows them under (`client_id`).
    pub clients: BTreeMap<String, ApiClientConfig>,
    /// Signature algorithms accepted on access tokens.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<SignatureAlgorithm>,
    /// Whether every token must be bound to a key of the app's.
    #[serde(default)]
    pub dpop: Dpop,
}

/// One app.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiClientConfig {
    /// The name that contracts list under `agreement.displayClients` for this app.
    pub display_client: String,
}

/// Whether tokens must be bound to a key of the app's (DPoP, RFC 9449). A bound token needs its proof either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dpop {
    /// Bound tokens and plain ones open the API.
    #[default]
    Accepted,
    /// Bound tokens alone do.
    Required,
}

pub(super) fn default_scope() -> String {
    "overblik".into()
}

pub(super) fn default_algorithms() -> Vec<SignatureAlgorithm> {
    vec![SignatureAlgorithm::ES256, SignatureAlgorithm::PS256]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::Config;

    fn mistakes(change: impl FnOnce(&mut Value)) -> String {
        let mut config = json!({
            "audit": { "sink": "stdout", "key_file": "audit-keys" },
            "server": { "public_url": "https://overblik.example" },
            "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret": "x".repeat(16) },
            "contracts": { "directory": "." },
            "api": { "audience": "https://overblik.example/api", "clients": { "app": { "display_client": "overblik-app" } } },
        });
        change(&mut config);
        let config: Config = serde_json::from_value(config).expect("a configuration");
        config.checked().err().map(|mistakes| mistakes.to_string()).unwrap_or_default()
    }

    #[test]
    fn r15_what_apps_need_is_little_and_the_rest_has_defaults() {
        assert_eq!(mistakes(|_| {}), "");
        let api: ApiConfig = serde_json::from_value(json!({ "audience": "a", "clients": {} })).expect("a section");
        assert_eq!((api.scope.as_str(), api.dpop), ("overblik", Dpop::Accepted));
        assert_eq!(api.algorithms, [SignatureAlgorithm::ES256, SignatureAlgorithm::PS256]);
        for unknown in
            [json!({ "audience": "a", "clients": {}, "x": 1 }), json!({ "clients": {} }), json!({ "audience": "a" })]
        {
            assert!(serde_json::from_value::<ApiConfig>(unknown.clone()).is_err(), "{unknown}");
        }
        for dpop in ["off", "Required", ""] {
            let section = json!({ "audience": "a", "clients": {}, "dpop": dpop });
            assert!(serde_json::from_value::<ApiConfig>(section).is_err(), "{dpop}");
        }
    }

    #[test]
    fn the_guide_s_example_is_a_configuration() {
        let guide = include_str!("../../../../docs/native-apps.md");
        let example = guide.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
        let Value::Object(example) = serde_saphyr::from_str(example).expect("YAML") else { panic!("no section") };
        assert_eq!(mistakes(|config| config["api"] = example["api"].clone()), "");
    }

    #[test]
    fn r15_contradictions_are_told_with_their_place() {
        let api = |name: &'static str, value: Value| mistakes(|config| config["api"][name] = value);
        for audience in ["", "overblik"] {
            assert!(api("audience", json!(audience)).contains("api.audience: must be a name of its own"), "{audience}");
        }
        for scope in ["", "two scopes", "a\"b", "a\\b", "æ", "a\n"] {
            assert!(api("scope", json!(scope)).contains("api.scope: must be one scope"), "{scope}");
        }
        assert!(api("algorithms", json!([])).contains("api.algorithms: is empty"));
        assert!(api("clients", json!({})).contains("api.clients: is empty"));
        let ours = api("clients", json!({ "overblik": { "display_client": "x" } }));
        assert!(ours.contains("api.clients.overblik: must be an app's own client_id"), "{ours}");
        let unnamed = api("clients", json!({ "app": { "display_client": "" } }));
        assert!(unnamed.contains("api.clients.app.display_client: is empty"), "{unnamed}");
        let level = mistakes(|config| config["login"]["levels"] = json!({ "low": "low level" }));
        assert!(level.contains("login.levels: a level's name cannot be told to an app"), "{level}");
        let without_apps = mistakes(|config| {
            config["login"]["levels"] = json!({ "low": "low level" });
            config["api"] = Value::Null;
        });
        assert_eq!(without_apps, "");
    }
}
