//! Why items of an answer are not shown, or not in full, in words for whoever tries a contract.

use overblik_widgets::{FieldType, FieldValue};
use serde_json::Value;

use super::{
    asking::Request,
    codes::Stated,
    condition::Condition,
    fetch::Plan,
    item_path::{Item, NoList},
    items::Items,
    lookup::{Entries, Entry},
    mapping::Mapping,
    origin::{Field, Holder, Origin, Unit, ValuePlace},
    reading::{Found, Reading},
    selector::One,
    why::{found_at, key_of, listed},
};
use crate::explanation::{Explanation, Reason, Values, told, told_code};

/// Tells about all items of one mapping.
pub(super) fn mapped(
    explanation: &Explanation,
    number: usize,
    asked: &Request,
    mapping: &Mapping,
    pages: &[Value],
    lookups: &[Entries],
) {
    if !explanation.is_asked_for() {
        return;
    }
    let teller = Teller { explanation, number, asked, mapping, lookups };
    let mut item = 0;
    for page in pages {
        match mapping.items_of(page) {
            Ok(items) => {
                for of_page in items.unwrap_or_default() {
                    teller.item(item, of_page);
                    item += 1;
                }
            }
            Err(_) => teller.no_items(page),
        }
    }
    let shown = pages.iter().flat_map(|page| mapping.items_on(page)).filter(|item| mapping.claims(item.own)).count();
    if shown > mapping.limit {
        teller.tell("limit", |_| (format!("at most {} items", mapping.limit), format!("{shown}")));
    }
}

/// Tells the codes of items that no mapping of their list knows.
pub(super) fn unclaimed(explanation: &Explanation, plan: &Plan, index: usize, asked: &Request, page: &Value) {
    let of_request = || plan.mappings.iter().enumerate().filter(|(_, mapping)| mapping.from == index);
    for (number, mapping) in of_request() {
        if mapping.list.is_none() {
            continue;
        }
        let of_list: Vec<_> = of_request().map(|(_, other)| other).filter(|other| other.list == mapping.list).collect();
        let is_first = of_list.first().is_some_and(|first| std::ptr::eq(*first, mapping));
        if !is_first {
            continue;
        }
        let told = |item: &Value| of_list.iter().any(|mapping| mapping.claims(item) || mapping.ignores(item));
        let items = mapping.items_on(page).into_iter().map(|item| item.own);
        for (place, item) in items.enumerate().filter(|(_, item)| !told(item)) {
            let Some((at, condition)) = mapping.only.first_with(Stated::Other, item) else { continue };
            explanation.tell(|values| {
                let (key, expected, found, hint) = match condition {
                    Condition::Code { listed, .. } => (
                        "in",
                        "a code that a mapping of this list names",
                        match listed.path.one(item) {
                            One::Node(node) => told_code(node, values),
                            One::Absent | One::Several => found_at(&listed.path, item, values),
                        },
                        "list it in the \"where\" of a mapping, or in its \"ignore\" if nobody is to see it",
                    ),
                    Condition::Existence { path, exists } => (
                        "exists",
                        existence(*exists),
                        found_at(path, item, values),
                        "no mapping of this list shows such an item: add one, or let the path of the list leave it out",
                    ),
                };
                Reason::new(&asked.name, path_of(asked, number, &format!("{at}.{key}")), expected, found)
                    .of_item(place)
                    .with_hint(Some(hint.to_owned()))
            });
        }
    }
}

/// The path of a mapping's key in the contract. The mappings of data models stand in no contract.
fn path_of(asked: &Request, number: usize, key: &str) -> String {
    let (part, _) = asked.at.split_once(".requests.").unwrap_or((&asked.at, ""));
    if asked.interface.is_some() { key_of(asked, "") } else { format!("{part}.widgets[{number}].{key}") }
}

/// Tells about the items of one mapping.
struct Teller<'t> {
    explanation: &'t Explanation,
    number: usize,
    asked: &'t Request,
    mapping: &'t Mapping,
    lookups: &'t [Entries],
}

