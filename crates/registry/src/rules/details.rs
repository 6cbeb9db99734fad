//! What the table cannot say: how a change must fit what is there.

use jiff::Timestamp;

use super::{no_authority, no_source, second_person, version};
use crate::{
    actor::{Actor, ActorKind, Side},
    change::{Change, Municipalities, Share, Window},
    refusal::Refusal,
    registry::{Agreement, Proposal, Registry, Source, Suspended, Version, VersionState},
    text::Slug,
};

/// Most windows of a source.
const MOST_WINDOWS: usize = 50;
/// Most versions of a source.
const MOST_VERSIONS: u32 = 10_000;
/// Most sources of an authority.
const MOST_SOURCES: usize = 200;
/// Most display clients that a source has, or had, to do with.
const MOST_AGREEMENTS: usize = 200;

pub(super) fn of_authority(registry: &Registry, actor: &Actor, slug: &Slug, change: &Change) -> Result<(), Refusal> {
    let entry = registry.authority_entry(slug);
    let waiting = entry.and_then(|entry| entry.pending.as_ref());
    if !actor.is_operator() && waiting.is_some_and(|waiting| waiting.proposed.by.is_operator()) {
        // Else whoever has stolen a key could keep operators from taking it out for as long as they like.
        return Err(Refusal::NotAllowed("a proposal of an operator's waits, and operators decide about it"));
    }
    match change {
        Change::AuthorityProposed { authority } => {
            if entry.is_none_or(|entry| entry.current.is_none()) && !actor.is_operator() {
                return Err(no_authority(slug));
            }
            authority.check().map_err(|error| Refusal::Invalid(error.to_string()))
        }
        Change::AuthorityApproved { proposal, .. } => {
            let pending = pending(waiting, *proposal)?;
            second_person(actor, [&pending.proposed.by.id].into_iter())
        }
        Change::AuthorityRejected { proposal, .. } => pending(waiting, *proposal).map(|_| ()),
        _ => Ok(()),
    }
}

pub(super) fn of_push(
    registry: &Registry,
    actor: &Actor,
    slug: &Slug,
    authority: &Slug,
    change: &Change,
) -> Result<(), Refusal> {
    let Change::Pushed { version, .. } = change else { return Ok(()) };
    if !actor.may_touch(authority) || registry.authority(authority).is_none() {
        return Err(no_authority(authority));
    }
    let to_push = match registry.source(slug) {
        // The name is another authority's, and so there is none by this name to push to.
        Some(source) if source.authority != *authority => return Err(no_source(slug)),
        Some(Source { retired: Some(_), .. }) => {
            return Err(Refusal::Conflict(format!("{slug} is retired, and stays so; a new source has a new name")));
        }
        Some(source) => {
            if let Some(waiting) = source.newest().filter(|version| version.state == VersionState::Submitted) {
                return Err(Refusal::Conflict(format!(
                    "version {} waits for approval; retire it to withdraw it, and then push the next",
                    waiting.number
                )));
            }
            source.number_to_push()
        }
        None if registry.sources_of(authority).count() >= MOST_SOURCES => {
            return Err(Refusal::Conflict(format!("an authority has at most {MOST_SOURCES} sources")));
        }
        None => 1,
    };
    if *version > MOST_VERSIONS {
        return Err(Refusal::Conflict(format!("a source has at most {MOST_VERSIONS} versions")));
    }
    if *version == to_push { Ok(()) } else { Err(Refusal::Conflict(format!("the version to push is {to_push}"))) }
}

pub(super) fn of_source(actor: &Actor, at: Timestamp, source: &Source, change: &Change) -> Result<(), Refusal> {
    same_files(source, change)?;
    match change {
        Change::Approved { version: number, .. } => second_person(actor, version(source, *number)?.hands.iter()),
        Change::Submitted { share: Some(share), .. } if source.main.is_none() && *share != Share::ALL => {
            conflict("no version is live that the other citizens would see: submit this one for all")
        }
        Change::Released { version, share, .. } => release(actor, source, *version, *share),
        Change::RolledBack { from, to, .. } => roll_back(source, *from, *to),
        Change::Suspended { until, .. } => match until {
            Some(until) if *until <= at => invalid("a suspension ends after it begins; leave \"until\" out for no end"),
            _ => Ok(()),
        },
        Change::Resumed { .. } => resume(actor, at, source),
        Change::WindowsSet { windows, .. } => check_windows(windows),
        Change::IndexLoaded { expires, .. } if *expires <= at => invalid("an index expires after it is loaded"),
        Change::IndexLoaded { entries: 0, .. } => {
            invalid("an index that names nobody would have nobody asked about: drop it, or suspend the source")
        }
        Change::IndexDropped { .. } if source.index.is_none() => conflict("it has no index"),
        Change::VersionRetired { version, .. } if source.main == Some(*version) => Err(Refusal::Conflict(format!(
            "version {version} is what citizens see: release another, go back to one, or retire the source"
        ))),
        Change::AgreementProposed { display_client, municipalities, .. } => {
            let known = source.agreements.contains_key(display_client);
            if !known && source.agreements.len() >= MOST_AGREEMENTS {
                return Err(Refusal::Conflict(format!("a source has at most {MOST_AGREEMENTS} display clients")));
            }
            match municipalities {
                Municipalities::These(codes) if codes.is_empty() => invalid("an agreement for no municipality is none"),
                Municipalities::These(codes) if codes.len() > 99 => invalid("there are no hundred municipalities"),
                _ => Ok(()),
            }
        }
        Change::AgreementApproved { display_client, proposal, .. } => {
            let pending = pending(agreement(source, display_client)?.pending.as_ref(), *proposal)?;
            second_person(actor, [&pending.proposed.by.id].into_iter())
        }
        Change::AgreementRejected { display_client, proposal, .. } => {
            pending(agreement(source, display_client)?.pending.as_ref(), *proposal).map(|_| ())
        }
        Change::AgreementEnded { display_client, .. } => {
            let agreement = agreement(source, display_client)?;
            if agreement.current.is_some() { Ok(()) } else { conflict("there is no agreement in force") }
        }
        _ => Ok(()),
    }
}

