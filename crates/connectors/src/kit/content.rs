//! Answers in good form whose content is not what it should be: what is shown of them, and what is counted.

use overblik_widgets::SectionState;
use serde_json::{Value, json};

use super::{
    answers,
    contract::Contract,
    planned::{Planned, difference, tag},
    reads::{Items, Reads, pointers, replace},
    recording::Case,
    report::Check,
    script::recorded,
    stage::Script,
    trial::Came,
};
use crate::declared::Format;

use SectionState::{Empty, Invalid, Partial, Ready};

/// A code that no source has.
const UNKNOWN_CODE: &str = "kit-unknown-code";

/// A case together with what comes of it when nothing is wrong.
pub(super) struct Known<'c> {
    pub(super) case: &'c Case,
    pub(super) came: Came,
}

/// The checks of content, and what can be said without playing anything.
pub(super) fn planned<'c>(contract: &'c Contract, known: &'c [Known<'c>]) -> (Vec<Planned<'c>>, Vec<Check>) {
    let reads = Reads::all(contract.document());
    let (mut planned, mut checks) = (Vec::new(), Vec::new());
    if reads.is_empty() {
        checks.push(without_mappings(contract.document()));
        return (planned, checks);
    }
    let mut take = |made: Result<Planned<'c>, Check>| match made {
        Ok(check) => planned.push(check),
        Err(check) => checks.push(check),
    };
    if let Some(first) = fullest(known) {
        take(empty_lists(&reads, first));
        take(missing_lists(&reads, first));
        take(unknown_fields(&reads, first));
    }
    for read in &reads {
        let Some(known) = known.iter().find(|known| shows_items(read, known)) else { continue };
        take(without_required(read, &reads, known));
        take(nulls(read, &reads, known));
        for (field, path) in read.codes() {
            take(unknown_code(read, field, path, known));
        }
    }
    (planned, checks)
}

/// Why no answer can be changed by what the contract reads of it.
fn without_mappings(document: &Value) -> Check {
    let reason = if document.pointer("/spec/native").is_some() {
        "a connector in Rust reads the answers: its own tests say what it makes of odd ones"
    } else {
        "the mappings are those of the data models, which have tests of their own"
    };
    Check::not_applicable("content", "what is odd in an answer is told, and the rest shown", reason)
}

/// The case in which most requests are answered, and then the one with most to show.
pub(super) fn fullest<'k, 'c>(known: &'k [Known<'c>]) -> Option<&'k Known<'c>> {
    known.iter().max_by_key(|known| {
        let answered = known.case.answers.values().flatten().filter(|page| page.status.is_success());
        (answered.count(), known.came.widgets.len())
    })
}

/// Whether something is shown of a case whose first page has an item for a mapping.
fn shows_items(read: &Reads<'_>, known: &Known<'_>) -> bool {
    let first = read.pages(known.case).into_iter().next();
    let items = first.and_then(|answer| read.items_in(&answer)).unwrap_or_default();
    !items.is_empty() && !known.came.widgets.is_empty()
}

/// What is changed of an answer that comes in pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    EveryPage,
    /// The others stay as they were recorded.
    FirstPage,
}

/// Changes the answers that mappings read. `Err` says why there is nothing to change.
fn edited(case: &Case, reads: &[&Reads<'_>], on: On, edit: impl Fn(&Reads<'_>, &mut Value)) -> Result<Script, String> {
    let mut script = recorded(case);
    for read in reads {
        let format = read.format();
        let pages = script.get_mut(read.from).into_iter().flatten();
        for page in pages.take(if on == On::EveryPage { usize::MAX } else { 1 }) {
            let could = answers::change(&format, page, |answer| edit(read, answer));
            // An answer of another status need not be what the contract says.
            if !could && page.status == 200 && !page.body.is_empty() {
                return Err(format!("the recorded answer to {} is not what the contract reads", read.from));
            }
        }
    }
    Ok(script)
}

