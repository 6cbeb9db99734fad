//! Nonces for proofs (RFC 9449 section 9): a proof that holds one was made lately, and not in advance.
//!
//! No instance keeps any. A nonce is a keyed hash of the two minutes in which it was given out, so that every instance
//! knows it again.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;

use crate::session::master_keys::{MasterKey, MasterKeys};

/// Seconds during which the same nonce is given out. It counts for as long again.
const SLOT_S: i64 = 120;

/// The nonce to use from now on.
pub(super) fn current(keys: &MasterKeys, now: Timestamp) -> String {
    of_slot(keys.first(), slot(now))
}

/// Whether a nonce was given out lately, here or at another instance.
pub(super) fn is_ours(keys: &MasterKeys, now: Timestamp, nonce: &str) -> bool {
    let slots = [slot(now), slot(now) - 1];
    keys.iter()
        .flat_map(|key| slots.map(|slot| of_slot(key, slot)))
        .any(|ours| verify_slices_are_equal(ours.as_bytes(), nonce.as_bytes()).is_ok())
}

fn slot(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SLOT_S)
}

fn of_slot(key: &MasterKey, slot: i64) -> String {
    URL_SAFE_NO_PAD.encode(key.hash(&[b"dpop-nonce", &slot.to_be_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::master_keys::KeyId;

    fn key(byte: u8) -> MasterKey {
        MasterKey::new(KeyId::parse("a").expect("an id"), [byte; 32])
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    #[test]
    fn r16_a_nonce_counts_for_two_slots_and_no_longer() {
        let keys = MasterKeys::new(key(1), Vec::new());
        let nonce = current(&keys, at(0));
        for (second, counts) in [(-1, false), (0, true), (119, true), (120, true), (239, true), (240, false)] {
            assert_eq!(is_ours(&keys, at(second), &nonce), counts, "{second}");
        }
        assert_eq!(current(&keys, at(119)), nonce);
        assert_ne!(current(&keys, at(120)), nonce);
        for wrong in ["", "x", nonce.get(1..).expect("the rest")] {
            assert!(!is_ours(&keys, at(0), wrong), "{wrong}");
        }
    }

    #[test]
    fn r16_a_nonce_of_another_instance_counts_while_keys_are_exchanged() {
        let former = current(&MasterKeys::new(key(1), Vec::new()), at(0));
        assert!(is_ours(&MasterKeys::new(key(2), vec![key(1)]), at(0), &former));
        assert!(!is_ours(&MasterKeys::new(key(2), Vec::new()), at(0), &former));
    }
}
