//! The admin API: where authorities and operators manage sources.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{LoginConfig, TlsConfig, provider};

/// The admin API. There is none without this section.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminConfig {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Speaks TLS there by itself; without it a proxy in front does.
    #[serde(default)]
    pub tls: Option<TlsConfig>,
    /// The origin that clients call it by, and name as the audience of their assertions.
    pub public_url: Url,
    /// The operators' clients, by what each calls itself; at least one, and two persons to approve anything. Authorities and their clients are in the registry; these
    /// are here, because somebody must be the first to let others in.
    pub operators: BTreeMap<String, OperatorConfig>,
    /// How many versions are tested or tried at once; of one authority never more than one.
    #[serde(default = "default_tests_at_once")]
    pub tests_at_once: u32,
    /// The identity provider at which people log in to the console (`/console`), as another client than the citizens'. There is no
    /// console where this is missing. Callback, logout and back-channel logout are `/console/callback`, `/console/logged-out` and
    /// `/console/backchannel-logout` at `public_url`, which is then at a host that citizens do not use: cookies know no ports.
    #[serde(default, deserialize_with = "provider::of_people_who_work")]
    #[schemars(with = "Option<provider::WrittenLogin>")]
    pub login: Option<LoginConfig>,
    /// How that provider says what somebody may.
    #[serde(default)]
    pub roles: RolesConfig,
}

/// How an ID token says what somebody may at the console.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RolesConfig {
    /// The claim: a text, or a list of texts of which one counts.
    pub claim: String,
    /// What it says of an operator.
    pub operator: String,
    /// What it says of somebody of an authority, before the authority's name.
    pub authority_prefix: String,
}

impl Default for RolesConfig {
    fn default() -> Self {
        Self {
            claim: "overblik_role".to_owned(),
            operator: "operator".to_owned(),
            authority_prefix: "authority:".to_owned(),
        }
    }
}

fn default_tests_at_once() -> u32 {
    2
}

