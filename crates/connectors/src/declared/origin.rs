//! Where the value of a field comes from.

use overblik_widgets::{FieldValue, Money};
use serde_json::Value;

use super::{
    item_path::Item,
    list_path::{Items, ListPath},
    lookup::{Entries, Entry},
    reading::{Found, MoneyFormat, Reading, Scalars, integer},
    selector::{One, Selector},
    shown::shown_text,
};

/// How one field of a widget gets its value: from the first of its origins that has one.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) origins: Vec<Origin>,
}

/// One way to a value.
#[derive(Debug)]
pub(crate) enum Origin {
    Place(ValuePlace),
    /// Several texts as one. The separator stands between those that are there.
    Concat {
        parts: Vec<ValuePlace>,
        separator: String,
    },
    /// The contract's own text, in one language or as a code's words are, in both.
    Fixed(FieldValue),
    /// How many items a list has.
    Count(ListPath),
    /// What the values in a list's items add up to.
    Sum {
        addends: ListPath,
        unit: Unit,
        scalars: Scalars,
    },
}

/// One place that a value may stand in.
#[derive(Debug)]
pub(crate) struct ValuePlace {
    pub(crate) holder: Holder,
    pub(crate) path: Selector,
    pub(crate) reading: Reading,
    /// What the format of the answer that holds the value has.
    pub(crate) scalars: Scalars,
}

/// What holds a value.
#[derive(Debug)]
pub(crate) enum Holder {
    Item,
    /// What the item's list is in.
    Outer,
    /// The entry of a lookup (by index) that has the key in this place of the item.
    Entry {
        lookup: usize,
        key: Selector,
    },
}

/// What is added up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    Money(MoneyFormat),
    Integer,
}

impl Field {
    pub(super) fn find(&self, item: Item<'_>, lookups: &[Entries]) -> Found {
        let mut outcome = Found::Absent;
        for origin in &self.origins {
            match origin.find(item, lookups) {
                found @ (Found::Value(_) | Found::NotItsOwn(_)) => return found,
                Found::Absent => {}
                Found::Unreadable => outcome = Found::Unreadable,
            }
        }
        outcome
    }
}

impl Origin {
    fn find(&self, item: Item<'_>, lookups: &[Entries]) -> Found {
        match self {
            Self::Place(place) => place.find(item, lookups),
            Self::Concat { parts, separator } => concat(parts, separator, item, lookups),
            Self::Fixed(text) => Found::NotItsOwn(text.clone()),
            Self::Count(items) => match items.values(item.own) {
                Items::Values(values) => i64::try_from(values.len()).ok().map(FieldValue::Integer).into(),
                Items::Absent => Found::Absent,
                Items::NoList(_) | Items::Undecided => Found::Unreadable,
            },
            Self::Sum { addends, unit, scalars } => match addends.values(item.own) {
                Items::Values(values) => unit.add_up(&values, *scalars).into(),
                Items::Absent => Found::Absent,
                Items::NoList(_) | Items::Undecided => Found::Unreadable,
            },
        }
    }
}

/// A part that is there and cannot be read makes the whole unreadable: what is left of it could mislead.
fn concat(parts: &[ValuePlace], separator: &str, item: Item<'_>, lookups: &[Entries]) -> Found {
    let mut whole = String::new();
    let mut is_its_own = false;
    for part in parts {
        let found = part.find(item, lookups);
        is_its_own |= matches!(found, Found::Value(_));
        match found {
            Found::Value(FieldValue::Text(text)) | Found::NotItsOwn(FieldValue::Text(text)) => {
                if !whole.is_empty() {
                    whole.push_str(separator);
                }
                whole.push_str(&text);
            }
            Found::Absent => {}
            Found::Value(_) | Found::NotItsOwn(_) | Found::Unreadable => return Found::Unreadable,
        }
    }
    let text = FieldValue::Text(shown_text(&whole));
    match (whole.is_empty(), is_its_own) {
        (true, _) => Found::Absent,
        (false, true) => Found::Value(text),
        (false, false) => Found::NotItsOwn(text),
    }
}

impl ValuePlace {
    fn find(&self, item: Item<'_>, lookups: &[Entries]) -> Found {
        let holder = match &self.holder {
            Holder::Item => item.own,
            Holder::Outer => item.outer,
            Holder::Entry { lookup, key } => match key.one(item.own) {
                One::Absent => return Found::Absent,
                One::Several => return Found::Unreadable,
                One::Node(key) => match lookups.get(*lookup).map_or(Entry::NotTold, |entries| entries.get(key)) {
                    Entry::Known(entry) => entry,
                    // There is more than is shown.
                    Entry::Unknown => return Found::Unreadable,
                    // The lookup itself failed, which the section tells once.
                    Entry::NotTold => return Found::Absent,
                },
            },
        };
        match self.path.one(holder) {
            One::Absent => Found::Absent,
            One::Several => Found::Unreadable,
            One::Node(node) => match (self.reading.read(node, self.scalars), &self.holder) {
                (Found::Value(value), Holder::Outer) => Found::NotItsOwn(value),
                (found, _) => found,
            },
        }
    }
}

