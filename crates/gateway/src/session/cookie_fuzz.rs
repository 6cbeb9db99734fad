//! The reader of the session cookie against a second one of another kind, a million times (requirement R38).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};

use super::cookie::{self, SESSION_COOKIE, SessionCookie};

const CASES: usize = 1_000_000;

/// Printed with a failure; the same seed makes the same cookies.
const SEED: u64 = 0x2026_1125_0038;

const TICKET: &str = "abcdefghijklmnopqrstuvwxyz0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuQ";

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % limit
    }

    /// A line put together of what matters to the reader, with now and then a byte changed.
    fn line(&mut self) -> Vec<u8> {
        let pieces: [&[u8]; 14] = [
            SESSION_COOKIE.as_bytes(),
            SESSION_COOKIE.as_bytes(),
            b"__host-http-overblik",
            b"=",
            b"=",
            TICKET.as_bytes(),
            TICKET.as_bytes(),
            b"; ",
            b";",
            b" ",
            b"\t",
            b"a=b",
            b"\"",
            b"\xf8",
        ];
        // Mostly what a browser would send, so that both outcomes are met.
        let mut line =
            if self.below(3) == 0 { format!("a=b; {SESSION_COOKIE}={TICKET}").into_bytes() } else { Vec::new() };
        for _ in 0..self.below(7) {
            line.extend_from_slice(pieces[self.below(pieces.len())]);
        }
        if !line.is_empty() && self.below(3) == 0 {
            let at = self.below(line.len());
            line[at] = [b'A', b'Q', b'-', b'=', b';', b' ', b'%', 0x80][self.below(8)];
        }
        line
    }
}

/// What the lines say, read in another way: each line is taken apart as text of single bytes.
fn reference(lines: &[Vec<u8>]) -> &'static str {
    let texts: Vec<String> = lines.iter().map(|line| line.iter().map(|byte| char::from(*byte)).collect()).collect();
    let mut values = Vec::new();
    for piece in texts.iter().flat_map(|text| text.split(';')) {
        let piece = piece.trim_matches([' ', '\t']);
        if let Some((name, value)) = piece.split_once('=')
            && name.eq_ignore_ascii_case(SESSION_COOKIE)
        {
            values.push((name.to_owned(), value.to_owned()));
        }
    }
    let is_ticket = |value: &str| {
        let decoded = URL_SAFE_NO_PAD.decode(value).unwrap_or_default();
        decoded.len() == 64 && URL_SAFE_NO_PAD.encode(decoded) == value
    };
    match values.as_slice() {
        [] => "absent",
        [(name, value)] if name == SESSION_COOKIE && is_ticket(value) => "present",
        _ => "unusable",
    }
}

#[test]
fn r38_a_million_cookies_are_read_as_a_second_reader_reads_them() {
    println!("seed {SEED:#x}");
    let mut chance = Chance(SEED);
    let (mut present, mut unusable) = (0, 0);
    for number in 0..CASES {
        let lines: Vec<Vec<u8>> = (0..=chance.below(8) / 7).map(|_| chance.line()).collect();
        let headers: HeaderMap = lines
            .iter()
            .map(|line| (header::COOKIE, HeaderValue::from_bytes(line).expect("bytes that a header may hold")))
            .collect();
        let read = match cookie::session(&headers) {
            SessionCookie::Absent => "absent",
            SessionCookie::Unusable => "unusable",
            SessionCookie::Present(ticket) => {
                let shown = ticket.reveal();
                assert!(lines.iter().any(|line| line.windows(86).any(|window| window == shown.as_bytes())));
                "present"
            }
        };
        assert_eq!(read, reference(&lines), "seed {SEED:#x}, number {number}: {lines:?}");
        present += usize::from(read == "present");
        unusable += usize::from(read == "unusable");
    }
    assert!(present > CASES / 100 && unusable > CASES / 10, "{present} present, {unusable} unusable");
}
