//! Sources of several calls, of which one fails: the others are shown, and what is missing is told.

use overblik_widgets::SectionState;
use serde_json::Value;

use super::{
    content::Known,
    contract::Contract,
    faults::requests,
    planned::Planned,
    report::Check,
    script::{changed, recorded},
    stage::Played,
};

use SectionState::{Empty, Partial, Ready};

/// The checks of parts, and those that do not apply.
pub(super) fn planned<'c>(contract: &'c Contract, known: &'c [Known<'c>]) -> (Vec<Planned<'c>>, Vec<Check>) {
    const EXPECTED: &str = "what the others answered is shown, and that something is missing is told";
    let (mut planned, mut checks) = (Vec::new(), Vec::new());
    let requests = requests(contract.document());
    let Some(whole) = known
        .iter()
        .filter(|known| matches!(known.came.state, Ready | Partial | Empty))
        .max_by_key(|known| known.came.widgets.len())
    else {
        return (planned, checks);
    };
    for request in &requests {
        let id = format!("part.request-fails:{request}");
        if requests.len() == 1 {
            checks.push(Check::not_applicable(id, EXPECTED, "the source is asked with one request"));
            continue;
        }
        let script = changed(recorded(whole.case), &[request], fail);
        planned.push(Planned::state(id, whole.case, script, &[Partial]).and("with a problem", told));
    }
    let lookups = contract.document().pointer("/spec/lookups").and_then(Value::as_object);
    if lookups.is_none_or(serde_json::Map::is_empty) {
        checks.push(Check::not_applicable("part.lookup-fails", EXPECTED, "the contract looks nothing up"));
    }
    for (lookup, _) in lookups.into_iter().flatten() {
        let id = format!("part.lookup-fails:{lookup}");
        let Some(asked) = known.iter().find(|known| known.case.answers.contains_key(lookup)) else {
            let reason = format!("no recording has an answer of the look-up {lookup}");
            checks.push(Check::of(&id, EXPECTED, Some(reason)));
            continue;
        };
        let script = changed(recorded(asked.case), &[lookup], fail);
        planned.push(Planned::state(id, asked.case, script, &[Partial]).and("with a problem", told));
    }
    (planned, checks)
}

fn fail(played: &mut Played) {
    played.status = 500;
    played.body.clear();
}

fn told(came: &super::trial::Came, _: &[super::stage::Seen]) -> Option<String> {
    came.problems.is_empty().then(|| "no problem is told".to_owned())
}
