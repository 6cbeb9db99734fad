//! What was exported, or collected from standard output: trails one after the other, each up to a mark.

use std::io::BufRead;

use super::{
    exporting::ReadingError,
    names::{AuditKeys, Mark, MarkOf},
    record::{Record, of_nothing},
    standard_output::MarkLine,
    verifying::{NotVerified, Verified, Verifier, proven},
};

/// Looks through it. An export is proven from its first entry to its last. What was collected may begin and end anywhere, as
/// collectors cut files where they like; what stands behind the last mark of a process is counted, and proven by nothing.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify_exported(keys: &AuditKeys, lines: impl BufRead) -> Result<Vec<Verified>, ReadingError> {
    let mut all = Vec::new();
    let mut run = Run::default();
    for line in lines.lines() {
        let line = line?;
        if let Ok(MarkLine { mark }) = serde_json::from_str(&line) {
            let is_over = mark.of == MarkOf::Export;
            run.mark(keys, mark).map_err(|why| run.wrong(why))?;
            if is_over {
                all.extend(std::mem::take(&mut run).finish()?);
            }
            continue;
        }
        if begins_another(&line) {
            all.extend(std::mem::take(&mut run).finish()?);
        }
        run.verifier.take_exported(&line).map_err(|why| run.wrong(why))?;
    }
    all.extend(run.finish()?);
    if all.iter().all(|verified| verified.head == of_nothing()) {
        return Err(Run::default().wrong(NotVerified::HeadMissing));
    }
    Ok(all)
}

fn begins_another(line: &str) -> bool {
    Record::from_line(line).is_ok_and(|record| record.number == 1)
}

/// What one process wrote, or one part of a trail.
#[derive(Default)]
struct Run {
    verifier: Verifier,
    marked: Option<Mark>,
}

impl Run {
    fn mark(&mut self, keys: &AuditKeys, mark: Mark) -> Result<(), NotVerified> {
        let at = proven(keys, &mark, mark.of, None)?;
        let is_cut_here = mark.of == MarkOf::Head && !self.verifier.has_begun();
        if is_cut_here {
            // The file before ended with what it stands for.
            self.verifier = Verifier::behind(at);
        }
        let chains = self.marked.as_ref().map(|before| before.chain).into_iter().chain(self.verifier.chain());
        if at != self.verifier.head() || chains.into_iter().any(|chain| chain != mark.chain) {
            return Err(NotVerified::OtherTrail("ends"));
        }
        match mark.of {
            MarkOf::Anchor => return Err(NotVerified::OtherTrail("ends")),
            MarkOf::Head => self.is_whole()?,
            MarkOf::Export if mark.part != Some(self.verifier.part()) => return Err(NotVerified::Part),
            MarkOf::Export => {}
        }
        self.marked = Some(mark);
        Ok(())
    }

    /// Only of exports anything is left out.
    fn is_whole(&self) -> Result<(), NotVerified> {
        if self.verifier.left_out() == 0 { Ok(()) } else { Err(NotVerified::Part) }
    }

    /// What it was; `None` if there was nothing.
    fn finish(self) -> Result<Option<Verified>, ReadingError> {
        if !self.verifier.has_taken() {
            return Ok(None);
        }
        let proven = match &self.marked {
            Some(mark) => mark.at,
            // The process was killed before its first mark.
            None if self.verifier.part().behind == of_nothing() => of_nothing(),
            None => return Err(self.wrong(NotVerified::HeadMissing)),
        };
        let is_export = self.marked.as_ref().is_some_and(|mark| mark.of == MarkOf::Export);
        if !is_export {
            self.is_whole().map_err(|why| self.wrong(why))?;
        }
        let chain = self.marked.as_ref().map(|mark| mark.chain).or(self.verifier.chain());
        let unproven = self.verifier.head().number.saturating_sub(proven.number);
        let (first, left_out) = (self.verifier.part().behind.number.saturating_add(1), self.verifier.left_out());
        Ok(Some(Verified { chain, first, head: proven, left_out, unproven }))
    }

    fn wrong(&self, why: NotVerified) -> ReadingError {
        ReadingError::NotVerified { chain: format!("at record {}", self.verifier.head().number), why }
    }
}
