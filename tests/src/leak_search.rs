//! A search for what must stand nowhere: person numbers, names, tokens and keys, in every spelling.

use std::collections::{HashMap, HashSet};

use base64::{
    Engine,
    alphabet::{self, Alphabet},
    engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use crate::{log_guard::hex, spellings};

/// Shortest spelling that is searched for, in bytes: shorter ones stand anywhere by chance.
const SHORTEST: usize = 8;

/// Shortest run that is decoded before it is searched.
const SHORTEST_RUN: usize = 16;

/// Searches for many secrets at once.
#[derive(Debug, Default)]
pub struct LeakSearch {
    spellings: Vec<Spelling>,
    /// The first eight bytes of each spelling, with those that begin so.
    by_start: HashMap<u64, Vec<usize>>,
    seen: HashSet<Vec<u8>>,
    /// One bit for each value that a mixed start may have: most places are ruled out by it.
    filter: Vec<u64>,
}

#[derive(Debug)]
struct Spelling {
    of: String,
    bytes: Vec<u8>,
}

impl LeakSearch {
    /// Searches for nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { filter: vec![0; 1 << 14], ..Self::default() }
    }

    /// Searches for a person number too.
    pub fn person_number(&mut self, number: &str) {
        for spelling in spellings(number) {
            self.add(&format!("the number {number}"), spelling.into_bytes());
        }
        let hyphenated = number.split_at_checked(6).map(|(birth, serial)| format!("{birth}-{serial}"));
        for text in [Some(number.to_owned()), hyphenated].into_iter().flatten() {
            self.text(&format!("the number {number}"), &text);
        }
    }

    /// Searches for a text too: as it is, escaped, in base64 of either alphabet wherever it begins, in hex.
    pub fn text(&mut self, what: &str, text: &str) {
        self.add(what, text.as_bytes().to_vec());
        let percent: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        self.add(what, percent.replace('+', "%20").into_bytes());
        self.add(what, percent.into_bytes());
        let hex = hex(text);
        let signs = hex.as_bytes().chunks(2).flat_map(|pair| [b"%", pair].concat()).collect::<Vec<_>>();
        for spelling in [signs.as_slice(), hex.as_bytes()] {
            self.add(what, spelling.to_ascii_uppercase());
            self.add(what, spelling.to_vec());
        }
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            for shift in 0..3 {
                // What stands before and after the text changes the characters at its edges.
                let encoded = engine.encode([vec![b' '; shift], text.as_bytes().to_vec()].concat());
                let from = if shift == 0 { 0 } else { 4 };
                let to = (shift + text.len()) / 3 * 4;
                self.add(what, encoded.as_bytes().get(from..to).unwrap_or_default().to_vec());
            }
        }
    }

    /// Searches for a token or cookie too, and for its parts.
    pub fn token(&mut self, what: &str, token: &str) {
        self.text(what, token);
        for part in token.split('.').filter(|part| part.len() >= SHORTEST_RUN && *part != token) {
            self.text(what, part);
        }
    }

    fn add(&mut self, of: &str, bytes: Vec<u8>) {
        let Some(start) = bytes.first_chunk::<SHORTEST>() else { return };
        let start = u64::from_be_bytes(*start);
        if self.seen.insert(bytes.clone()) {
            if let Some((word, bit)) = self.place(start)
                && let Some(word) = self.filter.get_mut(word)
            {
                *word |= 1 << bit;
            }
            self.by_start.entry(start).or_default().push(self.spellings.len());
            self.spellings.push(Spelling { of: of.to_owned(), bytes });
        }
    }

    fn place(&self, start: u64) -> Option<(usize, u64)> {
        // The upper twenty bits of a product: as many as the filter has.
        let mixed = start.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44;
        usize::try_from(mixed >> 6).ok().map(|word| (word % self.filter.len(), mixed & 63))
    }

    /// What stands in these bytes, as they are or behind up to two layers of base64, hex or percent signs, with its
    /// surroundings; `None` if nothing does.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<String> {
        let mut layer = bytes.to_vec();
        for _ in 0..3 {
            if let Some(found) = self.find_plain(&layer) {
                return Some(found);
            }
            layer = decoded(&layer);
        }
        None
    }

    fn find_plain(&self, bytes: &[u8]) -> Option<String> {
        let mut start = 0_u64;
        for (index, byte) in bytes.iter().enumerate() {
            start = (start << 8) | u64::from(*byte);
            let Some((word, bit)) = self.place(start) else { continue };
            if self.filter.get(word).is_none_or(|word| word & (1 << bit) == 0) {
                continue;
            }
            let from = (index + 1).saturating_sub(SHORTEST);
            let begins_here = self.by_start.get(&start).into_iter().flatten();
            let found = begins_here
                .filter_map(|index| self.spellings.get(*index))
                .find(|spelling| bytes.get(from..).is_some_and(|rest| rest.starts_with(&spelling.bytes)));
            if let Some(spelling) = found {
                let around = bytes.get(from.saturating_sub(120)..(from + 200).min(bytes.len())).unwrap_or_default();
                return Some(format!("{} in: {}", spelling.of, String::from_utf8_lossy(around)));
            }
        }
        None
    }
}

