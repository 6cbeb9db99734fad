//! Random values and keyed hashes.

use aws_lc_rs::{digest, hmac, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use overblik_connectors::Pseudonym;

/// 256 random bits as 43 characters that are safe in URLs and cookies.
///
/// # Panics
/// When the operating system gives no randomness: nothing secret can be made then, so the process must not go on.
#[must_use]
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes())
}

/// 256 random bits.
///
/// # Panics
/// As [`random_token`].
#[must_use]
pub(crate) fn random_bytes() -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    #[expect(clippy::expect_used, reason = "without randomness every session could be guessed; stopping is right")]
    rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// SHA-256 of a text.
#[must_use]
pub(crate) fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0_u8; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}

/// Makes the pseudonyms that stand for citizens in keys and logs. Its key lives and dies with the process.
pub(crate) struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    /// Pseudonyms under a fresh random key.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, random_token().as_bytes()))
    }

    /// The pseudonym of a person whom an identity provider knows by this subject.
    #[must_use]
    pub(crate) fn of(&self, issuer: &str, subject: &str) -> Pseudonym {
        let mut context = hmac::Context::with_key(&self.0);
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        context.update(&issuer.len().to_be_bytes());
        context.update(issuer.as_bytes());
        context.update(subject.as_bytes());
        let mut bytes = [0_u8; 16];
        for (to, from) in bytes.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        Pseudonym::from_keyed_hash(bytes)
    }
}

impl Default for Pseudonyms {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pseudonyms_tell_persons_and_processes_apart() {
        let pseudonyms = Pseudonyms::new();
        assert_eq!(pseudonyms.of("a", "b"), pseudonyms.of("a", "b"));
        assert_ne!(pseudonyms.of("ab", "c"), pseudonyms.of("a", "bc"));
        assert_ne!(pseudonyms.of("a", "b"), Pseudonyms::new().of("a", "b"));
    }

    #[test]
    fn tokens_never_repeat() {
        let tokens: std::collections::HashSet<_> = (0..1000).map(|_| random_token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|token| token.len() == 43));
    }
}
