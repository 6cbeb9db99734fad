//! Which forms a page offers: those whose change the registry's own rules would let through now. It asks them, and decides
//! nothing.

use jiff::Timestamp;
use overblik_registry::{Actor, Change, Line, Refusal, Registry, Share, Slug, Source, Version, VersionState};

use crate::page::console::{SourceActions, VersionActions};

/// Somebody before a source.
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

    pub(super) fn of_source(&self, source: &Source) -> SourceActions {
        // Whatever the words, the rules are the same.
        let Ok(reason) = Line::parse("-") else { return SourceActions::default() };
        let slug = &source.slug;
        let shown = source.main.into_iter().chain(source.beside.map(|(version, _)| version));
        let former = source.versions.values().filter(|version| version.state != VersionState::Draft);
        let ways = shown.flat_map(|from| former.clone().map(move |to| (from, to.number)));
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
            approve: self.clients(source, |display_client, proposal| Change::AgreementApproved {
                source: slug.clone(),
                display_client,
                proposal,
            }),
            reject: self.clients(source, |display_client, proposal| Change::AgreementRejected {
                source: slug.clone(),
                display_client,
                proposal,
                reason: reason.clone(),
            }),
            end: self.clients(source, |display_client, _| Change::AgreementEnded {
                source: slug.clone(),
                display_client,
                reason: reason.clone(),
            }),
            retire: self.may(&Change::SourceRetired { source: slug.clone(), reason: reason.clone() }),
        }
    }

    /// The display clients about whose agreement a change may be made; it is given the proposal that waits, or 0.
    fn clients(&self, source: &Source, change: impl Fn(Slug, u64) -> Change) -> Vec<String> {
        let agreements = source.agreements.iter();
        let may = agreements.filter(|(client, agreement)| {
            let proposal = agreement.pending.as_ref().map_or(0, |proposal| proposal.proposed.record);
            self.may(&change((*client).clone(), proposal))
        });
        may.map(|(client, _)| client.to_string()).collect()
    }

    pub(super) fn of_version(&self, source: &Source, version: &Version) -> VersionActions {
        let Ok(reason) = Line::parse("-") else { return VersionActions::default() };
        let (slug, number, bundle) = (&source.slug, version.number, version.bundle);
        let approved = self.asked(&Change::Approved { source: slug.clone(), version: number, bundle });
        let tested = Change::Tested { source: slug.clone(), version: number, bundle, report: bundle, passed: false };
        let submitted = Change::Submitted { source: slug.clone(), version: number, bundle, share: None, note: None };
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
            release: self.may(&Change::Released { source: slug.clone(), version: number, share: Share::ALL }),
            retire: self.may(&Change::VersionRetired { source: slug.clone(), version: number, reason }),
        }
    }
}
