//! Who may ask: the operators' clients of the configuration, and the authorities' of the registry.

use std::{collections::BTreeMap, sync::Arc};

use overblik_registry::{Actor, ActorId, ActorKind, Line, Registry, Side};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::BuildError,
    client_assertion::Registered,
    config::{AdminConfig, OperatorConfig},
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

/// The operators' clients.
pub(super) struct Operators(BTreeMap<String, Arc<Operator>>);

struct Operator {
    actor: Actor,
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
        Ok(Self(operators.collect::<Result<_, BuildError>>()?))
    }

    pub(super) fn get(&self, name: &str) -> Option<Client> {
        let operator = self.0.get(name)?;
        Some(Client { name: name.to_owned(), keys: operator.keys.current(), actor: operator.actor.clone() })
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
        Ok(Self { actor, keys })
    }
}
