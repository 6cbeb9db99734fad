//! Authorities: the list, and one of them with what holds, what is proposed, its sources and their agreements.

use askama::Template;
use jiff::Timestamp;
use overblik_registry::{Authority, AuthorityEntry, HostName, Record, Slug, Source, Stamp};
use serde_json::Value;

use super::{
    actions::{self, Action, AuthorityActions},
    layout::{ConsoleFrame, Layout},
    seen::{filters, html},
    words::{self, Badge, Row},
};
use crate::{login::thumbprint, page::texts::Texts};

struct AuthorityRow<'a> {
    href: String,
    name: &'a str,
    slug: &'a str,
    badges: Vec<Badge>,
    cvr: &'a str,
    domains: usize,
    sources: usize,
}

#[derive(Template)]
#[template(path = "console_authorities.html")]
struct AuthoritiesView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    rows: Vec<AuthorityRow<'a>>,
    may_propose: bool,
}

/// The list of authorities, each with how many sources it has.
#[must_use]
pub fn authorities(
    frame: &ConsoleFrame<'_>,
    authorities: &[(&Slug, &AuthorityEntry, usize)],
    may_propose: bool,
) -> String {
    let texts = frame.texts();
    let rows = authorities.iter().filter_map(|(slug, entry, sources)| {
        let shown = shown(entry)?;
        Some(AuthorityRow {
            href: format!("/console/authorities/{slug}"),
            name: words::one_of(texts, &shown.name),
            slug,
            badges: badges(texts, entry),
            cvr: &shown.cvr,
            domains: shown.domains.len(),
            sources: *sources,
        })
    });
    html(&AuthoritiesView {
        layout: Layout::new(frame, texts.all_authorities()),
        texts,
        rows: rows.collect(),
        may_propose,
    })
}

/// An authority as it is, or else as it is to be.
fn shown(entry: &AuthorityEntry) -> Option<&Authority> {
    let current = entry.current.as_ref().map(|agreed| &agreed.value);
    current.or_else(|| entry.pending.as_ref().map(|proposal| &proposal.value))
}

fn badges(texts: Texts, entry: &AuthorityEntry) -> Vec<Badge> {
    let known = entry.current.as_ref().map(|_| Badge::new(texts.authority_known(), "good"));
    let waits = entry.pending.as_ref().map(|_| {
        let words = if known.is_some() { texts.authority_changes() } else { texts.authority_new() };
        Badge::new(words, "warning")
    });
    let neither = (known.is_none() && waits.is_none()).then(|| Badge::new(texts.authority_rejected(), "bad"));
    known.into_iter().chain(waits).chain(neither).collect()
}

/// What the page of an authority shows.
#[derive(Clone, Copy, Debug)]
pub struct AuthorityPage<'a> {
    /// Its name in addresses.
    pub slug: &'a Slug,
    /// What is known of it.
    pub entry: &'a AuthorityEntry,
    /// Its sources.
    pub sources: &'a [&'a Source],
    /// What whoever looks may do.
    pub may: AuthorityActions,
    /// What was last done about it, the newest first.
    pub history: &'a [&'a Record],
    /// The time.
    pub now: Timestamp,
}

struct Program<'a> {
    name: &'a str,
    keys: Vec<String>,
}

struct SourceRow<'a> {
    href: String,
    source: &'a str,
    badges: Vec<Badge>,
}

struct AgreementRow<'a> {
    href: String,
    source: &'a str,
    client: &'a str,
    lines: Vec<String>,
}

struct Holds<'a> {
    name_da: &'a str,
    name_en: &'a str,
    cvr: &'a str,
    domains: Vec<&'a str>,
    programs: Vec<Program<'a>>,
    approved: String,
}

struct Proposed {
    said: String,
    differences: Vec<Difference>,
    /// Whether keys or domains come that do not hold yet.
    to_be_checked: bool,
}

struct Difference {
    what: String,
    values: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "console_authority.html")]
struct AuthorityView<'a> {
    layout: Layout<'a>,
    texts: Texts,
    slug: &'a str,
    badges: Vec<Badge>,
    proposed: Option<Proposed>,
    not_you: bool,
    may_propose: bool,
    actions: Vec<Action>,
    holds: Option<Holds<'a>>,
    sources: Vec<SourceRow<'a>>,
    agreements: Vec<AgreementRow<'a>>,
    history: Vec<Row>,
}

