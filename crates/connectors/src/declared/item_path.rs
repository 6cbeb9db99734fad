//! The path to the items that become widgets: those of a list, or of all lists in the items of another.
//!
//! Every list on the way must be there. A path that searches where it pleases, as `$..list` does, finds nothing in an
//! empty answer and in one whose keys were renamed; so only paths are read of which that can be told apart.

use serde_json::Value;

use super::{
    items::is_bare,
    list_path::{Items, List},
    normal_form::normal_form,
    walk::Walk,
};

/// A path of lists, from the outermost to the one with the items: `$.children[*].recalls[?@.open == true]`.
#[derive(Debug)]
pub(crate) struct ItemPath {
    lists: Vec<List>,
    spelt: Spelling,
}

/// A path in its normal form, as JSONPath.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// Selects the lists that the items are in.
    pub(crate) lists: String,
    /// Selects the items.
    pub(crate) items: String,
}

/// An item, and what its list is in: the item of the list around it, or else the whole answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Item<'v> {
    pub(super) own: &'v Value,
    pub(super) outer: &'v Value,
    /// Whether it lacks what the path's filter compares, so that it may have been meant or not. Then it may also be an
    /// item of a list on the way, whose own list nobody has looked for.
    pub(super) undecided: bool,
}

/// A list that is not there: where it should be, from where, and how many lists are around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoList<'p, 'v> {
    pub(super) at: &'p Walk,
    pub(super) holder: &'v Value,
    pub(super) depth: usize,
}

