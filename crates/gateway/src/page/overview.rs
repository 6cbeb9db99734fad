//! The overview: the skeleton that is sent at once, and what can only be said at the end.

use askama::Template;
use overblik_connectors::SourceInfo;
use overblik_widgets::{Attention, AttentionKind, Date, LocalizedText, SectionState, Summary, Theme, WidgetKind};

use super::{
    assets::{REFRESH_SCRIPT, SCRIPT},
    cards::Tone,
    fold, html,
    layout::{Layout, PageFrame},
    texts::Texts,
};

/// Entries of the attention list shown before the rest is folded away: few, because all else stands below them, and
/// the place for them is kept before anybody knows how many there are.
const ENTRIES_SHOWN: usize = 3;

/// The sources of one theme, in display order.
struct ThemeSources<'a> {
    theme: Theme,
    title: LocalizedText,
    sources: Vec<(&'a SourceInfo, Room)>,
}

impl<'a> ThemeSources<'a> {
    fn collect(sources: &[&'a SourceInfo]) -> Vec<Self> {
        let mut themes: Vec<Self> = Vec::new();
        for &source in sources {
            let with_room = (source, Room::of(&source.kinds));
            match themes.iter_mut().find(|group| group.theme == source.theme) {
                Some(group) => group.sources.push(with_room),
                None => {
                    themes.push(Self { theme: source.theme, title: source.theme.title(), sources: vec![with_room] });
                }
            }
        }
        themes
    }
}

/// How much room a section's place keeps, whatever comes or does not come, so that what stands below it is not pushed
/// away while somebody reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// For what is told in a line or two.
    Small,
    /// For what has a course of events or a list of details.
    Medium,
    /// For several kinds below one another.
    Large,
}

impl Room {
    fn of(kinds: &[WidgetKind]) -> Self {
        match kinds {
            [] | [WidgetKind::Mailbox | WidgetKind::Credential | WidgetKind::Deadline | WidgetKind::ServiceBenefit] => {
                Self::Small
            }
            [_] => Self::Medium,
            _ => Self::Large,
        }
    }

    /// The name in the stylesheet.
    fn class(self) -> &'static str {
        match self {
            Self::Small => "room-small",
            Self::Medium => "room-medium",
            Self::Large => "room-large",
        }
    }
}

#[derive(Template)]
#[template(path = "overview_start.html")]
struct OverviewStart<'a> {
    layout: Layout<'a>,
    script: &'static str,
    refresh_script: &'static str,
    texts: Texts,
    themes: Vec<ThemeSources<'a>>,
    source_count: usize,
}

/// Everything up to the place where sections are appended: the head, the header, and the skeleton with one slot for
/// each source, in the order given. Ends inside an open element; [`super::section`]s follow, then [`overview_end`].
#[must_use]
pub fn overview_start(frame: &PageFrame<'_>, sources: &[&SourceInfo]) -> String {
    let texts = frame.texts();
    html(&OverviewStart {
        layout: Layout { logged_in: true, ..Layout::new(frame, texts.overview_title()) },
        script: &SCRIPT.path,
        refresh_script: &REFRESH_SCRIPT.path,
        texts,
        themes: ThemeSources::collect(sources),
        source_count: sources.len(),
    })
}

/// A source, and what became of asking it.
pub type Listed<'a> = (&'a SourceInfo, SectionState);

/// A source named at the end, with the way to its section.
struct Named<'a> {
    slug: &'a str,
    title: &'a str,
    authority: &'a str,
}

impl<'a> Named<'a> {
    fn of(source: &'a SourceInfo, texts: Texts) -> Self {
        Self { slug: &source.slug, title: texts.of(&source.title), authority: texts.of(&source.authority.name) }
    }

    fn all(listed: &[Listed<'a>], texts: Texts, keep: impl Fn(SectionState) -> bool) -> Vec<Self> {
        listed.iter().filter(|(_, state)| keep(*state)).map(|(source, _)| Self::of(source, texts)).collect()
    }
}

/// One entry of the attention list.
struct Entry<'a> {
    attention: &'a Attention,
    text: &'a str,
    label: &'static str,
    tone: Tone,
    /// The date, how far off it is, and the date in words.
    deadline: Option<(Date, String, String)>,
    /// Absent only if an entry came without its source.
    source: Option<Named<'a>>,
}

