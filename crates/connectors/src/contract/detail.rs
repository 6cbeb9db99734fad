//! Checks what a contract says about asking more about one item.

use std::time::Duration;

use super::{
    call::About,
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    field::FieldContext,
    manifest::{self, Spec},
    request::requests,
    widget::{self, Answers},
};
use crate::declared::{Detail, Plan};

/// Shortest time limit, in milliseconds; the longest is the source's own.
const SHORTEST_TIMEOUT: u64 = 50;

/// Makes what asks more about an item.
pub(super) fn detail<'m>(
    examination: &mut Examination<'_>,
    declared: &'m manifest::Detail,
    spec: &'m Spec,
    shared: &Shared,
    context: &mut FieldContext<'m>,
) -> Result<Detail, Noted> {
    let at = KeyPath::of("spec.detail");
    let requests = requests(examination, &at.key("requests"), &declared.requests, About::Item, shared);
    let answers = Answers { at: at.clone(), requests: &declared.requests, widgets: &declared.widgets };
    let mappings = context.without_lookups(|context| widget::mappings(examination, &answers, context));
    let timeout = declared.timeout_ms.map_or(Ok(()), |timeout| {
        let message = format!("must be {SHORTEST_TIMEOUT} milliseconds to the source's own time limit");
        let within = (SHORTEST_TIMEOUT..=spec.limits.timeout_ms).contains(&timeout);
        examination.require(within, &at.key("timeoutMs"), &message)
    });
    let body = declared.body_kib.map_or(Ok(()), |kib| {
        let message = "must be at most the source's own limit, limits.bodyKib";
        examination.require(kib <= spec.limits.body_kib, &at.key("bodyKib"), message)
    });
    for name in declared.requests.keys().filter(|name| spec.requests.contains_key(*name)) {
        let message = "is the name of another request; recordings and logs tell them apart by it";
        examination.wrong_key(&at.key("requests").key(name), message, None);
    }
    for (index, _) in declared.widgets.iter().enumerate().filter(|(_, widget)| widget.item.is_some()) {
        let message = "what is told about an item leads to nothing more";
        examination.wrong_key(&at.key("widgets").index(index).key("item"), message, Some("leave it out".to_owned()));
    }
    let mut requests = requests?;
    if let Some(kib) = declared.body_kib {
        for request in &mut requests {
            (request.template.body_limit, request.reading.body_limit) =
                (kib.saturating_mul(1024), kib.saturating_mul(1024));
        }
    }
    timeout.and(body)?;
    let plan = Plan { requests, lookups: Vec::new(), mappings: mappings? };
    Ok(Detail { plan, timeout: declared.timeout_ms.map(Duration::from_millis) })
}

/// What leads to a detail, and the detail, go together.
pub(super) fn refuse_half(examination: &mut Examination<'_>, spec: &Spec) {
    let leading = spec.widgets.iter().position(|widget| widget.item.is_some());
    match (leading, &spec.detail) {
        (Some(index), None) => {
            let at = KeyPath::of("spec.widgets").index(index).key("item");
            let hint = "say under spec.detail how more is asked for, or leave \"item\" out";
            examination.wrong_key(&at, "leads to nothing: the contract has no \"detail\"", Some(hint.to_owned()));
        }
        (None, Some(_)) => {
            let hint = "say in an entry of spec.widgets what the source knows an item by, as \"item: $.id\"";
            let message = "nothing leads to it: no widget of the contract has an \"item\"";
            examination.wrong_key(&KeyPath::of("spec.detail"), message, Some(hint.to_owned()));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
}
