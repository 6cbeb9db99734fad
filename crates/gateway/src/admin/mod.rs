//! The admin API: how authorities and operators manage sources, on a listener of its own (requirements R46 and R47).
//!
//! 1. `verbs` is the table of everything that can be asked. The routes, the description (`openapi`) and the tests of who may
//!    see what are made from it.
//! 2. `client` knows who is registered, `token` tells who asks: by an assertion first, then by a token of ten minutes. What
//!    they may is decided by that alone, never by an address or a body.
//! 3. `body` and `named` read what is asked; `sources`, `versions`, `agreements`, `authorities` and `history` do it, by the
//!    rules of the registry (`overblik_registry`); `index` reads whom a source knows; `trying` shows what a fictitious
//!    citizen would see, in the `room` that there is; `statistics` tells what was counted.
//! 4. `views` and `answer` are what is answered, `error` and `refusal` what is said instead.
//!
//! No cookie is looked at there, and what a browser sends is refused (requirement R33). People have the `console`, which does
//! the same by the same functions.

mod agreements;
mod answer;
mod authorities;
mod body;
mod client;
mod console;
mod desk;
mod error;
mod here;
mod history;
mod index;
mod named;
mod openapi;
mod refusal;
mod room;
mod serving;
mod shapes;
mod sources;
mod statistics;
mod token;
mod trying;
mod verbs;
mod versions;
mod views;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Deref,
    sync::Arc,
};

use overblik_connectors::AddressPolicy;
use overblik_registry::RegistryService;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

#[cfg(feature = "demo")]
pub(crate) use console::person;
pub use console::{Door, doors};
pub use openapi::description;
pub use refusal::AdminRefusal;
pub(crate) use serving::serve;

use self::{client::Operators, console::Console, room::Room};
use crate::{
    app::App,
    build_error::BuildError,
    config::{Config, RegistryConfig},
    followed_file::FileStanding,
    registry_link::RegistryLink,
};

/// How many pushes there are at once, of one authority never more than one: each takes a while to look at, and of several
/// that meet only one is recorded while the files of all are kept.
const PUSHES_AT_ONCE: u32 = 4;

/// How many indexes are read at once: each is in memory two times until it is kept, at 8 bytes for each citizen.
const LOADS_AT_ONCE: u32 = 2;

/// How many pairs of versions are compared at once, one for each side.
const DIFFERENCES_AT_ONCE: u32 = 4;

/// The admin API of one gateway. Cheap to clone.
#[derive(Clone)]
pub struct Admin(Arc<Parts>);

/// See [`Admin`].
pub struct Parts {
    app: App,
    service: Arc<RegistryService>,
    link: RegistryLink,
    operators: Operators,
    /// How people come in, if they do.
    console: Option<Console>,
    /// Our address, as browsers see it.
    public_url: Url,
    /// Our origin, as assertions name it.
    origin: String,
    /// Which addresses a test endpoint may have.
    address_policy: AddressPolicy,
    /// Test endpoints that this deployment sets, by the sources' slugs, each for one authority's alone.
    test_urls: BTreeMap<String, (Option<String>, Url)>,
    /// The display clients that this gateway knows, by name.
    display_clients: Vec<String>,
    /// Where the registry is kept.
    kept: RegistryConfig,
    /// For whatever runs contracts.
    room: Room,
    /// For whatever looks at contracts and keeps them.
    pushes: Room,
    /// For whatever reads whom a source knows.
    loads: Room,
    /// For whatever compares versions.
    differences: Room,
    /// What was begun goes on when its client goes away.
    tasks: TaskTracker,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Admin({})", self.origin)
    }
}

impl Deref for Admin {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Admin {
    /// Puts the API of the registry together, if the configuration has one.
    ///
    /// # Errors
    /// When the keys of an operator's client cannot be used.
    pub fn build(config: &Config, app: &App, link: &RegistryLink) -> Result<Option<Self>, BuildError> {
        let (Some(settings), Some(registry)) = (&config.admin, &config.registry) else { return Ok(None) };
        let loopback = config.development.loopback_http;
        let recorded = (app.metrics.console_provider.clone(), app.overviews.traces().clone());
        let test_urls = config.sources.iter();
        let test_urls =
            test_urls.filter_map(|(slug, one)| Some((slug.clone(), (one.authority.clone(), one.test_url.clone()?))));
        Ok(Some(Self(Arc::new(Parts {
            app: app.clone(),
            service: Arc::clone(link.service()),
            link: link.clone(),
            operators: Operators::new(settings)?,
            console: Console::new(settings, loopback, app.clock.clone(), recorded)?,
            public_url: settings.public_url.clone(),
            origin: settings.public_url.origin().ascii_serialization(),
            address_policy: if loopback { AddressPolicy::LoopbackAllowed } else { AddressPolicy::Production },
            test_urls: test_urls.collect(),
            display_clients: display_clients(config),
            kept: registry.clone(),
            room: Room::new(settings.tests_at_once),
            pushes: Room::new(PUSHES_AT_ONCE),
            loads: Room::new(LOADS_AT_ONCE),
            differences: Room::new(DIFFERENCES_AT_ONCE),
            tasks: TaskTracker::new(),
        }))))
    }

    /// How files of keys stand that are this API's own, by what is in them.
    pub(crate) fn key_files(&self) -> Vec<(&'static str, Arc<FileStanding>)> {
        let console = self.console.as_ref().and_then(|console| console.login.client_keys_file());
        let console = console.map(|file| ("admin_client_keys", file));
        console.into_iter().chain(self.operators.key_files().map(|file| ("operator_keys", file))).collect()
    }

    /// Takes the keys of operators' clients from their files whenever these change, until stopped.
    pub(crate) fn follow_keys(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        self.operators.follow_keys(tasks, stop);
        if let Some(console) = &self.console {
            let (login, stop) = (Arc::clone(&console.login), stop.clone());
            tasks.spawn(async move { stop.run_until_cancelled(login.follow()).await });
        }
    }
}

/// Everything that shows sources to citizens: our own page, apps and portals.
fn display_clients(config: &Config) -> Vec<String> {
    let apps = config.api.iter().flat_map(|api| api.clients.values()).map(|client| &client.display_client);
    let portals = config.embed.iter().flat_map(|embed| embed.portals.values()).map(|portal| &portal.display_client);
    let all: BTreeSet<&String> = [&config.overview.display_client].into_iter().chain(apps).chain(portals).collect();
    all.into_iter().cloned().collect()
}
