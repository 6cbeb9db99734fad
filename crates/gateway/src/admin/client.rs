//! Who may ask: the operators' clients of the configuration, and the authorities' of the registry.

use std::{collections::BTreeMap, sync::Arc};

use overblik_registry::{Actor, ActorId, ActorKind, Authority, Line, Registry, Side};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    build_error::BuildError,
    client_assertion::Registered,
    config::{AdminConfig, OperatorConfig},
    followed_file::FileStanding,
    login::VerificationKey,
    registered_keys::{self, RegisteredKeys},
};

/// Somebody who may ask, as they are registered at this moment.
pub(super) struct Client {
    name: String,
    keys: Arc<Vec<VerificationKey>>,
    /// Who they are in the history.
    pub(super) actor: Actor,
}

impl Registered for Client {
    fn name(&self) -> &str {
        &self.name
    }

    fn keys(&self) -> Arc<Vec<VerificationKey>> {
        Arc::clone(&self.keys)
    }
}

impl Client {
    /// A program of an authority, which calls itself `<authority>/<name>`: no operator has a slash in its name.
    pub(super) fn of_authority(registry: &Registry, name: &str) -> Option<Self> {
        let (slug, program) = name.split_once('/')?;
        let authority = registry.authority(slug)?;
        let published = serde_json::to_value(authority.clients.get(program)?).ok()?;
        let keys = registered_keys::keys_of(&published).ok()?;
        let actor = Actor {
            id: ActorId::parse(format!("client:{name}")).ok()?,
            kind: ActorKind::Machine,
            side: Side::Authority(authority.slug.clone()),
            name: Line::parse(name).ok()?,
        };
        Some(Self { name: name.to_owned(), keys: Arc::new(keys), actor })
    }
}

/// Whether everybody can be known by the keys that an authority is to be registered with.
///
/// # Errors
/// The first client whose keys cannot be used: by them it would be nobody.
pub(super) fn check_keys(authority: &Authority) -> Result<(), String> {
    authority.clients.iter().try_for_each(|(name, keys)| {
        let published = serde_json::to_value(keys).unwrap_or_default();
        let keys = registered_keys::keys_of(&published);
        keys.map(|_| ()).map_err(|what| format!("clients.{name} {what}; write {}", registered_keys::HINT))
    })
}

/// The operators' clients.
pub(super) struct Operators(BTreeMap<String, Arc<Operator>>);

struct Operator {
    actor: Actor,
    /// What the console's identity provider calls the person, where it is one's own key.
    subject: Option<String>,
    keys: RegisteredKeys,
}

impl Operators {
    /// The clients of a configuration.
    ///
    /// # Errors
    /// When a client's name or keys cannot be used.
    pub(super) fn new(config: &AdminConfig) -> Result<Self, BuildError> {
        let operators = config.operators.iter();
        let operators = operators.map(|(name, operator)| Ok((name.clone(), Arc::new(Operator::new(name, operator)?))));
        let operators = Self(operators.collect::<Result<_, BuildError>>()?);
        for (name, operator) in &operators.0 {
            if let Some(other) = operator.keys.current().iter().find_map(|key| operators.other_with(name, key)) {
                let what = format!("keys: one of them is {other}'s too, and one person would be two");
                return Err(BuildError::Operator { name: name.clone(), what });
            }
        }
        Ok(operators)
    }

    pub(super) fn get(&self, name: &str) -> Option<Client> {
        let operator = self.0.get(name)?;
        let client = Client { name: name.to_owned(), keys: operator.keys.current(), actor: operator.actor.clone() };
        Some(self.without_keys_of_others(client))
    }

    /// A client without the keys that an operator has under another name. Files of keys and authorities change while this
    /// runs, and by a key that has two names one person would be two (requirement R47).
    pub(super) fn without_keys_of_others(&self, client: Client) -> Client {
        let own = client.keys.iter().filter(|key| self.other_with(&client.name, key).is_none()).cloned();
        Client { keys: Arc::new(own.collect()), ..client }
    }

