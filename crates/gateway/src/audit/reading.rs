//! Whole trails read by commands, beside the processes that write them and delete what is too old.

use std::ops::ControlFlow;

use overblik_registry::{Digest, Head};

use super::{
    Trail,
    exporting::ReadingError,
    names::{Mark, MarkOf},
    record::Record,
    sink::Sink,
    verifying::{NotVerified, Verified, Verifier, proven},
};

/// How often a trail is read whose beginning is deleted again and again while it is.
const TIMES: usize = 5;

/// A trail that is read: the marks are read before the records, so that what is written meanwhile does no harm.
pub(super) struct Marked {
    pub(super) chain: Option<Digest>,
    head: Option<Mark>,
    anchor: Option<Mark>,
}

/// Which trail; in a folder there is one alone, whose name its head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    OfTheFolder,
    InRedis(Digest),
}

impl Trail {
    /// Every trail that there is.
    pub(super) async fn trails(&self) -> Result<Vec<Which>, ReadingError> {
        match self.sink() {
            Sink::None => Err(ReadingError::Elsewhere("none")),
            Sink::StandardOutput(_) => Err(ReadingError::Elsewhere("stdout")),
            Sink::Files(_) => Ok(vec![Which::OfTheFolder]),
            Sink::Redis(redis) => Ok(redis.chains().await?.into_iter().map(Which::InRedis).collect()),
        }
    }

    /// Hands over every record of a trail once, in their order, and what it all was; `None` if it went meanwhile, its time being
    /// over. What is deleted while it is read looks like tampering: then the anchor has moved, and it is read again from there.
    /// Records that went unseen are those that anchor stands for.
    pub(super) async fn read(
        &self,
        which: Which,
        mut take: impl FnMut(&Record) -> Result<(), ReadingError>,
    ) -> Result<Option<Verified>, ReadingError> {
        let (mut seen, mut times) = (None, 1);
        loop {
            let Some(trail) = self.marked(which).await? else { return Ok(None) };
            let outcome = self.read_once(which, &trail, &mut seen, &mut take).await;
            let may_be_tidied = times < TIMES && matches!(outcome, Err(ReadingError::NotVerified { .. }));
            if !may_be_tidied || !self.was_tidied(which, &trail).await? {
                return outcome.map(Some);
            }
            times += 1;
        }
    }

    async fn read_once(
        &self,
        which: Which,
        trail: &Marked,
        seen: &mut Option<Head>,
        take: &mut impl FnMut(&Record) -> Result<(), ReadingError>,
    ) -> Result<Verified, ReadingError> {
        let wrong = |why| not_verified(trail.chain, why);
        let head = trail.head.as_ref().ok_or(NotVerified::HeadMissing).map_err(wrong)?;
        let head = proven(self.keys(), head, MarkOf::Head, trail.chain).map_err(wrong)?;
        let anchor = trail.anchor.as_ref().map(|mark| proven(self.keys(), mark, MarkOf::Anchor, trail.chain));
        let anchor = anchor.transpose().map_err(wrong)?;
        let mut verifier = Verifier::expecting([head].into_iter().chain(anchor).chain(*seen).collect());
        let mut next = |line: &str| -> Result<(), ReadingError> {
            let record = verifier.take(line).map_err(wrong)?;
            if seen.is_none_or(|seen| seen.number < record.number) {
                take(&record)?;
                *seen = Some(record.head());
            }
            Ok(())
        };
        let each = |line: &str| match next(line) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        };
        let read = match which {
            Which::OfTheFolder => match self.sink() {
                Sink::Files(files) => files.folder().for_each_line(each)?,
                _ => ControlFlow::Continue(()),
            },
            Which::InRedis(chain) => match self.sink() {
                Sink::Redis(redis) => redis.for_each_line(chain, each).await?,
                _ => ControlFlow::Continue(()),
            },
        };
        if let ControlFlow::Break(error) = read {
            return Err(error);
        }
        let whole = verifier.finish(anchor).map_err(wrong)?;
        Ok(Verified { chain: trail.chain.or(whole.chain), ..whole })
    }

    /// What stands beside a trail now; `None` if it is not there any more.
    async fn marked(&self, which: Which) -> Result<Option<Marked>, ReadingError> {
        match (self.sink(), which) {
            (Sink::Files(files), _) => {
                let folder = files.folder();
                // The anchor never passes a head that was put down before it is read.
                let (head, anchor) = (folder.mark(MarkOf::Head)?, folder.mark(MarkOf::Anchor)?);
                Ok(Some(Marked { chain: head.as_ref().map(|mark| mark.chain), head, anchor }))
            }
            (Sink::Redis(redis), Which::InRedis(chain)) => {
                let at = redis.at(chain).await?;
                if at.number.is_none() && !redis.chains().await?.contains(&chain) {
                    return Ok(None);
                }
                Ok(Some(Marked { chain: Some(chain), head: at.mark, anchor: at.anchor }))
            }
            _ => Ok(None),
        }
    }

    /// Whether a trail's beginning was deleted since its marks were read. The anchor is put down before what it stands for goes.
    async fn was_tidied(&self, which: Which, before: &Marked) -> Result<bool, ReadingError> {
        Ok(self.marked(which).await?.is_none_or(|now| now.anchor != before.anchor))
    }
}

pub(super) fn not_verified(chain: Option<Digest>, why: NotVerified) -> ReadingError {
    ReadingError::NotVerified { chain: chain.map_or_else(|| "?".to_owned(), |chain| chain.to_string()), why }
}
