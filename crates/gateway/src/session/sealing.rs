//! Sealing of what the store keeps: a record opens only with a master key *and* the half of its key that nobody but the
//! citizen's browser holds (requirement R19). A copy of the store is noise, and a cookie alone opens nothing.
//!
//! ```text
//! record key = HMAC-SHA256(master key, purpose ‖ id)                            what the store finds a record by
//! data key   = HKDF-SHA256(master key, salt = half, info = purpose ‖ id)        never kept
//! record     = nonce ‖ AES-256-GCM(data key, nonce, contents, bound = version ‖ key id ‖ purpose ‖ record key ‖ facts)
//! ```
//! Facts are what the store must know itself and so keeps in clear beside the record, such as when it ends: changed
//! facts open nothing either. Every data key is of one record, so that random nonces cannot meet.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
    hkdf,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{master_keys::MasterKey, section_seal::SectionSeal};
use crate::secrets::{random_bytes, without_randomness};

/// Version of the construction above and of the contents' form. Records of another version open nothing.
const VERSION: &[u8] = b"overblik-1";

/// What a record is for. A record of one purpose opens nothing in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A session.
    Session,
    /// A login that was begun.
    LoginAttempt,
    /// The sections that are kept for a session or an access token.
    Section,
    /// What those are found by.
    SectionName,
    /// A ticket inside a token that leaves a portal's server.
    WrappedTicket,
    /// The ticket of a connected frame's session on its way from a window of ours to the frame.
    ConnectCode,
    /// The session of somebody who works at the console.
    ConsoleSession,
}

impl Purpose {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Session => b"session",
            Self::LoginAttempt => b"login-attempt",
            Self::Section => b"section",
            Self::SectionName => b"section-name",
            Self::WrappedTicket => b"wrapped-ticket",
            Self::ConnectCode => b"connect-code",
            Self::ConsoleSession => b"console-session",
        }
    }
}

/// What finds a record, for whoever has the master key, and does not open it.
pub struct TicketId(Zeroizing<[u8; 32]>);

impl TicketId {
    /// Reads what [`TicketId::reveal`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// As 43 characters for a cookie.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }
}

impl fmt::Debug for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketId(..)")
    }
}

/// What a browser holds of a record: its id, and one half of its key.
pub struct Ticket {
    id: TicketId,
    half: Zeroizing<[u8; 32]>,
}

impl Ticket {
    /// A fresh one: 512 random bits.
    #[must_use]
    pub fn random() -> Self {
        Self::of(random_bytes(), random_bytes())
    }

    /// One whose parts the browser holds in another form.
    #[must_use]
    pub fn of(id: [u8; 32], half: [u8; 32]) -> Self {
        Self { id: TicketId(Zeroizing::new(id)), half: Zeroizing::new(half) }
    }

    /// Its id alone.
    #[must_use]
    pub fn id(&self) -> &TicketId {
        &self.id
    }

    /// Reads a cookie's value: exactly 86 characters of base64url, in the one spelling that [`Ticket::reveal`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        let (id, half) = bytes.split_first_chunk::<32>()?;
        Some(Self::of(*id, half.try_into().ok()?))
    }

    /// The cookie's value.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([*self.id.0, *self.half].concat());
        Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

/// A record that its ticket, key and facts do not open: damaged, exchanged, or of another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record does not open")]
pub struct DoesNotOpen;

impl From<Unspecified> for DoesNotOpen {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl MasterKey {
    /// What the store finds a ticket's record by, when it was sealed under this key. Neither can be found from the other.
    #[must_use]
    pub fn record_key(&self, purpose: Purpose, id: &TicketId) -> [u8; 32] {
        self.hash(&[purpose.name(), id.0.as_slice()])
    }

