//! `overblik demo --console`: the registry and the console, with fictitious colleagues and every source that there is but one,
//! which a visitor brings.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use futures::future::try_join_all;
use jiff::Timestamp;
use overblik_demo::{DemoClient, DemoColleague, DemoWorld, LogsIn, Source};
use overblik_registry::{
    Actor, ActorId, ActorKind, Authority, Bundle, Change, Cvr, HostName, Line, Municipalities, RegistryService, Share,
    Side, Slug, Texts, named_hosts,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::{
    admin::person,
    config::Config,
    login::client_keys,
    registry_store,
    secrets::random_token,
    server::{self, Listener},
};

type Failed = Box<dyn Error + Send + Sync>;

const CLIENT_ID: &str = "overblik-demo-console";

/// What is left for a visitor to bring.
const TO_BRING: Source = Source::Library;

/// The console of a demo.
pub struct Console {
    /// Its origin.
    pub url: Url,
    /// Until the gateway takes it.
    pub(super) listener: Option<Listener>,
    address: SocketAddr,
    secret: String,
    /// The contracts that its registry begins with.
    contracts: PathBuf,
    /// What the registry is kept in, unless a setting names another folder. It goes with the demo.
    folder: TempDir,
}

impl Console {
    /// Opens its port: the one after the gateway's, or any.
    pub(super) fn open(gateway: u16) -> Result<Self, Failed> {
        let port = if gateway == 0 { 0 } else { gateway.saturating_add(1) };
        let listener = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let address = listener.local_addr()?;
        let url = Url::parse(&format!("http://localhost:{}/", address.port()))?;
        let folder = tempfile::Builder::new().prefix("overblik-demo-").tempdir()?;
        let (listener, contracts) = (Some(listener), PathBuf::new());
        Ok(Self { url, listener, address, secret: random_token(), contracts, folder })
    }

    /// Its registration at the identity provider.
    pub(super) fn client(&self) -> Result<DemoClient, Failed> {
        Ok(DemoClient {
            client_id: CLIENT_ID.to_owned(),
            client_secret: self.secret.clone(),
            redirect_uris: vec![self.url.join("/console/callback")?.into()],
            post_logout_redirect_uris: vec![self.url.join("/console/logged-out")?.into()],
            api: None,
            logs_in: LogsIn::Colleagues,
        })
    }

    /// The settings that make it.
    pub(super) fn settings(&self, world: &DemoWorld) -> Result<[(String, Value); 3], Failed> {
        let operators = DemoWorld::colleagues().iter().filter(|colleague| colleague.is_operator());
        let operators = operators.map(|operator| {
            // Nobody has the private half: they come by the console alone.
            let (_, keys) = client_keys::random().ok_or("no key can be made")?;
            let settings = json!({
                "name": operator.name, "person": true, "subject": operator.subject(), "keys": keys,
            });
            Ok::<_, Failed>((operator.slug.to_owned(), settings))
        });
        let admin = json!({
            "listen": self.address,
            "public_url": self.url,
            "operators": operators.collect::<Result<serde_json::Map<_, _>, _>>()?,
            "login": {
                "issuer": world.issuer(), "client_id": CLIENT_ID, "client_secret": self.secret,
                "scopes": ["openid", "profile"],
            },
        });
        let below = |name: &str| json!({ "directory": self.folder.path().join(name) });
        let settings = [("admin", admin), ("registry", below("registry")), ("statistics", below("statistics"))];
        Ok(settings.map(|(name, value)| (name.to_owned(), value)))
    }

    /// Takes a folder of contracts to begin with, and says of each source whose it is.
    pub(super) fn know_sources(&mut self, config: &mut Config, contracts: &Path) {
        contracts.clone_into(&mut self.contracts);
        for (authority, source, _) in folders(contracts) {
            if let Some(settings) = config.sources.get_mut(source.name()) {
                settings.authority = Some(authority.to_string());
            }
        }
    }

    /// Fills the registry, if it is empty.
    ///
    /// # Errors
    /// As [`fill`].
    pub(super) async fn fill(&self, config: &Config, issuer: &str, now: Timestamp) -> Result<(), Failed> {
        let Some(registry) = &config.registry else { return Ok(()) };
        let (service, _) = registry_store::open(registry, now).await?;
        fill(&service, &self.contracts, issuer, now).await
    }

    /// Who is who, for the terminal.
    pub(super) fn welcome(&self) -> String {
        let url = &self.url;
        let colleagues = DemoWorld::colleagues();
        let who =
            colleagues.iter().map(|one| format!("    {:<16}{}\n", one.name, one.about.en)).collect::<Vec<_>>().concat();
        let first = colleagues.first().map_or("", |first| first.name);
        format!(
            "    the console     {url}console\n\n  At the console log in as:\n\n{who}\n  \
             The libraries' source has not joined yet. Bring it: log in as {first}, choose Sources, New source and\n  \
             the folder contracts/authorities/birkerup-libraries/library.\n"
        )
    }
}

/// Whose the sources of a folder are: `<authority>/<source>/connector.yaml`.
fn folders(contracts: &Path) -> Vec<(Slug, Source, PathBuf)> {
    let below = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let named = entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())));
        named.collect::<BTreeMap<_, _>>()
    };
    let authorities = below(contracts).into_iter().filter_map(|(name, folder)| Some((Slug::parse(name).ok()?, folder)));
    let sources = authorities.flat_map(|(authority, folder)| {
        let sources = below(&folder).into_iter();
        sources.filter_map(move |(name, folder)| Some((authority.clone(), name.parse().ok()?, folder)))
    });
    sources.collect()
}

