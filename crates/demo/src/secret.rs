//! Making and comparing values that must not be guessed.

use aws_lc_rs::{constant_time, rand};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The system's source of random numbers failed; nothing can be issued then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random numbers to be had")]
pub(crate) struct NoRandomness;

/// 256 random bits as 43 characters that may stand in a URL.
pub(crate) fn random() -> Result<String, NoRandomness> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Compares in a time that does not tell where the two differ.
pub(crate) fn equal(given: &[u8], expected: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(given, expected).is_ok()
}
