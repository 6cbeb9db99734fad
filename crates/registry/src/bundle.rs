//! All files of one version: bounded, plainly named, and one digest for all of them.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use overblik_connectors::holds_real_number;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Most files.
pub const MOST_FILES: usize = 200;
/// Most bytes of a file.
pub const MOST_FILE_BYTES: usize = 256 * 1024;
/// Most bytes of all files together.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Most characters of a path.
const MOST_PATH_CHARACTERS: usize = 200;
/// Most folders that a file stands in: `examples/<case>/`, and room for an order of one's own.
const MOST_FOLDERS: usize = 6;
/// The file that every version has.
pub const CONTRACT: &str = "connector.yaml";
const SCHEMA: &str = "overblik/bundle/v1";

/// The files of a version, by their paths in the source's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, Bytes>,
}

/// Files are not the files of a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongBundle {
    /// No contract.
    #[error("there is no {CONTRACT} among the files")]
    NoContract,
    /// Too many.
    #[error("there are more than {MOST_FILES} files")]
    ManyFiles,
    /// Too large.
    #[error("{0} is larger than {limit} kB", limit = MOST_FILE_BYTES / 1024)]
    LargeFile(String),
    /// Too large together.
    #[error("all files together are larger than {limit} MB", limit = MOST_BYTES / (1024 * 1024))]
    Large,
    /// A path that is not one everywhere.
    #[error(
        "{0:?} is not a path for a file: at most {MOST_FOLDERS} folders, names of letters, digits and ._-, none of which \
         begins with a dot"
    )]
    Path(String),
    /// Two paths that are one where the case of letters does not count, or where a file would be a folder too.
    #[error("{0} and {1} cannot both be files on every machine")]
    Clash(String, String),
    /// A number that could be a person's: what is pushed is kept.
    #[error(
        "{0} holds ten digits that could be a real person's number; write a fictitious one's, with 60 added to the day"
    )]
    PersonNumber(String),
    /// No bundle at all.
    #[error("is not a bundle: {0}")]
    Unreadable(String),
}

/// A bundle as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    schema: String,
    files: BTreeMap<String, File>,
}

/// A file in it: as text where it is one, so that what is kept can be read by people too.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum File {
    Text(String),
    Base64(String),
}

impl Bundle {
    /// Puts files together.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(files: BTreeMap<String, Bytes>) -> Result<Self, WrongBundle> {
        if files.len() > MOST_FILES {
            return Err(WrongBundle::ManyFiles);
        }
        if !files.contains_key(CONTRACT) {
            return Err(WrongBundle::NoContract);
        }
        if files.values().map(Bytes::len).sum::<usize>() > MOST_BYTES {
            return Err(WrongBundle::Large);
        }
        for (path, contents) in &files {
            if !is_path(path) {
                return Err(WrongBundle::Path(path.chars().take(MOST_PATH_CHARACTERS).collect()));
            }
            if contents.len() > MOST_FILE_BYTES {
                return Err(WrongBundle::LargeFile(path.clone()));
            }
            if holds_real_number(path) || holds_real_number(&String::from_utf8_lossy(contents)) {
                return Err(WrongBundle::PersonNumber(path.clone()));
            }
        }
        refuse_clashes(&files)?;
        Ok(Self { files })
    }

    /// The files by path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Bytes> {
        &self.files
    }

    /// The contract's text; what is not UTF-8 in it is replaced, and then found by the check.
    #[must_use]
    pub fn contract(&self) -> String {
        self.files.get(CONTRACT).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// The bundle as it is kept: the same bytes for the same files.
    #[must_use]
    pub fn to_blob(&self) -> Bytes {
        let files = self.files.iter().map(|(path, contents)| (path.clone(), File::of(contents)));
        let kept = Kept { schema: SCHEMA.to_owned(), files: files.collect() };
        // Text keys and texts: writing them cannot fail, and nothing is no bundle when it is read.
        serde_json::to_vec(&kept).unwrap_or_default().into()
    }

    /// Reads what [`Bundle::to_blob`] wrote, and nothing else.
    ///
    /// # Errors
    /// That it is no bundle.
    pub fn from_blob(blob: &[u8]) -> Result<Self, WrongBundle> {
        let unreadable = |error: &dyn std::fmt::Display| WrongBundle::Unreadable(error.to_string());
        let kept: Kept = serde_json::from_slice(blob).map_err(|error| unreadable(&error))?;
        if kept.schema != SCHEMA {
            return Err(unreadable(&format!("its schema is not {SCHEMA}")));
        }
        let files =
            kept.files.into_iter().map(|(path, file)| Ok((path, file.into_contents().map_err(|e| unreadable(&e))?)));
        let bundle = Self::new(files.collect::<Result<_, WrongBundle>>()?)?;
        if bundle.to_blob() == blob { Ok(bundle) } else { Err(unreadable(&"it is not written as bundles are")) }
    }

    /// What names these files, and no others.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_blob(&self.to_blob())
    }
}

