//! `overblik demo`: the real gateway amid simulated parties, on this machine alone. Nothing needs to be installed.

mod console;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

pub use console::Console;
use overblik_connectors::Secret;
use overblik_demo::{
    DemoClient, DemoOptions, DemoWorld, FaultOrder, GATEWAY, GatewaySignature, LogsIn, PORTAL, PORTAL_CLIENT,
    PortalSetup, Ports, Source,
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use crate::{
    admin::Admin,
    app::App,
    cli::{self, Failure},
    clock::Clock,
    config::{Config, EmbedConfig, LogConfig, LogFormat, SessionConfig},
    login::client_keys,
    registry_link::RegistryLink,
    secrets::random_token,
    server::{self, Listeners},
    telemetry,
};

const CLIENT_ID: &str = "overblik-demo";
const DEFAULT_PORT: u16 = 8080;

/// What access tokens for portals name.
const PORTALS_AUDIENCE: &str = "urn:overblik-demo:portals";

/// What the municipality's portal may show, where the demo has it.
const ON_THE_PORTAL: [Source; 5] =
    [Source::Daycare, Source::ChildBook, Source::Cases, Source::Library, Source::HealthCard];

/// What the demo can be told.
#[derive(clap::Args, Debug)]
pub struct DemoArguments {
    /// Port of the gateway on localhost
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Let the simulated parties take any free ports instead of those from 8090
    #[arg(long)]
    any_ports: bool,
    /// Order a fault from the start, such as library=stall; may be given several times
    #[arg(long = "fault", value_name = "SOURCE=FAULT")]
    faults: Vec<FaultOrder>,
    /// Keep answers for a while, as a deployment does; without it every view asks, and a fault shows at once
    #[arg(long)]
    keep_answers: bool,
    /// Origin of a portal of your own, in the place of the demo's
    #[arg(long, value_name = "ORIGIN", requires_all = ["portal_keys", "portal_secret"])]
    portal: Option<Url>,
    /// File of your portal's public keys (JWKS)
    #[arg(long, value_name = "FILE", requires = "portal")]
    portal_keys: Option<PathBuf>,
    /// Your portal's client secret at the demo's identity provider
    #[arg(long, value_name = "TEXT", requires = "portal")]
    portal_secret: Option<String>,
    /// Have the sources come from a registry, and open the console where it is worked with
    #[arg(long)]
    console: bool,
    /// Change a setting of the gateway, by its name in the file; may be given several times
    #[arg(long = "set", value_name = "SETTING=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Folder of the authorities' contracts
    #[arg(long, value_name = "FOLDER", default_value = "contracts/authorities")]
    contracts: PathBuf,
}

impl Default for DemoArguments {
    fn default() -> Self {
        Self {
            port: DEFAULT_PORT,
            any_ports: false,
            faults: Vec::new(),
            keep_answers: false,
            portal: None,
            portal_keys: None,
            portal_secret: None,
            console: false,
            settings: Vec::new(),
            contracts: "contracts/authorities".into(),
        }
    }
}

/// Runs the demo until the process is asked to stop.
pub(crate) fn run(arguments: DemoArguments) -> Result<(), Failure> {
    let log = LogConfig { filter: "warn,overblik_gateway=info".into(), format: LogFormat::Text };
    telemetry::start(&log).map_err(|error| Failure::configuration(&error))?;
    let portal = own_portal(&arguments)?;
    cli::block_on(async {
        let tasks = TaskTracker::new();
        let stop = server::stop_on_signal(&tasks).map_err(|error| Failure::running(&error))?;
        let setup = DemoSetup {
            port: arguments.port,
            ports: if arguments.any_ports { Ports::EPHEMERAL } else { Ports::fixed() },
            faults: arguments.faults,
            contracts: arguments.contracts,
            clock: Clock::system(),
            settings: arguments.settings,
            adjust: arguments.keep_answers.then(keeping_answers),
            portal,
            console: arguments.console,
        };
        let demo = Demo::start(setup).await.map_err(|error| Failure::running(&error))?;
        cli::say(&demo.welcome());
        stop.cancelled().await;
        demo.stop().await.map_err(|error| Failure::running(&error))
    })
}

/// The portal of whoever tries to write one.
fn own_portal(arguments: &DemoArguments) -> Result<Option<OwnPortal>, Failure> {
    let (Some(origin), Some(file), Some(secret)) =
        (&arguments.portal, &arguments.portal_keys, &arguments.portal_secret)
    else {
        return Ok(None);
    };
    let unreadable = |why: &dyn std::fmt::Display| Failure::configuration(&format!("{}: {why}", file.display()));
    let keys = std::fs::read(file).map_err(|error| unreadable(&error))?;
    let keys = serde_json::from_slice(&keys).map_err(|error| unreadable(&error))?;
    Ok(Some(OwnPortal { origin: origin.origin().ascii_serialization(), keys, secret: secret.clone() }))
}

/// A change of the gateway's configuration.
pub type Adjust = Box<dyn FnOnce(&mut Config) + Send>;

/// Keeps answers as a deployment does unless told otherwise.
fn keeping_answers() -> Adjust {
    Box::new(|config| config.session.kept_mib = SessionConfig::default().kept_mib)
}

/// What a demo is started with.
pub struct DemoSetup {
    /// Port of the gateway; 0 for any free one.
    pub port: u16,
    /// Ports of the parties.
    pub ports: Ports,
    /// Faults in force from the start.
    pub faults: Vec<FaultOrder>,
    /// Folder of the contracts.
    pub contracts: PathBuf,
    /// The time, for the gateway and all parties.
    pub clock: Clock,
    /// Settings of the gateway other than the demo's, by their names in the file.
    pub settings: Vec<(String, String)>,
    /// Changes the gateway's configuration before it starts.
    pub adjust: Option<Adjust>,
    /// Whose portal is registered, if it is not the demo's.
    pub portal: Option<OwnPortal>,
    /// Whether the sources come from a registry that is worked with at a console.
    pub console: bool,
}

/// A portal that somebody runs beside the demo.
#[derive(Clone)]
pub struct OwnPortal {
    /// Its origin.
    pub origin: String,
    /// Its public keys (RFC 7517).
    pub keys: serde_json::Value,
    /// Its client secret at the identity provider.
    pub secret: String,
}

/// A running demo.
pub struct Demo {
    /// The gateway's origin.
    pub url: Url,
    /// The operators' listener, where the configuration has one.
    pub operations: Option<SocketAddr>,
    /// Where the admin API listens, if there is one.
    pub admin: Option<SocketAddr>,
    /// The console, if the demo was asked for one.
    pub console: Option<Console>,
    /// The parties around it.
    pub world: DemoWorld,
    /// The origin of the portal that is registered.
    pub portal: String,
    /// The gateway itself.
    pub app: App,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

impl Demo {
    /// Starts the parties, then the gateway, with secrets made up on the spot.
    ///
    /// # Errors
    /// When a port is taken or a contract has mistakes.
    pub async fn start(setup: DemoSetup) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let listener = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, setup.port)))?;
        let address = listener.local_addr()?;
        // `localhost`, not the address: browsers then treat the gateway and the parties as different sites.
        let url = Url::parse(&format!("http://localhost:{}/", address.port()))?;
        let mut console = setup.console.then(|| Console::open(setup.port)).transpose()?;
        let client_secret = random_token();
        let sources: BTreeMap<Source, String> =
            declared(&setup.contracts).into_iter().map(|source| (source, random_token())).collect();
        let (client_keys, published) = client_keys::random().ok_or("no key to sign with can be made")?;
        let started: Arc<OnceLock<App>> = Arc::default();
        let world = DemoWorld::start(DemoOptions {
            ports: setup.ports,
            client: DemoClient {
                client_id: CLIENT_ID.to_owned(),
                client_secret: client_secret.clone(),
                redirect_uris: vec![url.join("/auth/callback")?.into()],
                post_logout_redirect_uris: vec![url.join("/auth/logged-out")?.into()],
                api: None,
                logs_in: LogsIn::Citizens,
            },
            sources: sources.clone(),
            signature: Some(GatewaySignature {
                issuer: url.origin().ascii_serialization(),
                keys: serde_json::from_value(published)?,
            }),
            clock: Arc::new({
                let clock = setup.clock.clone();
                move || clock.now()
            }),
            faults: setup.faults,
            portal: setup
                .portal
                .is_none()
                .then(|| PortalSetup { gateway: url.clone(), audience: PORTALS_AUDIENCE.to_owned() }),
            other_clients: {
                let of_console = console.as_ref().map(Console::client).transpose()?;
                setup.portal.iter().map(client_of).chain(of_console).collect()
            },
            on_reset: Some(Arc::new({
                let started = Arc::clone(&started);
                move |source| {
                    let was_cut_off = started.get().is_some_and(|app| app.connectors().reset(source));
                    tracing::info!(source.id = source, was_cut_off, "source let in again");
                }
            })),
        })
        .await?;
        let mut tree = tree(&world, address, &url, &client_secret, &setup.contracts);
        if let (Some(console), Some(settings)) = (&console, tree.as_object_mut()) {
            settings.extend(console.settings(&world)?);
        }
        let mut config = with_sources(Config::changed(tree, &setup.settings)?, &world, &client_secret, &sources)?;
        // A registry says itself which sources there are.
        if config.registry.is_some() {
            config.contracts = None;
        }
        if let Some(console) = &mut console {
            console.know_sources(&mut config, &setup.contracts);
        }
        // The provider knows us by the secret; the keys sign for sources.
        config.login.client_keys = Some(client_keys);
        let (portal, embed) = portal_of(setup.portal, &world, &sources)?;
        config.embed = embed.or(config.embed);
        if let Some(adjust) = setup.adjust {
            adjust(&mut config);
        }
        let config = config.checked()?;
        let control = Url::parse(world.control_url())?;
        if let Some(console) = &console {
            console.fill(&config, world.issuer(), setup.clock.now()).await?;
        }
        let app = App::build(&config, setup.clock, Some(control))?;
        // Set once, here; the callback above reads it.
        started.get_or_init(|| app.clone());
        let stop = CancellationToken::new();
        let operations_listener = server::listen_for_operators(&config.operations)?;
        let operations = operations_listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let registry = RegistryLink::open(&config, &app).await?;
        let (mut admin, mut admin_address) = (None, None);
        let api = registry.as_ref().map(|registry| Admin::build(&config, &app, registry)).transpose()?.flatten();
        if let (Some(api), Some(settings)) = (api, &config.admin) {
            let open = console.as_mut().and_then(|console| console.listener.take());
            let listener = open.map_or_else(|| server::listen(settings.listen), Ok)?;
            admin_address = Some(listener.local_addr()?);
            admin = Some((api, listener));
        }
        let listeners = Listeners { citizens: listener, operations: operations_listener, admin };
        let serving = spawn(server::serve(app.clone(), registry, listeners, stop.clone()));
        Ok(Self { url, operations, admin: admin_address, console, world, portal, app, stop, serving })
    }

    /// Stops the gateway, then the parties.
    ///
    /// # Errors
    /// When the gateway had failed while it ran.
    pub async fn stop(self) -> std::io::Result<()> {
        self.stop.cancel();
        let outcome = self.serving.await;
        self.world.shutdown().await;
        outcome.map_err(std::io::Error::other)
    }

    fn welcome(&self) -> String {
        format!(
            "\n  Overblik is running. Everybody in it is fictitious.\n\n    \
             overview        {}\n    demo controls   {}\n    a portal        {}/\n{}\n  Stop with Ctrl-C.\n",
            self.url,
            self.world.control_url(),
            self.portal,
            self.console.as_ref().map(Console::welcome).unwrap_or_default(),
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "the one task of the demo's gateway; `Demo::stop` waits for it")]
fn spawn(serving: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    tokio::spawn(serving)
}

