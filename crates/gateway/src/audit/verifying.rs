//! Whether a trail is the one that was written. What that proves and what not is said in `docs/audit.md`.

use overblik_registry::{Digest, Head};

use super::{
    entry::Event,
    names::{AuditKeys, Mark, MarkOf, NoProof, PartOf},
    record::{LeftOut, Record, WrongRecord, follows, of_nothing},
};

/// What was looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which trail.
    pub chain: Option<Digest>,
    /// The first entry that is there; those before it were deleted when their time was over.
    pub first: u64,
    /// Where it ends. Whoever keeps it elsewhere can ask for it the next time.
    pub head: Head,
    /// Entries that are not there by contents, in an export.
    pub left_out: u64,
    /// Entries behind the last mark of what was collected: nothing proves them, nor that no others followed.
    pub unproven: u64,
}

/// A trail is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// A record does not fit; the first one that does not.
    #[error("record {number} {why}")]
    Record {
        /// Where it should stand.
        number: u64,
        /// What is wrong.
        why: WrongRecord,
    },
    /// The beginning is missing.
    #[error(
        "it begins with record {found}, and nothing says that those before it were deleted when their time was over"
    )]
    BeginningMissing {
        /// Where it begins.
        found: u64,
    },
    /// Nothing says how far it had come.
    #[error("nothing under a key of ours says how far it had come, so its end may be missing")]
    HeadMissing,
    /// The end is missing.
    #[error("it ends with record {found}, and had come to record {expected}: its end was cut off")]
    Cut {
        /// Where it ends.
        found: u64,
        /// Where it had come.
        expected: u64,
    },
    /// All of it, or its end, was written anew.
    #[error("record {number} is another one than it was: the trail was written anew")]
    Rewritten {
        /// The record.
        number: u64,
    },
    /// An export is not the part that it was, or something is left out where nothing may be.
    #[error("it does not hold what it did: its beginning was cut off, or contents of entries were taken out")]
    Part,
    /// A head that was kept elsewhere is of a time that is over.
    #[error(
        "the head of record {number} is older than what is kept, which begins with record {first}: whether it stood here cannot be told any more"
    )]
    TooOld {
        /// The record.
        number: u64,
        /// The first one that is there.
        first: u64,
    },
    /// A mark is not ours.
    #[error("what says where it {what} {why}")]
    Mark {
        /// Begins or ends.
        what: &'static str,
        /// What is wrong with it.
        why: NoProof,
    },
    /// A mark is of another trail, or says something else.
    #[error("what says where it {0} is of another trail")]
    OtherTrail(&'static str),
}

/// Takes a trail line by line.
#[derive(Debug)]
pub struct Verifier {
    chain: Option<Digest>,
    first: Option<u64>,
    head: Head,
    /// What the first record follows.
    behind: Head,
    taken: u64,
    left_out: u64,
    /// Places whose hash must be this one.
    expected: Vec<Head>,
    began_at_the_beginning: bool,
}

impl Default for Verifier {
    fn default() -> Self {
        Self {
            chain: None,
            first: None,
            head: of_nothing(),
            behind: of_nothing(),
            taken: 0,
            left_out: 0,
            expected: Vec::new(),
            began_at_the_beginning: true,
        }
    }
}

impl Verifier {
    /// One that expects a trail to come to, or past, these places with these hashes.
    #[must_use]
    pub fn expecting(expected: Vec<Head>) -> Self {
        Self { expected, ..Self::default() }
    }

    /// One that goes on behind a place that is proven.
    #[must_use]
    pub fn behind(head: Head) -> Self {
        Self { first: Some(head.number.saturating_add(1)), head, behind: head, ..Self::default() }
    }

    /// The record of a line, if it is the next one.
    ///
    /// # Errors
    /// [`NotVerified`].
    pub fn take(&mut self, line: &str) -> Result<Record, NotVerified> {
        let wrong = |why| NotVerified::Record { number: self.head.number.saturating_add(1), why };
        let record = Record::from_line(line).map_err(wrong)?;
        record.is_itself().map_err(wrong)?;
        self.place(record.number, record.previous, record.hash)?;
        if let Event::Begun { chain } = record.event {
            if record.number != 1 {
                return Err(NotVerified::Record { number: record.number, why: WrongRecord::Order });
            }
            self.chain = Some(chain);
        }
        Ok(record)
    }

