//! From the items of an answer to widgets of one kind.
//!
//! What cannot be shown is never passed over in silence. An item that lacks what its kind requires is left out and
//! counted, as is an item beyond the mapping's limit. An item whose optional value cannot be read is shown without it,
//! and the section is marked as missing something; it is not counted as left out, because it is not.

use std::cmp::Ordering;

use overblik_widgets::{FieldValue, FieldValues, Widget, WidgetKind};
use serde_json::Value;

use super::{
    lookup::Entries,
    reading::{Found, Reading},
    selector::{One, Selector},
};
use crate::error::ConnectorError;

/// How the items of one request's answer become widgets of one kind.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) kind: WidgetKind,
    /// The request, by index.
    pub(crate) from: usize,
    /// The list of items in its answer.
    pub(crate) each: Selector,
    pub(crate) sort_by: Option<Sorting>,
    /// Most widgets.
    pub(crate) limit: usize,
    pub(crate) fields: Vec<Field>,
}

/// By which field the widgets are ordered. Those without a value come last either way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sorting {
    pub(crate) field: &'static str,
    pub(crate) descending: bool,
}

/// How one field of a widget gets its value: from the first of its origins that has one.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) origins: Vec<Origin>,
}

/// One place that a value may come from.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The lookup (by index) whose entry holds the value, and where in the item its key is; `None` for the item itself.
    pub(crate) join: Option<(usize, Selector)>,
    pub(crate) path: Selector,
    pub(crate) reading: Reading,
}

/// What a mapping made of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    pub(super) widgets: Vec<Widget>,
    /// Items that are not shown.
    pub(super) left_out: u32,
    /// Whether an item is shown without a value that the source has.
    pub(super) incomplete: bool,
}

impl Mapping {
    /// Makes the widgets of an answer.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if there is no list of items, or there are items and none can be shown.
    pub(super) fn apply(&self, answer: &Value, lookups: &[Option<Entries>]) -> Result<Mapped, ConnectorError> {
        let items = the_list(&self.each, answer)?;
        let mut incomplete = false;
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let (values, lacks_some) = self.values(item, lookups);
            let sort_value = self.sort_by.and_then(|sorting| values.get(sorting.field).cloned());
            if let Ok(widget) = self.kind.build(values) {
                incomplete |= lacks_some;
                rows.push((sort_value, widget));
            }
        }
        if rows.is_empty() && !items.is_empty() {
            return Err(ConnectorError::ContractBroken);
        }
        if let Some(sorting) = self.sort_by {
            rows.sort_by(|(a, _), (b, _)| sorting.compare(a.as_ref(), b.as_ref()));
        }
        rows.truncate(self.limit);
        let widgets: Vec<Widget> = rows.into_iter().map(|(_, widget)| widget).collect();
        let left_out = u32::try_from(items.len() - widgets.len()).unwrap_or(u32::MAX);
        Ok(Mapped { widgets, left_out, incomplete })
    }

    /// The values of an item, and whether it has some that cannot be read.
    fn values(&self, item: &Value, lookups: &[Option<Entries>]) -> (FieldValues, bool) {
        let mut values = FieldValues::new();
        let mut lacks_some = false;
        for field in &self.fields {
            match field.find(item, lookups) {
                Found::Value(value) => {
                    values.insert(field.name, value);
                }
                Found::Absent => {}
                Found::Unreadable => lacks_some = true,
            }
        }
        (values, lacks_some)
    }
}

impl Field {
    fn find(&self, item: &Value, lookups: &[Option<Entries>]) -> Found {
        let mut outcome = Found::Absent;
        for origin in &self.origins {
            match origin.find(item, lookups) {
                Found::Value(value) => return Found::Value(value),
                Found::Absent => {}
                Found::Unreadable => outcome = Found::Unreadable,
            }
        }
        outcome
    }
}

impl Origin {
    fn find(&self, item: &Value, lookups: &[Option<Entries>]) -> Found {
        let holder = match &self.join {
            None => item,
            Some((lookup, key)) => match key.one(item) {
                One::Absent => return Found::Absent,
                One::Several => return Found::Unreadable,
                One::Node(key) => match lookups.get(*lookup) {
                    // A key that the lookup does not know, or was not asked about: there is more than is shown.
                    Some(Some(entries)) => match entries.get(key) {
                        Some(entry) => entry,
                        None => return Found::Unreadable,
                    },
                    // The lookup itself failed, which the section tells once.
                    Some(None) | None => return Found::Absent,
                },
            },
        };
        match self.path.one(holder) {
            One::Absent => Found::Absent,
            One::Several => Found::Unreadable,
            One::Node(node) => self.reading.read(node),
        }
    }
}