impl Teller<'_> {
    fn tell(&self, key: &str, words: impl FnOnce(Values) -> (String, String)) {
        self.explanation.tell(|values| {
            let (expected, found) = words(values);
            Reason::new(&self.asked.name, path_of(self.asked, self.number, key), expected, found)
        });
    }

    fn tell_of(&self, item: usize, key: &str, words: impl FnOnce(Values) -> (String, String)) {
        self.explanation.tell(|values| {
            let (expected, found) = words(values);
            Reason::new(&self.asked.name, path_of(self.asked, self.number, key), expected, found).of_item(item)
        });
    }

    fn no_items(&self, page: &Value) {
        match &self.mapping.items {
            Items::One(path) => self.tell("one", |values| ("an object".to_owned(), found_at(path, page, values))),
            Items::Each(path) => {
                let Err(NoList { at, holder, depth }) = path.items(page, self.mapping.optional) else { return };
                self.tell("each", |values| {
                    let found = match at.follow(holder).filter(|node| !node.is_null()) {
                        Some(node) => told(node, values),
                        None => {
                            let (reached, node) = at.farthest(holder);
                            format!("nothing; {reached} is {}", told(node, values))
                        }
                    };
                    let of_which = if depth == 0 { "" } else { "in every item of the list around it, " };
                    (format!("{of_which}a list, if only an empty one"), found)
                });
            }
        }
    }

    fn item(&self, number: usize, item: Item<'_>) {
        match self.mapping.only.of(item.own) {
            Stated::Other => return,
            Stated::Nothing => {
                if let Some((at, Condition::Code { listed: codes, .. })) =
                    self.mapping.only.first_with(Stated::Nothing, item.own)
                {
                    self.tell_of(number, &format!("{at}.path"), |values| {
                        (listed(codes), found_at(&codes.path, item.own, values))
                    });
                }
                return;
            }
            Stated::Listed if item.undecided => {
                let expected = "something in every place that the path compares";
                return self.tell_of(number, "each", |values| (expected.to_owned(), told(item.own, values)));
            }
            Stated::Listed => {}
        }
        let specs = self.mapping.kind.fields();
        let mut says_something = false;
        for field in &self.mapping.fields {
            let found = field.find(item, self.lookups);
            says_something |= matches!(found, Found::Value(_));
            let spec = specs.iter().find(|spec| spec.name == field.name);
            match found {
                Found::Absent if spec.is_some_and(|spec| spec.required) => {
                    self.field(number, field, item, "a value, without which the item is left out: ");
                }
                Found::Unreadable => self.field(number, field, item, ""),
                Found::Value(FieldValue::Code(_) | FieldValue::Choice(_)) => {
                    let choices = match spec.map(|spec| spec.field_type) {
                        Some(FieldType::Choice(choices)) => choices,
                        _ => &[],
                    };
                    self.unknown_code(number, field, item, choices);
                }
                Found::Absent | Found::Value(_) | Found::NotItsOwn(_) => {}
            }
        }
        if !says_something {
            let expected = "an item with a value of its own, and not only the contract's texts";
            self.tell_of(number, "fields", |values| (expected.to_owned(), told(item.own, values)));
        }
    }

    /// Tells why none of the ways to a field's value leads to one.
    fn field(&self, number: usize, field: &Field, item: Item<'_>, why: &str) {
        for (index, origin) in field.origins.iter().enumerate() {
            let at = if field.origins.len() > 1 {
                format!("fields.{}.firstOf[{index}]", field.name)
            } else {
                format!("fields.{}", field.name)
            };
            self.origin(number, &at, origin, item, why);
        }
    }

    fn origin(&self, number: usize, at: &str, origin: &Origin, item: Item<'_>, why: &str) {
        match origin {
            Origin::Place(place) => self.place(number, at, place, item, why),
            Origin::Concat { parts, .. } => {
                for (index, part) in parts.iter().enumerate() {
                    self.place(number, &format!("{at}.concat[{index}]"), part, item, why);
                }
            }
            Origin::Count(_) => self.tell_of(number, &format!("{at}.count"), |values| {
                (format!("{why}a list to be counted"), told(item.own, values))
            }),
            Origin::Sum { unit, .. } => self.tell_of(number, &format!("{at}.sum"), |values| {
                let unit = match unit {
                    Unit::Money(format) => format!("an amount as {}", format.name()),
                    Unit::Integer => "a whole number".to_owned(),
                };
                (format!("{why}a list with {unit} in each item"), told(item.own, values))
            }),
            Origin::Fixed(_) => {}
        }
    }

    fn place(&self, number: usize, at: &str, place: &ValuePlace, item: Item<'_>, why: &str) {
        let holder = match &place.holder {
            Holder::Item => item.own,
            Holder::Outer => item.outer,
            Holder::Entry { lookup, key } => match key.one(item.own) {
                One::Node(node) => {
                    match self.lookups.get(*lookup).map_or(Entry::NotTold, |entries| entries.get(node)) {
                        Entry::Known(entry) => entry,
                        Entry::Unknown => {
                            return self.tell_of(number, &format!("{at}.key"), |values| {
                                (format!("{why}a key that the look-up knows"), told_code(node, values))
                            });
                        }
                        // The look-up's own failure is told.
                        Entry::NotTold => return,
                    }
                }
                One::Absent | One::Several => {
                    return self.tell_of(number, &format!("{at}.key"), |values| {
                        (format!("{why}a key for the look-up"), found_at(key, item.own, values))
                    });
                }
            },
        };
        let expected = || format!("{why}{}", described(&place.reading));
        let key = format!("{at}.{}", if matches!(place.holder, Holder::Outer) { "outer" } else { "path" });
        match place.path.one(holder) {
            One::Node(node) => {
                let found = place.reading.read(node, place.scalars);
                if matches!(found, Found::Value(_) | Found::NotItsOwn(_)) {
                    return;
                }
                // A code is a word of the source's; everything else may be anybody's data.
                let told = if is_coded(&place.reading) { told_code } else { told };
                self.tell_of(number, &key, |values| (expected(), told(node, values)));
            }
            // Nothing is missing of a field that may be absent.
            One::Absent if why.is_empty() => {}
            One::Several | One::Absent => {
                self.tell_of(number, &key, |values| (expected(), found_at(&place.path, holder, values)));
            }
        }
    }

    /// Tells a code that is shown as unknown.
    fn unknown_code(&self, number: usize, field: &Field, item: Item<'_>, choices: &[&str]) {
        let [Origin::Place(place)] = field.origins.as_slice() else { return };
        let (Holder::Item, One::Node(node)) = (&place.holder, place.path.one(item.own)) else { return };
        let Some(code) = super::reading::text_of(node) else { return };
        let is_known = match &place.reading {
            Reading::Texts(texts) => texts.contains_key(code.as_ref()),
            Reading::Choice(values) => values.contains_key(code.as_ref()) || choices.contains(&code.as_ref()),
            _ => true,
        };
        if !is_known {
            let expected = "a code of the list; another is shown as unknown".to_owned();
            self.tell_of(number, &format!("fields.{}.list", field.name), |values| (expected, told_code(node, values)));
        }
    }
}

