//! The connections that are open to one source's hosts, between calls and for many.
//!
//! - HTTP/2 is shared: by ALPN, one connection for each host, and a few more only where the source takes fewer calls on
//!   one than there are.
//! - HTTP/1.1 is used again only at a source that sends back what each call sends (its contract declares the echo):
//!   an answer to somebody else's request is then told by that (requirement R52). At others every call has a connection
//!   of its own.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::{
    http1::Http1,
    http2::{Http2, Http2Call},
    tls::Ways,
    wire::Wire,
};

/// Most HTTP/2 connections to one host.
const MOST_SHARED: usize = 4;

/// Most HTTP/1.1 connections that are kept to one host between calls.
const MOST_KEPT: usize = 64;

/// How long an HTTP/1.1 connection is kept between calls: less than the five seconds that the more impatient servers have.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// How long an HTTP/1.1 connection is used at most: what DNS says is asked again at least this often.
const USED_FOR: Duration = Duration::from_mins(5);

/// A host that is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HostAndPort {
    pub(super) secured: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

/// An HTTP/1.1 connection and since when it is open.
pub(super) struct Kept {
    pub(super) connection: Http1<Wire>,
    /// As whom, and trusting whom, it was made; `None` without TLS.
    pub(super) ways: Option<Ways>,
    pub(super) opened: Instant,
}

/// What is open to one host.
#[derive(Default)]
struct OfHost {
    shared: Vec<Http2>,
    /// The last used at the end, and since when each is idle.
    kept: VecDeque<(Instant, Kept)>,
    /// Held by whoever finds out whether the host speaks HTTP/2, so that not all who come together connect.
    opening: Arc<tokio::sync::Mutex<()>>,
    speaks_http1: bool,
}

/// The connections to a source's hosts.
#[derive(Default)]
pub(super) struct Connections {
    hosts: Mutex<HashMap<HostAndPort, OfHost>>,
    tasks: TaskTracker,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({})", self.tasks.len())
    }
}

impl Connections {
    /// What runs for connections.
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// A place on an HTTP/2 connection made in these ways, if there is one with room, or no more may be made.
    pub(super) fn shared(&self, host: &HostAndPort, ways: &Ways) -> Option<Http2Call> {
        let mut hosts = self.lock();
        let of_host = hosts.get_mut(host)?;
        of_host.shared.retain(|connection| connection.takes_calls(ways));
        let most_room = of_host.shared.iter().max_by_key(|connection| connection.room())?;
        let take = most_room.room() > 0 || of_host.shared.len() >= MOST_SHARED;
        take.then(|| most_room.call())
    }

    /// Adds an HTTP/2 connection, and gives a place on it.
    pub(super) fn share(&self, host: HostAndPort, connection: Http2) -> Http2Call {
        let call = connection.call();
        let mut hosts = self.lock();
        let of_host = hosts.entry(host).or_default();
        of_host.speaks_http1 = false;
        of_host.shared.push(connection);
        call
    }

    /// What to hold while connecting to a host of which it is not known that it speaks HTTP/1.1.
    pub(super) fn opening(&self, host: &HostAndPort) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let mut hosts = self.lock();
        let of_host = hosts.entry(host.clone()).or_default();
        (!of_host.speaks_http1).then(|| Arc::clone(&of_host.opening))
    }

    /// Notes that a host does not speak HTTP/2.
    pub(super) fn speaks_http1(&self, host: &HostAndPort) {
        self.lock().entry(host.clone()).or_default().speaks_http1 = true;
    }

    /// An HTTP/1.1 connection made in these ways that was kept and can still be used.
    pub(super) fn take_kept(&self, host: &HostAndPort, ways: Option<&Ways>) -> Option<Kept> {
        loop {
            let (idle_since, mut kept) = self.lock().get_mut(host)?.kept.pop_back()?;
            let same = match (&kept.ways, ways) {
                (Some(made), Some(wanted)) => made.are_those_of(wanted),
                (None, None) => true,
                _ => false,
            };
            if same
                && idle_since.elapsed() < KEPT_FOR
                && kept.opened.elapsed() < USED_FOR
                && kept.connection.is_usable()
            {
                return Some(kept);
            }
        }
    }

    /// Keeps an HTTP/1.1 connection for another call, if nothing is left on it and there is room.
    pub(super) fn keep(&self, host: &HostAndPort, mut kept: Kept) {
        if !kept.connection.is_usable() {
            return;
        }
        let mut hosts = self.lock();
        let of_host = hosts.entry(host.clone()).or_default();
        let now = Instant::now();
        // Those at the front have been idle longest.
        while of_host.kept.len() >= MOST_KEPT
            || of_host.kept.front().is_some_and(|(since, _)| now.duration_since(*since) >= KEPT_FOR)
        {
            of_host.kept.pop_front();
        }
        of_host.kept.push_back((now, kept));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<HostAndPort, OfHost>> {
        // Nothing but looking and moving happens under this lock.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
