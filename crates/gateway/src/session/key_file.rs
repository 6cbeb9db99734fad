//! The file of master keys, one a line: `ID KEY`, the key as 32 bytes in base64. The first seals, all open. It is read
//! again every few seconds, so that keys are exchanged without a restart (requirement R22).

use std::{collections::HashSet, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::master_keys::{KeyId, MasterKey, MasterKeys};
use crate::followed_file::{FileMistake, FollowedFile};

/// Fewest different bytes in a key. 32 random ones have some thirty; a key with so few was not made by chance.
const FEWEST_DIFFERENT_BYTES: usize = 16;

const HINT: &str = "one `ID KEY` a line; `openssl rand -base64 32` makes a key";

/// A file of master keys that is followed. A key that somebody meant to remove still opens sessions as long as the file
/// cannot be used.
pub type KeyFile = FollowedFile<MasterKeys>;

/// Reads a file of master keys for the first time.
///
/// # Errors
/// [`FileMistake`], which quotes nothing of a key.
pub fn open(path: &Path) -> Result<(KeyFile, MasterKeys), FileMistake> {
    KeyFile::open(path, parse, HINT)
}

fn parse(text: &str) -> Result<MasterKeys, String> {
    let mut keys: Vec<MasterKey> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = |what: &str| format!(":{}: {what}", index + 1);
        let (id, value) = match words.as_slice() {
            [] => continue,
            [comment, ..] if comment.starts_with('#') => continue,
            [id, value] => (KeyId::parse(id), Zeroizing::new(STANDARD.decode(value).unwrap_or_default())),
            _ => return Err(at("is not an id and a key")),
        };
        let id = id.ok_or_else(|| at("the id must be 1 to 32 letters, digits, '-', '_' or '.'"))?;
        let bytes: [u8; 32] = value.as_slice().try_into().map_err(|_| at("the key must be 32 bytes in base64"))?;
        if is_made_by_hand(&bytes) {
            return Err(at("the key is not random"));
        }
        if keys.iter().any(|key| *key.id() == id) {
            return Err(at("another key has this id"));
        }
        if keys.iter().any(|key| key.bytes() == bytes) {
            return Err(at("another id has this key"));
        }
        keys.push(MasterKey::new(id, bytes));
    }
    let mut keys = keys.into_iter();
    let first = keys.next().ok_or_else(|| " holds no key".to_owned())?;
    Ok(MasterKeys::new(first, keys.collect()))
}

/// Zeros, counted bytes, a typed text: what examples and defaults are made of. A random key is none of them but once in
/// more than 10^13 times.
fn is_made_by_hand(key: &[u8; 32]) -> bool {
    let different = key.iter().collect::<HashSet<_>>().len();
    let counted = key.windows(2).all(|pair| matches!(pair, [a, b] if b.wrapping_sub(*a) == 1));
    different < FEWEST_DIFFERENT_BYTES || counted || key.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::random_bytes;

    fn line(id: &str) -> String {
        format!("{id} {}\n", STANDARD.encode(random_bytes()))
    }

    fn ids(keys: &MasterKeys) -> Vec<&str> {
        keys.iter().map(|key| key.id().as_str()).collect()
    }

    #[test]
    fn r22_keys_are_read_in_their_order_among_comments() {
        let keys = parse(&format!("# ours\n\n{}  {}", line("2026-11"), line("2026-10"))).expect("keys");
        assert_eq!(ids(&keys), ["2026-11", "2026-10"]);
    }

    #[test]
    fn r75_weak_and_repeated_keys_are_refused_and_never_quoted() {
        let key = STANDARD.encode(random_bytes());
        let counted: Vec<u8> = (7..39).collect();
        let cases = [
            ("", " holds no key"),
            ("# a comment only", " holds no key"),
            ("a", ":1: is not an id and a key"),
            ("a b c", ":1: is not an id and a key"),
            (&format!("a/b {key}"), ":1: the id"),
            (&format!("{} {key}", "a".repeat(33)), ":1: the id"),
            (&format!("a {}", STANDARD.encode([7; 31])), ":1: the key must be 32 bytes"),
            (&format!("a {}", STANDARD.encode([7; 33])), ":1: the key must be 32 bytes"),
            (&format!("a {}", &key.trim_end_matches('=')), ":1: the key must be 32 bytes"),
            ("a not*base64", ":1: the key must be 32 bytes"),
            (&format!("a {}", STANDARD.encode([0; 32])), ":1: the key is not random"),
            (&format!("a {}", STANDARD.encode(&counted)), ":1: the key is not random"),
            (&format!("a {}", STANDARD.encode("change-me-before-production-1234")), ":1: the key is not random"),
            (&format!("a {key}\n{}", line("a")), ":2: another key has this id"),
            (&format!("a {key}\nb {key}"), ":2: another id has this key"),
        ];
        for (text, expected) in cases {
            let mistake = parse(text).expect_err(text);
            assert!(mistake.starts_with(expected), "{text}: {mistake}");
            assert!(!mistake.contains(&key), "{mistake}");
        }
    }
}
