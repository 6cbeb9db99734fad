//! The file of master keys, one a line: `ID KEY`, the key as 32 bytes in base64. The first seals, all open. It is read
//! again every few seconds, so that keys are exchanged without a restart (requirement R22).

use std::{
    collections::HashSet,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::master_keys::{KeyId, MasterKey, MasterKeys};
use crate::secrets::sha256;

/// Fewest different bytes in a key. 32 random ones have some thirty; a key with so few was not made by chance.
const FEWEST_DIFFERENT_BYTES: usize = 16;

/// Most bytes of a file of master keys.
const LARGEST_FILE: u64 = 64 * 1024;

/// Readings after which an unusable file is told again: a minute at two seconds each.
const TOLD_EVERY: u32 = 30;

/// A file of master keys that is followed.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
    /// Hash of what was read last; `None` if it could not be read.
    last_read: Option<[u8; 32]>,
    /// Hash of what was acted on last.
    acted_on: Option<[u8; 32]>,
    /// Readings since the file was last told to be unusable; `None` while it is usable.
    unusable_for: Option<u32>,
}

impl KeyFile {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// [`KeyFileMistake`].
    pub fn open(path: &Path) -> Result<(Self, MasterKeys), KeyFileMistake> {
        let mut file = Self { path: path.to_owned(), last_read: None, acted_on: None, unusable_for: None };
        let text = file.text()?;
        let keys = parse(&text).map_err(|what| file.mistake(what))?;
        file.last_read = Some(sha256(&text));
        file.acted_on = file.last_read;
        Ok((file, keys))
    }

    /// Reads the file again; `None` unless it has changed. A change counts when two readings agree on it: a file that
    /// is just being written may lack keys, and sessions would end with them.
    ///
    /// # Errors
    /// [`KeyFileMistake`], at once and then every `TOLD_EVERY` readings while it stays so: until the file is mended,
    /// a key that somebody meant to remove still opens sessions.
    pub fn reread(&mut self) -> Result<Option<MasterKeys>, KeyFileMistake> {
        let text = self.text();
        let read = text.as_ref().ok().map(|text| sha256(text));
        let settled = read == self.last_read;
        self.last_read = read;
        let tell_again = self.unusable_for.as_mut().is_some_and(|readings| {
            *readings += 1;
            readings.is_multiple_of(TOLD_EVERY)
        });
        if !settled || (read == self.acted_on && !tell_again) {
            return Ok(None);
        }
        self.acted_on = read;
        let keys = text.and_then(|text| parse(&text).map_err(|what| self.mistake(what)));
        self.unusable_for = if keys.is_ok() { None } else { self.unusable_for.or(Some(0)) };
        keys.map(Some)
    }

    fn text(&self) -> Result<Zeroizing<String>, KeyFileMistake> {
        let unreadable = |error: std::io::Error| self.mistake(format!(" cannot be read: {error}"));
        let file = File::open(&self.path).map_err(unreadable)?;
        // Neither a pipe that never ends nor a device that always has more.
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(self.mistake(" is not a file".to_owned()));
        }
        let mut text = Zeroizing::new(String::with_capacity(4096));
        file.take(LARGEST_FILE).read_to_string(&mut text).map_err(unreadable)?;
        Ok(text)
    }

    fn mistake(&self, what: String) -> KeyFileMistake {
        KeyFileMistake { path: self.path.clone(), what }
    }
}

/// Why a file of master keys is refused. Quotes nothing of a key.
#[derive(Debug, thiserror::Error)]
#[error("{}{what}\n  hint: one `ID KEY` a line; `openssl rand -base64 32` makes a key", path.display())]
pub struct KeyFileMistake {
    path: PathBuf,
    what: String,
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
    use crate::secrets::{random_bytes, random_token};

    fn line(id: &str) -> String {
        format!("{id} {}\n", STANDARD.encode(random_bytes()))
    }

    fn ids(keys: &MasterKeys) -> Vec<&str> {
        keys.iter().map(|key| key.id().as_str()).collect()
    }

    struct File(PathBuf);

    impl File {
        fn new(text: &str) -> Self {
            let file = Self(std::env::temp_dir().join(format!("overblik-keys-{}", random_token())));
            file.write(text);
            file
        }

        fn write(&self, text: &str) {
            std::fs::write(&self.0, text).expect("written");
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            std::fs::remove_file(&self.0).expect("removed");
        }
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

    #[test]
    fn r22_a_change_counts_once_when_two_readings_agree() {
        let (a, b) = (line("a"), line("b"));
        let file = File::new(&a);
        let (mut followed, keys) = KeyFile::open(&file.0).expect("keys");
        assert_eq!(ids(&keys), ["a"]);
        assert!(followed.reread().expect("unchanged").is_none());
        file.write(&b);
        assert!(followed.reread().expect("perhaps half written").is_none());
        file.write(&format!("{b}{a}"));
        assert!(followed.reread().expect("changed again").is_none());
        assert_eq!(ids(&followed.reread().expect("settled").expect("keys")), ["b", "a"]);
        assert!(followed.reread().expect("unchanged").is_none());
    }

    #[test]
    fn r22_a_change_that_cannot_be_used_is_told_once() {
        let a = line("a");
        let file = File::new(&a);
        let (mut followed, _) = KeyFile::open(&file.0).expect("keys");
        file.write("a short");
        assert!(followed.reread().expect("not settled").is_none());
        assert!(followed.reread().expect_err("refused").to_string().contains("32 bytes"));
        assert!(followed.reread().expect("told already").is_none());
        let told = (0..TOLD_EVERY * 2).filter(|_| followed.reread().is_err()).count();
        assert_eq!(told, 2, "and again every minute while it is so");
        file.write(&a);
        assert!(followed.reread().expect("not settled").is_none());
        assert_eq!(ids(&followed.reread().expect("settled").expect("keys")), ["a"]);
        std::fs::remove_file(&file.0).expect("removed");
        assert!(followed.reread().expect("not settled").is_none());
        assert!(followed.reread().expect_err("gone").to_string().contains("cannot be read"));
        assert!(followed.reread().expect("told already").is_none());
        file.write(&a);
        assert!(KeyFile::open(Path::new("no-such-file")).is_err());
    }
}
