//! Checks what a value is read as, and whether its field takes that.

use overblik_widgets::{FieldSpec, FieldType};

use super::{
    examination::{Examination, KeyPath, Noted},
    field::{FieldContext, List},
    manifest,
    suggestion::suggestion,
};
use crate::declared::{DateFormat, FlagCodes, MoneyFormat, Reading, Scalars};

/// The field that a value is for.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) spec: FieldSpec,
    /// What the answer that the item is from has besides texts.
    pub(super) scalars: Scalars,
    /// Whether the value is one part of a text.
    pub(super) part: bool,
}

impl Target {
    /// What the value is read as, if the field takes that. The parts of a text need not say that they are texts.
    pub(super) fn check(
        self,
        examination: &mut Examination<'_>,
        at: &KeyPath,
        declared: &manifest::Field,
    ) -> Result<manifest::Reading, Noted> {
        let fitting = readings_for(self.spec.field_type);
        let read_as = match declared.reading {
            Some(read_as) => read_as,
            None if self.part => manifest::Reading::Text,
            None => return Err(examination.wrong_key(at, "the key \"as\" is missing", None)),
        };
        if fitting.contains(&read_as) {
            return Ok(read_as);
        }
        let hint = fitting.first().map(|fitting| format!("write \"as: {}\"", name_of(*fitting)));
        let message = format!("\"{}\" is not read as {}", self.spec.name, name_of(read_as));
        Err(examination.wrong_value(&at.key("as"), message, hint))
    }
}

/// Makes the reading of a value.
pub(super) fn reading(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    target: Target,
    declared: &manifest::Field,
    context: &mut FieldContext<'_>,
) -> Result<Reading, Noted> {
    use manifest::Reading as As;
    // Before whether the field takes it: a key too many is the better explanation of a reading that does not fit.
    if let Some(read_as) = declared.reading {
        refuse_stray_keys(examination, at, read_as, declared)?;
    }
    let read_as = target.check(examination, at, declared)?;
    match read_as {
        As::Text => Ok(Reading::Text),
        As::MaskedText => Ok(Reading::MaskedText),
        As::Integer => Ok(Reading::Integer),
        As::Flag => flag(examination, at, declared),
        As::Url => Ok(Reading::Link(context.link_hosts.clone())),
        As::Date => match &declared.formats {
            Some(names) => date_formats(examination, &at.key("formats"), names).map(Reading::Date),
            None => Err(examination.wrong_key(at, "\"as: date\" needs \"formats\"", Some(date_hint(|_| true)))),
        },
        As::Datetime => match &declared.formats {
            Some(names) => moment_formats(examination, &at.key("formats"), names, "as: datetime").map(Reading::Moment),
            None => {
                let hint = date_hint(DateFormat::has_time);
                Err(examination.wrong_key(at, "\"as: datetime\" needs \"formats\"", Some(hint)))
            }
        },
        As::Money => money_format(examination, at, declared).map(Reading::Money),
        As::Code => code(examination, at, target.spec, declared, context),
    }
}

fn refuse_stray_keys(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    read_as: manifest::Reading,
    declared: &manifest::Field,
) -> Result<(), Noted> {
    use manifest::Reading as As;
    for (key, given, owners) in [
        ("formats", declared.formats.is_some(), &[As::Date, As::Datetime][..]),
        ("format", declared.format.is_some(), &[As::Money]),
        ("list", declared.list.is_some(), &[As::Code]),
        ("true", declared.yes.is_some(), &[As::Flag]),
        ("false", declared.no.is_some(), &[As::Flag]),
    ] {
        if given && !owners.contains(&read_as) {
            let owners: Vec<String> = owners.iter().map(|owner| format!("\"as: {}\"", name_of(*owner))).collect();
            let message = format!("\"{key}\" goes with {} only", owners.join(" or "));
            return Err(examination.wrong_key(&at.key(key), message, None));
        }
    }
    Ok(())
}

fn date_hint(fits: impl Fn(DateFormat) -> bool) -> String {
    let names: Vec<_> = DateFormat::ALL.into_iter().filter(|format| fits(*format)).map(DateFormat::name).collect();
    format!("The formats are {}", names.join(", "))
}

/// What a field of a type can be read as; the usual first.
pub(super) fn readings_for(field_type: FieldType) -> &'static [manifest::Reading] {
    use manifest::Reading as As;
    match field_type {
        FieldType::Text => &[As::Text, As::MaskedText],
        FieldType::Date => &[As::Date],
        FieldType::Moment => &[As::Datetime],
        FieldType::Money => &[As::Money],
        FieldType::Integer => &[As::Integer],
        FieldType::Flag => &[As::Flag],
        FieldType::Link => &[As::Url],
        FieldType::Code | FieldType::Choice(_) => &[As::Code],
    }
}

pub(super) fn name_of(reading: manifest::Reading) -> &'static str {
    use manifest::Reading as As;
    match reading {
        As::Text => "text",
        As::MaskedText => "maskedText",
        As::Date => "date",
        As::Datetime => "datetime",
        As::Money => "money",
        As::Integer => "integer",
        As::Flag => "flag",
        As::Code => "code",
        As::Url => "url",
    }
}

/// The date formats of a list, in its order.
fn date_formats(examination: &mut Examination<'_>, at: &KeyPath, names: &[String]) -> Result<Vec<DateFormat>, Noted> {
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

/// The date formats of a list, all of which must tell a time.
pub(super) fn moment_formats(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    names: &[String],
    wanted_by: &str,
) -> Result<Vec<DateFormat>, Noted> {
    let formats = date_formats(examination, at, names)?;
    if let Some(index) = formats.iter().position(|format| !format.has_time()) {
        let message = format!("tells no time of day, which \"{wanted_by}\" needs");
        return Err(examination.wrong_value(&at.index(index), message, None));
    }
    Ok(formats)
}

fn flag(examination: &mut Examination<'_>, at: &KeyPath, declared: &manifest::Field) -> Result<Reading, Noted> {
    match (&declared.yes, &declared.no) {
        (None, None) => Ok(Reading::Flag),
        (Some(yes), Some(no)) => {
            let yes = examination.code_set(&at.key("true"), yes);
            let no = examination.code_set(&at.key("false"), no);
            let (yes, no) = (yes?, no?);
            if let Some(code) = yes.intersection(&no).next() {
                let message = format!("the code \"{code}\" means both yes and no");
                return Err(examination.wrong_value(&at.key("false"), message, None));
            }
            Ok(Reading::CodedFlag(FlagCodes { yes, no }))
        }
        (Some(_), None) => Err(examination.wrong_key(&at.key("true"), "\"true\" needs \"false\"", None)),
        (None, Some(_)) => Err(examination.wrong_key(&at.key("false"), "\"false\" needs \"true\"", None)),
    }
}

/// How an amount is written.
pub(super) fn money_format(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    declared: &manifest::Field,
) -> Result<MoneyFormat, Noted> {
    let Some(name) = &declared.format else {
        let hint = format!("The formats are {}", MoneyFormat::ALL.map(MoneyFormat::name).join(", "));
        return Err(examination.wrong_key(at, "\"as: money\" needs \"format\"", Some(hint)));
    };
    let format = MoneyFormat::ALL.into_iter().find(|format| format.name() == name);
    format.ok_or_else(|| {
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
    if let Some(noted) = examination.noted_before(&KeyPath::of("spec.codes").key(name)) {
        return Err(noted);
    }
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
