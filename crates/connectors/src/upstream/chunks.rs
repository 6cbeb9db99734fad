//! A body in chunks (RFC 9112 section 7.1). Its length is nowhere announced, so everything that comes is counted.

use bytes::{Bytes, BytesMut};
use httparse::{EMPTY_HEADER, parse_headers};

use super::{
    body::{HEAD_LIMIT, MOST_HEADERS},
    failure::Failure,
};

/// Most digits of a chunk's size: more are no number that is allowed, or cost more than the chunk.
const LONGEST_SIZE: usize = 16;

/// The end of a line.
const LINE_END: &[u8] = b"\r\n";

/// A body on its way.
pub(super) struct Chunks {
    body: BytesMut,
    limit: usize,
    next: Next,
    /// So much of what has come holds no end of a line: it is not looked for twice in the same bytes.
    sought: usize,
    /// Most bytes that may still come beside body and sizes: extensions and trailers, which say nothing here.
    beside: usize,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Next {
    Size,
    /// So much of a chunk.
    Data(usize),
    EndOfData,
    Trailer,
}

impl Chunks {
    /// A body of which nothing has come yet.
    pub(super) fn new(limit: usize) -> Self {
        Self { body: BytesMut::new(), limit, next: Next::Size, sought: 0, beside: HEAD_LIMIT }
    }

    /// Takes what has come. Whether that is all.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] beyond the limit; [`Failure::Broke`] for what are no chunks, and more beside them than may be.
    pub(super) fn take_from(&mut self, came: &mut BytesMut) -> Result<bool, Failure> {
        loop {
            match self.next {
                Next::Size => {
                    let Some(line) = self.line(came)? else { return Ok(false) };
                    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
                    let (digits, beside) = line.split_at_checked(digits).ok_or(Failure::Broke)?;
                    let after_blanks = beside.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
                    if digits.len() > LONGEST_SIZE || !matches!(after_blanks, Some(b'\r' | b';')) {
                        return Err(Failure::Broke);
                    }
                    self.take_beside(beside.len().saturating_sub(LINE_END.len()))?;
                    let size =
                        std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
                    self.next = match size.ok_or(Failure::Broke)? {
                        0 => Next::Trailer,
                        size if size > self.limit.saturating_sub(self.body.len()) => return Err(Failure::TooLarge),
                        size => Next::Data(size),
                    };
                }
                Next::Data(0) => self.next = Next::EndOfData,
                Next::Data(_) if came.is_empty() => return Ok(false),
                Next::Data(size) => {
                    let part = came.split_to(size.min(came.len()));
                    self.body.extend_from_slice(&part);
                    self.next = Next::Data(size.saturating_sub(part.len()));
                }
                Next::EndOfData => {
                    let Some(line) = self.line(came)? else { return Ok(false) };
                    if *line != *LINE_END {
                        return Err(Failure::Broke);
                    }
                    self.next = Next::Size;
                }
                Next::Trailer => {
                    let Some(line) = self.line(came)? else { return Ok(false) };
                    if *line == *LINE_END {
                        return Ok(true);
                    }
                    // So that there are no more of them than a head may have lines.
                    self.take_beside(line.len().max(HEAD_LIMIT / MOST_HEADERS))?;
                    // It says nothing here, but what is none was not meant for the end of a body.
                    parse_headers(&line, &mut [EMPTY_HEADER]).map_err(|_| Failure::Broke)?;
                }
            }
        }
    }

    /// The body, of which all has come.
    pub(super) fn whole(self) -> Bytes {
        self.body.freeze()
    }

    /// The next line with its end; `None` if that has not come. Either half of an end alone is read in more ways than one.
    fn line(&mut self, came: &mut BytesMut) -> Result<Option<BytesMut>, Failure> {
        let unsought = came.iter().skip(self.sought);
        let before = unsought.take_while(|byte| !LINE_END.contains(byte)).count();
        self.sought = self.sought.saturating_add(before);
        let left = came.get(self.sought..).unwrap_or_default();
        if left.starts_with(LINE_END) {
            let end = std::mem::take(&mut self.sought).saturating_add(LINE_END.len());
            return Ok(Some(came.split_to(end)));
        }
        let may_end = LINE_END.starts_with(left) && self.sought <= self.beside.saturating_add(LONGEST_SIZE);
        if may_end { Ok(None) } else { Err(Failure::Broke) }
    }

    fn take_beside(&mut self, bytes: usize) -> Result<(), Failure> {
        self.beside = self.beside.checked_sub(bytes).ok_or(Failure::Broke)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body and what is left behind it, if it came in pieces of this size; `None` if it has no end.
    fn read(text: &str, piece: usize) -> Result<Option<(String, String)>, Failure> {
        let (mut chunks, mut came, mut is_whole) = (Chunks::new(32), BytesMut::new(), false);
        for piece in text.as_bytes().chunks(piece) {
            came.extend_from_slice(piece);
            is_whole = is_whole || chunks.take_from(&mut came)?;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(is_whole.then(|| (text(&chunks.whole()), text(&came))))
    }

    #[test]
    fn chunks_are_read_in_one_way_however_they_come() {
        let whole = |body: &str, left: &str| Ok(Some((body.to_owned(), left.to_owned())));
        for (text, expected) in [
            ("0\r\n\r\n", whole("", "")),
            ("2\r\n[]\r\n0\r\n\r\nHTTP/1.1", whole("[]", "HTTP/1.1")),
            ("1\r\n[\r\n0001;x=\"y\"\r\n]\r\n00 ;z\r\nx: y\r\n\r\n", whole("[]", "")),
            ("1F\r\n0123456789012345678901234567890\r\n0\r\n\r\n", whole("0123456789012345678901234567890", "")),
            ("20\r\n", Ok(None)),
            ("2\r\n[]\r\n0\r\n", Ok(None)),
            ("21\r\n", Err(Failure::TooLarge)),
            ("20\r\n01234567890123456789012345678901\r\n1\r\n", Err(Failure::TooLarge)),
            ("-2\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("+2\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("0x2\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("\r\n[]\r\n", Err(Failure::Broke)),
            ("2 2\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("2\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("2\r\n[]0\r\n\r\n", Err(Failure::Broke)),
            ("2\r\n[]x\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("fffffffffffffffff\r\n", Err(Failure::Broke)),
            ("0000000000000002\r\n[]\r\n0\r\n\r\n", whole("[]", "")),
            // Seventeen digits; a body could cost thousands of times what it may be large.
            ("00000000000000002\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("2\r\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("2\u{c}\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("2;a\rb\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("2;a\nb\r\n[]\r\n0\r\n\r\n", Err(Failure::Broke)),
            ("0\r\nno colon\r\n\r\n", Err(Failure::Broke)),
            ("0\r\nGET / HTTP/1.1\r\n\r\n", Err(Failure::Broke)),
            ("0\r\nx: y\r\n folded\r\n\r\n", Err(Failure::Broke)),
            ("0\r\nx: y\r\n\n", Err(Failure::Broke)),
            ("0\r\n\rX", Err(Failure::Broke)),
        ] {
            for piece in [1, 2, 3, 100] {
                assert_eq!(read(text, piece), expected, "{text:?} in pieces of {piece}");
            }
        }
    }
}
