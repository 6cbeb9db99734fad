//! From the items of an answer to widgets of one kind.
//!
//! What cannot be shown is never passed over in silence. An item that lacks what its kind requires is left out and
//! counted, as is an item beyond the mapping's limit. An item whose optional value cannot be read is shown without it,
//! and the section is marked as missing something; it is not counted as left out, because it is not.

use overblik_widgets::{FieldValues, Widget, WidgetKind};
use serde_json::Value;

use super::{
    codes::Stated,
    condition::Conditions,
    item_path::Item,
    items::{Items, is_bare},
    lookup::Entries,
    origin::Field,
    reading::{Found, text_of},
    selector::{One, Selector},
    sorting::Sorting,
};
use crate::{error::ConnectorError, item_key::ItemKey};

/// How the items of one request's answer become widgets of one kind.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) kind: WidgetKind,
    /// The request, by index.
    pub(crate) from: usize,
    pub(crate) items: Items,
    /// Whether the source leaves out what holds the items when there are none: then its absence says nothing.
    pub(crate) optional: bool,
    /// Which items are of this kind. The others belong to other kinds.
    pub(crate) only: Conditions,
    /// The list's path in its normal form: mappings of one list divide its items among them.
    pub(crate) list: Option<String>,
    pub(crate) sort_by: Option<Sorting>,
    /// Most widgets.
    pub(crate) limit: usize,
    /// What the source knows an item by, where more can be asked about it.
    pub(crate) item: Option<Selector>,
    pub(crate) fields: Vec<Field>,
}

/// What a mapping made of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    pub(super) widgets: Vec<Widget>,
    /// What more about each is asked by.
    pub(super) keys: Vec<Option<ItemKey>>,
    /// Items that are not shown.
    pub(super) left_out: u32,
    /// Whether an item is shown without a value that the source has.
    pub(super) incomplete: bool,
}

/// What an item has for the fields of its kind.
#[derive(Default)]
struct Row {
    values: FieldValues,
    /// Whether any value is the source's own, and not a fixed text of the contract.
    says_something: bool,
    /// Whether the item has values that cannot be read.
    lacks_some: bool,
}

impl Mapping {
    /// Makes the widgets of an answer, all pages of it; `None` if what would hold the items is on none of them, and need
    /// not be.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if there are no items to speak of (no list, no object) on the first page, or
    /// there are items of this kind and none can be shown.
    pub(super) fn apply(&self, pages: &[Value], lookups: &[Entries]) -> Result<Option<Mapped>, ConnectorError> {
        let mut is_there = pages.is_empty();
        let mut rows = Vec::new();
        let (mut of_this_kind, mut incomplete) = (0_usize, false);
        for (number, page) in pages.iter().enumerate() {
            let items = match self.items_of(page) {
                Ok(Some(items)) => items,
                Ok(None) => continue,
                Err(failure) if number == 0 => return Err(failure),
                // What came before is shown all the same.
                Err(_) => {
                    incomplete = true;
                    continue;
                }
            };
            is_there = true;
            for item in items {
                let stated = self.only.of(item.own);
                let stated = if stated == Stated::Listed && item.undecided { Stated::Nothing } else { stated };
                if stated == Stated::Other {
                    continue;
                }
                of_this_kind += 1;
                let row = if stated == Stated::Listed { self.row(item, lookups) } else { Row::default() };
                let sort_value = self.sort_by.and_then(|sorting| row.values.get(sorting.field).cloned());
                if row.says_something
                    && let Ok(widget) = self.kind.build(row.values)
                {
                    incomplete |= row.lacks_some;
                    rows.push((sort_value, (widget, self.key(item.own))));
                }
            }
        }
        if !is_there && !incomplete {
            return Ok(None);
        }
        if rows.is_empty() && (of_this_kind > 0 || !is_there) {
            return Err(ConnectorError::ContractBroken);
        }
        if let Some(sorting) = self.sort_by {
            rows.sort_by(|(a, _), (b, _)| sorting.compare(a.as_ref(), b.as_ref()));
        }
        rows.truncate(self.limit);
        let (widgets, keys): (Vec<Widget>, _) = rows.into_iter().map(|(_, shown)| shown).unzip();
        let left_out = u32::try_from(of_this_kind - widgets.len()).unwrap_or(u32::MAX);
        Ok(Some(Mapped { widgets, keys, left_out, incomplete }))
    }

