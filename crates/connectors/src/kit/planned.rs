//! A check before it is made: what is played, and what must come of it.

use overblik_widgets::{Problem, ProblemType, SectionState};
use serde_json::Value;

use super::{
    contract::Contract,
    recording::Case,
    report::Check,
    stage::{Script, Seen},
    trial::{Came, Performance, unanswered},
};

/// Says what is wrong with what came, if anything is.
type Judge<'c> = Box<dyn Fn(&Came, &[Seen]) -> Option<String> + Send + Sync + 'c>;

/// A check before it is made.
pub(super) struct Planned<'c> {
    pub(super) id: String,
    pub(super) case: &'c Case,
    pub(super) script: Script,
    pub(super) expected: String,
    pub(super) judge: Judge<'c>,
    /// What a second asking must come to, once the first has ended.
    pub(super) afterwards: Option<SectionState>,
}

/// A check that was made, and what it saw.
pub(super) struct Made {
    pub(super) check: Check,
    pub(super) seen: Vec<Seen>,
    /// Whether it failed for want of time. That may be this machine's doing, which plays source and gateway at once.
    pub(super) for_want_of_time: bool,
}

impl<'c> Planned<'c> {
    /// A check that one of these states comes.
    pub(super) fn state(id: impl Into<String>, case: &'c Case, script: Script, expected: &'c [SectionState]) -> Self {
        let names: Vec<_> = expected.iter().map(|state| tag(*state)).collect();
        let expected_text = names.join(" or ");
        Self {
            id: id.into(),
            case,
            script,
            expected: expected_text.clone(),
            judge: Box::new(move |came, _| {
                let wrong = !expected.contains(&came.state);
                wrong.then(|| format!("the section is {}, not {expected_text}", tag(came.state)))
            }),
            afterwards: None,
        }
    }

    /// As [`Planned::state`], and with something else to look at.
    pub(super) fn and(
        mut self,
        more: &str,
        judge: impl Fn(&Came, &[Seen]) -> Option<String> + Send + Sync + 'c,
    ) -> Self {
        let first = self.judge;
        self.expected = format!("{}, {more}", self.expected);
        self.judge = Box::new(move |came, seen| first(came, seen).or_else(|| judge(came, seen)));
        self
    }

    /// Makes the check.
    pub(super) async fn make(&self, contract: &Contract) -> Made {
        let performance = match Performance::open(contract, self.case, self.script.clone()).await {
            Ok(performance) => performance,
            Err(error) => {
                let check = Check::of(&self.id, &self.expected, Some(error.to_string()));
                return Made { check, seen: Vec::new(), for_want_of_time: false };
            }
        };
        let came = performance.asking.ask().await;
        let seen = performance.stage.seen();
        let mut wrong = (self.judge)(&came, &seen);
        if !came.kept_its_limit {
            let text = "was still not done when the time limit and the time for handing over had passed";
            wrong = wrong.or(Some(text.to_owned()));
        }
        let mut told = describe(&came);
        let mut for_want_of_time = ran_out(&came);
        if let Some(expected) = self.afterwards {
            let again = performance.asking.ask().await;
            for_want_of_time |= ran_out(&again);
            told = format!("{told}; asked again: {}", tag(again.state));
            if again.state != expected {
                let text = format!("asked again, the section is {}, not {}", tag(again.state), tag(expected));
                wrong = wrong.or(Some(text));
            }
        }
        if let (Some(reason), Some(missing)) = (&mut wrong, unrecorded(&unanswered(&seen))) {
            *reason = format!("{reason}; {missing}");
        }
        let for_want_of_time = for_want_of_time && wrong.is_some();
        let check = Check { came: told, ..Check::of(&self.id, &self.expected, wrong).with(&came) };
        Made { check, seen, for_want_of_time }
    }
}

/// Whether the time was not enough for all that was asked.
fn ran_out(came: &Came) -> bool {
    let timed_out = |problem: &Problem| problem.problem_type == ProblemType::SourceTimeout;
    came.state == SectionState::TimedOut || !came.kept_its_limit || came.problems.iter().any(timed_out)
}

/// What to say of calls that a case holds no answer to.
fn unrecorded(missing: &[String]) -> Option<String> {
    (!missing.is_empty()).then(|| format!("the case holds no answer to: {}", missing.join(", ")))
}

/// What came, in one line and without any of the data.
pub(super) fn describe(came: &Came) -> String {
    let mut parts = vec![tag(came.state)];
    if let Some(error) = came.error {
        parts.push(error.to_string());
    } else {
        parts.push(counted(came.widgets.len(), "widget"));
        if came.left_out > 0 {
            parts.push(format!("{} left out", came.left_out));
        }
        if !came.problems.is_empty() {
            parts.push(counted(came.problems.len(), "problem"));
        }
    }
    parts.join(", ")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The name of a state, as the overview has it.
pub(super) fn tag(state: SectionState) -> String {
    serde_json::to_value(state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The first difference between two golden results, by its place.
pub(super) fn difference(expected: &Value, came: &Value) -> Option<String> {
    // The state says most of what there is to say.
    let state = |golden: &Value| golden.get("state").cloned().unwrap_or_default();
    let first = differing(&state(expected), &state(came), "$.state");
    first
        .or_else(|| differing(expected, came, "$"))
        .map(|(path, expected, came)| format!("{path}: expected {expected}, came {came}"))
}

fn differing(expected: &Value, came: &Value, path: &str) -> Option<(String, String, String)> {
    match (expected, came) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let get = |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or(Value::Null);
                differing(&get(a), &get(b), &format!("{path}.{key}"))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| differing(a, b, &format!("{path}[{index}]")))
        }
        (Value::Array(a), Value::Array(b)) => {
            Some((path.to_owned(), counted(a.len(), "item"), counted(b.len(), "item")))
        }
        (a, b) if a == b => None,
        (a, b) => Some((path.to_owned(), a.to_string(), b.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_told_at_its_place() {
        let golden = json!({ "state": "ready", "widgets": [{ "title": "a" }] });
        assert_eq!(difference(&golden, &golden), None);
        let came = json!({ "state": "ready", "widgets": [{ "title": "b" }] });
        assert_eq!(difference(&golden, &came).as_deref(), Some("$.widgets[0].title: expected \"a\", came \"b\""));
        let came = json!({ "state": "ready", "widgets": [] });
        assert_eq!(difference(&golden, &came).as_deref(), Some("$.widgets: expected 1 item, came 0 items"));
    }
}
