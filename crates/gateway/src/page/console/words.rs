//! What states, times and records are called.

use jiff::Timestamp;
use overblik_connectors::{BreakerStanding, GateStanding};
use overblik_registry::{Actor, Agreement, Change, Municipalities, Record, Side, Source, Stamp, VersionState};
use overblik_widgets::{Language, Moment};

use crate::page::texts::Texts;

/// How a source stands at the instance that answers.
#[derive(Clone, Debug, Default)]
pub struct Here {
    /// Its gates.
    pub gates: Vec<GateStanding>,
    /// What keeps this instance from asking what the registry says, as whoever looks may know it; in English.
    pub mistakes: Vec<String>,
}

/// A word with a tone.
#[derive(Clone, Debug)]
pub(super) struct Badge {
    pub(super) words: String,
    pub(super) tone: &'static str,
}

impl Badge {
    pub(super) fn new(words: impl Into<String>, tone: &'static str) -> Self {
        Self { words: words.into(), tone }
    }
}

pub(super) fn when(texts: Texts, at: Timestamp) -> String {
    texts.moment(Moment::new(at))
}

/// A text of the registry in the reader's language.
pub(super) fn one_of(texts: Texts, both: &overblik_registry::Texts) -> &str {
    match texts.language {
        Language::Da => &both.da,
        Language::En => &both.en,
    }
}

/// Who did something, and when.
pub(super) fn done(texts: Texts, stamp: &Stamp) -> String {
    texts.done_by(&when(texts, stamp.at), &stamp.by.name)
}

pub(super) fn state(texts: Texts, state: VersionState) -> Badge {
    let (words, tone) = match state {
        VersionState::Draft => (texts.state_draft(), "bad"),
        VersionState::Checked => (texts.state_checked(), "info"),
        VersionState::Tested => (texts.state_tested(), "info"),
        VersionState::Submitted => (texts.state_submitted(), "warning"),
        VersionState::Approved => (texts.state_approved(), "info"),
        VersionState::Refused => (texts.state_refused(), "bad"),
        VersionState::Live => (texts.state_live(), "good"),
        VersionState::Replaced => (texts.state_replaced(), ""),
        VersionState::Retired => (texts.state_retired(), ""),
    };
    Badge::new(words, tone)
}

/// What stands beside a source's name: that it is suspended or gone, and where its newest version is on its way.
pub(super) fn badges(texts: Texts, source: &Source, now: Timestamp) -> Vec<Badge> {
    let mut badges = Vec::new();
    if source.retired.is_some() {
        badges.push(Badge::new(texts.source_retired(), ""));
    }
    if let Some(suspended) = source.suspended(now) {
        let until = suspended.until.map(|until| format!(" {}", texts.until(&when(texts, until)))).unwrap_or_default();
        badges.push(Badge::new(texts.suspended_because(&suspended.reason) + &until, "warning"));
    }
    if source.main.is_some() && badges.is_empty() {
        badges.push(state(texts, VersionState::Live));
    }
    let on_its_way = source.newest().map(|newest| newest.state);
    let on_its_way =
        on_its_way.filter(|state| state.is_open() || matches!(state, VersionState::Submitted | VersionState::Approved));
    badges.extend(on_its_way.map(|on_its_way| state(texts, on_its_way)));
    badges
}

/// Which versions citizens see.
pub(super) fn live(texts: Texts, source: &Source) -> String {
    let main = source.main.map_or_else(|| texts.live_none().to_owned(), |main| texts.version_title(main));
    match source.beside {
        Some((version, share)) => format!("{main}, {}", texts.beside_version(version, share.per_cent())),
        None => main,
    }
}

/// How a source stands here: what the registry says of it comes first, and then its gates, of which there may be two while
/// a version is moved to. Gates follow the registry a moment later.
pub(super) fn health(texts: Texts, source: &Source, Here { gates, mistakes }: &Here, now: Timestamp) -> String {
    let is_stopped = gates.iter().any(|gate| gate.suspended);
    let all_stopped = gates.iter().all(|gate| gate.suspended);
    match (source.suspended(now).is_some(), is_stopped) {
        _ if gates.is_empty() => return texts.gate_absent().to_owned(),
        (true, _) if all_stopped => return texts.health_suspended().to_owned(),
        (true, _) => return texts.health_being_suspended().to_owned(),
        (false, true) if mistakes.is_empty() => return texts.health_resuming().to_owned(),
        (false, true) => return texts.health_stopped().to_owned(),
        (false, false) => {}
    }
    let mut words: Vec<&str> = gates.iter().map(|gate| one_gate(texts, gate)).collect();
    words.dedup();
    if !mistakes.is_empty() && words == [texts.gate_answers()] {
        return texts.health_former().to_owned();
    }
    words.join("; ")
}

