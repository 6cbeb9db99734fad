//! The limits of an answer (requirement R43): its head, its body, and the collecting of the body within them.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};

use super::failure::Failure;

/// Most bytes before the body: the head and all interim heads.
pub(super) const HEAD_LIMIT: usize = 32 * 1024;

/// Most header lines of a head.
pub(super) const MOST_HEADERS: usize = 100;

/// A body on its way. The announced length is checked first; what really comes is counted all the same.
pub(super) struct Collected {
    limit: usize,
    announced: usize,
    read: BytesMut,
    /// The whole body, where it came in one piece.
    only: Option<Bytes>,
}

impl Collected {
    /// A body of which nothing has come yet.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] if more is announced than may come.
    pub(super) fn nothing(announced: usize, limit: usize) -> Result<Self, Failure> {
        let nothing = Self { limit, announced, read: BytesMut::new(), only: None };
        if announced > limit { Err(Failure::TooLarge) } else { Ok(nothing) }
    }

    /// A piece has come.
    ///
    /// # Errors
    /// [`Failure::TooLarge`] if it goes beyond the limit.
    pub(super) fn take(&mut self, data: Bytes) -> Result<(), Failure> {
        let held = self.read.len() + self.only.as_ref().map_or(0, Bytes::len);
        if data.len() > self.limit.saturating_sub(held) {
            return Err(Failure::TooLarge);
        }
        if held == 0 {
            self.only = Some(data);
            return Ok(());
        }
        if let Some(first) = self.only.take() {
            // What is announced need not come, so not all of the room for it is made beforehand.
            self.read.reserve(self.announced.clamp(first.len() + data.len(), HEAD_LIMIT.max(first.len() + data.len())));
            self.read.extend_from_slice(&first);
        }
        self.read.extend_from_slice(&data);
        Ok(())
    }

    /// All of it has come.
    pub(super) fn whole(self) -> Bytes {
        self.only.unwrap_or_else(|| self.read.freeze())
    }
}

/// The length that an answer announces.
pub(super) fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    // More than can be counted is too much; the library has refused what is no number.
    length.map_or(0, |length| length.parse().unwrap_or(usize::MAX))
}
