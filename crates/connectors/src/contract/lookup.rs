//! Checks the lookups of a contract.

use std::{collections::BTreeMap, time::Duration};

use super::{
    answer::{AnswerPart, reading},
    call::{About, CallPart, template},
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    manifest,
    suggestion::suggestion,
};
use crate::declared::Lookup;

/// Shortest time limit of a lookup, in milliseconds; the longest is the source's own.
const SHORTEST_TIMEOUT: u64 = 50;

/// Makes the lookups, in the order of their names.
pub(super) fn lookups(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &BTreeMap<String, manifest::Lookup>,
    requests: &[&str],
    source_timeout_ms: u64,
    shared: &Shared,
) -> Result<Vec<Lookup>, Noted> {
    let made: Vec<_> = declared
        .iter()
        .map(|(name, declared)| lookup(examination, &at.key(name), name, declared, requests, source_timeout_ms, shared))
        .collect();
    made.into_iter().collect()
}

fn lookup(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    name: &str,
    declared: &manifest::Lookup,
    requests: &[&str],
    source_timeout_ms: u64,
    shared: &Shared,
) -> Result<Lookup, Noted> {
    let part = CallPart {
        method: declared.method,
        path: &declared.path,
        query: &declared.query,
        headers: &declared.headers,
        body: declared.body.as_ref(),
        soap_action: declared.soap_action.as_deref(),
        idempotent: declared.idempotent,
        format: declared.format,
    };
    let template = template(examination, at, &part, About::Keys, shared);
    let answer = AnswerPart { format: declared.format, xml: declared.xml.as_ref(), schema: declared.schema.as_deref() };
    let reading = reading(examination, at, answer, shared);
    let keys_path = at.key("keys");
    let mut keys = Vec::with_capacity(declared.keys.len());
    for (index, origin) in declared.keys.iter().enumerate() {
        let path = keys_path.index(index);
        let from = request_index(examination, &path.key("from"), &origin.from, requests);
        keys.push((from, examination.selector(&path.key("path"), &origin.path)));
    }
    let timeout = declared.timeout_ms.map_or(Ok(()), |timeout| {
        let message = format!("must be {SHORTEST_TIMEOUT} milliseconds to the source's own time limit");
        let within = (SHORTEST_TIMEOUT..=source_timeout_ms).contains(&timeout);
        examination.require(within, &at.key("timeoutMs"), &message)
    });
    let entries = examination.selector(&at.key("entries"), &declared.entries);
    let matching = examination.selector(&at.key("match"), &declared.matching);
    timeout?;
    Ok(Lookup {
        name: name.to_owned(),
        keys: keys.into_iter().map(|(from, path)| Ok((from?, path?))).collect::<Result<_, _>>()?,
        max: declared.max,
        request: template?,
        reading: reading?,
        entries: entries?,
        matching: matching?,
        timeout: declared.timeout_ms.map(Duration::from_millis),
        keep: Duration::from_secs(declared.keep_seconds),
    })
}

/// Which of the contract's requests is named.
pub(super) fn request_index(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    name: &str,
    requests: &[&str],
) -> Result<usize, Noted> {
    requests.iter().position(|request| *request == name).ok_or_else(|| {
        let hint = suggestion(name, "requests", requests.iter().copied());
        examination.wrong_value(at, format!("no such request \"{name}\""), hint)
    })
}
