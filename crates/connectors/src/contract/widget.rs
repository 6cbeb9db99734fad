//! Checks how answers become widgets, and that nothing is declared that no widget uses.

use std::collections::{BTreeMap, BTreeSet};

use overblik_widgets::{FieldSpec, FieldType, WidgetKind};

use super::{
    condition::conditions,
    examination::{Examination, KeyPath, Noted},
    field::{FieldContext, field, scalars},
    lookup::request_index,
    manifest::{CodeList, Order, Request, SortBy, Spec, WidgetMapping},
    reading::Target,
    source::both_languages,
    suggestion::suggestion,
};
use crate::declared::{Field, ItemPath, Items, Mapping, Scalars, Sorting, normal_form};

/// A part of a contract whose answers become widgets: its requests about the citizen, or those about an item.
pub(super) struct Answers<'m> {
    /// Where the part stands.
    pub(super) at: KeyPath,
    pub(super) requests: &'m BTreeMap<String, Request>,
    pub(super) widgets: &'m [WidgetMapping],
}

/// Makes the mappings, in the contract's order.
pub(super) fn mappings<'m>(
    examination: &mut Examination<'_>,
    answers: &Answers<'m>,
    context: &mut FieldContext<'m>,
) -> Result<Vec<Mapping>, Noted> {
    let at = answers.at.key("widgets");
    let made: Vec<_> = answers
        .widgets
        .iter()
        .enumerate()
        .map(|(index, declared)| mapping(examination, &at.index(index), declared, context, answers))
        .collect();
    examination.require(!made.is_empty(), &at, "at least one widget is needed")?;
    let made = made.into_iter().collect::<Result<_, _>>()?;
    refuse_silence(examination, answers);
    refuse_unshown(examination, answers);
    Ok(made)
}

fn mapping(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &WidgetMapping,
    context: &mut FieldContext<'_>,
    answers: &Answers<'_>,
) -> Result<Mapping, Noted> {
    let requests: Vec<&str> = answers.requests.keys().map(String::as_str).collect();
    let from = request_index(examination, &at.key("from"), &declared.from, &requests);
    let items = items(examination, at, declared, answers);
    let item = declared.item.as_deref().map(|path| examination.selector(&at.key("item"), path)).transpose();
    let only = declared.only.as_ref().map(|only| conditions(examination, &at.key("where"), only)).transpose();
    let kind = WidgetKind::from_tag(&declared.kind).ok_or_else(|| {
        let hint = suggestion(&declared.kind, "kinds", WidgetKind::ALL.iter().map(|kind| kind.tag()));
        examination.wrong_value(&at.key("kind"), format!("no such widget kind \"{}\"", declared.kind), hint)
    })?;
    let scalars = answers.requests.get(&declared.from).map_or(Scalars::Typed, |request| scalars(request.format));
    let fields = fields(examination, &at.key("fields"), declared, kind, scalars, context);
    let sort_by = declared.sort_by.as_ref();
    let sort_by = sort_by.map(|sort_by| sorting(examination, &at.key("sortBy"), sort_by, kind, declared)).transpose();
    let (items, limit) = items?;
    let list = match &items {
        Items::Each(path) => Some(path.spelling().items.clone()),
        Items::One(_) => declared.one.as_deref().map(normal_form),
    };
    let only = only?.unwrap_or_default();
    let (optional, sort_by, item) = (declared.optional, sort_by?, item?);
    Ok(Mapping { kind, from: from?, items, optional, list, only, sort_by, limit, item, fields: fields? })
}

/// Where the items are, and how many may become widgets.
fn items(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &WidgetMapping,
    answers: &Answers<'_>,
) -> Result<(Items, usize), Noted> {
    match (&declared.each, &declared.one) {
        (Some(each), None) => {
            let each = item_path(examination, &at.key("each"), each);
            let limit = declared.limit.ok_or_else(|| examination.wrong_key(at, "\"each\" needs \"limit\"", None))?;
            Ok((Items::Each(each?), limit))
        }
        (None, Some(one)) => {
            let one = examination.selector(&at.key("one"), one);
            let paged = answers.requests.get(&declared.from).is_some_and(|request| request.pages.is_some());
            for (key, wrong, message) in [
                ("limit", declared.limit.is_some(), "\"one\" is one widget and needs no limit"),
                ("sortBy", declared.sort_by.is_some(), "\"one\" is one widget and needs no order"),
                ("one", paged, "the answer has several pages, and each would have its own"),
            ] {
                if wrong {
                    return Err(examination.wrong_key(&at.key(key), message, None));
                }
            }
            Ok((Items::One(one?), 1))
        }
        (None, None) => Err(examination.wrong_key(
            at,
            "the key \"each\" is missing",
            Some("or \"one\", for a single object".to_owned()),
        )),
        (Some(_), Some(_)) => {
            Err(examination.wrong_key(&at.key("one"), "items are in a list (\"each\") or there is one (\"one\")", None))
        }
    }
}

