//! A place in the queue: had before a source is asked, taken when it is known what came of it.

use std::sync::atomic::Ordering;

use tokio::sync::mpsc::{OwnedPermit, error::TrySendError};

use super::{Trail, entry::Happened, sink::Sink};
use crate::config::WhenFull;

/// It could not be written down, so it must not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no room for an entry in the audit trail")]
pub struct Unrecorded;

/// Room for one entry. Dropped, it is given back: nothing happened.
#[derive(Debug)]
pub struct Place(Kind);

#[derive(Debug)]
enum Kind {
    /// In the queue.
    InQueue(OwnedPermit<Happened>),
    /// There was no room, and it is to go on all the same: the entry is counted.
    Counted(Trail),
    /// No trail is kept.
    Nowhere,
}

impl Trail {
    /// A place for an entry, or why there is none.
    ///
    /// # Errors
    /// [`Unrecorded`] when the queue is full and nothing may happen that is not written down.
    pub fn place(&self) -> Result<Place, Unrecorded> {
        if matches!(self.sink(), Sink::None) {
            return Ok(Place(Kind::Nowhere));
        }
        let place = self.0.queue.clone().try_reserve_owned();
        match (place, self.0.when_full) {
            (Ok(permit), _) => {
                // Told once, until half of it is free: each entry that is written frees one place, and the next takes it.
                if self.0.is_full.load(Ordering::Relaxed) && self.0.queue.capacity() >= self.0.queue.max_capacity() / 2
                {
                    self.0.is_full.store(false, Ordering::Relaxed);
                }
                Ok(Place(Kind::InQueue(permit)))
            }
            (Err(error), when_full) => {
                if !self.0.is_full.swap(true, Ordering::Relaxed) {
                    let why = if matches!(error, TrySendError::Full(_)) { "the queue is full" } else { "it has ended" };
                    tracing::error!(event = "audit_full", why, ?when_full, "there is no room in the audit trail");
                }
                match when_full {
                    WhenFull::Refuse => Err(Unrecorded),
                    WhenFull::DropAndCount => Ok(Place(Kind::Counted(self.clone()))),
                }
            }
        }
    }
}

impl Trail {
    /// Looks whether everything that sources may be asked at once has a place, and says so if not.
    pub fn suffices(&self, needed: usize) {
        let queue = self.0.queue.max_capacity();
        if queue < needed && !matches!(self.sink(), Sink::None) {
            tracing::warn!(
                event = "audit_queue_small",
                queue,
                needed,
                "the queue of the audit trail is smaller than what sources may be asked at once"
            );
        }
    }
}

impl Place {
    /// Writes an entry into it.
    pub fn take(self, happened: impl FnOnce() -> Happened) {
        match self.0 {
            Kind::InQueue(permit) => drop(permit.send(happened())),
            Kind::Counted(trail) => {
                trail.0.not_written.fetch_add(1, Ordering::Relaxed);
                trail.0.standing.missing.fetch_add(1, Ordering::Relaxed);
            }
            Kind::Nowhere => {}
        }
    }
}
