//! The connections that are open to one source's hosts, between calls and for many.
//!
//! - HTTP/2 is shared: by ALPN, one connection for each place, and a few more only where the source takes fewer calls on
//!   one than there are.
//! - HTTP/1.1 is used again only at a source that sends back what each call sends (its contract declares the echo):
//!   an answer to somebody else's request is then told by that (requirement R52). At others every call has a connection
//!   of its own.
//!
//! A connection is good for the place that it was made for, and the very configuration of TLS is part of that: after an
//! exchange of certificates nobody finds the former ones.

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::{BoxFuture, Shared, WeakShared};
use rustls::ClientConfig;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::TaskTracker;

use super::{
    failure::{Failure, Unanswered},
    http1::Http1,
    http2::{Http2, Http2Call},
    wire::Wire,
};

/// Most HTTP/2 connections to one place.
pub(super) const MOST_SHARED: usize = 4;

/// How long an HTTP/2 connection stays open without a call.
const SHARED_FOR: Duration = Duration::from_secs(30);

/// Most HTTP/1.1 connections that are kept between calls.
const MOST_KEPT: usize = 64;

/// How long an HTTP/1.1 connection is kept between calls: less than the five seconds that the more impatient servers have.
const KEPT_FOR: Duration = Duration::from_secs(4);

/// How long an HTTP/1.1 connection is used at most: what DNS says is asked again at least this often.
const USED_FOR: Duration = Duration::from_mins(5);

/// How often it is looked whether a connection is still needed.
const TIDIED_EVERY: Duration = Duration::from_secs(1);

/// A host that is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostAndPort {
    pub(super) secured: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Where a connection leads, and how it is secured.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) host: Arc<HostAndPort>,
    /// As whom, and trusting whom; `None` without TLS.
    pub(super) config: Option<Arc<ClientConfig>>,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        let same_config = match (&self.config, &other.config) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        same_config && self.host == other.host
    }
}

/// An HTTP/1.1 connection and since when it is open.
pub(super) struct Kept {
    pub(super) connection: Http1<Wire>,
    pub(super) opened: Instant,
}

/// What a new connection turned out to speak.
#[derive(Clone)]
pub(super) enum Opened {
    Http2(Http2),
    /// Of those who waited for it, the first has it.
    Http1(Arc<Mutex<Option<Wire>>>),
}

type Connecting = BoxFuture<'static, Result<Opened, Unanswered>>;

/// The making of a connection, for all who wait for it. It goes on while anybody does.
pub(super) type Opening = Shared<Connecting>;

/// The connections to a source's hosts.
#[derive(Default)]
pub(super) struct Connections {
    held: Mutex<Held>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Held {
    shared: Vec<(Place, Http2)>,
    /// The last used at the end, and since when each is idle.
    kept: Vec<(Place, Instant, Kept)>,
    opening: Vec<(Place, WeakShared<Connecting>)>,
    /// Where HTTP/1.1 was spoken last, so that nobody waits there for a connection to share.
    unshared: Vec<Place>,
    is_tidied: bool,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({})", self.tasks.len())
    }
}

impl Connections {
    /// What runs for connections.
    #[cfg(test)]
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// How many are held: shared ones and kept ones.
    #[cfg(test)]
    pub(super) fn count(&self) -> (usize, usize) {
        let held = self.lock();
        (held.shared.len(), held.kept.len())
    }