impl ItemPath {
    /// Reads a valid JSONPath: one that ends with a list means all of its items. `None` if it cannot be told of the path
    /// whether its lists are there.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let normal = normal_form(text);
        let (mut lists, mut rest) = (Vec::new(), normal.as_str());
        loop {
            if let Some(list) = List::whole(rest) {
                lists.push(list);
                let spelt = Spelling { items: format!("{normal}[*]"), lists: normal };
                return Some(Self { lists, spelt });
            }
            let before = rest;
            let (list, further) = List::start_of(rest)?;
            lists.push(list);
            if further.is_empty() {
                let end = normal.len() - before.len() + (before.len() - Walk::start_of(before).1.len());
                let spelt = Spelling { lists: normal.get(..end)?.to_owned(), items: normal };
                return Some(Self { lists, spelt });
            }
            rest = further;
        }
    }

    /// How it is written.
    pub(crate) fn spelling(&self) -> &Spelling {
        &self.spelt
    }

    /// Whether every item that a filter on the way passes over is known not to be meant. One that asks whether something is
    /// there passes over all items once the source has renamed it, and that would read as "nothing".
    pub(crate) fn passes_over_nothing_unseen(&self) -> bool {
        self.lists.iter().all(List::passes_over_nothing_unseen)
    }

    /// The items of an answer. If lists may be absent, `None` if none of those is there that would hold the items.
    ///
    /// # Errors
    /// The first list that is not there and must be, or is no list.
    pub(super) fn items<'v>(
        &self,
        answer: &'v Value,
        may_be_absent: bool,
    ) -> Result<Option<Vec<Item<'v>>>, NoList<'_, 'v>> {
        let mut items = vec![Item { own: answer, outer: answer, undecided: false }];
        let mut undecided = Vec::new();
        for (depth, list) in self.lists.iter().enumerate() {
            let mut found = Vec::new();
            let mut is_there = items.is_empty();
            for Item { own: holder, .. } in items {
                match list.items(holder) {
                    Items::Values(values) => {
                        is_there = true;
                        let item = |own, undecided| Item { own, outer: holder, undecided };
                        found.extend(values.into_iter().map(|own| item(own, false)));
                        undecided.extend(list.undecided(holder).into_iter().map(|own| item(own, true)));
                    }
                    Items::Absent if may_be_absent => {}
                    Items::Absent | Items::NoList(_) | Items::Undecided => {
                        return Err(NoList { at: &list.at, holder, depth });
                    }
                }
            }
            if !is_there {
                return Ok((!undecided.is_empty()).then_some(undecided));
            }
            items = found;
        }
        items.append(&mut undecided);
        Ok(Some(items))
    }

    /// Whether anything stands where items should be, be it of the form that they should have or not.
    pub(super) fn leads_to_something(&self, answer: &Value) -> bool {
        let mut holders = vec![answer];
        for list in &self.lists {
            let mut found = Vec::new();
            for holder in holders {
                match list.items(holder) {
                    Items::Values(_) if !list.undecided(holder).is_empty() => return true,
                    Items::Values(values) => found.extend(values),
                    Items::Absent => {}
                    Items::NoList(other) if is_bare(other) => {}
                    Items::NoList(_) | Items::Undecided => return true,
                }
            }
            holders = found;
        }
        !holders.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> ItemPath {
        ItemPath::parse(text).unwrap_or_else(|| panic!("not read: {text}"))
    }

    /// The items in words, with a question mark before those that may not be meant.
    fn items(text: &str, answer: &Value) -> String {
        match path(text).items(answer, false) {
            Ok(items) => {
                let items = items.expect("lists that must be there");
                let words =
                    items.iter().map(|item| [if item.undecided { "?" } else { "" }, &item.own.to_string()].concat());
                words.collect::<Vec<_>>().concat()
            }
            Err(NoList { depth, .. }) => format!("no list {depth}"),
        }
    }

    #[test]
    fn a_list_and_its_items_are_the_same_and_a_filter_chooses_among_them() {
        let answer = json!({ "a": { "list": [{ "x": 1 }, { "x": 2 }] } });
        for path in ["$.a.list", "$.a.list[*]", "$.a.list.*", "$['a'][ 'list' ] [ * ]"] {
            assert_eq!(items(path, &answer), r#"{"x":1}{"x":2}"#, "{path}");
        }
        assert_eq!(items("$.a.list[?@.x == 2]", &answer), r#"{"x":2}"#);
        assert_eq!(items("$.a.list[?@.y]", &answer), "");
        assert_eq!(items("$.a.list[?@.y == 1]", &answer), r#"?{"x":1}?{"x":2}"#, "a renamed key is like this");
        assert_eq!(items("$", &json!([1, 2])), "12");
        assert_eq!(items("$[0]", &json!([[1, 2], [3]])), "12", "an index leads to one list");
    }

    #[test]
    fn lists_in_lists_give_all_their_items_and_each_of_them_must_be_there() {
        let answer = |inner: &[Value]| {
            let children: Vec<_> = inner.iter().map(|recalls| json!({ "r": recalls })).collect();
            json!({ "children": children })
        };
        let of = |inner: &[Value]| items("$.children[*].r", &answer(inner));
        assert_eq!(of(&[]), "", "no children have no recalls");
        assert_eq!(of(&[json!([1])]), "1");
        assert_eq!(of(&[json!([1, 2]), json!([]), json!([3])]), "123");
        assert_eq!(of(&[json!([1]), json!(null)]), "no list 1");
        assert_eq!(of(&[json!([1]), json!({ "x": 1 })]), "no list 1");
        assert_eq!(items("$.children[*].r", &json!({})), "no list 0");
        assert_eq!(items("$.children[*].r[*].s[?@ > 1]", &answer(&[json!([{ "s": [1, 2] }, { "s": [3] }])])), "23");
        assert_eq!(items("$[*][*]", &json!([[1], [2, 3]])), "123");
        let some = json!({ "children": [{ "in": true, "r": [1] }, { "in": false }] });
        assert_eq!(items("$.children[?@.in == true].r", &some), "1", "what is not meant need not have its list");
        let unsaid = json!({ "children": [{ "in": true, "r": [1] }, { "r": [2] }] });
        assert_eq!(items("$.children[?@.in == true].r", &unsaid), r#"1?{"r":[2]}"#);
    }

    #[test]
    fn an_item_knows_what_its_list_is_in() {
        let answer = json!({ "who": "A", "children": [{ "who": "B", "r": [1] }, { "who": "C", "r": [2] }] });
        let outer = |text: &str| -> Vec<String> {
            let path = path(text);
            let items = path.items(&answer, false).expect("lists").expect("lists");
            items.iter().map(|item| item.outer["who"].to_string()).collect()
        };
        assert_eq!(outer("$.children[*].r"), [r#""B""#, r#""C""#]);
        assert_eq!(outer("$.children"), [r#""A""#, r#""A""#]);
    }

    #[test]
    fn lists_that_may_be_absent_say_nothing_unless_one_is_there() {
        let optional = |text: &str, answer: &Value| {
            let path = path(text);
            let items = path.items(answer, true);
            items.map(|items| items.map(|items| items.len())).map_err(|no_list| no_list.depth)
        };
        assert_eq!(optional("$.list", &json!({})), Ok(None));
        assert_eq!(optional("$.list", &json!({ "list": null })), Ok(None));
        assert_eq!(optional("$.list", &json!({ "list": [] })), Ok(Some(0)));
        assert_eq!(optional("$.list", &json!({ "list": "x" })), Err(0), "something else is never absent");
        let nested = "$.children[*].r";
        assert_eq!(optional(nested, &json!({ "children": [] })), Ok(Some(0)));
        assert_eq!(optional(nested, &json!({ "children": [{ "r": [1] }, {}] })), Ok(Some(1)));
        assert_eq!(optional(nested, &json!({ "children": [{}, {}] })), Ok(None), "a renamed key is like this");
        assert_eq!(optional(nested, &json!({ "children": [{ "r": 1 }] })), Err(1));
        let filtered = "$.children[?@.in == true].r";
        assert_eq!(optional(filtered, &json!({ "children": [{ "in": true }, {}] })), Ok(Some(1)), "undecided");
    }

    #[test]
    fn what_stands_where_items_should_be_is_seen_in_any_form() {
        let is_there = |text: &str, answer: Value| path(text).leads_to_something(&answer);
        for bare in [json!({}), json!({ "a": null }), json!({ "a": [] }), json!({ "a": {} }), json!({ "a": " " })] {
            assert!(!is_there("$.a", bare.clone()) && !is_there("$.a[*].b", bare.clone()), "{bare}");
        }
        for something in [json!({ "a": [null] }), json!({ "a": { "x": 1 } }), json!({ "a": 0 })] {
            assert!(is_there("$.a", something.clone()), "{something}");
        }
        assert!(!is_there("$.a[?@.open == true]", json!({ "a": [{ "open": false }] })), "that is not meant");
        assert!(is_there("$.a[?@.open == true]", json!({ "a": [{}] })), "that may be meant");
        assert!(!is_there("$.a[*].b", json!({ "a": [{ "b": [] }, {}] })));
        assert!(is_there("$.a[*].b", json!({ "a": [{ "b": [] }, { "b": { "x": 1 } }] })));
    }

    #[test]
    fn a_path_that_searches_is_not_read() {
        for text in ["$..list", "$.a..list[*]", "$.list[1:2]", "$.a[*]..b", "$.a[*].b[0:1]", "$..[?@.x]"] {
            assert!(serde_json_path::JsonPath::parse(text).is_ok(), "{text}");
            assert!(ItemPath::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_lists_and_the_items_are_spelt_as_json_paths() {
        let spelt = |text: &str| {
            let Spelling { lists, items } = path(text).spelt;
            (lists, items)
        };
        let both = |lists: &str, items: &str| (lists.to_owned(), items.to_owned());
        assert_eq!(spelt("$"), both("$", "$[*]"));
        assert_eq!(spelt("$.a[*]"), both(r#"$["a"]"#, r#"$["a"][*]"#));
        assert_eq!(spelt("$.a"), spelt("$['a'].*"));
        assert_eq!(spelt("$.a[?@.x==1]"), both(r#"$["a"]"#, r#"$["a"][?@["x"]==1]"#));
        assert_eq!(spelt("$.a[*].b"), both(r#"$["a"][*]["b"]"#, r#"$["a"][*]["b"][*]"#));
        assert_eq!(
            spelt("$.a[?@.b[?@.c]].d[*]"),
            both(r#"$["a"][?@["b"][?@["c"]]]["d"]"#, r#"$["a"][?@["b"][?@["c"]]]["d"][*]"#)
        );
    }
}
