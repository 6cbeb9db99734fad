//! What the admin API shows of the registry.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use overblik_registry::{
    Actor, Agreed, Agreement, AuthorityEntry, Head, Municipalities, Proposal, Record, Registry, Retired, Side, Source,
    Stamp, Suspended, Version,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Who did something, and when.
#[derive(Serialize, JsonSchema)]
pub(super) struct Done {
    /// The number of the record.
    record: u64,
    /// When.
    at: Timestamp,
    /// What tells them from everybody else.
    by: String,
    /// What people know them by.
    name: String,
    /// Their authority; none for an operator.
    authority: Option<String>,
}

impl From<&Stamp> for Done {
    fn from(stamp: &Stamp) -> Self {
        let Actor { id, name, side, .. } = &stamp.by;
        let authority = match side {
            Side::Authority(slug) => Some(slug.to_string()),
            Side::Operator => None,
        };
        Self { record: stamp.record, at: stamp.at, by: id.to_string(), name: name.to_string(), authority }
    }
}

/// Something that ended, and why.
#[derive(Serialize, JsonSchema)]
pub(super) struct Ended {
    /// Why.
    reason: String,
    /// By whom.
    done: Done,
}

impl From<&Retired> for Ended {
    fn from(retired: &Retired) -> Self {
        Self { reason: retired.reason.to_string(), done: (&retired.stamp).into() }
    }
}

/// That a source is not asked for now.
#[derive(Serialize, JsonSchema)]
pub(super) struct SuspendedView {
    /// Why.
    reason: String,
    /// Until when, if that is known.
    until: Option<Timestamp>,
    /// By whom.
    done: Done,
}

impl From<&Suspended> for SuspendedView {
    fn from(suspended: &Suspended) -> Self {
        Self { reason: suspended.reason.to_string(), until: suspended.until, done: (&suspended.stamp).into() }
    }
}

/// A source with all its versions.
#[derive(Serialize, JsonSchema)]
pub(super) struct SourceView {
    /// Its name.
    source: String,
    /// Whose it is.
    authority: String,
    /// The number of the last record about it, which is its `ETag`.
    record: u64,
    /// The version that citizens see.
    main: Option<u32>,
    /// The version that a share of them sees instead.
    beside: Option<Beside>,
    /// What suspends it now.
    suspended: Option<SuspendedView>,
    /// When it is closed.
    #[schemars(with = "Vec<BTreeMap<String, Value>>")]
    windows: Value,
    /// Which display clients may show it.
    agreements: BTreeMap<String, AgreementView>,
    /// That it is out of use.
    retired: Option<Ended>,
    /// Its versions, the oldest first.
    versions: Vec<VersionView>,
}

/// A version that a share of citizens sees.
#[derive(Serialize, JsonSchema)]
struct Beside {
    version: u32,
    /// Per cent.
    share: u8,
}

impl SourceView {
    /// A source as it is at this time.
    pub(super) fn of(source: &Source, now: Timestamp) -> Self {
        Self {
            source: source.slug.to_string(),
            authority: source.authority.to_string(),
            record: source.last_record,
            main: source.main,
            beside: source.beside.map(|(version, share)| Beside { version, share: share.per_cent() }),
            suspended: source.suspended(now).map(Into::into),
            windows: serde_json::to_value(&source.windows).unwrap_or_default(),
            agreements: source.agreements.iter().map(|(client, one)| (client.to_string(), one.into())).collect(),
            retired: source.retired.as_ref().map(Into::into),
            versions: source.versions.values().map(Into::into).collect(),
        }
    }
}

/// One version.
#[derive(Serialize, JsonSchema)]
pub(super) struct VersionView {
    version: u32,
    /// `draft`, `checked`, `tested`, `submitted`, `approved`, `refused`, `live`, `replaced` or `retired`.
    #[schemars(with = "String")]
    state: Value,
    /// The digest that names its files.
    bundle: String,
    /// How many mistakes its contract has.
    mistakes: u32,
    pushed: Done,
    tested: Option<TestedView>,
    submitted: Option<SubmittedView>,
    approved: Option<Done>,
    /// For how many of a hundred citizens: what was submitted, or what a second person gave since.
    approved_share: Option<u8>,
    refused: Option<Ended>,
    /// When it last went to citizens, or to another share of them.
    released: Option<Done>,
    retired: Option<Ended>,
}

#[derive(Serialize, JsonSchema)]
struct TestedView {
    /// Whether no check failed.
    passed: bool,
    /// The digest that names the report.
    report: String,
    done: Done,
}

#[derive(Serialize, JsonSchema)]
struct SubmittedView {
    /// The share of citizens that it is meant to begin with, per cent.
    share: Option<u8>,
    note: Option<String>,
    done: Done,
}

impl VersionView {
    /// Its number.
    pub(super) fn number(&self) -> u32 {
        self.version
    }
}

impl From<&Version> for VersionView {
    fn from(version: &Version) -> Self {
        Self {
            version: version.number,
            state: serde_json::to_value(version.state).unwrap_or_default(),
            bundle: version.bundle.to_string(),
            mistakes: version.mistakes,
            pushed: (&version.pushed).into(),
            tested: version.tested.as_ref().map(|tested| TestedView {
                passed: tested.passed,
                report: tested.report.to_string(),
                done: (&tested.stamp).into(),
            }),
            submitted: version.submitted.as_ref().map(|submitted| SubmittedView {
                share: submitted.share.map(overblik_registry::Share::per_cent),
                note: submitted.note.as_ref().map(ToString::to_string),
                done: (&submitted.stamp).into(),
            }),
            approved: version.approved.as_ref().map(Into::into),
            approved_share: version.approved_share.map(overblik_registry::Share::per_cent),
            refused: version.refused.as_ref().map(Into::into),
            released: version.released.as_ref().map(Into::into),
            retired: version.retired.as_ref().map(Into::into),
        }
    }
}

