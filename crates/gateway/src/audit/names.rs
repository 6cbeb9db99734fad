//! What stands for a citizen in the trail, and what only whoever holds the audit keys can put under a head of it: keyed hashes
//! under keys of the trail's own, which outlive sessions and the keys of sessions.
//!
//! The CPR number is what is hashed, not a provider's name for the citizen: apps, portals and another provider of tomorrow may
//! know the same person under other names, and the log is the person's (decision 50). Without the key nothing of it can be
//! found out; with it, all ten digits can be tried, so that the key is worth as much as a list of names.

use std::fmt;

use overblik_connectors::Cpr;
use overblik_registry::{Digest, Head};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::session::master_keys::{KeyId, KeyRing, MasterKey, MasterKeys};

/// What stands for a citizen, with the id of the key that made it, written `2026-11:0123…`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CitizenName {
    key: KeyId,
    hash: [u8; 16],
}

/// A text is no name of a citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a citizen is named by a key's id, a colon and 32 hexadecimal digits in lower case")]
pub struct NoCitizenName;

impl CitizenName {
    /// What finds it in an index: two citizens of a country share it by chance of one to a million.
    pub(super) fn prefix(&self) -> u64 {
        self.hash.first_chunk().copied().map_or(0, u64::from_be_bytes)
    }

    /// The hash as text.
    pub(super) fn hex(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.hash))
    }
}

impl From<CitizenName> for String {
    fn from(name: CitizenName) -> Self {
        format!("{}:{}", name.key.as_str(), name.hex())
    }
}

impl TryFrom<String> for CitizenName {
    type Error = NoCitizenName;

    fn try_from(text: String) -> Result<Self, NoCitizenName> {
        let (key, hex) = text.split_once(':').ok_or(NoCitizenName)?;
        let is_hex = hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let hash = u128::from_str_radix(hex, 16).ok().filter(|_| is_hex).ok_or(NoCitizenName)?;
        Ok(Self { key: KeyId::parse(key).ok_or(NoCitizenName)?, hash: hash.to_be_bytes() })
    }
}

impl fmt::Debug for CitizenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenName(..)")
    }
}

/// What a mark stands for: one is never taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkOf {
    /// So far the trail had come.
    Head,
    /// What came before, and this entry too, was deleted when its time was over.
    Anchor,
    /// So far an export goes.
    Export,
}

impl MarkOf {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Head => b"head",
            Self::Anchor => b"anchor",
            Self::Export => b"export",
        }
    }
}

/// A place in a trail under a keyed hash: whoever has no key can make none that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What it says.
    pub of: MarkOf,
    /// Which trail.
    pub chain: Digest,
    /// The entry.
    pub at: Head,
    /// What a part holds that ends here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PartOf>,
    /// The key.
    pub key: String,
    /// The keyed hash of all that.
    pub proof: Digest,
}

/// What a part of a trail holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartOf {
    /// What its first entry follows.
    pub behind: Head,
    /// Entries that stand in it with their contents.
    pub entries: u64,
}

/// Why a mark proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProof {
    /// Its key is not in the ring.
    #[error("names key {0}, which is not in audit.key_file: keys stay there for as long as what they marked")]
    KeyMissing(String),
    /// It was not made with the key that it names.
    #[error("was not made with the key that it names: somebody without the key wrote it, or changed it")]
    Forged,
}

/// The audit keys.
#[derive(Debug)]
pub struct AuditKeys(KeyRing);

impl AuditKeys {
    /// These keys: the first names citizens, all find them.
    #[must_use]
    pub fn new(keys: MasterKeys) -> Self {
        Self(KeyRing::new(keys))
    }

    /// Exchanges them; the ids of those that are gone.
    pub(super) fn exchange(&self, keys: MasterKeys) -> Vec<KeyId> {
        self.0.exchange(keys)
    }

    /// What stands for a citizen from now on.
    #[must_use]
    pub fn name(&self, citizen: &Cpr) -> CitizenName {
        name(self.0.keys().first(), citizen)
    }

    /// What stands or stood for a citizen, under every key that is there.
    #[must_use]
    pub fn names(&self, citizen: &Cpr) -> Vec<CitizenName> {
        self.0.keys().iter().map(|key| name(key, citizen)).collect()
    }

    pub(super) fn mark(&self, of: MarkOf, chain: Digest, at: Head) -> Option<Mark> {
        self.made(of, chain, at, None)
    }

    /// The mark at the end of an export.
    pub(super) fn mark_of_part(&self, chain: Digest, at: Head, part: PartOf) -> Option<Mark> {
        self.made(MarkOf::Export, chain, at, Some(part))
    }

    fn made(&self, of: MarkOf, chain: Digest, at: Head, part: Option<PartOf>) -> Option<Mark> {
        let keys = self.0.keys();
        let key = keys.first();
        Some(Mark { of, chain, at, part, key: key.id().as_str().to_owned(), proof: proof(key, of, chain, at, part)? })
    }

