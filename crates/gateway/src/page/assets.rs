//! The files that the pages load: embedded in the binary and named by their content, so that they may be cached for
//! ever and never mismatch the page that asks for them.

use std::{io::Write, sync::LazyLock};

use aws_lc_rs::digest::{SHA256, digest};
use flate2::{Compression, write::GzEncoder};

/// A file that the pages load.
#[derive(Debug)]
pub struct Asset {
    /// Its path, with a hash of its content in it: `/assets/overblik.<hash>.css`.
    pub path: String,
    /// Its media type, for `Content-Type`.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
    /// The same in gzip, made once. These files are the same for everybody and hold no secret; nothing personal is ever
    /// compressed (decision 33).
    pub gzip: Vec<u8>,
}

impl Asset {
    /// Eight bytes of the hash tell versions of one file apart; they guard against nothing.
    fn new(extension: &str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let start = digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default();
        let hash = u64::from_be_bytes(start);
        Self { path: format!("/assets/overblik.{hash:016x}.{extension}"), content_type, bytes, gzip: compressed(bytes) }
    }
}

#[expect(clippy::expect_used, reason = "writing to memory cannot fail")]
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("written to memory")
}

pub(super) static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_bytes!("../../assets/overblik.css")));

pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/overblik.js")));

pub(super) static SESSION_SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/session.js")));
pub(super) static REFRESH_SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/refresh.js")));

pub(super) static CONNECT_SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("js", "text/javascript; charset=utf-8", include_bytes!("../../assets/connect.js")));

pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_bytes!("../../assets/overblik.svg")));

/// What the console adds to the citizens' stylesheet.
pub(super) static CONSOLE_STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", include_bytes!("../../assets/console.css")));

/// Every file that the pages load.
#[must_use]
pub fn assets() -> [&'static Asset; 7] {
    [&STYLESHEET, &CONSOLE_STYLESHEET, &SCRIPT, &REFRESH_SCRIPT, &SESSION_SCRIPT, &CONNECT_SCRIPT, &ICON]
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_name_changes_with_the_content() {
        let first = Asset::new("css", "text/css", b"a");
        assert_eq!(first.path, Asset::new("css", "text/css", b"a").path);
        assert_ne!(first.path, Asset::new("css", "text/css", b"b").path);
    }

    #[test]
    fn the_files_stay_small() {
        assert!(STYLESHEET.gzip.len() < 8_000);
        assert!(SCRIPT.gzip.len() + REFRESH_SCRIPT.gzip.len() < 4_000);
        assert!(SESSION_SCRIPT.gzip.len() < 4_000);
        assert!(ICON.bytes.len() < 1_000);
    }

    #[test]
    fn a_compressed_file_is_the_same_file() {
        for asset in assets() {
            let mut text = Vec::new();
            GzDecoder::new(asset.gzip.as_slice()).read_to_end(&mut text).expect("gzip");
            assert_eq!(text, asset.bytes, "{}", asset.path);
        }
    }

    #[test]
    fn the_stylesheet_loads_nothing_else() {
        let css = std::str::from_utf8(STYLESHEET.bytes).expect("UTF-8");
        assert!(!css.contains("url(") && !css.contains("@import"));
    }

    #[test]
    fn no_script_uses_a_sink_that_trusted_types_refuse() {
        let script = [SCRIPT.bytes, REFRESH_SCRIPT.bytes, SESSION_SCRIPT.bytes, CONNECT_SCRIPT.bytes].concat();
        let script = std::str::from_utf8(&script).expect("UTF-8");
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setHTML"] {
            assert!(!script.contains(sink), "{sink}");
        }
    }
}
