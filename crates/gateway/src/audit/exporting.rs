//! Whole trails read by commands: whether they are what was written, and parts of them for others.

use std::{
    io::{self, BufRead, Write},
    ops::ControlFlow,
};

use overblik_registry::{Digest, Head};
use overblik_widgets::{Date, Moment};

use super::{
    AuditAway, Trail,
    names::{AuditKeys, Mark, MarkOf},
    record::{LeftOut, Record, json},
    sink::Sink,
    standard_output::MarkLine,
    verifying::{NotVerified, Verified, Verifier, proven},
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

/// A trail that is read: the marks are read before the records, so that what is written meanwhile does no harm.
struct Marked {
    chain: Option<Digest>,
    head: Option<Mark>,
    anchor: Option<Mark>,
}

impl Trail {
    /// Looks through everything that is kept. `expected` are heads from before that were kept elsewhere: one that stands in none
    /// of the trails is missed.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub async fn verify(&self, expected: Option<Head>) -> Result<Vec<Verified>, ReadingError> {
        let mut all = Vec::new();
        let expected: Vec<Head> = expected.into_iter().collect();
        let mut meets_expected = expected.is_empty();
        for trail in self.trails().await? {
            let (mut verifier, anchor) = self.verifier(&trail)?;
            let take = |line: &str| match verifier.take(line) {
                Ok(record) => {
                    meets_expected |= expected.contains(&record.head());
                    ControlFlow::Continue(())
                }
                Err(why) => ControlFlow::Break(why),
            };
            if let ControlFlow::Break(why) = self.for_each_line(&trail, take).await? {
                return Err(not_verified(&trail, why));
            }
            let whole = verifier.finish(anchor).map_err(|why| not_verified(&trail, why))?;
            all.push(Verified { chain: trail.chain.or(whole.chain), ..whole });
        }
        if !meets_expected {
            let number = expected.first().map_or(0, |head| head.number);
            let chain = all.first().and_then(|verified| verified.chain);
            return Err(not_verified(&Marked { chain, head: None, anchor: None }, NotVerified::Rewritten { number }));
        }
        Ok(all)
    }

    /// Writes a part: its records as they stand, places of the others between them, and a mark at the end under our key.
    ///
    /// # Errors
    /// [`ReadingError`].
    pub async fn export(&self, part: &Part, out: &mut (dyn Write + Send)) -> Result<u64, ReadingError> {
        let mut written = 0;
        for trail in self.trails().await? {
            let (mut verifier, anchor) = self.verifier(&trail)?;
            let mut cut = Cut { part, out, left_out: Vec::new(), last: None, written: 0 };
            let take = |line: &str| match verifier.take(line) {
                Err(why) => ControlFlow::Break(Err(not_verified(&trail, why))),
                Ok(record) => match cut.take(&record) {
                    Err(error) => ControlFlow::Break(Err(error.into())),
                    Ok(false) => ControlFlow::Break(Ok(())),
                    Ok(true) => ControlFlow::Continue(()),
                },
            };
            match self.for_each_line(&trail, take).await? {
                ControlFlow::Break(Err(error)) => return Err(error),
                ControlFlow::Break(Ok(())) => {}
                ControlFlow::Continue(()) => {
                    verifier.finish(anchor).map_err(|why| not_verified(&trail, why))?;
                }
            }
            written += cut.written;
            if let (Some(last), Some(chain)) = (cut.last, trail.chain)
                && let Some(mark) = self.keys().mark(MarkOf::Export, chain, last)
            {
                writeln!(cut.out, "{}", json(&MarkLine { mark }))?;
            }
        }
        Ok(written)
    }

    async fn trails(&self) -> Result<Vec<Marked>, ReadingError> {
        match self.sink() {
            Sink::None => Err(ReadingError::Elsewhere("none")),
            Sink::StandardOutput(_) => Err(ReadingError::Elsewhere("stdout")),
            Sink::Files(files) => {
                let folder = files.folder();
                let (head, anchor) = (folder.mark(MarkOf::Head)?, folder.mark(MarkOf::Anchor)?);
                Ok(vec![Marked { chain: head.as_ref().map(|mark| mark.chain), head, anchor }])
            }
            Sink::Redis(redis) => {
                let mut trails = Vec::new();
                for chain in redis.chains().await? {
                    let at = redis.at(chain).await?;
                    trails.push(Marked { chain: Some(chain), head: at.mark, anchor: at.anchor });
                }
                Ok(trails)
            }
        }
    }

    async fn for_each_line<B>(
        &self,
        trail: &Marked,
        take: impl FnMut(&str) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, ReadingError> {
        match (self.sink(), trail.chain) {
            (Sink::Files(files), _) => Ok(files.folder().for_each_line(take)?),
            (Sink::Redis(redis), Some(chain)) => Ok(redis.for_each_line(chain, take).await?),
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    /// What takes a trail's lines and knows where it must come, and where it may begin.
    fn verifier(&self, trail: &Marked) -> Result<(Verifier, Option<Head>), ReadingError> {
        let wrong = |why| not_verified(trail, why);
        let head = trail.head.as_ref().ok_or(NotVerified::HeadMissing).map_err(wrong)?;
        let head = proven(self.keys(), head, MarkOf::Head, trail.chain).map_err(wrong)?;
        let anchor = trail.anchor.as_ref().map(|mark| proven(self.keys(), mark, MarkOf::Anchor, trail.chain));
        let anchor = anchor.transpose().map_err(wrong)?;
        Ok((Verifier::expecting([head].into_iter().chain(anchor).collect()), anchor))
    }
}

fn not_verified(trail: &Marked, why: NotVerified) -> ReadingError {
    ReadingError::NotVerified { chain: trail.chain.map_or_else(|| "?".to_owned(), |chain| chain.to_string()), why }
}

/// What is written of a trail for somebody.
struct Cut<'a> {
    part: &'a Part,
    out: &'a mut (dyn Write + Send),
    /// Places since the last record that was written.
    left_out: Vec<LeftOut>,
    last: Option<Head>,
    written: u64,
}

impl Cut<'_> {
    /// Takes the next record; whether more may follow.
    fn take(&mut self, record: &Record) -> io::Result<bool> {
        let day = Moment::new(record.at).date();
        // Entries stand in the order in which they ended: one of the day before may follow.
        if self.part.to.tomorrow().is_ok_and(|next| day > next) {
            return Ok(false);
        }
        let is_theirs = self.part.source.as_deref().is_none_or(|source| record.event.source() == Some(source));
        if is_theirs && (self.part.from..=self.part.to).contains(&day) {
            for place in self.left_out.drain(..) {
                writeln!(self.out, "{}", json(&place))?;
            }
            writeln!(self.out, "{}", record.to_line())?;
            self.last = Some(record.head());
            self.written = self.written.saturating_add(1);
        } else if self.last.is_some() {
            let Record { number, previous, hash, .. } = *record;
            self.left_out.push(LeftOut { number, previous, hash });
        }
        Ok(true)
    }
}

/// Looks through what was exported, or what was collected from standard output: trails one after the other, each up to a mark.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_exported(keys: &AuditKeys, lines: impl BufRead) -> Result<Vec<Verified>, ReadingError> {
    let (mut all, mut verifier) = (Vec::new(), Verifier::default());
    let mut marked: Option<Mark> = None;
    let wrong = |verifier: &Verifier, why| ReadingError::NotVerified {
        chain: format!("at record {}", verifier.head().number),
        why,
    };
    for line in lines.lines() {
        let line = line?;
        if let Ok(MarkLine { mark }) = serde_json::from_str(&line) {
            let chain = marked.as_ref().map(|before| before.chain);
            let is_next = mark.at == verifier.head() && chain.is_none_or(|chain| chain == mark.chain);
            if !is_next {
                return Err(wrong(&verifier, NotVerified::OtherTrail("ends")));
            }
            proven(keys, &mark, mark.of, None).map_err(|why| wrong(&verifier, why))?;
            marked = Some(mark);
            continue;
        }
        if let Some(mark) = &marked
            && (mark.of == MarkOf::Export || begins_another(&line))
        {
            all.push(finished(std::mem::take(&mut verifier), &wrong)?);
            marked = None;
        }
        verifier.take_exported(&line).map_err(|why| wrong(&verifier, why))?;
    }
    match marked {
        // What came after the last mark may have had more behind it.
        Some(mark) if mark.at == verifier.head() => all.push(finished(verifier, &wrong)?),
        _ => return Err(wrong(&verifier, NotVerified::HeadMissing)),
    }
    Ok(all)
}

fn begins_another(line: &str) -> bool {
    Record::from_line(line).is_ok_and(|record| record.number == 1)
}

fn finished(
    verifier: Verifier,
    wrong: &impl Fn(&Verifier, NotVerified) -> ReadingError,
) -> Result<Verified, ReadingError> {
    // A part may begin anywhere.
    let anywhere = Head { number: u64::MAX, ..verifier.head() };
    verifier.finish(Some(anywhere)).map_err(|why| wrong(&Verifier::default(), why))
}