    /// Seals a record's contents. Without randomness, the one thing by which it could fail, the process ends.
    #[must_use]
    pub fn seal(
        &self,
        purpose: Purpose,
        ticket: &Ticket,
        facts: &[&[u8]],
        mut contents: Zeroizing<Vec<u8>>,
    ) -> Vec<u8> {
        let bound = self.bound(purpose, ticket, facts);
        let nonce = self
            .data_key(purpose, ticket)
            .and_then(|key| key.seal_in_place_append_tag(Aad::from(bound), &mut *contents))
            .unwrap_or_else(|_unspecified| without_randomness());
        [nonce.as_ref().as_slice(), contents.as_slice()].concat()
    }

    /// Opens a record.
    ///
    /// # Errors
    /// [`DoesNotOpen`] when anything differs from what was sealed.
    pub fn open(
        &self,
        purpose: Purpose,
        ticket: &Ticket,
        facts: &[&[u8]],
        record: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (nonce, sealed) = record.split_first_chunk::<NONCE_LEN>().ok_or(DoesNotOpen)?;
        let mut contents = Zeroizing::new(sealed.to_vec());
        let bound = Aad::from(self.bound(purpose, ticket, facts));
        let key = self.data_key(purpose, ticket)?;
        let length = key.open_in_place(Nonce::assume_unique_for_key(*nonce), bound, &mut contents)?.len();
        contents.truncate(length);
        Ok(contents)
    }

    /// What seals and opens the sections that are kept for whoever holds a ticket.
    ///
    /// # Panics
    /// Never: HKDF gives more than 256 bits.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a key's length is known, and HKDF gives more")]
    pub fn section_seal(&self, ticket: &Ticket) -> SectionSeal {
        let key = |purpose| self.derived(purpose, ticket).expect("HKDF gives 256 bits");
        SectionSeal::new(key(Purpose::Section), key(Purpose::SectionName))
    }

    fn data_key(&self, purpose: Purpose, ticket: &Ticket) -> Result<RandomizedNonceKey, Unspecified> {
        RandomizedNonceKey::new(&AES_256_GCM, self.derived(purpose, ticket)?.as_slice())
    }

    fn derived(&self, purpose: Purpose, ticket: &Ticket) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
        let mut key = Zeroizing::new([0; 32]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, ticket.half.as_slice())
            .extract(self.bytes())
            .expand(&[&joined(&[purpose.name(), ticket.id.0.as_slice()])], &AES_256_GCM)?
            .fill(key.as_mut_slice())?;
        Ok(key)
    }

    fn bound(&self, purpose: Purpose, ticket: &Ticket, facts: &[&[u8]]) -> Vec<u8> {
        let record_key = self.record_key(purpose, &ticket.id);
        let place = joined(&[VERSION, self.id().as_str().as_bytes(), purpose.name(), &record_key]);
        [place, joined(facts)].concat()
    }
}

