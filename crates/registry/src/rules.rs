//! Who may do what when: one table, and beside it what a table cannot say.
//!
//! Four eyes: what gives more (an authority, its domains and keys, a version for citizens, an agreement) is approved by an
//! operator's person who had no hand in it. What only gives less (suspension, going back, retirement, closing times, the
//! end of an agreement) takes one.

mod details;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::{
    actor::{Actor, ActorId, ActorKind},
    change::{Change, Subject},
    refusal::Refusal,
    registry::{Registry, Source, Version, VersionState},
    text::Slug,
};

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// The authority that it belongs to, and operators.
    Own,
    /// Operators.
    Operator,
    /// A person of the operator's who had no hand in it.
    SecondPerson,
}

/// A row of the table: who may make a change, and in which states of the version that it names; in any where it names
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) who: Who,
    pub(crate) states: &'static [VersionState],
}

/// The table.
#[allow(clippy::match_same_arms, reason = "a row for each change")]
pub(crate) fn rule(change: &Change) -> Rule {
    use VersionState::{Approved, Checked, Draft, Live, Replaced, Submitted, Tested};
    use Who::{Operator, Own, SecondPerson};
    let (who, states): (Who, &'static [VersionState]) = match change {
        Change::AuthorityProposed { .. } => (Own, &[]),
        Change::AuthorityApproved { .. } => (SecondPerson, &[]),
        Change::AuthorityRejected { .. } => (Own, &[]),
        Change::Pushed { .. } => (Own, &[]),
        Change::Tested { .. } => (Own, &[Checked, Tested]),
        Change::Submitted { .. } => (Own, &[Tested]),
        Change::Approved { .. } => (SecondPerson, &[Submitted]),
        Change::Refused { .. } => (Operator, &[Submitted]),
        Change::Released { .. } => (Own, &[Approved, Live]),
        Change::RolledBack { .. } => (Own, &[Live]),
        Change::Suspended { .. } => (Own, &[]),
        Change::Resumed { .. } => (Own, &[]),
        Change::WindowsSet { .. } => (Own, &[]),
        Change::IndexLoaded { .. } => (Own, &[]),
        Change::IndexDropped { .. } => (Own, &[]),
        Change::VersionRetired { .. } => (Own, &[Draft, Checked, Tested, Submitted, Approved, Live, Replaced]),
        Change::SourceRetired { .. } => (Own, &[]),
        Change::AgreementProposed { .. } => (Own, &[]),
        Change::AgreementApproved { .. } => (SecondPerson, &[]),
        Change::AgreementRejected { .. } => (Own, &[]),
        Change::AgreementEnded { .. } => (Own, &[]),
    };
    Rule { who, states }
}

/// Whether somebody may make a change now.
///
/// # Errors
/// Why not. What somebody may not know of is refused like what does not exist, before anything else is said about it.
pub(crate) fn check(registry: &Registry, actor: &Actor, at: Timestamp, change: &Change) -> Result<(), Refusal> {
    let rule = rule(change);
    match change.subject() {
        Subject::Authority(slug) => {
            if !actor.may_touch(slug) {
                return Err(no_authority(slug));
            }
            check_who(rule.who, actor)?;
            details::of_authority(registry, actor, slug, change)
        }
        Subject::Source(slug) => {
            if let Change::Pushed { authority, .. } = change {
                check_who(rule.who, actor)?;
                return details::of_push(registry, actor, slug, authority, change);
            }
            let source = registry.source_for(actor, slug).ok_or_else(|| no_source(slug))?;
            check_who(rule.who, actor)?;
            if source.retired.is_some() {
                return Err(Refusal::Conflict(format!("{slug} is retired, and stays so; a new source has a new name")));
            }
            check_state(rule, source, change)?;
            details::of_source(actor, at, source, change)
        }
    }
}

fn check_who(who: Who, actor: &Actor) -> Result<(), Refusal> {
    if who != Who::Own && !actor.is_operator() {
        return Err(Refusal::NotAllowed("this is for an operator to do"));
    }
    if who == Who::SecondPerson && actor.kind != ActorKind::Person {
        return Err(Refusal::NotAllowed(
            "this is for a person to do who proved who they are: neither a program nor a command line approves anything",
        ));
    }
    Ok(())
}

fn check_state(rule: Rule, source: &Source, change: &Change) -> Result<(), Refusal> {
    let Some((number, _)) = named_version(change) else { return Ok(()) };
    let version = version(source, number)?;
    if rule.states.contains(&version.state) {
        return Ok(());
    }
    let expected = rule.states.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
    Err(Refusal::WrongState { version: number, state: version.state, expected })
}

/// The version that a change is about, and the files that whoever makes it has seen.
pub(crate) fn named_version(change: &Change) -> Option<(u32, Option<crate::digest::Digest>)> {
    match change {
        Change::Tested { version, bundle, .. }
        | Change::Submitted { version, bundle, .. }
        | Change::Approved { version, bundle, .. }
        | Change::Refused { version, bundle, .. } => Some((*version, Some(*bundle))),
        Change::Released { version, .. }
        | Change::VersionRetired { version, .. }
        | Change::RolledBack { from: version, .. } => Some((*version, None)),
        _ => None,
    }
}

pub(crate) fn version(source: &Source, number: u32) -> Result<&Version, Refusal> {
    let missing = || Refusal::NotFound { what: "version", name: format!("{} of {}", number, source.slug) };
    source.versions.get(&number).ok_or_else(missing)
}

/// Refuses whoever had a hand in what is to be approved.
fn second_person<'a>(actor: &Actor, mut hands: impl Iterator<Item = &'a ActorId>) -> Result<(), Refusal> {
    if hands.any(|hand| *hand == actor.id) {
        return Err(Refusal::SecondPerson { name: actor.name.to_string() });
    }
    Ok(())
}

pub(crate) fn no_source(slug: &Slug) -> Refusal {
    Refusal::NotFound { what: "source", name: slug.to_string() }
}

fn no_authority(slug: &Slug) -> Refusal {
    Refusal::NotFound { what: "authority", name: slug.to_string() }
}
