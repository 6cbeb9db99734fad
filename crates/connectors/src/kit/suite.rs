//! The whole list of checks, and how they are made.

use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;

use super::{
    content::{self, Known},
    contract::Contract,
    faults, parts, persons,
    persons::hyphenated,
    planned::{Made, Planned, difference},
    reads::{Reads, pointers},
    recording::{Case, WrongRecording},
    report::{Check, Checked, Report},
    stage::Seen,
    trial::replay,
};
use crate::citizen::holds_real_number;

/// How many checks are made at the same time. Most of them wait.
const AT_ONCE: usize = 6;

/// Tests a contract against its recordings, and every fault on top of them; then its detail in the same way.
pub async fn test(contract: &Contract) -> Vec<Check> {
    // What is wrong with one case says nothing about the others.
    let (cases, wrong) = Case::read_all(&contract.examples());
    let (about_items, cases): (Vec<_>, Vec<_>) = cases.into_iter().partition(|case| case.item.is_some());
    let wrong: Vec<_> = wrong.iter().map(WrongRecording::to_string).collect();
    if cases.is_empty() {
        let none = || format!("there is no case in {}", contract.examples().display());
        return vec![recordings(Some(if wrong.is_empty() { none() } else { wrong.join("; ") }))];
    }
    let wrong = (!wrong.is_empty()).then(|| wrong.join("; "));
    let mut checks = vec![finished(contract), recordings(wrong)];
    checks.extend(test_against(contract, &cases).await);
    checks.extend(test_detail(contract, &about_items).await);
    checks
}

/// The same checks of what asks more about an item.
async fn test_detail(contract: &Contract, cases: &[Case]) -> Vec<Check> {
    const EXPECTED: &str = "at least one recorded case of more about an item";
    let id = "detail.recordings";
    match (contract.of_detail(), cases) {
        (None, []) => Vec::new(),
        (None, _) => {
            vec![Check::of(id, EXPECTED, Some("a case has an \"item\", and the contract no detail".to_owned()))]
        }
        (Some(_), []) => {
            let reason = "no case has an \"item\": record the answers to the requests of spec.detail in a case of their own, \
                          and write in its exchange.yaml what the source knows the item by";
            vec![Check::of(id, EXPECTED, Some(reason.to_owned()))]
        }
        (Some(detail), cases) => {
            let mut checks = vec![Check::of(id, EXPECTED, None)];
            let made = test_against(&detail, cases).await;
            checks.extend(made.into_iter().map(|check| Check { id: format!("detail.{}", check.id), ..check }));
            checks
        }
    }
}

async fn test_against(contract: &Contract, cases: &[Case]) -> Vec<Check> {
    let mut checks = vec![fictitious(cases), named(contract, cases)];
    let mut known = Vec::new();
    for case in cases {
        let (check, came) = recorded(contract, case).await;
        checks.push(check);
        known.extend(came.map(|came| Known { case, came }));
    }
    checks.extend(coverage(contract, cases));
    let (made, seen) = make_all(contract, cases, &known, &mut checks).await;
    checks.extend(made);
    checks.push(never_in_an_address(cases, &seen));
    checks.push(never_in_a_lookup(contract, cases, &seen));
    checks
}

/// The report about a contract's checks.
#[must_use]
pub fn report(contract: &Contract, test_endpoint: Option<String>, checks: Vec<Check>) -> Report {
    let source = contract.source();
    let checked = Checked {
        name: source.slug.clone(),
        authority: source.authority.code.clone(),
        version: source.version.clone(),
        sha256: contract.sha256(),
    };
    Report::new(checked, test_endpoint, checks)
}

/// A draft can be tested, and whoever reads the report sees that it is one.
fn finished(contract: &Contract) -> Check {
    const EXPECTED: &str = "no value is a placeholder";
    let left: Vec<_> = contract.placeholders().into_iter().map(|(path, _)| path).collect();
    if left.is_empty() {
        return Check::of("contract.finished", EXPECTED, None);
    }
    let reason = format!("a draft: no gateway accepts it before these are written: {}", left.join(", "));
    Check::not_applicable("contract.finished", EXPECTED, reason)
}

fn recordings(wrong: Option<String>) -> Check {
    Check::of("recordings.readable", "at least one recorded case, in good order", wrong)
}

/// A recording of another name than its call answers nothing, which looks like a source that says nothing.
fn named(contract: &Contract, cases: &[Case]) -> Check {
    let misnamed = cases.iter().flat_map(|case| {
        let of_case = case.misnamed(contract).into_iter();
        of_case.map(|misnamed| format!("{}/{misnamed}", case.name))
    });
    let misnamed: Vec<_> = misnamed.collect();
    let wrong = (!misnamed.is_empty()).then(|| misnamed.join("; "));
    Check::of("recordings.named", "each answer has the name of a call of the contract", wrong)
}