    /// A line of an export: a record, or the place of one whose contents were left out.
    ///
    /// # Errors
    /// [`NotVerified`].
    pub fn take_exported(&mut self, line: &str) -> Result<(), NotVerified> {
        match serde_json::from_str::<LeftOut>(line) {
            Ok(LeftOut { number, previous, hash }) => {
                self.left_out = self.left_out.saturating_add(1);
                self.place(number, previous, hash)
            }
            Err(_) => self.take(line).map(drop),
        }
    }

    fn place(&mut self, number: u64, previous: Digest, hash: Digest) -> Result<(), NotVerified> {
        if self.first.is_none() {
            self.first = Some(number);
            self.began_at_the_beginning = number == 1;
            if number > 1 {
                // What this one follows is known by the anchor alone, and looked at in the end.
                self.head = Head { number: number.saturating_sub(1), hash: previous };
                self.meet(self.head)?;
            }
        }
        if self.taken == 0 {
            self.behind = self.head;
        }
        if !follows(number, previous, self.head) {
            let number = self.head.number.saturating_add(1);
            return Err(NotVerified::Record { number, why: WrongRecord::Order });
        }
        self.head = Head { number, hash };
        self.taken = self.taken.saturating_add(1);
        self.meet(self.head)
    }

    fn meet(&self, place: Head) -> Result<(), NotVerified> {
        let differs =
            self.expected.iter().any(|expected| expected.number == place.number && expected.hash != place.hash);
        if differs { Err(NotVerified::Rewritten { number: place.number }) } else { Ok(()) }
    }

    /// Whether it stands anywhere yet.
    pub(super) fn has_begun(&self) -> bool {
        self.first.is_some()
    }

    pub(super) fn has_taken(&self) -> bool {
        self.taken > 0
    }

    pub(super) fn chain(&self) -> Option<Digest> {
        self.chain
    }

    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// What it has taken.
    pub(super) fn part(&self) -> PartOf {
        PartOf { behind: self.behind, entries: self.taken.saturating_sub(self.left_out) }
    }

    /// Where it has come.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// What it all was, if it began where it may and came as far as it had.
    ///
    /// # Errors
    /// [`NotVerified`].
    pub fn finish(self, anchor: Option<Head>) -> Result<Verified, NotVerified> {
        let first = self.first.unwrap_or(1);
        let began_well = self.began_at_the_beginning
            // An anchor is put down before what it stands for is deleted.
            || anchor.is_some_and(|anchor| first <= anchor.number.saturating_add(1));
        if !began_well {
            return Err(NotVerified::BeginningMissing { found: first });
        }
        // Nothing is left where nobody was asked for longer than entries are kept.
        if let (None, Some(anchor)) = (self.first, anchor)
            && self.expected.iter().all(|expected| expected.number <= anchor.number)
        {
            let first = anchor.number.saturating_add(1);
            return Ok(Verified { chain: self.chain, first, head: anchor, left_out: 0, unproven: 0 });
        }
        let furthest = self.expected.iter().map(|expected| expected.number).max().unwrap_or(0);
        if self.head.number < furthest {
            return Err(NotVerified::Cut { found: self.head.number, expected: furthest });
        }
        Ok(Verified { chain: self.chain, first, head: self.head, left_out: self.left_out, unproven: 0 })
    }
}

/// The place that a mark proves, of this trail if it is known which.
///
/// # Errors
/// [`NotVerified`].
pub fn proven(keys: &AuditKeys, mark: &Mark, of: MarkOf, chain: Option<Digest>) -> Result<Head, NotVerified> {
    let what = if of == MarkOf::Anchor { "begins" } else { "ends" };
    keys.prove(mark).map_err(|why| NotVerified::Mark { what, why })?;
    if mark.of != of || chain.is_some_and(|chain| chain != mark.chain) {
        return Err(NotVerified::OtherTrail(what));
    }
    Ok(mark.at)
}
