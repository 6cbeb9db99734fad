//! Whether a text that a source chose holds the citizen's number, however it is written.

use crate::citizen::Cpr;

/// Encodings inside one another that are looked into: a token in a token, percent-encoded.
const DEEPEST: usize = 3;
/// Digits of a number.
const LENGTH: usize = 10;

/// Whether a text spells a person's number: plain, with anything between the digits, percent-encoded, in hexadecimal,
/// or in either alphabet of base64, also inside one another.
pub(super) fn spells(text: &str, cpr: &Cpr) -> bool {
    spells_in(text.as_bytes(), cpr, DEEPEST)
}

/// Whether the digits of a text, whatever stands between them, hold a person's number.
pub(super) fn holds_number(text: &str, cpr: &Cpr) -> bool {
    has_digits(text.as_bytes(), cpr)
}

fn spells_in(bytes: &[u8], cpr: &Cpr, depth: usize) -> bool {
    if has_digits(bytes, cpr) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    let within = |decoded: Vec<u8>| decoded.len() >= LENGTH && spells_in(&decoded, cpr, depth);
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
    fn other_texts_hold_no_number() {
        for text in ["", "2", "610101000", "6201010002", "NjIwMTAxMDAwMg==", "01J9Z7K6Q2W8", "%", "%6", "%zz", "abc=="]
        {
            assert!(!spelled(text), "{text}");
        }
    }
}
