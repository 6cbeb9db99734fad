//! From one value of an answer to one typed value of a widget.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use overblik_widgets::{Coded, FieldValue, Link, LocalizedText, Money};
use serde_json::Value;

use super::{
    date::{DateFormat, read_date, read_moment},
    shown::{masked_text, shown_text},
};

/// What a value is read as.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    Text,
    /// Only the end of it is shown.
    MaskedText,
    /// In the first format that fits.
    Date(Vec<DateFormat>),
    /// As for dates; every format tells a time.
    Moment(Vec<DateFormat>),
    Money(MoneyFormat),
    Integer,
    Flag,
    /// A flag that the source writes as codes.
    CodedFlag(FlagCodes),
    /// An address on one of the source's link hosts.
    Link(Arc<[String]>),
    /// A code with the contract's own texts.
    Texts(Arc<BTreeMap<String, LocalizedText>>),
    /// A code that stands for a value of the widget vocabulary.
    Choice(Arc<BTreeMap<String, String>>),
}

/// What the format of an answer has besides texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalars {
    /// Numbers and flags of their own, as JSON: what should be one of them and is a text is not guessed at.
    Typed,
    /// Nothing, as XML: numbers and flags are read from texts, and an empty text is no value.
    TextsOnly,
}

/// The codes of a flag; no code is in both.
#[derive(Clone, Debug)]
pub(crate) struct FlagCodes {
    pub(crate) yes: BTreeSet<String>,
    pub(crate) no: BTreeSet<String>,
}

/// How an amount is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MoneyFormat {
    /// A number or a text with a decimal point, in kroner.
    Decimal,
    /// A text with a decimal comma, in kroner.
    Danish,
    /// A whole number, in øre.
    Oere,
}

impl MoneyFormat {
    /// Every format.
    pub(crate) const ALL: [Self; 3] = [Self::Decimal, Self::Danish, Self::Oere];

    /// Its name in contracts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Decimal => "decimal",
            Self::Danish => "danish",
            Self::Oere => "oere",
        }
    }
}

/// What a path led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Value(FieldValue),
    /// A text of the contract, or a value of what the item's list is in: it says nothing about whether the item has any.
    NotItsOwn(FieldValue),
    /// The source named nothing.
    Absent,
    /// The source named something that cannot be shown.
    Unreadable,
}

impl From<Option<FieldValue>> for Found {
    fn from(value: Option<FieldValue>) -> Self {
        value.map_or(Self::Unreadable, Self::Value)
    }
}

impl Reading {
    /// Reads a value that is not null.
    pub(super) fn read(&self, node: &Value, scalars: Scalars) -> Found {
        let blank = node.as_str().is_some_and(|text| text.trim().is_empty());
        if blank && (scalars == Scalars::TextsOnly || self.takes_blank_for_absent()) {
            return Found::Absent;
        }
        let value = match self {
            Self::Text => {
                text_of(node).map(|text| shown_text(&text)).filter(|text| !text.is_empty()).map(FieldValue::Text)
            }
            Self::MaskedText => text_of(node).map(|text| masked_text(&text)).map(FieldValue::Text),
            Self::Date(formats) => node.as_str().and_then(|text| read_date(text, formats)).map(FieldValue::Date),
            Self::Moment(formats) => node.as_str().and_then(|text| read_moment(text, formats)).map(FieldValue::Moment),
            Self::Money(format) => format.read(node, scalars).map(FieldValue::Money),
            Self::Integer => integer(node, scalars).map(FieldValue::Integer),
            Self::Flag => flag(node, scalars).map(FieldValue::Flag),
            Self::CodedFlag(codes) => code_of(node).and_then(|code| codes.read(&code)).map(FieldValue::Flag),
            Self::Link(hosts) => {
                node.as_str().and_then(|address| Link::checked(address, hosts).ok()).map(FieldValue::Link)
            }
            Self::Texts(texts) => text_of(node).map(|code| FieldValue::Code(coded(&code, texts))),
            // A code the contract does not know stays as it is: the vocabulary shows it as unknown, never guesses.
            Self::Choice(values) => text_of(node).map(|code| {
                FieldValue::Choice(values.get(code.as_ref()).cloned().unwrap_or_else(|| code.into_owned()))
            }),
        };
        value.into()
    }

