//! The editor of a source's files: one text area for each, and what is wrong at its line.

use askama::Template;
use jiff::Timestamp;
use overblik_registry::{CONTRACT, MOST_FILE_BYTES, Mistake, Source};

use super::{
    layout::{ConsoleFrame, Layout},
    seen::{filters, html},
    words,
};
use crate::{api_error::ApiError, page::texts::Texts};

/// Rows that a text area has beyond its text: room to write on.
const ROOM: usize = 3;
/// Line numbers beyond a text's own, for what is written next.
const NUMBERS_AHEAD: usize = 200;

/// What the page shows.
#[derive(Debug)]
pub struct EditorPage<'a> {
    /// The source.
    pub source: &'a Source,
    /// The record that whoever writes looked at.
    pub record: u64,
    /// The version whose files were shown at first.
    pub base: u32,
    /// The files, in the order in which they are shown.
    pub files: Vec<EditedFile>,
    /// Files that are no text.
    pub kept: Vec<String>,
    /// What is wrong with them.
    pub mistakes: Vec<Mistake>,
    /// A file's name that was typed and is none yet.
    pub new_path: String,
    /// What became of the last wish.
    pub said: EditorSaid,
}

/// A file as it is typed.
#[derive(Clone, Debug)]
pub struct EditedFile {
    /// Whether it was just added, and is what comes next.
    pub opened: bool,
    /// Its path in the bundle.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// What became of the last wish.
#[derive(Clone, Debug)]
pub enum EditorSaid {
    /// There was none.
    Nothing,
    /// The version on record is a draft with mistakes.
    Draft(u32),
    /// Nothing is wrong, and nothing is kept.
    Checked,
    /// Something is wrong, and nothing is kept.
    Mistaken,
    /// A file more.
    Added(String),
    /// A file less.
    Removed(String),
    /// No file can be called so.
    BadPath {
        /// What was typed.
        path: String,
        /// Why not, in English.
        why: String,
    },
    /// Somebody changed the source since the page was made.
    Changed {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// It was not done.
    Refused {
        /// Why.
        error: ApiError,
        /// What is particular about this time, in English.
        detail: Option<String>,
    },
}

struct Message {
    tone: &'static str,
    title: String,
    lines: Vec<String>,
    /// In English.
    detail: Option<String>,
}

/// A mistake, and where on the page it is.
struct Said<'a> {
    place: String,
    href: Option<String>,
    message: &'a str,
    hint: Option<&'a str>,
}

struct FileView<'a> {
    number: usize,
    path: &'a str,
    text: &'a str,
    lines: usize,
    rows: usize,
    open: bool,
    opened: bool,
    removable: bool,
    said: Vec<Said<'a>>,
    gutter: Vec<Gutter>,
}

/// Line numbers beside a text area.
enum Gutter {
    Plain(String),
    Mistaken(usize),
}

#[derive(Template)]
#[template(path = "console_editor.html")]
struct EditorView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    source: &'a str,
    action: String,
    record: u64,
    base: u32,
    save: String,
    message: Option<Message>,
    /// What the form's answer begins at; of a file that was added, that is the file.
    said_id: &'static str,
    changed: bool,
    /// The newest version, to compare with the one whose files were shown at first.
    newest: u32,
    mistakes: Vec<Said<'a>>,
    contract: Vec<FileView<'a>>,
    others: Vec<FileView<'a>>,
    others_open: bool,
    kept: &'a [String],
    new_path: &'a str,
    bad_path: bool,
    longest: usize,
}

/// The page.
#[must_use]
pub fn editor(frame: &ConsoleFrame<'_>, page: &EditorPage<'_>) -> String {
    let (texts, number) = (frame.texts(), page.source.number_to_push());
    let opens = page.source.open_version().is_some();
    let title = if opens { texts.edit_title(number) } else { texts.edit_title_next(number) };
    let files = page.files.iter().zip(1..).map(|(file, number)| FileView::of(texts, number, file, &page.mistakes));
    let files: Vec<_> = files.collect();
    let mistakes = page.mistakes.iter().map(|mistake| {
        let file = files.iter().find(|file| file.path == mistake.file);
        let href = file.map(|file| match mistake.line.filter(|line| (1..=file.lines).contains(line)) {
            Some(line) => format!("#file-{}-line-{line}", file.number),
            None => format!("#file-{}", file.number),
        });
        said(texts, mistake, href)
    });
    let mistakes = mistakes.collect();
    let (contract, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.path == CONTRACT);
    html(&EditorView {
        layout: Layout::new(frame, &title).below(Some(&page.source.slug)),
        texts,
        source: &page.source.slug,
        action: format!("/console/sources/{}/edit#said", page.source.slug),
        record: page.record,
        base: page.base,
        save: texts.edit_save(number),
        message: message(texts, page),
        said_id: if matches!(page.said, EditorSaid::Added(_)) { "added" } else { "said" },
        changed: matches!(page.said, EditorSaid::Changed { .. }),
        newest: page.source.newest().map_or(page.base, |newest| newest.number),
        mistakes,
        contract,
        others_open: others.iter().any(|file| file.open),
        others,
        kept: &page.kept,
        new_path: &page.new_path,
        bad_path: matches!(page.said, EditorSaid::BadPath { .. }),
        longest: MOST_FILE_BYTES,
    })
}

