//! One line of the history, chained to the one before it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    actor::Actor,
    change::Change,
    digest::{Digest, Domain},
};

/// Most bytes of a record's line: an authority with all the clients and keys that it may have.
pub const MOST_LINE_BYTES: usize = 512 * 1024;

/// Who did what when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its place in the history, which counts from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub change: Change,
    /// The hash of the record before it, or that of every history's beginning.
    pub previous: Digest,
    /// The hash of all of the above.
    pub hash: Digest,
}

/// Where a history ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of its last record; 0 if there is none.
    pub number: u64,
    /// That record's hash. Whoever keeps it elsewhere notices when all of the history is written anew.
    pub hash: Digest,
}

impl Head {
    /// The head of a history in which nothing stands yet.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self { number: 0, hash: Digest::of(Domain::Beginning, b"") }
    }
}

/// A line is no record, or not the record that it says it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongRecord {
    /// It cannot be read.
    #[error("is no record: {0}")]
    Unreadable(String),
    /// It is written in another way than records are, so its bytes are not those that were written.
    #[error("is not written as records are: its bytes were changed")]
    Respelled,
    /// Its contents have another hash.
    #[error("does not have the hash that it names: its contents were changed")]
    Hash,
    /// It follows another record.
    #[error("does not follow the record before it: one was removed, inserted or moved")]
    Order,
    /// It is earlier than the record before it.
    #[error("is earlier than the record before it")]
    Time,
}

/// What is hashed, in this order of members.
#[derive(Serialize)]
struct Hashed<'a> {
    number: u64,
    at: Timestamp,
    actor: &'a Actor,
    change: &'a Change,
    previous: Digest,
}

impl Record {
    /// The record that follows a head.
    #[must_use]
    pub fn next(head: Head, at: Timestamp, actor: Actor, change: Change) -> Self {
        let number = head.number.saturating_add(1);
        let mut record = Self { number, at, actor, change, previous: head.hash, hash: head.hash };
        record.hash = record.computed_hash();
        record
    }

    /// The head of a history that ends with it.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { number: self.number, hash: self.hash }
    }

    /// Whether it follows a head, and is what its hash says.
    ///
    /// # Errors
    /// What does not fit.
    pub fn follows(&self, head: Head) -> Result<(), WrongRecord> {
        if self.computed_hash() != self.hash {
            return Err(WrongRecord::Hash);
        }
        let fits = Some(self.number) == head.number.checked_add(1) && self.previous == head.hash;
        if fits { Ok(()) } else { Err(WrongRecord::Order) }
    }

    /// The record as it is written, without an end of line.
    #[must_use]
    pub fn to_line(&self) -> String {
        json(self)
    }

    /// Reads what [`Record::to_line`] wrote, and nothing else: every byte of a history counts.
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
        let Self { number, at, actor, change, previous, hash: _ } = self;
        let hashed = Hashed { number: *number, at: *at, actor, change, previous: *previous };
        Digest::of(Domain::Record, json(&hashed).as_bytes())
    }
}

/// JSON in its one spelling: members in the order of their declaration, names in sorted maps, no number but whole ones.
fn json(value: &impl Serialize) -> String {
    // Types with text keys and no own serialisation cannot fail; what is empty has no record's hash and reads as none.
    serde_json::to_string(value).unwrap_or_default()
}
