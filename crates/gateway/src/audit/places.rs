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
        let was_full = self.0.is_full.swap(place.is_err(), Ordering::Relaxed);
        match (place, self.0.when_full) {
            (Ok(permit), _) => Ok(Place(Kind::InQueue(permit))),
            (Err(error), when_full) => {
                if !was_full {
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
