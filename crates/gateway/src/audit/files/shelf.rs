//! What readers find: the closed segments by their indexes, the open one by what was written into it.

use std::{
    fs::File,
    io::{self, ErrorKind},
    path::Path,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{
        names::CitizenName,
        own_log::{OwnEntry, Position},
    },
    segment::{self, Line, Place, Segment},
};

/// After so long the day on which a segment began is over, and whatever ended just behind it.
const SURELY_OVER: SignedDuration = SignedDuration::from_hours(48);

#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// In their order.
    closed: Vec<Segment>,
    open: Option<Segment>,
    /// In the order of the open segment's lines.
    places: Vec<Place>,
    /// Those whose time is over and that are still to be deleted, in their order. Nobody reads them any more.
    leaving: Vec<Segment>,
}

/// Where the entries about a citizen may be, seen at one moment.
pub(super) struct Places {
    closed: Vec<Segment>,
    open: Option<(Segment, Vec<u64>)>,
}

impl Shelf {
    pub(super) fn new(closed: Vec<Segment>, open: Segment, places: Vec<Place>) -> Self {
        Self { closed, open: Some(open), places, leaving: Vec::new() }
    }

    pub(super) fn add(&mut self, places: Vec<Place>) {
        self.places.extend(places);
    }

    pub(super) fn open_places(&self) -> Vec<Place> {
        self.places.clone()
    }

    pub(super) fn close(&mut self, closed: Segment, open: Segment) {
        self.closed.push(closed);
        self.open = Some(open);
        self.places = Vec::new();
    }

    /// The first segment that is kept, if any before it need not be. A segment is over when the next has begun, and after its
    /// day in any case, though the next may have begun long afterwards. One that begins within what is kept stays, whatever the
    /// next says: it may have begun by a clock that was behind.
    pub(super) fn first_kept(&self, oldest: Timestamp, now: Timestamp) -> Option<Segment> {
        let all: Vec<_> = self.closed.iter().chain(&self.open).copied().collect();
        let is_over = |segment: Segment, next: Segment| {
            let surely = segment.begun.checked_add(SURELY_OVER);
            let may_be = segment.begun < oldest || segment.begun > now;
            may_be && (next.begun < oldest || surely.is_ok_and(|over| over < oldest))
        };
        let pairs = all.windows(2).filter_map(|pair| <[Segment; 2]>::try_from(pair).ok());
        pairs.take_while(|[segment, next]| is_over(*segment, *next)).last().map(|[_, next]| next)
    }

    /// Takes the segments away from readers whose records all come before and with this one.
    pub(super) fn take_before(&mut self, last: u64) {
        let (gone, kept): (Vec<_>, _) = self.closed.drain(..).partition(|segment| segment.first <= last);
        self.closed = kept;
        self.leaving.extend(gone);
    }

    /// The next one that is to be deleted.
    pub(super) fn leaving(&self) -> Option<Segment> {
        self.leaving.first().copied()
    }

    /// It was deleted.
    pub(super) fn left(&mut self, gone: Segment) {
        self.leaving.retain(|segment| *segment != gone);
    }

    pub(super) fn places(&self, names: &[CitizenName]) -> Places {
        let wanted: Vec<u64> = names.iter().map(CitizenName::prefix).collect();
        let found = self.places.iter().filter(|(citizen, _)| wanted.contains(citizen)).map(|(_, at)| *at);
        Places { closed: self.closed.clone(), open: self.open.map(|segment| (segment, found.collect())) }
    }
}

impl Places {
    /// The entries about whoever has one of these names and before a record, newest first, as many as wanted.
    pub(super) fn entries(
        self,
        directory: &Path,
        names: &[CitizenName],
        before: u64,
        most: usize,
    ) -> io::Result<Vec<OwnEntry>> {
        let mut entries = Vec::new();
        let mut take = |segment: Segment, mut places: Vec<u64>| -> io::Result<bool> {
            places.sort_unstable();
            if places.is_empty() {
                return Ok(false);
            }
            let lines = File::open(segment.lines(directory))?;
            for at in places.into_iter().rev() {
                let Line { outline, record } = segment::line_at(&lines, at)?;
                // An index says where to look; whose it is says the record alone.
                let is_theirs = outline.citizen().is_some_and(|citizen| names.contains(citizen));
                if is_theirs && outline.number < before {
                    entries.push(OwnEntry { position: Position(outline.number, 0), record });
                }
                if entries.len() >= most {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let open = self.open.map(|(segment, places)| (segment, Some(places)));
        let newest_first = open.into_iter().chain(self.closed.into_iter().rev().map(|segment| (segment, None)));
        for (segment, places) in newest_first.filter(|(segment, _)| segment.first < before) {
            let found = match places {
                Some(places) => take(segment, places),
                None => in_index(directory, segment, names).and_then(|places| take(segment, places)),
            };
            match found {
                Ok(true) => break,
                Ok(false) => {}
                // Its time was over meanwhile, and so was that of all before it.
                Err(error) if error.kind() == ErrorKind::NotFound && !segment.lines(directory).exists() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }
}

fn in_index(directory: &Path, segment: Segment, names: &[CitizenName]) -> io::Result<Vec<u64>> {
    let index = File::open(segment.index(directory))?;
    let mut places = Vec::new();
    for name in names {
        places.extend(segment::find(&index, name.prefix())?);
    }
    Ok(places)
}
