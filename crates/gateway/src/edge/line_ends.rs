//! Lines of a request's head end with CR and LF, and with nothing less (requirement R71).
//!
//! The library that reads heads takes a bare LF for an end, as it may (RFC 9112 section 2.2); a proxy in front may take it
//! for a part of a value, and then the two see different requests. So a bare LF in a head becomes a NUL on its way to the
//! library, which no head may hold: it answers 400 and closes.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As much of a line as is looked at: longer than any that says how long a body is.
const LOOKED_AT: usize = 64;

/// Whether it is known where on a connection the next head begins. Where it is not, nothing may follow the request that is
/// being read: the connection ends with its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsure(Arc<AtomicBool>);

impl Unsure {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection on which bare LFs in heads arrive as NULs.
#[derive(Debug)]
pub(super) struct LineEnds<S> {
    stream: S,
    place: Place,
    unsure: Unsure,
}

/// Where in a request the next byte is.
#[derive(Debug)]
enum Place {
    Head(Head),
    /// So many bytes of a body are left.
    Body(u64),
    /// After a request whose end is not known here.
    Unknown,
}

/// What is known of a head so far.
#[derive(Debug, Default)]
struct Head {
    line: Line,
    after_cr: bool,
    /// Whether there was a line before this one.
    has_begun: bool,
    length: Option<u64>,
    /// Whether a body follows whose end is not known here.
    is_unknown: bool,
}

/// The beginning of a line.
#[derive(Clone, Copy, Debug)]
struct Line {
    bytes: [u8; LOOKED_AT],
    length: usize,
    /// Whether there was more of it.
    is_long: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self { bytes: [0; LOOKED_AT], length: 0, is_long: false }
    }
}

impl Line {
    fn push(&mut self, byte: u8) {
        match self.bytes.get_mut(self.length) {
            Some(place) => {
                *place = byte;
                self.length += 1;
            }
            None => self.is_long = true,
        }
    }

    fn beginning(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl<S> LineEnds<S> {
    pub(super) fn new(stream: S) -> (Self, Unsure) {
        let unsure = Unsure::default();
        (Self { stream, place: Place::Head(Head::default()), unsure: unsure.clone() }, unsure)
    }

    fn look(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let taken = match &mut self.place {
                Place::Unknown => return,
                Place::Body(left) => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= taken as u64;
                    if *left == 0 {
                        self.place = Place::Head(Head::default());
                    }
                    taken
                }
                Place::Head(head) => {
                    let (taken, is_over) = head.look(bytes);
                    if is_over {
                        self.place = match (head.is_unknown, head.length) {
                            (true, _) => {
                                self.unsure.0.store(true, Ordering::Relaxed);
                                Place::Unknown
                            }
                            (false, Some(length)) if length > 0 => Place::Body(length),
                            (false, _) => Place::Head(Head::default()),
                        };
                    }
                    taken
                }
            };
            bytes = bytes.get_mut(taken..).unwrap_or_default();
        }
    }
}

impl Head {
    /// Looks at bytes up to the end of the head: how many those were, and whether it was there.
    fn look(&mut self, bytes: &mut [u8]) -> (usize, bool) {
        for (index, byte) in bytes.iter_mut().enumerate() {
            let after_cr = std::mem::replace(&mut self.after_cr, *byte == b'\r');
            match *byte {
                b'\n' if after_cr => {
                    if self.end_line() {
                        return (index + 1, true);
                    }
                }
                b'\n' => *byte = 0,
                b'\r' => {}
                other => self.line.push(other),
            }
        }
        (bytes.len(), false)
    }

    /// Whether the head ends with this line. Empty lines before a head belong to none.
    fn end_line(&mut self) -> bool {
        let whole = std::mem::take(&mut self.line);
        let line = whole.beginning();
        if line.is_empty() {
            return self.has_begun;
        }
        self.has_begun = true;
        let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':').unwrap_or(line.len()));
        let name = name.trim_ascii();
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_unknown = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            match std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()) {
                Some(length) if !whole.is_long && self.length.is_none() => self.length = Some(length),
                // Twice, or no number: whatever becomes of it, nothing follows.
                _ => self.is_unknown = true,
            }
        }
        false
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LineEnds<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        self.look(buffer.filled_mut().get_mut(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LineEnds<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// What arrives of a text that comes in pieces of this size, and whether nothing may follow.
    async fn arrives(text: &str, piece: usize) -> (String, bool) {
        let (mut theirs, ours) = duplex(piece);
        let (mut ours, unsure) = LineEnds::new(ours);
        let mut read = String::new();
        let sending = async {
            theirs.write_all(text.as_bytes()).await.expect("sent");
            drop(theirs);
        };
        let ((), received) = tokio::join!(sending, ours.read_to_string(&mut read));
        received.expect("read");
        (read, unsure.is_set())
    }

    #[tokio::test]
    async fn r71_a_bare_line_feed_in_a_head_is_no_end_of_a_line_however_it_comes() {
        for (sent, arrived) in [
            ("GET / HTTP/1.1\r\nhost: a\n\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\0\r\n\r\n"),
            ("GET / HTTP/1.1\nhost: a\r\n\r\n", "GET / HTTP/1.1\0host: a\r\n\r\n"),
            ("\nGET / HTTP/1.1\r\n\r\n", "\0GET / HTTP/1.1\r\n\r\n"),
            ("GET / HTTP/1.1\r\nx: \r\r\n\n\r\n", "GET / HTTP/1.1\r\nx: \r\r\n\0\r\n"),
            // The head after one without a body, and the one after a body.
            ("GET / HTTP/1.1\r\n\r\nGET /\n", "GET / HTTP/1.1\r\n\r\nGET /\0"),
            (
                "POST / HTTP/1.1\r\nContent-LENGTH:\t3 \r\n\r\n\n\n\nGET /\n",
                "POST / HTTP/1.1\r\nContent-LENGTH:\t3 \r\n\r\n\n\n\nGET /\0",
            ),
        ] {
            for piece in [1, 2, 3, 7, 1000] {
                assert_eq!(arrives(sent, piece).await, (arrived.to_owned(), false), "{sent:?} by {piece}");
            }
        }
    }

    #[tokio::test]
    async fn r71_bodies_arrive_as_they_came() {
        let body = "a\nb\r\n\n\r\n\r\nx: y\n";
        let text = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        for piece in [1, 5, 1000] {
            assert_eq!(arrives(&text, piece).await, (text.clone(), false), "by {piece}");
        }
    }

    #[tokio::test]
    async fn r71_where_the_next_head_is_not_known_nothing_may_follow() {
        for line in [
            "transfer-encoding: chunked",
            "Transfer-Encoding : x",
            "content-length: 3\r\ncontent-length: 3",
            "content-length: x",
            "content-length: 3, 3",
            "content-length: -1",
            &format!("content-length: {}3", " ".repeat(80)),
        ] {
            let text = format!("POST / HTTP/1.1\r\n{line}\r\n\r\nabc\n");
            assert_eq!(arrives(&text, 3).await, (text.clone(), true), "{line}");
        }
    }
}
