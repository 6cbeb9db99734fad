//! Checks where a field's value comes from and what it is read as.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use overblik_widgets::{Coded, FieldType, FieldValue, LocalizedText};

use super::{
    examination::{Examination, KeyPath, Noted},
    manifest::{self, CodeList, Format, Spec},
    reading::{Target, money_format, reading},
    source::both_languages,
    suggestion::suggestion,
};
use crate::declared::{Field, Holder, ListPath, Origin, Scalars, Unit, ValuePlace, shown_text};

/// Longest fixed text and separator, in characters.
const MAX_FIXED: usize = 200;
/// What stands between the parts of a text unless the contract says otherwise.
const SPACE: &str = " ";

/// What fields refer to, and which of it is used.
pub(super) struct FieldContext<'m> {
    /// With what their answers have.
    lookups: Vec<(&'m str, Scalars)>,
    pub(super) lists: BTreeMap<&'m str, List>,
    pub(super) link_hosts: Arc<[String]>,
    pub(super) used_lookups: BTreeSet<String>,
    pub(super) used_lists: BTreeSet<String>,
}

/// A code list, shared by all fields that use it.
#[derive(Clone)]
pub(super) enum List {
    Texts(Arc<BTreeMap<String, LocalizedText>>),
    Values(Arc<BTreeMap<String, String>>),
}

impl<'m> FieldContext<'m> {
    pub(super) fn new(spec: &'m Spec) -> Self {
        let lists = spec.codes.iter().map(|(name, list)| {
            let list = match list {
                CodeList::Texts(texts) => {
                    let shown = texts.iter().map(|(code, LocalizedText { da, en })| {
                        (code.clone(), LocalizedText { da: shown_text(da), en: shown_text(en) })
                    });
                    List::Texts(Arc::new(shown.collect()))
                }
                CodeList::Values(values) => List::Values(Arc::new(values.clone())),
            };
            (name.as_str(), list)
        });
        Self {
            lookups: spec.lookups.iter().map(|(name, lookup)| (name.as_str(), scalars(lookup.format))).collect(),
            lists: lists.collect(),
            link_hosts: Arc::from(spec.source.link_hosts.as_slice()),
            used_lookups: BTreeSet::new(),
            used_lists: BTreeSet::new(),
        }
    }

    /// For a part of the contract whose requests no lookup follows.
    pub(super) fn without_lookups<T>(&mut self, examine: impl FnOnce(&mut Self) -> T) -> T {
        let lookups = std::mem::take(&mut self.lookups);
        let examined = examine(self);
        self.lookups = lookups;
        examined
    }
}

/// What an answer has besides texts.
pub(super) fn scalars(format: Format) -> Scalars {
    match format {
        Format::Json => Scalars::Typed,
        Format::Xml => Scalars::TextsOnly,
    }
}

/// The ways to a value. Each is the name of the key that makes it one, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    FirstOf,
    Concat,
    Fixed,
    Count,
    Sum,
    Outer,
    Path,
}

impl Verb {
    const ALL: [Self; 7] = [Self::FirstOf, Self::Concat, Self::Fixed, Self::Count, Self::Sum, Self::Outer, Self::Path];

    fn key(self) -> &'static str {
        match self {
            Self::FirstOf => "firstOf",
            Self::Concat => "concat",
            Self::Fixed => "fixed",
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Outer => "outer",
            Self::Path => "path",
        }
    }

    /// The keys that go with it.
    fn companions(self) -> &'static [&'static str] {
        match self {
            Self::FirstOf | Self::Fixed => &[],
            Self::Concat => &["separator"],
            Self::Count => &["as"],
            Self::Sum => &["as", "format"],
            Self::Outer => &["as", "formats", "format", "list", "true", "false"],
            Self::Path => &["join", "key", "as", "formats", "format", "list", "true", "false"],
        }
    }

    /// The way that the keys of a field make, if they make one.
    fn of(examination: &mut Examination<'_>, at: &KeyPath, declared: &manifest::Field) -> Result<Self, Noted> {
        let given = given(declared);
        let Some(verb) = Self::ALL.into_iter().find(|verb| given.contains(&verb.key())) else {
            let hint = "a value comes from path, outer, firstOf, concat, fixed, count or sum".to_owned();
            return Err(examination.wrong_key(at, "the key \"path\" is missing", Some(hint)));
        };
        let mut outcome = Ok(verb);
        for key in given.into_iter().filter(|key| *key != verb.key() && !verb.companions().contains(key)) {
            let message = format!("\"{key}\" does not go with \"{}\"", verb.key());
            outcome = Err(examination.wrong_key(&at.key(key), message, None));
        }
        outcome
    }
}

