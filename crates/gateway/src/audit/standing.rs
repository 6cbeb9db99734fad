//! How the trail stands, as operators see it: whether entries can be written, how many wait, and how many never will be.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::{Trail, sink::Sink};
use crate::redis_link::Link;

/// What the writer and those who found no place know of it.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The sink did not take the last entries.
    pub(super) is_away: AtomicBool,
    /// It took some, and did not say that they are kept.
    pub(super) is_unsure: AtomicBool,
    /// Entries that left the queue, and that the sink has not taken yet.
    pub(super) in_hand: AtomicUsize,
    /// Entries that found no room, from the start on.
    pub(super) missing: AtomicU64,
}

/// How a trail stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TrailStanding {
    /// Entries cannot be written, or not surely.
    pub(crate) is_away: bool,
    /// Entries that wait, and calls under way that have a place for theirs.
    pub(crate) waiting: usize,
    /// Most of them.
    pub(crate) room: usize,
    /// Entries that will never be written.
    pub(crate) missing: u64,
}

impl Trail {
    /// How it stands now.
    pub(crate) fn standing(&self) -> TrailStanding {
        let (parts, standing) = (&self.0, &self.0.standing);
        let room = parts.queue.max_capacity();
        TrailStanding {
            is_away: standing.is_away.load(Ordering::Relaxed) || standing.is_unsure.load(Ordering::Relaxed),
            waiting: room - parts.queue.capacity() + standing.in_hand.load(Ordering::Relaxed),
            room,
            missing: standing.missing.load(Ordering::Relaxed),
        }
    }

    /// The Redis that it is kept in, where it is.
    pub(crate) fn link(&self) -> Option<&Link> {
        match self.sink() {
            Sink::Redis(redis) => Some(redis.link()),
            Sink::None | Sink::Files(_) | Sink::StandardOutput(_) => None,
        }
    }
}