fn one_gate(texts: Texts, gate: &GateStanding) -> &'static str {
    match gate {
        gate if gate.switched_off => texts.gate_off(),
        gate if gate.cut_off => texts.gate_cut_off(),
        gate if gate.closed_until.is_some() => texts.gate_closed(),
        gate => match gate.breaker {
            BreakerStanding::Closed => texts.gate_answers(),
            BreakerStanding::OnProbation | BreakerStanding::Probing => texts.gate_probing(),
            BreakerStanding::Open => texts.gate_open(),
        },
    }
}

pub(super) fn municipalities(texts: Texts, where_: &Municipalities) -> String {
    match where_ {
        Municipalities::All => texts.everywhere().to_owned(),
        Municipalities::These(codes) => codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// What holds of an agreement, and what waits.
pub(super) fn agreement(texts: Texts, agreement: &Agreement) -> Vec<String> {
    let holds = agreement.current.as_ref().map(|agreed| {
        let whom = done(texts, &agreed.approved);
        format!("{}: {} ({whom})", texts.agreed(), municipalities(texts, &agreed.value))
    });
    let waits = agreement.pending.as_ref().map(|proposal| {
        let whom = done(texts, &proposal.proposed);
        format!("{} ({whom})", texts.agreement_waits(&municipalities(texts, &proposal.value)))
    });
    holds.into_iter().chain(waits).collect()
}

/// A record of the history as a row.
pub(super) struct Row {
    pub(super) who: String,
    /// By what nobody can call themselves: the side and the id.
    pub(super) known: String,
    pub(super) said: String,
    pub(super) when: String,
}

impl Row {
    pub(super) fn of(texts: Texts, record: &Record) -> Self {
        let Actor { id, side, name, .. } = &record.actor;
        let side = match side {
            Side::Authority(slug) => slug.as_str(),
            Side::Operator => texts.operator_role(),
        };
        Self {
            who: name.to_string(),
            known: format!("{side} · {id}"),
            said: said(texts, &record.change),
            when: when(texts, record.at),
        }
    }
}

/// What a record says was done.
fn said(texts: Texts, change: &Change) -> String {
    match change {
        Change::AuthorityProposed { authority } => texts.said_authority_proposed(&authority.slug),
        Change::AuthorityApproved { authority, .. } => texts.said_authority_approved(authority),
        Change::AuthorityRejected { authority, reason, .. } => texts.said_authority_rejected(authority, reason),
        Change::Pushed { version, mistakes: 0, .. } => texts.said_pushed(*version),
        Change::Pushed { version, mistakes, .. } => texts.said_pushed_mistaken(*version, *mistakes),
        Change::Tested { version, passed: true, .. } => texts.said_tested(*version),
        Change::Tested { version, .. } => texts.said_tested_failed(*version),
        Change::Submitted { version, note, .. } => {
            let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            texts.said_submitted(*version, &note)
        }
        Change::Approved { version, .. } => texts.said_approved(*version),
        Change::Refused { version, reason, .. } => texts.said_refused(*version, reason),
        Change::Released { version, share, .. } => texts.said_released(*version, share.per_cent()),
        Change::RolledBack { from, to, .. } => texts.said_rolled_back(*from, *to),
        Change::Suspended { reason, .. } => texts.said_suspended(reason),
        Change::Resumed { .. } => texts.said_resumed().to_owned(),
        Change::WindowsSet { windows, .. } => texts.said_windows(windows.len()),
        Change::IndexLoaded { entries, expires, .. } => texts.said_index_loaded(*entries, &when(texts, *expires)),
        Change::IndexDropped { .. } => texts.said_index_dropped().to_owned(),
        Change::VersionRetired { version, reason, .. } => texts.said_version_retired(*version, reason),
        Change::SourceRetired { reason, .. } => texts.said_source_retired(reason),
        Change::AgreementProposed { display_client, municipalities: where_, .. } => {
            texts.said_agreement_proposed(display_client, &municipalities(texts, where_))
        }
        Change::AgreementApproved { display_client, .. } => texts.said_agreement_approved(display_client),
        Change::AgreementRejected { display_client, reason, .. } => {
            texts.said_agreement_rejected(display_client, reason)
        }
        Change::AgreementEnded { display_client, reason, .. } => texts.said_agreement_ended(display_client, reason),
    }
}
