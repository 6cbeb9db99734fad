//! From one JSON value to one typed value of a widget.

use std::{collections::BTreeMap, sync::Arc};

use overblik_widgets::{Coded, FieldValue, Link, LocalizedText, Money};
use serde_json::Value;

use super::date::{DateFormat, read_date};

/// Longest text shown, in characters.
const MAX_TEXT: usize = 500;

/// What a value is read as.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    Text,
    /// In the first format that fits.
    Date(Vec<DateFormat>),
    Money(MoneyFormat),
    Integer,
    Flag,
    /// An address on one of the source's link hosts.
    Link(Arc<[String]>),
    /// A code with the contract's own texts.
    Texts(Arc<BTreeMap<String, LocalizedText>>),
    /// A code that stands for a value of the widget vocabulary.
    Choice(Arc<BTreeMap<String, String>>),
}

/// How an amount is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MoneyFormat {
    /// A JSON number or a text with a decimal point, in kroner.
    Decimal,
    /// A text with a decimal comma, in kroner.
    Danish,
    /// A whole JSON number, in øre.
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
    /// The source named nothing.
    Absent,
    /// The source named something that cannot be shown.
    Unreadable,
}

impl Reading {
    /// Reads a value that is not null.
    pub(super) fn read(&self, node: &Value) -> Found {
        if let (Self::Text | Self::Date(_) | Self::Link(_), Some("")) = (self, node.as_str().map(str::trim)) {
            return Found::Absent;
        }
        let value = match self {
            Self::Text => {
                text_of(node).map(|text| shown_text(&text)).filter(|text| !text.is_empty()).map(FieldValue::Text)
            }
            Self::Date(formats) => node.as_str().and_then(|text| read_date(text, formats)).map(FieldValue::Date),
            Self::Money(format) => format.read(node).map(FieldValue::Money),
            Self::Integer => node.as_i64().map(FieldValue::Integer),
            Self::Flag => node.as_bool().map(FieldValue::Flag),
            Self::Link(hosts) => {
                node.as_str().and_then(|address| Link::checked(address, hosts).ok()).map(FieldValue::Link)
            }
            Self::Texts(texts) => text_of(node).map(|code| FieldValue::Code(coded(code, texts))),
            // A code the contract does not know stays as it is: the vocabulary shows it as unknown, never guesses.
            Self::Choice(values) => {
                text_of(node).map(|code| FieldValue::Choice(values.get(&code).cloned().unwrap_or(code)))
            }
        };
        value.map_or(Found::Unreadable, Found::Value)
    }
}

impl MoneyFormat {
    fn read(self, node: &Value) -> Option<Money> {
        match (self, node) {
            (Self::Decimal, Value::String(text)) => Money::from_decimal(text.trim()).ok(),
            // The shortest text of a JSON number is how the source wrote it; no arithmetic is done on the double.
            (Self::Decimal, Value::Number(number)) => Money::from_decimal(&number.to_string()).ok(),
            (Self::Danish, Value::String(text)) => Money::from_danish(text.trim()).ok(),
            (Self::Oere, Value::Number(number)) => number.as_i64().map(Money::from_oere),
            _ => None,
        }
    }
}

