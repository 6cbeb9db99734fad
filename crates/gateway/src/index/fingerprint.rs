//! What stands for a citizen in an index: a part of a keyed hash of the CPR number.

use std::fmt;

use aws_lc_rs::hmac;
use overblik_connectors::Cpr;
use overblik_registry::IndexId;
use zeroize::Zeroizing;

use crate::session::master_keys::{KeyId, MasterKey};

/// Length of a seal, in bytes.
pub(super) const SEAL: usize = 32;

/// The first 64 bits of a keyed hash. Two citizens of five million have the same in one of a million indexes; then both are
/// asked about if either is in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint(pub(super) u64);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

/// The keys of one index: nobody can tell that two indexes name the same citizen, not even two of one source.
pub(crate) struct IndexKey {
    /// The master key that they were made of.
    pub(super) master: KeyId,
    citizens: hmac::Key,
    seal: hmac::Key,
}

impl IndexKey {
    pub(crate) fn of(master: &MasterKey, source: &str, index: &IndexId) -> Self {
        let key = |what: &[u8]| {
            let bytes = Zeroizing::new(master.hash(&[what, source.as_bytes(), index.as_bytes()]));
            hmac::Key::new(hmac::HMAC_SHA256, bytes.as_slice())
        };
        Self { master: master.id().clone(), citizens: key(b"index-citizens"), seal: key(b"index-seal") }
    }

    /// What stands for a citizen.
    #[expect(clippy::disallowed_methods, reason = "into a keyed hash that is all an index keeps of a citizen")]
    pub(crate) fn fingerprint(&self, cpr: &Cpr) -> Fingerprint {
        let hash = hmac::sign(&self.citizens, cpr.reveal().as_bytes());
        Fingerprint(hash.as_ref().first_chunk().copied().map_or(0, u64::from_be_bytes))
    }

    /// What only whoever has the key can put under something that is kept.
    pub(super) fn seal(&self) -> hmac::Context {
        hmac::Context::with_key(&self.seal)
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexKey({}, ..)", self.master.as_str())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use overblik_connectors::AcceptedPersons;

    use super::*;

    pub(in crate::index) fn citizen(number: &str) -> Cpr {
        Cpr::parse(number, AcceptedPersons::FictitiousToo).expect("a number")
    }

    pub(in crate::index) fn master(byte: u8) -> MasterKey {
        MasterKey::new(KeyId::parse("2026-11").expect("an id"), [byte; 32])
    }

    pub(crate) fn index(digit: &str) -> IndexId {
        IndexId::parse(digit.repeat(32)).expect("a name")
    }

    #[test]
    fn a_citizen_has_one_fingerprint_in_an_index_and_others_in_every_other() {
        let of = |master: &MasterKey, source: &str, id: &str| {
            IndexKey::of(master, source, &index(id)).fingerprint(&citizen("6101010001"))
        };
        let fingerprint = of(&master(1), "library", "a");
        assert_eq!(fingerprint, of(&master(1), "library", "a"));
        for other in [of(&master(2), "library", "a"), of(&master(1), "daycare", "a"), of(&master(1), "library", "b")] {
            assert_ne!(fingerprint, other);
        }
        let key = IndexKey::of(&master(1), "library", &index("a"));
        assert_ne!(key.fingerprint(&citizen("6101010002")), fingerprint);
        assert_eq!(key.fingerprint(&citizen("610101-0001")), fingerprint);
        assert_eq!(format!("{fingerprint:?} {key:?}"), "Fingerprint(..) IndexKey(2026-11, ..)");
    }
}
