//! The console: the admin API's things as pages, for people with a browser.
//!
//! 1. `doors` is the table of its pages and forms. The tests of who may see what are made from it.
//! 2. `login` lets people in by an identity provider, `provider` is what that provider's server asks here, and `worker`
//!    tells who asks, by the session's cookie alone.
//! 3. `sent` reads a form; `sources`, `versions`, `agreements` and `authorities` hand it to the very functions that answer
//!    the API, and `offered` and `waiting` ask the registry's rules which forms a page shows and what waits for whom. No
//!    rule stands here.
//! 4. `new_source` begins a source, from files that were `uploaded` or otherwise; `editor` shows a source's files and takes what was `written`; `differences` compares two versions; `trying` shows what a
//!    fictitious citizen would see; `statistics` shows how often a source was called and what came of it.
//! 5. `refused` says on a page what the API says in a problem document.
//!
//! Pages are made by `crate::page::console`.

mod agreements;
mod authorities;
mod authority_form;
mod differences;
mod doors;
mod editor;
mod histories;
mod login;
mod new_source;
mod offered;
mod provider;
mod refused;
mod sent;
mod sources;
mod statistics;
mod trying;
mod uploaded;
mod versions;
mod waiting;
mod worker;
mod written;

use std::sync::Arc;

use overblik_registry::{Actor, ActorId, ActorKind, Line, Side, Slug};

pub use self::doors::{Door, doors};
pub(super) use self::{doors::routes, provider::routes as routes_of_provider};
use super::{Admin, AdminRefusal, client::Operators};
use crate::{
    api_error::ApiError,
    build_error::BuildError,
    clock::Clock,
    config::{AdminConfig, RolesConfig},
    login::{Login, VerifiedColleague},
    secrets::sha256,
    session::console::ABSOLUTE,
    telemetry::{ProviderMetrics, Traces},
};

/// How people come to the console of one gateway.
pub(super) struct Console {
    pub(super) login: Arc<Login>,
    roles: RolesConfig,
}

impl Console {
    /// The console, if the configuration lets people log in.
    ///
    /// # Errors
    /// As [`Login::new`].
    pub(super) fn new(
        config: &AdminConfig,
        loopback_http: bool,
        clock: Clock,
        (metrics, traces): (ProviderMetrics, Traces),
    ) -> Result<Option<Self>, BuildError> {
        let Some(login) = &config.login else { return Ok(None) };
        let session_s = i64::try_from(ABSOLUTE.as_secs()).unwrap_or(i64::MAX);
        let login = Login::of_console(login, (&config.public_url, loopback_http), session_s, clock, metrics)?;
        Ok(Some(Self { login: Arc::new(login.with_traces(traces)), roles: config.roles.clone() }))
    }

    /// Who somebody is here, by what their login says. An operator's person with a key of their own is the same at the
    /// console: one human is one pair of eyes (requirement R47).
    ///
    /// # Errors
    /// [`AdminRefusal::NoRole`] for whoever has no role here, or more than one.
    fn actor(&self, colleague: &VerifiedColleague, operators: &Operators) -> Result<Actor, ApiError> {
        let refused = |reason: &'static str| {
            tracing::warn!(reason, "login at the console refused");
            ApiError::AdminRefused(AdminRefusal::NoRole)
        };
        let mut sides = colleague.roles.iter().filter_map(|role| self.side(role));
        let side = match (sides.next(), sides.next()) {
            (Some(side), None) => side,
            (None, _) => return Err(refused("the ID token names no role that is one here")),
            (Some(_), Some(_)) => return Err(refused("the ID token names several roles")),
        };
        if let Some(known) = operators.of_subject(&colleague.subject) {
            return Ok(Actor { side, ..known.clone() });
        }
        let id = person(self.login.issuer(), &colleague.subject).ok_or_else(|| refused("the subject makes no id"))?;
        // A name that cannot stand in the history is not there.
        let named = colleague.name.as_ref().and_then(|name| Line::parse(name.trim()).ok());
        let name = named.or_else(|| Line::parse(id.as_str()).ok()).ok_or_else(|| refused("the id makes no name"))?;
        Ok(Actor { id, kind: ActorKind::Person, side, name })
    }

    fn side(&self, role: &str) -> Option<Side> {
        if *role == self.roles.operator {
            return Some(Side::Operator);
        }
        Slug::parse(role.strip_prefix(&self.roles.authority_prefix)?).ok().map(Side::Authority)
    }
}

/// What stands for somebody in the history, for as long as it is kept: no key is in it, because keys are exchanged.
pub(crate) fn person(issuer: &str, subject: &str) -> Option<ActorId> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    // No issuer holds a line break.
    ActorId::parse(format!("person:{}", URL_SAFE_NO_PAD.encode(sha256(&format!("{issuer}\n{subject}"))))).ok()
}

impl Admin {
    /// The console; for whoever asks for it where there is none, there is no such page.
    fn console(&self) -> Result<&Console, ApiError> {
        self.console.as_ref().ok_or(ApiError::NotFound)
    }
}