    /// The name of another operator who has this key.
    fn other_with(&self, name: &str, key: &VerificationKey) -> Option<&str> {
        let thumbprint = key.thumbprint();
        let has_it = |operator: &Operator| operator.keys.current().iter().any(|key| key.thumbprint() == thumbprint);
        let found = self.0.iter().find(|(other, operator)| *other != name && has_it(operator));
        found.map(|(other, _)| other.as_str())
    }

    /// The actors of the operators' persons, by what the console's identity provider calls them.
    pub(super) fn of_subject(&self, subject: &str) -> Option<&Actor> {
        let mut operators = self.0.values();
        operators.find(|operator| operator.subject.as_deref() == Some(subject)).map(|operator| &operator.actor)
    }

    /// How their files of keys stand.
    pub(super) fn key_files(&self) -> impl Iterator<Item = Arc<FileStanding>> {
        self.0.values().filter_map(|operator| operator.keys.file())
    }

    /// Takes their keys from their files whenever these change, until stopped.
    pub(super) fn follow_keys(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        for (name, operator) in &self.0 {
            let whose = format!("operator {name}");
            registered_keys::follow(Arc::clone(operator), whose, |operator| &operator.keys, tasks, stop.clone());
        }
    }
}

impl Operator {
    fn new(name: &str, config: &OperatorConfig) -> Result<Self, BuildError> {
        let unusable =
            |error: &dyn std::fmt::Display| BuildError::Operator { name: name.to_owned(), what: error.to_string() };
        let keys = RegisteredKeys::open(config.keys_file.as_deref(), config.keys.as_ref());
        let keys = keys.map_err(|error| unusable(&error))?;
        let actor = Actor {
            id: ActorId::parse(format!("client:{name}")).map_err(|error| unusable(&error))?,
            kind: if config.person { ActorKind::Person } else { ActorKind::Machine },
            side: Side::Operator,
            name: Line::parse(config.name.clone()).map_err(|error| unusable(&format_args!("name: {error}")))?,
        };
        Ok(Self { actor, subject: config.subject.clone(), keys })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// RFC 7515, appendix A.3, and RFC 7517, appendix A.1.
    fn keys() -> [Value; 2] {
        [
            ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
            ("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"),
        ]
        .map(|(x, y)| json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }))
    }

    fn config(kirsten: &[&Value], bo: &[&Value]) -> AdminConfig {
        let operator = |name: &str, keys: &[&Value]| json!({ "name": name, "person": true, "keys": { "keys": keys } });
        let config = json!({
            "listen": "127.0.0.1:0", "public_url": "https://admin.overblik.example",
            "operators": { "kirsten": operator("Kirsten", kirsten), "bo": operator("Bo", bo) },
        });
        serde_json::from_value(config).expect("a configuration")
    }

    #[test]
    fn r47_whoever_has_one_key_is_one_person_under_however_many_names() {
        let [first, second] = keys();
        assert!(Operators::new(&config(&[&first], &[&second])).is_ok(), "the control");
        let renamed = {
            let mut key = first.clone();
            key["kid"] = json!("another");
            key
        };
        let refused = Operators::new(&config(&[&first], &[&second, &renamed])).err().expect("one key of two names");
        let said = refused.to_string();
        assert!(said.contains("kirsten") && said.contains("bo"), "{said}");
    }

    #[test]
    fn r47_a_key_that_comes_to_have_two_names_counts_under_neither() {
        let [first, second] = keys();
        let config = config(&[&first], &[&first, &second]);
        // As when a file of keys is exchanged while the process runs.
        let each = config
            .operators
            .iter()
            .map(|(name, one)| (name.clone(), Arc::new(Operator::new(name, one).expect("usable"))));
        let operators = Operators(each.collect());
        assert_eq!(operators.get("kirsten").expect("registered").keys().len(), 0);
        assert_eq!(operators.get("bo").expect("registered").keys().len(), 1, "their other key is theirs alone");
    }
}