/// What a condition asks for, in words.
fn existence(exists: bool) -> &'static str {
    if exists { "something there" } else { "nothing there" }
}

fn is_coded(reading: &Reading) -> bool {
    matches!(reading, Reading::CodedFlag(_) | Reading::Texts(_) | Reading::Choice(_))
}

/// What a reading takes, in words.
fn described(reading: &Reading) -> String {
    let formats = |formats: &[super::DateFormat]| {
        let names: Vec<_> = formats.iter().map(|format| format.name()).collect();
        names.join(" or ")
    };
    match reading {
        Reading::Text | Reading::MaskedText => "a text".to_owned(),
        Reading::Date(as_written) => format!("a date as {}", formats(as_written)),
        Reading::Moment(as_written) => format!("a time as {}", formats(as_written)),
        Reading::Money(format) => format!("an amount as {}", format.name()),
        Reading::Integer => "a whole number".to_owned(),
        Reading::Flag => "true or false".to_owned(),
        Reading::CodedFlag(codes) => {
            let list =
                |codes: &std::collections::BTreeSet<String>| codes.iter().cloned().collect::<Vec<_>>().join(", ");
            format!("one of {} (yes) or {} (no)", list(&codes.yes), list(&codes.no))
        }
        Reading::Link(hosts) => format!("an https address at {} or below", hosts.join(", ")),
        Reading::Texts(_) | Reading::Choice(_) => "a code".to_owned(),
    }
}