impl Unit {
    /// The sum; `None` if an addend is missing or cannot be read, or there is no such number. Never the sum of the
    /// others: that would be less than the citizen owes.
    fn add_up(self, addends: &[Option<&Value>], scalars: Scalars) -> Option<FieldValue> {
        let mut sum = 0_i64;
        for addend in addends {
            let addend = match self {
                Self::Money(format) => format.read((*addend)?, scalars)?.minor,
                Self::Integer => integer((*addend)?, scalars)?,
            };
            sum = sum.checked_add(addend)?;
        }
        Some(match self {
            Self::Money(_) => FieldValue::Money(Money::from_oere(sum)),
            Self::Integer => FieldValue::Integer(sum),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(origin: Origin, item: &Value) -> Found {
        Field { name: "x", origins: vec![origin] }.find(Item { own: item, outer: &Value::Null, undecided: false }, &[])
    }

    fn place(path: &str) -> ValuePlace {
        let path = Selector::parse(path).expect("a path");
        ValuePlace { holder: Holder::Item, path, reading: Reading::Text, scalars: Scalars::Typed }
    }

    fn list(path: &str) -> ListPath {
        ListPath::parse(path).expect("a path")
    }

    #[test]
    fn the_separator_goes_with_a_missing_part_and_the_value_with_all_parts() {
        let address = |item: &Value| {
            let parts = ["$.street", "$.door", "$.town"].map(place).into();
            find(Origin::Concat { parts, separator: ", ".into() }, item)
        };
        let text = |text: &str| Found::Value(FieldValue::Text(text.into()));
        assert_eq!(
            address(&json!({ "street": "Byvej 1", "door": "2. th", "town": 9999 })),
            text("Byvej 1, 2. th, 9999")
        );
        assert_eq!(address(&json!({ "street": "Byvej 1", "door": "", "town": "By" })), text("Byvej 1, By"));
        assert_eq!(address(&json!({ "door": null, "town": "By" })), text("By"));
        assert_eq!(address(&json!({ "street": " ", "door": null })), Found::Absent);
        assert_eq!(address(&json!({ "street": "Byvej 1", "door": {} })), Found::Unreadable);
    }

    #[test]
    fn what_an_item_is_in_gives_values_that_are_not_the_items_own() {
        let outer = |path: &str| ValuePlace { holder: Holder::Outer, ..place(path) };
        let item = json!({ "what": "Eftersyn" });
        let child = json!({ "name": "Søren" });
        let find = |origin: Origin, item: &Value| {
            Field { name: "x", origins: vec![origin] }.find(Item { own: item, outer: &child, undecided: false }, &[])
        };
        let text = |text: &str| FieldValue::Text(text.into());
        assert_eq!(find(Origin::Place(outer("$.name")), &item), Found::NotItsOwn(text("Søren")));
        assert_eq!(find(Origin::Place(outer("$.what")), &item), Found::Absent);
        let both = || Origin::Concat { parts: vec![outer("$.name"), place("$.what")], separator: ": ".into() };
        assert_eq!(find(both(), &item), Found::Value(text("Søren: Eftersyn")));
        assert_eq!(find(both(), &json!({})), Found::NotItsOwn(text("Søren")), "nothing of it is the item's");
    }

    #[test]
    fn joined_texts_are_bounded_as_one() {
        let long = "ø".repeat(400);
        let parts = ["$.a", "$.b"].map(place).into();
        let found = find(Origin::Concat { parts, separator: " ".into() }, &json!({ "a": long, "b": long }));
        assert!(matches!(found, Found::Value(FieldValue::Text(text)) if text.chars().count() == 500));
    }

    #[test]
    fn what_is_counted_is_a_list_that_is_there() {
        let unread = |item: &Value| find(Origin::Count(list("$.mail[?@.read == false]")), item);
        let mail = json!({ "mail": [{ "read": false }, { "read": true }, { "read": false }] });
        assert_eq!(unread(&mail), Found::Value(FieldValue::Integer(2)));
        assert_eq!(unread(&json!({ "mail": [] })), Found::Value(FieldValue::Integer(0)));
        assert_eq!(unread(&json!({})), Found::Absent);
        assert_eq!(unread(&json!({ "mail": 2 })), Found::Unreadable);
    }

    #[test]
    fn a_sum_is_exact_or_there_is_none() {
        let sum = |unit, scalars, item: &Value| {
            find(Origin::Sum { addends: list("$.fees[?@.due != 'no'].amount"), unit, scalars }, item)
        };
        let oere = |amounts: Value| {
            let fees: Vec<Value> =
                amounts.as_array().expect("amounts").iter().map(|a| json!({ "amount": a })).collect();
            sum(Unit::Money(MoneyFormat::Oere), Scalars::Typed, &json!({ "fees": fees }))
        };
        let money = |minor| Found::Value(FieldValue::Money(Money::from_oere(minor)));
        assert_eq!(oere(json!([100, 250, -50])), money(300));
        assert_eq!(oere(json!([])), money(0));
        for wrong in [json!([100, "250"]), json!([100, null]), json!([100, 2.5]), json!([i64::MAX, 1])] {
            assert_eq!(oere(wrong.clone()), Found::Unreadable, "{wrong}");
        }
        let item = json!({ "fees": [{ "amount": 1 }, { "due": "no", "amount": "?" }, { "due": "yes" }] });
        assert_eq!(sum(Unit::Integer, Scalars::Typed, &item), Found::Unreadable, "one has no amount");
        let item = json!({ "fees": [{ "amount": "1" }, { "due": "no" }, { "amount": "2" }] });
        assert_eq!(sum(Unit::Integer, Scalars::TextsOnly, &item), Found::Value(FieldValue::Integer(3)));
        assert_eq!(sum(Unit::Integer, Scalars::TextsOnly, &json!({})), Found::Absent);
        let decimal = json!({ "fees": [{ "amount": 0.1 }, { "amount": 0.2 }] });
        assert_eq!(sum(Unit::Money(MoneyFormat::Decimal), Scalars::Typed, &decimal), money(30));
    }
}
