//! Whom an answer is about: another person's, another authority's and nobody's answers (requirements R46 and R52 rest on
//! a source that says it).

use overblik_widgets::SectionState;
use serde_json::{Value, json};

use super::{
    answers,
    authorities::another_authority,
    contract::Contract,
    faults::requests,
    planned::Planned,
    reads::{pointers, replace},
    recording::Case,
    report::Check,
    script::{changed, recorded},
    stage::{Played, Script},
};
use crate::{citizen::Cpr, declared::Format, error::ConnectorError};

use SectionState::{Failed, Invalid, Suspended};

/// Fictitious persons who are not the citizen of a case.
const OTHERS: [&str; 2] = ["6201010002", "6301010003"];

/// Where a contract's request says that its answer names its person.
enum Named<'c> {
    InBody(&'c str),
    InHeader(&'c str),
    Nowhere(&'c str),
    /// Only the code of a connector in Rust knows where.
    SomewhereOnly,
}

/// The checks of all requests, and what can be said without playing anything.
pub(super) fn planned<'c>(contract: &'c Contract, cases: &'c [Case]) -> (Vec<Planned<'c>>, Vec<Check>) {
    let (mut planned, mut checks) = (Vec::new(), Vec::new());
    for request in requests(contract.document()) {
        let declared = contract.document().pointer(&format!("/spec/requests/{request}"));
        let named = declared.map_or(Named::SomewhereOnly, named);
        match another_person(contract, cases, request, &named) {
            Ok((case, script)) => {
                let id = format!("person.another:{request}");
                planned.push(dropped(id, ConnectorError::WrongPerson, case, script));
            }
            Err(check) => checks.push(check),
        }
        match another_on_a_later_page(contract, cases, request, &named) {
            Some(Ok((case, script))) => {
                let id = format!("person.another-on-a-later-page:{request}");
                planned.push(dropped(id, ConnectorError::WrongPerson, case, script));
            }
            Some(Err(check)) => checks.push(check),
            None => {}
        }
        planned.extend(unnamed_in_headers(cases, request, &named));
        if !matches!(named, Named::Nowhere(_) | Named::SomewhereOnly)
            && let Some(case) = answered(cases, request)
        {
            let format = answers::format_of(contract.document(), request);
            planned.push(unnamed(contract, case, &format, &named));
        }
        match another_authority(contract, cases, request) {
            Ok((case, script)) => {
                let id = format!("authority.another:{request}");
                planned.push(dropped(id, ConnectorError::WrongAuthority, case, script));
            }
            Err(check) => checks.push(check),
        }
    }
    // Nobody's answer is a check of the whole source: once is enough.
    let mut seen = std::collections::BTreeSet::new();
    planned.retain(|check| seen.insert(check.id.clone()));
    (planned, checks)
}

fn named(declared: &Value) -> Named<'_> {
    let text = |key: &str| declared.pointer(&format!("/identity/{key}")).and_then(Value::as_str);
    match (text("path"), text("header")) {
        (Some(path), _) => Named::InBody(path),
        (_, Some(header)) => Named::InHeader(header),
        _ => Named::Nowhere(text("none").unwrap_or_default()),
    }
}

/// The whole answer must be dropped, and the source must not be asked again.
fn dropped(id: String, why: ConnectorError, case: &Case, script: Script) -> Planned<'_> {
    let mut planned = Planned::state(id, case, script, &[Failed]).and("the whole answer dropped", move |came, _| {
        let dropped = came.error == Some(why) && came.widgets.is_empty();
        (!dropped).then(|| format!("it is not dropped as: {why}"))
    });
    planned.expected.push_str(", and suspended afterwards");
    planned.afterwards = Some(Suspended);
    planned
}

/// A case in which a request is answered with success.
pub(super) fn answered<'c>(cases: &'c [Case], request: &str) -> Option<&'c Case> {
    let has_answer = |case: &&Case| {
        let recorded = case.answers.get(request).and_then(|pages| pages.first());
        recorded.is_some_and(|recorded| recorded.status.is_success() && !recorded.body.is_empty())
    };
    cases.iter().find(has_answer)
}

fn other_than(number: &str) -> &'static str {
    OTHERS.iter().copied().find(|other| *other != number).unwrap_or_default()
}

fn another_person<'c>(
    contract: &Contract,
    cases: &'c [Case],
    request: &str,
    named: &Named<'_>,
) -> Result<(&'c Case, Script), Check> {
    const EXPECTED: &str = "an answer about another person is dropped whole, and the source cut off";
    let id = format!("person.another:{request}");
    let failed = |reason: String| Err(Check::of(&id, EXPECTED, Some(reason)));
    let Some(case) = answered(cases, request) else {
        return failed(format!("no recording has an answer to {request} that could be another person's"));
    };
    let other = other_than(&case.citizen);
    match named {
        Named::Nowhere(reason) => {
            // What a source does say must be checked, whatever the contract claims.
            if let Some(place) = names_the_citizen(case, request) {
                return failed(format!(
                    "the contract says that the answer names nobody, but it names the citizen {place}: let \"identity\" say so"
                ));
            }
            Err(Check::not_applicable(id, EXPECTED, format!("the contract says why the source cannot tell: {reason}")))
        }
        Named::InHeader(header) => {
            let change = |played: &mut Played| {
                played.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header));
                played.headers.push(((*header).to_owned(), other.to_owned()));
            };
            Ok((case, changed(recorded(case), &[request], change)))
        }
        Named::SomewhereOnly => {
            let script = changed(recorded(case), &[request], |played| name_everywhere(played, &case.citizen, other));
            let says_it = names_the_citizen(case, request).is_some();
            if says_it { Ok((case, script)) } else { failed(format!("the recording of {request} names nobody")) }
        }
        Named::InBody(path) => {
            let format = answers::format_of(contract.document(), request);
            let change = |played: &mut Played| name_in_body(&format, played, path, &json!(other));
            let script = changed(recorded(case), &[request], change);
            if same_answers(&format, case, request, &script) {
                return failed(format!("the recording of {request} names nobody at {path}"));
            }
            Ok((case, script))
        }
    }
}

