//! The items of one list, to be counted or added up.

use serde_json::Value;

use super::{filter::Filter, selector::Selector, walk::Walk};

/// What an author is told whose path has another form. A count over a path that finds nothing would be 0, whether the
/// list is empty or gone; so the list itself must be named, and it must be there.
const FORM: &str = "must name a list and then its items: \"$.list[*]\" or \"$.list[?@.x == 'y']\"";

/// A list, and which of its items are meant: `$.list[*]` or `$.list[?@.x == 'y']`.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) at: Walk,
    /// Which items; all of them without.
    filter: Option<Filter>,
}

impl List {
    /// The list that a valid JSONPath starts with, its items included, and what is left of the path. `None` if it starts
    /// with no list and its items, or with what cannot be told to be one.
    pub(super) fn start_of(path: &str) -> Option<(Self, &str)> {
        let (at, rest) = Walk::start_of(path);
        if let Some(rest) = rest.strip_prefix("[*]") {
            return Some((Self { at, filter: None }, rest));
        }
        let end = rest.starts_with("[?").then(|| end_of_brackets(rest)).flatten()?;
        let (filter, rest) = rest.split_at_checked(end)?;
        Some((Self { at, filter: Some(Filter::parse(filter)?) }, rest))
    }

    /// Whether every item that its filter passes over is known to be of another kind, or is [`Self::undecided`].
    pub(super) fn passes_over_nothing_unseen(&self) -> bool {
        self.filter.as_ref().is_none_or(Filter::only_compares)
    }

    /// All items of the list that a path without any search leads to.
    pub(super) fn whole(path: &str) -> Option<Self> {
        Walk::whole(path).map(|at| Self { at, filter: None })
    }

    /// The items in what holds the list.
    pub(super) fn items<'v>(&self, holder: &'v Value) -> Items<'v, &'v Value> {
        match self.at.follow(holder) {
            None | Some(Value::Null) => Items::Absent,
            Some(list @ Value::Array(all)) => Items::Values(match &self.filter {
                None => all.iter().collect(),
                Some(filter) => filter.taken(list),
            }),
            Some(other) => Items::NoList(other),
        }
    }

    /// The items in what holds the list of which its filter cannot tell whether they are meant.
    pub(super) fn undecided<'v>(&self, holder: &'v Value) -> Vec<&'v Value> {
        let Some(filter) = &self.filter else { return Vec::new() };
        self.at.follow(holder).map(|list| filter.undecided(list)).unwrap_or_default()
    }
}

/// A path to a list, to some of its items, and on to a value in each: `$.list[?@.open == true].amount`.
#[derive(Clone, Debug)]
pub(crate) struct ListPath {
    list: List,
    within: Walk,
}

impl ListPath {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it, for the contract's author.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Selector::parse(text)?;
        let (list, rest) = List::start_of(text).ok_or(FORM)?;
        let within = Walk::whole(rest).ok_or("only one list, and names and indexes after it")?;
        Ok(Self { list, within })
    }

    /// Whether it ends with the items themselves.
    pub(crate) fn ends_with_items(&self) -> bool {
        self.within == Walk::default()
    }

    /// The value in each item, `None` where an item has none. Nothing is counted or added up of items that may be meant.
    pub(super) fn values<'v>(&self, holder: &'v Value) -> Items<'v, Option<&'v Value>> {
        if !self.list.undecided(holder).is_empty() {
            return Items::Undecided;
        }
        match self.list.items(holder) {
            Items::Values(items) => Items::Values(items.into_iter().map(|item| self.within.follow(item)).collect()),
            Items::Absent => Items::Absent,
            Items::NoList(other) => Items::NoList(other),
            Items::Undecided => Items::Undecided,
        }
    }
}

/// What a list holds.
#[derive(Debug, PartialEq)]
pub(super) enum Items<'v, T> {
    Values(Vec<T>),
    /// The list is not there, which is not the same as empty.
    Absent,
    /// Something else stands where the list should be.
    NoList(&'v Value),
    /// Some of its items lack what its filter compares.
    Undecided,
}

/// Just after the bracket that closes the one a text starts with.
fn end_of_brackets(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if character == open => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(path: &str, holder: &Value) -> String {
        match ListPath::parse(path).expect("a path").values(holder) {
            Items::Values(values) => {
                let values = values.into_iter().map(|value| value.map_or("-".to_owned(), Value::to_string));
                values.collect::<Vec<_>>().join(" ")
            }
            Items::Absent => "absent".into(),
            Items::NoList(_) => "no list".into(),
            Items::Undecided => "undecided".into(),
        }
    }

    #[test]
    fn items_are_filtered_and_entered() {
        let holder = json!({ "a": { "list": [{ "x": 1, "n": [5] }, { "x": 2, "n": [] }, { "x": 1, "n": [7, 8] }] } });
        assert_eq!(values("$.a.list[*].x", &holder), "1 2 1");
        assert_eq!(values("$.a.list[*].n[0]", &holder), "5 - 7");
        assert_eq!(values("$.a.list[?@.x == 1].n[0]", &holder), "5 7");
        assert_eq!(values("$['a'].list[?@.n[?@ == 8]].x", &holder), "1");
        let brackets = json!({ "list": [{ "y": "]", "n": 1 }, { "y": "[", "n": 2 }] });
        assert_eq!(values("$.list[?@['y'] == ']'].n", &brackets), "1");
        assert_eq!(values("$[*]", &json!(["\\]", 1])), "\"\\\\]\" 1");
    }

    #[test]
    fn an_absent_list_is_not_an_empty_one() {
        let one = |holder: &Value| values("$.list[?@.x == 1]", holder);
        assert_eq!(one(&json!({ "list": [] })), "");
        assert_eq!(one(&json!({})), "absent");
        assert_eq!(one(&json!({ "list": null })), "absent");
        assert_eq!(one(&json!({ "list": { "x": 1 } })), "no list");
        assert_eq!(one(&json!({ "list": 1 })), "no list");
    }

    #[test]
    fn items_that_lack_what_is_compared_are_neither_counted_nor_passed_over() {
        let list = json!({ "list": [{ "x": 1 }, {}] });
        assert_eq!(values("$.list[?@.x == 1]", &list), "undecided");
        assert_eq!(values("$.list[?@.x]", &list), "{\"x\":1}");
    }

    #[test]
    fn a_path_of_another_form_is_refused() {
        for path in ["$", "$.list", "$.list[0]", "$.list.*", "$..list[*]", "$.list[1:2]"] {
            assert_eq!(ListPath::parse(path).err().as_deref(), Some(FORM), "{path}");
        }
        for path in ["$.a[*].b[*]", "$.a[*]..b", "$.a[?@.x].b[?@.y]"] {
            let error = ListPath::parse(path).err();
            assert_eq!(error.as_deref(), Some("only one list, and names and indexes after it"), "{path}");
        }
    }
}
