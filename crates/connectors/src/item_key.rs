//! What a source knows one of its items by, for asking more about it.

use std::fmt;

/// A source's own name for one item of its answer, such as the id of a case. It says something about the citizen: it is in
/// no log and in no address of ours, and a browser is only ever handed it sealed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ItemKey(String);

impl ItemKey {
    /// Longest key, in bytes. More is no name.
    pub const LONGEST: usize = 200;

    /// The key that a text is; `None` if it is blank, too long, or holds what no name holds.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.trim().is_empty() && text.len() <= Self::LONGEST && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    /// The key as the source writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ItemKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_short_name_and_not_in_debug_output() {
        let longest = "x".repeat(ItemKey::LONGEST);
        for good in ["2026-1234", "sag/17 æ", &longest] {
            assert_eq!(ItemKey::parse(good).expect("a key").as_str(), good);
        }
        for wrong in ["", "  ", "a\nb", "a\0", &format!("{longest}x")] {
            assert_eq!(ItemKey::parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(format!("{:?}", ItemKey::parse("2026-1234")), "Some(ItemKey(..))");
    }
}
