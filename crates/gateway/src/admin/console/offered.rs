//! Which forms a page offers: those whose change the registry's own rules would let through now. It asks them, and decides
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use overblik_registry::{
    Actor, Authority, AuthorityEntry, Change, Cvr, Digest, Line, Municipalities, Refusal, Registry, Share, Slug,
    Source, Texts, Version, VersionState,
};

use crate::page::console::{AuthorityActions, SourceActions, VersionActions};

/// Somebody before something.
pub(super) struct Offered<'r> {
    pub(super) registry: &'r Registry,
    pub(super) actor: &'r Actor,
    pub(super) now: Timestamp,
}

impl Offered<'_> {
    fn asked(&self, change: &Change) -> Result<(), Refusal> {
        self.registry.check(self.actor, self.now, change)
    }

    fn may(&self, change: &Change) -> bool {
        self.asked(change).is_ok()
    }

    /// Whether files may be pushed: in the place of the version that is open, or as the next.
    pub(super) fn push(&self, source: &Source) -> Result<(), Refusal> {
        // Whatever the files, the rules are the same.
        let missing = || Refusal::NotFound { what: "version", name: source.slug.to_string() };
        let bundle = source.newest().ok_or_else(missing)?.bundle;
        self.asked(&Change::Pushed {
            source: source.slug.clone(),
            authority: source.authority.clone(),
            version: source.number_to_push(),
            bundle,
            mistakes: 0,
        })
    }

    /// Whether they may begin a source of an authority, whatever it is called.
    pub(super) fn a_new_source(&self, authority: &Slug) -> bool {
        let Ok(source) = Slug::parse("a-source-to-come") else { return false };
        let (authority, bundle) = (authority.clone(), Digest::of_blob(b""));
        self.may(&Change::Pushed { source, authority, version: 1, bundle, mistakes: 0 })
    }

    /// Whether they may propose an authority that there is not yet.
    pub(super) fn a_new_authority(&self) -> bool {
        let (Ok(slug), Ok(name), Ok(cvr)) =
            (Slug::parse("an-authority-to-come"), Line::parse("-"), Cvr::parse("00000000"))
        else {
            return false;
        };
        let name = Texts { da: name.clone(), en: name };
        let authority = Authority { slug, name, cvr, domains: BTreeSet::new(), clients: BTreeMap::new() };
        self.may(&Change::AuthorityProposed { authority })
    }

    pub(super) fn of_authority(&self, slug: &Slug, entry: &AuthorityEntry) -> AuthorityActions {
        let Ok(reason) = Line::parse("-") else { return AuthorityActions::default() };
        let proposal = entry.pending.as_ref().map_or(0, |proposal| proposal.proposed.record);
        let pending = entry.pending.as_ref().map(|proposal| &proposal.value);
        let shown = pending.or_else(|| entry.current.as_ref().map(|agreed| &agreed.value));
        let approved = self.asked(&Change::AuthorityApproved { authority: slug.clone(), proposal });
        let rejected = Change::AuthorityRejected { authority: slug.clone(), proposal, reason };
        AuthorityActions {
            propose: shown
                .is_some_and(|authority| self.may(&Change::AuthorityProposed { authority: authority.clone() })),
            approve: approved.is_ok(),
            approve_not_you: matches!(approved, Err(Refusal::SecondPerson { .. })),
            reject: self.may(&rejected),
        }
    }

    pub(super) fn of_source(&self, source: &Source) -> SourceActions {
        // Whatever the words, the rules are the same.
        let Ok(reason) = Line::parse("-") else { return SourceActions::default() };
        let slug = &source.slug;
        let shown = source.main.into_iter().chain(source.beside.map(|(version, _)| version));
        let former = source.versions.values().filter(|version| version.state != VersionState::Draft);
        let ways = shown.flat_map(|from| former.clone().map(move |to| (from, to.number)));
        let approval =
            |display_client, proposal| Change::AgreementApproved { source: slug.clone(), display_client, proposal };
        let rejection = |display_client, proposal| Change::AgreementRejected {
            source: slug.clone(),
            display_client,
            proposal,
            reason: reason.clone(),
        };
        let end =
            |display_client, _| Change::AgreementEnded { source: slug.clone(), display_client, reason: reason.clone() };
        SourceActions {
            suspend: source.suspended(self.now).is_none()
                && self.may(&Change::Suspended { source: slug.clone(), reason: reason.clone(), until: None }),
            resume: self.may(&Change::Resumed { source: slug.clone() }),
            roll_back: ways
                .filter(|(from, to)| {
                    from != to && self.may(&Change::RolledBack { source: slug.clone(), from: *from, to: *to })
                })
                .collect(),
            windows: self.may(&Change::WindowsSet { source: slug.clone(), windows: Vec::new() }),
            clear_windows: !source.windows.is_empty()
                && self.may(&Change::WindowsSet { source: slug.clone(), windows: Vec::new() }),
            propose_agreement: self.may_propose_an_agreement(slug),
            approve: self.clients(source, approval, Result::is_ok),
            approve_not_you: self
                .clients(source, approval, |asked| matches!(asked, Err(Refusal::SecondPerson { .. })))
                .into_iter()
                .collect(),
            reject: self.clients(source, rejection, Result::is_ok),
            end: self.clients(source, end, Result::is_ok),
            retire: self.may(&Change::SourceRetired { source: slug.clone(), reason: reason.clone() }),
            push: self.push(source).is_ok(),
        }
    }

    /// Whether they may propose an agreement with some display client.
    fn may_propose_an_agreement(&self, source: &Slug) -> bool {
        let Ok(display_client) = Slug::parse("a-client-to-come") else { return false };
        let municipalities = Municipalities::All;
        self.may(&Change::AgreementProposed { source: source.clone(), display_client, municipalities })
    }

    /// The display clients about whose agreement the rules say this of a change; it is given the proposal that waits, or 0.
    fn clients(
        &self,
        source: &Source,
        change: impl Fn(Slug, u64) -> Change,
        said: impl Fn(&Result<(), Refusal>) -> bool,
    ) -> Vec<String> {
        let agreements = source.agreements.iter();
        let may = agreements.filter(|(client, agreement)| {
            let proposal = agreement.pending.as_ref().map_or(0, |proposal| proposal.proposed.record);
            said(&self.asked(&change((*client).clone(), proposal)))
        });
        may.map(|(client, _)| client.to_string()).collect()
    }

    pub(super) fn of_version(&self, source: &Source, version: &Version) -> VersionActions {
        let Ok(reason) = Line::parse("-") else { return VersionActions::default() };
        let (slug, number, bundle) = (&source.slug, version.number, version.bundle);
        let approved = self.asked(&Change::Approved { source: slug.clone(), version: number, bundle });
        let tested = Change::Tested { source: slug.clone(), version: number, bundle, report: bundle, passed: false };
        let submitted = Change::Submitted { source: slug.clone(), version: number, bundle, share: None, note: None };
        // More than was approved is for an operator alone.
        let most = version.approved_share.unwrap_or(Share::ALL);
        VersionActions {
            test: self.may(&tested),
            submit: self.may(&submitted),
            approve: approved.is_ok(),
            approve_not_you: matches!(approved, Err(Refusal::SecondPerson { .. })),
            refuse: self.may(&Change::Refused {
                source: slug.clone(),
                version: number,
                bundle,
                reason: reason.clone(),
            }),
            release: self.may(&Change::Released { source: slug.clone(), version: number, share: most }),
            retire: self.may(&Change::VersionRetired { source: slug.clone(), version: number, reason }),
            edit: source.newest().is_some_and(|newest| newest.number == number) && self.push(source).is_ok(),
        }
    }
}
