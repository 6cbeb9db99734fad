//! Texts of the history: bounded, one line each, and of characters that everybody sees as they are.

use std::fmt;

use overblik_connectors::{holds_real_number, unshown};
use serde::{Deserialize, Serialize};

/// Why a text cannot stand in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongText {
    /// A name of another shape.
    #[error("a name is at most 63 lower-case letters, digits and hyphens, and starts with a letter")]
    NoSlug,
    /// Nothing, or blanks around it.
    #[error("a text must say something, without blanks before or after it")]
    Blank,
    /// Longer than it may be.
    #[error("a text is at most {MOST_CHARACTERS} characters long")]
    TooLong,
    /// A character that is not shown, or changes how others are: a history must read the same everywhere (requirement R63).
    #[error("a text is one line, without control characters")]
    Unshown,
    /// What could be a person's number: the history is kept for good, and nothing personal stands in it.
    #[error("a text must not hold ten digits that could be a person's number: what is written here is kept for good")]
    PersonNumber,
}

/// Most characters of a text.
pub const MOST_CHARACTERS: usize = 500;

/// A type of checked text: made by `parse`, read from outside through it, and shown as it is.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, $error:ty, $check:path) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks a text.
            ///
            /// # Errors
            /// What is wrong with it.
            pub fn parse(text: impl Into<String>) -> Result<Self, $error> {
                let text = text.into();
                $check(&text)?;
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use checked_text;

checked_text! {
    /// A name of an authority, a source or a display client, as folders and addresses have it.
    Slug, WrongText, check_slug
}

checked_text! {
    /// One line that a person wrote: a reason, a note, a name.
    Line, WrongText, check_line
}

fn check_slug(text: &str) -> Result<(), WrongText> {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let framed = text.starts_with(|first: char| first.is_ascii_lowercase()) && !text.ends_with('-') && text.len() <= 63;
    if plain && framed { Ok(()) } else { Err(WrongText::NoSlug) }
}

fn check_line(text: &str) -> Result<(), WrongText> {
    if text.is_empty() || text.trim() != text {
        return Err(WrongText::Blank);
    }
    if text.chars().count() > MOST_CHARACTERS {
        return Err(WrongText::TooLong);
    }
    if unshown(text).is_some() || text.contains(['\u{2028}', '\u{2029}']) {
        return Err(WrongText::Unshown);
    }
    if holds_real_number(text) { Err(WrongText::PersonNumber) } else { Ok(()) }
}

/// One line in Danish and in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// The Danish text.
    pub da: Line,
    /// The English text.
    pub en: Line,
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.da, self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::real_number;

    #[test]
    fn r63_a_text_is_one_line_that_is_seen_as_it_is() {
        for good in ["Fejl hos leverandøren", "Sag 2026-117", "6101010001 er fiktiv", "a\u{e6}"] {
            assert!(Line::parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", WrongText::Blank),
            (" x", WrongText::Blank),
            ("x\n", WrongText::Blank),
            ("to\nlinjer", WrongText::Unshown),
            ("to\u{2028}linjer", WrongText::Unshown),
            ("\u{1b}[31mrød", WrongText::Unshown),
            ("txt\u{202e}exe", WrongText::Unshown),
            ("nul\0", WrongText::Unshown),
            (&format!("om {}", real_number("-")), WrongText::PersonNumber),
            (&format!("om {}.", real_number("")), WrongText::PersonNumber),
        ] {
            assert_eq!(Line::parse(bad), Err(why), "{bad:?}");
        }
        assert!(Line::parse("x".repeat(MOST_CHARACTERS)).is_ok());
        assert_eq!(Line::parse("x".repeat(MOST_CHARACTERS + 1)), Err(WrongText::TooLong));
    }

    #[test]
    fn a_name_is_what_a_folder_and_an_address_can_be_named() {
        for good in ["a", "birkerup-libraries", "x1"] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "1a", "a/b", "..", "a.b", "æ", &"a".repeat(64)] {
            assert_eq!(Slug::parse(bad), Err(WrongText::NoSlug), "{bad:?}");
        }
        assert!(serde_json::from_str::<Slug>("\"../x\"").is_err(), "also when it is read");
    }
}