/// Takes away a list. In XML a list that is declared is there as soon as what holds it is: that goes with it.
fn take_list_away(read: &Reads<'_>, answer: &mut Value, path: &str) {
    let is_xml = matches!(read.format(), Format::Xml(_));
    for list in pointers(path, answer) {
        let gone = list.rsplit_once('/').filter(|_| is_xml).map_or(list.as_str(), |(holder, _)| holder);
        if let Some(node) = answer.pointer_mut(gone) {
            *node = Value::Null;
        }
    }
}

fn lists<'r, 'c>(reads: &'r [Reads<'c>]) -> Vec<&'r Reads<'c>> {
    reads.iter().filter(|read| matches!(read.items, Items::Each(_))).collect()
}

fn empty_lists<'c>(reads: &[Reads<'_>], known: &'c Known<'c>) -> Result<Planned<'c>, Check> {
    const ID: &str = "content.empty-list";
    const EXPECTED: &str = "lists that are there and empty are the source's own word that there is nothing";
    let lists = lists(reads);
    if lists.is_empty() || lists.len() < reads.len() {
        return Err(Check::not_applicable(ID, EXPECTED, "not every widget of the contract is read from a list"));
    }
    let script = edited(known.case, &lists, On::EveryPage, |read, answer| {
        if let Items::Each(path) = &read.items {
            replace(answer, "", &path.lists, &json!([]));
        }
    });
    let script = script.map_err(|reason| Check::not_applicable(ID, EXPECTED, reason))?;
    Ok(Planned::state(ID, known.case, script, &[Empty]))
}

fn missing_lists<'c>(reads: &[Reads<'_>], known: &'c Known<'c>) -> Result<Planned<'c>, Check> {
    const ID: &str = "content.missing-list";
    const EXPECTED: &str = "a list that is not there is not an empty one";
    let lists: Vec<_> = lists(reads).into_iter().filter(|read| !read.optional).collect();
    if lists.is_empty() {
        let reason = "no widget of the contract is read from a list that must be there";
        return Err(Check::not_applicable(ID, EXPECTED, reason));
    }
    let script = edited(known.case, &lists, On::EveryPage, |read, answer| {
        if let Items::Each(path) = &read.items {
            take_list_away(read, answer, &path.lists);
        }
    });
    let script = script.map_err(|reason| Check::not_applicable(ID, EXPECTED, reason))?;
    let expected: &[SectionState] = if lists.len() == reads.len() { &[Invalid] } else { &[Invalid, Partial] };
    Ok(Planned::state(ID, known.case, script, expected))
}

fn unknown_fields<'c>(reads: &[Reads<'_>], known: &'c Known<'c>) -> Result<Planned<'c>, Check> {
    const ID: &str = "content.unknown-fields";
    const EXPECTED: &str = "what the contract does not ask for is not looked at";
    if state_of(&known.came).is_empty() {
        let reason = format!("the case {} itself is {}", known.case.name, tag(known.came.state));
        return Err(Check::not_applicable(ID, EXPECTED, reason));
    }
    let all: Vec<_> = reads.iter().collect();
    let script = edited(known.case, &all, On::EveryPage, |read, answer| {
        let places = read.items_in(answer).unwrap_or_default();
        // XML has one root, and lists only where the contract says so.
        let (root, unknown) = match read.format() {
            Format::Json => (Some(""), json!({ "kit": ["unknown", 1, null] })),
            Format::Xml(_) => (None, json!({ "@kit": "unknown", "kit": { "kit": null } })),
        };
        for place in places.iter().map(String::as_str).chain(root) {
            if let Some(object) = answer.pointer_mut(place).and_then(Value::as_object_mut) {
                object.insert("kitUnknownField".to_owned(), unknown.clone());
            }
        }
    });
    let script = script.map_err(|reason| Check::not_applicable(ID, EXPECTED, reason))?;
    let golden = known.came.golden();
    let planned = Planned::state(ID, known.case, script, state_of(&known.came));
    Ok(planned.and("the same result as without them", move |came, _| difference(&golden, &came.golden())))
}