/// What holds and what waits for a second person.
#[derive(Serialize, JsonSchema)]
pub(super) struct AgreementView {
    current: Option<HoldsView>,
    pending: Option<WaitsView>,
}

#[derive(Serialize, JsonSchema)]
struct HoldsView {
    /// What holds.
    value: Value,
    proposed: Done,
    approved: Done,
}

#[derive(Serialize, JsonSchema)]
struct WaitsView {
    /// What is proposed.
    value: Value,
    proposed: Done,
}

fn holds<T: Serialize>(agreed: &Agreed<T>) -> HoldsView {
    HoldsView {
        value: serde_json::to_value(&agreed.value).unwrap_or_default(),
        proposed: (&agreed.proposed).into(),
        approved: (&agreed.approved).into(),
    }
}

fn waits<T: Serialize>(proposal: &Proposal<T>) -> WaitsView {
    WaitsView {
        value: serde_json::to_value(&proposal.value).unwrap_or_default(),
        proposed: (&proposal.proposed).into(),
    }
}

impl From<&Agreement> for AgreementView {
    fn from(agreement: &Agreement) -> Self {
        Self {
            current: agreement.current.as_ref().map(holds::<Municipalities>),
            pending: agreement.pending.as_ref().map(waits::<Municipalities>),
        }
    }
}

/// An authority as it is on record, and as it is to be.
#[derive(Serialize, JsonSchema)]
pub(super) struct AuthorityView {
    authority: String,
    /// The number of the last record about it, which is its `ETag`.
    record: u64,
    current: Option<HoldsView>,
    pending: Option<WaitsView>,
}

impl AuthorityView {
    pub(super) fn of(slug: &str, entry: &AuthorityEntry) -> Self {
        Self {
            authority: slug.to_owned(),
            record: entry.last_record,
            current: entry.current.as_ref().map(holds),
            pending: entry.pending.as_ref().map(waits),
        }
    }
}

/// A list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(super) struct ListOf<T> {
    /// What is in it.
    pub(super) items: Vec<T>,
}

/// Most records of one answer: with the largest that there are no more than a client reads.
const MOST_RECORDS: usize = 200;

/// Records of the history.
#[derive(Serialize, JsonSchema)]
pub(super) struct HistoryView {
    /// The records, the oldest first, each as it is hashed: `number`, `at`, `actor`, `change`, `previous`, `hash`, and in the
    /// first of all `registry`, which is the registry's id.
    pub(super) records: Vec<Value>,
    /// Whether there are more after the last of them: ask for these with its number as `after`.
    pub(super) more: bool,
    /// Where the whole history ends.
    pub(super) head: HeadView,
}

impl HistoryView {
    /// The next of these records after the one with this number.
    pub(super) fn of<'r>(records: impl Iterator<Item = &'r Arc<Record>>, after: u64, registry: &Registry) -> Self {
        let mut rest = records.skip_while(|record| record.number <= after);
        let records = rest.by_ref().take(MOST_RECORDS);
        let records = records.map(|record| serde_json::to_value(record.as_ref()).unwrap_or_default()).collect();
        Self { records, more: rest.next().is_some(), head: registry.head().into() }
    }
}

impl From<Head> for HeadView {
    fn from(head: Head) -> Self {
        Self { number: head.number, hash: head.hash.to_string() }
    }
}

/// Where a history ends.
#[derive(Serialize, JsonSchema)]
pub(super) struct HeadView {
    /// The number of the last record.
    pub(super) number: u64,
    /// Its hash, which stands for all before it too.
    pub(super) hash: String,
}

#[cfg(test)]
mod tests {
    use overblik_registry::{
        Change, Subject,
        testing::{at, authority, libraries, operator},
    };

    use super::*;

    #[test]
    fn a_history_is_read_on_page_by_page_and_each_says_whether_there_is_more() {
        let mut registry = Registry::default();
        let count = MOST_RECORDS * 2 + 1;
        // Every third is about another authority.
        for number in 0..=(count * 3 / 2) {
            let other = authority("other", "90000099", "other.example");
            let authority = if number % 3 == 2 { other } else { libraries() };
            let change = Change::AuthorityProposed { authority };
            registry.apply(Record::next(registry.head(), at(0), operator("anna"), change)).expect("allowed");
        }
        let slug = libraries().slug;
        let (mut after, mut seen) = (0, Vec::new());
        let mut pages = Vec::new();
        loop {
            let page = HistoryView::of(registry.history_of(Subject::Authority(&slug)), after, &registry);
            let numbers = page.records.iter().filter_map(|record| record["number"].as_u64());
            seen.extend(numbers);
            pages.push((page.records.len(), page.more));
            assert_eq!(page.head.number, registry.head().number);
            let Some(last) = seen.last().filter(|_| page.more) else { break };
            after = *last;
        }
        let all: Vec<_> = registry.history_of(Subject::Authority(&slug)).map(|record| record.number).collect();
        assert_eq!(seen, all);
        assert_eq!(pages[..2], [(MOST_RECORDS, true), (MOST_RECORDS, true)]);
        let end = HistoryView::of(registry.history_of(Subject::Authority(&slug)), u64::MAX, &registry);
        assert!(end.records.is_empty() && !end.more);
    }
}
