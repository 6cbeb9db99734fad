//! What names a record or a blob: SHA-256, of each kind of thing in a domain of its own.

use std::fmt;

use aws_lc_rs::{
    digest::{Context, SHA256},
    rand,
};
use serde::{Deserialize, Serialize};

/// What is digested. The name stands before the bytes, so that one kind of thing is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// The beginning of every history.
    Beginning,
    /// A record, with the digest of the one before it.
    Record,
    /// A bundle or a report.
    Blob,
    /// The beginning of every trail of what was asked about citizens, which the gateway keeps.
    TrailBeginning,
    /// An entry of such a trail, with the digest of the one before it.
    TrailEntry,
}

impl Domain {
    fn name(self) -> &'static str {
        match self {
            Self::Beginning => "overblik/registry/beginning/v1\0",
            Self::Record => "overblik/registry/record/v1\0",
            Self::Blob => "overblik/registry/blob/v1\0",
            Self::TrailBeginning => "overblik/audit/beginning/v1\0",
            Self::TrailEntry => "overblik/audit/entry/v1\0",
        }
    }
}

/// A SHA-256 digest, written as 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// A text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 hexadecimal digits in lower case")]
pub struct NoDigest;

impl Digest {
    /// The digest by which a blob of these bytes is named.
    #[must_use]
    pub fn of_blob(bytes: &[u8]) -> Self {
        Self::of(Domain::Blob, bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The digest of some bytes, as the thing that they are.
    #[must_use]
    pub fn of(domain: Domain, bytes: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(domain.name().as_bytes());
        context.update(bytes);
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        Self(digest)
    }

    /// One of nothing, made by chance; `None` when the operating system gives no randomness.
    #[must_use]
    pub fn by_chance() -> Option<Self> {
        let mut digest = [0; 32];
        rand::fill(&mut digest).ok()?;
        Some(Self(digest))
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`NoDigest`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NoDigest> {
        let mut digest = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return Err(NoDigest);
        }
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = value(*high).ok_or(NoDigest)? << 4 | value(*low).ok_or(NoDigest)?;
        }
        Ok(Self(digest))
    }
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Two numbers rather than 32 bytes: every entry of an audit trail holds two digests, and is hashed with one of them.
        let (halves, _) = self.0.as_chunks::<16>();
        halves.iter().try_for_each(|half| write!(f, "{:032x}", u128::from_be_bytes(*half)))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Digest {
    type Error = NoDigest;

    fn try_from(text: String) -> Result<Self, NoDigest> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_one_spelling() {
        let digest = Digest::of_blob(b"x");
        let text = digest.to_string();
        assert_eq!(Digest::parse(&text), Ok(digest));
        let bytes = std::array::from_fn(|index| u8::try_from(index).expect("small"));
        let counted = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        assert_eq!(Digest(bytes).to_string(), counted, "noughts stand in front too");
        let (shorter, other) =
            (text.chars().skip(1).collect(), text.replace(|digit: char| digit.is_ascii_digit(), "g"));
        for wrong in [text.to_uppercase(), shorter, format!("{text}0"), other] {
            assert_eq!(Digest::parse(&wrong), Err(NoDigest), "{wrong}");
        }
    }

    #[test]
    fn the_same_bytes_are_another_thing_in_another_domain() {
        let all = [Domain::Beginning, Domain::Record, Domain::Blob, Domain::TrailBeginning, Domain::TrailEntry];
        let digests: std::collections::BTreeSet<_> = all.iter().map(|domain| Digest::of(*domain, b"x")).collect();
        assert_eq!(digests.len(), all.len());
    }
}