fn state_of(came: &Came) -> &'static [SectionState] {
    match came.state {
        Ready => &[Ready],
        Empty => &[Empty],
        Partial => &[Partial],
        _ => &[],
    }
}

/// An item more, of which something that its kind requires is not there.
fn without_required<'c>(read: &Reads<'_>, reads: &[Reads<'_>], known: &'c Known<'c>) -> Result<Planned<'c>, Check> {
    const EXPECTED: &str = "an item without what its kind requires is left out and counted";
    let id = format!("content.item-without-required:{}", read.name());
    // Without what tells of which kind it is, an item would be of another.
    let tells = |paths: &[&str]| read.chosen_at().any(|chosen_by| paths.contains(&chosen_by));
    let mut required = read.fields().filter(|field| read.is_required(field));
    let Some((field, paths)) =
        required.find_map(|field| Some((field, read.origins(field).filter(|paths| !tells(paths))?)))
    else {
        let reason = "the kind requires nothing, or only what is fixed or what the items are chosen by";
        return Err(Check::not_applicable(id, EXPECTED, reason));
    };
    if matches!(read.items, Items::One(_)) {
        return one_without_required(read, known, field, &paths);
    }
    let is_only_ours = std::cell::Cell::new(true);
    let script = edited(known.case, &[read], On::FirstPage, |read, answer| {
        let counts = |answer: &Value| -> Vec<usize> {
            let of_lists = reads.iter().filter(|other| read.shares_lists_with(other));
            of_lists.map(|read| read.items_in(answer).unwrap_or_default().len()).collect()
        };
        let Some(first) = read.items_in(answer).and_then(|items| items.into_iter().next()) else { return };
        let Some(mut item) = answer.pointer(&first).cloned() else { return };
        for path in &paths {
            replace(&mut item, "", path, &Value::Null);
        }
        let before = counts(answer);
        let list = first.rsplit_once('/').map(|(list, _)| list).unwrap_or_default();
        if let Some(items) = answer.pointer_mut(list).and_then(Value::as_array_mut) {
            items.insert(0, item);
        }
        let more = counts(answer).iter().sum::<usize>().saturating_sub(before.iter().sum());
        is_only_ours.set(more == 1);
    });
    let script = script.map_err(|reason| Check::not_applicable(&id, EXPECTED, reason))?;
    if !is_only_ours.get() {
        let reason = "the item would be of another mapping of the list, or of none";
        return Err(Check::not_applicable(id, EXPECTED, reason));
    }
    let (shown, left_out) = (known.came.widgets.clone(), known.came.left_out);
    let planned = Planned::state(id, known.case, script, &[Partial]);
    Ok(planned.and(&format!("one item more left out, for its {field}, and the others shown"), move |came, _| {
        if came.left_out != left_out + 1 {
            return Some(format!("{} left out, not {}", came.left_out, left_out + 1));
        }
        (came.widgets != shown).then(|| "the other items are not shown as they were".to_owned())
    }))
}

/// The one thing that a widget is read from lacks something that its kind requires: there is nothing to show.
fn one_without_required<'c>(
    read: &Reads<'_>,
    known: &'c Known<'c>,
    field: &str,
    paths: &[&str],
) -> Result<Planned<'c>, Check> {
    let id = format!("content.item-without-required:{}", read.name());
    let script = edited(known.case, &[read], On::FirstPage, |read, answer| {
        for one in read.items_in(answer).unwrap_or_default() {
            for path in paths {
                replace(answer, &one, path, &Value::Null);
            }
        }
    });
    let script = script.map_err(|reason| {
        Check::not_applicable(&id, "a thing without what its kind requires is not shown as if it were whole", reason)
    })?;
    let planned = Planned::state(id, known.case, script, &[Invalid, Partial]);
    let before = known.came.widgets.len();
    Ok(planned.and(&format!("and nothing shown of what lacks its {field}"), move |came, _| {
        (came.widgets.len() >= before).then(|| "it is shown all the same".to_owned())
    }))
}

