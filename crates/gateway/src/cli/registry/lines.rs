//! A file with a CPR number on each line: looked through before anything of it is sent, and sent as it stands. None of its
//! lines is quoted.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind, Read},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use overblik_connectors::{AcceptedPersons, Cpr};
use zeroize::{Zeroize, Zeroizing};

use super::Failure;

/// Bytes that are read and sent at once.
const PART: usize = 64 * 1024;

/// Longest line, in bytes. Whatever is longer is no number.
const LONGEST: u64 = 32;

/// See the module.
pub(super) struct Lines {
    file: PathBuf,
    bytes: u64,
    /// How many there are.
    pub(super) count: u64,
}

impl Lines {
    /// Looks through a file.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read, or a line is something else.
    pub(super) fn of(file: &Path) -> Result<Self, Failure> {
        let cannot = |error: io::Error| Failure::unasked(&format!("{}: cannot be read: {error}", file.display()));
        let opened = File::open(file).map_err(cannot)?;
        let bytes = opened.metadata().map_err(cannot)?.len();
        let (mut reader, mut count) = (BufReader::new(opened), 0_u64);
        let mut line = Zeroizing::new(Vec::with_capacity(64));
        loop {
            line.zeroize();
            if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(cannot)? == 0 {
                return Ok(Self { file: file.to_owned(), bytes, count });
            }
            count = count.saturating_add(1);
            let bare = line.strip_suffix(b"\n").unwrap_or(&line);
            let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
            let bare = bare.strip_prefix(b"\"").and_then(|bare| bare.strip_suffix(b"\"")).unwrap_or(bare);
            let text = std::str::from_utf8(bare).unwrap_or_default();
            if Cpr::parse(text, AcceptedPersons::FictitiousToo).is_err() {
                let what = "is no CPR number; write one on each line, as \"DDMMYYSSSS\", and nothing else";
                return Err(Failure::unasked(&format!("{}:{count}: {what}", file.display())));
            }
        }
    }

    /// What is sent.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read any more.
    pub(super) fn body(&self) -> Result<FileBody, Failure> {
        let cannot = |error| Failure::unasked(&format!("{}: cannot be read: {error}", self.file.display()));
        Ok(FileBody { file: File::open(&self.file).map_err(cannot)?, left: self.bytes })
    }
}

/// A file as the body of a request, part by part.
pub(super) struct FileBody {
    file: File,
    left: u64,
}

impl http_body::Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let wanted = usize::try_from(self.left).unwrap_or(PART).min(PART);
        let mut part = BytesMut::zeroed(wanted);
        let read = self.file.read(&mut part).and_then(|read| match read {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        });
        Poll::Ready(Some(read.map(|read| {
            part.truncate(read);
            self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
            Frame::data(part.freeze())
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
