//! A connection to a host: its name resolved through the guard, its addresses tried in turn, and where it really leads
//! looked at once more.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use url::{Host, Url};

use super::{
    address::{AddressPolicy, may_connect},
    failure::Failure,
    resolve::{NoAddress, Resolve, addresses},
};

/// Longest wait for a connection: resolving, connecting and the TLS handshake together (requirement R43).
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// Longest wait for one address while others are left: one that swallows every packet must not use up the others' time.
const ONE_ADDRESS_WITHIN: Duration = Duration::from_millis(250);

/// Most addresses of a name that are tried.
const MOST_ADDRESSES: usize = 4;

/// Connects to the host of an address, until a deadline.
///
/// # Errors
/// [`Failure`]: the name or where it leads is forbidden, nobody answers.
pub(super) async fn connect(
    url: &Url,
    policy: AddressPolicy,
    resolver: &dyn Resolve,
    deadline: Instant,
) -> Result<TcpStream, Failure> {
    let port = url.port_or_known_default().ok_or(Failure::Forbidden)?;
    let candidates = timeout_at(deadline, candidates(url, policy, resolver)).await.map_err(|_| Failure::Resolve)??;
    let candidates: Vec<_> = candidates.into_iter().take(MOST_ADDRESSES).collect();
    let mut refused = true;
    let last = candidates.len().saturating_sub(1);
    for (index, ip) in candidates.into_iter().enumerate() {
        // Plain HTTP, which only the demonstration's own addresses have, never leaves the machine.
        if url.scheme() != "https" && !ip.is_loopback() {
            return Err(Failure::Forbidden);
        }
        let until = if index == last { deadline } else { deadline.min(Instant::now() + ONE_ADDRESS_WITHIN) };
        match timeout_at(until, TcpStream::connect(SocketAddr::new(ip, port))).await {
            Ok(Ok(stream)) => return checked(stream, ip, policy),
            Ok(Err(error)) => refused &= error.kind() == std::io::ErrorKind::ConnectionRefused,
            Err(_elapsed) => refused = false,
        }
    }
    Err(if refused { Failure::Refused } else { Failure::Connect })
}

/// A number instead of a name never reaches the resolver, so it is looked at here (requirement R41).
async fn candidates(url: &Url, policy: AddressPolicy, resolver: &dyn Resolve) -> Result<Vec<IpAddr>, Failure> {
    let literal: IpAddr = match url.host() {
        Some(Host::Domain(name)) => {
            return addresses(resolver, name, policy).await.map_err(|none| match none {
                NoAddress::Unknown => Failure::Resolve,
                NoAddress::Forbidden => Failure::Forbidden,
            });
        }
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        None => return Err(Failure::Forbidden),
    };
    let allowed = policy == AddressPolicy::LoopbackAllowed && literal.is_loopback();
    if allowed { Ok(vec![literal]) } else { Err(Failure::Forbidden) }
}

/// The connection, if it leads where it was meant to.
fn checked(stream: TcpStream, meant: IpAddr, policy: AddressPolicy) -> Result<TcpStream, Failure> {
    let peer = stream.peer_addr().map_err(|_| Failure::Connect)?.ip();
    if peer != meant || !may_connect(peer, policy) {
        return Err(Failure::Forbidden);
    }
    // The request is written in one piece and waited on; holding its last packet back would only delay it.
    stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
    Ok(stream)
}
