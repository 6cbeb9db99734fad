//! Checks by what an item is told to be of a kind.

use super::{
    examination::{Examination, KeyPath, Noted},
    manifest::{self, Where},
};
use crate::declared::{Codes, Condition, Conditions};

/// What an item must be to be of a kind.
pub(super) fn conditions(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &manifest::Conditions,
) -> Result<Conditions, Noted> {
    let is_list = matches!(declared, manifest::Conditions::All(_));
    let all = declared.all().iter().enumerate();
    let all: Vec<_> = all
        .map(
            |(index, one)| {
                if is_list { condition(examination, &at.index(index), one) } else { condition(examination, at, one) }
            },
        )
        .collect();
    Ok(Conditions { all: all.into_iter().collect::<Result<_, _>>()?, is_list })
}

fn condition(examination: &mut Examination<'_>, at: &KeyPath, declared: &Where) -> Result<Condition, Noted> {
    let path = examination.selector(&at.key("path"), &declared.path);
    let listed = match (&declared.listed, declared.exists) {
        (Some(listed), None) => listed,
        (None, Some(exists)) if declared.ignore.is_none() => {
            return Ok(Condition::Existence { path: path?, exists });
        }
        (None, Some(_)) => {
            return Err(examination.wrong_key(&at.key("ignore"), "\"ignore\" lists codes, as \"in\" does", None));
        }
        (Some(_), Some(_)) => {
            let hint = "write two conditions in a list: \"- { path: …, in: … }\" and \"- { path: …, exists: true }\"";
            let message = "\"in\" and \"exists\" exclude each other";
            return Err(examination.wrong_key(&at.key("exists"), message, Some(hint.to_owned())));
        }
        (None, None) => {
            let hint = "or \"exists\", if it is enough that something stands there or nothing";
            return Err(examination.wrong_key(at, "the key \"in\" is missing", Some(hint.to_owned())));
        }
    };
    let listed = examination.code_set(&at.key("in"), listed);
    let ignored = declared.ignore.as_deref().unwrap_or_default();
    let ignored = examination.code_set(&at.key("ignore"), ignored)?;
    let (path, listed) = (path?, listed?);
    if let Some(code) = listed.intersection(&ignored).next() {
        let message = format!("the code \"{code}\" is shown and ignored");
        return Err(examination.wrong_value(&at.key("ignore"), message, None));
    }
    let ignored = Codes { path: path.clone(), listed: ignored };
    Ok(Condition::Code { listed: Codes { path, listed }, ignored })
}
