//! What differs between two versions, told by signs and words as well as by colour.

use askama::Template;
use overblik_registry::Source;

use super::layout::{ConsoleFrame, Layout};
use super::seen::html;
use crate::page::texts::Texts;

/// Most lines of a file that is not folded away.
const LONG: usize = 200;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct DifferencePage<'a> {
    /// The source.
    pub source: &'a Source,
    /// The one version.
    pub from: u32,
    /// The other one.
    pub to: u32,
    /// The files that differ.
    pub files: &'a [FileDifference],
}

/// A file that differs.
#[derive(Clone, Debug)]
pub struct FileDifference {
    /// Its path.
    pub path: String,
    /// What became of it.
    pub happened: WhatHappened,
    /// The lines that differ; `None` for what is no text.
    pub lines: Option<LinesDiffer>,
}

/// The lines of a file that differ.
#[derive(Clone, Debug)]
pub struct LinesDiffer {
    /// How many are new.
    pub added: usize,
    /// How many are gone.
    pub removed: usize,
    /// The places that differ.
    pub hunks: Vec<Hunk>,
    /// Whether they are all that differ, and not as many as a page holds.
    pub is_whole: bool,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatHappened {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Its text is another.
    Changed,
}

/// A place that differs, with lines around it.
#[derive(Clone, Debug)]
pub struct Hunk {
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line of it.
#[derive(Clone, Debug)]
pub struct Line {
    /// What became of it.
    pub mark: Mark,
    /// Its number in the one version.
    pub was: Option<usize>,
    /// Its number in the other one.
    pub is: Option<usize>,
    /// Its text.
    pub text: String,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is in both.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

struct FileView<'a> {
    path: &'a str,
    happened: &'static str,
    tally: Option<String>,
    open: bool,
    hunks: &'a [Hunk],
    is_whole: bool,
}

#[derive(Template)]
#[template(path = "console_difference.html")]
struct DifferenceView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    between: String,
    /// Number, and whether it is the one that is chosen.
    from: Vec<(u32, bool)>,
    to: Vec<(u32, bool)>,
    files: Vec<FileView<'a>>,
}

/// The page.
#[must_use]
pub fn difference(frame: &ConsoleFrame<'_>, page: &DifferencePage<'_>) -> String {
    let texts = frame.texts();
    let versions = |chosen: u32| page.source.versions.keys().map(|number| (*number, *number == chosen)).collect();
    let files = page.files.iter().map(|file| {
        let differ = file.lines.as_ref();
        let hunks = differ.map(|differ| differ.hunks.as_slice()).unwrap_or_default();
        FileView {
            path: &file.path,
            happened: match file.happened {
                WhatHappened::Added => texts.diff_file_added(),
                WhatHappened::Removed => texts.diff_file_removed(),
                WhatHappened::Changed => texts.diff_file_changed(),
            },
            tally: differ.map(|differ| texts.diff_tally(differ.added, differ.removed)),
            open: hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>() <= LONG,
            hunks,
            is_whole: differ.is_none_or(|differ| differ.is_whole),
        }
    });
    html(&DifferenceView {
        layout: Layout::new(frame, texts.diff_title()).below(Some(&page.source.slug)),
        texts,
        between: texts.diff_versions(page.from, page.to),
        from: versions(page.from),
        to: versions(page.to),
        files: files.collect(),
    })
}
