//! What each record makes of the registry.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;

use crate::{
    actor::{Actor, Side},
    authority::Authority,
    change::{Change, Municipalities, Share, Subject},
    record::{Record, WrongRecord},
    refusal::Refusal,
    registry::{
        Agreed, AuthorityEntry, Index, Proposal, Registry, Retired, Source, Stamp, Submitted, Suspended, Tested,
        Version, VersionState,
    },
    rules,
    text::{Line, Slug},
};

/// A record cannot stand where it stands in a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotApply {
    /// It does not fit the one before it.
    #[error("record {number} {why}")]
    Chain {
        /// Its number, by its place.
        number: u64,
        /// What does not fit.
        why: WrongRecord,
    },
    /// The rules do not allow it, so nobody of ours wrote it.
    #[error("record {number} is one that the rules do not allow: {why}")]
    Forbidden {
        /// Its number.
        number: u64,
        /// Why not.
        why: Box<Refusal>,
    },
}

impl Registry {
    /// The registry that follows from records.
    ///
    /// # Errors
    /// The first record that does not fit.
    pub fn fold(records: impl IntoIterator<Item = Record>) -> Result<Self, CannotApply> {
        let mut registry = Self::default();
        records.into_iter().try_for_each(|record| registry.apply(record))?;
        Ok(registry)
    }

    /// Whether somebody may make a change now.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, actor: &Actor, at: Timestamp, change: &Change) -> Result<(), Refusal> {
        rules::check(self, actor, at, change)
    }

    /// Takes in the next record. One that does not follow, or that the rules do not allow, changes nothing.
    ///
    /// # Errors
    /// Why it is not the next record.
    pub fn apply(&mut self, record: Record) -> Result<(), CannotApply> {
        let number = self.head.number.saturating_add(1);
        let chain = |why| CannotApply::Chain { number, why };
        record.follows(self.head).map_err(chain)?;
        if self.history.last().is_some_and(|last| record.at < last.at) {
            return Err(chain(WrongRecord::Time));
        }
        rules::check(self, &record.actor, record.at, &record.change)
            .map_err(|why| CannotApply::Forbidden { number, why: Box::new(why) })?;
        let stamp = Stamp { record: record.number, at: record.at, by: record.actor.clone() };
        match record.change.subject() {
            Subject::Authority(slug) => {
                let entry = Arc::make_mut(self.authorities.entry(slug.clone()).or_default());
                entry.last_record = record.number;
                entry.take(&record.change, stamp);
            }
            Subject::Source(slug) => {
                if let Change::Pushed { authority, .. } = &record.change {
                    let new = || Arc::new(Source::new(slug.clone(), authority.clone()));
                    self.sources.entry(slug.clone()).or_insert_with(new);
                }
                if let Some(source) = self.sources.get_mut(slug) {
                    let source = Arc::make_mut(source);
                    source.last_record = record.number;
                    source.take(&record.change, stamp);
                }
            }
        }
        self.head = record.head();
        self.history.push(Arc::new(record));
        Ok(())
    }
}

impl AuthorityEntry {
    fn take(&mut self, change: &Change, stamp: Stamp) {
        match change {
            Change::AuthorityProposed { authority } => {
                self.pending = Some(Proposal { value: Authority::clone(authority), proposed: stamp });
            }
            Change::AuthorityApproved { .. } => {
                if let Some(approved) = approve(&mut self.pending, stamp) {
                    self.current = Some(approved);
                }
            }
            Change::AuthorityRejected { .. } => self.pending = None,
            _ => {}
        }
    }
}

fn approve<T>(pending: &mut Option<Proposal<T>>, approved: Stamp) -> Option<Agreed<T>> {
    let Proposal { value, proposed } = pending.take()?;
    Some(Agreed { value, proposed, approved })
}

impl Source {
    fn new(slug: Slug, authority: Slug) -> Self {
        Self {
            slug,
            authority,
            versions: std::collections::BTreeMap::new(),
            main: None,
            beside: None,
            suspended_by_authority: None,
            suspended_by_operator: None,
            windows: Vec::new(),
            windows_set: None,
            index: None,
            agreements: std::collections::BTreeMap::new(),
            retired: None,
            last_record: 0,
        }
    }

