//! The files that portals' pages load, by version (requirement R70). What was published stays as it was, to the byte, for as
//! long as it is served: pages hold its hash.
//!
//! A file changes by a new version: the former one's file is kept beside it under its own name, with a line here, and
//! `assets/embed/published.txt` gets the new one's hash.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA384, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// A file in one version.
#[derive(Debug)]
pub(crate) struct EmbedFile {
    name: &'static str,
    version: &'static str,
    is_current: bool,
    /// Where it is.
    pub(crate) path: String,
    /// Its media type, for `Content-Type`.
    pub(crate) content_type: &'static str,
    /// What browsers hold it against.
    pub(crate) integrity: String,
    /// Its content.
    pub(crate) bytes: &'static [u8],
}

impl EmbedFile {
    /// A file in the version that is published now.
    fn current(name: &'static str, version: &'static str, kind: Kind, bytes: &'static [u8]) -> Self {
        let hash = STANDARD.encode(digest(&SHA384, bytes));
        let (extension, content_type) = match kind {
            Kind::Script => ("js", "text/javascript; charset=utf-8"),
            Kind::Stylesheet => ("css", "text/css; charset=utf-8"),
        };
        Self {
            name,
            version,
            is_current: true,
            path: format!("/embed/v1/{name}-{version}.{extension}"),
            content_type,
            integrity: format!("sha384-{hash}"),
            bytes,
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Script,
    Stylesheet,
}

/// The script of the frame.
pub(crate) static FRAME_SCRIPT: LazyLock<EmbedFile> = LazyLock::new(|| {
    EmbedFile::current("overblik-frame", "1.0.0", Kind::Script, include_bytes!("../../assets/embed/overblik-frame.js"))
});

/// The script of a connected frame that shows nothing yet.
pub(crate) static CONNECT_SCRIPT: LazyLock<EmbedFile> = LazyLock::new(|| {
    let bytes = include_bytes!("../../assets/embed/overblik-connect.js");
    EmbedFile::current("overblik-connect", "1.0.0", Kind::Script, bytes)
});

/// The stylesheet of fragments.
pub(crate) static FRAGMENTS_STYLESHEET: LazyLock<EmbedFile> = LazyLock::new(|| {
    let bytes = include_bytes!("../../assets/embed/overblik-fragments.css");
    EmbedFile::current("overblik-fragments", "1.0.0", Kind::Stylesheet, bytes)
});

/// The web component as it is published. What explains it to us is not sent to everybody.
static WIDGETS_TEXT: LazyLock<String> =
    LazyLock::new(|| without_comments(include_str!("../../assets/embed/overblik-widgets.js")));

/// The web component.
static WIDGETS: LazyLock<EmbedFile> =
    LazyLock::new(|| EmbedFile::current("overblik-widgets", "1.0.0", Kind::Script, WIDGETS_TEXT.as_bytes()));

/// A script without indentation, empty lines and comments; the latter have lines of their own.
fn without_comments(script: &str) -> String {
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//") && !line.starts_with("/**");
    script.lines().map(str::trim_start).filter(is_code).flat_map(|line| [line, "\n"]).collect()
}

/// Every file in every version.
pub(crate) fn files() -> [&'static EmbedFile; 4] {
    [&FRAME_SCRIPT, &CONNECT_SCRIPT, &FRAGMENTS_STYLESHEET, &WIDGETS]
}

/// All of them with their hashes, for whoever writes a portal's page.
pub(crate) fn integrity() -> Value {
    let file = |file: &EmbedFile| {
        json!({
            "name": file.name,
            "version": file.version,
            "path": file.path,
            "integrity": file.integrity,
            "current": file.is_current,
        })
    };
    json!({ "files": files().map(file) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r70_what_was_published_is_what_is_served_to_the_byte() {
        let published = include_str!("../../assets/embed/published.txt");
        let served: String = files().map(|file| format!("{} {}\n", file.path, file.integrity)).concat();
        assert_eq!(
            published, served,
            "a published file changed: give it a new version, keep the former one's file and its line; \
             a version that no release has had yet may still change, with its line"
        );
    }

    #[test]
    fn r70_scripts_for_portals_use_no_sink_that_trusted_types_refuse_and_speak_to_nobody_at_large() {
        for file in files().into_iter().filter(|file| file.content_type.starts_with("text/javascript")) {
            let script = std::str::from_utf8(file.bytes).expect("UTF-8");
            for sink in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setHTML", "\"*\"", "'*'"]
            {
                assert!(!script.contains(sink), "{} in {}", sink, file.path);
            }
        }
    }

    #[test]
    fn a_comment_is_left_out_only_where_it_has_lines_of_its_own() {
        assert_eq!(without_comments("/** a */\n  f();\n\n  // b\n  g(); // c\n"), "f();\ng(); // c\n");
        for line in include_str!("../../assets/embed/overblik-widgets.js").lines().map(str::trim_start) {
            assert!(!line.starts_with("/**") || line.ends_with("*/"), "{line}");
        }
    }

    #[test]
    fn the_stylesheet_styles_nothing_outside_its_names_and_loads_nothing() {
        let css = std::str::from_utf8(FRAGMENTS_STYLESHEET.bytes).expect("UTF-8");
        assert!(!css.contains("url(") && !css.contains("@import"));
        let selectors = css.lines().filter(|line| line.ends_with('{') || line.ends_with(','));
        for selector in selectors.map(str::trim_start).filter(|selector| !selector.starts_with("@media")) {
            assert!(selector.starts_with(".ob-"), "{selector}");
        }
    }
}