/// A client of the operators: a program, or a person with a key of their own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorConfig {
    /// Its name, as people read it in the history.
    pub name: String,
    /// Whether its key is one person's own, who signs in person. Only a person approves what another one made.
    #[serde(default)]
    pub person: bool,
    /// What `admin.login`'s provider calls that person (`sub`): with a key and at the console they are one and the same.
    #[serde(default)]
    pub subject: Option<String>,
    /// Its public keys (RFC 7517 section 5).
    #[serde(default)]
    pub keys: Option<Value>,
    /// File of its public keys, which is followed.
    #[serde(default)]
    pub keys_file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::config::Config;

    fn mistakes(change: impl FnOnce(&mut Value)) -> String {
        let mut config = json!({
            "audit": { "sink": "stdout", "key_file": "audit-keys" },
            "server": { "public_url": "https://overblik.example" },
            "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret": "x".repeat(16) },
            "registry": { "directory": "registry" },
            "admin": {
                "listen": "127.0.0.1:8090", "public_url": "https://admin.overblik.example",
                "operators": { "kirsten": { "name": "Kirsten", "keys": { "keys": [] } } },
            },
        });
        change(&mut config);
        let config: Result<Config, _> = serde_json::from_value(config);
        match config {
            Ok(config) => config.checked().err().map(|mistakes| mistakes.to_string()).unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn r47_the_admin_api_has_a_listener_and_an_origin_of_its_own() {
        assert_eq!(mistakes(|_| {}), "");
        for (name, value, said) in [
            ("listen", json!("127.0.0.1:8080"), "admin.listen: is the address that citizens use"),
            ("listen", json!("127.0.0.1:9090"), "admin.listen: is the address of operations.listen"),
            ("public_url", json!("https://overblik.example"), "admin.public_url: is the origin that citizens use"),
            ("public_url", json!("http://admin.overblik.example"), "admin.public_url: must be https"),
            ("public_url", json!("https://admin.overblik.example/x"), "admin.public_url: must be an origin"),
            ("operators", json!({}), "admin.operators: is empty"),
            ("tests_at_once", json!(0), "admin.tests_at_once: lets nobody test"),
            ("password", json!("x"), "unknown field `password`"),
        ] {
            let message = mistakes(|config| config["admin"][name] = value);
            assert!(message.contains(said), "{said}: {message}");
        }
        let alone = mistakes(|config| {
            config.as_object_mut().expect("an object").remove("registry");
        });
        assert!(alone.contains("registry: is missing"), "{alone}");
    }

    #[test]
    fn r47_an_operator_is_named_and_signs_by_keys_of_their_own() {
        for (operator, said) in [
            (json!({ "name": " ", "keys": { "keys": [] } }), "admin.operators.kirsten.name: is empty"),
            (json!({ "name": "Kirsten" }), "admin.operators.kirsten.keys_file: is missing"),
            (
                json!({ "name": "K", "keys": {}, "keys_file": "k" }),
                "admin.operators.kirsten.keys_file: is set, and keys too",
            ),
            (json!({ "name": "K", "keys": {}, "secret": "k" }), "unknown field `secret`"),
        ] {
            let message = mistakes(|config| config["admin"]["operators"]["kirsten"] = operator);
            assert!(message.contains(said), "{said}: {message}");
        }
        for name in ["Kirsten", "a/b", "", "a b"] {
            let operator = json!({ "name": "K", "keys": { "keys": [] } });
            let message = mistakes(|config| config["admin"]["operators"] = json!({ name: operator }));
            assert!(message.contains("must be called by lower-case letters"), "{name}: {message}");
        }
    }
    #[test]
    fn r47_whoever_logs_in_too_is_one_person_and_is_not_asked_for_a_number() {
        let login =
            json!({ "issuer": "https://work.example", "client_id": "console", "client_secret": "y".repeat(16) });
        let with = |change: &dyn Fn(&mut Value)| {
            mistakes(|config| {
                config["admin"]["login"] = login.clone();
                config["admin"]["operators"]["kirsten"]["person"] = true.into();
                config["admin"]["operators"]["kirsten"]["subject"] = "s-1".into();
                change(&mut config["admin"]);
            })
        };
        assert_eq!(with(&|_| {}), "");
        let other = json!({ "name": "Bo", "person": true, "subject": "s-1", "keys": { "keys": [] } });
        let cases: [(&[&str], Value, &str); 12] = [
            (&["operators", "kirsten", "subject"], Value::Null, "admin.operators.kirsten.subject: is missing"),
            (&["operators", "kirsten", "person"], json!(false), "admin.operators.kirsten.subject: is set where"),
            (&["operators", "bo"], other, "one person's subject is empty, has blanks around it or is there twice"),
            (&["operators", "kirsten", "subject"], json!(""), "one person's subject is empty"),
            (&["operators", "kirsten", "subject"], json!("s-1 "), "has blanks around it"),
            (&["operators", "kirsten", "subject"], json!("s-1\u{a0}"), "has blanks around it"),
            (
                &["public_url"],
                json!("https://overblik.example:8443"),
                "admin.public_url: is at the host that citizens use",
            ),
            (&["login", "scopes"], json!(["openid", "ssn"]), "admin.login.scopes: asks for people's CPR numbers"),
            (&["login", "claims"], json!({ "cpr": "cpr" }), "admin.login.claims.cpr: nobody's number"),
            (&["login", "issuer"], json!("http://work.example"), "admin.login.issuer: must be an https address"),
            (&["roles"], json!({ "claim": "" }), "admin.roles: one of the names is empty"),
            (&["roles"], json!({ "operator": "authority:x" }), "admin.roles.operator: starts as"),
        ];
        for (path, value, said) in cases {
            let message = with(&|admin| {
                let place = path.iter().fold(admin, |at, name| &mut at[*name]);
                *place = value.clone();
            });
            assert!(message.contains(said), "{said}: {message}");
        }
        let citizens = with(&|admin| {
            admin["login"]["issuer"] = "https://login.example".into();
            admin["login"]["client_id"] = "overblik".into();
        });
        assert!(citizens.contains("admin.login.client_id: is the client of the citizens' login"), "{citizens}");
    }
}
