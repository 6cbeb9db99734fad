//! Sealing of the sections that are kept for a citizen's next view (requirements R19 and R51). What seals and opens them is
//! made of the same two halves as what opens the session: a master key, and what only the citizen's cookie or the app's
//! access token holds. A copy of the store is noise.
//!
//! ```text
//! data key, name key = HKDF-SHA256(master key, salt = half, info = purpose ‖ id)     of one session or token, never kept
//! name   = HMAC-SHA256(name key, all that the section depends on)                    what the store finds it by
//! sealed = nonce ‖ AES-256-GCM(data key, nonce, contents, bound = version ‖ name)
//! ```
//! So a section opens in no other session, and in its own under no other name: not for another subject, at another level,
//! in another language, nor as another source's. One session writes far fewer sections than random nonces bear.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use bytes::Bytes;
use zeroize::Zeroizing;

use super::sealing::{DoesNotOpen, joined};
use crate::secrets::without_randomness;

/// Version of the construction above. Sections of another version open nothing.
const VERSION: &[u8] = b"overblik-section-1";

/// What a store knows a kept section by, within its session: a keyed hash of all that the section depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SectionName(pub(crate) [u8; 32]);

impl fmt::Debug for SectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SectionName(..)")
    }
}

/// What names, seals and opens the sections of one session or one access token.
pub struct SectionSeal {
    data: Zeroizing<[u8; 32]>,
    names: Zeroizing<[u8; 32]>,
}

impl SectionSeal {
    pub(super) fn new(data: Zeroizing<[u8; 32]>, names: Zeroizing<[u8; 32]>) -> Self {
        Self { data, names }
    }

    /// Its keys, for sections that all depend on this.
    ///
    /// # Panics
    /// Never: 256 bits are a key.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a key's length is known")]
    pub fn keys(&self, depending_on: &[&[u8]]) -> SectionKeys {
        let mut names = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, self.names.as_slice()));
        names.update(&joined(depending_on));
        let data = RandomizedNonceKey::new(&AES_256_GCM, self.data.as_slice()).expect("256 bits are a key");
        SectionKeys { data, names }
    }
}

impl fmt::Debug for SectionSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SectionSeal(..)")
    }
}

/// The keys of one view's sections.
pub struct SectionKeys {
    data: RandomizedNonceKey,
    /// Fed with what all of them depend on.
    names: hmac::Context,
}

impl SectionKeys {
    /// The name of the section that depends on this besides.
    #[must_use]
    pub fn name(&self, depending_on: &[&[u8]]) -> SectionName {
        let mut names = self.names.clone();
        names.update(&joined(depending_on));
        let mut name = [0; 32];
        name.copy_from_slice(names.sign().as_ref());
        SectionName(name)
    }

    /// Seals a section under its name. Without randomness, the one thing by which that could fail, the process ends.
    #[must_use]
    pub fn seal(&self, name: &SectionName, mut contents: Vec<u8>) -> Bytes {
        let nonce = self
            .data
            .seal_in_place_append_tag(Aad::from(bound(name)), &mut contents)
            .unwrap_or_else(|_unspecified| without_randomness());
        [nonce.as_ref().as_slice(), &contents].concat().into()
    }

    /// Opens what was sealed under a name.
    ///
    /// # Errors
    /// [`DoesNotOpen`] when anything differs from what was sealed.
    pub fn open(&self, name: &SectionName, sealed: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
        let mut contents = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.data.open_in_place(nonce, Aad::from(bound(name)), &mut contents)?.len();
        contents.truncate(length);
        Ok(contents)
    }
}

impl fmt::Debug for SectionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SectionKeys(..)")
    }
}

fn bound(name: &SectionName) -> Vec<u8> {
    [VERSION, &name.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{
        master_keys::{KeyId, MasterKey},
        sealing::Ticket,
    };

    fn master(byte: u8) -> MasterKey {
        MasterKey::new(KeyId::parse("a").expect("an id"), [byte; 32])
    }

    fn keys(master: &MasterKey, ticket: &Ticket, scope: &[&[u8]]) -> SectionKeys {
        master.section_seal(ticket).keys(scope)
    }

    const SCOPE: &[&[u8]] = &[b"citizen", b"da"];

    #[test]
    fn r51_a_section_opens_under_its_own_name_and_in_its_own_session_only() {
        let (master, ticket) = (self::master(1), Ticket::random());
        let own = keys(&master, &ticket, SCOPE);
        let name = own.name(&[b"library", b"1.0.0"]);
        let sealed = own.seal(&name, b"a loan".to_vec());
        assert_eq!(own.open(&name, &sealed).expect("opens"), b"a loan");
        assert!(!sealed.windows(6).any(|bytes| bytes == b"a loan"), "noise");
        assert_ne!(own.seal(&name, b"a loan".to_vec()), sealed, "each time another nonce");
        for other in [own.name(&[b"library", b"1.0.1"]), own.name(&[b"libr", b"ary1.0.0"]), SectionName([0; 32])] {
            assert!(own.open(&other, &sealed).is_err(), "another name");
        }
        let strangers = [keys(&master, &Ticket::random(), SCOPE), keys(&self::master(2), &ticket, SCOPE)];
        for stranger in strangers {
            let theirs = stranger.name(&[b"library", b"1.0.0"]);
            assert!(theirs != name, "names tell sessions apart");
            assert!(stranger.open(&name, &sealed).is_err() && stranger.open(&theirs, &sealed).is_err());
        }
        let in_english = keys(&master, &ticket, &[b"citizen", b"en"]);
        assert!(in_english.name(&[b"library", b"1.0.0"]) != name);
    }

    #[test]
    fn r19_neither_half_of_the_ticket_opens_a_section() {
        let (master, id, half) = (self::master(1), [1; 32], [2; 32]);
        let own = keys(&master, &Ticket::of(id, half), SCOPE);
        let name = own.name(&[b"library"]);
        let sealed = own.seal(&name, b"a loan".to_vec());
        for ticket in [Ticket::of(id, [3; 32]), Ticket::of([3; 32], half)] {
            assert!(keys(&master, &ticket, SCOPE).open(&name, &sealed).is_err());
        }
        assert!(keys(&master, &Ticket::of(id, half), SCOPE).open(&name, &sealed).is_ok(), "the control");
    }

    #[test]
    fn r19_no_damaged_section_opens() {
        let own = keys(&master(1), &Ticket::random(), SCOPE);
        let name = own.name(&[b"library"]);
        let sealed = own.seal(&name, b"a loan".to_vec());
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(own.open(&name, &damaged).is_err(), "bit {bit}");
        }
        assert!((0..sealed.len()).all(|length| own.open(&name, &sealed[..length]).is_err()));
        assert!(own.open(&name, &sealed).is_ok(), "the control");
    }
}