/// The page of an authority.
#[must_use]
pub fn authority(frame: &ConsoleFrame<'_>, page: &AuthorityPage<'_>) -> String {
    let (texts, entry) = (frame.texts(), page.entry);
    let current = entry.current.as_ref().map(|agreed| &agreed.value);
    let title = shown(entry).map_or(page.slug.as_str(), |authority| words::one_of(texts, &authority.name));
    let sources = page.sources.iter().map(|source| SourceRow {
        href: format!("/console/sources/{}", source.slug),
        source: &source.slug,
        badges: words::badges(texts, source, page.now),
    });
    let agreements = page.sources.iter().flat_map(|source| {
        let agreements = source.agreements.iter();
        let agreed = agreements.filter(|(_, one)| one.current.is_some() || one.pending.is_some());
        agreed.map(|(client, agreement)| AgreementRow {
            href: format!("/console/sources/{}#agreements", source.slug),
            source: &source.slug,
            client,
            lines: words::agreement(texts, agreement),
        })
    });
    html(&AuthorityView {
        layout: Layout::new(frame, title).below_authorities(None),
        texts,
        slug: page.slug,
        badges: badges(texts, entry),
        proposed: entry.pending.as_ref().map(|proposal| proposed(texts, current, &proposal.value, &proposal.proposed)),
        not_you: page.may.approve_not_you,
        may_propose: page.may.propose,
        actions: actions::of_authority(texts, page.slug, entry.last_record, page.may),
        holds: entry.current.as_ref().map(|agreed| Holds {
            name_da: &agreed.value.name.da,
            name_en: &agreed.value.name.en,
            cvr: &agreed.value.cvr,
            domains: agreed.value.domains.iter().map(HostName::as_str).collect(),
            programs: programs(texts, &agreed.value),
            approved: words::done(texts, &agreed.approved),
        }),
        sources: sources.collect(),
        agreements: agreements.collect(),
        history: page.history.iter().map(|record| Row::of(texts, record)).collect(),
    })
}

fn programs(texts: Texts, authority: &Authority) -> Vec<Program<'_>> {
    let programs = authority.clients.iter();
    programs
        .map(|(name, keys)| Program { name, keys: keys.keys.iter().map(|key| said(texts, key)).collect() })
        .collect()
}

/// A key as people compare it: by its thumbprint, which stands for all of it.
fn said(texts: Texts, key: &overblik_registry::PublicKey) -> String {
    let kind = key.crv.as_deref().unwrap_or(&key.kty);
    let value = serde_json::to_value(key).unwrap_or(Value::Null);
    match thumbprint(&value) {
        Some(thumbprint) => format!("{} · {kind} · {} {thumbprint}", key.kid, texts.thumbprint()),
        None => format!("{} · {kind}", key.kid),
    }
}

fn proposed(texts: Texts, current: Option<&Authority>, proposal: &Authority, stamp: &Stamp) -> Proposed {
    let differences = differences(texts, current, proposal);
    let to_be_checked = current
        .is_none_or(|current| current.clients != proposal.clients || !proposal.domains.is_subset(&current.domains));
    let said = texts.proposed_by(&words::when(texts, stamp.at), &stamp.by.name);
    Proposed { said, differences, to_be_checked }
}

/// What would be otherwise, line by line.
fn differences(texts: Texts, current: Option<&Authority>, proposal: &Authority) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut text = |what: &str, was: Option<&str>, is: &str| {
        if was != Some(is) {
            let was = was.unwrap_or(texts.nothing_before());
            found.push(Difference { what: what.to_owned(), values: texts.was_and_is(was, is), tone: "needs-approval" });
        }
    };
    text(texts.name_da(), current.map(|was| was.name.da.as_str()), &proposal.name.da);
    text(texts.name_en(), current.map(|was| was.name.en.as_str()), &proposal.name.en);
    text(texts.cvr(), current.map(|was| was.cvr.as_str()), &proposal.cvr);
    let domains =
        |of: &Authority| of.domains.iter().map(|domain| (texts.domains().to_owned(), domain.to_string())).collect();
    let keys = |of: &Authority| -> Vec<(String, String)> {
        let programs = programs(texts, of).into_iter();
        programs
            .flat_map(|program| {
                let what = texts.key_of_program(program.name);
                program.keys.into_iter().map(move |key| (what.clone(), key))
            })
            .collect()
    };
    for listed in [&domains as &dyn Fn(&Authority) -> Vec<(String, String)>, &keys] {
        let (was, is) = (current.map(listed).unwrap_or_default(), listed(proposal));
        for (what, value) in is.iter().filter(|one| !was.contains(one)) {
            let values = format!("{value} ({})", texts.difference_new());
            found.push(Difference { what: what.clone(), values, tone: "breaking" });
        }
        for (what, value) in was.iter().filter(|one| !is.contains(one)) {
            let values = format!("{value} ({})", texts.difference_gone());
            found.push(Difference { what: what.clone(), values, tone: "needs-approval" });
        }
    }
    found
}
