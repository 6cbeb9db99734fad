//! Lines of the history, read as what they must be: records, each in its place.

use overblik_registry::{Head, Record, StoreError};

/// Some records that stand one after the other, and how long the history is that they are of.
pub(super) struct Stretch {
    pub(super) length: u64,
    pub(super) records: Vec<Record>,
}

impl Stretch {
    /// Reads lines, the first of which should be the record of this number.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first that is not the record that it should be.
    pub(super) fn read(length: u64, first: u64, lines: &[Vec<u8>]) -> Result<Self, StoreError> {
        let mut records: Vec<Record> = Vec::with_capacity(lines.len());
        for (number, line) in (first..).zip(lines) {
            let damaged = |why: &dyn std::fmt::Display| StoreError::Damaged(format!("record {number} in Redis {why}"));
            let line = std::str::from_utf8(line).map_err(|_| damaged(&"is no text"))?;
            let record = Record::from_line(line).map_err(|why| damaged(&why))?;
            let before = match records.last() {
                Some(before) => before.head(),
                None => before(number, &record),
            };
            record.follows(before).map_err(|why| damaged(&why))?;
            records.push(record);
        }
        Ok(Self { length, records })
    }

    /// Whether what was seen of the history before is still there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is shorter now, or another.
    pub(super) fn check(&self, seen: Head) -> Result<(), StoreError> {
        let Head { number, hash } = seen;
        if self.length < number {
            let length = self.length;
            return Err(StoreError::Damaged(format!(
                "Redis has lost records: its history ends with record {length}, and ended with record {number} before"
            )));
        }
        match self.records.iter().find(|record| record.number == number) {
            Some(record) if record.hash != hash => Err(StoreError::Damaged(format!(
                "the history in Redis was written anew: record {number} is not the one that it was before"
            ))),
            _ => Ok(()),
        }
    }
}

/// The head that a record of this number names as the one before it; there is only one for the first.
fn before(number: u64, record: &Record) -> Head {
    match number {
        1 => Head::of_nothing(),
        _ => Head { number: number.saturating_sub(1), hash: record.previous },
    }
}

/// The head that a record says it follows, if it is what its hash says.
pub(super) fn follows_what_it_names(record: &Record) -> Option<Head> {
    let before = before(record.number, record);
    record.follows(before).is_ok().then_some(before)
}
