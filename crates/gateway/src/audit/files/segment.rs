//! One file of lines, and its index: where in it entries about whom begin.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Error, ErrorKind, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use overblik_widgets::Date;

use super::{
    super::{
        names::CitizenName,
        record::{MOST_LINE_BYTES, Outline, Record},
    },
    day, marks, private,
};

/// Bytes of an entry of an index: what finds the citizen, and where.
const ENTRY: u64 = 16;

/// What finds a citizen, and where an entry about them begins.
pub(super) type Place = (u64, u64);

/// A segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The number of its first record.
    pub(super) first: u64,
    /// When it began.
    pub(super) begun: Timestamp,
}

impl Segment {
    pub(super) fn lines(self, directory: &Path) -> PathBuf {
        lines(directory, self.first)
    }

    pub(super) fn index(self, directory: &Path) -> PathBuf {
        directory.join(format!("{:020}.index", self.first))
    }

    /// The Danish day on which it began.
    pub(super) fn day(self) -> Date {
        day(self.begun)
    }

    /// What is gone already need not be deleted.
    pub(super) fn delete(self, directory: &Path) -> io::Result<()> {
        for path in [self.index(directory), self.lines(directory)] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

pub(super) fn lines(directory: &Path, first: u64) -> PathBuf {
    directory.join(format!("{first:020}.jsonl"))
}

/// The first records of the segments in a folder, in their order.
pub(super) fn all(directory: &Path) -> io::Result<Vec<u64>> {
    let mut firsts = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        firsts.extend(number.filter(|number| number.len() == 20).and_then(|number| number.parse::<u64>().ok()));
    }
    firsts.sort_unstable();
    Ok(firsts)
}

pub(super) fn create(path: &Path) -> io::Result<File> {
    private().append(true).read(true).create(true).open(path)
}

/// The first whole line of a file, if it has one.
pub(super) fn first_line(path: &Path) -> io::Result<Option<String>> {
    let mut line = String::new();
    BufReader::new(File::open(path)?).read_line(&mut line)?;
    Ok(line.strip_suffix('\n').map(str::to_owned))
}

/// Writes an index whole, so that one that is there is complete.
pub(super) fn write_index(path: &Path, places: &mut [Place]) -> io::Result<()> {
    places.sort_unstable();
    let bytes: Vec<u8> =
        places.iter().flat_map(|(citizen, at)| [citizen.to_be_bytes(), at.to_be_bytes()].concat()).collect();
    let temporary = path.with_extension("index.new");
    let mut file = private().write(true).create(true).truncate(true).open(&temporary)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), marks::sync_directory)
}

/// Makes the index of a closed segment anew.
pub(super) fn make_index(directory: &Path, segment: Segment) -> io::Result<()> {
    let (mut places, mut at) = (Vec::new(), 0_u64);
    for line in BufReader::new(File::open(segment.lines(directory))?).split(b'\n') {
        let line = line?;
        let outline: Result<Outline, _> = serde_json::from_slice(&line);
        // What is no record is found by whoever verifies, and is nobody's entry.
        let citizen = outline.ok().and_then(|outline| outline.citizen().map(CitizenName::prefix));
        places.extend(citizen.map(|citizen| (citizen, at)));
        at = at.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX)).saturating_add(1);
    }
    write_index(&segment.index(directory), &mut places)
}

/// Where entries about a citizen begin, by an index: a search by halves, so that few bytes of it are read.
pub(super) fn find(index: &File, citizen: u64) -> io::Result<Vec<u64>> {
    let entry = |number: u64| {
        let mut bytes = [0; 16];
        index.read_exact_at(&mut bytes, number.saturating_mul(ENTRY))?;
        let (halves, _) = bytes.as_chunks::<8>();
        let half = |place: usize| halves.get(place).copied().map_or(0, u64::from_be_bytes);
        Ok::<_, io::Error>((half(0), half(1)))
    };
    let count = index.metadata()?.len() / ENTRY;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if entry(middle)?.0 < citizen { low = middle.saturating_add(1) } else { high = middle }
    }
    let mut found = Vec::new();
    while low < count {
        let (of, at) = entry(low)?;
        if of != citizen {
            break;
        }
        found.push(at);
        low = low.saturating_add(1);
    }
    Ok(found)
}

/// A line that was found by an index.
pub(super) struct Line {
    pub(super) outline: Outline,
    /// `None` if it is not what was written, or not as this program writes.
    pub(super) record: Option<Record>,
}

impl Line {
    fn of(bytes: &[u8]) -> Option<Self> {
        let outline = serde_json::from_slice(bytes).ok()?;
        let record = serde_json::from_slice(bytes).ok().filter(|record: &Record| record.is_itself().is_ok());
        Some(Self { outline, record })
    }
}

/// The line that begins at a place.
pub(super) fn line_at(lines: &File, at: u64) -> io::Result<Line> {
    let damaged = || Error::new(ErrorKind::InvalidData, format!("what stands at byte {at} of a segment is no record"));
    let mut bytes = vec![0; 1024];
    loop {
        let read = lines.read_at(&mut bytes, at)?;
        let whole = bytes.get(..read).unwrap_or_default();
        if let Some(end) = whole.iter().position(|byte| *byte == b'\n') {
            return Line::of(whole.get(..end).unwrap_or_default()).ok_or_else(damaged);
        }
        if bytes.len() > MOST_LINE_BYTES || read < bytes.len() {
            return Err(damaged());
        }
        bytes.resize(bytes.len().saturating_mul(4), 0);
    }
}
