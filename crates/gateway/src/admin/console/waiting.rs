//! What waits for whoever looks: decisions for operators, the next step of each source for its authority. What somebody may
//! decide is asked of the registry's own rules.

use std::collections::BTreeSet;

use axum::{extract::State, response::Html};
use jiff::{SignedDuration, Timestamp};
use overblik_registry::{
    Actor, Authority, Change, Refusal, Registry, Side, Slug, Source, Stamp, Version, VersionState,
};

use super::{sources::here, worker::Worker};
use crate::{
    admin::{Admin, error::AdminError},
    page::console::{self, Task, Tasks, Thing, Why},
};

/// How long an authority is told that something of its was rejected.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) async fn show(State(admin): State<Admin>, worker: Worker) -> Result<Html<String>, AdminError> {
    let (registry, now) = (admin.registry().await?, admin.now());
    let mut tasks = tasks(&registry, &worker.actor, now);
    for source in mine(&registry, &worker.actor) {
        let mistakes = here(&admin, &worker.actor, &source.slug).mistakes;
        if !mistakes.is_empty() {
            tasks.stopped.push(Task { thing: Thing::Source(&source.slug), why: Why::Stopped(mistakes), since: None });
        }
    }
    Ok(Html(console::waiting(&worker.frame(), &tasks)))
}

/// What waits for somebody, and what they should know of; the oldest first.
pub(super) fn tasks<'r>(registry: &'r Registry, actor: &Actor, now: Timestamp) -> Tasks<'r> {
    let looked = Looked { registry, actor, now };
    let (yours, others) = match &actor.side {
        Side::Operator => (Vec::new(), looked.proposals()),
        Side::Authority(own) => (looked.next_steps(own), looked.proposals()),
    };
    let (decisions, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|task| matches!(task.why, Why::Approve(_)));
    let suspended = mine(registry, actor).filter_map(|source| {
        let suspended = source.suspended(now)?;
        Some(Task {
            thing: Thing::Source(&source.slug),
            why: Why::Suspended(suspended),
            since: Some(suspended.stamp.clone()),
        })
    });
    let is_of_nobody_known = match &actor.side {
        Side::Operator => false,
        Side::Authority(own) => registry.authority(own).is_none(),
    };
    let yours = yours.into_iter().chain(decisions).collect();
    let mut tasks = Tasks { yours, others, stopped: suspended.collect(), is_of_nobody_known };
    for some in [&mut tasks.yours, &mut tasks.others, &mut tasks.stopped] {
        some.sort_by_key(|task| task.since.as_ref().map(|stamp| stamp.record));
    }
    tasks
}

/// The sources in use that somebody may see.
fn mine<'r>(registry: &'r Registry, actor: &Actor) -> impl Iterator<Item = &'r Source> {
    registry.sources().filter(|source| source.retired.is_none() && actor.may_touch(&source.authority))
}

struct Looked<'r, 'a> {
    registry: &'r Registry,
    actor: &'a Actor,
    now: Timestamp,
}