/// Everything in some bytes that may be an encoding of something, decoded.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    let in_run = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    for run in bytes.split(|byte| !in_run(byte)).filter(|run| run.len() >= SHORTEST_RUN) {
        let alphabet =
            if run.iter().any(|byte| b"-_".contains(byte)) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
        all.extend(base64_prefix(alphabet, run));
        all.push(b'\n');
        if run.iter().all(u8::is_ascii_hexdigit) {
            all.extend(run.chunks_exact(2).filter_map(hex_byte));
            all.push(b'\n');
        }
    }
    if bytes.contains(&b'%') {
        let text = String::from_utf8_lossy(bytes);
        all.extend(text.split_ascii_whitespace().filter(|word| word.contains('%')).flat_map(|word| {
            let pairs = url::form_urlencoded::parse(word.as_bytes());
            pairs.flat_map(|(name, value)| format!("{name} {value}\n").into_bytes()).collect::<Vec<_>>()
        }));
    }
    all
}

fn base64_prefix(alphabet: &Alphabet, run: &[u8]) -> Vec<u8> {
    let lenient = NO_PAD.with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(alphabet, lenient);
    // A single character left over decodes to nothing.
    let whole = if run.len() % 4 == 1 { run.len() - 1 } else { run.len() };
    engine.decode(run.get(..whole).unwrap_or_default()).unwrap_or_default()
}

fn hex_byte(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "6101010001";
    const TOKEN: &str = "q7Wc-9fLx_2Rk.Hn3v0TzA8sYpEo5d";

    fn search() -> LeakSearch {
        let mut search = LeakSearch::new();
        search.person_number(NUMBER);
        search.text("the name", "Fiktiva Ærlig");
        search.token("the token", TOKEN);
        search
    }

    #[test]
    fn harmless_bytes_pass() {
        let mut harmless: Vec<u8> = (0..=255).collect();
        harmless.extend(b"610101 0001 6101010002 q7Wc-9fLx_2R fiktiva");
        assert_eq!(search().find(&harmless), None);
    }

    #[test]
    fn r61_what_is_planted_is_found_in_every_encoding() {
        let claims = format!(r#"{{"iss":"x","cpr":"{NUMBER}","name":"Fiktiva Ærlig"}}"#);
        let mut planted = vec![
            NUMBER.to_owned(),
            "610101-0001".to_owned(),
            "cpr=610101%2D0001".to_owned(),
            "name=Fiktiva+%C3%86rlig".to_owned(),
            "name=Fiktiva%20%C3%86rlig".to_owned(),
            format!("Bearer {TOKEN}"),
            // One part of it.
            "Hn3v0TzA8sYpEo5d".to_owned(),
            hex(NUMBER),
            hex(NUMBER).to_ascii_uppercase(),
            hex(&claims),
            // A token whose claims hold it, and that token in a cookie in base64.
            format!("eyJhbGciOiJFUzI1NiJ9.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(&claims)),
            STANDARD_NO_PAD.encode(format!("id={}", URL_SAFE_NO_PAD.encode(&claims))),
        ];
        for before in ["", "a", "ab"] {
            for text in [NUMBER, "610101-0001", "Fiktiva Ærlig", TOKEN] {
                planted.push(STANDARD_NO_PAD.encode(format!("{before}{text} and more")));
                planted.push(URL_SAFE_NO_PAD.encode(format!("{before}{text}")));
            }
        }
        let search = search();
        for planted in planted {
            let bytes = [b"\x00\xff\"value\":\"", planted.as_bytes(), b"\" \x01"].concat();
            assert!(search.find(&bytes).is_some(), "{planted}");
        }
    }
}
