//! Random values and hashes.

use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_never_repeat() {
        let tokens: std::collections::HashSet<_> = (0..1000).map(|_| random_token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(tokens.iter().all(|token| token.len() == 43));
    }
}
