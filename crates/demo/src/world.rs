//! The world: started, asked, changed, shut down.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{Router, middleware};
use jsonwebtoken::jwk::JwkSet;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use crate::{
    authorities::{Authority, TokenService, authority},
    citizens::{self, DemoCitizen},
    colleagues::{self, DemoColleague},
    control::{self, Control},
    delivery,
    fault::{Fault, FaultOrder},
    fault_board::FaultBoard,
    mutual_tls::{ClientFiles, MutualTls, TlsError},
    options::DemoOptions,
    parties::{Parties, PartyHandle},
    party::{FaultTarget, Party, PerParty, Source},
    party_server::{self, PartyServer},
    portal::{NoPortal, Portal},
    provider::{KeyError, Provider, SigningKey},
    received::{Received, Recorder},
    source_gate::{self, SourceGate},
};

/// Why the demo world did not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A port could not be opened.
    #[error("the demo's {party} cannot listen on 127.0.0.1:{port}: {error}")]
    Port {
        /// Whose port.
        party: Party,
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        error: io::Error,
    },
    /// The identity provider could not make its signing key.
    #[error("the demo's identity provider has no signing key: {0}")]
    Key(String),
    /// There are no certificates for the authorities that ask for one.
    #[error("the demo has no certificates: {0}")]
    MutualTls(String),
    /// The municipality's portal has no key.
    #[error("the demo's portal cannot start: {0}")]
    Portal(String),
    /// A fault is ordered for an authority that takes no part.
    #[error("{target} has no fault to order: the source {source} takes no part in this demo", source = .target.source())]
    TakesNoPart {
        /// What the fault is ordered for.
        target: FaultTarget,
    },
}

impl From<TlsError> for DemoError {
    fn from(error: TlsError) -> Self {
        Self::MutualTls(error.to_string())
    }
}

impl From<NoPortal> for DemoError {
    fn from(error: NoPortal) -> Self {
        Self::Portal(error.to_string())
    }
}

impl From<KeyError> for DemoError {
    fn from(error: KeyError) -> Self {
        Self::Key(error.to_string())
    }
}

/// A running demo world. Dropped without [`DemoWorld::shutdown`] it goes on until its runtime ends.
pub struct DemoWorld {
    parties: Parties,
    tasks: TaskTracker,
    mutual_tls: Option<MutualTls>,
    portal: Option<Arc<Portal>>,
}

impl DemoWorld {
    /// Opens all ports and begins to answer on them.
    ///
    /// # Errors
    /// [`DemoError`] when a port is taken, no signing key can be made or a fault is for nobody here.
    pub async fn start(options: DemoOptions) -> Result<Self, DemoError> {
        let stray = options.faults.iter().find(|order| !options.sources.contains_key(&order.target.source()));
        if let Some(FaultOrder { target, .. }) = stray {
            return Err(DemoError::TakesNoPart { target: *target });
        }
        // Opened before anything is built, because with free ports the addresses are not known earlier.
        let secured = options.sources.keys().copied().any(Source::asks_for_certificate);
        let mutual_tls = if secured { Some(MutualTls::new()?) } else { None };
        let mut listeners = Vec::new();
        let mut handles = PerParty::new();
        for party in taking_part(&options) {
            let (listener, address) = open(party, options.ports.of(party))?;
            handles.insert(party, PartyHandle::at(party.scheme(), address));
            listeners.push((party, listener, address));
        }
        let parties = Parties {
            handles: Arc::new(handles),
            board: FaultBoard::new(&options.faults),
            stop: CancellationToken::new(),
        };
        let key = Arc::new(SigningKey::generate()?);
        let portal = options.portal.as_ref().map(|setup| {
            let (origin, issuer) = (parties.url(Party::Portal), parties.url(Party::IdentityProvider));
            Portal::new(origin, issuer, setup, options.clock.clone()).map(Arc::new)
        });
        let portal = portal.transpose()?;
        let mut servers = Vec::new();
        for (party, listener, address) in listeners {
            let Some(handle) = parties.handles.get(&party) else { continue };
            let record = middleware::from_fn_with_state(handle.recorder.clone(), delivery::record);
            let server = PartyServer {
                party,
                router: router(party, &parties, &options, &key, portal.as_ref()).layer(record),
                board: parties.board.clone(),
                listening: handle.listening.clone(),
                stop: parties.stop.clone(),
                tls: mutual_tls.as_ref().filter(|_| party.asks_for_certificate()).map(|tls| tls.acceptor.clone()),
            };
            servers.push((server, listener, address));
        }
        let tasks = TaskTracker::new();
        for (server, listener, address) in servers {
            tasks.spawn(server.run(listener, address));
        }
        tasks.close();
        let world = Self { parties, tasks, mutual_tls, portal };
        for order in options.faults {
            // In force already; this waits until a refused port is closed.
            world.order(order.target, world.parties.fault(order.target)).await;
        }
        Ok(world)
    }