    /// Whether a mark was made by whoever has the key.
    ///
    /// # Errors
    /// [`NoProof`].
    pub fn prove(&self, mark: &Mark) -> Result<(), NoProof> {
        let keys = self.0.keys();
        let key = keys.iter().find(|key| key.id().as_str() == mark.key);
        let key = key.ok_or_else(|| NoProof::KeyMissing(mark.key.clone()))?;
        let expected = proof(key, mark.of, mark.chain, mark.at, mark.part).ok_or(NoProof::Forged)?;
        let is_ours = expected.bytes().ct_eq(&mark.proof.bytes());
        if bool::from(is_ours) { Ok(()) } else { Err(NoProof::Forged) }
    }
}

#[expect(clippy::disallowed_methods, reason = "into a keyed hash that is all the trail keeps of a citizen")]
fn name(key: &MasterKey, citizen: &Cpr) -> CitizenName {
    let hash = key.hash(&[b"audit-citizen", citizen.reveal().as_bytes()]);
    CitizenName { key: key.id().clone(), hash: hash.first_chunk().copied().unwrap_or_default() }
}

fn proof(key: &MasterKey, of: MarkOf, chain: Digest, at: Head, part: Option<PartOf>) -> Option<Digest> {
    let (chain, number, hash) = (chain.bytes(), at.number.to_be_bytes(), at.hash.bytes());
    let part = part.map(|PartOf { behind, entries }| {
        [&behind.number.to_be_bytes()[..], &behind.hash.bytes(), &entries.to_be_bytes()].concat()
    });
    let parts: [&[u8]; 5] = [b"audit-mark", of.name(), &chain, &number, &hash];
    let parts: Vec<&[u8]> = parts.into_iter().chain(part.as_deref()).collect();
    let hash = key.hash(&parts);
    let ([high, low], []) = hash.as_chunks::<16>() else { return None };
    let text = format!("{:032x}{:032x}", u128::from_be_bytes(*high), u128::from_be_bytes(*low));
    Digest::parse(&text).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use overblik_connectors::AcceptedPersons;
    use overblik_registry::Domain;

    use super::*;

    pub(in crate::audit) fn citizen(number: &str) -> Cpr {
        Cpr::parse(number, AcceptedPersons::FictitiousToo).expect("a number")
    }

    pub(in crate::audit) fn key(id: &str, byte: u8) -> MasterKey {
        MasterKey::new(KeyId::parse(id).expect("an id"), [byte; 32])
    }

    pub(in crate::audit) fn keys(byte: u8) -> AuditKeys {
        AuditKeys::new(MasterKeys::new(key("one", byte), Vec::new()))
    }

    #[test]
    fn r59_a_name_is_a_keyed_hash_and_tells_keys_and_citizens_apart() {
        let (signe, gert) = (citizen("6101010001"), citizen("6101010002"));
        let name = keys(1).name(&signe);
        assert_eq!(name, keys(1).name(&citizen("610101-0001")));
        assert_ne!(name, keys(1).name(&gert));
        assert_ne!(name, keys(2).name(&signe), "nobody without the key makes it");
        let plain = Digest::of(Domain::Blob, b"6101010001").to_string();
        assert!(!plain.starts_with(&name.hex()));
        let text = String::from(name.clone());
        assert!(text.starts_with("one:") && text.len() == 36, "{text}");
        assert_eq!(CitizenName::try_from(text.clone()), Ok(name.clone()));
        for wrong in ["", "one", "one:", &text.to_uppercase(), &format!("{text}0"), &text.replace("one:", "a/b:")] {
            assert_eq!(CitizenName::try_from(wrong.to_owned()), Err(NoCitizenName), "{wrong}");
        }
        assert_eq!(format!("{name:?}"), "CitizenName(..)");
    }

    #[test]
    fn names_of_former_keys_are_found_for_as_long_as_the_keys_are_there() {
        let signe = citizen("6101010001");
        let ring = AuditKeys::new(MasterKeys::new(key("old", 1), Vec::new()));
        let old = ring.name(&signe);
        ring.exchange(MasterKeys::new(key("new", 2), vec![key("old", 1)]));
        let names = ring.names(&signe);
        assert_eq!(names, [ring.name(&signe), old.clone()]);
        ring.exchange(MasterKeys::new(key("new", 2), Vec::new()));
        assert!(!ring.names(&signe).contains(&old));
    }

    #[test]
    fn r63_a_mark_counts_only_if_the_key_made_it_for_this_place_and_nothing_else() {
        let (ours, theirs) = (keys(1), keys(2));
        let chain = Digest::of(Domain::Blob, b"chain");
        let at = Head { number: 7, hash: Digest::of(Domain::Blob, b"seven") };
        let mark = ours.mark(MarkOf::Head, chain, at).expect("a mark");
        assert_eq!(ours.prove(&mark), Ok(()));
        assert_eq!(theirs.prove(&mark), Err(NoProof::Forged));
        for changed in [
            Mark { of: MarkOf::Anchor, ..mark.clone() },
            Mark { chain: at.hash, ..mark.clone() },
            Mark { at: Head { number: 6, ..at }, ..mark.clone() },
            Mark { at: Head { hash: chain, ..at }, ..mark.clone() },
            Mark { part: Some(PartOf { behind: at, entries: 1 }), ..mark.clone() },
        ] {
            assert_eq!(ours.prove(&changed), Err(NoProof::Forged), "{changed:?}");
        }
        let unknown = Mark { key: "gone".into(), ..mark };
        assert_eq!(ours.prove(&unknown), Err(NoProof::KeyMissing("gone".into())));
    }
}