    fn takes_blank_for_absent(&self) -> bool {
        matches!(self, Self::Text | Self::MaskedText | Self::Date(_) | Self::Moment(_) | Self::Link(_))
    }
}

impl MoneyFormat {
    /// Reads an amount.
    pub(super) fn read(self, node: &Value, scalars: Scalars) -> Option<Money> {
        match (self, node) {
            (Self::Decimal, Value::String(text)) => Money::from_decimal(text.trim()).ok(),
            // The shortest text of a JSON number is how the source wrote it; no arithmetic is done on the double.
            (Self::Decimal, Value::Number(number)) => {
                is_as_written(number).then(|| Money::from_decimal(&number.to_string()).ok()).flatten()
            }
            (Self::Danish, Value::String(text)) => Money::from_danish(text.trim()).ok(),
            (Self::Oere, _) => integer(node, scalars).map(Money::from_oere),
            _ => None,
        }
    }
}

impl FlagCodes {
    fn read(&self, code: &str) -> Option<bool> {
        if self.yes.contains(code) { Some(true) } else { self.no.contains(code).then_some(false) }
    }
}

/// A whole number, which in a format of texts is written as one.
pub(super) fn integer(node: &Value, scalars: Scalars) -> Option<i64> {
    match (node, scalars) {
        (Value::Number(number), _) => number.as_i64(),
        (Value::String(text), Scalars::TextsOnly) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The words for yes and no are those of XML Schema.
fn flag(node: &Value, scalars: Scalars) -> Option<bool> {
    match (node, scalars) {
        (Value::Bool(flag), _) => Some(*flag),
        (Value::String(text), Scalars::TextsOnly) => match text.trim() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Up to which size a double still holds every number of two decimals. Beyond, its digits are not the source's.
const LARGEST_AS_WRITTEN: f64 = 1e13;

/// Whether the shortest text of a number is how its source wrote it.
fn is_as_written(number: &serde_json::Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|value| value.abs() < LARGEST_AS_WRITTEN)
}

/// Texts and numbers are texts; anything else is not.
pub(crate) fn text_of(node: &Value) -> Option<Cow<'_, str>> {
    match node {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => is_as_written(number).then(|| number.to_string().into()),
        _ => None,
    }
}

/// A code that decides something and is not shown; a flag is as good a code as any.
pub(super) fn code_of(node: &Value) -> Option<Cow<'_, str>> {
    match node {
        Value::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
        other => text_of(other),
    }
}

fn coded(code: &str, texts: &BTreeMap<String, LocalizedText>) -> Coded {
    if let Some(text) = texts.get(code) {
        return Coded { text: text.clone(), code: code.to_owned() };
    }
    let code = shown_text(code);
    Coded { text: LocalizedText::new(format!("Ukendt ({code})"), format!("Unknown ({code})")), code }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn text(value: &str) -> Found {
        read(&Reading::Text, &json!(value))
    }

    fn read(reading: &Reading, node: &Value) -> Found {
        reading.read(node, Scalars::Typed)
    }

    fn found_text(value: &str) -> Found {
        Found::Value(FieldValue::Text(value.into()))
    }

    #[test]
    fn a_number_that_lost_digits_is_not_shown() {
        let number = |text: &str| serde_json::from_str::<Value>(text).expect("a number");
        assert_eq!(read(&Reading::Text, &number("18446744073709551615")), found_text("18446744073709551615"));
        assert_eq!(read(&Reading::Text, &number("12.5")), found_text("12.5"));
        for lossy in ["18446744073709551616", "123456789012345678901234567890", "-70368744177664.01"] {
            assert_eq!(read(&Reading::Text, &number(lossy)), Found::Unreadable, "{lossy}");
            assert_eq!(read(&Reading::Money(MoneyFormat::Decimal), &number(lossy)), Found::Unreadable, "{lossy}");
        }
        for odd in ["1e2", "-0", "100.0"] {
            assert_eq!(read(&Reading::Integer, &number(odd)), Found::Unreadable, "{odd}");
            assert_eq!(read(&Reading::Money(MoneyFormat::Oere), &number(odd)), Found::Unreadable, "{odd}");
        }
    }

    #[test]
    fn text_is_kept_danish_and_made_harmless() {
        assert_eq!(text("  Smørrebrød på Ærø "), found_text("Smørrebrød på Ærø"));
        assert_eq!(text("linje 1\r\nlinje\t2\u{0}"), found_text("linje 1 linje 2"));
        assert_eq!(text("regning\u{202e}fdp.exe"), found_text("regningfdp.exe"));
        assert_eq!(text("<b>&amp;"), found_text("<b>&amp;"));
        assert_eq!(read(&Reading::Text, &json!(1401)), found_text("1401"));
        assert_eq!(text("   "), Found::Absent);
        assert_eq!(text("\u{202e}"), Found::Unreadable);
        for wrong in [json!(true), json!({}), json!(["x"])] {
            assert_eq!(read(&Reading::Text, &wrong), Found::Unreadable, "{wrong}");
        }
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(text(&"ø".repeat(500)), found_text(&"ø".repeat(500)));
        assert_eq!(text(&"ø".repeat(501)), found_text(&format!("{}…", "ø".repeat(499))));
    }

    #[test]
    fn amounts_are_read_in_the_declared_format_only() {
        use MoneyFormat::{Danish, Decimal, Oere};
        let money = |format, node| match read(&Reading::Money(format), &node) {
            Found::Value(FieldValue::Money(money)) => Some(money.minor),
            _ => None,
        };
        assert_eq!(money(Decimal, json!(1234.5)), Some(123_450));
        assert_eq!(money(Decimal, json!(0.1)), Some(10));
        assert_eq!(money(Decimal, json!(20.0)), Some(2_000));
        assert_eq!(money(Decimal, json!("99.95")), Some(9_995));
        assert_eq!(money(Decimal, json!(0.1 + 0.2)), None, "more than two decimals");
        assert_eq!(money(Decimal, json!(1e300)), None);
        assert_eq!(money(Decimal, json!("1.234,50")), None);
        assert_eq!(money(Danish, json!("1.234,50")), Some(123_450));
        assert_eq!(money(Danish, json!(1.234)), None, "would be read as 1,234 kroner");
        assert_eq!(money(Oere, json!(123_450)), Some(123_450));
        assert_eq!(money(Oere, json!(-5)), Some(-5));
        assert_eq!(money(Oere, json!(1234.5)), None);
        assert_eq!(money(Oere, json!("100")), None);
    }

    #[test]
    fn numbers_flags_and_dates_are_not_guessed() {
        assert_eq!(read(&Reading::Integer, &json!(7)), Found::Value(FieldValue::Integer(7)));
        assert_eq!(read(&Reading::Integer, &json!(7.5)), Found::Unreadable);
        assert_eq!(read(&Reading::Integer, &json!("7")), Found::Unreadable);
        assert_eq!(read(&Reading::Flag, &json!(false)), Found::Value(FieldValue::Flag(false)));
        assert_eq!(read(&Reading::Flag, &json!("false")), Found::Unreadable);
        assert_eq!(read(&Reading::Flag, &json!(0)), Found::Unreadable);
        let dates = Reading::Date(vec![DateFormat::Iso, DateFormat::Dotted]);
        assert_eq!(read(&dates, &json!("01.12.2026")), Found::Value(FieldValue::Date(date(2026, 12, 1))));
        assert_eq!(read(&dates, &json!("")), Found::Absent);
        assert_eq!(read(&dates, &json!("12/1/2026")), Found::Unreadable);
        assert_eq!(read(&dates, &json!(20_261_201)), Found::Unreadable);
    }

    #[test]
    fn an_unknown_code_is_flagged_and_not_dropped() {
        let texts = Reading::Texts(Arc::new([("ok".to_owned(), LocalizedText::new("Fint", "Fine"))].into()));
        let code = |code: &str, da: &str, en: &str| {
            Found::Value(FieldValue::Code(Coded { code: code.into(), text: LocalizedText::new(da, en) }))
        };
        assert_eq!(read(&texts, &json!("ok")), code("ok", "Fint", "Fine"));
        assert_eq!(read(&texts, &json!("nyt")), code("nyt", "Ukendt (nyt)", "Unknown (nyt)"));
        let choice = Reading::Choice(Arc::new([("1".to_owned(), "coming".to_owned())].into()));
        assert_eq!(read(&choice, &json!(1)), Found::Value(FieldValue::Choice("coming".into())));
        assert_eq!(read(&choice, &json!("9")), Found::Value(FieldValue::Choice("9".into())));
        assert_eq!(read(&choice, &json!(["1"])), Found::Unreadable);
    }

    #[test]
    fn a_link_leads_to_the_authority_or_nowhere() {
        let link = Reading::Link(Arc::from(["birkerup.example".to_owned()]));
        assert!(matches!(read(&link, &json!("https://www.birkerup.example/x")), Found::Value(FieldValue::Link(_))));
        assert_eq!(read(&link, &json!("https://evil.example/")), Found::Unreadable);
        assert_eq!(read(&link, &json!("javascript:alert(1)")), Found::Unreadable);
    }

    #[test]
    fn a_format_of_texts_has_its_numbers_and_flags_in_them_and_json_has_not() {
        let xml = |reading: &Reading, text: &str| reading.read(&json!(text), Scalars::TextsOnly);
        let oere = Reading::Money(MoneyFormat::Oere);
        let money = |minor| Found::Value(FieldValue::Money(Money::from_oere(minor)));
        assert_eq!(xml(&Reading::Integer, " 7 "), Found::Value(FieldValue::Integer(7)));
        assert_eq!(xml(&Reading::Integer, "-7"), Found::Value(FieldValue::Integer(-7)));
        assert_eq!(xml(&oere, "123450"), money(123_450));
        for (text, flag) in [("true", true), ("1", true), (" false ", false), ("0", false)] {
            assert_eq!(xml(&Reading::Flag, text), Found::Value(FieldValue::Flag(flag)), "{text}");
        }
        for text in ["7.5", "7,5", "0x7", "seven", "99999999999999999999"] {
            assert_eq!(xml(&Reading::Integer, text), Found::Unreadable, "{text}");
            assert_eq!(xml(&oere, text), Found::Unreadable, "{text}");
        }
        for text in ["True", "ja", "2"] {
            assert_eq!(xml(&Reading::Flag, text), Found::Unreadable, "{text}");
        }
        let choice = Reading::Choice(Arc::default());
        for reading in [Reading::Integer, Reading::Flag, oere, choice, Reading::Text] {
            assert_eq!(xml(&reading, " "), Found::Absent, "an empty element has no value: {reading:?}");
        }
        for reading in [Reading::Integer, Reading::Flag, Reading::Money(MoneyFormat::Oere)] {
            assert_eq!(read(&reading, &json!("1")), Found::Unreadable, "{reading:?}");
            assert_eq!(read(&reading, &json!("")), Found::Unreadable, "{reading:?}");
        }
    }

    #[test]
    fn a_flag_in_codes_is_yes_no_or_unreadable() {
        let codes = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
        let flag = Reading::CodedFlag(FlagCodes { yes: codes(&["J", "1"]), no: codes(&["N", "false"]) });
        for (node, expected) in [
            (json!("J"), Some(true)),
            (json!(1), Some(true)),
            (json!("N"), Some(false)),
            (json!(false), Some(false)),
            (json!("j"), None),
            (json!(""), None),
            (json!(true), None),
            (json!(["J"]), None),
        ] {
            assert_eq!(read(&flag, &node), expected.map(FieldValue::Flag).into(), "{node}");
        }
    }

    #[test]
    fn a_moment_is_told_with_its_time_and_a_masked_text_by_its_end() {
        let moments = Reading::Moment(vec![DateFormat::IsoDateTime, DateFormat::LocalMinutes]);
        let told = |text: &str| match read(&moments, &json!(text)) {
            Found::Value(FieldValue::Moment(moment)) => moment.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(told("2026-12-01T08:30:00.25Z"), "2026-12-01T09:30:00+01:00");
        assert_eq!(told("2026-12-01T09:30"), "2026-12-01T09:30:00+01:00");
        assert_eq!(told("2026-12-01"), "Unreadable");
        assert_eq!(told(" "), "Absent");
        assert_eq!(read(&Reading::MaskedText, &json!("9999 0001234567")), found_text("••••4567"));
        assert_eq!(read(&Reading::MaskedText, &json!(1_234_567)), found_text("••••4567"));
        assert_eq!(read(&Reading::MaskedText, &json!("")), Found::Absent);
        assert_eq!(read(&Reading::MaskedText, &json!({})), Found::Unreadable);
    }
}
