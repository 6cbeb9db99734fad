//! Credentials that the gateway shows to sources.

use std::fmt;

use zeroize::Zeroizing;

/// A credential. It cannot be printed, compared or serialised, and its memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a credential over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether another is the same, to tell that it was exchanged. Neither came from somebody who could learn from the time
    /// that this takes.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// The credential itself, for the one header that carries it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_nothing_of_it() {
        let secret = Secret::new("k-93f1".into());
        assert_eq!(format!("{secret:?}"), "[secret]");
        assert_eq!(secret.reveal(), "k-93f1");
        assert!(secret.is_same(&Secret::new("k-93f1".into())) && !secret.is_same(&Secret::new("k-93f2".into())));
    }
}
