//! A form with files, as browsers send it (RFC 7578): each field known, and there once.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    convert::Infallible,
};

use axum::extract::Request;
use bytes::Bytes;
use futures::stream;
use http::header;
use multer::Multipart;
use overblik_registry::{MOST_BYTES, MOST_FILE_BYTES};

use crate::{
    admin::{Admin, error::AdminError},
    api_error::ApiError,
    edge::body,
};

/// Largest form with files: those of the largest bundle, a text as large as a file, and what stands between them.
const LARGEST: usize = MOST_BYTES + MOST_FILE_BYTES + 128 * 1024;

/// Most bytes of a field that is neither a file nor as long as one.
const MOST_OF_LINE: usize = 1000;

/// The field of files.
const FILES: &str = "files";
/// The field of a text that is as long as a file may be.
const TEXT: &str = "contract";

/// The fields and the files.
pub(super) struct Uploaded {
    fields: BTreeMap<String, String>,
    /// The files by their paths, as the browser says them.
    pub(super) files: BTreeMap<String, Bytes>,
}

impl Uploaded {
    /// Reads the form. To be asked for only once it is known that its sender may push: it may be large.
    ///
    /// # Errors
    /// [`ApiError::BadParameter`] for another form than this, and as [`body::read`].
    pub(super) async fn read(admin: &Admin, request: Request, known: &[&str]) -> Result<Self, AdminError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = content_type.and_then(|kind| multer::parse_boundary(kind).ok());
        let boundary = boundary.ok_or(ApiError::BadParameter)?;
        let request = body::read(request, LARGEST, admin.app.patience).await?;
        let body = axum::body::to_bytes(request.into_body(), LARGEST).await.map_err(|_| ApiError::BodyTooLarge)?;
        Ok(Self::of(body, boundary, known).await?)
    }

    async fn of(body: Bytes, boundary: String, known: &[&str]) -> Result<Self, ApiError> {
        let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
        let mut sent = Self { fields: BTreeMap::new(), files: BTreeMap::new() };
        while let Some(part) = parts.next_field().await.map_err(|_broken| ApiError::BadParameter)? {
            let name = part.name().unwrap_or_default().to_owned();
            let path = part.file_name().map(str::to_owned);
            let contents = part.bytes().await.map_err(|_broken| ApiError::BadParameter)?;
            match path {
                // No file was chosen.
                Some(path) if name == FILES && path.is_empty() && contents.is_empty() => {}
                Some(path) if name == FILES => once(&mut sent.files, path, contents)?,
                None if known.contains(&name.as_str()) && contents.len() <= MOST_OF_LINE || name == TEXT => {
                    let text = String::from_utf8(contents.into()).map_err(|_no_text| ApiError::BadParameter)?;
                    once(&mut sent.fields, name, text)?;
                }
                _ => return Err(ApiError::BadParameter),
            }
        }
        Ok(sent)
    }

    /// A field; nothing where it is missing.
    pub(super) fn take(&mut self, name: &str) -> String {
        self.fields.remove(name).unwrap_or_default()
    }
}

fn once<T>(all: &mut BTreeMap<String, T>, name: String, value: T) -> Result<(), ApiError> {
    match all.entry(name) {
        Entry::Vacant(place) => {
            place.insert(value);
            Ok(())
        }
        Entry::Occupied(_) => Err(ApiError::BadParameter),
    }
}