/// Everything optional is null in the first item.
fn nulls<'c>(read: &Reads<'_>, reads: &[Reads<'_>], known: &'c Known<'c>) -> Result<Planned<'c>, Check> {
    const EXPECTED: &str = "an item without anything optional is shown all the same";
    let id = format!("content.nulls:{}", read.name());
    // The item may be another mapping's as well.
    let others = reads.iter().filter(|other| read.shares_lists_with(other));
    let needed: Vec<_> = others.chain([read]).flat_map(Reads::needed).collect();
    // What holds something needed must stay.
    let holds_needed = |path: &str| needed.iter().any(|needed| needed.starts_with(path));
    let optional = read.fields().filter(|field| !read.is_required(field));
    let paths: Vec<_> =
        optional.filter_map(|field| read.origins(field)).flatten().filter(|path| !holds_needed(path)).collect();
    if paths.is_empty() {
        return Err(Check::not_applicable(id, EXPECTED, "the mapping has nothing optional"));
    }
    let is_still_chosen = std::cell::Cell::new(true);
    let script = edited(known.case, &[read], On::FirstPage, |read, answer| {
        let items = read.items_in(answer).unwrap_or_default();
        for path in &paths {
            replace(answer, items.first().map(String::as_str).unwrap_or_default(), path, &Value::Null);
        }
        is_still_chosen.set(read.items_in(answer).unwrap_or_default().len() == items.len());
    });
    let script = script.map_err(|reason| Check::not_applicable(&id, EXPECTED, reason))?;
    if !is_still_chosen.get() {
        return Err(Check::not_applicable(id, EXPECTED, "the path of the list chooses items by something optional"));
    }
    let (shown, left_out) = (known.came.widgets.len(), known.came.left_out);
    // What was partial for want of something optional may have become whole.
    let expected: &[SectionState] = if known.came.state == Partial { &[Partial, Ready] } else { &[Ready] };
    let planned = Planned::state(id, known.case, script, expected);
    Ok(planned.and("as many widgets as with them", move |came, _| {
        let same = came.widgets.len() == shown && came.left_out == left_out;
        (!same)
            .then(|| format!("{} shown and {} left out, not {shown} and {left_out}", came.widgets.len(), came.left_out))
    }))
}

fn unknown_code<'c>(read: &Reads<'_>, field: &str, path: &str, known: &'c Known<'c>) -> Result<Planned<'c>, Check> {
    const EXPECTED: &str = "an item with a code that the contract does not know is shown, and the code flagged";
    let id = format!("content.unknown-code:{}.{field}", read.name());
    let found = std::cell::Cell::new(false);
    let script = edited(known.case, &[read], On::FirstPage, |read, answer| {
        for item in read.items_in(answer).unwrap_or_default() {
            if replace(answer, &item, path, &json!(UNKNOWN_CODE)) {
                found.set(true);
                return;
            }
        }
    });
    let script = script.map_err(|reason| Check::not_applicable(&id, EXPECTED, reason))?;
    if !found.get() {
        return Err(Check::not_applicable(id, EXPECTED, "no item of the recording has the code"));
    }
    let (shown, left_out) = (known.came.widgets.len(), known.came.left_out);
    let field = field.to_owned();
    let planned = Planned::state(id, known.case, script, &[Ready, Partial]);
    Ok(planned.and("as many widgets, and the code flagged as unknown", move |came, _| {
        if came.widgets.len() != shown || came.left_out != left_out {
            return Some(format!(
                "{} shown and {} left out, not {shown} and {left_out}",
                came.widgets.len(),
                came.left_out
            ));
        }
        let widgets = serde_json::to_value(&came.widgets).unwrap_or_default();
        let flagged = widgets.as_array().into_iter().flatten().filter_map(|widget| widget.get(&field)).any(is_flagged);
        (!flagged && came.state != Partial).then(|| "nothing tells that the code is unknown".to_owned())
    }))
}

/// The vocabulary's own value for what it does not know, or the source's code with a text that says so.
fn is_flagged(value: &Value) -> bool {
    value.get("code").is_some_and(|code| code == "unknown" || code == UNKNOWN_CODE)
}