    /// Takes in what the rules allowed.
    fn take(&mut self, change: &Change, stamp: Stamp) {
        match change {
            Change::Pushed { version, bundle, mistakes, .. } => {
                let state = if *mistakes == 0 { VersionState::Checked } else { VersionState::Draft };
                let hands = self.versions.remove(version).map(|version| version.hands).unwrap_or_default();
                let pushed = Version::new(*version, state, *bundle, *mistakes, stamp, hands);
                self.versions.insert(*version, pushed);
            }
            Change::Suspended { reason, until, .. } => {
                let side = stamp.by.side.clone();
                *self.suspended_by(&side) = Some(Suspended { reason: reason.clone(), until: *until, stamp });
            }
            Change::Resumed { .. } => *self.suspended_by(&stamp.by.side) = None,
            Change::WindowsSet { windows, .. } => {
                self.windows.clone_from(windows);
                self.windows_set = Some(stamp);
            }
            Change::IndexLoaded { index, entries, expires, .. } => {
                self.index = Some(Index { id: index.clone(), entries: *entries, expires: *expires, stamp });
            }
            Change::IndexDropped { .. } => self.index = None,
            Change::SourceRetired { reason, .. } => self.retire(reason, stamp),
            Change::AgreementProposed { display_client, municipalities, .. } => {
                let proposal = Proposal { value: Municipalities::clone(municipalities), proposed: stamp };
                self.agreements.entry(display_client.clone()).or_default().pending = Some(proposal);
            }
            Change::AgreementApproved { display_client, .. } => {
                if let Some(agreement) = self.agreements.get_mut(display_client)
                    && let Some(approved) = approve(&mut agreement.pending, stamp)
                {
                    agreement.current = Some(approved);
                }
            }
            Change::AgreementRejected { display_client, .. } => {
                if let Some(agreement) = self.agreements.get_mut(display_client) {
                    agreement.pending = None;
                }
            }
            Change::AgreementEnded { display_client, .. } => {
                if let Some(agreement) = self.agreements.get_mut(display_client) {
                    agreement.current = None;
                }
            }
            Change::Released { version, share, .. } => self.release(*version, *share, stamp),
            Change::RolledBack { from, to, .. } => self.roll_back(*from, *to, stamp),
            _ => self.take_of_version(change, stamp),
        }
    }

    fn take_of_version(&mut self, change: &Change, stamp: Stamp) {
        let Some((number, _)) = rules::named_version(change) else { return };
        if let (Change::VersionRetired { .. }, Some((beside, _))) = (change, self.beside)
            && beside == number
        {
            self.beside = None;
        }
        let Some(version) = self.versions.get_mut(&number) else { return };
        match change {
            Change::Tested { report, passed, .. } => {
                version.state = if *passed { VersionState::Tested } else { VersionState::Checked };
                version.hands.insert(stamp.by.id.clone());
                version.tested = Some(Tested { report: *report, passed: *passed, stamp });
            }
            Change::Submitted { share, note, .. } => {
                version.state = VersionState::Submitted;
                version.hands.insert(stamp.by.id.clone());
                version.submitted = Some(Submitted { share: *share, note: note.clone(), stamp });
            }
            Change::Approved { .. } => {
                version.state = VersionState::Approved;
                version.approved = Some(stamp);
                version.approved_share =
                    version.submitted.as_ref().map(|submitted| submitted.share.unwrap_or(Share::ALL));
            }
            Change::Refused { reason, .. } => {
                version.state = VersionState::Refused;
                version.refused = Some(Retired { reason: reason.clone(), stamp });
            }
            Change::VersionRetired { reason, .. } => version.retire(reason, stamp),
            _ => {}
        }
    }

    fn suspended_by(&mut self, side: &Side) -> &mut Option<Suspended> {
        match side {
            Side::Operator => &mut self.suspended_by_operator,
            Side::Authority(_) => &mut self.suspended_by_authority,
        }
    }

    fn set_state(&mut self, number: u32, state: VersionState) {
        if let Some(version) = self.versions.get_mut(&number) {
            version.state = state;
        }
    }

    fn release(&mut self, number: u32, share: Share, stamp: Stamp) {
        if let Some(version) = self.versions.get_mut(&number) {
            version.state = VersionState::Live;
            version.released = Some(stamp);
            version.approved_share = version.approved_share.max(Some(share));
        }
        if share != Share::ALL {
            self.beside = Some((number, share));
            return;
        }
        self.beside = None;
        if let Some(former) = self.main.replace(number) {
            self.set_state(former, VersionState::Replaced);
        }
    }

    fn roll_back(&mut self, from: u32, to: u32, stamp: Stamp) {
        self.set_state(from, VersionState::Replaced);
        if self.beside.is_some_and(|(beside, _)| beside == from) {
            self.beside = None;
            return;
        }
        self.main = Some(to);
        if let Some(version) = self.versions.get_mut(&to) {
            version.state = VersionState::Live;
            version.released = Some(stamp);
        }
    }

    fn retire(&mut self, reason: &Line, stamp: Stamp) {
        (self.main, self.beside, self.index) = (None, None, None);
        for version in self.versions.values_mut() {
            if !matches!(version.state, VersionState::Refused | VersionState::Retired) {
                version.retire(reason, stamp.clone());
            }
        }
        for agreement in self.agreements.values_mut() {
            (agreement.current, agreement.pending) = (None, None);
        }
        self.retired = Some(Retired { reason: reason.clone(), stamp });
    }
}

impl Version {
    fn new(
        number: u32,
        state: VersionState,
        bundle: crate::digest::Digest,
        mistakes: u32,
        pushed: Stamp,
        mut hands: BTreeSet<crate::actor::ActorId>,
    ) -> Self {
        hands.insert(pushed.by.id.clone());
        let (tested, submitted, approved, approved_share) = (None, None, None, None);
        let (refused, released, retired) = (None, None, None);
        Self {
            number,
            state,
            bundle,
            mistakes,
            pushed,
            tested,
            submitted,
            approved,
            approved_share,
            refused,
            released,
            retired,
            hands,
        }
    }

    fn retire(&mut self, reason: &Line, stamp: Stamp) {
        self.state = VersionState::Retired;
        self.retired = Some(Retired { reason: reason.clone(), stamp });
    }
}
