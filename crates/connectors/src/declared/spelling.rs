//! Whether a text that a source chose holds the citizen's number, however it is written, or anybody's.

use crate::citizen::{AcceptedPersons, Cpr};

/// Encodings inside one another that are looked into: a token in a token, percent-encoded.
const DEEPEST: usize = 3;
/// Digits of a number.
const LENGTH: usize = 10;
/// Digits of the date of birth, which a number begins with.
const BIRTH: usize = 6;
/// From this length a word of hexadecimal digits is a hash or part of a UUID, and ten decimal ones in a row within it are
/// chance.
const HASH: usize = 12;

/// Whether a text spells a person's number: plain, with anything between the digits, percent-encoded, in hexadecimal,
/// or in either alphabet of base64, also inside one another.
pub(super) fn spells(text: &str, cpr: &Cpr) -> bool {
    spells_in(text.as_bytes(), DEEPEST, &|bytes| has_digits(bytes, cpr))
}

/// Whether a text spells what could be the number of a person, whoever that is: ten digits that are no part of more, or
/// six and four with a hyphen or a blank between them; in the same encodings.
pub(super) fn spells_anybody(text: &str) -> bool {
    spells_in(text.as_bytes(), DEEPEST, &could_name_somebody)
}

/// Whether the digits of a text, whatever stands between them, hold a person's number.
pub(super) fn holds_number(text: &str, cpr: &Cpr) -> bool {
    has_digits(text.as_bytes(), cpr)
}

fn spells_in(bytes: &[u8], depth: usize, named: &dyn Fn(&[u8]) -> bool) -> bool {
    if named(bytes) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let within = |decoded: Vec<u8>| decoded.len() >= LENGTH && spells_in(&decoded, depth, named);
    let percent = bytes.contains(&b'%').then(|| percent_decoded(bytes));
    percent.is_some_and(within)
        || words(bytes, |byte| byte.is_ascii_hexdigit())
            .any(|word| (0..2).any(|skip| within(unpacked(word, skip, 4, hex_digit))))
        || words(bytes, |byte| base64_digit(byte).is_some())
            .any(|word| (0..4).any(|skip| within(unpacked(word, skip, 6, base64_digit))))
}

/// Whether the digits of a text, and nothing but its digits, hold the number.
fn has_digits(bytes: &[u8], cpr: &Cpr) -> bool {
    let digits: Vec<u8> = bytes.iter().copied().filter(u8::is_ascii_digit).collect();
    digits.windows(LENGTH).any(|window| std::str::from_utf8(window).is_ok_and(|window| cpr.matches(window)))
}

fn could_name_somebody(bytes: &[u8]) -> bool {
    let is_number = |text: &str| Cpr::parse(text, AcceptedPersons::FictitiousToo).is_ok();
    let hashes = |word: &&[u8]| word.len() >= HASH && word.iter().any(u8::is_ascii_alphabetic);
    let plain = bytes.split(|byte| !byte.is_ascii_hexdigit()).filter(|word| !hashes(word));
    let mut plain = plain.flat_map(|word| word.split(|byte| !byte.is_ascii_digit()));
    let in_two = |pair: &[&[u8]]| match pair {
        [birth, serial] if birth.len() == BIRTH && serial.len() == LENGTH - BIRTH => {
            std::str::from_utf8(&[*birth, *serial].concat()).is_ok_and(is_number)
        }
        _ => false,
    };
    plain.any(|word| std::str::from_utf8(word).is_ok_and(is_number))
        || bytes.split(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b' ')).any(|words| {
            let words: Vec<&[u8]> = words.split(|byte| matches!(byte, b'-' | b' ')).collect();
            words.windows(2).any(in_two)
        })
}

fn words(bytes: &[u8], belongs: fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    bytes.split(move |byte| !belongs(*byte)).filter(|word| word.len() > LENGTH)
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, further)) = rest.split_first() {
        let escaped = match (first, further) {
            (b'%', [high, low, ..]) => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        rest = match escaped {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                further.get(2..).unwrap_or_default()
            }
            None => {
                decoded.push(*first);
                further
            }
        };
    }
    decoded
}

/// The bytes in digits of so many bits each, from some digit on: a word may hold more than the encoded text.
fn unpacked(word: &[u8], skip: usize, bits: u32, digit: fn(u8) -> Option<u8>) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(word.len());
    let (mut pending, mut held) = (0_u32, 0);
    for value in word.iter().skip(skip).filter_map(|byte| digit(*byte)) {
        pending = (pending << bits) | u32::from(value);
        held += bits;
        if held >= 8 {
            held -= 8;
            decoded.extend(u8::try_from((pending >> held) & 0xff));
        }
        pending &= 0xff;
    }
    decoded
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn base64_digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::citizen::AcceptedPersons;

    fn spelled(text: &str) -> bool {
        spells(text, &Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number"))
    }

    #[test]
    fn r61_the_number_is_found_in_every_spelling() {
        for text in [
            "6101010001",
            "610101-0001",
            "x=61/01/01_0001;y",
            "96101010001",
            "610101%2D0001",
            "%36%31%30%31%30%31%30%30%30%31",
            // base64 of the number, of the number with its hyphen, of {"cpr":"6101010001"}, and with a byte before it.
            "NjEwMTAxMDAwMQ==",
            "NjEwMTAxLTAwMDE",
            "eyJjcHIiOiI2MTAxMDEwMDAxIn0",
            "page.eyJjcHIiOiI2MTAxMDEwMDAxIn0.signature",
            "ADYxMDEwMTAwMDE=",
            "xNjEwMTAxMDAwMQ",
            // hexadecimal, and hexadecimal with a digit before it.
            "36313031303130303031",
            "0x36313031303130303031",
            "f36313031303130303031",
            // base64 of base64, and base64 percent-encoded.
            "TmpFd01UQXhNREF3TVE9PQ==",
            "NjEwMTAxMDAwMQ%3D%3D",
        ] {
            assert!(spelled(text), "{text}");
        }
    }

    #[test]
    fn r61_what_could_be_anybodys_number_is_found_and_what_cannot_is_not() {
        for text in [
            "6201010002",
            "620101-0002",
            "620101 0002",
            "page:6201010002;2",
            "page6201010002",
            "x=620101%2D0002",
            "after=%36%32%30%31%30%31%30%30%30%32",
            // base64 of {"cpr":"6201010002"}, and hexadecimal.
            "eyJjcHIiOiI2MjAxMDEwMDAyIn0",
            "36323031303130303032",
        ] {
            assert!(spells_anybody(text), "{text}");
        }
        for text in [
            "",
            "2",
            "620101000",
            "62010100022",
            // No such day or month.
            "9901010002",
            "6113010001",
            // Milliseconds since 1970, a time of day, and a date with one.
            "1764115200123",
            "2026-11-26T12:00:00Z",
            "20261126-1200",
            // A UUID and a hash that hold what would be one, and the tokens of usual sources.
            "ab620101-0002-4c3d-9f39-0c5f4e1f9a42",
            "d0be6201010002c4aa31f0",
            "01J9Z7K6Q2W8",
            "eyJvZmZzZXQiOjIwLCJpZCI6ImExYjIifQ==",
        ] {
            assert!(!spells_anybody(text), "{text}");
        }
    }

    #[test]
    fn other_texts_hold_no_number() {
        for text in ["", "2", "610101000", "6201010002", "NjIwMTAxMDAwMg==", "01J9Z7K6Q2W8", "%", "%6", "%zz", "abc=="]
        {
            assert!(!spelled(text), "{text}");
        }
    }
}
