//! HTTP/2 frame by frame (RFC 9113 section 4.1), as no well-behaved client writes them.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

/// What a client says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Kinds of frames.
pub mod kind {
    #![allow(missing_docs, reason = "the names are those of RFC 9113 section 6")]
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// The last frame of a stream's direction.
pub const END_STREAM: u8 = 1;
/// The last frame of a head.
pub const END_HEADERS: u8 = 4;

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// Its kind.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0 for the connection.
    pub stream: u32,
    /// What it holds.
    pub payload: Vec<u8>,
}

impl RawFrame {
    /// The error that a frame names which ends a stream or the connection.
    #[must_use]
    pub fn error(&self) -> Option<u32> {
        let code = match self.kind {
            kind::RST_STREAM => self.payload.get(..4)?,
            kind::GOAWAY => self.payload.get(4..8)?,
            _ => return None,
        };
        code.try_into().ok().map(u32::from_be_bytes)
    }
}

/// A connection whose frames are written by hand.
pub struct RawFrames(TlsStream<TcpStream>);

impl RawFrames {
    /// Begins: the preface, and settings (of two bytes for what, and four for how much, each).
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn begin(stream: TlsStream<TcpStream>, settings: &[(u16, u32)]) -> io::Result<Self> {
        let mut frames = Self(stream);
        frames.0.write_all(PREFACE).await?;
        let settings = settings.iter().flat_map(|(what, much)| [&what.to_be_bytes()[..], &much.to_be_bytes()].concat());
        frames.send(&frame(kind::SETTINGS, 0, 0, &settings.collect::<Vec<_>>())).await?;
        Ok(frames)
    }

    /// Sends frames, as many as there are in these bytes.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn send(&mut self, frames: &[u8]) -> io::Result<()> {
        self.0.write_all(frames).await?;
        self.0.flush().await
    }

    /// The next frame; `None` when the connection is over.
    ///
    /// # Panics
    /// When neither comes.
    #[expect(clippy::expect_used, reason = "a gateway that neither answers nor ends is the test's failure")]
    pub async fn next(&mut self) -> Option<RawFrame> {
        let reading = async {
            let mut head = [0_u8; 9];
            self.0.read_exact(&mut head).await.ok()?;
            let [long, longer, length, kind, flags, stream @ ..] = head;
            let length = u32::from_be_bytes([0, long, longer, length]);
            let mut payload = vec![0; usize::try_from(length).ok()?];
            self.0.read_exact(&mut payload).await.ok()?;
            Some(RawFrame { kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff, payload })
        };
        timeout(PATIENCE, reading).await.expect("neither a frame nor an end")
    }

    /// All frames to the end of the connection.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn to_the_end(&mut self) -> Vec<RawFrame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await {
            frames.push(frame);
        }
        frames
    }

    /// The first frame of these kinds on a stream; `None` when the connection is over before.
    ///
    /// # Panics
    /// When neither comes.
    pub async fn first(&mut self, kinds: &[u8], stream: u32) -> Option<RawFrame> {
        loop {
            let frame = self.next().await?;
            if kinds.contains(&frame.kind) && frame.stream == stream {
                return Some(frame);
            }
        }
    }
}

/// A frame's bytes.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Lines of a head, each written out (RFC 7541 section 6.2.2).
#[must_use]
pub fn lines(lines: &[(&str, &str)]) -> Vec<u8> {
    lines.iter().flat_map(|(name, value)| [&[0][..], &text(name), &text(value)].concat()).collect()
}

fn text(text: &str) -> Vec<u8> {
    let mut written = Vec::new();
    let mut left = text.len();
    if left < 127 {
        written.push(u8::try_from(left).unwrap_or(0));
    } else {
        written.push(127);
        left -= 127;
        while left >= 128 {
            written.push(u8::try_from(left % 128).unwrap_or(0) | 128);
            left /= 128;
        }
        written.push(u8::try_from(left).unwrap_or(0));
    }
    written.extend_from_slice(text.as_bytes());
    written
}

/// A whole request without a body: a frame's bytes.
#[must_use]
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    let head = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", path)];
    frame(kind::HEADERS, END_STREAM | END_HEADERS, stream, &lines(&head))
}

/// The head of a form that will be sent: a frame's bytes.
#[must_use]
pub fn post(stream: u32, path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let head = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", path)];
    let form = [("content-type", "application/x-www-form-urlencoded")];
    frame(kind::HEADERS, END_HEADERS, stream, &[lines(&head), lines(&form), lines(more)].concat())
}