#[derive(Template)]
#[template(path = "console_editor_given_back.html")]
struct GivenBackView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    action: String,
    fields: &'a [(String, String)],
}

/// What was typed, for whoever is logged in no more: to be sent again.
#[must_use]
pub fn editor_given_back(frame: &ConsoleFrame<'_>, source: &str, fields: &[(String, String)]) -> String {
    let texts = frame.texts();
    let action = format!("/console/sources/{source}/edit#said");
    html(&GivenBackView { layout: Layout::new(frame, texts.edit_session_over_title()), texts, action, fields })
}

fn message(texts: Texts, page: &EditorPage<'_>) -> Option<Message> {
    let said = |tone, title: &str, lines: &[&str]| {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Some(Message { tone, title: title.to_owned(), lines, detail: None })
    };
    match &page.said {
        EditorSaid::Nothing => None,
        EditorSaid::Draft(number) => said("warning", &texts.edit_draft_title(*number), &[]),
        EditorSaid::Checked => said("good", texts.edit_checked_title(), &[texts.edit_checked()]),
        EditorSaid::Mistaken => said("warning", texts.edit_mistaken_title(), &[texts.edit_your_text()]),
        EditorSaid::Added(path) => said("info", &texts.edit_added(path), &[]),
        EditorSaid::Removed(path) => said("info", &texts.edit_removed(path), &[]),
        EditorSaid::BadPath { why, .. } => {
            let message = said("warning", texts.edit_bad_path_title(), &[texts.edit_your_text()]);
            message.map(|message| Message { detail: Some(why.clone()), ..message })
        }
        EditorSaid::Changed { by, at } => {
            let done = texts.edit_changed_by(&texts.done_by(&words::when(texts, *at), by));
            let lines = [&done, texts.edit_your_text(), texts.edit_changed_ways()];
            said("warning", texts.edit_changed_title(), &lines)
        }
        EditorSaid::Refused { error, detail } => {
            let face = error.face();
            let lines = [texts.of(&face.title), texts.of(&face.explanation), texts.edit_your_text()];
            let message = said("warning", texts.edit_refused_title(), &lines);
            message.map(|message| Message { detail: detail.clone(), ..message })
        }
    }
}

/// Lines of a text as an editor counts them: behind the last line break there is one too.
fn lines_of(text: &str) -> usize {
    text.split('\n').count()
}

fn said(texts: Texts, mistake: &Mistake, href: Option<String>) -> Said<'_> {
    let file = if mistake.file.is_empty() { texts.edit_files_title() } else { &mistake.file };
    let place = match (mistake.line, mistake.column) {
        (Some(line), Some(column)) => format!("{file}, {}", texts.line_and_column(line, column)),
        _ => file.to_owned(),
    };
    Said { place, href, message: &mistake.message, hint: mistake.hint.as_deref() }
}

impl<'a> FileView<'a> {
    fn of(texts: Texts, number: usize, file: &'a EditedFile, mistakes: &'a [Mistake]) -> Self {
        let of_it: Vec<_> = mistakes.iter().filter(|mistake| mistake.file == file.path).collect();
        let lines = lines_of(&file.text);
        let mut marked: Vec<_> = of_it.iter().filter_map(|mistake| mistake.line).collect();
        marked.retain(|line| (1..=lines).contains(line));
        marked.sort_unstable();
        marked.dedup();
        let is_contract = file.path == CONTRACT;
        Self {
            number,
            path: &file.path,
            text: &file.text,
            lines,
            rows: lines.saturating_add(ROOM),
            open: is_contract || file.opened || !of_it.is_empty(),
            opened: file.opened,
            removable: !is_contract,
            said: of_it.into_iter().map(|mistake| said(texts, mistake, None)).collect(),
            gutter: gutter(lines, &marked),
        }
    }
}

/// The numbers of a text's lines, those with mistakes apart from the others; more follow for lines to come.
fn gutter(lines: usize, mistaken: &[usize]) -> Vec<Gutter> {
    let mut gutter = Vec::new();
    let mut next = 1;
    let plain = |from: usize, to: usize| (from..to).map(|line| line.to_string() + "\n").collect::<String>();
    for line in mistaken.iter().copied() {
        gutter.push(Gutter::Plain(plain(next, line)));
        gutter.push(Gutter::Mistaken(line));
        next = line.saturating_add(1);
    }
    gutter.push(Gutter::Plain(plain(next, lines.saturating_add(NUMBERS_AHEAD))));
    gutter
}
