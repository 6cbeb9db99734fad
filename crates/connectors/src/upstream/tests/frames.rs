//! The source's end of an HTTP/2 connection, frame by frame (RFC 9113), so that it can do what no library would.

use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// `:status 200` in HPACK's static table (RFC 7541 appendix A).
pub(super) const OK: &[u8] = &[0x88];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

/// What a source does about pings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pings {
    Answered,
    Ignored,
}

/// The source's end.
pub(super) struct Frames {
    stream: DuplexStream,
    pings: Pings,
    /// Requests of which a part has come.
    begun: BTreeMap<u32, Vec<u8>>,
}

impl Frames {
    /// Begins as a server does.
    pub(super) async fn begin(mut stream: DuplexStream, pings: Pings) -> Self {
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.expect("a preface");
        assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let mut frames = Self { stream, pings, begun: BTreeMap::new() };
        assert!(frames.write(SETTINGS, 0, 0, b"").await);
        frames
    }

    /// The next frame that is about a stream or ends the connection; `None` when the client has gone.
    pub(super) async fn read(&mut self) -> Option<Frame> {
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).await.ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).expect("a length")];
            self.stream.read_exact(&mut payload).await.ok()?;
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let frame = Frame { kind: head[3], flags: head[4], stream, payload };
            match frame.kind {
                SETTINGS if frame.flags & ACK == 0 => {
                    self.write(SETTINGS, ACK, 0, b"").await;
                }
                PING if frame.flags & ACK == 0 && self.pings == Pings::Answered => {
                    self.write(PING, ACK, 0, &frame.payload).await;
                }
                DATA | HEADERS | RST_STREAM | GOAWAY => return Some(frame),
                _ => {}
            }
        }
    }

    /// The next request: its stream, and its body.
    pub(super) async fn request(&mut self) -> Option<(u32, Vec<u8>)> {
        loop {
            let frame = self.read().await?;
            match frame.kind {
                HEADERS => drop(self.begun.insert(frame.stream, Vec::new())),
                DATA => self.begun.entry(frame.stream).or_default().extend(&frame.payload),
                _ => continue,
            }
            if frame.flags & END_STREAM != 0 {
                return Some((frame.stream, self.begun.remove(&frame.stream).unwrap_or_default()));
            }
        }
    }

    /// Whether the client took it.
    pub(super) async fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame).await.is_ok()
    }

    /// An answer of success with a body.
    pub(super) async fn answer(&mut self, stream: u32, body: &[u8]) -> bool {
        self.write(HEADERS, END_HEADERS, stream, OK).await && self.write(DATA, END_STREAM, stream, body).await
    }
}

/// A header line in HPACK, in words and kept in no table.
pub(super) fn line(name: &str, value: &str) -> Vec<u8> {
    let mut line = vec![0x00];
    for text in [name, value] {
        match u8::try_from(text.len()) {
            Ok(length) if length < 127 => line.push(length),
            // RFC 7541 section 5.1.
            _ => {
                line.push(127);
                let mut rest = text.len() - 127;
                while rest >= 128 {
                    line.push(u8::try_from(rest % 128 + 128).expect("a byte"));
                    rest /= 128;
                }
                line.push(u8::try_from(rest).expect("a byte"));
            }
        }
        line.extend(text.as_bytes());
    }
    line
}