/// Those by whom the registry is filled.
struct Hands {
    proposes: Actor,
    approves: Actor,
}

/// Fills a registry that is empty: everything goes the way that it goes for everybody, with two persons.
///
/// # Errors
/// Whatever the registry refuses, with what it is about.
async fn fill(service: &RegistryService, contracts: &Path, issuer: &str, now: Timestamp) -> Result<(), Failed> {
    if !service.current().history().is_empty() {
        return Ok(());
    }
    let operators = DemoWorld::colleagues().iter().filter(|colleague| colleague.is_operator());
    let operators: Vec<_> = operators.map(operator).collect::<Result<_, _>>()?;
    let [first, second] = <[Actor; 2]>::try_from(operators).map_err(|_| "the demo has two operators, and only two")?;
    let hands = Hands { proposes: first, approves: second };
    let mut of: BTreeMap<Slug, Vec<(Source, Bundle)>> = BTreeMap::new();
    for (authority, source, folder) in folders(contracts) {
        let files = Bundle::read(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        of.entry(authority).or_default().push((source, files));
    }
    for (slug, sources) in &of {
        let authority = authority(slug, sources)?;
        let proposed = service.submit(&hands.proposes, now, None, Change::AuthorityProposed { authority }).await?;
        let approved = Change::AuthorityApproved { authority: slug.clone(), proposal: proposed.number };
        service.submit(&hands.approves, now, None, approved).await?;
    }
    let sources = of.iter().flat_map(|(authority, sources)| sources.iter().map(move |source| (authority, source)));
    let sources = sources.filter(|(_, (source, _))| *source != TO_BRING);
    try_join_all(sources.map(|(authority, (source, files))| {
        let hands = &hands;
        async move {
            let whose = somebody_of(authority, issuer)?;
            let brought = bring(service, (&whose, hands), (authority, *source, files), now).await;
            brought.map_err(|error| Failed::from(format!("{}: {error}", source.name())))
        }
    }))
    .await?;
    Ok(())
}

/// A source on its whole way to citizens.
async fn bring(
    service: &RegistryService,
    (whose, hands): (&Actor, &Hands),
    (authority, source, files): (&Slug, Source, &Bundle),
    now: Timestamp,
) -> Result<(), Failed> {
    let (slug, bundle, version) = (Slug::parse(source.name())?, files.digest(), 1);
    let pushed = service.push(whose, now, None, (authority, &slug), files).await?;
    if let Some(mistake) = pushed.mistakes.0.first() {
        return Err(mistake.message.clone().into());
    }
    service.test(whose, now, None, (&slug, version), None).await?;
    let source = || slug.clone();
    let submitted = Change::Submitted { source: source(), version, bundle, share: None, note: None };
    service.submit(whose, now, None, submitted).await?;
    service.submit(&hands.approves, now, None, Change::Approved { source: source(), version, bundle }).await?;
    service.submit(whose, now, None, Change::Released { source: source(), version, share: Share::ALL }).await?;
    let document = document(files)?;
    let clients = document.pointer("/spec/agreement/displayClients").and_then(Value::as_array);
    for client in clients.into_iter().flatten().filter_map(Value::as_str) {
        let display_client = Slug::parse(client)?;
        let municipalities = Municipalities::All;
        let agreed =
            Change::AgreementProposed { source: source(), display_client: display_client.clone(), municipalities };
        let proposal = service.submit(whose, now, None, agreed).await?.number;
        let approved = Change::AgreementApproved { source: source(), display_client, proposal };
        service.submit(&hands.approves, now, None, approved).await?;
    }
    Ok(())
}

fn document(files: &Bundle) -> Result<Value, Failed> {
    Ok(serde_saphyr::from_str(&files.contract())?)
}

/// An authority as its contracts say that it is, with the hosts that they name as its domains.
fn authority(slug: &Slug, sources: &[(Source, Bundle)]) -> Result<Authority, Failed> {
    let mut domains = BTreeSet::new();
    let mut said = Value::Null;
    for (_, files) in sources {
        let document = document(files)?;
        for host in named_hosts(&document) {
            domains.insert(HostName::parse(host)?);
        }
        said = document.pointer("/spec/authority").cloned().unwrap_or_default();
    }
    let text = |place: &str| said.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let name = Texts { da: Line::parse(text("/name/da"))?, en: Line::parse(text("/name/en"))? };
    Ok(Authority { slug: slug.clone(), name, cvr: Cvr::parse(text("/cvr"))?, domains, clients: BTreeMap::new() })
}

/// An operator as the console knows them.
fn operator(colleague: &DemoColleague) -> Result<Actor, Failed> {
    let (id, name) = (ActorId::parse(format!("client:{}", colleague.slug))?, Line::parse(colleague.name)?);
    Ok(Actor { id, kind: ActorKind::Person, side: Side::Operator, name })
}

/// Somebody of an authority: whoever logs in for it first, or one who is not there.
fn somebody_of(authority: &Slug, issuer: &str) -> Result<Actor, Failed> {
    let role = format!("authority:{authority}");
    let colleague = DemoWorld::colleagues().iter().find(|colleague| colleague.role == role);
    let (subject, name) = match colleague {
        Some(colleague) => (colleague.subject(), colleague.name),
        None => (authority.to_string(), "Kim Kildesen"),
    };
    let id = person(issuer, &subject).ok_or("no id can be made")?;
    Ok(Actor { id, kind: ActorKind::Person, side: Side::Authority(authority.clone()), name: Line::parse(name)? })
}
