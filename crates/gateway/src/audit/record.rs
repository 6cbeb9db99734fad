//! One line of a trail, chained to the one before it, as the registry's history is (`overblik_registry::Record`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use overblik_registry::{Digest, Domain, Head};
use serde::{Deserialize, Serialize};

use super::{
    entry::{Event, Happened},
    names::CitizenName,
};

/// Most bytes of a line. What is written is some 600.
pub(super) const MOST_LINE_BYTES: usize = 16 * 1024;

/// What happened when, behind what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its place in the trail, which counts from 1.
    pub number: u64,
    /// When it happened: of a question, when it was put. Entries stand in the order in which they ended.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// The hash of the record before it, or that of every trail's beginning.
    pub previous: Digest,
    /// The hash of all of the above.
    pub hash: Digest,
}

/// A record whose contents were left out of an export; it still holds its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its place.
    pub number: u64,
    /// The hash of the record before it.
    pub previous: Digest,
    /// Its own hash.
    pub hash: Digest,
}

/// What can be told of a line also where it is of a later version than this program.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Outline {
    /// Its place.
    pub(super) number: u64,
    event: BTreeMap<String, OutlinedEvent>,
}

#[derive(Clone, Debug, Deserialize)]
struct OutlinedEvent {
    citizen: Option<CitizenName>,
}

impl Outline {
    /// Whom it is about.
    pub(super) fn citizen(&self) -> Option<&CitizenName> {
        self.event.values().find_map(|event| event.citizen.as_ref())
    }
}

/// A line is no record, or not the record that it says it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongRecord {
    /// It cannot be read.
    #[error("is no record that this program knows, which must be as new as the one that wrote it: {0}")]
    Unreadable(String),
    /// It is written in another way than records are.
    #[error("is not written as records are: its bytes were changed")]
    Respelled,
    /// Its contents have another hash.
    #[error("does not have the hash that it names: its contents were changed")]
    Hash,
    /// It follows another record.
    #[error("does not follow the record before it: one was removed, inserted or moved")]
    Order,
}

#[derive(Serialize)]
struct Hashed<'a> {
    number: u64,
    at: Timestamp,
    event: &'a Event,
    previous: Digest,
}

/// The head of a trail in which nothing stands yet.
pub(super) fn of_nothing() -> Head {
    Head { number: 0, hash: Digest::of(Domain::TrailBeginning, b"") }
}

/// Whether something of this number and with this hash before it follows a head.
pub(super) fn follows(number: u64, previous: Digest, head: Head) -> bool {
    Some(number) == head.number.checked_add(1) && previous == head.hash
}

impl Record {
    /// The record that follows a head.
    #[must_use]
    pub fn next(head: Head, Happened { at, event }: Happened) -> Self {
        let number = head.number.saturating_add(1);
        let mut record = Self { number, at, event, previous: head.hash, hash: head.hash };
        record.hash = record.computed_hash();
        record
    }

    /// The head of a trail that ends with it.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { number: self.number, hash: self.hash }
    }

    /// Whether it is what its hash says.
    ///
    /// # Errors
    /// [`WrongRecord::Hash`].
    pub fn is_itself(&self) -> Result<(), WrongRecord> {
        if self.computed_hash() == self.hash { Ok(()) } else { Err(WrongRecord::Hash) }
    }

    /// The record as it is written, without an end of line.
    #[must_use]
    pub fn to_line(&self) -> String {
        json(self)
    }

    /// Reads what [`Record::to_line`] wrote, and nothing else.
    ///
    /// # Errors
    /// That it is none.
    pub fn from_line(line: &str) -> Result<Self, WrongRecord> {
        if line.len() > MOST_LINE_BYTES {
            return Err(WrongRecord::Unreadable(format!("it is longer than {MOST_LINE_BYTES} bytes")));
        }
        let record: Self = serde_json::from_str(line).map_err(|error| WrongRecord::Unreadable(error.to_string()))?;
        if record.to_line() == line { Ok(record) } else { Err(WrongRecord::Respelled) }
    }

    fn computed_hash(&self) -> Digest {
        let Self { number, at, event, previous, hash: _ } = self;
        let hashed = Hashed { number: *number, at: *at, event, previous: *previous };
        Digest::of(Domain::TrailEntry, json(&hashed).as_bytes())
    }
}

/// JSON in its one spelling.
pub(super) fn json(value: &impl Serialize) -> String {
    // Types with text keys and no own serialisation cannot fail; what is empty has no record's hash and reads as none.
    serde_json::to_string(value).unwrap_or_default()
}