/// Texts and numbers are texts; anything else is not.
pub(super) fn text_of(node: &Value) -> Option<String> {
    match node {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn coded(code: String, texts: &BTreeMap<String, LocalizedText>) -> Coded {
    if let Some(text) = texts.get(&code) {
        return Coded { text: text.clone(), code };
    }
    let code = shown_text(&code);
    Coded { text: LocalizedText::new(format!("Ukendt ({code})"), format!("Unknown ({code})")), code }
}

/// A source's text as a citizen may see it: on one line, without what could change how its surroundings are
/// displayed, and of bounded length.
pub(crate) fn shown_text(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|character| !changes_direction(*character))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let words = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(MAX_TEXT) {
        None => words,
        Some(_) => words.chars().take(MAX_TEXT - 1).chain(['…']).collect(),
    }
}

/// The bidirectional controls of Unicode; one of them can make `fdp.exe` read `exe.pdf`.
fn changes_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn text(value: &str) -> Found {
        Reading::Text.read(&json!(value))
    }

    fn found_text(value: &str) -> Found {
        Found::Value(FieldValue::Text(value.into()))
    }

    #[test]
    fn text_is_kept_danish_and_made_harmless() {
        assert_eq!(text("  Smørrebrød på Ærø "), found_text("Smørrebrød på Ærø"));
        assert_eq!(text("linje 1\r\nlinje\t2\u{0}"), found_text("linje 1 linje 2"));
        assert_eq!(text("regning\u{202e}fdp.exe"), found_text("regningfdp.exe"));
        assert_eq!(text("<b>&amp;"), found_text("<b>&amp;"));
        assert_eq!(Reading::Text.read(&json!(1401)), found_text("1401"));
        assert_eq!(text("   "), Found::Absent);
        assert_eq!(text("\u{202e}"), Found::Unreadable);
        for wrong in [json!(true), json!({}), json!(["x"])] {
            assert_eq!(Reading::Text.read(&wrong), Found::Unreadable, "{wrong}");
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
        let money = |format, node| match Reading::Money(format).read(&node) {
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
        assert_eq!(Reading::Integer.read(&json!(7)), Found::Value(FieldValue::Integer(7)));
        assert_eq!(Reading::Integer.read(&json!(7.5)), Found::Unreadable);
        assert_eq!(Reading::Integer.read(&json!("7")), Found::Unreadable);
        assert_eq!(Reading::Flag.read(&json!(false)), Found::Value(FieldValue::Flag(false)));
        assert_eq!(Reading::Flag.read(&json!("false")), Found::Unreadable);
        assert_eq!(Reading::Flag.read(&json!(0)), Found::Unreadable);
        let dates = Reading::Date(vec![DateFormat::Iso, DateFormat::Danish]);
        assert_eq!(dates.read(&json!("01.12.2026")), Found::Value(FieldValue::Date(date(2026, 12, 1))));
        assert_eq!(dates.read(&json!("")), Found::Absent);
        assert_eq!(dates.read(&json!("12/1/2026")), Found::Unreadable);
        assert_eq!(dates.read(&json!(20_261_201)), Found::Unreadable);
    }

    #[test]
    fn an_unknown_code_is_flagged_and_not_dropped() {
        let texts = Reading::Texts(Arc::new([("ok".to_owned(), LocalizedText::new("Fint", "Fine"))].into()));
        let code = |code: &str, da: &str, en: &str| {
            Found::Value(FieldValue::Code(Coded { code: code.into(), text: LocalizedText::new(da, en) }))
        };
        assert_eq!(texts.read(&json!("ok")), code("ok", "Fint", "Fine"));
        assert_eq!(texts.read(&json!("nyt")), code("nyt", "Ukendt (nyt)", "Unknown (nyt)"));
        let choice = Reading::Choice(Arc::new([("1".to_owned(), "coming".to_owned())].into()));
        assert_eq!(choice.read(&json!(1)), Found::Value(FieldValue::Choice("coming".into())));
        assert_eq!(choice.read(&json!("9")), Found::Value(FieldValue::Choice("9".into())));
        assert_eq!(choice.read(&json!(["1"])), Found::Unreadable);
    }

    #[test]
    fn a_link_leads_to_the_authority_or_nowhere() {
        let link = Reading::Link(Arc::from(["birkerup.example".to_owned()]));
        assert!(matches!(link.read(&json!("https://www.birkerup.example/x")), Found::Value(FieldValue::Link(_))));
        assert_eq!(link.read(&json!("https://evil.example/")), Found::Unreadable);
        assert_eq!(link.read(&json!("javascript:alert(1)")), Found::Unreadable);
    }
}
