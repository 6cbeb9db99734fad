//! Checks the requests of a contract that are about the citizen.

use std::collections::BTreeMap;

use super::{
    answer::{AnswerPart, reading},
    call::{About, CallPart, header_name, template},
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    manifest,
    pages::pages,
    reading::moment_formats,
};
use crate::declared::{AsOf, Identity, Request};

/// Shortest reason for not checking whom an answer is about, in characters.
const SHORTEST_REASON: usize = 20;

/// Makes the requests, in the order of their names.
pub(super) fn requests(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &BTreeMap<String, manifest::Request>,
    about: About,
    shared: &Shared,
) -> Result<Vec<Request>, Noted> {
    if declared.is_empty() {
        return Err(examination.wrong_key(at, "at least one request is needed", None));
    }
    let made: Vec<_> = declared
        .iter()
        .map(|(name, declared)| request(examination, &at.key(name), name, declared, about, shared))
        .collect();
    made.into_iter().collect()
}

fn request(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    name: &str,
    declared: &manifest::Request,
    about: About,
    shared: &Shared,
) -> Result<Request, Noted> {
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
    let template = template(examination, at, &part, about, shared);
    let answer = AnswerPart { format: declared.format, xml: declared.xml.as_ref(), schema: declared.schema.as_deref() };
    let reading = reading(examination, at, answer, shared);
    let identity = identity(examination, &at.key("identity"), &declared.identity);
    let as_of = declared.as_of.as_ref().map(|declared| as_of(examination, &at.key("asOf"), declared)).transpose();
    let authority = declared.authority.as_ref();
    let authority = authority.map(|declared| examination.codes(&at.key("authority"), declared)).transpose();
    let empty_when = declared.empty_when.as_ref();
    let empty_when = empty_when.map(|declared| examination.codes(&at.key("emptyWhen"), declared)).transpose();
    let paged = declared.pages.as_ref();
    let paged = paged.map(|paged| pages(examination, &at.key("pages"), paged, declared, shared)).transpose();
    for (index, status) in declared.empty_status.iter().enumerate() {
        if !may_mean_nothing(*status) {
            let message = format!("status {status} never says that there is nothing");
            examination.wrong_value(&at.key("emptyStatus").index(index), message, None);
        }
    }
    Ok(Request {
        name: name.to_owned(),
        at: at.to_string(),
        template: template?,
        reading: reading?,
        identity: identity?,
        authority: authority?,
        empty_status: declared.empty_status.clone(),
        empty_when: empty_when?,
        pages: paged?,
        as_of: as_of?,
        interface: None,
    })
}

/// A refusal, a time-out, throttling or a failure must never be shown as "nothing registered".
fn may_mean_nothing(status: u16) -> bool {
    matches!(status, 204 | 400..=499) && !matches!(status, 401 | 403 | 407 | 408 | 421 | 425 | 429)
}

fn identity(examination: &mut Examination<'_>, at: &KeyPath, declared: &manifest::Identity) -> Result<Identity, Noted> {
    match declared {
        manifest::Identity::Path(text) => examination.selector(&at.key("path"), text).map(Identity::Path),
        manifest::Identity::Header(name) => header_name(name)
            .map(Identity::Header)
            .map_err(|message| examination.wrong_value(&at.key("header"), message, None)),
        manifest::Identity::None(reason) => {
            let message = "must give the reason, in at least 20 characters, why the source cannot say whom it is about";
            let long_enough = reason.trim().chars().count() >= SHORTEST_REASON;
            examination.require(long_enough, &at.key("none"), message).map(|()| Identity::Unstated)
        }
    }
}

fn as_of(examination: &mut Examination<'_>, at: &KeyPath, declared: &manifest::AsOf) -> Result<AsOf, Noted> {
    let path = examination.selector(&at.key("path"), &declared.path);
    let formats = moment_formats(examination, &at.key("formats"), &declared.formats, "asOf");
    Ok(AsOf { path: path?, formats: formats? })
}
