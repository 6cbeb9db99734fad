//! Whose data an answer holds: another authority's than the contract names.

use serde_json::{Value, json};

use super::{
    answers,
    contract::Contract,
    persons::{answered, same_answers},
    reads::replace,
    recording::Case,
    report::Check,
    script::{changed, recorded},
    stage::Script,
};
use crate::orkestrering::folded;

const ANOTHER_AUTHORITY: &str = "kit-another-authority";

/// Where a contract says that its answer names its authority.
enum Stated<'c> {
    At(&'c str),
    /// Wherever the national interface names one, in any spelling.
    ByInterface,
    Nowhere,
}

impl<'c> Stated<'c> {
    fn of(document: &'c Value, request: &str) -> Self {
        match document.pointer(&format!("/spec/requests/{request}/authority/path")).and_then(Value::as_str) {
            Some(path) => Self::At(path),
            None if document.pointer("/spec/orkestrering").is_some() => Self::ByInterface,
            None => Self::Nowhere,
        }
    }

    /// Names another authority wherever an answer names its own.
    fn change(&self, answer: &mut Value) {
        match self {
            Self::At(path) => {
                replace(answer, "", path, &json!(ANOTHER_AUTHORITY));
            }
            Self::ByInterface => change_by_name(answer),
            Self::Nowhere => {}
        }
    }
}

fn change_by_name(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(change_by_name),
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| {
            if folded(name) == "myndighedsid" {
                *value = ANOTHER_AUTHORITY.into();
            } else {
                change_by_name(value);
            }
        }),
        _ => {}
    }
}

/// An answer in which another authority is named than the contract's; `Err` says why there is none.
pub(super) fn another_authority<'c>(
    contract: &Contract,
    cases: &'c [Case],
    request: &str,
) -> Result<(&'c Case, Script), Check> {
    const EXPECTED: &str = "an answer of another authority is dropped whole, and the source cut off";
    let id = format!("authority.another:{request}");
    let stated = Stated::of(contract.document(), request);
    if matches!(stated, Stated::Nowhere) {
        let reason = "the contract does not say where the answer names the authority";
        return Err(Check::not_applicable(id, EXPECTED, reason));
    }
    let Some(case) = answered(cases, request) else {
        let reason = format!("no recording has an answer to {request} that could be another authority's");
        return Err(Check::of(&id, EXPECTED, Some(reason)));
    };
    let format = answers::format_of(contract.document(), request);
    let script = changed(recorded(case), &[request], |played| {
        answers::change(&format, played, |answer| stated.change(answer));
    });
    if same_answers(&format, case, request, &script) {
        let reason = format!("the recording of {request} names no authority that the kit could change");
        return Err(Check::of(&id, EXPECTED, Some(reason)));
    }
    Ok((case, script))
}