impl<'a> Entry<'a> {
    fn of(attention: &'a Attention, listed: &[Listed<'a>], today: Date, texts: Texts) -> Self {
        let (label, tone) = match attention.kind {
            AttentionKind::Overdue => (texts.overdue(), Tone::Bad),
            AttentionKind::DebtCollection => (texts.debt_collection(), Tone::Bad),
            AttentionKind::ActionNeeded => (texts.action_needed(), Tone::Info),
            AttentionKind::DueSoon => (texts.due_soon(), Tone::Warning),
        };
        let source = listed.iter().find(|(source, _)| source.slug == attention.source);
        let source = source.map(|(source, _)| Named::of(source, texts));
        let deadline = attention.date.map(|date| (date, texts.days_until(date, today), texts.date(date)));
        Self { attention, text: texts.of(&attention.text), label, tone, deadline, source }
    }
}

#[derive(Template)]
#[template(path = "overview_end.html")]
struct OverviewEnd<'a> {
    layout: Layout<'a>,
    texts: Texts,
    summary: &'a Summary,
    entries: Vec<Entry<'a>>,
    missing: Vec<Named<'a>>,
    incomplete: Vec<Named<'a>>,
    not_asked: Vec<Named<'a>>,
    /// Sources from which the attention list may lack something.
    uncertain: Vec<Named<'a>>,
    /// Every source said that it holds nothing.
    is_all_empty: bool,
}

impl<'a> OverviewEnd<'a> {
    fn shown(&self) -> &[Entry<'a>] {
        fold(&self.entries, ENTRIES_SHOWN).0
    }

    fn folded(&self) -> &[Entry<'a>] {
        fold(&self.entries, ENTRIES_SHOWN).1
    }

    /// What is said in place of an empty attention list. Only when every source answered in full is it a promise.
    fn without_entries(&self) -> &'static str {
        if self.is_nobody_listed() {
            self.texts.nobody_listed()
        } else if self.summary.counts.answered == 0 {
            self.texts.attention_unknown()
        } else if self.uncertain.is_empty() {
            self.texts.nothing_needs_attention()
        } else {
            self.texts.nothing_in_answers()
        }
    }

    fn calm_icon(&self) -> &'static str {
        if self.uncertain.is_empty() && self.summary.counts.answered > 0 { "good" } else { "info" }
    }

    /// Explains an overview with nothing in it: it is the authorities' own word, and not all there may be.
    fn why_empty(&self) -> Option<&'static str> {
        if self.is_nobody_listed() {
            Some(self.texts.nobody_listed_why())
        } else {
            self.is_all_empty.then(|| self.texts.all_empty())
        }
    }

    fn is_nobody_listed(&self) -> bool {
        self.summary.counts.asked == 0 && self.summary.counts.not_asked == 0
    }

    /// How many of those asked answered, and what is to be said about the others.
    fn summary_line(&self) -> String {
        let (texts, counts) = (self.texts, self.summary.counts);
        if counts.asked == 0 {
            return texts.nobody_asked().to_owned();
        }
        let mut line = texts.answered_of(counts.answered, counts.asked);
        for said in [
            (counts.failed > 0).then(|| texts.failed_count(counts.failed)),
            (counts.pending > 0).then(|| texts.pending_count(counts.pending)),
            (!self.incomplete.is_empty()).then(|| texts.incomplete_count(self.incomplete.len())),
            (counts.not_asked > 0).then(|| texts.not_asked_count(counts.not_asked)),
        ]
        .into_iter()
        .flatten()
        {
            line.push(' ');
            line.push_str(&said);
        }
        line
    }
}

/// What closes the page after the last section: the attention list, the completion line and the footer.
#[must_use]
pub fn overview_end(frame: &PageFrame<'_>, summary: &Summary, listed: &[Listed<'_>]) -> String {
    let (texts, today) = (frame.texts(), summary.generated_at.date());
    html(&OverviewEnd {
        layout: Layout { logged_in: true, ..Layout::new(frame, texts.overview_title()) },
        texts,
        summary,
        entries: summary.attention.iter().map(|attention| Entry::of(attention, listed, today, texts)).collect(),
        missing: Named::all(listed, texts, |state| state.was_asked() && !state.was_answered()),
        incomplete: Named::all(listed, texts, |state| state == SectionState::Partial),
        not_asked: Named::all(listed, texts, |state| !state.was_asked()),
        uncertain: Named::all(listed, texts, |state| !matches!(state, SectionState::Ready | SectionState::Empty)),
        is_all_empty: !listed.is_empty() && listed.iter().all(|(_, state)| *state == SectionState::Empty),
    })
}

#[derive(Template)]
#[template(path = "overview_cut.html")]
struct OverviewCut<'a> {
    layout: Layout<'a>,
    texts: Texts,
}

/// What closes the page when its session ended before all sections were there.
#[must_use]
pub fn overview_cut(frame: &PageFrame<'_>) -> String {
    let texts = frame.texts();
    html(&OverviewCut { layout: Layout::new(frame, texts.overview_title()), texts })
}
