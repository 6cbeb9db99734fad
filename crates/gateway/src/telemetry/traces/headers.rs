//! What the collector wants to see with each call beside the spans, such as a key. It comes from a file, because it is secret:
//! it is in no configuration and no message.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::followed_file::{FileMistake, FollowedFile};

/// What a call says by itself, or what is between two ends of a connection.
const OURS: [HeaderName; 11] = [
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const HINT: &str =
    "a line is NAME: VALUE, as the collector's documentation gives it; one that begins with # does not count";

/// The headers as they are now. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    /// Exchanged whole.
    now: Arc<RwLock<HeaderMap>>,
    file: Option<FollowedFile<HeaderMap>>,
}

impl Headers {
    /// What a file says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn open(file: &Path) -> Result<Self, FileMistake> {
        let (file, headers) = FollowedFile::open(file, read, HINT)?;
        Ok(Self { now: Arc::new(RwLock::new(headers)), file: Some(file) })
    }

    pub(super) fn now(&self) -> HeaderMap {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes them from their file whenever it changes, until stopped.
    pub(super) fn follow(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let Some(mut file) = self.file.clone() else { return };
        let now = Arc::clone(&self.now);
        tasks.spawn(async move {
            while let Some(outcome) = stop.run_until_cancelled(file.changed()).await {
                match outcome {
                    Ok(headers) => {
                        *now.write().unwrap_or_else(PoisonError::into_inner) = headers;
                        tracing::info!("headers for the collector of traces exchanged");
                    }
                    Err(mistake) => {
                        tracing::error!(%mistake, "headers for the collector of traces not exchanged, the former ones stay");
                    }
                }
            }
        });
    }
}

/// Reads the lines of a file. What is said of a mistake quotes nothing of a line: where the name is missing, the first word is
/// the secret.
fn read(text: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mistake = |what: &str| format!(":{number}: {what}");
        let (name, value) = line.split_once(':').ok_or_else(|| mistake("is not NAME: VALUE"))?;
        let name = HeaderName::from_bytes(name.trim_end().as_bytes());
        let name = name.map_err(|_| mistake("does not begin with the name of a header"))?;
        if OURS.contains(&name) {
            return Err(mistake("names a header that each call says by itself"));
        }
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| mistake("holds what no header can say"))?;
        if value.is_empty() {
            return Err(mistake("gives no value"));
        }
        value.set_sensitive(true);
        if headers.insert(name, value).is_some() {
            return Err(mistake("names a header for the second time"));
        }
    }
    if headers.is_empty() { Err(" holds no header".to_owned()) } else { Ok(headers) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r75_headers_are_read_from_lines_and_a_mistake_quotes_none_of_them() {
        let headers =
            read("# of the collector\n\nAuthorization: Bearer not-a-real-one\r\nx-tenant :a:b\n").expect("two");
        assert_eq!((headers.len(), &headers["authorization"]), (2, &HeaderValue::from_static("Bearer not-a-real-one")));
        assert_eq!(headers["x-tenant"], "a:b");
        assert!(headers.values().all(HeaderValue::is_sensitive));
        assert!(!format!("{headers:?}").contains("not-a-real-one"));
        for (text, told) in [
            ("", " holds no header"),
            ("# only words\n", " holds no header"),
            ("a: b\nnot-a-real-one", ":2: is not NAME: VALUE"),
            ("not a real one: b", ":1: does not begin with the name of a header"),
            (": not-a-real-one", ":1: does not begin with the name of a header"),
            ("a: not-a-real-one\u{e6}\u{1}", ":1: holds what no header can say"),
            ("a:\n", ":1: gives no value"),
            ("a: not-a-real-one\nA: b\n", ":2: names a header for the second time"),
            ("Content-Type: not-a-real-one", ":1: names a header that each call says by itself"),
            ("host: not-a-real-one", ":1: names a header that each call says by itself"),
        ] {
            assert_eq!(read(text).expect_err(text), told);
        }
    }
}
