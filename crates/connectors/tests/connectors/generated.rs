//! Files of this repository that are written by the code: compared with it, and written anew on demand.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Whether files are to be written anew.
fn is_written_anew() -> bool {
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration to read it from")]
    std::env::var_os("OVERBLIK_WRITE").is_some()
}

/// What differs between a file and what the code makes; writes the file first, if asked to.
pub(crate) fn difference(file: &Path, made: &str) -> Option<String> {
    if is_written_anew() {
        fs::write(file, made).expect("a file that can be written");
    }
    let there = fs::read_to_string(file).unwrap_or_default();
    (there != made).then(|| format!("{}\nholds:\n{there}\nand should hold:\n{made}", file.display()))
}

/// Fails when a file is not what the code makes.
#[track_caller]
pub(crate) fn assert_current(path: &str, made: &str) {
    assert!(
        difference(&repository(path), made).is_none(),
        "{path} is out of date; write it anew with\n  \
         OVERBLIK_WRITE=1 cargo test -p overblik-connectors --test connectors\nand read the difference"
    );
}
