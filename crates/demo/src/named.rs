//! Closed lists of values that people write by name: on a command line, in a form, in a test.

/// A name that is not on its list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{given}`; possible: {}", possible.join(", "))]
pub struct UnknownName {
    /// What kind of name was expected.
    pub what: &'static str,
    /// What was given instead.
    pub given: String,
    /// Every name on the list.
    pub possible: Vec<&'static str>,
}

/// Declares an enumeration together with its names, so that parsing, printing and listing cannot drift apart.
macro_rules! named {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name by which people write it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::named::UnknownName;

            fn from_str(given: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.name() == given).ok_or_else(|| $crate::named::UnknownName {
                    what: $what,
                    given: given.to_owned(),
                    possible: Self::ALL.iter().map(|value| value.name()).collect(),
                })
            }
        }
    };
}

pub(crate) use named;
