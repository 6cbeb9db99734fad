//! One version: its way so far, what is wrong in its contract, what it changes for citizens, and its files.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use overblik_connectors::kit::{Change, Weight};
use overblik_registry::{Bundle, CONTRACT, Mistake, Source, Version};
use serde_json::Value;

use super::{
    actions::{self, Action, VersionActions},
    layout::{ConsoleFrame, Layout},
    seen::{filters, html},
    words::{self, Badge},
};
use crate::page::texts::Texts;

/// Lines that stand one by one, with their numbers, on a page. What comes after them stands as one block: a bundle may hold
/// four million lines, and each of them in a form of its own would take a gateway's memory.
const NUMBERED: usize = 20_000;

/// What the page shows.
#[derive(Clone, Copy, Debug)]
pub struct VersionPage<'a> {
    /// The source.
    pub source: &'a Source,
    /// The version.
    pub version: &'a Version,
    /// Its files.
    pub bundle: &'a Bundle,
    /// The hosts that its contract names.
    pub hosts: &'a BTreeSet<String>,
    /// What is wrong with them.
    pub mistakes: &'a [Mistake],
    /// What it changes of the version that citizens see; nothing if this is the one.
    pub compared: Option<&'a Compared>,
    /// The kit's report.
    pub report: Option<&'a Value>,
    /// What whoever looks may do.
    pub may: VersionActions,
}

/// What a version changes for citizens.
#[derive(Clone, Debug)]
pub enum Compared {
    /// They see none yet.
    WithNothing,
    /// Of the version that they see.
    With {
        /// That version.
        main: u32,
        /// What changes in the contract.
        changes: Vec<Change>,
        /// Other files that changed.
        files: Vec<String>,
    },
}

struct Effect {
    /// The version that citizens see.
    main: Option<u32>,
    lead: String,
    share: Option<String>,
    hosts: BTreeSet<String>,
    groups: Vec<Group>,
    files: Vec<String>,
}

struct Group {
    title: &'static str,
    tone: &'static str,
    changes: Vec<ChangeRow>,
}

struct ChangeRow {
    path: String,
    values: String,
    reason: &'static str,
}

struct Report {
    tally: String,
    failed: Vec<CheckRow>,
    all: Vec<CheckRow>,
}

struct CheckRow {
    id: String,
    said: String,
    verdict: &'static str,
}

struct File<'a> {
    path: &'a str,
    mistaken: bool,
    /// None for what is no text.
    lines: Vec<FileLine<'a>>,
    /// What follows them.
    rest: &'a str,
}

struct FileLine<'a> {
    text: &'a str,
    said: Vec<SaidOf<'a>>,
}

/// What is said of a mistake.
struct SaidOf<'a> {
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> SaidOf<'a> {
    fn of(mistake: &'a Mistake) -> Self {
        Self { message: &mistake.message, hint: mistake.hint.as_deref() }
    }
}

/// A mistake that is at no line that is shown.
struct Loose<'a> {
    place: &'a str,
    said: SaidOf<'a>,
}

#[derive(Template)]
#[template(path = "console_version.html")]
struct VersionView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    badge: Badge,
    steps: Vec<(&'static str, String)>,
    notes: Vec<&'a str>,
    mistakes: usize,
    loose: Vec<Loose<'a>>,
    /// The lines of the contract with mistakes.
    at_lines: BTreeSet<usize>,
    effect: Option<Effect>,
    not_you: bool,
    edit: bool,
    source_path: String,
    number: u32,
    actions: Vec<Action>,
    report: Option<Report>,
    contract: Option<File<'a>>,
    files: Vec<File<'a>>,
}

/// The page of a version.
#[must_use]
pub fn version(frame: &ConsoleFrame<'_>, page: &VersionPage<'_>) -> String {
    let (texts, version) = (frame.texts(), page.version);
    let share =
        version.submitted.as_ref().and_then(|submitted| submitted.share).map(overblik_registry::Share::per_cent);
    let title = texts.version_title(version.number);
    let slug = page.source.slug.as_str();
    // The contract first: its lines are those that decide.
    let (contract, others): (Vec<_>, Vec<_>) = page.bundle.files().iter().partition(|(path, _)| *path == CONTRACT);
    let mut numbered = NUMBERED;
    let files = contract.into_iter().chain(others);
    let files: Vec<File<'_>> =
        files.map(|(path, contents)| file(path, contents, page.mistakes, &mut numbered)).collect();
    let at_a_line = |mistake: &Mistake| {
        let of_it = files.iter().find(|file| file.path == mistake.file);
        of_it.is_some_and(|file| mistake.line.is_some_and(|line| (1..=file.lines.len()).contains(&line)))
    };
    let loose = page.mistakes.iter().filter(|mistake| !at_a_line(mistake)).map(|mistake| Loose {
        place: if mistake.file.is_empty() { texts.in_the_file() } else { &mistake.file },
        said: SaidOf::of(mistake),
    });
    let loose: Vec<_> = loose.collect();
    let in_contract = page.mistakes.iter().filter(|mistake| mistake.file == CONTRACT && at_a_line(mistake));
    let at_lines = in_contract.filter_map(|mistake| mistake.line).collect();
    let (mut contract, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.path == CONTRACT);
    let contract = contract.pop();
    let notes = [
        version.submitted.as_ref().and_then(|submitted| submitted.note.as_deref()),
        version.refused.as_ref().map(|refused| refused.reason.as_str()),
        version.retired.as_ref().map(|retired| retired.reason.as_str()),
    ];
    html(&VersionView {
        layout: Layout::new(frame, &title).below(Some(slug)),
        texts,
        badge: words::state(texts, version.state),
        steps: steps(texts, version),
        notes: notes.into_iter().flatten().collect(),
        mistakes: page.mistakes.len(),
        loose,
        at_lines,
        effect: page.compared.map(|compared| effect(texts, page, compared, share)),
        not_you: page.may.approve_not_you,
        edit: page.may.edit,
        source_path: format!("/console/sources/{slug}"),
        number: version.number,
        actions: actions::of_version(texts, (slug, version.number), page.source.last_record, page.may, share),
        report: page.report.map(|report| read_report(texts, report)),
        contract,
        files,
    })
}

