//! Why an answer, or a part of one, is not shown: told to the author who tries a contract, and to nobody else.
//!
//! The conformance kit asks for an explanation with its request. Nothing else can, so a gateway at work makes, keeps and
//! logs none of this. It travels beside the answer and not within it: no error, section or log line can carry it to a
//! citizen or a portal.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use serde_json::Value;

/// Most reasons that are kept of one answer; an author mends the first ones first.
const MOST: usize = 24;
/// Longest text of an answer that is told, in characters.
const LONGEST: usize = 60;
/// Most keys of an object that are told.
const MOST_KEYS: usize = 8;

/// Why an answer is not what the contract says, and where the contract says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The request or look-up, by its name in the contract; empty if none was made.
    pub call: String,
    /// The path of keys in the contract (`spec.requests.loans.identity.path`).
    pub path: String,
    /// The line of the contract; `None` where it is not at hand.
    pub line: Option<usize>,
    /// What the contract says there, if it is a single value.
    pub written: Option<String>,
    /// Which items of the list it is about, counted from 0; none for the answer as a whole.
    pub items: Vec<usize>,
    /// What must be there.
    pub expected: String,
    /// What is there, without anybody's number.
    pub found: String,
    /// What to do, where that can be said.
    pub hint: Option<String>,
}

impl Reason {
    pub(crate) fn new(call: &str, path: String, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let (line, written, items, hint) = (None, None, Vec::new(), None);
        Self { call: call.to_owned(), path, line, written, items, expected: expected.into(), found: found.into(), hint }
    }

    pub(crate) fn of_item(mut self, item: usize) -> Self {
        self.items.push(item);
        self
    }

    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    fn is_like(&self, other: &Self) -> bool {
        (&self.call, &self.path, &self.expected, &self.found)
            == (&other.call, &other.path, &other.expected, &other.found)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, path, line, written, items, expected, found, hint } = self;
        write!(f, "{path}")?;
        match (line, written) {
            (Some(line), Some(written)) => write!(f, " (line {line}: {written})")?,
            (Some(line), None) => write!(f, " (line {line})")?,
            _ => {}
        }
        if !call.is_empty() {
            write!(f, ", answer to {call}")?;
        }
        match items.as_slice() {
            [] => {}
            [one] => write!(f, ", item {one}")?,
            [first, ..] => write!(f, ", {} items, the first of them {first}", items.len())?,
        }
        write!(f, ": expected {expected}; found {found}")?;
        hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// How the values of an answer are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// As they are, but for numbers of persons: a recording holds fictitious persons only.
    AsTheyAre,
    /// Their kind, and of a text its shape: a test endpoint may hold anything.
    InShape,
}

/// What is told about one fetch, if anybody asked to be told.
#[derive(Clone, Debug, Default)]
pub struct Explanation(Option<Arc<Asked>>);

#[derive(Debug)]
struct Asked {
    values: Values,
    reasons: Mutex<Vec<Reason>>,
}

impl Explanation {
    /// An explanation that somebody wants; only the kit does.
    pub(crate) fn asked_for(values: Values) -> Self {
        Self(Some(Arc::new(Asked { values, reasons: Mutex::default() })))
    }

    /// Whether anybody wants it.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.0.is_some()
    }

    /// Tells a reason, which is not even made unless somebody asked.
    pub(crate) fn tell(&self, reason: impl FnOnce(Values) -> Reason) {
        let Some(asked) = &self.0 else { return };
        let reason = reason(asked.values);
        let reason = Reason { found: without_numbers(&reason.found), ..reason };
        let mut reasons = asked.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = reasons.iter_mut().find(|known| known.is_like(&reason)) {
            known.items.extend(reason.items);
        } else if reasons.len() < MOST {
            reasons.push(reason);
        }
    }

    /// All that was told.
    pub(crate) fn reasons(&self) -> Vec<Reason> {
        let Some(asked) = &self.0 else { return Vec::new() };
        asked.reasons.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A value of an answer, in words.
pub(crate) fn told(value: &Value, values: Values) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("the flag {flag}"),
        Value::Number(number) => match values {
            Values::AsTheyAre => format!("the number {number}"),
            Values::InShape => format!("a number like {}", shape(&number.to_string())),
        },
        Value::String(text) if text.trim().is_empty() => "an empty text".to_owned(),
        Value::String(text) => match values {
            Values::AsTheyAre => format!("the text \"{}\"", cut(text)),
            Values::InShape => format!("a text like \"{}\"", shape(&cut(text))),
        },
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(members) if members.is_empty() => "an object without keys".to_owned(),
        Value::Object(members) => {
            let keys: Vec<_> = members.keys().take(MOST_KEYS).map(String::as_str).collect();
            let more = if members.len() > MOST_KEYS { ", …" } else { "" };
            format!("an object with {}{more}", keys.join(", "))
        }
    }
}