/// A setting and its value, as the command line says them.
fn setting(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write SETTING=VALUE, such as session.idle_s=60")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The demo's configuration, but for its sources.
fn tree(
    world: &DemoWorld,
    listen: SocketAddr,
    public_url: &Url,
    client_secret: &str,
    contracts: &Path,
) -> serde_json::Value {
    serde_json::json!({
        "server": { "listen": listen, "public_url": public_url },
        "login": { "issuer": world.issuer(), "client_id": CLIENT_ID, "client_secret": client_secret },
        "contracts": { "directory": contracts },
        // Not on a fixed port: several demos may run.
        "operations": { "listen": null },
        // A fault that is ordered shows at the next view.
        "session": { "kept_mib": 0 },
        // The same machine compiles, runs browsers and plays every other party.
        "limits": { "lateness_ms": 200 },
        "development": { "fictitious_persons": true, "loopback_http": true },
        "page": {
            "operator": { "da": "Overbliks demonstration", "en": "Overblik's demonstration" },
            "accessibility": {
                "email": "tilgaengelighed@overblik.example",
                "phone": "70000018",
                "status": "partial",
                "assessed": "2026-11-26",
                "exceptions": [{
                    "da": "Demonstrationens login-side findes kun på dansk.",
                    "en": "The demonstration's login page is in Danish only.",
                }],
            },
        },
    })
}

/// Tells a configuration where the demo's sources are, and by what they know us.
fn with_sources(
    mut config: Config,
    world: &DemoWorld,
    client_secret: &str,
    sources: &BTreeMap<Source, String>,
) -> Result<Config, Box<dyn std::error::Error + Send + Sync>> {
    let token_service = Url::parse(&format!("{}/token", world.issuer()))?;
    for (source, secret) in sources {
        let settings = config.sources.entry(source.name().to_owned()).or_default();
        settings.base_url = Some(Url::parse(world.source_url(*source))?);
        settings.api_key = Some(Secret::new(secret.clone()));
        if let Some(files) = world.client_files().filter(|_| source.asks_for_certificate()) {
            settings.client_certificate_file = Some(files.certificate());
            settings.client_key_file = Some(files.key());
            settings.trusted_roots_file = Some(files.trusted_roots());
        }
        settings.user = Some(GATEWAY.to_owned());
        settings.password = Some(Secret::new(secret.clone()));
        settings.exchange_url = Some(token_service.clone());
        match source.token_path() {
            // The authority gives tokens itself, and knows us as it knows us otherwise.
            Some(path) => {
                settings.token_url = Some(Url::parse(&format!("{}{path}", world.source_url(*source)))?);
                settings.client_id = Some(GATEWAY.to_owned());
                settings.client_secret = Some(Secret::new(secret.clone()));
            }
            None => {
                settings.token_url = Some(token_service.clone());
                settings.client_id = Some(CLIENT_ID.to_owned());
                settings.client_secret = Some(Secret::new(client_secret.to_owned()));
            }
        }
    }
    Ok(config)
}

/// The registration of somebody's own portal at the identity provider.
fn client_of(portal: &OwnPortal) -> DemoClient {
    DemoClient {
        client_id: PORTAL_CLIENT.to_owned(),
        client_secret: portal.secret.clone(),
        redirect_uris: vec![format!("{}/login/callback", portal.origin)],
        post_logout_redirect_uris: vec![format!("{}/", portal.origin)],
        api: Some(PORTALS_AUDIENCE.to_owned()),
        logs_in: LogsIn::Citizens,
    }
}

/// The origin of the portal that there is, and its registration at the gateway.
fn portal_of(
    own: Option<OwnPortal>,
    world: &DemoWorld,
    sources: &BTreeMap<Source, String>,
) -> Result<(String, Option<EmbedConfig>), serde_json::Error> {
    let (origin, keys) = match own {
        Some(OwnPortal { origin, keys, .. }) => (Some(origin), Some(keys)),
        None => (world.portal_url().map(str::to_owned), world.portal_keys().map(serde_json::to_value).transpose()?),
    };
    let embed = match (&origin, keys) {
        (Some(origin), Some(keys)) => portals(origin, &keys, sources)?,
        _ => None,
    };
    Ok((origin.unwrap_or_default(), embed))
}

/// The registration of the portal at the gateway; none where there is nothing that it may show.
fn portals(
    origin: &str,
    keys: &serde_json::Value,
    sources: &BTreeMap<Source, String>,
) -> Result<Option<EmbedConfig>, serde_json::Error> {
    let shown = ON_THE_PORTAL.into_iter().filter(|source| sources.contains_key(source));
    let shown: Vec<_> = shown.map(Source::name).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let portal = serde_json::json!({
        "name": { "da": "Birkerup Kommune", "en": "Birkerup Municipality" },
        "display_client": PORTAL_CLIENT,
        "provider_client": PORTAL_CLIENT,
        "origins": [origin],
        "keys": keys,
        "sources": shown,
        "ways": ["server", "component", "frame", "connected"],
    });
    serde_json::from_value(serde_json::json!({ "audience": PORTALS_AUDIENCE, "portals": { PORTAL: portal } }))
}

/// The demo's sources that have a contract in a folder: `<authority>/<source>/connector.yaml`. What cannot be read is
/// complained of when the contracts are loaded.
fn declared(contracts: &Path) -> BTreeSet<Source> {
    let folders = |of: &Path| std::fs::read_dir(of).into_iter().flatten().flatten().map(|entry| entry.path());
    folders(contracts)
        .flat_map(|authority| folders(&authority).collect::<Vec<_>>())
        .filter_map(|folder| folder.file_name()?.to_str()?.parse().ok())
        .collect()
}