/// Whoever decides about a version names the files that they looked at.
fn same_files(source: &Source, change: &Change) -> Result<(), Refusal> {
    let Some((number, Some(seen))) = super::named_version(change) else { return Ok(()) };
    let version = version(source, number)?;
    if version.bundle == seen {
        return Ok(());
    }
    Err(Refusal::Conflict(format!("version {number} has other files by now ({}); look at these", version.bundle)))
}

fn release(actor: &Actor, source: &Source, number: u32, share: Share) -> Result<(), Refusal> {
    if source.main == Some(number) {
        return Err(Refusal::Conflict(format!("all citizens who see no other version see version {number} already")));
    }
    match source.beside {
        Some((beside, _)) if beside != number => {
            return Err(Refusal::Conflict(format!(
                "version {beside} is with a share of citizens: release it to all, or roll it back, first"
            )));
        }
        Some((_, now)) if now == share => {
            return Err(Refusal::Conflict(format!("version {number} has this share already")));
        }
        _ => {}
    }
    if source.main.is_none() && share != Share::ALL {
        return conflict("there is no version that the other citizens would see: release this one to all");
    }
    let version = version(source, number)?;
    if version.approved_share >= Some(share) {
        return Ok(());
    }
    // The share was looked at as the version was; more of it is looked at once more.
    if !actor.is_operator() || actor.kind != ActorKind::Person {
        return Err(Refusal::MoreThanApproved { version: number, share: approved_share(version) });
    }
    second_person(actor, version.hands.iter())
}

fn roll_back(source: &Source, from: u32, to: u32) -> Result<(), Refusal> {
    let target = version(source, to)?;
    if source.beside.is_some_and(|(beside, _)| beside == from) {
        let main = source.main.unwrap_or(0);
        return if main == to {
            Ok(())
        } else {
            Err(Refusal::Conflict(format!("whoever saw version {from} sees version {main} again")))
        };
    }
    if target.state == VersionState::Replaced {
        let share = approved_share(target);
        if share == Share::ALL.per_cent() {
            return Ok(());
        }
        return Err(Refusal::Conflict(format!(
            "version {to} was approved for {share} of 100 citizens, and this would show it to all"
        )));
    }
    let expected = VersionState::Replaced.to_string();
    Err(Refusal::WrongState { version: to, state: target.state, expected })
}

fn approved_share(version: &Version) -> u8 {
    version.approved_share.map_or(0, Share::per_cent)
}

fn resume(actor: &Actor, at: Timestamp, source: &Source) -> Result<(), Refusal> {
    let holds = |suspended: &Option<Suspended>| suspended.as_ref().is_some_and(|suspended| suspended.holds(at));
    let (own, other) = match actor.side {
        Side::Operator => (&source.suspended_by_operator, &source.suspended_by_authority),
        Side::Authority(_) => (&source.suspended_by_authority, &source.suspended_by_operator),
    };
    if holds(own) {
        return Ok(());
    }
    match (holds(other), &actor.side) {
        (true, Side::Operator) => conflict("its authority suspended it, and ends that itself"),
        (true, Side::Authority(_)) => conflict("an operator suspended it, and ends that"),
        (false, _) => conflict("it is not suspended"),
    }
}

fn check_windows(windows: &[Window]) -> Result<(), Refusal> {
    if windows.len() > MOST_WINDOWS {
        return Err(Refusal::Invalid(format!("a source has at most {MOST_WINDOWS} windows")));
    }
    match windows.iter().position(|window| window.to <= window.from) {
        Some(index) => Err(Refusal::Invalid(format!("windows[{index}] does not end after it begins"))),
        None => Ok(()),
    }
}

fn agreement<'a>(source: &'a Source, display_client: &Slug) -> Result<&'a Agreement, Refusal> {
    let missing = || Refusal::NotFound { what: "agreement", name: format!("{} with {display_client}", source.slug) };
    source.agreements.get(display_client).ok_or_else(missing)
}

fn pending<T>(proposal: Option<&Proposal<T>>, number: u64) -> Result<&Proposal<T>, Refusal> {
    match proposal {
        Some(proposal) if proposal.proposed.record == number => Ok(proposal),
        Some(proposal) => Err(Refusal::Conflict(format!(
            "proposal {number} is no longer the one that waits; look at proposal {}",
            proposal.proposed.record
        ))),
        None => conflict("no proposal waits for a decision"),
    }
}

fn conflict<T>(message: &str) -> Result<T, Refusal> {
    Err(Refusal::Conflict(message.to_owned()))
}

fn invalid<T>(message: &str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(message.to_owned()))
}