fn steps(texts: Texts, version: &Version) -> Vec<(&'static str, String)> {
    let tested = version
        .tested
        .as_ref()
        .map(|tested| (if tested.passed { texts.step_tested() } else { texts.step_tested_failed() }, &tested.stamp));
    let submitted = version.submitted.as_ref().map(|submitted| (texts.step_submitted(), &submitted.stamp));
    let approved = version.approved.as_ref().map(|stamp| (texts.step_approved(), stamp));
    let refused = version.refused.as_ref().map(|refused| (texts.step_refused(), &refused.stamp));
    let released = version.released.as_ref().map(|stamp| (texts.step_released(), stamp));
    let retired = version.retired.as_ref().map(|retired| (texts.step_retired(), &retired.stamp));
    let steps = [Some((texts.step_pushed(), &version.pushed)), tested, submitted, approved, refused, released, retired];
    steps.into_iter().flatten().map(|(step, stamp)| (step, words::done(texts, stamp))).collect()
}

/// What changes, addresses and keys first: they decide who is asked about citizens, and by what right.
fn effect(texts: Texts, page: &VersionPage<'_>, compared: &Compared, share: Option<u8>) -> Effect {
    let share = share.filter(|_| page.version.released.is_none()).map(|share| texts.planned_share(share));
    let (main, changes, files) = match compared {
        Compared::WithNothing => {
            let lead = texts.effect_first().to_owned();
            return Effect {
                main: None,
                lead,
                share,
                hosts: page.hosts.clone(),
                groups: Vec::new(),
                files: Vec::new(),
            };
        }
        Compared::With { main, changes, files } => (*main, changes, files.clone()),
    };
    let lead = if changes.is_empty() {
        texts.effect_nothing().to_owned()
    } else {
        texts.effect_replaces(main, page.version.number)
    };
    let (addresses, others): (Vec<_>, Vec<_>) = changes.iter().partition(|change| is_about_addresses(change));
    let of = |weight| others.iter().copied().filter(|change| change.weight == weight).collect::<Vec<_>>();
    let groups = [
        (texts.changes_addresses(), "addresses", addresses.clone()),
        (texts.changes_breaking(), "breaking", of(Weight::Breaking)),
        (texts.changes_needs_approval(), "needs-approval", of(Weight::NeedsApproval)),
        (texts.changes_harmless(), "harmless", of(Weight::Harmless)),
    ];
    let groups = groups.into_iter().filter(|(_, _, changes)| !changes.is_empty()).map(|(title, tone, changes)| Group {
        title,
        tone,
        changes: changes.into_iter().map(|change| row(texts, change)).collect(),
    });
    Effect { main: Some(main), lead, share, hosts: BTreeSet::new(), groups: groups.collect(), files }
}

fn row(texts: Texts, change: &Change) -> ChangeRow {
    let text = |value: &Option<Value>| match value {
        None => texts.nothing_before().to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    ChangeRow {
        path: change.path.clone(),
        values: texts.was_and_is(&text(&change.was), &text(&change.is)),
        reason: change.reason,
    }
}

fn is_about_addresses(change: &Change) -> bool {
    let path = change.path.to_ascii_lowercase();
    ["url", "host", "auth", "key", "link", "tls", "certificate", "signature"].iter().any(|word| path.contains(word))
}

fn read_report(texts: Texts, report: &Value) -> Report {
    let count = |name: &str| report.pointer(&format!("/tally/{name}")).and_then(Value::as_u64).unwrap_or_default();
    let check = |check: &Value| {
        let text = |name: &str| check.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        CheckRow {
            id: text("id"),
            said: text("reason"),
            verdict: match check.get("verdict").and_then(Value::as_str) {
                Some("passed") => texts.verdict_passed(),
                Some("failed") => texts.verdict_failed(),
                _ => texts.verdict_not_applicable(),
            },
        }
    };
    let checks = report.get("checks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Report {
        tally: texts.report_tally(count("passed"), count("failed"), count("not_applicable")),
        failed: checks.iter().filter(|one| one.get("verdict") == Some(&"failed".into())).map(check).collect(),
        all: checks.iter().map(check).collect(),
    }
}

/// A file as it is shown; `numbered` is how many lines more may stand one by one.
fn file<'a>(path: &'a str, contents: &'a [u8], mistakes: &'a [Mistake], numbered: &mut usize) -> File<'a> {
    let of_it = mistakes.iter().filter(|mistake| mistake.file == path);
    let mut said: BTreeMap<Option<usize>, Vec<SaidOf<'_>>> = BTreeMap::new();
    for mistake in of_it {
        said.entry(mistake.line).or_default().push(SaidOf::of(mistake));
    }
    let is_mistaken = path == CONTRACT && !said.is_empty();
    let mut rest = std::str::from_utf8(contents).unwrap_or_default();
    let mut lines = Vec::new();
    while *numbered > 0 && !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        *numbered = numbered.saturating_sub(1);
        let said = said.remove(&Some(lines.len().saturating_add(1))).unwrap_or_default();
        lines.push(FileLine { text: line.strip_suffix('\r').unwrap_or(line), said });
    }
    File { path, mistaken: is_mistaken, lines, rest }
}
