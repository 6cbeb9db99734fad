//! What a fictitious citizen would see of a version, beside what they see now: by the very functions of the citizens' page.

use askama::Template;
use overblik_registry::Source;
use overblik_widgets::{Language, Moment, Section, SectionState};

use super::{
    layout::{ConsoleFrame, Layout},
    seen::{filters, html},
    words::Badge,
};
use crate::{
    api_error::ApiError,
    page::{
        layout::PageFrame,
        section::{Form, section_in},
        texts::Texts,
    },
    tried::Tried,
};

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct TryPage<'a> {
    /// The source.
    pub source: &'a Source,
    /// The version that is tried.
    pub number: u32,
    /// Its recorded cases.
    pub cases: &'a [String],
    /// What was asked for.
    pub asked: &'a AskedFor,
    /// Why nothing came, and what is particular about it.
    pub wrong: Option<(ApiError, Option<&'a str>)>,
    /// What came, the version to compare with first.
    pub sides: &'a [TriedSide],
    /// The time.
    pub now: Moment,
}

/// What was typed.
#[derive(Clone, Default)]
pub struct AskedFor {
    /// The version to compare with.
    pub before: Option<u32>,
    /// Whether a recording is played; else the test endpoint is asked.
    pub by_example: bool,
    /// The recording.
    pub example: String,
    /// A fictitious citizen's number.
    pub citizen: String,
    /// Where they live.
    pub municipality: String,
}

impl std::fmt::Debug for AskedFor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AskedFor").field("before", &self.before).field("example", &self.example).finish_non_exhaustive()
    }
}

/// What came of one version.
#[derive(Debug)]
pub struct TriedSide {
    /// The version.
    pub number: u32,
    /// What came, or why it could not be tried, in English.
    pub came: Result<Box<TriedVersion>, String>,
}

/// What came of one version, to whoever reads either language.
#[derive(Debug)]
pub struct TriedVersion {
    pub(crate) danish: Tried,
    pub(crate) english: Tried,
}

/// A version to compare with.
struct Choice {
    number: Option<u32>,
    words: String,
    is_chosen: bool,
}

struct InLanguage {
    /// The first is what the form's answer begins at.
    id: &'static str,
    tag: &'static str,
    title: &'static str,
    sides: Vec<SideView>,
}

struct SideView {
    title: String,
    /// Why it could not be tried.
    cannot: Option<String>,
    seen: Option<Seen>,
}

struct Seen {
    badge: Badge,
    time: String,
    reason: Option<String>,
    reasons: Vec<String>,
    notes: Vec<String>,
    section: String,
}

#[derive(Template)]
#[template(path = "console_try.html")]
struct TryView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    befores: Vec<Choice>,
    cases: Vec<(&'a str, bool)>,
    asked: &'a AskedFor,
    wrong: Option<(&'a str, &'a str, Option<&'a str>)>,
    /// Whether what is wrong is what was typed about the citizen.
    bad_citizen: bool,
    languages: Vec<InLanguage>,
}

/// The page.
#[must_use]
pub fn trying(frame: &ConsoleFrame<'_>, page: &TryPage<'_>) -> String {
    let (texts, asked) = (frame.texts(), page.asked);
    let title = texts.try_title(page.number);
    let nothing = Choice { number: None, words: texts.try_nothing().to_owned(), is_chosen: asked.before.is_none() };
    let others = page.source.versions.keys().rev().filter(|number| **number != page.number).map(|number| Choice {
        number: Some(*number),
        words: named(texts, page.source, *number),
        is_chosen: asked.before == Some(*number),
    });
    let in_language = |language: Language, id, title| {
        let sides = page.sides.iter().map(|side| view(frame, page, language, side));
        InLanguage { id, tag: language.tag(), title, sides: sides.collect() }
    };
    let languages = match page.sides {
        [] => Vec::new(),
        // There is nothing that reads otherwise in another language.
        sides if sides.iter().all(|side| side.came.is_err()) => {
            vec![in_language(frame.language, "said", texts.try_nothing_came())]
        }
        _ => vec![
            in_language(Language::Da, "said", texts.try_in_danish()),
            in_language(Language::En, "tried-en", texts.try_in_english()),
        ],
    };
    html(&TryView {
        layout: Layout::new(frame, &title).below(Some(&page.source.slug)),
        texts,
        befores: [nothing].into_iter().chain(others).collect(),
        cases: page.cases.iter().map(|case| (case.as_str(), *case == asked.example)).collect(),
        asked,
        wrong: page.wrong.map(|(error, detail)| {
            let (title, explanation) = said_of(texts, error);
            (title, explanation, detail)
        }),
        bad_citizen: page.wrong.is_some() && !asked.by_example,
        languages,
    })
}

fn said_of(texts: Texts, error: ApiError) -> (&'static str, &'static str) {
    let face = error.face();
    // Faces are made of fixed texts; these say what a form's sender can do.
    match face.status.as_u16() {
        400 => (texts.try_wrong_title(), texts.try_wrong()),
        _ => (texts.try_not_now_title(), texts.try_not_now()),
    }
}

/// A version, and whether it is the one that citizens see.
fn named(texts: Texts, source: &Source, number: u32) -> String {
    if source.main == Some(number) { texts.try_live(number) } else { texts.version_title(number) }
}

fn view(frame: &ConsoleFrame<'_>, page: &TryPage<'_>, language: Language, side: &TriedSide) -> SideView {
    let texts = frame.texts();
    let title = named(texts, page.source, side.number);
    let came = match &side.came {
        Ok(came) => came,
        Err(why) => return SideView { title, cannot: Some(why.clone()), seen: None },
    };
    let tried = match language {
        Language::Da => &came.danish,
        Language::En => &came.english,
    };
    // Several sections of one source stand on this page, each under a name of its own.
    let name = format!("{}-{}", side.number, language.tag());
    let section = Section { source: name, ..tried.section.clone() };
    let citizen = PageFrame::of_a_visitor(language, frame.path);
    let seen = Seen {
        badge: state(texts, section.state),
        time: texts.try_took(tried.milliseconds, tried.limit_milliseconds),
        reason: tried.reason.clone(),
        reasons: tried.reasons.iter().map(ToString::to_string).collect(),
        notes: tried.notes.clone(),
        section: section_in(Form::Tried, &citizen, &section, page.now.date()),
    };
    SideView { title, cannot: None, seen: Some(seen) }
}

/// A state in the words of those who work here.
fn state(texts: Texts, state: SectionState) -> Badge {
    let (words, tone) = match state {
        SectionState::Ready => (texts.tried_ready(), "good"),
        SectionState::Empty => (texts.tried_empty(), "good"),
        SectionState::Partial => (texts.tried_partial(), "warning"),
        SectionState::Stale => (texts.tried_stale(), "warning"),
        SectionState::Pending => (texts.tried_pending(), "info"),
        SectionState::TimedOut => (texts.tried_timed_out(), "bad"),
        SectionState::Failed => (texts.tried_failed(), "bad"),
        SectionState::Invalid => (texts.tried_invalid(), "bad"),
        SectionState::Refused => (texts.tried_refused(), "bad"),
        SectionState::Suspended => (texts.tried_suspended(), "warning"),
        SectionState::StepUpRequired => (texts.tried_step_up(), "info"),
        SectionState::NotCovered => (texts.tried_not_covered(), "info"),
    };
    Badge::new(words, tone)
}
