//! From a host name to the addresses that may be called: all of them, or none.

use std::{fmt, io, net::IpAddr};

use async_trait::async_trait;

use super::address::{AddressPolicy, may_connect};

/// Finds the addresses of a host name. A parameter, so that tests can have names that change.
#[async_trait]
pub(super) trait Resolve: fmt::Debug + Send + Sync {
    /// The addresses of a host name, in the order in which they are to be tried.
    ///
    /// # Errors
    /// When the name has none or nobody can tell.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks the operating system.
#[derive(Debug)]
pub(super) struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        // The port is not used; there has to be one.
        #[expect(clippy::disallowed_methods, reason = "this is the question behind the guard that the ban points to")]
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// Why a host name leads nowhere that may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoAddress {
    /// The name has no address, or nobody can tell.
    Unknown,
    /// The name leads to an address that no source may have.
    Forbidden,
}

/// The addresses of a host name. If one of them is not public, the name is under somebody's control who points it
/// inside, and the whole answer is refused. Asked for each connection, so a name that changes later is caught too.
///
/// # Errors
/// [`NoAddress`].
pub(super) async fn addresses(
    resolver: &dyn Resolve,
    host: &str,
    policy: AddressPolicy,
) -> Result<Vec<IpAddr>, NoAddress> {
    let found = resolver.resolve(host).await.map_err(|_| NoAddress::Unknown)?;
    if found.is_empty() {
        return Err(NoAddress::Unknown);
    }
    if found.iter().all(|ip| may_connect(*ip, policy)) { Ok(found) } else { Err(NoAddress::Forbidden) }
}