    /// What the source knows an item by; `None` where it does not say so, or more is not asked about such items.
    fn key(&self, item: &Value) -> Option<ItemKey> {
        match self.item.as_ref()?.one(item) {
            One::Node(node) => ItemKey::parse(&text_of(node)?),
            One::Absent | One::Several => None,
        }
    }

    /// The items of a page, of this kind or of others; `None` if what would hold them is not there, and need not be.
    ///
    /// # Errors
    /// [`ConnectorError::ContractBroken`] if it is not there and must be, or is something else.
    pub(super) fn items_of<'v>(&self, page: &'v Value) -> Result<Option<Vec<Item<'v>>>, ConnectorError> {
        self.items.on(page, self.optional)
    }

    /// The same, where a failure is told elsewhere.
    pub(super) fn items_on<'v>(&self, page: &'v Value) -> Vec<Item<'v>> {
        self.items_of(page).ok().flatten().unwrap_or_default()
    }

    /// Whether an item is this mapping's to show, or to tell as missing; it is not if its conditions make it another kind's.
    pub(super) fn claims(&self, item: &Value) -> bool {
        self.only.of(item) != Stated::Other
    }

    /// Whether an item is meant for nobody, in the contract's own word.
    pub(super) fn ignores(&self, item: &Value) -> bool {
        self.only.ignore(item)
    }

    /// Whether a page holds something where this mapping has its items, be it of the form that they should have or not.
    pub(super) fn has_something_on(&self, page: &Value) -> bool {
        match &self.items {
            Items::Each(path) => path.leads_to_something(page),
            // What stands in the one item may be the source's word that there is nothing, so only its values count.
            Items::One(path) => path.all(page).into_iter().any(|node| match node {
                Value::Object(_) => {
                    let row = self.row(Item { own: node, outer: page, undecided: false }, &[]);
                    row.says_something || row.lacks_some
                }
                other => !is_bare(other),
            }),
        }
    }

    fn row(&self, item: Item<'_>, lookups: &[Entries]) -> Row {
        let mut row = Row::default();
        for field in &self.fields {
            match field.find(item, lookups) {
                Found::Value(value) => {
                    row.values.insert(field.name, value);
                    row.says_something = true;
                }
                Found::NotItsOwn(value) => {
                    row.values.insert(field.name, value);
                }
                Found::Absent => {}
                Found::Unreadable => row.lacks_some = true,
            }
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use overblik_widgets::{FieldValue, Loan};
    use serde_json::json;

    use super::*;
    use crate::declared::{
        codes::Codes,
        condition::Condition,
        date::DateFormat,
        item_path::ItemPath,
        origin::{Holder, Origin, ValuePlace},
        reading::{Reading, Scalars},
    };

    fn selector(text: &str) -> Selector {
        Selector::parse(text).expect("a selector")
    }

    fn each(path: &str) -> Items {
        Items::Each(ItemPath::parse(path).expect("a path of lists"))
    }

    fn origin(path: &str, reading: Reading) -> Origin {
        Origin::Place(ValuePlace { holder: Holder::Item, path: selector(path), reading, scalars: Scalars::Typed })
    }

    fn field(name: &'static str, path: &str, reading: Reading) -> Field {
        Field { name, origins: vec![origin(path, reading)] }
    }

    fn mapping(descending: bool, limit: usize) -> Mapping {
        let date = || Reading::Date(vec![DateFormat::Iso]);
        Mapping {
            kind: WidgetKind::Loan,
            from: 0,
            items: each("$.loans"),
            optional: false,
            only: Conditions::default(),
            list: None,
            sort_by: Some(Sorting { field: "loaned_on", descending }),
            limit,
            item: Some(selector("$.id")),
            fields: vec![
                field("due_on", "$.due", date()),
                field("loaned_on", "$.from", date()),
                Field { name: "title", origins: ["$.own", "$.other"].map(|path| origin(path, Reading::Text)).into() },
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

    fn applied(mapping: &Mapping, pages: &[Value]) -> Result<Mapped, ConnectorError> {
        mapping.apply(pages, &[]).map(|mapped| mapped.expect("a list that is there"))
    }

    fn apply(mapping: &Mapping, loans: &Value) -> Result<Mapped, ConnectorError> {
        applied(mapping, &[json!({ "loans": loans })])
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
        several.items = each("$.lists[*].of");
        let empty = json!({ "of": [] });
        assert_eq!(applied(&several, &[json!({ "lists": [empty, empty] })]), Ok(Mapped::default()));
        assert_eq!(applied(&several, &[json!({ "lists": [empty, {}] })]), Err(ConnectorError::ContractBroken));
    }

    #[test]
    fn a_list_that_may_be_absent_says_nothing_by_its_absence_and_is_one_if_it_is_there() {
        let optional = Mapping { optional: true, ..mapping(false, 9) };
        let without = json!({});
        let with = json!({ "loans": [loan("good", &Value::Null)] });
        assert_eq!(optional.apply(std::slice::from_ref(&without), &[]), Ok(None));
        assert_eq!(optional.apply(&[without.clone(), json!({ "loans": [] })], &[]), Ok(Some(Mapped::default())));
        let mapped = applied(&optional, &[without.clone(), with]).expect("widgets");
        assert_eq!((titles(&mapped), mapped.incomplete), (vec!["good"], false));
        for wrong in [json!({ "loans": {} }), json!({ "loans": "none" })] {
            assert_eq!(optional.apply(std::slice::from_ref(&wrong), &[]), Err(ConnectorError::ContractBroken));
            let second = [without.clone(), wrong];
            assert_eq!(optional.apply(&second, &[]), Err(ConnectorError::ContractBroken), "no page has a list");
        }
        let one = Mapping { optional: true, ..patient() };
        assert_eq!(one.apply(&[json!({ "loan": null })], &[]), Ok(None));
        assert_eq!(one.apply(&[json!({ "loan": [] })], &[]), Err(ConnectorError::ContractBroken));
    }

    #[test]
    fn items_that_lack_what_the_filter_compares_are_counted_and_never_nothing() {
        let open = Mapping { items: each("$.loans[?@.open == true]"), ..mapping(false, 9) };
        let of = |title: &str, open: Option<bool>| {
            let mut loan = loan(title, &Value::Null);
            if let Some(open) = open {
                loan["open"] = json!(open);
            }
            loan
        };
        let mapped = apply(&open, &json!([of("good", Some(true)), of("closed", Some(false)), of("unsaid", None)]));
        let mapped = mapped.expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out), (vec!["good"], 1));
        assert_eq!(apply(&open, &json!([of("closed", Some(false))])), Ok(Mapped::default()));
        assert_eq!(apply(&open, &json!([of("unsaid", None)])), Err(ConnectorError::ContractBroken));
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

    #[test]
    fn the_lists_of_all_pages_are_one_and_a_page_without_its_own_is_told_as_missing() {
        let page = |title: &str, from: &str| json!({ "loans": [loan(title, &json!(from))] });
        let pages = [page("late", "2026-03-01"), json!({ "loans": [] }), page("early", "2026-01-01")];
        let mapped = applied(&mapping(false, 9), &pages).expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out), (vec!["early", "late"], 0));
        let mapped = applied(&mapping(false, 1), &pages).expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out), (vec!["early"], 1));
        let pages = [page("late", "2026-03-01"), json!({}), page("early", "2026-01-01")];
        let mapped = applied(&mapping(false, 9), &pages).expect("widgets");
        assert_eq!((titles(&mapped), mapped.incomplete), (vec!["early", "late"], true));
        let pages = [json!({}), page("late", "2026-03-01")];
        assert_eq!(applied(&mapping(false, 9), &pages), Err(ConnectorError::ContractBroken));
    }

    fn patient() -> Mapping {
        Mapping { items: Items::One(selector("$.loan")), sort_by: None, limit: 1, ..mapping(false, 1) }
    }

    #[test]
    fn the_one_item_is_an_object_that_is_there() {
        let one = |answer: Value| applied(&patient(), &[answer]);
        let mapped = one(json!({ "loan": loan("good", &Value::Null) })).expect("a widget");
        assert_eq!((titles(&mapped), mapped.left_out), (vec!["good"], 0));
        for wrong in [json!({}), json!({ "loan": null }), json!({ "loan": {} }), json!({ "loan": "x" })] {
            assert_eq!(one(wrong.clone()), Err(ConnectorError::ContractBroken), "{wrong}");
        }
        assert_eq!(one(json!({ "loan": [loan("in a list", &Value::Null)] })), Err(ConnectorError::ContractBroken));
    }

    #[test]
    fn items_of_other_codes_are_not_missing_and_items_without_a_code_are() {
        let mut loans = mapping(false, 9);
        let codes = |listed: &[&str]| Codes {
            path: selector("$.kind"),
            listed: listed.iter().map(|code| (*code).to_owned()).collect(),
        };
        loans.only.all.push(Condition::Code { listed: codes(&["loan"]), ignored: codes(&[]) });
        let of = |title: &str, kind: Value| {
            let mut item = loan(title, &Value::Null);
            item["kind"] = kind;
            item
        };
        let items =
            json!([of("good", json!("loan")), of("other", json!("fee")), of("odd", json!(null)), of("odd", json!({}))]);
        let mapped = apply(&loans, &items).expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out), (vec!["good"], 2));
        assert_eq!(apply(&loans, &json!([of("other", json!("fee"))])), Ok(Mapped::default()));
        assert_eq!(apply(&loans, &json!([of("odd", json!(null))])), Err(ConnectorError::ContractBroken));
    }

    #[test]
    fn an_item_of_which_only_the_contract_says_something_is_no_item() {
        let mut loans = mapping(false, 9);
        loans.fields = vec![
            Field { name: "title", origins: vec![Origin::Fixed(FieldValue::Text("Lån".into()))] },
            field("due_on", "$.due", Reading::Date(vec![DateFormat::Iso])),
        ];
        let mapped = apply(&loans, &json!([{ "due": "2026-12-01" }, {}, null])).expect("widgets");
        assert_eq!((titles(&mapped), mapped.left_out), (vec!["Lån"], 2));
    }

    #[test]
    fn what_stands_where_items_should_be_is_seen_in_any_form() {
        let list = |loans: Value| mapping(false, 9).has_something_on(&json!({ "loans": loans }));
        for bare in [json!(null), json!(""), json!([]), json!({})] {
            assert!(!list(bare.clone()), "{bare}");
        }
        for something in [json!([{}]), json!({ "title": "alone" }), json!("x"), json!(0)] {
            assert!(list(something.clone()), "{something}");
        }
        let one = |loan: Value| patient().has_something_on(&json!({ "loan": loan }));
        assert!(!one(json!({ "code": "NONE", "due": null })));
        assert!(one(json!({ "code": "NONE", "due": "2026-12-01" })));
        assert!(one(json!({ "code": "NONE", "due": "1 December" })), "also what cannot be read");
        assert!(one(json!([loan("in a list", &Value::Null)])));
    }
}
