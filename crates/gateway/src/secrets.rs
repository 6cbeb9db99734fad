//! Random values and hashes.

use aws_lc_rs::{digest, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Exit code when the operating system gives no randomness (`EX_OSERR` of sysexits).
const EXIT_NO_RANDOMNESS: i32 = 71;

/// 256 random bits as 43 characters that are safe in URLs and cookies.
#[must_use]
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes())
}

/// 256 random bits.
///
/// Without randomness the process ends at once.
#[must_use]
pub(crate) fn random_bytes() -> [u8; 32] {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).unwrap_or_else(|_unspecified| without_randomness());
    bytes
}

/// Ends the process: without randomness every session could be guessed. A panic would end one request only.
pub(crate) fn without_randomness() -> ! {
    tracing::error!(event = "no_randomness", "the operating system gives no random bytes: the process ends");
    std::process::exit(EXIT_NO_RANDOMNESS)
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
