//! The filter of a list, and the items that it cannot tell apart: `[?@.status == 'open']`.
//!
//! RFC 9535 passes over an item that has nothing to be compared, null, or something of another type. An item without a status is
//! not one that is known not to be open, and once the source has renamed the key, or says `"true"` for `true`, none is:
//! that must not read as "nothing".

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::{normal_form::normal_form, walk::Walk};

/// The signs of which comparisons are made.
const OPERATORS: [char; 4] = ['=', '!', '<', '>'];

/// A filter.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    query: JsonPath,
    /// What of an item is compared with something.
    compared: Vec<Compared>,
    /// Whether it also asks something else of an item: whether something is there, how long it is.
    asks_else: bool,
}

/// A place in an item that stands beside a comparison.
#[derive(Clone, Debug)]
struct Compared {
    at: Walk,
    /// What it is compared with; `None` if that is no literal.
    with: Option<Literal>,
}

/// The type of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Literal {
    Text,
    Number,
    Flag,
    Null,
}

impl Filter {
    /// Reads a filter in its brackets; `None` if it is none.
    pub(super) fn parse(brackets: &str) -> Option<Self> {
        let query = JsonPath::parse(&format!("${brackets}")).ok()?;
        let (compared, asks_else) = questions(&normal_form(brackets));
        Some(Self { query, compared, asks_else })
    }

    /// Whether it asks nothing but how something in an item compares, so that [`Self::undecided`] knows every item that it
    /// passes over for lack of an answer.
    pub(super) fn only_compares(&self) -> bool {
        !self.asks_else
    }

    /// The items of a list that it takes.
    pub(super) fn taken<'v>(&self, list: &'v Value) -> Vec<&'v Value> {
        self.query.query(list).all()
    }

    /// The items that it does not take and that lack what it compares, or have it in another type.
    pub(super) fn undecided<'v>(&self, list: &'v Value) -> Vec<&'v Value> {
        if self.compared.is_empty() {
            return Vec::new();
        }
        let taken: BTreeSet<*const Value> = self.taken(list).into_iter().map(std::ptr::from_ref).collect();
        let lacks = |item: &Value| self.compared.iter().any(|compared| !compared.can_be_told(item));
        let items = list.as_array().into_iter().flatten();
        items.filter(|item| !taken.contains(&std::ptr::from_ref(*item)) && lacks(item)).collect()
    }
}

impl Compared {
    /// Whether an item has something here that can be compared. Null says nothing, unless it is what is asked for.
    fn can_be_told(&self, item: &Value) -> bool {
        let Some(value) = self.at.follow(item) else { return false };
        match self.with {
            None | Some(Literal::Null) => true,
            Some(Literal::Text) => value.is_string(),
            Some(Literal::Number) => value.is_number(),
            Some(Literal::Flag) => value.is_boolean(),
        }
    }
}

impl Literal {
    /// What a text begins with, in the normal form of a filter.
    fn at_start_of(text: &str) -> Option<Self> {
        match text.chars().next()? {
            '"' => Some(Self::Text),
            '-' | '0'..='9' => Some(Self::Number),
            't' | 'f' => Some(Self::Flag),
            'n' => Some(Self::Null),
            _ => None,
        }
    }
}

/// The places in an item that stand beside a comparison, by the normal form of a filter, and whether other questions are
/// asked of it. Filters within it are about other items; whether something is there at all is no comparison.
fn questions(filter: &str) -> (Vec<Compared>, bool) {
    let (mut places, mut asks_else) = (Vec::new(), false);
    let (mut depth, mut before) = (0_usize, ' ');
    // The literal that stands before a comparison, or stood before the last one.
    let mut literal = None;
    let mut rest = filter;
    while let Some(first) = rest.chars().next() {
        let further = rest.get(first.len_utf8()..).unwrap_or_default();
        let begins = !matches!(before, 'a'..='z' | '0'..='9' | '.' | '-');
        if begins && let Some(found) = Literal::at_start_of(rest) {
            literal = Some(found);
        }
        rest = match first {
            '"' => after_quote(further),
            '@' if depth == 1 => {
                let (at, after) = Walk::start_of(further);
                let is_whole = !after.starts_with(['.', '[']);
                let follows = matches!(before, '=' | '<' | '>');
                if is_whole && (follows || after.starts_with(OPERATORS)) {
                    let with =
                        if follows { literal } else { Literal::at_start_of(after.trim_start_matches(OPERATORS)) };
                    places.push(Compared { at, with });
                } else {
                    asks_else = true;
                }
                literal = None;
                after
            }
            _ => further,
        };
        match first {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = first;
    }
    (places, asks_else)
}

fn after_quote(text: &str) -> &str {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '"' => return text.get(at + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sides(filter: &str, list: &Value) -> (String, String) {
        let filter = Filter::parse(filter).expect("a filter");
        let texts = |items: Vec<&Value>| items.into_iter().map(|item| item["n"].to_string()).collect();
        (texts(filter.taken(list)), texts(filter.undecided(list)))
    }

    #[test]
    fn what_lacks_what_is_compared_is_undecided_unless_it_is_taken() {
        let list = json!([
            { "n": 1, "s": "open", "who": { "id": 1 } }, { "n": 2, "s": "paid" }, { "n": 3 }, { "n": 4, "s": null },
        ]);
        for (filter, taken, undecided) in [
            ("[?@.s == 'open']", "1", "34"),
            ("[? 'open' == @['s'] ]", "1", "34"),
            ("[?@.s != 'paid']", "134", ""),
            ("[?@.s == 'paid' || @.n > 2]", "234", ""),
            ("[?(@.s == 'open' && @.who.id < 2)]", "1", "234"),
            ("[?@.s]", "124", ""),
            ("[?!@.s]", "3", ""),
            ("[?@.s && @.n == 9]", "", ""),
            ("[?@.who[?@.x == 1]]", "", ""),
            ("[?@.s == '@.x==1']", "", "34"),
            ("[?length(@.s) > 4]", "", ""),
            // Another type than the contract expects is not "another value".
            ("[?@.n == '1']", "", "1234"),
            ("[?'1' == @.n]", "", "1234"),
            ("[?@.n == true || @.s == 'open']", "1", "234"),
            ("[?@.s == 'open' && 2 < @.n]", "", "34"),
            ("[?@.s == null]", "4", "3"),
            ("[?@.n == -1]", "", ""),
            ("[?@.n == null]", "", ""),
        ] {
            assert_eq!(sides(filter, &list), (taken.to_owned(), undecided.to_owned()), "{filter}");
        }
    }

    #[test]
    fn a_filter_that_asks_more_than_how_something_compares_is_known() {
        for (filter, only_compares) in [
            ("[?@.s == 'open']", true),
            ("[? 'open' != @['s'] || !(@.n > 2)]", true),
            ("[?@ == '@.s']", true),
            ("[?@.s]", false),
            ("[?!@.s && @.n == 1]", false),
            ("[?length(@.s) > 4]", false),
            ("[?match(@.s, 'o.*')]", false),
            ("[?@.who[?@.x == 1]]", false),
            ("[?@.list[*] == 1]", false),
        ] {
            match Filter::parse(filter) {
                Some(filter_read) => assert_eq!(filter_read.only_compares(), only_compares, "{filter}"),
                None => assert!(!only_compares, "{filter}"),
            }
        }
    }
}