impl<'r> Looked<'r, '_> {
    /// Whoever may approve what, by the rules.
    fn why(&self, approval: &Change, note: Option<&'r str>) -> Why<'r> {
        match self.registry.check(self.actor, self.now, approval) {
            Ok(()) => Why::Approve(note),
            Err(Refusal::SecondPerson { .. }) => Why::NotYou,
            Err(Refusal::NotAllowed(_)) => Why::Operators,
            Err(_) => Why::Cannot,
        }
    }

    /// What waits for a second person.
    fn proposals(&self) -> Vec<Task<'r>> {
        let authorities = self.registry.authorities().filter(|(slug, _)| self.actor.may_touch(slug));
        let authorities = authorities.filter_map(|(slug, entry)| {
            let pending = entry.pending.as_ref()?;
            let authority = &pending.value;
            let is_new = entry.current.is_none();
            let proposal = pending.proposed.record;
            let approval = Change::AuthorityApproved { authority: slug.clone(), proposal };
            Some(Task {
                thing: if is_new { Thing::NewAuthority(authority) } else { Thing::ChangedAuthority(authority) },
                why: self.why(&approval, None),
                since: Some(pending.proposed.clone()),
            })
        });
        let sources = mine(self.registry, self.actor).flat_map(|source| {
            let submitted = source.versions.values().filter(|version| version.state == VersionState::Submitted);
            let versions = submitted.map(move |version| self.submitted(source, version));
            let agreements = source.agreements.iter().filter_map(move |(client, agreement)| {
                let pending = agreement.pending.as_ref()?;
                let approval = Change::AgreementApproved {
                    source: source.slug.clone(),
                    display_client: client.clone(),
                    proposal: pending.proposed.record,
                };
                Some(Task {
                    thing: Thing::Agreement(&source.slug, client, Some(&pending.value)),
                    why: self.why(&approval, None),
                    since: Some(pending.proposed.clone()),
                })
            });
            versions.chain(agreements)
        });
        authorities.chain(sources).collect()
    }

    fn submitted(&self, source: &'r Source, version: &'r Version) -> Task<'r> {
        let approval =
            Change::Approved { source: source.slug.clone(), version: version.number, bundle: version.bundle };
        let submitted = version.submitted.as_ref();
        let note = submitted.and_then(|submitted| submitted.note.as_deref());
        Task {
            thing: Thing::Version(&source.slug, version.number),
            why: self.why(&approval, note),
            since: submitted.map(|submitted| submitted.stamp.clone()),
        }
    }

    /// What an authority is to do next, for each of its sources, and what was rejected.
    fn next_steps(&self, own: &Slug) -> Vec<Task<'r>> {
        mine(self.registry, self.actor).filter_map(next_step).chain(self.rejected(own)).collect()
    }

    /// What operators rejected of late, and nobody proposed again since.
    fn rejected(&self, own: &Slug) -> Vec<Task<'r>> {
        let recent = self.registry.history().iter().rev();
        let recent = recent.take_while(|record| self.now.duration_since(record.at) < TOLD_FOR);
        let decided = recent.filter_map(|record| Some((decided(&record.change)?, record)));
        let mut seen = BTreeSet::new();
        // The last word about each thing.
        let last = decided.filter(|((about, _), _)| seen.insert(*about));
        let rejected = last.filter_map(|(((subject, client), reason), record)| {
            let reason = reason.filter(|_| record.actor.is_operator())?;
            let thing = match client {
                None => {
                    let entry = self.registry.authority_entry(subject).filter(|_| subject == own)?;
                    Thing::ChangedAuthority(&entry.current.as_ref()?.value)
                }
                Some(client) => {
                    let source = self.registry.source_for(self.actor, subject)?;
                    Thing::Agreement(&source.slug, client, None)
                }
            };
            let since = Stamp { record: record.number, at: record.at, by: record.actor.clone() };
            Some(Task { thing, why: Why::Refused(reason), since: Some(since) })
        });
        rejected.collect()
    }
}

/// An authority, or a source with a display client.
type About<'r> = (&'r Slug, Option<&'r Slug>);

/// What a change decides about, and why if it says no.
fn decided(change: &Change) -> Option<(About<'_>, Option<&str>)> {
    Some(match change {
        Change::AuthorityProposed { authority: Authority { slug: authority, .. } }
        | Change::AuthorityApproved { authority, .. } => ((authority, None), None),
        Change::AuthorityRejected { authority, reason, .. } => ((authority, None), Some(reason)),
        Change::AgreementProposed { source, display_client, .. }
        | Change::AgreementApproved { source, display_client, .. }
        | Change::AgreementEnded { source, display_client, .. } => ((source, Some(display_client)), None),
        Change::AgreementRejected { source, display_client, reason, .. } => {
            ((source, Some(display_client)), Some(reason))
        }
        _ => return None,
    })
}

/// What an authority is to do with the newest version of a source; nothing while it waits for others, or is with citizens.
fn next_step(source: &Source) -> Option<Task<'_>> {
    let newest = source.newest()?;
    let failed = newest.tested.as_ref().is_some_and(|tested| !tested.passed);
    let (why, since) = match newest.state {
        VersionState::Draft => (Why::Mend(newest.mistakes), Some(&newest.pushed)),
        VersionState::Checked if failed => (Why::MendFailures, newest.tested.as_ref().map(|tested| &tested.stamp)),
        VersionState::Checked => (Why::Test, Some(&newest.pushed)),
        VersionState::Tested => (Why::Submit, newest.tested.as_ref().map(|tested| &tested.stamp)),
        VersionState::Approved => (Why::Release, newest.approved.as_ref()),
        VersionState::Refused => {
            let refused = newest.refused.as_ref()?;
            (Why::Refused(&refused.reason), Some(&refused.stamp))
        }
        VersionState::Submitted | VersionState::Live | VersionState::Replaced | VersionState::Retired => return None,
    };
    Some(Task { thing: Thing::Version(&source.slug, newest.number), why, since: since.cloned() })
}