async fn recorded(contract: &Contract, case: &Case) -> (Check, Option<super::trial::Came>) {
    let id = format!("recording:{}", case.name);
    let expected = "what the case's widgets.json says";
    let (result, missing) = match replay(contract, case).await {
        Ok(replayed) => replayed,
        Err(error) => return (Check::of(&id, expected, Some(error.to_string())), None),
    };
    let wrong = match &case.golden {
        None => Some("there is no widgets.json; `contract try --example CASE --accept` writes it".to_owned()),
        Some(golden) => difference(golden, &result.golden()),
    };
    let wrong = wrong.or_else(|| (!missing.is_empty()).then(|| missing.join("; ")));
    (Check::of(&id, expected, wrong).with(&result), Some(result))
}

async fn make_all(
    contract: &Contract,
    cases: &[Case],
    known: &[Known<'_>],
    checks: &mut Vec<Check>,
) -> (Vec<Check>, Vec<Seen>) {
    let mut planned: Vec<Planned<'_>> = Vec::new();
    planned.extend(content::fullest(known).into_iter().flat_map(|known| faults::planned(contract, known.case)));
    let others =
        [persons::planned(contract, cases), parts::planned(contract, known), content::planned(contract, known)];
    for (of_these, without) in others {
        planned.extend(of_these);
        checks.extend(without);
    }
    // Boxed, so that the compiler sees that a server may run the kit on any thread.
    let making: Vec<_> = planned.iter().map(|planned| planned.make(contract).boxed()).collect();
    let made: Vec<Made> = stream::iter(making).buffered(AT_ONCE).collect().await;
    let (mut checks, mut seen) = (Vec::new(), Vec::new());
    for (planned, made) in planned.iter().zip(made) {
        let made = once_more_alone(planned, made, contract).await;
        checks.push(made.check);
        seen.extend(made.seen);
    }
    (checks, seen)
}

/// A busy machine is not the contract's fault: a check that failed because it ran out of time beside others is made once
/// more alone, and what comes then counts. The report says so.
async fn once_more_alone(planned: &Planned<'_>, made: Made, contract: &Contract) -> Made {
    if !made.for_want_of_time {
        return made;
    }
    let mut alone = planned.make(contract).await;
    alone.check.came.push_str("; made a second time, as the first ran out of time");
    alone.seen.splice(0..0, made.seen);
    alone
}

/// The recordings go into repositories and reports: no real person's number may stand in them.
fn fictitious(cases: &[Case]) -> Check {
    let expected = "no number in a recording can be a real person's";
    let mut real = Vec::new();
    for case in cases {
        for (name, pages) in &case.answers {
            let found = pages.iter().any(|page| {
                let headers = page.headers.iter().filter_map(|(_, value)| value.to_str().ok());
                holds_real_number(&String::from_utf8_lossy(&page.body)) || headers.into_iter().any(holds_real_number)
            });
            if found {
                real.push(format!("{}/{name}", case.name));
            }
        }
    }
    let wrong = (!real.is_empty()).then(|| {
        format!(
            "{}: ten digits that could be a real person's number; write a fictitious one's, with 60 added to the day",
            real.join(", ")
        )
    });
    Check::of("recordings.fictitious", expected, wrong)
}

/// Whether the recordings show that every mapping, and every field of it, leads somewhere.
fn coverage(contract: &Contract, cases: &[Case]) -> Vec<Check> {
    let mut checks = Vec::new();
    for read in Reads::all(contract.document()) {
        let id = format!("recordings.cover:{}", read.name());
        let expected = "a recording has items for the mapping, with a value for each of its fields";
        let items: Vec<Value> = cases.iter().flat_map(|case| items(&read, case)).collect();
        if items.is_empty() {
            let wrong = format!("no recording has an item for it: record an answer to {} that has one", read.from);
            checks.push(Check::of(&id, expected, Some(wrong)));
            continue;
        }
        let never = read.fields().filter(|field| {
            let origins = read.origins(field).unwrap_or_default();
            !origins.is_empty() && !items.iter().any(|item| origins.iter().any(|path| leads_somewhere(path, item)))
        });
        let never: Vec<_> = never.collect();
        if never.is_empty() {
            checks.push(Check::of(&id, expected, None));
        } else {
            let reason =
                format!("no recording has a value for: {}; nothing shows that their paths are right", never.join(", "));
            checks.push(Check::not_applicable(id, expected, reason));
        }
    }
    checks
}

fn items(read: &Reads<'_>, case: &Case) -> Vec<Value> {
    let of_page = |page: &Value| -> Vec<Value> {
        let pointers = read.items_in(page).unwrap_or_default();
        pointers.iter().filter_map(|pointer| page.pointer(pointer).cloned()).collect()
    };
    read.pages(case).iter().flat_map(of_page).collect()
}

fn leads_somewhere(path: &str, item: &Value) -> bool {
    pointers(path, item).iter().any(|pointer| item.pointer(pointer).is_some_and(|value| !value.is_null()))
}

fn never_in_an_address(cases: &[Case], seen: &[Seen]) -> Check {
    let named = |target: &str| cases.iter().any(|case| holds(&case.citizen, target));
    let found = seen.iter().any(|seen| named(&seen.target));
    let wrong = found.then(|| "a request carried the citizen's number in its path or query".to_owned());
    Check::of("privacy.never-in-an-address", "no path and no query holds the citizen's number", wrong)
}

fn never_in_a_lookup(contract: &Contract, cases: &[Case], seen: &[Seen]) -> Check {
    let id = "privacy.never-in-a-lookup";
    let expected = "what looks keys up does not say whose they are";
    let lookups = contract.document().pointer("/spec/lookups").and_then(Value::as_object);
    let Some(lookups) = lookups.filter(|lookups| !lookups.is_empty()) else {
        return Check::not_applicable(id, expected, "the contract looks nothing up");
    };
    let is_lookup = |seen: &&Seen| seen.name.as_ref().is_some_and(|name| lookups.contains_key(name));
    let told = |seen: &Seen| {
        let text = String::from_utf8_lossy(&seen.rest).into_owned();
        cases.iter().any(|case| holds(&case.citizen, &text))
    };
    let found = seen.iter().filter(is_lookup).any(told);
    Check::of(id, expected, found.then(|| "a look-up carried the citizen's number".to_owned()))
}

fn holds(number: &str, text: &str) -> bool {
    text.contains(number) || text.contains(&hyphenated(number))
}

#[cfg(test)]
mod tests {
    use overblik_widgets::SectionState;

    use super::*;
    use crate::kit::{
        report::Verdict,
        script,
        stage::{Manner, Played},
    };

    fn library() -> (Contract, Vec<Case>) {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../contracts/authorities/birkerup-libraries/library");
        let contract = Contract::read(&source).expect("a contract");
        let cases = Case::read_all(&contract.examples()).0;
        (contract, cases)
    }

    fn seen(name: &str, target: &str, rest: &str) -> Seen {
        Seen { name: Some(name.to_owned()), target: target.to_owned(), rest: rest.as_bytes().to_vec(), answered: true }
    }

    #[test]
    fn a_number_that_is_where_it_must_not_be_is_found() {
        let (contract, cases) = library();
        let number = cases.first().expect("a case").citizen().to_owned();
        let good = [seen("loans", "/loans", &number), seen("titles", "/titles", "870970")];
        assert_eq!(never_in_an_address(&cases, &good).verdict, Verdict::Passed);
        assert_eq!(never_in_a_lookup(&contract, &cases, &good).verdict, Verdict::Passed);
        for target in [format!("/loans?cpr={number}"), format!("/loans/{}", hyphenated(&number))] {
            assert_eq!(never_in_an_address(&cases, &[seen("loans", &target, "")]).verdict, Verdict::Failed);
        }
        let told = [seen("titles", "/titles", &number)];
        assert_eq!(never_in_a_lookup(&contract, &cases, &told).verdict, Verdict::Failed);
    }

    #[tokio::test]
    async fn only_a_check_that_ran_out_of_time_is_made_again_and_its_second_outcome_counts() {
        let (contract, cases) = library();
        let case = cases.first().expect("a case");
        let ready = |change: fn(&mut Played)| {
            let script = script::changed(script::recorded(case), &["loans"], change);
            Planned::state("test", case, script, &[SectionState::Ready])
        };
        for (planned, times) in
            [(ready(|loans| loans.manner = Manner::Stalled), 2), (ready(|loans| loans.status = 500), 1)]
        {
            let first = planned.make(&contract).await;
            assert_eq!((first.check.verdict, first.for_want_of_time), (Verdict::Failed, times == 2));
            let last = once_more_alone(&planned, first, &contract).await;
            assert_eq!(last.check.verdict, Verdict::Failed, "the second outcome counts, and it is no better");
            assert_eq!(last.check.came.contains("a second time"), times == 2, "{}", last.check.came);
            let asked = last.seen.iter().filter(|seen| seen.name.as_deref() == Some("loans"));
            assert_eq!(asked.count(), times);
        }
        // As if the machine had been busy the first time.
        let planned = ready(|_| {});
        let late = Made { for_want_of_time: true, ..ready(|loans| loans.status = 500).make(&contract).await };
        assert_eq!(once_more_alone(&planned, late, &contract).await.check.verdict, Verdict::Passed);
    }
}
