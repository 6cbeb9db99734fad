//! What somebody typed into the editor of a source's files.

use std::collections::BTreeMap;

use axum::extract::Request;
use bytes::Bytes;
use overblik_registry::{Bundle, CONTRACT, MOST_BYTES, Mistake, WrongBundle};

use crate::{
    admin::{Admin, AdminRefusal, body::LookedAt, error::AdminError},
    api_error::ApiError,
    edge::body,
    form::Form,
};

/// Largest form of files: those of the largest bundle, of which a form writes up to three bytes for one.
const LARGEST: usize = 3 * MOST_BYTES;

/// Largest form that is given back to whoever is logged in no more.
const LARGEST_OF_NOBODY: usize = 1024 * 1024;

/// What is in front of a file's path in the name of its field.
const TEXT: &str = "text:";
/// What is in front of the path of a file that is no text, and stays as it is.
const KEPT: &str = "kept:";
/// What is in front of the path of a file that is to go.
const REMOVE: &str = "remove:";

/// What is asked of the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Say what is wrong, and keep nothing.
    Check,
    /// Keep it as a version.
    Save,
    /// Another file.
    Add(String),
    /// One file less.
    Remove(String),
}

/// The files as they were typed, and what is asked.
pub(super) struct Written {
    pub(super) seen: u64,
    /// The version whose files were shown at first.
    pub(super) base: u32,
    pub(super) wish: Wish,
    /// The texts by path, lines ended as files do.
    pub(super) texts: BTreeMap<String, String>,
    /// Files that are no text.
    pub(super) kept: Vec<String>,
}

impl Written {
    /// Reads the form. To be asked for only once it is known that its sender may push: it may be large.
    pub(super) async fn read(admin: &Admin, request: Request) -> Result<Self, AdminError> {
        Self::read_within(LARGEST, admin, request).await
    }

    /// Reads the form of somebody whose session may have ended while they wrote.
    pub(super) async fn read_of_nobody(admin: &Admin, request: Request) -> Result<Self, AdminError> {
        Self::read_within(LARGEST_OF_NOBODY, admin, request).await
    }

    async fn read_within(largest: usize, admin: &Admin, request: Request) -> Result<Self, AdminError> {
        let request = body::read(request, largest, admin.app.patience).await?;
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, largest).await.map_err(|_| ApiError::BodyTooLarge)?;
        let is_known = |name: &str| {
            ["record", "base", "do", "new_path"].contains(&name) || name.starts_with(TEXT) || name.starts_with(KEPT)
        };
        Self::of(Form::read_where(&parts.headers, &body, is_known)?.into_fields())
    }

    fn of(mut fields: BTreeMap<String, String>) -> Result<Self, AdminError> {
        let wrong = |what: &str| AdminError::because(AdminRefusal::Body, what);
        let mut take = |name: &str| fields.remove(name).unwrap_or_default();
        let (seen, base, new_path, wish) = (take("record"), take("base"), take("new_path"), take("do"));
        let new_path = new_path.trim();
        let wish = match (wish.as_str(), wish.strip_prefix(REMOVE)) {
            (_, Some(path)) => Wish::Remove(path.to_owned()),
            // Whoever named a file and pressed another button, or Enter, wants the file first.
            _ if !new_path.is_empty() => Wish::Add(new_path.to_owned()),
            ("check" | "add", _) => Wish::Check,
            ("save", _) => Wish::Save,
            _ => return Err(wrong("`do` is check, save, add or remove:<path>")),
        };
        let mut written = Self {
            seen: seen.parse().map_err(|_| wrong("record is no number"))?,
            base: base.parse().map_err(|_| wrong("base is no number"))?,
            wish,
            texts: BTreeMap::new(),
            kept: Vec::new(),
        };
        for (name, value) in fields {
            match (name.strip_prefix(TEXT), name.strip_prefix(KEPT)) {
                (Some(path), _) => {
                    written.texts.insert(path.to_owned(), with_plain_lines(&value));
                }
                (None, Some(path)) => written.kept.push(path.to_owned()),
                (None, None) => {}
            }
        }
        Ok(written)
    }

    /// The fields that hold it, by name.
    pub(super) fn into_fields(self) -> Vec<(String, String)> {
        let shown = [("record", self.seen.to_string()), ("base", self.base.to_string())];
        let shown = shown.into_iter().map(|(name, value)| (name.to_owned(), value));
        let texts = self.texts.into_iter().map(|(path, text)| (format!("{TEXT}{path}"), text));
        let kept = self.kept.into_iter().map(|path| (format!("{KEPT}{path}"), String::new()));
        let new_path = match self.wish {
            Wish::Add(path) => Some(("new_path".to_owned(), path)),
            Wish::Check | Wish::Save | Wish::Remove(_) => None,
        };
        shown.chain(texts).chain(kept).chain(new_path).collect()
    }

    /// The record that the sender looked at.
    pub(super) fn seen(&self) -> LookedAt {
        LookedAt::Record(self.seen)
    }

    /// The files, those that nobody changed to the byte as they were in the version whose files were shown.
    ///
    /// # Errors
    /// What is wrong with them as files.
    pub(super) fn bundle(&self, base: &Bundle) -> Result<Bundle, Box<Mistake>> {
        let mut files = BTreeMap::new();
        for (path, text) in &self.texts {
            let before = base.files().get(path).filter(|before| text_of(before).as_ref() == Some(text));
            files.insert(path.clone(), before.cloned().unwrap_or_else(|| Bytes::from(text.clone())));
        }
        for path in &self.kept {
            let before = base.files().get(path).cloned();
            let missing = || Box::new(mistake(path, format!("is not in version {}", self.base)));
            files.insert(path.clone(), before.ok_or_else(missing)?);
        }
        Bundle::new(files).map_err(|wrong| Box::new(mistake(file_of(&wrong), wrong.to_string())))
    }
}

