//! The overview: the skeleton that is sent at once, and what can only be said at the end.

use askama::Template;
use overblik_connectors::SourceInfo;
use overblik_widgets::{Attention, AttentionKind, Date, LocalizedText, SectionState, Summary, Theme};

use super::{
    assets::SCRIPT,
    cards::Tone,
    fold, html,
    layout::{Layout, PageFrame},
    texts::Texts,
};

/// Entries of the attention list shown before the rest is folded away: few, because all else stands below them on a
/// telephone.
const ENTRIES_SHOWN: usize = 5;

/// The sources of one theme, in display order.
struct ThemeSources<'a> {
    theme: Theme,
    title: LocalizedText,
    sources: Vec<&'a SourceInfo>,
}

impl<'a> ThemeSources<'a> {
    fn collect(sources: &[&'a SourceInfo]) -> Vec<Self> {
        let mut themes: Vec<Self> = Vec::new();
        for &source in sources {
            match themes.iter_mut().find(|group| group.theme == source.theme) {
                Some(group) => group.sources.push(source),
                None => themes.push(Self { theme: source.theme, title: source.theme.title(), sources: vec![source] }),
            }
        }
        themes
    }
}

#[derive(Template)]
#[template(path = "overview_start.html")]
struct OverviewStart<'a> {
    layout: Layout<'a>,
    script: &'static str,
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
    deadline: Option<(Date, String)>,
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
        let deadline = attention.date.map(|date| (date, texts.deadline(date, today)));
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
        if self.summary.counts.answered == 0 {
            self.texts.attention_unknown()
        } else if self.uncertain.is_empty() {
            self.texts.nothing_needs_attention()
        } else {
            self.texts.nothing_in_answers()
        }
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