impl File {
    fn of(contents: &[u8]) -> Self {
        // Control characters take six characters each in JSON: a file of them is written shorter in base64.
        let plain =
            |text: &&str| !text.chars().any(|character| character.is_control() && !"\n\r\t".contains(character));
        match std::str::from_utf8(contents).ok().filter(plain) {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Base64(STANDARD.encode(contents)),
        }
    }

    fn into_contents(self) -> Result<Bytes, base64::DecodeError> {
        match self {
            Self::Text(text) => Ok(text.into()),
            Self::Base64(text) => STANDARD.decode(text).map(Bytes::from),
        }
    }
}

fn is_path(path: &str) -> bool {
    let name = |name: &str| {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        plain && !name.is_empty() && !name.starts_with('.') && !name.ends_with('.')
    };
    path.len() <= MOST_PATH_CHARACTERS && path.split('/').count() <= MOST_FOLDERS + 1 && path.split('/').all(name)
}

fn refuse_clashes(files: &BTreeMap<String, Bytes>) -> Result<(), WrongBundle> {
    let mut folded = BTreeMap::new();
    let mut folders = BTreeSet::new();
    for path in files.keys() {
        if let Some(first) = folded.insert(path.to_ascii_lowercase(), path) {
            return Err(WrongBundle::Clash(first.clone(), path.clone()));
        }
    }
    for path in folded.keys() {
        let mut rest = path.as_str();
        while let Some((above, _)) = rest.rsplit_once('/') {
            folders.insert(above);
            rest = above;
        }
    }
    match folded.iter().find(|(path, _)| folders.contains(path.as_str())) {
        Some((path, file)) => Err(WrongBundle::Clash((*file).clone(), format!("{path}/..."))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::real_number;

    fn bundle(more: &[(&str, &[u8])]) -> Result<Bundle, WrongBundle> {
        let mut files: BTreeMap<_, _> = [(CONTRACT.to_owned(), Bytes::from_static(b"a: b\n"))].into();
        files.extend(more.iter().map(|(path, contents)| ((*path).to_owned(), Bytes::copy_from_slice(contents))));
        Bundle::new(files)
    }

    #[test]
    fn a_bundle_is_read_as_it_was_written_whatever_is_in_its_files() {
        let files: &[(&str, &[u8])] = &[
            ("CHANGELOG.md", "# Ændringer\n".as_bytes()),
            ("examples/a/answer.bin", &[0, 159, 146, 150]),
            ("examples/a/escape.json", b"\x1b[0m"),
            ("examples/a/empty.json", b""),
        ];
        let bundle = bundle(files).expect("a bundle");
        let blob = bundle.to_blob();
        assert_eq!(Bundle::from_blob(&blob), Ok(bundle.clone()));
        assert_eq!(bundle.digest(), Digest::of_blob(&blob));
        let text = String::from_utf8(blob.to_vec()).expect("text");
        assert!(text.contains("# Ændringer"), "people can read it: {text}");
        for (from, to) in [
            ("{\"schema\"", "{ \"schema\""),
            ("bundle/v1", "bundle/v2"),
            ("\"files\":{", "\"files\":{\"../x\":{\"text\":\"\"},"),
            ("\"text\":\"\"", "\"base64\":\"\""),
        ] {
            assert!(text.contains(from) && Bundle::from_blob(text.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn no_file_leads_out_of_the_folder_or_is_two_on_another_machine() {
        for bad in [
            "../x",
            "a/../x",
            "/x",
            "a//x",
            "a/",
            "",
            ".hidden",
            "a/.git/x",
            "a\\x",
            "C:x",
            "a b",
            "æ",
            "x.",
            "a\nb",
            "./x",
            "..",
            "a/b/c/d/e/f/g/h",
            &"a".repeat(201),
        ] {
            assert!(matches!(bundle(&[(bad, b"")]), Err(WrongBundle::Path(_))), "{bad:?}");
        }
        for clash in [["a/x", "A/x"], ["a", "a/x"], ["A", "a/x"], ["CONNECTOR.yaml", "b"]] {
            let found = bundle(&[(clash[0], b""), (clash[1], b"")]);
            assert!(matches!(found, Err(WrongBundle::Clash(..))), "{clash:?}: {found:?}");
        }
        assert!(bundle(&[("examples/case/answer.2.json", b""), ("examples/case_2/a-b.xml", b"")]).is_ok());
    }

    #[test]
    fn a_bundle_is_bounded_in_every_direction() {
        let size = |size| vec![b'"'; size];
        assert!(bundle(&[("a", &size(MOST_FILE_BYTES))]).is_ok());
        assert_eq!(bundle(&[("a", &size(MOST_FILE_BYTES + 1))]), Err(WrongBundle::LargeFile("a".to_owned())));
        let names: Vec<_> = (0..MOST_FILES).map(|number| format!("f{number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert!(bundle(&many[1..]).is_ok());
        assert_eq!(bundle(&many), Err(WrongBundle::ManyFiles));
        let full = size(MOST_FILE_BYTES);
        let sixteen: Vec<_> = names[..16].iter().map(|name| (name.as_str(), full.as_slice())).collect();
        assert_eq!(bundle(&sixteen), Err(WrongBundle::Large));
        let largest = bundle(&sixteen[1..]).expect("a bundle");
        assert!(
            largest.to_blob().len() < crate::store::MOST_BLOB_BYTES,
            "the largest is kept, written out at its longest"
        );
        let no_text = vec![0x80; MOST_FILE_BYTES];
        let in_base64: Vec<_> = names[..15].iter().map(|name| (name.as_str(), no_text.as_slice())).collect();
        assert!(bundle(&in_base64).expect("a bundle").to_blob().len() < crate::store::MOST_BLOB_BYTES);
        assert_eq!(Bundle::new(BTreeMap::new()), Err(WrongBundle::NoContract));
    }

    #[test]
    fn no_real_person_s_number_is_kept_with_a_contract() {
        let (plain, hyphened) = (real_number(""), real_number("-"));
        for contents in [format!("{{\"cpr\":\"{plain}\"}}"), format!("om {hyphened},"), format!("<cpr>{plain}</cpr>")] {
            let found = bundle(&[("examples/a/x.json", contents.as_bytes())]);
            assert_eq!(found, Err(WrongBundle::PersonNumber("examples/a/x.json".to_owned())), "{contents}");
        }
        assert!(bundle(&[(&format!("examples/{plain}.json"), b"")]).is_err());
        assert!(bundle(&[("examples/a/x.json", b"{\"cpr\":\"6101010001\",\"nr\":\"9112310001\"}")]).is_ok());
    }
}