impl Sorting {
    fn compare(self, a: Option<&FieldValue>, b: Option<&FieldValue>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.descending => compare_values(b, a),
            (Some(a), Some(b)) => compare_values(a, b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

/// Compares two values of one field, hence of one type; the checker lets only these types be sorted by.
fn compare_values(a: &FieldValue, b: &FieldValue) -> Ordering {
    match (a, b) {
        (FieldValue::Date(a), FieldValue::Date(b)) => a.cmp(b),
        (FieldValue::Moment(a), FieldValue::Moment(b)) => a.cmp(b),
        (FieldValue::Integer(a), FieldValue::Integer(b)) => a.cmp(b),
        (FieldValue::Money(a), FieldValue::Money(b)) => a.minor.cmp(&b.minor),
        _ => Ordering::Equal,
    }
}

/// The one list that a path leads to. An absent list is not an empty one: a renamed key must not read as "nothing".
pub(super) fn the_list<'v>(selector: &Selector, answer: &'v Value) -> Result<&'v [Value], ConnectorError> {
    match selector.one(answer) {
        One::Node(Value::Array(items)) => Ok(items),
        One::Node(_) | One::Absent | One::Several => Err(ConnectorError::ContractBroken),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use overblik_widgets::Loan;
    use serde_json::json;

    use super::*;
    use crate::declared::date::DateFormat;

    fn selector(text: &str) -> Selector {
        Selector::parse(text).expect("a selector")
    }

    fn field(name: &'static str, path: &str, reading: Reading) -> Field {
        Field { name, origins: vec![Origin { join: None, path: selector(path), reading }] }
    }

    fn mapping(descending: bool, limit: usize) -> Mapping {
        let date = || Reading::Date(vec![DateFormat::Iso]);
        Mapping {
            kind: WidgetKind::Loan,
            from: 0,
            each: selector("$.loans"),
            sort_by: Some(Sorting { field: "loaned_on", descending }),
            limit,
            fields: vec![
                field("due_on", "$.due", date()),
                field("loaned_on", "$.from", date()),
                Field {
                    name: "title",
                    origins: ["$.own", "$.other"]
                        .map(|path| Origin { join: None, path: selector(path), reading: Reading::Text })
                        .into(),
                },
            ],
        }
    }

    fn loan(title: &str, from: &Value) -> Value {
        json!({ "due": "2026-12-01", "own": title, "from": from })
    }

    fn loans(mapped: &Mapped) -> Vec<&Loan> {
        let loans = mapped.widgets.iter().map(|widget| match widget {
            Widget::Loan(loan) => loan,
            other => panic!("not a loan: {other:?}"),
        });
        loans.collect()
    }

    fn titles(mapped: &Mapped) -> Vec<&str> {
        loans(mapped).into_iter().map(|loan| loan.title.as_deref().unwrap_or("-")).collect()
    }

    fn apply(mapping: &Mapping, loans: &Value) -> Result<Mapped, ConnectorError> {
        mapping.apply(&json!({ "loans": loans }), &[])
    }

    #[test]
    fn items_are_sorted_with_those_without_a_value_last_either_way() {
        let items = json!([
            loan("none", &Value::Null),
            loan("late", &json!("2026-03-01")),
            loan("early", &json!("2026-01-01")),
            loan("none either", &Value::Null),
        ]);
        let mapped = apply(&mapping(false, 9), &items).expect("widgets");
        assert_eq!(titles(&mapped), ["early", "late", "none", "none either"]);
        let mapped = apply(&mapping(true, 9), &items).expect("widgets");
        assert_eq!(titles(&mapped), ["late", "early", "none", "none either"]);
    }

    #[test]
    fn what_is_beyond_the_limit_is_counted() {
        let items =
            json!([loan("c", &json!("2026-03-01")), loan("a", &json!("2026-01-01")), loan("b", &json!("2026-02-01")),]);
        let mapped = apply(&mapping(false, 2), &items).expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out, mapped.incomplete), (vec!["a", "b"], 1, false));
    }

    #[test]
    fn an_item_without_what_its_kind_requires_is_left_out_and_counted() {
        let items = json!([loan("good", &Value::Null), { "own": "no date" }, { "due": "soon" }, "not an item", null]);
        let mapped = apply(&mapping(false, 9), &items).expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out, mapped.incomplete), (vec!["good"], 4, false));
    }

    #[test]
    fn an_item_with_an_unreadable_optional_value_is_shown_without_it_and_that_is_told() {
        let mapped = apply(&mapping(false, 9), &json!([loan("good", &json!("yesterday"))])).expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out, mapped.incomplete), (vec!["good"], 0, true));
        assert_eq!(loans(&mapped)[0].loaned_on, None);
        assert_eq!(loans(&mapped)[0].due_on, date(2026, 12, 1));
    }

    #[test]
    fn items_of_which_none_can_be_shown_break_the_contract() {
        assert_eq!(apply(&mapping(false, 9), &json!([{}, {}])), Err(ConnectorError::ContractBroken));
        assert_eq!(apply(&mapping(false, 9), &json!([])), Ok(Mapped::default()));
    }

    #[test]
    fn an_absent_list_is_not_an_empty_one() {
        for loans in [json!(null), json!({}), json!("none"), json!(0)] {
            assert_eq!(apply(&mapping(false, 9), &loans), Err(ConnectorError::ContractBroken));
        }
        let mut several = mapping(false, 9);
        several.each = selector("$.lists[*]");
        assert_eq!(several.apply(&json!({ "lists": [[], []] }), &[]), Err(ConnectorError::ContractBroken));
        assert_eq!(several.apply(&json!({ "lists": [[]] }), &[]), Ok(Mapped::default()));
    }

    #[test]
    fn the_first_place_with_a_value_gives_it() {
        let item = |own: Value, other: Value| json!([{ "due": "2026-12-01", "own": own, "other": other }]);
        for (own, other, title, incomplete) in [
            (json!("own"), json!("other"), "own", false),
            (json!(null), json!("other"), "other", false),
            (json!(" "), json!("other"), "other", false),
            (json!(true), json!("other"), "other", false),
            (json!(true), json!(null), "-", true),
            (json!(null), json!(null), "-", false),
        ] {
            let mapped = apply(&mapping(false, 9), &item(own, other)).expect("widgets");
            assert_eq!((titles(&mapped), mapped.incomplete), (vec![title], incomplete));
        }
    }
}
