//! From a contract's text to its shape, or to the first place where the text has another shape.

use serde_saphyr::{DuplicateKeyPolicy, Error, MergeKeyPolicy, MessageFormatter, Options, UserMessageFormatter};

use super::{
    manifest::Manifest,
    mistake::Position,
    outline::{NoOutline, Outline},
    suggestion::suggestion,
};

/// Largest contract in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// What does not have the shape of a contract.
#[derive(Debug)]
pub(super) struct WrongShape {
    pub(super) position: Option<Position>,
    pub(super) path: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl From<NoOutline> for WrongShape {
    fn from(none: NoOutline) -> Self {
        Self { position: Some(none.position), path: none.path, message: none.message, hint: None }
    }
}

/// Reads a contract's text.
///
/// # Errors
/// The first place where the text is too large, too deep, not YAML, or not of a contract's shape.
pub(super) fn read(text: &str) -> Result<(Manifest, Outline), WrongShape> {
    if text.len() > MAX_BYTES {
        return Err(WrongShape {
            position: None,
            path: String::new(),
            message: format!("larger than {} KiB", MAX_BYTES / 1024),
            hint: None,
        });
    }
    let outline = Outline::read(text)?;
    match serde_saphyr::from_str_with_options(text, options()) {
        Ok(manifest) => Ok((manifest, outline)),
        Err(error) => Err(wrong_shape(error.without_snippet(), &outline)),
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn wrong_shape(error: &Error, outline: &Outline) -> WrongShape {
    let position = error.location().and_then(|location| {
        let line = usize::try_from(location.line()).ok()?;
        let column = usize::try_from(location.column()).ok()?;
        Some(Position { line, column })
    });
    let of_key = position.and_then(|position| outline.path_of_key(position));
    let of_value = position.and_then(|position| outline.path_of_value(position));
    let at = |position, path: Option<&str>, message, hint| {
        let path = path.unwrap_or_default().to_owned();
        WrongShape { position, path, message, hint }
    };
    match error {
        Error::SerdeUnknownField { field, expected, .. } => {
            let hint = suggestion(field, "keys here", expected.iter().copied());
            at(position, of_key, format!("no such key \"{field}\""), hint)
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            let hint = suggestion(variant, "values here", expected.iter().copied());
            at(position, of_value.or(of_key), format!("no such value \"{variant}\""), hint)
        }
        // The parser points at the last key that is there.
        Error::SerdeMissingField { field, .. } => {
            let holder = of_key.map(Outline::parent).or(of_value);
            let position = holder.and_then(|path| outline.key(path)).or(position);
            at(position, holder, format!("the key \"{field}\" is missing"), None)
        }
        Error::InvalidScalar { ty, .. } if ty.starts_with(['u', 'i']) => {
            at(position, of_value, "must be a whole number".to_owned(), None)
        }
        other => at(position, of_value.or(of_key), UserMessageFormatter.format_message(other).into_owned(), None),
    }
}