/// The keys that a field has.
fn given(declared: &manifest::Field) -> Vec<&'static str> {
    let keys = [
        ("firstOf", declared.first_of.is_some()),
        ("concat", declared.concat.is_some()),
        ("separator", declared.separator.is_some()),
        ("fixed", declared.fixed.is_some()),
        ("count", declared.count.is_some()),
        ("sum", declared.sum.is_some()),
        ("join", declared.join.is_some()),
        ("key", declared.key.is_some()),
        ("outer", declared.outer.is_some()),
        ("path", declared.path.is_some()),
        ("as", declared.reading.is_some()),
        ("formats", declared.formats.is_some()),
        ("format", declared.format.is_some()),
        ("list", declared.list.is_some()),
        ("true", declared.yes.is_some()),
        ("false", declared.no.is_some()),
    ];
    keys.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
}

/// Makes a field of a widget.
pub(super) fn field(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Field, Noted> {
    let origins = match (Verb::of(examination, at, declared)?, &declared.first_of) {
        (Verb::FirstOf, Some(choices)) => {
            let path = at.key("firstOf");
            let choices = choices.iter().enumerate();
            let made: Vec<_> = choices
                .map(|(index, choice)| {
                    let path = path.index(index);
                    match Verb::of(examination, &path, choice)? {
                        Verb::FirstOf => {
                            let message = "\"firstOf\" cannot stand inside another";
                            Err(examination.wrong_key(&path.key("firstOf"), message, None))
                        }
                        verb => origin(examination, &path, target, verb, choice, context),
                    }
                })
                .collect();
            made.into_iter().collect::<Result<_, _>>()?
        }
        (verb, _) => vec![origin(examination, at, target, verb, declared, context)?],
    };
    Ok(Field { name: target.spec.name, origins })
}

fn origin(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    verb: Verb,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Origin, Noted> {
    let text = |key: &Option<String>| key.clone().unwrap_or_default();
    match verb {
        Verb::FirstOf | Verb::Outer | Verb::Path => {
            place(examination, at, target, declared, context).map(Origin::Place)
        }
        Verb::Concat => concat(examination, at, target, declared, context),
        Verb::Fixed => {
            let Some(fixed) = &declared.fixed else {
                return Err(examination.wrong_key(at, "the key \"fixed\" is missing", None));
            };
            fixed_text(examination, at, target, fixed).map(Origin::Fixed)
        }
        Verb::Count => {
            of_type(examination, at, target, verb, FieldType::Integer)?;
            let integer = declared.reading.is_none_or(|reading| reading == manifest::Reading::Integer);
            examination.require(integer, &at.key("as"), "a count is an integer")?;
            let items = list_path(examination, &at.key("count"), &text(&declared.count))?;
            let message = "counts the items of a list: the path must end with them, as in \"$.list[*]\"";
            examination.require(items.ends_with_items(), &at.key("count"), message)?;
            Ok(Origin::Count(items))
        }
        Verb::Sum => {
            let addends = list_path(examination, &at.key("sum"), &text(&declared.sum));
            let unit = unit(examination, at, target, declared);
            Ok(Origin::Sum { addends: addends?, unit: unit?, scalars: target.scalars })
        }
    }
}

/// A text of the contract's own. Only a code has words in both languages.
fn fixed_text(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    declared: &manifest::Fixed,
) -> Result<FieldValue, Noted> {
    let path = at.key("fixed");
    let name = target.spec.name;
    match (declared, target.spec.field_type) {
        (manifest::Fixed::One(fixed), FieldType::Text) => {
            examination.require(!fixed.trim().is_empty(), &path, "must not be empty")?;
            examination.require(fixed.chars().count() <= MAX_FIXED, &path, "must be at most 200 characters")?;
            examination.require_shown(&path, fixed)?;
            Ok(FieldValue::Text(shown_text(fixed)))
        }
        (manifest::Fixed::Both(text), FieldType::Code) => {
            both_languages(examination, &path, text);
            let text = LocalizedText { da: shown_text(&text.da), en: shown_text(&text.en) };
            // The source has no code for what the contract says.
            Ok(FieldValue::Code(Coded { code: String::new(), text }))
        }
        (manifest::Fixed::Both(_), FieldType::Text) => {
            let hint = "write the Danish text alone, as in \"fixed: Undersøgelse\": texts of a source are shown as Danish \
                        on the English page too";
            Err(examination.wrong_value(&path, format!("\"{name}\" is a text in one language"), Some(hint.to_owned())))
        }
        (manifest::Fixed::One(_), FieldType::Code) => {
            let hint = "write it in both: fixed: { da: …, en: … }".to_owned();
            Err(examination.wrong_value(&path, format!("\"{name}\" is shown in both languages"), Some(hint)))
        }
        _ => Err(not_of_type(examination, at, target, Verb::Fixed, FieldType::Text)),
    }
}

fn of_type(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    verb: Verb,
    needed: FieldType,
) -> Result<(), Noted> {
    if target.spec.field_type == needed { Ok(()) } else { Err(not_of_type(examination, at, target, verb, needed)) }
}

fn not_of_type(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    verb: Verb,
    needed: FieldType,
) -> Noted {
    let kind = if needed == FieldType::Text { "text" } else { "whole number" };
    let message = format!("\"{}\" is no {kind}, which \"{}\" gives", target.spec.name, verb.key());
    examination.wrong_key(&at.key(verb.key()), message, None)
}

fn list_path(examination: &mut Examination<'_>, at: &KeyPath, text: &str) -> Result<ListPath, Noted> {
    ListPath::parse(text).map_err(|message| examination.wrong_value(at, message, None))
}

fn unit(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    declared: &manifest::Field,
) -> Result<Unit, Noted> {
    use manifest::Reading as As;
    target.check(examination, at, declared)?;
    match declared.reading {
        Some(As::Money) => money_format(examination, at, declared).map(Unit::Money),
        Some(As::Integer) if declared.format.is_none() => Ok(Unit::Integer),
        Some(As::Integer) => {
            Err(examination.wrong_key(&at.key("format"), "\"format\" goes with \"as: money\" only", None))
        }
        _ => Err(examination.wrong_value(&at.key("as"), "only money and integers add up", None)),
    }
}

fn concat(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Origin, Noted> {
    of_type(examination, at, target, Verb::Concat, FieldType::Text)?;
    let path = at.key("concat");
    let parts = declared.concat.as_deref().unwrap_or_default();
    let parts: Vec<_> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            let path = path.index(index);
            match Verb::of(examination, &path, part)? {
                Verb::Path | Verb::Outer => place(examination, &path, Target { part: true, ..target }, part, context),
                verb => {
                    let message = "a part of a text is a place in the item or in a lookup's entry";
                    Err(examination.wrong_key(&path.key(verb.key()), message, None))
                }
            }
        })
        .collect();
    let separator = declared.separator.clone().unwrap_or_else(|| SPACE.to_owned());
    let short = separator.chars().count() <= MAX_FIXED;
    examination.require(short, &at.key("separator"), "must be at most 200 characters")?;
    examination.require_shown(&at.key("separator"), &separator)?;
    Ok(Origin::Concat { parts: parts.into_iter().collect::<Result<_, _>>()?, separator })
}

fn place(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<ValuePlace, Noted> {
    let holder = holder(examination, at, declared, context);
    let (key, path) = match &declared.outer {
        Some(outer) => ("outer", outer.as_str()),
        None => ("path", declared.path.as_deref().unwrap_or_default()),
    };
    let path = examination.selector(&at.key(key), path);
    let reading = reading(examination, at, target, declared, context);
    let holder = holder?;
    let scalars = match &holder {
        Holder::Item | Holder::Outer => target.scalars,
        Holder::Entry { lookup, .. } => context.lookups.get(*lookup).map_or(target.scalars, |(_, scalars)| *scalars),
    };
    Ok(ValuePlace { holder, path: path?, reading: reading?, scalars })
}

fn holder(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Holder, Noted> {
    match (&declared.join, &declared.key) {
        (None, None) if declared.outer.is_some() => Ok(Holder::Outer),
        (None, None) => Ok(Holder::Item),
        (Some(name), Some(key)) => {
            let key = examination.selector(&at.key("key"), key);
            let index = context.lookups.iter().position(|(lookup, _)| lookup == name).ok_or_else(|| {
                let hint = suggestion(name, "lookups", context.lookups.iter().map(|(lookup, _)| *lookup));
                examination.wrong_value(&at.key("join"), format!("no such lookup \"{name}\""), hint)
            })?;
            context.used_lookups.insert(name.clone());
            Ok(Holder::Entry { lookup: index, key: key? })
        }
        (Some(_), None) => Err(examination.wrong_key(at, "\"join\" needs \"key\"", None)),
        (None, Some(_)) => Err(examination.wrong_key(&at.key("key"), "\"key\" needs \"join\"", None)),
    }
}
