//! Whole trails read by commands: whether they are what was written, and parts of them for others.

use std::io::{self, Write};

use overblik_registry::{Digest, Head};
use overblik_widgets::{Date, Moment};

use super::{
    AuditAway, Trail,
    names::{AuditKeys, PartOf},
    reading::not_verified,
    record::{LeftOut, Record, follows, json},
    standard_output::MarkLine,
    verifying::{NotVerified, Verified},
};

/// Why a trail was not read through.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// It cannot be read now.
    #[error(transparent)]
    Away(#[from] AuditAway),
    /// It is not what was written.
    #[error("trail {chain}: {why}")]
    NotVerified {
        /// Which.
        chain: String,
        /// What is wrong.
        why: NotVerified,
    },
    /// It is kept where this command does not reach.
    #[error(
        "audit.sink: is {0}, so the trail is not kept where this command reaches\n  hint: give what collected it as a file (--exported)"
    )]
    Elsewhere(&'static str),
    /// The part that was asked for cannot be written, or read.
    #[error("{0}")]
    File(#[from] io::Error),
}

/// The part of trails that somebody wants.
#[derive(Clone, Debug)]
pub struct Part {
    /// The first Danish day.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// The source; all of them if none is named.
    pub source: Option<String>,
}

impl Trail {
    /// Looks through everything that is kept. `expected` is a head from before that was kept elsewhere: if it stands in none of the
    /// trails it is missed.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub async fn verify(&self, expected: Option<Head>) -> Result<Vec<Verified>, ReadingError> {
        let mut all = Vec::new();
        let mut is_met = expected.is_none();
        for which in self.trails().await? {
            let verified = self.read(which, |record| {
                let before = Head { number: record.number.saturating_sub(1), hash: record.previous };
                is_met |= expected.is_some_and(|expected| expected == record.head() || expected == before);
                Ok(())
            });
            all.extend(verified.await?);
        }
        match expected {
            Some(Head { number, .. }) if !is_met => {
                let chain = all.first().and_then(|verified| verified.chain);
                let first = all.iter().map(|verified| verified.first).filter(|first| *first > number).min();
                Err(not_verified(
                    chain,
                    first.map_or(NotVerified::Rewritten { number }, |first| NotVerified::TooOld { number, first }),
                ))
            }
            _ => Ok(all),
        }
    }

    /// Writes a part: its records as they stand, places of the others between them, and a mark at the end under our key. Each trail
    /// is read twice, first for where the part ends in it: clocks may have been ahead, so the first record of a later day tells
    /// nothing of those behind it.
    ///
    /// # Errors
    /// [`ReadingError`].
    pub async fn export(&self, part: &Part, out: &mut (dyn Write + Send)) -> Result<u64, ReadingError> {
        let mut written = 0;
        for which in self.trails().await? {
            let mut ends = None;
            let verified = self.read(which, |record| {
                ends = part.holds(record).then_some(record.number).or(ends);
                Ok(())
            });
            let (Some(verified), Some(ends)) = (verified.await?, ends) else { continue };
            let mut cut = Cut { part, out, keys: self.keys(), chain: verified.chain, ends, going: None, written: 0 };
            self.read(which, |record| Ok(cut.take(record)?)).await?;
            cut.end()?;
            written += cut.written;
        }
        Ok(written)
    }
}

impl Part {
    fn holds(&self, record: &Record) -> bool {
        self.source.as_deref().is_none_or(|source| record.event.source() == Some(source))
            && (self.from..=self.to).contains(&Moment::new(record.at).date())
    }
}

/// What is written of a trail for somebody.
struct Cut<'a> {
    part: &'a Part,
    out: &'a mut (dyn Write + Send),
    keys: &'a AuditKeys,
    chain: Option<Digest>,
    /// The last record of the part.
    ends: u64,
    going: Option<Going>,
    written: u64,
}

/// Records of a part that follow one another.
struct Going {
    holds: PartOf,
    last: Head,
}

impl Cut<'_> {
    fn take(&mut self, record: &Record) -> io::Result<()> {
        if record.number > self.ends {
            return Ok(());
        }
        if self.going.as_ref().is_some_and(|going| !follows(record.number, record.previous, going.last)) {
            // Those between were deleted while they were read. What is written so far stands for itself.
            self.end()?;
        }
        let Record { number, previous, hash, .. } = *record;
        if self.part.holds(record) {
            writeln!(self.out, "{}", record.to_line())?;
            let behind = Head { number: number.saturating_sub(1), hash: previous };
            let going = self.going.get_or_insert(Going { holds: PartOf { behind, entries: 0 }, last: behind });
            going.holds.entries = going.holds.entries.saturating_add(1);
            going.last = record.head();
            self.written = self.written.saturating_add(1);
        } else if let Some(going) = &mut self.going {
            writeln!(self.out, "{}", json(&LeftOut { number, previous, hash }))?;
            going.last = record.head();
        }
        Ok(())
    }

    /// Puts down how far it came.
    fn end(&mut self) -> io::Result<()> {
        if let (Some(Going { holds, last }), Some(chain)) = (self.going.take(), self.chain)
            && let Some(mark) = self.keys.mark_of_part(chain, last, holds)
        {
            writeln!(self.out, "{}", json(&MarkLine { mark }))?;
        }
        Ok(())
    }
}