/// Files by their paths in the folder that was chosen, whose own name browsers say too; without what is hidden in it, as in
/// [`overblik_registry::Bundle::read`].
pub(super) fn in_folder(files: BTreeMap<String, Bytes>) -> BTreeMap<String, Bytes> {
    let mut files: Vec<_> = files.into_iter().map(|(path, contents)| (path.replace('\\', "/"), contents)).collect();
    files.retain(|(path, _)| !path.split('/').any(|name| name.starts_with('.')));
    let above = files.first().and_then(|(path, _)| Some(format!("{}/", path.split_once('/')?.0)));
    let above = above.filter(|above| files.iter().all(|(path, _)| path.starts_with(above.as_str())));
    let inside = |path: String| match &above {
        Some(above) => path.strip_prefix(above.as_str()).unwrap_or_default().to_owned(),
        None => path,
    };
    files.into_iter().map(|(path, contents)| (inside(path), contents)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["source", "start"];

    fn part(named: &str, contents: &str) -> String {
        format!("--B\r\nContent-Disposition: form-data; {named}\r\n\r\n{contents}\r\n")
    }

    async fn read(parts: &[String]) -> Result<Uploaded, ApiError> {
        let body = format!("{}--B--\r\n", parts.concat());
        Uploaded::of(body.into(), "B".to_owned(), &KNOWN).await
    }

    fn file(path: &str, contents: &str) -> String {
        part(&format!("name=\"files\"; filename=\"{path}\""), contents)
    }

    #[tokio::test]
    async fn fields_and_files_are_read_as_browsers_send_them() {
        let parts = [
            part("name=\"source\"", "library"),
            part("name=\"contract\"", "a: æ\r\nb: 1"),
            file("", ""),
            file("library/connector.yaml", "a: 1\r\n"),
            file("library/examples/family/exchange.yaml", ""),
        ];
        let mut sent = read(&parts).await.expect("a form");
        assert_eq!((sent.take("source"), sent.take("start")), ("library".to_owned(), String::new()));
        assert_eq!(sent.take("contract"), "a: æ\r\nb: 1");
        let paths: Vec<_> = sent.files.keys().map(String::as_str).collect();
        assert_eq!(paths, ["library/connector.yaml", "library/examples/family/exchange.yaml"]);
        assert_eq!(sent.files["library/connector.yaml"], "a: 1\r\n", "a file is itself to the byte");
    }

    #[tokio::test]
    async fn r72_what_is_unknown_there_twice_or_longer_than_a_line_is_refused() {
        let long = "x".repeat(MOST_OF_LINE + 1);
        for parts in [
            vec![part("name=\"record\"", "1")],
            vec![part("name=\"source\"", "a"), part("name=\"source\"", "b")],
            vec![file("a", ""), file("a", "")],
            vec![part("name=\"source\"", &long)],
            vec![part("name=\"source\"; filename=\"a\"", "a")],
            vec![part("filename=\"a\"", "a")],
            vec![part("name=\"files\"", "a")],
        ] {
            assert_eq!(read(&parts).await.err(), Some(ApiError::BadParameter), "{parts:?}");
        }
        let broken = Uploaded::of("--B\r\nContent-Dispo".into(), "B".to_owned(), &KNOWN).await;
        assert_eq!(broken.err(), Some(ApiError::BadParameter));
    }

    #[test]
    fn a_folder_is_named_by_what_is_in_it() {
        let paths = |files: &[&str]| {
            let files = files.iter().map(|path| ((*path).to_owned(), Bytes::new()));
            in_folder(files.collect()).into_keys().collect::<Vec<_>>()
        };
        assert_eq!(
            paths(&["library/connector.yaml", "library/examples/a/x.json"]),
            ["connector.yaml", "examples/a/x.json"]
        );
        assert_eq!(paths(&["library\\connector.yaml", "library\\.DS_Store"]), ["connector.yaml"]);
        assert_eq!(paths(&["connector.yaml", "CHANGELOG.md"]), ["CHANGELOG.md", "connector.yaml"]);
        // A folder of several sources is none of one: there is no contract in it then.
        assert_eq!(paths(&["a/b/connector.yaml", "a/c/connector.yaml"]), ["b/connector.yaml", "c/connector.yaml"]);
        assert_eq!(paths(&["a/.git/x", "examples/x"]), ["x"]);
        assert!(paths(&[]).is_empty());
    }
}
