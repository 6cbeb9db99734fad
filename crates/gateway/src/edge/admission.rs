//! Who may have how many connections at one listener.

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use ipnet::IpNet;

use super::{
    client_address::AddressGroup,
    tally::{Taken, Tally},
};
use crate::config::LimitsConfig;

/// What is allowed, and who has what. Cheap to clone: all of it is shared.
#[derive(Clone)]
pub(crate) struct Admission {
    connections: Places,
    /// Where TLS is just being agreed on.
    handshakes: Places,
    trusted_proxies: Arc<RwLock<Vec<IpNet>>>,
}

/// How many there may be, in all and of one address.
#[derive(Clone)]
struct Places {
    all: Arc<Tally<()>>,
    addresses: Arc<Tally<AddressGroup>>,
}

/// A place among all, and among those of its address.
pub(super) struct Place {
    _all: Taken<()>,
    /// None for a proxy, behind which everybody is.
    _address: Option<Taken<AddressGroup>>,
}

impl Admission {
    pub(super) fn new(limits: &LimitsConfig, trusted_proxies: Vec<IpNet>) -> Self {
        Self {
            connections: Places::new(limits.connections, limits.connections_per_address),
            handshakes: Places::new(limits.handshakes, limits.handshakes_per_address),
            trusted_proxies: Arc::new(RwLock::new(trusted_proxies)),
        }
    }

    /// Takes other limits, and other networks as those of proxies, from now on. Connections that are open stay so.
    pub(crate) fn change(&self, limits: &LimitsConfig, trusted_proxies: &[IpNet]) {
        self.connections.limit(limits.connections, limits.connections_per_address);
        self.handshakes.limit(limits.handshakes, limits.handshakes_per_address);
        *self.trusted_proxies.write().unwrap_or_else(PoisonError::into_inner) = trusted_proxies.to_vec();
    }

    /// A place for a connection, if there is one.
    pub(super) fn connection(&self, peer: SocketAddr) -> Option<Place> {
        self.connections.take(self.counted(peer))
    }

    /// A place for agreeing on TLS, if there is one.
    pub(super) fn handshake(&self, peer: SocketAddr) -> Option<Place> {
        self.handshakes.take(self.counted(peer))
    }

    /// How many connections are open.
    pub(super) fn open(&self) -> u32 {
        self.connections.all.of(&())
    }

    /// Whose connections a peer's are counted among; nobody's where it is a proxy.
    fn counted(&self, peer: SocketAddr) -> Option<AddressGroup> {
        let address = peer.ip().to_canonical();
        let proxies = self.trusted_proxies.read().unwrap_or_else(PoisonError::into_inner);
        (!proxies.iter().any(|net| net.contains(&address))).then(|| AddressGroup::from(address))
    }
}

impl Places {
    fn new(all: Option<u32>, of_one_address: Option<u32>) -> Self {
        Self { all: Tally::new(all), addresses: Tally::new(of_one_address) }
    }

    fn limit(&self, all: Option<u32>, of_one_address: Option<u32>) {
        self.all.limit(all);
        self.addresses.limit(of_one_address);
    }

    fn take(&self, address: Option<AddressGroup>) -> Option<Place> {
        let address = match address {
            Some(address) => Some(self.addresses.take(address)?),
            None => None,
        };
        Some(Place { _all: self.all.take(())?, _address: address })
    }
}