/// A code, which is a word of the contract's and nobody's data, unless it is long.
pub(crate) fn told_code(value: &Value, values: Values) -> String {
    let short = value.as_str().is_some_and(|text| text.chars().count() <= 40);
    told(value, if short { Values::AsTheyAre } else { values })
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A text with every letter and digit replaced by one that says nothing.
fn shape(text: &str) -> String {
    let shaped = text.chars().map(|character| match character {
        '0'..='9' => '9',
        upper if upper.is_uppercase() => 'A',
        letter if letter.is_alphabetic() => 'a',
        other => other,
    });
    shaped.collect()
}

/// A text without what could be a person's number: ten digits, or six and four.
fn without_numbers(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (mut kept, mut rest) = (String::new(), characters.as_slice());
    while let Some((first, further)) = rest.split_first() {
        if first.is_ascii_digit() {
            let end = rest.iter().position(|character| !character.is_ascii_digit() && *character != '-');
            let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
            let digits = run.iter().filter(|character| character.is_ascii_digit()).count();
            // A date and a time of the shape 9999 say nobody's number.
            if digits == 10 && run.iter().any(|digit| !matches!(digit, '9' | '-')) {
                kept.push_str("(a number)");
            } else {
                kept.extend(run);
            }
            rest = after;
        } else {
            kept.push(*first);
            rest = further;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(found: &str) -> Reason {
        Reason::new("loans", "spec.requests.loans".to_owned(), "this", found)
    }

    #[test]
    fn nothing_is_made_unless_it_is_asked_for_and_alike_reasons_are_one() {
        let nobody = Explanation::default();
        nobody.tell(|_| unreachable!("nobody asked"));
        assert_eq!((nobody.is_asked_for(), nobody.reasons()), (false, Vec::new()));
        let explanation = Explanation::asked_for(Values::AsTheyAre);
        explanation.tell(|_| reason("that").of_item(0));
        explanation.tell(|_| reason("that").of_item(4));
        explanation.tell(|_| reason("another"));
        let reasons = explanation.reasons();
        assert_eq!(reasons.iter().map(|reason| reason.items.as_slice()).collect::<Vec<_>>(), [&[0, 4][..], &[]]);
        let text = reasons.first().map(Reason::to_string);
        let expected = "spec.requests.loans, answer to loans, 2 items, the first of them 0: expected this; found that";
        assert_eq!(text.as_deref(), Some(expected));
    }

    #[test]
    fn reasons_of_one_answer_are_bounded() {
        let explanation = Explanation::asked_for(Values::AsTheyAre);
        (0..100).for_each(|number| explanation.tell(|_| reason(&format!("{number}"))));
        assert_eq!(explanation.reasons().len(), MOST);
    }

    #[test]
    fn a_value_is_told_as_it_is_or_by_its_shape() {
        let both = |value: Value| [Values::AsTheyAre, Values::InShape].map(|values| told(&value, values));
        assert_eq!(both(json!("12-Øl b")), ["the text \"12-Øl b\"", "a text like \"99-Aa a\""]);
        assert_eq!(both(json!(12.5)), ["the number 12.5", "a number like 99.9"]);
        assert_eq!(both(json!({ "a": 1, "@b": 2 })), ["an object with @b, a"; 2]);
        assert_eq!(both(json!(["x"])), ["a list of 1"; 2]);
        assert_eq!(both(json!(" ")), ["an empty text"; 2]);
        assert_eq!(told_code(&json!("SKJUL"), Values::InShape), "the text \"SKJUL\"");
        assert!(told(&json!("x".repeat(99)), Values::AsTheyAre).ends_with("x…\""));
    }

    #[test]
    fn r61_no_number_of_a_person_is_told() {
        assert_eq!(without_numbers("cpr 6101010001, 610101-0001; 26-11-2026 og 20261126"), {
            "cpr (a number), (a number); 26-11-2026 og 20261126"
        });
        assert_eq!(without_numbers("a text like \"999999-9999\""), "a text like \"999999-9999\"");
    }
}
