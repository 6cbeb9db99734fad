//! Checks where a field's value comes from and what it is read as.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use overblik_widgets::{FieldSpec, FieldType, LocalizedText};

use super::{
    examination::{Examination, KeyPath, Noted},
    manifest::{self, CodeList, Spec},
    suggestion::suggestion,
};
use crate::declared::{DateFormat, Field, MoneyFormat, Origin, Reading};

/// What fields refer to, and which of it is used.
pub(super) struct FieldContext<'m> {
    lookups: Vec<&'m str>,
    lists: BTreeMap<&'m str, List>,
    link_hosts: Arc<[String]>,
    pub(super) used_lookups: BTreeSet<String>,
    pub(super) used_lists: BTreeSet<String>,
}

/// A code list, shared by all fields that use it.
#[derive(Clone)]
enum List {
    Texts(Arc<BTreeMap<String, LocalizedText>>),
    Values(Arc<BTreeMap<String, String>>),
}

impl<'m> FieldContext<'m> {
    pub(super) fn new(spec: &'m Spec) -> Self {
        let lists = spec.codes.iter().map(|(name, list)| {
            let list = match list {
                CodeList::Texts(texts) => List::Texts(Arc::new(texts.clone())),
                CodeList::Values(values) => List::Values(Arc::new(values.clone())),
            };
            (name.as_str(), list)
        });
        Self {
            lookups: spec.lookups.keys().map(String::as_str).collect(),
            lists: lists.collect(),
            link_hosts: Arc::from(spec.source.link_hosts.as_slice()),
            used_lookups: BTreeSet::new(),
            used_lists: BTreeSet::new(),
        }
    }
}

/// Makes a field of a widget.
pub(super) fn field(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    spec: FieldSpec,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Field, Noted> {
    let origins = match &declared.first_of {
        None => vec![origin(examination, at, spec, declared, context)],
        Some(choices) => {
            let alone = declared.join.is_none()
                && declared.key.is_none()
                && declared.path.is_none()
                && declared.reading.is_none()
                && declared.formats.is_none()
                && declared.format.is_none()
                && declared.list.is_none();
            if !alone {
                return Err(examination.wrong_key(at, "\"firstOf\" stands alone", None));
            }
            let path = at.key("firstOf");
            let choices = choices.iter().enumerate();
            choices.map(|(index, choice)| origin(examination, &path.index(index), spec, choice, context)).collect()
        }
    };
    Ok(Field { name: spec.name, origins: origins.into_iter().collect::<Result<_, _>>()? })
}

fn origin(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    spec: FieldSpec,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Origin, Noted> {
    if declared.first_of.is_some() {
        return Err(examination.wrong_key(&at.key("firstOf"), "\"firstOf\" cannot stand inside another", None));
    }
    let join = join(examination, at, declared, context);
    let path = match &declared.path {
        Some(text) => examination.selector(&at.key("path"), text),
        None => Err(examination.wrong_key(at, "the key \"path\" is missing", None)),
    };
    let reading = reading(examination, at, spec, declared, context);
    Ok(Origin { join: join?, path: path?, reading: reading? })
}

type Join = Option<(usize, crate::declared::Selector)>;

fn join(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Join, Noted> {
    match (&declared.join, &declared.key) {
        (None, None) => Ok(None),
        (Some(name), Some(key)) => {
            let key = examination.selector(&at.key("key"), key);
            let index = context.lookups.iter().position(|lookup| lookup == name).ok_or_else(|| {
                let hint = suggestion(name, "lookups", context.lookups.iter().copied());
                examination.wrong_value(&at.key("join"), format!("no such lookup \"{name}\""), hint)
            })?;
            context.used_lookups.insert(name.clone());
            Ok(Some((index, key?)))
        }
        (Some(_), None) => Err(examination.wrong_key(at, "\"join\" needs \"key\"", None)),
        (None, Some(_)) => Err(examination.wrong_key(&at.key("key"), "\"key\" needs \"join\"", None)),
    }
}

fn reading(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    spec: FieldSpec,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Reading, Noted> {
    use manifest::Reading as As;
    let Some(read_as) = declared.reading else {
        return Err(examination.wrong_key(at, "the key \"as\" is missing", None));
    };
    for (key, given, owner) in [
        ("formats", declared.formats.is_some(), As::Date),
        ("format", declared.format.is_some(), As::Money),
        ("list", declared.list.is_some(), As::Code),
    ] {
        if given && read_as != owner {
            let message = format!("\"{key}\" goes with \"as: {}\" only", name_of(owner));
            return Err(examination.wrong_key(&at.key(key), message, None));
        }
    }
    let needed = reading_for(spec.field_type);
    if needed != Some(read_as) {
        let hint = needed.map(|needed| format!("write \"as: {}\"", name_of(needed)));
        let message = format!("\"{}\" is not read as {}", spec.name, name_of(read_as));
        return Err(examination.wrong_value(&at.key("as"), message, hint));
    }
    match read_as {
        As::Text => Ok(Reading::Text),
        As::Integer => Ok(Reading::Integer),
        As::Flag => Ok(Reading::Flag),
        As::Url => Ok(Reading::Link(context.link_hosts.clone())),
        As::Date => match &declared.formats {
            Some(names) => date_formats(examination, &at.key("formats"), names).map(Reading::Date),
            None => Err(examination.wrong_key(at, "\"as: date\" needs \"formats\"", None)),
        },
        As::Money => money(examination, at, declared),
        As::Code => code(examination, at, spec, declared, context),
    }
}

/// What a field of a type is read as.
fn reading_for(field_type: FieldType) -> Option<manifest::Reading> {
    use manifest::Reading as As;
    match field_type {
        FieldType::Text => Some(As::Text),
        FieldType::Date => Some(As::Date),
        FieldType::Money => Some(As::Money),
        FieldType::Integer => Some(As::Integer),
        FieldType::Flag => Some(As::Flag),
        FieldType::Link => Some(As::Url),
        FieldType::Code | FieldType::Choice(_) => Some(As::Code),
        // No widget kind has one yet, so the language has no word for it.
        FieldType::Moment => None,
    }
}

fn name_of(reading: manifest::Reading) -> &'static str {
    use manifest::Reading as As;
    match reading {
        As::Text => "text",
        As::Date => "date",
        As::Money => "money",
        As::Integer => "integer",
        As::Flag => "flag",
        As::Code => "code",
        As::Url => "url",
    }
}

/// The date formats of a list, in its order.
pub(super) fn date_formats(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    names: &[String],
) -> Result<Vec<DateFormat>, Noted> {
    let formats: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            DateFormat::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
                let hint = suggestion(name, "formats", DateFormat::ALL.map(DateFormat::name));
                examination.wrong_value(&at.index(index), format!("no such date format \"{name}\""), hint)
            })
        })
        .collect();
    formats.into_iter().collect()
}