/// Each part behind its length, so that ("ab", "c") and ("a", "bc") stay apart.
pub(super) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::master_keys::KeyId;

    const CONTENTS: &[u8] = b"who is logged in";
    const FACTS: &[&[u8]] = &[b"citizen", b"end"];

    fn key(id: &str, byte: u8) -> MasterKey {
        MasterKey::new(KeyId::parse(id).expect("an id"), [byte; 32])
    }

    fn sealed(key: &MasterKey, ticket: &Ticket) -> Vec<u8> {
        key.seal(Purpose::Session, ticket, FACTS, Zeroizing::new(CONTENTS.to_vec()))
    }

    #[test]
    fn r19_a_record_opens_with_its_master_key_and_its_ticket() {
        let (key, ticket) = (key("a", 1), Ticket::random());
        let record = sealed(&key, &ticket);
        let opened = key.open(Purpose::Session, &ticket, FACTS, &record).expect("opens");
        assert_eq!(opened.as_slice(), CONTENTS);
        assert!(!record.windows(4).any(|window| CONTENTS.windows(4).any(|clear| clear == window)));
        assert_ne!(record, sealed(&key, &ticket), "a nonce of its own each time");
    }

    #[test]
    fn r19_neither_cookie_nor_store_nor_half_of_either_opens_anything() {
        let (right, ticket) = (key("a", 1), Ticket::random());
        let record = sealed(&right, &ticket);
        let open =
            |key: &MasterKey, ticket: &Ticket, purpose, facts: &[&[u8]]| key.open(purpose, ticket, facts, &record);
        let session = Purpose::Session;
        assert_eq!(open(&key("a", 2), &ticket, session, FACTS), Err(DoesNotOpen), "another master key");
        assert_eq!(open(&key("b", 1), &ticket, session, FACTS), Err(DoesNotOpen), "another key id");
        let half = Ticket::of(*ticket.id.0, random_bytes());
        assert_eq!(open(&right, &half, session, FACTS), Err(DoesNotOpen), "the id without its half");
        let id = Ticket::of(random_bytes(), *ticket.half);
        assert_eq!(open(&right, &id, session, FACTS), Err(DoesNotOpen), "the half without its id");
        assert_eq!(open(&right, &ticket, Purpose::LoginAttempt, FACTS), Err(DoesNotOpen), "another purpose");
        let others: [&[&[u8]]; 5] =
            [&[], &[b"citizen"], &[b"citizene", b"nd"], &[b"citizen", b"end", b""], &[b"other", b"end"]];
        for facts in others {
            assert_eq!(open(&right, &ticket, session, facts), Err(DoesNotOpen), "{facts:?}");
        }
        assert!(open(&right, &ticket, session, FACTS).is_ok(), "the control");
    }

    #[test]
    fn r19_no_damaged_record_opens() {
        let (key, ticket) = (key("a", 1), Ticket::random());
        let record = sealed(&key, &ticket);
        let opens = |record: &[u8]| key.open(Purpose::Session, &ticket, FACTS, record).is_ok();
        for bit in 0..record.len() * 8 {
            let mut damaged = record.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(!opens(&damaged), "bit {bit}");
        }
        for length in 0..record.len() {
            assert!(!opens(&record[..length]), "the first {length} bytes");
        }
        assert!(!opens(&[record.as_slice(), b"\0"].concat()));
        assert!(!opens(&sealed(&key, &Ticket::random())), "the record of another ticket");
        assert!(opens(&record), "the control");
    }

    #[test]
    fn r19_the_store_s_key_says_nothing_about_the_cookie() {
        let ticket = Ticket::random();
        let keys: Vec<_> = [key("a", 1), key("a", 2)]
            .iter()
            .flat_map(|key| {
                [Purpose::Session, Purpose::LoginAttempt].map(|purpose| key.record_key(purpose, ticket.id()))
            })
            .collect();
        assert!(keys.iter().enumerate().all(|(at, key)| !keys[..at].contains(key)), "all differ");
        assert!(!keys.contains(&ticket.id.0) && !keys.contains(&ticket.half));
        let sibling = Ticket::of(*ticket.id.0, random_bytes());
        assert_eq!(key("a", 1).record_key(Purpose::Session, sibling.id()), keys[0], "the id alone finds the record");
    }

    #[test]
    fn r38_a_ticket_has_one_spelling() {
        let ticket = Ticket::random();
        let text = ticket.reveal();
        assert_eq!(text.len(), 86);
        assert_eq!(*Ticket::parse(&text).expect("a ticket").reveal(), *text);
        let (begin, _) = text.split_at(85);
        // Two bits of the last character count; the others must be zero.
        let spellings = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars();
        assert_eq!(spellings.filter(|last| Ticket::parse(&format!("{begin}{last}")).is_some()).count(), 4);
        for wrong in ["", begin, &format!("{}A", *text), &format!("{}==", *text), &format!("{begin}+")] {
            assert!(Ticket::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{ticket:?}"), "Ticket(..)");
    }
}
