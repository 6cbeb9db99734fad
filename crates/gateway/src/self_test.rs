//! Whether what everything secret rests on works in this process, looked at once before anybody is served (requirement R75).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey},
};
use zeroize::Zeroizing;

use crate::{
    secrets::random_bytes,
    session::{
        master_keys::MasterKeys,
        sealing::{Purpose, Ticket},
    },
};

/// What does not work.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("self-test: {0}\n  hint: nothing was served; look at the machine and at how the gateway was built")]
pub(crate) struct Broken(&'static str);

/// Tries randomness, the seal of sessions, and a signature.
///
/// # Errors
/// [`Broken`].
pub(crate) fn run() -> Result<(), Broken> {
    of_randomness(random_bytes)?;
    of_seals()?;
    of_signatures()
}

/// Two draws are never the same, and neither is of one byte over and over.
fn of_randomness(draw: impl Fn() -> [u8; 32]) -> Result<(), Broken> {
    let draws = [draw(), draw()];
    let is_of_one_byte = |bytes: &[u8; 32]| bytes.iter().all(|byte| Some(byte) == bytes.first());
    let [one, other] = &draws;
    if one == other || draws.iter().any(is_of_one_byte) { Err(Broken("randomness does not vary")) } else { Ok(()) }
}

/// What was sealed opens, and nothing else does.
fn of_seals() -> Result<(), Broken> {
    let (keys, ticket, other) = (MasterKeys::random(), Ticket::random(), Ticket::random());
    let (master, purpose, plain) = (keys.first(), Purpose::Session, b"self-test".to_vec());
    let mut sealed = master.seal(purpose, &ticket, &[], Zeroizing::new(plain.clone()));
    let opened = master.open(purpose, &ticket, &[], &sealed).map_err(|_| Broken("what was sealed does not open"))?;
    if *opened != plain || master.open(purpose, &other, &[], &sealed).is_ok() {
        return Err(Broken("what was sealed opens to something else, or for somebody else"));
    }
    if let Some(last) = sealed.last_mut() {
        *last ^= 1;
    }
    if master.open(purpose, &ticket, &[], &sealed).is_ok() { Err(Broken("what was changed opens")) } else { Ok(()) }
}

/// What was signed verifies, and nothing else does.
fn of_signatures() -> Result<(), Broken> {
    const SIGNED: &[u8] = b"self-test";
    let cannot = Broken("nothing can be signed");
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| Broken("no key can be made"))?;
    let signature = pair.sign(&SystemRandom::new(), SIGNED).map_err(|_| cannot)?;
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    if public.verify(SIGNED, signature.as_ref()).is_err() || public.verify(b"another", signature.as_ref()).is_ok() {
        return Err(Broken("a signature verifies for something else than was signed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r75_what_works_is_let_through_and_randomness_that_does_not_vary_is_not() {
        assert_eq!(run(), Ok(()));
        assert!(of_randomness(|| [7; 32]).is_err());
        let repeated = random_bytes();
        assert!(of_randomness(|| repeated).is_err());
        let count = std::cell::Cell::new(0_u8);
        let next = || {
            count.set(count.get() + 1);
            [count.get(); 32]
        };
        assert!(of_randomness(next).is_err());
    }
}