    /// For how many kept ones there is room.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.lock().kept.capacity()
    }

    /// A call on an HTTP/2 connection to a place, if there is one with room, or no more may be made.
    pub(super) fn shared(&self, place: &Place) -> Option<Http2Call> {
        let mut held = self.lock();
        held.shared.retain(|(_, connection)| !connection.signs().is_retired());
        let there = || held.shared.iter().filter(|(other, connection)| other == place && connection.takes_calls());
        let (_, most_room) = there().max_by_key(|(_, connection)| connection.room())?;
        let take = most_room.room() > 0 || there().count() >= MOST_SHARED;
        take.then(|| most_room.call())
    }

    /// Joins those who wait for a new connection to a place, or begins to make one; `None` where HTTP/1.1 is spoken, so far as
    /// is known.
    pub(super) fn opening(&self, place: &Place, begin: impl FnOnce() -> Opening) -> Option<Opening> {
        let mut held = self.lock();
        if held.unshared.contains(place) {
            return None;
        }
        held.opening.retain(|(_, opening)| opening.upgrade().is_some_and(|opening| opening.peek().is_none()));
        let under_way = held.opening.iter().find(|(other, _)| other == place);
        if let Some(opening) = under_way.and_then(|(_, opening)| opening.upgrade()) {
            return Some(opening);
        }
        let opening = begin();
        held.opening.extend(opening.downgrade().map(|weak| (place.clone(), weak)));
        Some(opening)
    }

    /// Takes in a connection over TLS that was just made to a place. Who speaks HTTP/2 begins to, until a deadline.
    ///
    /// # Errors
    /// [`Unanswered`]: nothing can have been read of any request.
    pub(super) async fn take(
        self: &Arc<Self>,
        place: Place,
        wire: Wire,
        speaks_http2: bool,
        until: Instant,
    ) -> Result<Opened, Unanswered> {
        if !speaks_http2 {
            let mut held = self.lock();
            // Also what an exchange of certificates has left behind.
            held.unshared.retain(|other| other.host != place.host);
            held.unshared.push(place);
            return Ok(Opened::Http1(Arc::new(Mutex::new(Some(wire)))));
        }
        let opened = timeout_at(until, Http2::open(wire, &self.tasks)).await.unwrap_or(Err(Failure::Connect));
        let connection = opened.map_err(Unanswered::unsent)?;
        let mut held = self.lock();
        held.unshared.retain(|other| *other != place);
        held.shared.push((place, connection.clone()));
        self.tidy_from_now_on(&mut held);
        Ok(Opened::Http2(connection))
    }

    /// An HTTP/1.1 connection to a place that was kept and can still be used.
    pub(super) fn take_kept(&self, place: &Place) -> Option<Kept> {
        loop {
            let mut held = self.lock();
            // The one used last is the likeliest to be open still.
            let last = held.kept.iter().rposition(|(other, ..)| other == place)?;
            let (_, idle_since, mut kept) = held.kept.remove(last);
            drop(held);
            if is_fresh(idle_since, &kept) && kept.connection.is_usable() {
                return Some(kept);
            }
        }
    }

    /// Keeps an HTTP/1.1 connection for another call, if nothing is left on it and there is room.
    pub(super) fn keep(self: &Arc<Self>, place: Place, mut kept: Kept) {
        if !kept.connection.is_usable() {
            return;
        }
        let mut held = self.lock();
        if held.kept.len() < MOST_KEPT {
            held.kept.push((place, Instant::now(), kept));
            self.tidy_from_now_on(&mut held);
        }
    }

    /// One task lets go of what nobody uses any more, and ends when nothing is held.
    fn tidy_from_now_on(self: &Arc<Self>, held: &mut Held) {
        if mem::replace(&mut held.is_tidied, true) {
            return;
        }
        // They do not live for this.
        let connections = Arc::downgrade(self);
        self.tasks.spawn(async move {
            loop {
                sleep(TIDIED_EVERY).await;
                if connections.upgrade().is_none_or(|connections| connections.tidy()) {
                    return;
                }
            }
        });
    }

    /// Lets go of what nobody uses any more. Whether nothing is left.
    fn tidy(&self) -> bool {
        let mut held = self.lock();
        held.shared.retain(|(_, connection)| connection.takes_calls() && connection.signs().idle() < SHARED_FOR);
        held.kept.retain(|(_, idle_since, kept)| is_fresh(*idle_since, kept));
        if held.kept.is_empty() {
            // A crowd that has left gives its memory back.
            held.kept = Vec::new();
        }
        held.is_tidied = !(held.shared.is_empty() && held.kept.is_empty());
        !held.is_tidied
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing but looking and moving happens under this lock.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_fresh(idle_since: Instant, kept: &Kept) -> bool {
    idle_since.elapsed() < KEPT_FOR && kept.opened.elapsed() < USED_FOR
}