/// The first page is the citizen's, and those that follow are another person's; `None` for answers of one page.
fn another_on_a_later_page<'c>(
    contract: &Contract,
    cases: &'c [Case],
    request: &str,
    named: &Named<'_>,
) -> Option<Result<(&'c Case, Script), Check>> {
    const EXPECTED: &str = "a later page about another person drops all pages, and the source is cut off";
    contract.document().pointer(&format!("/spec/requests/{request}/pages"))?;
    let Named::InBody(path) = named else { return None };
    let Some(case) = cases.iter().find(|case| case.answers.get(request).is_some_and(|pages| pages.len() > 1)) else {
        let id = format!("person.another-on-a-later-page:{request}");
        let reason = format!("no recording has a second page of {request}: record one, as {request}.2.json");
        return Some(Err(Check::of(&id, EXPECTED, Some(reason))));
    };
    let format = answers::format_of(contract.document(), request);
    let mut script = recorded(case);
    for page in script.get_mut(request).into_iter().flatten().skip(1) {
        name_in_body(&format, page, path, &json!(other_than(&case.citizen)));
    }
    Some(Ok((case, script)))
}

/// The headers in which an answer names its citizen are gone, of a source that only Rust reads; `None` if there are none.
fn unnamed_in_headers<'c>(cases: &'c [Case], request: &str, named: &Named<'_>) -> Option<Planned<'c>> {
    let case = answered(cases, request).filter(|_| matches!(named, Named::SomewhereOnly))?;
    let mut script = recorded(case);
    let mut found = false;
    for page in script.get_mut(request).into_iter().flatten() {
        let before = page.headers.len();
        page.headers.retain(|(_, value)| !is(&case.citizen, value));
        found |= page.headers.len() < before;
    }
    found.then(|| Planned::state(format!("person.unnamed:{request}"), case, script, &[Invalid]))
}

fn name_in_body(format: &Format, played: &mut Played, path: &str, with: &Value) {
    answers::change(format, played, |answer| {
        replace(answer, "", path, with);
    });
}

fn name_everywhere(played: &mut Played, number: &str, other: &str) {
    let renamed = |text: &str| text.replace(number, other).replace(&hyphenated(number), other);
    played.body = renamed(&String::from_utf8_lossy(&played.body)).into_bytes();
    for (_, value) in &mut played.headers {
        *value = renamed(value);
    }
}

pub(super) fn same_answers(format: &Format, case: &Case, request: &str, script: &Script) -> bool {
    let before = case.answers.get(request).into_iter().flatten().map(|page| answers::read(format, &page.into()));
    let after = script.get(request).into_iter().flatten().map(|page| answers::read(format, page));
    before.eq(after)
}

pub(super) fn hyphenated(number: &str) -> String {
    number.split_at_checked(6).map(|(birth, serial)| format!("{birth}-{serial}")).unwrap_or_default()
}

/// Where an answer names the citizen, without the number itself.
fn names_the_citizen(case: &Case, request: &str) -> Option<String> {
    let pages = case.answers.get(request)?;
    for page in pages {
        let named = page.headers.iter().find(|(_, value)| value.to_str().is_ok_and(|text| is(&case.citizen, text)));
        if let Some((name, _)) = named {
            return Some(format!("in the header {name}"));
        }
        if let Ok(answer) = serde_json::from_slice::<Value>(&page.body) {
            let statement = pointers("$..*", &answer).into_iter().find(|pointer| {
                answer.pointer(pointer).and_then(Value::as_str).is_some_and(|text| is(&case.citizen, text))
            });
            if let Some(pointer) = statement {
                return Some(format!("at {pointer}"));
            }
        }
        let text = String::from_utf8_lossy(&page.body);
        if text.contains(&case.citizen) || text.contains(&hyphenated(&case.citizen)) {
            return Some("in its body".to_owned());
        }
    }
    None
}

fn is(number: &str, text: &str) -> bool {
    Cpr::parse(number, crate::citizen::AcceptedPersons::FictitiousToo).is_ok_and(|cpr| cpr.matches(text.trim()))
}

/// No answer of the source says whom it is about.
fn unnamed<'c>(contract: &'c Contract, case: &'c Case, format: &Format, named: &Named<'c>) -> Planned<'c> {
    let all = requests(contract.document());
    let change = |played: &mut Played| match named {
        Named::InHeader(header) => played.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header)),
        Named::InBody(path) => name_in_body(format, played, path, &Value::Null),
        Named::Nowhere(_) | Named::SomewhereOnly => {}
    };
    // Requests that name their person elsewhere, or nowhere, do not count: each request's own statement is taken away.
    let here: Vec<_> = all
        .iter()
        .copied()
        .filter(|request| {
            let declared = contract.document().pointer(&format!("/spec/requests/{request}"));
            match (named, declared.map(self::named)) {
                (Named::InHeader(a), Some(Named::InHeader(b))) => *a == b,
                (Named::InBody(a), Some(Named::InBody(b))) => {
                    *a == b && answers::format_of(contract.document(), request) == *format
                }
                _ => false,
            }
        })
        .collect();
    let script = changed(recorded(case), &here, change);
    let shown = here.join("+");
    let expected: &[SectionState] =
        if here.len() == all.len() { &[Invalid] } else { &[Invalid, SectionState::Partial] };
    Planned::state(format!("person.unnamed:{shown}"), case, script, expected)
}
