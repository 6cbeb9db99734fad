//! A session's record as fields of a hash.

use std::collections::HashMap;

use jiff::Timestamp;
use overblik_connectors::Pseudonym;

use crate::session::{
    master_keys::KeyId,
    store::{Owner, ProviderSession, SessionFacts, SessionRecord},
};

/// The fields of [`SessionFacts`].
pub(super) const FACTS: [&str; 7] =
    ["citizen", "provider_session", "sealed_under", "issued", "started", "ends", "last_active"];

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

/// The record that these fields hold; `None` if they are not what [`fields`] writes.
pub(super) fn read(mut fields: HashMap<String, Vec<u8>>) -> Option<SessionRecord> {
    let facts = FACTS.map(|name| fields.remove(name));
    let version = std::str::from_utf8(fields.get("version")?).ok()?.parse().ok()?;
    Some(SessionRecord { facts: read_facts(facts)?, version, sealed: fields.remove("sealed")? })
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