fn money(examination: &mut Examination<'_>, at: &KeyPath, declared: &manifest::Field) -> Result<Reading, Noted> {
    let Some(name) = &declared.format else {
        return Err(examination.wrong_key(at, "\"as: money\" needs \"format\"", None));
    };
    let format = MoneyFormat::ALL.into_iter().find(|format| format.name() == name);
    format.map(Reading::Money).ok_or_else(|| {
        let hint = suggestion(name, "formats", MoneyFormat::ALL.map(MoneyFormat::name));
        examination.wrong_value(&at.key("format"), format!("no such money format \"{name}\""), hint)
    })
}

fn code(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    spec: FieldSpec,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Reading, Noted> {
    let Some(name) = &declared.list else {
        return Err(examination.wrong_key(at, "\"as: code\" needs \"list\"", None));
    };
    let at = at.key("list");
    let Some(list) = context.lists.get(name.as_str()).cloned() else {
        let hint = suggestion(name, "code lists", context.lists.keys().copied());
        return Err(examination.wrong_value(&at, format!("no such code list \"{name}\""), hint));
    };
    context.used_lists.insert(name.clone());
    match (list, spec.field_type) {
        (List::Texts(texts), FieldType::Code) => Ok(Reading::Texts(texts)),
        (List::Values(values), FieldType::Choice(choices)) => {
            let path = KeyPath::of("spec.codes").key(name).key("values");
            let mut outcome = Ok(());
            for (code, value) in values.iter().filter(|(_, value)| !choices.contains(&value.as_str())) {
                let hint = suggestion(value, "values", choices.iter().copied());
                let message = format!("no such value \"{value}\" of \"{}\"", spec.name);
                outcome = Err(examination.wrong_value(&path.key(code), message, hint));
            }
            outcome.map(|()| Reading::Choice(values))
        }
        (List::Texts(_), _) => {
            let message = format!("\"{}\" has values of its own: its list needs \"values\", not \"texts\"", spec.name);
            Err(examination.wrong_value(&at, message, None))
        }
        (List::Values(_), _) => {
            let message = format!("\"{}\" has no values of its own: its list needs \"texts\"", spec.name);
            Err(examination.wrong_value(&at, message, None))
        }
    }
}
