//! The ticket of somebody who waits to log in: when they came, under a keyed hash, so that it counts at every instance
//! and nobody writes themselves an earlier one. It says nothing about anybody, and lets one login in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use super::waiting_room::Arrival;
use crate::{secrets::random_bytes, session::master_keys::MasterKeys};

/// How long a ticket counts: longer and somebody could gather tickets for another day.
pub(crate) const COUNTS: SignedDuration = SignedDuration::from_hours(1);

/// How much instances' clocks may differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(30);

const SIGNATURE: usize = 16;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitingTicket(Arrival);

impl WaitingTicket {
    /// One for somebody who comes now.
    pub(crate) fn new(now: Timestamp) -> Self {
        let chance = random_bytes().iter().take(8).fold(0, |chance, byte| (chance << 8) | u64::from(*byte));
        Self(Arrival { at_ms: now.as_millisecond(), chance })
    }

    pub(crate) fn arrival(self) -> Arrival {
        self.0
    }

    /// How long its bearer has waited.
    pub(crate) fn waited(self, now: Timestamp) -> SignedDuration {
        SignedDuration::from_millis(now.as_millisecond().saturating_sub(self.0.at_ms).max(0))
    }

    /// What it is known by once it has been used.
    pub(crate) fn mark(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (at, chance) = bytes.split_at_mut(8);
        at.copy_from_slice(&self.0.at_ms.to_be_bytes());
        chance.copy_from_slice(&self.0.chance.to_be_bytes());
        bytes
    }

    /// The cookie's value: 43 characters.
    pub(crate) fn sign(self, keys: &MasterKeys) -> String {
        URL_SAFE_NO_PAD.encode([self.mark(), self.signature(keys.first())].concat())
    }

    /// Reads a cookie's value. `None` when no key of ours signed it, or it counts no longer, or not yet.
    pub(crate) fn read(text: &str, keys: &MasterKeys, now: Timestamp) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (chance, signature) = rest.split_first_chunk::<8>()?;
        let ticket = Self(Arrival { at_ms: i64::from_be_bytes(*at), chance: u64::from_be_bytes(*chance) });
        let is_ours = keys.iter().any(|key| bool::from(ticket.signature(key).as_slice().ct_eq(signature)));
        let came = Timestamp::from_millisecond(ticket.0.at_ms).ok().filter(|_| is_ours)?;
        let age = now.duration_since(came);
        (-CLOCKS_DIFFER..COUNTS).contains(&age).then_some(ticket)
    }

    fn signature(self, key: &crate::session::master_keys::MasterKey) -> [u8; SIGNATURE] {
        let mut short = [0; SIGNATURE];
        short.iter_mut().zip(key.hash(&[b"waiting-ticket", &self.mark()])).for_each(|(to, from)| *to = from);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::master_keys::{KeyId, MasterKey};

    fn key(id: &str, byte: u8) -> MasterKey {
        MasterKey::new(KeyId::parse(id).expect("an id"), [byte; 32])
    }

    fn now() -> Timestamp {
        "2026-11-22T09:00:00Z".parse().expect("a time")
    }

    #[test]
    fn a_ticket_counts_at_every_instance_that_has_the_key_for_an_hour() {
        let ours = MasterKeys::new(key("a", 1), Vec::new());
        let ticket = WaitingTicket::new(now());
        let text = ticket.sign(&ours);
        assert_eq!(text.len(), 43);
        let exchanged = MasterKeys::new(key("b", 2), vec![key("a", 1)]);
        for keys in [&ours, &exchanged] {
            for after in [-20, 0, 3599] {
                let read = WaitingTicket::read(&text, keys, now() + SignedDuration::from_secs(after));
                assert_eq!(read, Some(ticket), "after {after} s");
            }
        }
        assert_eq!(ticket.waited(now() + SignedDuration::from_mins(3)), SignedDuration::from_mins(3));
    }

    #[test]
    fn a_ticket_that_is_old_forged_or_foreign_counts_for_nothing() {
        let ours = MasterKeys::new(key("a", 1), Vec::new());
        let text = WaitingTicket::new(now()).sign(&ours);
        for after in [-31, 3600, 86_400] {
            let read = WaitingTicket::read(&text, &ours, now() + SignedDuration::from_secs(after));
            assert_eq!(read, None, "after {after} s");
        }
        let foreign = MasterKeys::new(key("a", 2), Vec::new());
        assert_eq!(WaitingTicket::read(&text, &foreign, now()), None);
        let bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64");
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(WaitingTicket::read(&changed, &ours, now()), None, "bit {bit}");
        }
        for length in 0..bytes.len() {
            let shorter = URL_SAFE_NO_PAD.encode(&bytes[..length]);
            assert_eq!(WaitingTicket::read(&shorter, &ours, now()), None, "{length} bytes");
        }
        for wrong in ["", "x", &format!("{text}A"), &format!("{text}="), &text.replace('A', " ")] {
            assert!(wrong == text || WaitingTicket::read(wrong, &ours, now()).is_none(), "{wrong}");
        }
    }
}