/// Reads the path of items; it must let an empty list be told from one that is not there.
fn item_path(examination: &mut Examination<'_>, at: &KeyPath, text: &str) -> Result<ItemPath, Noted> {
    examination.selector(at, text)?;
    let path = ItemPath::parse(text).ok_or_else(|| {
        let hint = "write the list with every list around it, from the top: \"$.list\", \"$.list[?@.open == true]\" or \
                    \"$.children[*].list\"";
        let message =
            "leaves open which lists must be there: an answer with nothing could not be told from a broken one";
        examination.wrong_value(at, message, Some(hint.to_owned()))
    })?;
    if !path.passes_over_nothing_unseen() {
        let hint = "compare a value, as in \"[?@.open == true]\", or choose by \"where: { path: …, exists: true }\", which \
                    counts the items that no widget shows";
        let message = "a filter of items must compare: items that lack something would be passed over unseen";
        return Err(examination.wrong_value(at, message, Some(hint.to_owned())));
    }
    Ok(path)
}

fn fields(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &WidgetMapping,
    kind: WidgetKind,
    scalars: Scalars,
    context: &mut FieldContext<'_>,
) -> Result<Vec<Field>, Noted> {
    let mut made = Vec::with_capacity(declared.fields.len());
    for (name, origin) in &declared.fields {
        let path = at.key(name);
        made.push(match spec_of(kind, name) {
            Some(spec) => field(examination, &path, Target { spec, scalars, part: false }, origin, context),
            None => {
                let hint = suggestion(name, "fields", kind.fields().iter().map(|field| field.name));
                let message = format!("no such field of widget kind \"{}\"", kind.tag());
                Err(examination.wrong_key(&path, message, hint))
            }
        });
    }
    for required in kind.fields().iter().filter(|field| field.required) {
        if !declared.fields.contains_key(required.name) {
            let message = format!("the field \"{}\" is missing, which \"{}\" requires", required.name, kind.tag());
            made.push(Err(examination.wrong_key(at, message, None)));
        }
    }
    made.into_iter().collect()
}

fn sorting(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    sort_by: &SortBy,
    kind: WidgetKind,
    declared: &WidgetMapping,
) -> Result<Sorting, Noted> {
    let path = at.key("field");
    let mapped = spec_of(kind, &sort_by.field).filter(|_| declared.fields.contains_key(&sort_by.field));
    let Some(spec) = mapped else {
        let mapped = declared.fields.keys().map(String::as_str).filter(|name| spec_of(kind, name).is_some());
        let hint = suggestion(&sort_by.field, "mapped fields", mapped);
        return Err(examination.wrong_value(&path, format!("no field \"{}\" is mapped", sort_by.field), hint));
    };
    let ordered =
        matches!(spec.field_type, FieldType::Date | FieldType::Moment | FieldType::Integer | FieldType::Money);
    examination.require(ordered, &path, "only dates, amounts and numbers can be sorted by")?;
    Ok(Sorting { field: spec.name, descending: matches!(sort_by.order, Order::Descending) })
}

fn spec_of(kind: WidgetKind, name: &str) -> Option<FieldSpec> {
    kind.fields().iter().copied().find(|field| field.name == name)
}

/// Checks the texts of code lists.
pub(super) fn check_codes(examination: &mut Examination<'_>, spec: &Spec) {
    let at = KeyPath::of("spec.codes");
    for (name, list) in &spec.codes {
        let path = at.key(name);
        if let CodeList::Texts(texts) = list {
            for (code, text) in texts {
                both_languages(examination, &path.key("texts").key(code), text);
            }
        }
    }
}

/// If everything that is mapped of an answer may be absent, it needs a word for "nothing": else whoever has nothing is
/// always told that the source answered otherwise than agreed.
fn refuse_silence(examination: &mut Examination<'_>, answers: &Answers<'_>) {
    for (name, request) in answers.requests {
        let of_request = || answers.widgets.iter().enumerate().filter(|(_, widget)| widget.from == *name);
        let has_word = request.empty_when.is_some() || !request.empty_status.is_empty();
        let Some((index, _)) = of_request().next().filter(|_| of_request().all(|(_, widget)| widget.optional)) else {
            continue;
        };
        if !has_word {
            let at = answers.at.key("widgets").index(index).key("optional");
            let message = format!("everything that is mapped of \"{name}\" may be absent, and then nothing is said");
            let hint = format!(
                "say under {}.requests.{name}.emptyWhen or emptyStatus how it answers when it has nothing, or leave \
                 \"optional\" out where a list is always there",
                answers.at
            );
            examination.wrong_key(&at, message, Some(hint));
        }
    }
}

/// What is asked for and never shown is data that the gateway has no reason to hold.
fn refuse_unshown(examination: &mut Examination<'_>, answers: &Answers<'_>) {
    // A name that a widget of a wrong shape misspells would be told as unused as well.
    if !examination.is_complete() {
        return;
    }
    let shown: BTreeSet<&str> = answers.widgets.iter().map(|widget| widget.from.as_str()).collect();
    for name in answers.requests.keys().filter(|name| !shown.contains(name.as_str())) {
        unused(examination, &answers.at.key("requests").key(name));
    }
}

/// The same for look-ups and code lists, which several widgets share.
pub(super) fn refuse_unused(examination: &mut Examination<'_>, spec: &Spec, context: &FieldContext<'_>) {
    let at = KeyPath::of("spec");
    for name in spec.lookups.keys().filter(|name| !context.used_lookups.contains(name.as_str())) {
        unused(examination, &at.key("lookups").key(name));
    }
    for name in spec.codes.keys().filter(|name| !context.used_lists.contains(name.as_str())) {
        unused(examination, &at.key("codes").key(name));
    }
}

fn unused(examination: &mut Examination<'_>, at: &KeyPath) {
    examination.wrong_key(at, "no widget uses it", Some("remove it, or show what it gives".to_owned()));
}
