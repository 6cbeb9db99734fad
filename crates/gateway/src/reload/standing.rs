//! What operators are told of the configuration that a process runs with.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::config::Written;

/// The configuration as it is, and what became of the last change of it.
#[derive(Debug, Default)]
pub struct Standing(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// What tells the settings from others, secrets left out. `None` while no file is followed.
    digest: Option<String>,
    since: Option<Timestamp>,
    /// How often it was taken, the start included.
    times: u64,
    refused: Option<Refused>,
}

#[derive(Debug)]
struct Refused {
    at: Timestamp,
    mistakes: Vec<String>,
}

impl Standing {
    pub(super) fn taken(&self, written: &Written, now: Timestamp) {
        let mut known = self.lock();
        *known = Known { digest: Some(written.digest()), since: Some(now), times: known.times + 1, refused: None };
    }

    pub(super) fn refused(&self, mistakes: Vec<String>, now: Timestamp) {
        let mut known = self.lock();
        // It is tried again and again: what is told is since when.
        if known.refused.as_ref().is_none_or(|refused| refused.mistakes != mistakes) {
            known.refused = Some(Refused { at: now, mistakes });
        }
    }

    /// As it is told.
    pub(crate) fn told(&self) -> Value {
        let known = self.lock();
        let refused = known.refused.as_ref().map(|Refused { at, mistakes }| json!({ "at": at, "mistakes": mistakes }));
        json!({
            "followed": known.digest.is_some(),
            "digest": known.digest,
            "since": known.since,
            "times_taken": known.times,
            "refused": refused,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        // Changed whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
