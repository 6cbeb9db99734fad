//! A session's record, and the sections that are kept of it, as fields of one hash: they are read together, and end
//! together.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use overblik_connectors::Pseudonym;

use crate::session::{
    master_keys::KeyId,
    section_seal::SectionName,
    store::{KeptSections, Owner, ProviderSession, SessionFacts, SessionRecord},
};

/// The fields of [`SessionFacts`].
pub(super) const FACTS: [&str; 7] =
    ["citizen", "provider_session", "sealed_under", "issued", "started", "ends", "last_active"];

/// The fields of [`SessionRecord`]: those of its facts, and two.
pub(super) fn names() -> [&'static str; 9] {
    let [citizen, provider_session, sealed_under, issued, started, ends, last_active] = FACTS;
    [citizen, provider_session, sealed_under, issued, started, ends, last_active, "version", "sealed"]
}

/// What the field of a kept section begins with; the section's name follows.
const SECTION: &[u8] = b"kept:";

/// The field of a kept section.
pub(super) fn section_field(name: &SectionName) -> Vec<u8> {
    [SECTION, &name.0].concat()
}

/// The values of [`names`] and the sections among all fields of a session.
pub(super) fn part(fields: Vec<(Vec<u8>, Vec<u8>)>) -> ([Option<Vec<u8>>; 9], KeptSections) {
    let mut values = [const { None }; 9];
    let mut sections = HashMap::new();
    for (field, value) in fields {
        if let Some(name) = field.strip_prefix(SECTION) {
            if let Ok(name) = name.try_into() {
                sections.insert(SectionName(name), Bytes::from(value));
            }
        } else if let Some((_, slot)) = names().into_iter().zip(&mut values).find(|(name, _)| name.as_bytes() == field)
        {
            *slot = Some(value);
        }
    }
    (values, Arc::new(sections))
}

/// Digits of a moment: nanoseconds until the year 9999 have 21.
pub(super) const DIGITS: usize = 22;

/// A moment as digits that sort as the moments do. None of ours lies before 1970.
pub(super) fn moment(moment: Timestamp) -> String {
    format!("{:0DIGITS$}", moment.as_nanosecond().max(0))
}

/// The moment that [`moment`] wrote.
pub(super) fn read_moment(digits: &[u8]) -> Option<Timestamp> {
    Timestamp::from_nanosecond(std::str::from_utf8(digits).ok()?.parse().ok()?).ok()
}

/// The fields of a record, in pairs of name and value.
pub(super) fn fields(record: &SessionRecord) -> Vec<(&'static str, Vec<u8>)> {
    let facts = &record.facts;
    let mut fields = vec![
        ("citizen", facts.citizen.bytes().to_vec()),
        ("sealed_under", facts.sealed_under.as_str().as_bytes().to_vec()),
        ("issued", moment(facts.issued).into_bytes()),
        ("started", moment(facts.started).into_bytes()),
        ("ends", moment(facts.ends).into_bytes()),
        ("last_active", moment(facts.last_active).into_bytes()),
        ("version", record.version.to_string().into_bytes()),
        ("sealed", record.sealed.clone()),
    ];
    if let Some(session) = &facts.provider_session {
        fields.push(("provider_session", session.0.to_vec()));
    }
    fields
}

/// The record that these values of [`names`] hold; `None` if they are not what [`fields`] writes.
pub(super) fn read(values: [Option<Vec<u8>>; 9]) -> Option<SessionRecord> {
    let [facts @ .., version, sealed] = values;
    let version = std::str::from_utf8(&version?).ok()?.parse().ok()?;
    Some(SessionRecord { facts: read_facts(facts)?, version, sealed: sealed? })
}

/// The facts that these values of [`FACTS`] hold, likewise.
pub(super) fn read_facts(values: [Option<Vec<u8>>; 7]) -> Option<SessionFacts> {
    let [citizen, provider_session, sealed_under, issued, started, ends, last_active] = values;
    let provider_session = match provider_session {
        Some(bytes) => Some(ProviderSession(bytes.try_into().ok()?)),
        None => None,
    };
    Some(SessionFacts {
        citizen: Pseudonym::from_keyed_hash(citizen?.try_into().ok()?),
        provider_session,
        sealed_under: KeyId::parse(std::str::from_utf8(&sealed_under?).ok()?)?,
        issued: read_moment(&issued?)?,
        started: read_moment(&started?)?,
        ends: read_moment(&ends?)?,
        last_active: read_moment(&last_active?)?,
    })
}

/// The owners of a session that these values of the fields `citizen` and `provider_session` name.
pub(super) fn read_owners((citizen, provider_session): (Option<Vec<u8>>, Option<Vec<u8>>)) -> Vec<Owner> {
    let bytes = |value: Option<Vec<u8>>| value.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    let citizen = bytes(citizen).map(|bytes| Owner::Citizen(Pseudonym::from_keyed_hash(bytes)));
    let provider_session = bytes(provider_session).map(|bytes| Owner::ProviderSession(ProviderSession(bytes)));
    citizen.into_iter().chain(provider_session).collect()
}

/// The field that names an owner, and what it holds.
pub(super) fn owner_field(owner: &Owner) -> (&'static str, [u8; 16]) {
    match owner {
        Owner::Citizen(citizen) => ("citizen", citizen.bytes()),
        Owner::ProviderSession(session) => ("provider_session", session.0),
    }
}