/// A file's text for the editor, if all of it is text that a field of a form gives back.
pub(super) fn text_of(contents: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(contents).ok()?;
    let comes_back = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    text.chars().all(comes_back).then(|| with_plain_lines(text))
}

/// Browsers end lines of what is typed with two characters.
pub(super) fn with_plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether a file of this path may stand in a bundle.
pub(super) fn refuse_path(path: &str) -> Result<(), WrongBundle> {
    let files = [CONTRACT, path].map(|path| (path.to_owned(), Bytes::new()));
    Bundle::new(files.into()).map(|_| ())
}

/// The file that is wrong, if it is one.
fn file_of(wrong: &WrongBundle) -> &str {
    match wrong {
        WrongBundle::LargeFile(path)
        | WrongBundle::Path(path)
        | WrongBundle::PersonNumber(path)
        | WrongBundle::Clash(path, _) => path,
        WrongBundle::NoContract | WrongBundle::ManyFiles | WrongBundle::Large | WrongBundle::Unreadable(_) => "",
    }
}

fn mistake(file: &str, message: String) -> Mistake {
    Mistake { file: file.to_owned(), line: None, column: None, path: String::new(), message, hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &[(&str, &str)]) -> Result<Written, AdminError> {
        let shown = [("record", "7"), ("base", "1"), ("do", "save")];
        let fields = shown.iter().chain(fields).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Written::of(fields.collect())
    }

    fn bundle(files: &[(&str, &[u8])]) -> Bundle {
        let files = files.iter().map(|(path, contents)| ((*path).to_owned(), Bytes::copy_from_slice(contents)));
        Bundle::new(files.collect()).expect("a bundle")
    }

    #[test]
    fn what_nobody_changed_stays_to_the_byte_and_lines_end_as_in_files() {
        let base = bundle(&[(CONTRACT, b"a: 1\r\nb: 2\n"), ("openapi.yaml", b"x\n"), ("examples/picture", b"\xff\0")]);
        let typed = written(&[
            ("text:connector.yaml", "a: 1\r\nb: 2\r\n"),
            ("text:openapi.yaml", "x\r\ny"),
            ("kept:examples/picture", ""),
        ]);
        let files = typed.expect("a form").bundle(&base).expect("a bundle");
        let expected =
            bundle(&[(CONTRACT, b"a: 1\r\nb: 2\n"), ("openapi.yaml", b"x\ny"), ("examples/picture", b"\xff\0")]);
        assert_eq!(files, expected);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_of_that_file() {
        let base = bundle(&[(CONTRACT, b"a: 1\n")]);
        let real_number = format!("01017{}", "00001");
        for (fields, file) in [
            (vec![("text:connector.yaml", "a: 2"), ("text:../x", "")], "../x"),
            (vec![("text:connector.yaml", real_number.as_str())], CONTRACT),
            (vec![("text:connector.yaml", "a: 2"), ("kept:examples/picture", "")], "examples/picture"),
            (vec![("text:openapi.yaml", "a: 2")], ""),
        ] {
            let wrong = written(&fields).expect("a form").bundle(&base).expect_err("a mistake");
            assert_eq!(wrong.file, file, "{}", wrong.message);
        }
    }

    #[test]
    fn a_new_file_s_name_goes_before_every_button_but_removing() {
        let wish = |fields: &[(&str, &str)]| written(fields).expect("a form").wish;
        assert_eq!(wish(&[]), Wish::Save);
        assert_eq!(wish(&[("new_path", " CHANGELOG.md ")]), Wish::Add("CHANGELOG.md".to_owned()));
        assert_eq!(wish(&[("do", "remove:a"), ("new_path", "b")]), Wish::Remove("a".to_owned()));
        assert!(written(&[("do", "publish")]).is_err() && written(&[("base", "x")]).is_err());
    }

    #[test]
    fn what_is_given_back_is_all_that_was_typed() {
        let typed = written(&[("text:connector.yaml", "a: 2"), ("new_path", "CHANGELOG.md"), ("kept:x", "")]);
        let fields = typed.expect("a form").into_fields();
        let expected = [
            ("record", "7"),
            ("base", "1"),
            ("text:connector.yaml", "a: 2"),
            ("kept:x", ""),
            ("new_path", "CHANGELOG.md"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_a_field_would_not_give_back_is_no_text_here() {
        assert_eq!(text_of("æ\r\n\tø".as_bytes()).as_deref(), Some("æ\n\tø"));
        assert_eq!((text_of(b"a\0"), text_of(b"\x1b[0m"), text_of(b"\xff")), (None, None, None));
    }
}