    /// The identity provider's issuer identifier, for example `http://127.0.0.1:8090`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.parties.url(Party::IdentityProvider)
    }

    /// An authority's base URL, without a slash at its end; empty if it takes no part.
    #[must_use]
    pub fn source_url(&self, source: Source) -> &str {
        self.parties.url(Party::Source(source))
    }

    /// What the gateway needs for the authorities that ask for a certificate, if one of them takes part.
    #[must_use]
    pub fn client_files(&self) -> Option<&ClientFiles> {
        self.mutual_tls.as_ref().map(|tls| &tls.client)
    }

    /// The control page's URL, without a slash at its end.
    #[must_use]
    pub fn control_url(&self) -> &str {
        self.parties.url(Party::Control)
    }

    /// The portal's origin, if there is a portal.
    #[must_use]
    pub fn portal_url(&self) -> Option<&str> {
        self.portal.as_ref().map(|_| self.parties.url(Party::Portal))
    }

    /// The public keys of the portal, if there is one.
    #[must_use]
    pub fn portal_keys(&self) -> Option<JwkSet> {
        self.portal.as_ref().map(|portal| portal.keys())
    }

    /// Puts a fault in force for a target, or ends it with `None`. Calls that are being answered keep the fault they
    /// began with. When this returns, a port that is to refuse connections refuses them, and another takes them.
    pub async fn order(&self, target: FaultTarget, fault: Option<Fault>) {
        self.parties.order(target, fault).await;
    }

    /// The fault in force for a target.
    #[must_use]
    pub fn fault(&self, target: FaultTarget) -> Option<Fault> {
        self.parties.fault(target)
    }

    /// The fictitious citizens, in the order of the login page.
    #[must_use]
    pub fn citizens() -> &'static [DemoCitizen] {
        citizens::all()
    }

    /// Those who work with sources, in the order of the login page.
    #[must_use]
    pub fn colleagues() -> &'static [DemoColleague] {
        colleagues::all()
    }

    /// What a party received, oldest first; at most the last [`REMEMBERED`](crate::REMEMBERED) requests.
    #[must_use]
    pub fn received(&self, party: Party) -> Vec<Received> {
        self.parties.recorder(party).map(Recorder::received).unwrap_or_default()
    }

    /// Waits until what a party received meets a condition; for example until a call was aborted.
    pub async fn received_when(&self, party: Party, condition: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        match self.parties.recorder(party) {
            Some(recorder) => recorder.received_when(condition).await,
            None => Vec::new(),
        }
    }

    /// How many requests a party is answering.
    #[must_use]
    pub fn in_flight(&self, party: Party) -> usize {
        self.parties.recorder(party).map_or(0, Recorder::in_flight)
    }

    /// Cuts all connections, closes all ports and waits until every task has ended.
    pub async fn shutdown(self) {
        self.parties.stop.cancel();
        self.tasks.wait().await;
    }
}

impl PartyHandle {
    fn at(scheme: &str, address: SocketAddr) -> Self {
        let url = format!("{scheme}://{address}");
        Self { recorder: Recorder::new(&url), url, listening: watch::Sender::new(true) }
    }
}

/// The parties that these options let take part.
fn taking_part(options: &DemoOptions) -> impl Iterator<Item = Party> {
    Party::all().filter(|party| match party {
        Party::IdentityProvider | Party::Control => true,
        Party::Source(source) => options.sources.contains_key(source),
        Party::Portal => options.portal.is_some(),
    })
}

fn open(party: Party, port: u16) -> Result<(TcpListener, SocketAddr), DemoError> {
    let open = || {
        let listener = party_server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    open().map_err(|error| DemoError::Port { party, port, error })
}

fn router(
    party: Party,
    parties: &Parties,
    options: &DemoOptions,
    key: &Arc<SigningKey>,
    portal: Option<&Arc<Portal>>,
) -> Router {
    let clock = options.clock.clone();
    let source = match party {
        Party::IdentityProvider => {
            let issuer = parties.url(party).to_owned();
            let ours = [Some(&options.client), portal.map(|portal| portal.client())];
            let clients = ours.into_iter().flatten().chain(&options.other_clients).cloned().collect();
            return Provider::new(issuer, clients, clock, Arc::clone(key)).router();
        }
        Party::Control => {
            return control::router(Control {
                parties: parties.clone(),
                portal: options.client.redirect_uris.first().and_then(|uri| Url::parse(uri).ok()),
                on_reset: options.on_reset.clone(),
            });
        }
        Party::Portal => return portal.map(|portal| Arc::clone(portal).router()).unwrap_or_default(),
        Party::Source(source) => source,
    };
    let tokens = TokenService { issuer: parties.url(Party::IdentityProvider), keys: key.key_set() };
    let Authority { calls, admission, complaint } = authority(source, options, tokens);
    let gate = SourceGate { source, admission, board: parties.board.clone(), complaint };
    calls.layer(middleware::from_fn_with_state(Arc::new(gate), source_gate::pass))
}
